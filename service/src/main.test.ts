/** Tests the whole service as a program, with real Redis replicas. */
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { getPriority, networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Entry } from './dataset/entry.ts'
import { indexKey } from './redis/dataset-keys.ts'
import { freePort } from './testing/free-port.ts'
import { TestRedis } from './testing/redis.ts'
import { runService, TestService, WITH_CACHE } from './testing/service.ts'

const FRUIT: Entry[] = [
  { text: 'Apple', weight: 9 },
  { text: 'apply', weight: 5 },
  { text: 'banana', weight: 3 },
  { text: '사과', weight: 2 },
]
const COLOURS: Entry[] = [{ text: 'azure', weight: 1 }]

const texts = async (response: Response) =>
  ((await response.json()) as { suggestions: { text: string }[] }).suggestions.map(({ text }) => text)

async function startRedis(entries?: readonly Entry[]): Promise<TestRedis> {
  const redis = await TestRedis.start(entries)
  onTestFinished(() => redis.close())
  return redis
}

async function startService(env: Record<string, string>, until?: 'listening' | 'ready'): Promise<TestService> {
  const service = await TestService.start(env, until)
  onTestFinished(() => void service.signal('SIGKILL'))
  return service
}

/** Repeats a request until the answer meets the condition. */
async function eventually(
  service: TestService,
  path: string,
  wanted: (response: Response) => boolean | Promise<boolean>,
) {
  for (;;) {
    const response = await service.get(path)
    if (await wanted(response.clone())) return response
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))

describe.skipIf(!hasIpv6)('IPv6', () => {
  /** Starts Redis on the addresses in its configuration. */
  async function startPublicRedis(): Promise<TestRedis> {
    const redis = await startRedis(FRUIT)
    const conf = await readFile(new URL('../redis-with-data/redis.conf', import.meta.url), 'utf8')
    const addresses = /^bind (.*)$/m.exec(conf)?.[1]?.split(' ') ?? []
    await redis.kill()
    await redis.run(['--port', String(redis.port), '--bind', ...addresses])
    return redis
  }

  it.each(['1', '2'])('%s HTTP processes accept IPv6 and IPv4 by default', async (WEB_CONCURRENCY) => {
    const redis = await startPublicRedis()
    const METRICS_PORT = String(await freePort())
    const env = { HOST: '', WEB_CONCURRENCY, METRICS_PORT, REDIS_NODES: `[::1]:${redis.port}` }
    const { port } = new URL((await startService(env)).url)
    for (const host of ['[::1]', '127.0.0.1']) {
      expect(await texts(await fetch(`http://${host}:${port}/autocomplete?q=app`))).toEqual(['Apple', 'apply'])
      await until(async () => (await fetch(`http://${host}:${METRICS_PORT}/ready`)).status === 200)
    }
    expect(await texts(await fetch(`http://[::1]:${port}/autocomplete?q=ban`))).toEqual(['banana'])
  })

  it('Redis accepts IPv4, too', async () => {
    const redis = await startPublicRedis()
    const service = await startService({ REDIS_NODES: redis.node })
    expect(await texts(await service.get('/autocomplete?q=app'))).toEqual(['Apple', 'apply'])
  })
})

describe('HTTP', () => {
  let redis: TestRedis
  let service: TestService
  let version: string
  beforeAll(async () => {
    redis = await TestRedis.start(FRUIT)
    version = await redis.setData(FRUIT)
    service = await TestService.start({ REDIS_NODES: redis.node })
  })
  afterAll(async () => {
    await service.stop()
    await redis.close()
  })

  it('returns suggestions with the original query and the dataset version', async () => {
    const response = await service.get('/autocomplete?q=AP&limit=5')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.json()).toEqual({
      query: 'AP',
      suggestions: [
        { text: 'Apple', score: 9 },
        { text: 'apply', score: 5 },
      ],
      version,
    })
    expect(await texts(await service.get('/autocomplete?q=%EC%82%AC'))).toEqual(['사과'])
    expect(await texts(await service.get('/autocomplete?q=zebra'))).toEqual([])
    expect(await texts(await service.get('/autocomplete?q=a&limit=1'))).toEqual(['Apple'])
  })

  it('answers each of many concurrent queries correctly', async () => {
    const queries = Array.from({ length: 500 }, (_, i) => (i % 2 ? `ap${'p'.repeat(i % 3)}` : `q${i}`))
    const answers = await Promise.all(
      queries.map((query) => service.get(`/autocomplete?q=${query}`).then((r) => r.json())),
    )
    expect(answers.map((answer) => (answer as { query: string }).query)).toEqual(queries)
  })

  it.each([
    ['GET', '/autocomplete', 400, 'missing_query'],
    ['GET', '/autocomplete?q=%ff', 400, 'bad_encoding'],
    ['GET', '/autocomplete?q=a&limit=99', 400, 'bad_limit'],
    ['GET', '/nothing', 404, 'not_found'],
    ['GET', '/%ff', 404, 'not_found'],
    ['POST', '/autocomplete?q=a', 415, 'unsupported_media_type'],
    ['PUT', '/autocomplete?q=a', 405, 'method_not_allowed'],
    ['DELETE', '/', 405, 'method_not_allowed'],
    ['BREW', '/autocomplete', 400, 'bad_request'],
    ['OPTIONS', '/nothing', 404, 'not_found'],
    ['PROPFIND', '/autocomplete', 405, 'method_not_allowed'],
    ['GET', '/AUTOCOMPLETE?q=a', 404, 'not_found'],
    ['GET', '/autocomplete/?q=a', 404, 'not_found'],
    ['GET', '/Health', 404, 'not_found'],
    ['GET', '/autocomplete?q=a#b', 400, 'bad_address'],
    ['GET', '/#', 400, 'bad_address'],
    ['GET', '*', 400, 'bad_address'],
    ['GET', 'autocomplete?q=a', 400, 'bad_address'],
    ['GET', 'http://[bad/autocomplete?q=a', 400, 'bad_address'],
    ['GET', 'http://user@x/autocomplete?q=a', 400, 'bad_address'],
    ['GET', `/autocomplete?q=${'a'.repeat(8192)}`, 414, 'uri_too_long'],
    ['GET', `/autocomplete?q=${'a'.repeat(20_000)}`, 431, 'request_header_fields_too_large'],
  ])('answers %s %.40s with %i and a JSON error', async (method, path, status, code) => {
    const { head, body } = await raw(service, `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(head).toMatch(/content-type: application\/json/i)
    expect(head).toMatch(/cache-control: no-store/i)
    expect(JSON.parse(body)).toEqual({ error: { code, message: expect.any(String) } })
  })

  it.each([
    ['no Host', 'GET /autocomplete?q=a HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    [
      'an expectation',
      'GET /autocomplete?q=a HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n',
      417,
    ],
    ['CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n', 405],
    ['two hosts', 'GET /autocomplete?q=a HTTP/1.1\r\nHost: x\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
    ['an empty host and another', 'GET /health HTTP/1.1\r\nHost:\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
    ['a path as host', 'GET /health HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n', 400],
    ['a user in the host', 'GET /autocomplete?q=a HTTP/1.0\r\nHost: a@b\r\n\r\n', 400],
    [
      'chunks in HTTP/1.0',
      'POST /autocomplete HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['no target', 'GET  HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ])('answers a request with %s with a JSON error', async (_, request, status) => {
    const { head, body } = await raw(service, request)
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(head).toMatch(/cache-control: no-store/i)
    expect(JSON.parse(body)).toEqual({ error: { code: expect.any(String), message: expect.any(String) } })
  })

  it.each([
    'http://x/autocomplete?q=a',
    'HTTPS://x:1/autocomplete?q=a',
    'http://[::1]:80/autocomplete?q=a',
  ])('answers the absolute URL %s', async (address) => {
    const { body } = await raw(service, `GET ${address} HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n`)
    expect(JSON.parse(body)).toMatchObject({ query: 'a', version })
  })

  it('answers OPTIONS for the whole server', async () => {
    const { head } = await raw(service, 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 204 /)
    expect(head).toMatch(/^allow: GET, HEAD, POST, OPTIONS$/im)
  })

  it.each(['/autocomplete?q=a', '/health'])('closes the connection if %s offers an upgrade', async (path) => {
    const { head } = await raw(service, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n`)
    expect(head).toMatch(/^HTTP\/1\.1 200 /)
    expect(head).toMatch(/^connection: close$/im)
  })

  it('answers input that is not HTTP with a JSON error', async () => {
    const { head, body } = await raw(service, 'hello\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 400 /)
    expect(JSON.parse(body).error.code).toBe('bad_request')
  })

  it('answers earlier requests before it rejects invalid input', async () => {
    const get = (query: string) => `GET /autocomplete?q=${query} HTTP/1.1\r\nHost: x\r\n\r\n`
    const badBody = 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n'
    for (const nonsense of [
      'hello\r\n\r\n',
      'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n',
      `POST /autocomplete HTTP/1.1\r\nHost: x\r\n${badBody}`,
    ]) {
      const { answer } = await raw(service, `${get('ap')}${get('no')}${get('ba')}${nonsense}`)
      const answers = answer.split(/(?=HTTP\/1\.1 )/).map((one) => `${one.slice(9, 12)} ${/"query":"\w+"/.exec(one)}`)
      expect(answers.slice(0, 3)).toEqual(['200 "query":"ap"', '200 "query":"no"', '200 "query":"ba"'])
      expect(answers.slice(3)).toEqual([expect.stringMatching(/^40[05] null$/)])
    }
  })

  it.each([
    ['nonsense', 'hello\r\n\r\n'],
    ['CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n'],
  ])('closes the connection of a client that does not read answers and then sends %s', async (_, nonsense) => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, RANKING_TIMEOUT_MS: '500' })
    const [socket] = openSockets(service, 1) as [Socket]
    const closed = once(socket, 'close')
    await once(socket, 'connect')
    // The answers do not fit into the socket buffers of the service and the client.
    socket.pause().write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1400) + nonsense)
    await until(async () => (await metric(service, 'autocomplete_http_connections')) <= 1)
    socket.resume()
    await closed
    expect(await service.stop()).toBe(0)
  })

  it('answers HEAD without a body', async () => {
    const response = await service.get('/autocomplete?q=a', { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  it('serves health, readiness, metrics, and the page', async () => {
    expect(await (await service.get('/health')).json()).toEqual({ status: 'ok' })
    expect(await (await service.get('/ready')).json()).toEqual({ status: 'ready', version })
    const page = await service.get('/')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    await service.get('/autocomplete?q=a')
    await service.get('/some/unknown/path')
    const metrics = await service.get('/metrics')
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain/)
    const text = await metrics.text()
    expect(text).toMatch(/autocomplete_http_requests_total\{route="\/autocomplete",status="200"\} [1-9]/)
    expect(text).toMatch(/autocomplete_http_requests_total\{route="none",status="404"\} [1-9]/)
    expect(text).toMatch(/autocomplete_ranking_batch_queries_count [1-9]/)
    expect(text).not.toContain('unknown/path')
  })

  it('does not log queries at level info', async () => {
    await service.get('/autocomplete?q=secretquery')
    await service.get('/autocomplete?q=secretquery&limit=0')
    expect(service.log.join('\n')).not.toContain('secretquery')
  })
})

/** Returns the value of a metric. `name` includes the labels, if any. */
async function metric(service: TestService, name: string): Promise<number> {
  return valueIn(await (await service.get('/metrics')).text(), name)
}

function valueIn(text: string, name: string): number {
  const line = text.split('\n').find((line) => line.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1) ?? 0)
}

const ranked = (service: TestService) => metric(service, 'autocomplete_ranking_batch_queries_sum')
const REQUESTS = 'autocomplete_http_requests_total{route="/autocomplete",status="200"}'

describe('the cache', () => {
  it('answers a repeated query with the same bytes, without ranking', async () => {
    const redis = await startRedis([...FRUIT, { text: '애플 "주스" \\', weight: 1 }])
    const service = await startService({ REDIS_NODES: redis.node, ...WITH_CACHE })
    for (const query of ['a', '%EC%95%A0', 'a&limit=1']) {
      const before = await ranked(service)
      const answers: string[] = []
      for (let i = 0; i < 4; i++) answers.push(await (await service.get(`/autocomplete?q=${query}`)).text())
      expect(new Set(answers).size).toBe(1)
      expect(await ranked(service)).toBe(before + 1)
    }
    expect(await metric(service, REQUESTS)).toBe(12)
    expect(await metric(service, 'autocomplete_http_request_duration_seconds_count{route="/autocomplete"}')).toBe(12)
    expect(
      await metric(service, 'autocomplete_http_request_duration_seconds_bucket{le="+Inf",route="/autocomplete"}'),
    ).toBe(12)
  })

  it('answers other URLs of a query without ranking it again', async () => {
    const redis = await startRedis([{ text: 'apple', weight: 1, contexts: { a: ['1'], b: ['2'] } }])
    const service = await startService({ REDIS_NODES: redis.node, ...WITH_CACHE })
    const addresses = [
      ['q=a', 'q=%61', 'q=a&limit=10', 'limit=10&q=a', '_=123&q=a', 'q=a&q=b', 'q=a&filters=a:1', 'q=a&highlight=0'],
      ['q=a&filter=a:1&filter=b:2', 'q=a&filter=b%3A2&filter=a:1', 'filter=b:2&q=a&x=y&filter=a:1'],
    ]
    for (const same of addresses) {
      const before = await ranked(service)
      const answers = new Set<string>()
      for (const address of same) answers.add(await (await service.get(`/autocomplete?${address}`)).text())
      expect(answers.size).toBe(1)
      expect(await ranked(service)).toBe(before + 1)
    }
  })

  it('contains nothing if CACHE_MAX_MIB is 0', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, CACHE_MAX_MIB: '0' })
    for (let i = 0; i < 3; i++) expect(await texts(await service.get('/autocomplete?q=b'))).toEqual(['banana'])
    expect(await ranked(service)).toBe(3)
  })

  it('removes old answers when the data is replaced, even if there are no other queries', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, ...WITH_CACHE })
    expect(await texts(await service.get('/autocomplete?q=a'))).toEqual(['Apple', 'apply'])
    await redis.kill()
    const version = await redis.setData(COLOURS)
    await redis.run()
    const response = await eventually(
      service,
      '/autocomplete?q=a',
      async (answer) => answer.ok && ((await answer.json()) as { version: string }).version === version,
    )
    expect(await texts(response)).toEqual(['azure'])
  })

  it('does not contain errors, and does not answer invalid requests', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, ...WITH_CACHE })
    expect((await service.get('/autocomplete?q=a&limit=0')).status).toBe(400)
    expect((await service.get('/autocomplete?q=a&limit=0')).status).toBe(400)
    await service.get('/autocomplete?q=a')
    expect((await service.get('/autocomplete?q=a', { method: 'POST' })).status).toBe(415)
    const head = await service.get('/autocomplete?q=a', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const { head: withoutHost } = await raw(service, 'GET /autocomplete?q=a HTTP/1.1\r\nConnection: close\r\n\r\n')
    expect(withoutHost).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe.runIf(process.platform === 'linux')('ranking threads', () => {
  it('have a higher nice value than the HTTP thread, which keeps its own', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, RANKING_THREADS: '2' })
    const { pid } = JSON.parse(service.log.at(-1) as string) as { pid: number }
    const threads = await readdir(`/proc/${pid}/task`)
    // The nice value is the 17th field after the name of the program, which is in parentheses.
    const nicenessOf = async (thread: string) =>
      Number((await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')).split(') ')[1]?.split(' ')[16])
    const http = await nicenessOf(String(pid))
    expect(http).toBe(getPriority())
    const others = await Promise.all(threads.filter((thread) => thread !== String(pid)).map(nicenessOf))
    // Besides the ranking threads, Node's threads for DNS and files may match: they inherit the nice value of the first
    // thread that used them.
    const nicer = others.filter((niceness) => niceness === Math.min(http + 3, 19))
    expect(nicer.length).toBeGreaterThanOrEqual(2)
  })
})

/** Starts a Redis server with data, and opens a connection to it that has all rights. */
async function startWritableRedis(
  entries: readonly Entry[],
): Promise<{ redis: TestRedis; admin: Redis; version: string }> {
  const redis = await startRedis()
  const version = await redis.setData(entries)
  await redis.kill()
  await redis.run(['--port', String(redis.port), '--user', 'admin', 'on', '>secret', '~*', '+@all'])
  const admin = new Redis(redis.port, '127.0.0.1', { username: 'admin', password: 'secret' })
  onTestFinished(() => admin.disconnect())
  return { redis, admin, version }
}

/** Returns Node.js options that make the service's first ranking thread fail after a delay. */
const failingThread = (milliseconds: number) => {
  const code = `import { isMainThread, threadId } from 'node:worker_threads'
    if (!isMainThread && threadId === 1) setTimeout(() => { throw new Error('it fails on purpose') }, ${milliseconds})`
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` }
}

describe('the index', () => {
  it('is loaded once for all ranking threads of a process', async () => {
    const { redis, admin, version } = await startWritableRedis(FRUIT)
    const commands: string[][] = []
    const monitor = await admin.monitor()
    onTestFinished(() => monitor.disconnect())
    monitor.on('monitor', (_, command: string[]) => commands.push(command))
    const service = await startService({ REDIS_NODES: redis.node, RANKING_THREADS: '3' })
    await untilReady(service, 3)
    expect(commands.filter(([, key]) => key === indexKey(version, 0))).toHaveLength(1)
  })

  it('is shared with the replacement of a failed ranking thread', async () => {
    const { redis, admin, version } = await startWritableRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, RANKING_THREADS: '2', ...failingThread(3000) })
    await untilReady(service, 2)
    // Without this key, the index cannot be loaded again.
    await admin.del(indexKey(version, 0))
    await until(() => service.log.some((line) => line.includes('it fails on purpose')))
    await untilReady(service, 3)
    for (let i = 0; i < 20; i++) expect(await texts(await service.get(`/autocomplete?q=b&x${i}`))).toEqual(['banana'])
    expect(await metric(service, 'autocomplete_ranking_threads')).toBe(2)
    expect(await service.stop()).toBe(0)
  })

  it('is soon loaded again after a connection breaks halfway', async () => {
    const redis = await startRedis(FRUIT)
    let broken = 0
    const cut = (socket: Socket, data: Buffer) => {
      if (broken > 1 || !data.includes(':index:')) return false
      broken += 1
      socket.destroy()
      return true
    }
    const service = await startService({ REDIS_NODES: `127.0.0.1:${await startBreakingPath(redis, cut)}` }, 'listening')
    const begin = performance.now()
    await eventually(service, '/ready', ({ status }) => status === 200)
    // A replica that fails is avoided for 30 s.
    expect(performance.now() - begin, service.log.join('\n')).toBeLessThan(30_000)
    expect(service.log.filter((line) => /"msg":"replica .*: the connection was lost"/.test(line))).toHaveLength(1)
    expect(broken).toBe(2)
  })

  it('does not keep the service from stopping while it is being loaded', async () => {
    const redis = await startRedis(FRUIT)
    let isLoading = false
    const stall = (_: Socket, data: Buffer) => {
      isLoading ||= data.includes(':index:')
      return isLoading
    }
    const service = await startService(
      { REDIS_NODES: `127.0.0.1:${await startBreakingPath(redis, stall)}` },
      'listening',
    )
    await until(() => isLoading)
    const begin = performance.now()
    expect(await service.stop()).toBe(0)
    // Loading fails 10 s after Redis has stopped responding.
    expect(performance.now() - begin).toBeLessThan(9000)
  })
})

describe('batches', () => {
  it('contain at most RANKING_BATCH_MAX_QUERIES queries', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({
      REDIS_NODES: redis.node,
      RANKING_BATCH_MAX_QUERIES: '1',
      WARM_UP_REQUESTS: '0',
    })
    const queries = Array.from({ length: 50 }, (_, i) => `q${i}`)
    const answers = await Promise.all(queries.map((query) => service.get(`/autocomplete?q=${query}`)))
    expect(answers.map(({ status }) => status)).toEqual(queries.map(() => 200))
    expect(await metric(service, 'autocomplete_ranking_batch_queries_count')).toBe(50)
  })

  it('collect queries for RANKING_BATCH_WAIT_MS', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, RANKING_BATCH_WAIT_MS: '500' })
    const begin = performance.now()
    const answers = []
    for (let i = 0; i < 5; i++) {
      answers.push(service.get(`/autocomplete?q=a${i}`))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    for (const { status } of await Promise.all(answers)) expect(status).toBe(200)
    // Usually one batch. On a slow machine, the queries may arrive more than 500 ms apart.
    const batches = await metric(service, 'autocomplete_ranking_batch_queries_count')
    expect(batches).toBeLessThanOrEqual((performance.now() - begin) / 500)
    expect(await ranked(service)).toBe(5)
  })

  it('have one dataset version for all queries of a request, while replicas have different data', async () => {
    const replicas = [await startRedis(FRUIT), await startRedis(COLOURS)]
    const service = await startService({ REDIS_NODES: replicas.map(({ node }) => node).join(',') })
    await until(async () => (await metric(service, 'autocomplete_redis_replicas{state="ready"}')) === 2)
    const queries = Array.from({ length: 50 }, (_, at) => ({ q: `a${at}` }))
    for (let time = 0; time < 10; time++) {
      const response = await service.get('/autocomplete', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ queries }),
      })
      const { answers } = (await response.json()) as { answers: { query: string; version: string }[] }
      expect(answers.map(({ query }) => query)).toEqual(queries.map(({ q }) => q))
      expect(new Set(answers.map(({ version }) => version)).size).toBe(1)
    }
  })

  it('rank equal queries once', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({
      REDIS_NODES: redis.node,
      RANKING_BATCH_MAX_QUERIES: '2',
      RANKING_BATCH_WAIT_MS: '500',
    })
    const asked = [{}, { limit: 1 }, {}, { limit: 10 }, { limit: 1 }].map((more) => ({ q: 'ap', ...more }))
    const { answers } = (await (
      await service.get('/autocomplete', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ queries: asked }),
      })
    ).json()) as { answers: unknown[] }
    const two = expect.objectContaining({ query: 'ap', suggestions: [{ text: 'Apple', score: 9 }, expect.anything()] })
    const one = expect.objectContaining({ query: 'ap', suggestions: [{ text: 'Apple', score: 9 }] })
    expect(answers).toEqual([two, one, two, two, one])
    expect(await metric(service, 'autocomplete_ranking_batch_queries_count')).toBe(1)
    expect(await ranked(service)).toBe(2)
  })

  it.each([
    // If the batches waited, some queries would always be rejected after RANKING_TIMEOUT_MS.
    [10, '900'],
    [200, '1500'],
  ])('do not wait if they are full, with %i queries', async (count, RANKING_TIMEOUT_MS) => {
    const redis = await startRedis(FRUIT)
    const service = await startService({
      REDIS_NODES: redis.node,
      RANKING_BATCH_MAX_QUERIES: '10',
      RANKING_BATCH_WAIT_MS: '1000',
      RANKING_TIMEOUT_MS,
    })
    // Only a slow machine needs several attempts.
    await until(async () => {
      const answers = await Promise.all(Array.from({ length: count }, (_, i) => service.get(`/autocomplete?q=a${i}`)))
      return answers.every(({ status }) => status === 200)
    })
  })

  it('are rejected if they take or wait too long, and the service recovers', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({
      REDIS_NODES: redis.node,
      REDIS_COMMAND_TIMEOUT_MS: '30000',
      RANKING_TIMEOUT_MS: '300',
      RANKING_BATCH_MAX_QUERIES: '1',
    })
    await redis.kill('SIGSTOP')
    // Send more queries than the thread ranks at the same time.
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => service.get(`/autocomplete?q=a${i}`)))
    for (const answer of answers) {
      expect(answer.status).toBe(503)
      expect(await answer.json()).toMatchObject({ error: { code: 'timeout' } })
    }
    expect(await metric(service, 'autocomplete_ranking_pending_queries')).toBe(0)
    await redis.kill('SIGCONT')
    await eventually(service, '/autocomplete?q=a', ({ status }) => status === 200)
    expect(await metric(service, 'autocomplete_ranking_pending_queries')).toBe(0)
  })
})

describe('the warm-up', () => {
  it.each([
    '1',
    '2',
  ])('ends before the service is ready, and is not counted, with WEB_CONCURRENCY %s', async (WEB_CONCURRENCY) => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, WEB_CONCURRENCY, WARM_UP_REQUESTS: '500' })
    expect(await metric(service, REQUESTS)).toBe(0)
    expect(await ranked(service)).toBe(0)
  })

  it('starts when data appears, and ends before the service is ready', async () => {
    const redis = await startRedis()
    const service = await startService({ REDIS_NODES: redis.node, WARM_UP_REQUESTS: '500' }, 'listening')
    await redis.kill()
    await redis.setData(FRUIT)
    await redis.run()
    await eventually(service, '/ready', ({ status }) => status === 200)
    expect(await metric(service, REQUESTS)).toBe(0)
  })
})

describe('several HTTP processes', () => {
  it('share the requests, and /metrics shows their sum', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, WEB_CONCURRENCY: '2', RANKING_THREADS: '2' })
    await untilReady(service, 4)
    for (let i = 0; i < 20; i++) {
      const { head } = await raw(service, 'GET /autocomplete?q=a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      expect(head).toContain('200 OK')
    }
    const metrics = await (await service.get('/metrics')).text()
    expect(metrics).toContain('autocomplete_http_requests_total{route="/autocomplete",status="200"} 20\n')
    expect(await service.stop()).toBe(0)
  })
})

describe.each(['1', '2'])('METRICS_PORT with WEB_CONCURRENCY %s', (WEB_CONCURRENCY) => {
  it('serves the metrics of all processes, and only on that port', async () => {
    const redis = await startRedis(FRUIT)
    const METRICS_PORT = String(await freePort())
    const service = await startService({ REDIS_NODES: redis.node, WEB_CONCURRENCY, METRICS_PORT })
    await untilReady(service, Number(WEB_CONCURRENCY))
    for (let i = 0; i < 20; i++) {
      const { head } = await raw(service, 'GET /autocomplete?q=a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      expect(head).toContain('200 OK')
    }
    expect((await service.get('/metrics')).status).toBe(404)
    const url = `http://127.0.0.1:${METRICS_PORT}`
    const metrics = await fetch(`${url}/metrics`)
    expect(metrics.status).toBe(200)
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(await metrics.text()).toContain('autocomplete_http_requests_total{route="/autocomplete",status="200"} 20\n')
    for (const [path, method, status] of [
      ['/autocomplete?q=a', 'GET', 404],
      ['/', 'GET', 404],
      ['/ready', 'POST', 405],
      ['/metrics', 'POST', 405],
    ] as const) {
      const response = await fetch(`${url}${path}`, { method })
      expect([path, response.status]).toEqual([path, status])
      expect(await response.json()).toEqual({ error: { code: expect.any(String), message: expect.any(String) } })
    }
    // fetch keeps its connection open, which must not delay the shutdown.
    expect(await service.stop()).toBe(0)
  })

  it('answers probes while clients have taken all connections, and reports that the service is stopping', async () => {
    const redis = await startRedis(FRUIT)
    const METRICS_PORT = String(await freePort())
    const service = await startService({
      REDIS_NODES: redis.node,
      WEB_CONCURRENCY,
      METRICS_PORT,
      HTTP_MAX_CONNECTIONS: '2',
      SHUTDOWN_DELAY_SECONDS: '2',
    })
    const { version } = (await (await service.get('/ready')).json()) as { version: string }
    const probe = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${METRICS_PORT}${path}`)
      return [response.status, await response.json()]
    }
    const sockets = openSockets(service, 20)
    const metricsNow = async () => (await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`)).text()
    await until(async () => valueIn(await metricsNow(), 'autocomplete_http_connections_dropped_total') >= 14)
    expect(await probe('/health')).toEqual([200, { status: 'ok' }])
    await until(async () => (await probe('/ready'))[0] === 200)
    expect(await probe('/ready')).toEqual([200, { status: 'ready', version }])
    for (const socket of sockets) socket.destroy()
    const stopped = service.stop()
    await until(async () => (await probe('/ready'))[0] === 503)
    expect((await probe('/ready'))[1]).toMatchObject({ error: { code: 'stopping' } })
    expect(await stopped).toBe(0)
  })

  it('is not ready without data, but healthy', async () => {
    const METRICS_PORT = String(await freePort())
    const service = await startService({ REDIS_NODES: '127.0.0.1:1', WEB_CONCURRENCY, METRICS_PORT }, 'listening')
    const response = await fetch(`http://127.0.0.1:${METRICS_PORT}/ready`)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    // While the ranking threads start, the check gets no answer.
    expect(await response.json()).toMatchObject({ error: { code: expect.stringMatching(/^(unavailable|timeout)$/) } })
    expect((await fetch(`http://127.0.0.1:${METRICS_PORT}/health`)).status).toBe(200)
    expect(await service.stop()).toBe(0)
  })

  it('stops the service with exit code 1 and one line of explanation if the port is in use', async () => {
    const redis = await startRedis(FRUIT)
    const { code, output } = await runService({
      REDIS_NODES: redis.node,
      WEB_CONCURRENCY,
      HOST: '127.0.0.1',
      PORT: '0',
      METRICS_PORT: String(redis.port),
    })
    expect(code).toBe(1)
    expect(output).toMatch(
      new RegExp(`cannot listen on HOST 127\\.0\\.0\\.1, METRICS_PORT ${redis.port}: .*EADDRINUSE`),
    )
  })
})

describe('overload', () => {
  const rejectedFor = (reason: string, criticality = 'typed') =>
    `autocomplete_queries_rejected_total{reason="${reason}",criticality="${criticality}"}`

  async function expectRejections(answers: readonly Response[], code: string): Promise<void> {
    for (const answer of answers) {
      expect(answer.status).toBe(503)
      expect(answer.headers.get('retry-after')).toBe('1')
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(await answer.json()).toEqual({ error: { code, message: expect.any(String) } })
    }
  }

  it('rejects requests with many queries immediately if their work would take too long, and answers the others', async () => {
    const redis = await startRedis(FRUIT)
    // 16 queries are ranked as two batches, which take 400 ms. Delays on a busy machine are short in comparison.
    const service = await startService({
      REDIS_NODES: `127.0.0.1:${await startSlowPath(redis, 200)}`,
      RANKING_TIMEOUT_MS: '6000',
    })
    let answered = 0
    let asked = 0
    const post = async () => {
      const queries = Array.from({ length: 16 }, () => ({ q: `a${asked++}` }))
      const headers = { 'Content-Type': 'application/json' }
      const answer = await service.get('/autocomplete', { method: 'POST', headers, body: JSON.stringify({ queries }) })
      return { answer, order: answered++ }
    }
    for (let i = 0; i < 10; i++) expect((await post()).answer.status).toBe(200)
    answered = 0
    const answers = await Promise.all(Array.from({ length: 40 }, post))
    const rejected = answers.filter(({ answer }) => answer.status !== 200)
    await expectRejections(
      rejected.map(({ answer }) => answer),
      'overloaded',
    )
    expect(rejected.length).toBeGreaterThan(10)
    expect(rejected.length).toBeLessThan(40)
    // No work is done for a request that is rejected.
    expect(rejected.map(({ order }) => order).toSorted((a, b) => a - b)).toEqual(rejected.map((_, at) => at))
    expect((await post()).answer.status).toBe(200)
  })

  it.each([
    [1, 1],
    [3, 2],
  ])('with RANKING_THREADS %d, requests with many queries use at most %d', async (threads, used) => {
    const redis = await startRedis(FRUIT)
    const service = await startService({
      REDIS_NODES: redis.node,
      RANKING_THREADS: String(threads),
      REDIS_COMMAND_TIMEOUT_MS: '30000',
      RANKING_TIMEOUT_MS: '60000',
    })
    await redis.kill('SIGSTOP')
    const headers = { 'Content-Type': 'application/json' }
    const answers = Array.from({ length: threads + 1 }, (_, at) =>
      service.get('/autocomplete', { method: 'POST', headers, body: `{"queries":[{"q":"a${at}"}]}` }),
    )
    const count = (batches: 'waiting' | 'running') => metric(service, `autocomplete_ranking_${batches}_batches`)
    await until(async () => (await count('waiting')) === threads + 1 - used)
    expect(await count('running')).toBe(used)
    answers.push(service.get('/autocomplete?q=b'))
    await until(async () => (await count('running')) === used + 1)
    await redis.kill('SIGCONT')
    for (const answer of answers) expect((await answer).status).toBe(200)
  })

  /** Sends 40 queries while Redis does not respond: the thread sends 32 to Redis, and the others wait. */
  async function sendBlocked(service: TestService): Promise<Promise<Response>[]> {
    const answers: Promise<Response>[] = []
    // One at a time: the service may reject some of many queries that arrive before it has measured any.
    while (answers.length < 32) {
      answers.push(service.get(`/autocomplete?q=b${answers.length}`))
      await until(async () => (await metric(service, 'autocomplete_ranking_running_batches')) === answers.length)
    }
    while (answers.length < 40) answers.push(service.get(`/autocomplete?q=b${answers.length}`))
    await until(async () => (await metric(service, 'autocomplete_ranking_waiting_batches')) === 8)
    return answers
  }

  /** Starts a service whose thread has the maximum number of batches, each with one query, and a queue behind them. */
  async function startBlocked(env: Record<string, string>) {
    const redis = await startRedis(FRUIT)
    const service = await startService({
      REDIS_NODES: redis.node,
      ...WITH_CACHE,
      RANKING_BATCH_MAX_QUERIES: '1',
      REDIS_COMMAND_TIMEOUT_MS: '30000',
      RANKING_TIMEOUT_MS: '60000',
      ...env,
    })
    expect((await service.get('/autocomplete?q=known')).status).toBe(200)
    await redis.kill('SIGSTOP')
    return { redis, service, answers: await sendBlocked(service) }
  }

  it('rejects queries immediately that would wait too long, still answers all others, and then recovers', async () => {
    // All queries of startBlocked must arrive within this time.
    const { redis, service, answers } = await startBlocked({ OVERLOAD_MAX_DELAY_MS: '3000' })
    await until(async () => (await metric(service, 'autocomplete_ranking_oldest_waiting_seconds')) > 3)
    const rejected = [await service.get('/autocomplete?q=c1'), await service.get('/autocomplete?q=c2')]
    await expectRejections(rejected, 'overloaded')
    expect((await service.get('/autocomplete?q=known')).status).toBe(200)
    expect(await metric(service, rejectedFor('wait'))).toBe(2)
    await redis.kill('SIGCONT')
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 200))
    await eventually(service, '/autocomplete?q=c1', ({ status }) => status === 200)
  })

  it('does not limit queries that wait for a slow Redis', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({
      REDIS_NODES: `127.0.0.1:${await startSlowPath(redis, 300)}`,
      // Below the time that the queries wait for Redis, but above the delays on a busy machine.
      OVERLOAD_MAX_DELAY_MS: '250',
      RANKING_BATCH_MAX_QUERIES: '1',
    })
    const answers = []
    for (let i = 0; i < 12; i++) {
      answers.push(service.get(`/autocomplete?q=d${i}`))
      await until(async () => (await metric(service, 'autocomplete_queries_total{criticality="typed"}')) > i)
    }
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 200))
  })

  it('rejects the least critical queries first', async () => {
    const { redis, service, answers } = await startBlocked({ RANKING_MAX_PENDING: '64' })
    // 40 of 64 queries are pending: more than prefetches and background queries may use.
    const background = await service.get('/autocomplete?q=e&criticality=background')
    const prefetch = await service.get('/autocomplete?q=e', { headers: { 'Sec-Purpose': 'prefetch' } })
    await expectRejections([background, prefetch], 'overloaded')
    const batch = await service.get('/autocomplete', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"queries":[{"q":"e"}]}',
    })
    await expectRejections([batch], 'overloaded')
    expect(await metric(service, rejectedFor('pending', 'background'))).toBe(2)
    expect(await metric(service, rejectedFor('pending', 'prefetch'))).toBe(1)
    answers.push(service.get('/autocomplete?q=e', { headers: { Priority: 'u=5' } }), service.get('/autocomplete?q=e'))
    await until(async () => (await metric(service, 'autocomplete_ranking_pending_queries')) === answers.length)
    await redis.kill('SIGCONT')
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 200))
  })

  it('rejects waiting queries while no replica responds, the less critical ones first', async () => {
    const replicas = await Promise.all([startRedis(FRUIT), startRedis(FRUIT)])
    const service = await startService({
      REDIS_NODES: replicas.map(({ node }) => node).join(','),
      RANKING_BATCH_MAX_QUERIES: '1',
      // Typed queries wait this much longer than the command timeout, which is enough even for a slow machine.
      OVERLOAD_MAX_DELAY_MS: '6000',
      // Enough time to see all queries wait.
      REDIS_COMMAND_TIMEOUT_MS: '16000',
      RANKING_TIMEOUT_MS: '60000',
    })
    await untilReady(service, 2)
    for (const replica of replicas) await replica.kill('SIGSTOP')
    const typed = await sendBlocked(service)
    // Only typed queries wait for other replicas.
    const prefetches = Array.from({ length: 8 }, (_, i) => service.get(`/autocomplete?q=c${i}&criticality=prefetch`))
    const answers = await Promise.all([...typed, ...prefetches])
    const codes = await Promise.all(
      answers.map(async (answer) => ((await answer.json()) as { error: { code: string } }).error.code),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503))
    expect(new Set(codes.slice(0, 40))).toEqual(new Set(['unavailable']))
    expect(new Set(codes.slice(40))).toEqual(new Set(['overloaded']))
    for (const replica of replicas) await replica.kill('SIGCONT')
    await eventually(service, '/autocomplete?q=a', ({ status }) => status === 200)
  })

  it('does not reject queries after an outage in which all waiting queries were rejected', async () => {
    const { redis, service, answers } = await startBlocked({
      OVERLOAD_MAX_DELAY_MS: '2000',
      REDIS_COMMAND_TIMEOUT_MS: '6000',
    })
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 503))
    await redis.kill('SIGCONT')
    await eventually(service, '/autocomplete?q=c', ({ status }) => status === 200)
    // Wait longer than OVERLOAD_MAX_DELAY_MS, so that a drain rate from the outage is outdated.
    await sleep(2500)
    const later = await Promise.all(Array.from({ length: 20 }, (_, i) => service.get(`/autocomplete?q=d${i}`)))
    expect(later.map(({ status }) => status)).toEqual(later.map(() => 200))
  })

  it('of the event loop rejects queries that are not cached, until it ends', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, ...WITH_CACHE, OVERLOAD_MAX_DELAY_MS: '1' })
    await eventually(service, '/autocomplete?q=a', ({ status }) => status === 200)
    const sockets = openSockets(service, 500)
    let isOver = false
    const statuses = { known: new Set<string>(), unknown: new Set<string>() }
    const asking = sockets.map(async (socket, i) => {
      for (let count = 0; !isOver; count++) {
        const isKnown = i % 10 === 0
        const answer = await ask(socket, isKnown ? '/autocomplete?q=a' : `/autocomplete?q=b${i}_${count}`)
        statuses[isKnown ? 'known' : 'unknown'].add(answer.slice(9, 12))
      }
    })
    await until(async () => (await metric(service, rejectedFor('event_loop'))) > 0)
    await until(() => statuses.unknown.has('503'))
    isOver = true
    await Promise.all(asking)
    expect(statuses).toEqual({ known: new Set(['200']), unknown: new Set(['200', '503']) })
    await eventually(service, '/autocomplete?q=new', ({ status }) => status === 200)
  })
})

describe('connections', () => {
  it.each([
    '1',
    '2',
  ])('above HTTP_MAX_CONNECTIONS are closed immediately, and the others stay open, with WEB_CONCURRENCY %s', async (WEB_CONCURRENCY) => {
    const redis = await startRedis(FRUIT)
    const METRICS_PORT = String(await freePort())
    const service = await startService({
      REDIS_NODES: redis.node,
      WEB_CONCURRENCY,
      METRICS_PORT,
      HTTP_MAX_CONNECTIONS: '20',
    })
    const most = 20 * Number(WEB_CONCURRENCY)
    const sockets = openSockets(service, 3 * most)
    // With several processes, more connections than necessary may be closed, because they are not distributed equally.
    const answers = await Promise.all(sockets.map((socket) => ask(socket, '/autocomplete?q=a')))
    expect(answers.filter((answer) => answer !== '' && !answer.startsWith('HTTP/1.1 200 OK'))).toEqual([])
    const open = sockets.filter((_, at) => answers[at] !== '')
    // fetch may also have open connections, from the readiness checks.
    expect(open.length).toBeGreaterThanOrEqual(10)
    expect(open.length).toBeLessThanOrEqual(most)
    const metrics = await (await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`)).text()
    expect(valueIn(metrics, 'autocomplete_http_connections')).toBeLessThanOrEqual(most)
    expect(metrics).toMatch(/^autocomplete_http_connections_dropped_total [1-9]\d*$/m)
    for (const socket of open.slice(0, 5)) socket.destroy()
    await until(async () => {
      const [socket] = openSockets(service, 1) as [Socket]
      return (await ask(socket, '/autocomplete?q=a')).startsWith('HTTP/1.1 200 OK')
    })
  })

  it('do not delay others, even if 4,000 are idle and 200 send their request byte by byte', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({
      REDIS_NODES: redis.node,
      HTTP_MAX_CONNECTIONS: '5000',
      RANKING_MAX_PENDING: '5000',
    })
    const idle = openSockets(service, 4000)
    await until(() => idle.every(({ connecting }) => !connecting))
    const answers = await Promise.all(idle.map((socket) => ask(socket, '/autocomplete?q=a')))
    expect(answers.filter((answer) => !answer.startsWith('HTTP/1.1 200 OK'))).toEqual([])
    const slow = openSockets(service, 200)
    const open = () => metric(service, 'autocomplete_http_connections')
    await until(async () => (await open()) >= idle.length + slow.length)
    const request = 'GET /autocomplete?q=a HTTP/1.1\r\nHost: x\r\nX-Slow: '
    let sent = 0
    const timer = setInterval(() => {
      for (const socket of slow) if (socket.writable) socket.write(request[sent] ?? 'x')
      sent += 1
    }, 50)
    onTestFinished(() => clearInterval(timer))
    let asked = 0
    // The slow clients do not read the final error, so they do not close their connections themselves.
    while ((await open()) > idle.length + 20) {
      // New connections are answered, too, and idle ones stay open.
      expect((await service.get(`/autocomplete?q=b${asked}`)).status).toBe(200)
      expect(await ask(idle[asked % idle.length] as Socket, '/autocomplete?q=a')).toMatch(/^HTTP\/1\.1 200 OK/)
      asked += 1
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    // Only the slow senders are disconnected, because they exceed the timeout for headers.
    expect(asked).toBeGreaterThan(20)
    expect(idle.filter(({ closed }) => closed)).toEqual([])
  })
})

describe('an HTTP process', () => {
  it('does not stop the others if it dies before it listens', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, WEB_CONCURRENCY: '2' })
    const primary = (JSON.parse(service.log[0] as string) as { pid: number }).pid
    const children = async () =>
      (await readFile(`/proc/${primary}/task/${primary}/children`, 'utf8')).trim().split(' ').map(Number)
    while (service.log.filter((line) => line.includes('"listening"')).length < 2)
      await new Promise((resolve) => setTimeout(resolve, 5))
    const first = await children()
    process.kill(first[0] as number, 'SIGKILL')
    const replacement = async () => (await children()).find((pid) => !first.includes(pid))
    while (!(await replacement())) await new Promise((resolve) => setTimeout(resolve, 5))
    process.kill((await replacement()) as number, 'SIGKILL')
    for (let i = 0; i < 20; i++) {
      expect((await service.get('/autocomplete?q=a')).status).toBe(200)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await eventually(service, '/health', () => service.log.filter((line) => line.includes('"listening"')).length > 2)
  })

  it('is replaced if it dies, even while it waits for the metrics of another', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, WEB_CONCURRENCY: '2' })
    const pids = () =>
      service.log
        .filter((line) => line.includes('"listening"'))
        .map((line) => (JSON.parse(line) as { pid: number }).pid)
    while (pids().length < 2) await new Promise((resolve) => setTimeout(resolve, 20))
    const [silent, asking] = pids() as [number, number]
    process.kill(silent, 'SIGSTOP')
    onTestFinished(() => void process.kill(silent, 'SIGKILL'))
    // Connections go to the processes in turn, so some of them reach the process that is not suspended.
    const asked = Array.from({ length: 4 }, () =>
      raw(service, 'GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
    )
    await new Promise((resolve) => setTimeout(resolve, 500))
    process.kill(asking, 'SIGKILL')
    // After 5 s, the primary stops collecting metrics. By then, the process that requested them is dead, which the primary
    // must survive.
    await new Promise((resolve) => setTimeout(resolve, 6000))
    process.kill(silent, 'SIGCONT')
    await Promise.all(asked)
    await eventually(service, '/health', () => pids().length === 3)
    expect((await service.get('/autocomplete?q=a')).status).toBe(200)
  })

  it('makes the service unready on METRICS_PORT while it gives no answer', async () => {
    const redis = await startRedis(FRUIT)
    const METRICS_PORT = String(await freePort())
    const service = await startService({
      ...{ REDIS_NODES: redis.node, WEB_CONCURRENCY: '2', METRICS_PORT, RANKING_TIMEOUT_MS: '1000' },
    })
    const ready = () => fetch(`http://127.0.0.1:${METRICS_PORT}/ready`)
    await until(async () => (await ready()).status === 200)
    const listening = service.log.filter((line) => line.includes('"listening"'))
    const { pid } = JSON.parse(listening[0] as string) as { pid: number }
    process.kill(pid, 'SIGSTOP')
    const unready = await ready()
    expect(unready.status).toBe(503)
    expect(await unready.json()).toEqual({
      error: { code: 'unavailable', message: 'not all HTTP processes are ready (1 of 2)' },
    })
    process.kill(pid, 'SIGKILL')
    await until(async () => (await ready()).status === 200)
  })
})

describe('Redis', () => {
  it('no query fails when a replica dies', async () => {
    const first = await startRedis(FRUIT)
    const second = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: `${first.node},${second.node}` })
    await eventually(
      service,
      '/metrics',
      () => service.log.filter((line) => line.includes('replica ready')).length === 2,
    )
    await first.kill()
    for (let i = 0; i < 50; i++) expect((await service.get('/autocomplete?q=a')).status).toBe(200)
    await first.run()
    await second.kill()
    const response = await eventually(service, '/autocomplete?q=a', ({ status }) => status === 200)
    expect(await texts(response)).toEqual(['Apple', 'apply'])
  })

  it('the metrics show the states of the replicas', async () => {
    const [first, second] = await Promise.all([startRedis(FRUIT), startRedis()])
    const service = await startService({ REDIS_NODES: `${first.node},${second.node}`, RANKING_THREADS: '2' })
    const are = async (ready: number, connected: number, disconnected: number) =>
      (await metric(service, 'autocomplete_redis_replicas{state="ready"}')) === ready &&
      (await metric(service, 'autocomplete_redis_replicas{state="connected"}')) === connected &&
      (await metric(service, 'autocomplete_redis_replicas{state="disconnected"}')) === disconnected
    await until(() => are(2, 2, 0))
    await second.kill()
    await until(() => are(2, 0, 2))
    expect(await metric(service, 'autocomplete_ranking_threads')).toBe(2)
  })

  it('a replica outside of the pool replaces a dead one', async () => {
    const replicas = await Promise.all([startRedis(FRUIT), startRedis(FRUIT), startRedis(FRUIT)])
    const service = await startService({
      REDIS_NODES: replicas.map(({ node }) => node).join(','),
      REDIS_CONNECTION_POOL_SIZE: '1',
    })
    const inPool = () => replicas.filter(({ node }) => service.log.some((line) => line.includes(node)))
    const [used, ...others] = inPool()
    expect([used, others]).toEqual([expect.anything(), []])
    await used?.kill()
    // The service may answer again before a query has failed.
    await eventually(service, '/autocomplete?q=a', ({ status }) => status === 200 && inPool().length > 1)
  })

  it('queries get 503 with Retry-After while no replica is available', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node })
    await redis.kill()
    const response = await eventually(service, '/autocomplete?q=a', ({ status }) => status !== 200)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await response.json()).toMatchObject({ error: { code: 'unavailable' } })
    expect((await service.get('/ready')).status).toBe(503)
    expect((await service.get('/health')).status).toBe(200)
    await redis.run()
    await eventually(service, '/ready', ({ status }) => status === 200)
    expect(await texts(await service.get('/autocomplete?q=a'))).toEqual(['Apple', 'apply'])
  })

  it('replicas without data are not used, and replaced data is loaded', async () => {
    const empty = await startRedis()
    const service = await startService({ REDIS_NODES: empty.node }, 'listening')
    await eventually(service, '/ready', () => service.log.some((line) => line.includes('it holds no dataset')))
    expect((await service.get('/ready')).status).toBe(503)
    await empty.kill()
    await empty.setData(FRUIT)
    await empty.run()
    await eventually(service, '/ready', ({ status }) => status === 200)
    await empty.kill()
    const version = await empty.setData(COLOURS)
    await empty.run()
    const response = await eventually(
      service,
      '/autocomplete?q=a',
      async (answer) => answer.ok && ((await answer.json()) as { version: string }).version === version,
    )
    expect(await texts(response)).toEqual(['azure'])
  })

  it('a silent connection is replaced', async () => {
    const redis = await startRedis(FRUIT)
    // Existing connections through this proxy go silent, as if a firewall had dropped them. New connections work.
    const sockets: Socket[] = []
    const proxy = createServer((socket) => {
      const upstream = connect(redis.port, '127.0.0.1')
      sockets.push(socket, upstream)
      socket.pipe(upstream).pipe(socket)
      for (const end of [socket, upstream]) end.on('error', () => {})
    }).listen(0, '127.0.0.1')
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      proxy.close()
    })
    await once(proxy, 'listening')
    const { port } = proxy.address() as { port: number }
    const service = await startService({ REDIS_NODES: `127.0.0.1:${port}`, REDIS_COMMAND_TIMEOUT_MS: '100' })
    for (const socket of sockets) socket.unpipe().pause()
    await eventually(service, '/autocomplete?q=a', ({ status }) => status === 503)
    await eventually(service, '/autocomplete?q=a', ({ status }) => status === 200)
  })

  it('an outage is logged, but not once per query', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node })
    await redis.kill()
    await eventually(service, '/autocomplete?q=a', ({ status }) => status === 503)
    await Promise.all(Array.from({ length: 300 }, () => service.get('/autocomplete?q=a')))
    const logged = service.log.filter((line) => line.includes('rejected'))
    expect(logged.length).toBeGreaterThan(0)
    expect(logged.length).toBeLessThan(10)
  })

  it('a query is retried on another replica if one does not answer within the command timeout', async () => {
    const stalled = await startRedis(FRUIT)
    const healthy = await startRedis(FRUIT)
    const service = await startService({
      REDIS_NODES: `${stalled.node},${healthy.node}`,
      REDIS_COMMAND_TIMEOUT_MS: '100',
    })
    await eventually(
      service,
      '/metrics',
      () => service.log.filter((line) => line.includes('replica ready')).length === 2,
    )
    await stalled.kill('SIGSTOP')
    for (let i = 0; i < 20; i++) expect((await service.get('/autocomplete?q=a')).status).toBe(200)
    const metrics = await (await service.get('/metrics')).text()
    expect(metrics).toMatch(/autocomplete_redis_retries_total [1-9]/)
  })
})

describe('stopping', () => {
  it('answers requests in flight, reports that it is not ready, and exits with code 0', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, SHUTDOWN_DELAY_SECONDS: '1' })
    service.signal('SIGTERM')
    const notReady = await eventually(service, '/ready', ({ status }) => status === 503)
    expect(await notReady.json()).toMatchObject({ error: { code: 'stopping' } })
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => service.get('/autocomplete?q=a').then((response) => response.status)),
    )
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(await service.exited()).toBe(0)
  })

  it('does not log a query as rejected if its client has disconnected', async () => {
    const redis = await startRedis(FRUIT)
    const slow = { REDIS_COMMAND_TIMEOUT_MS: '5000', RANKING_TIMEOUT_MS: '5000' }
    const service = await startService({ REDIS_NODES: redis.node, ...slow })
    await redis.kill('SIGSTOP')
    const asking = connect(Number(new URL(service.url).port), '127.0.0.1')
    asking.write('GET /autocomplete?q=a HTTP/1.1\r\nHost: x\r\n\r\n')
    await eventually(
      service,
      '/health',
      async () => (await metric(service, 'autocomplete_ranking_pending_queries')) === 1,
    )
    asking.destroy()
    expect(await service.stop()).toBe(0)
    expect(service.log.filter((line) => line.includes('queries rejected'))).toEqual([])
  })
})

describe('starting', () => {
  it('does not mistake a slow ranking thread for one that hangs', async () => {
    // Blocks every thread for 3 s, while it waits for its first replica.
    const block = 'setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000), 1000)'
    const preload = `import { isMainThread } from 'node:worker_threads'; if (!isMainThread) ${block}`
    const service = await startService(
      {
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}`,
        REDIS_NODES: `127.0.0.1:${await freePort()}`,
        RANKING_TIMEOUT_MS: '1000',
      },
      'listening',
    )
    await sleep(6000)
    expect(service.log.filter((line) => line.includes('ranking thread'))).toEqual([])
    expect(await service.stop()).toBe(0)
  })

  it('an invalid setting gives a one-line error and exit code 1', async () => {
    const { code, output } = await runService({ WEB_CONCURRENCY: 'many' })
    expect(code).toBe(1)
    expect(output).toBe('environment variable WEB_CONCURRENCY must be an integer from 0 to 64, got "many"\n')
  })

  it.each(['1', '2'])('a port in use gives exit code 1, with WEB_CONCURRENCY %s', async (WEB_CONCURRENCY) => {
    const redis = await startRedis(FRUIT)
    const { code, output } = await runService({ WEB_CONCURRENCY, HOST: '127.0.0.1', PORT: String(redis.port) })
    expect(code).toBe(1)
    expect(output).toMatch(new RegExp(`cannot listen on HOST 127\\.0\\.0\\.1, PORT ${redis.port}: .*EADDRINUSE`))
  })
})

/** Starts a proxy that delays the replies from Redis. Resolves with its port. */
async function startSlowPath(redis: TestRedis, milliseconds: number): Promise<number> {
  const sockets: Socket[] = []
  const proxy = createServer((socket) => {
    const upstream = connect(redis.port, '127.0.0.1')
    sockets.push(socket, upstream)
    socket.pipe(upstream)
    upstream.on('data', (data) => setTimeout(() => socket.write(data), milliseconds))
    for (const end of [socket, upstream]) end.on('error', () => {})
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  await once(proxy, 'listening')
  return (proxy.address() as { port: number }).port
}

/**
 * Starts a proxy that can lose requests to Redis. Resolves with its port.
 * @param swallow gets data from a client, and returns whether to drop it
 */
async function startBreakingPath(
  redis: TestRedis,
  swallow: (socket: Socket, data: Buffer) => boolean,
): Promise<number> {
  const sockets: Socket[] = []
  const proxy = createServer((socket) => {
    const upstream = connect(redis.port, '127.0.0.1')
    sockets.push(socket, upstream)
    upstream.pipe(socket)
    socket.on('data', (data) => {
      if (!swallow(socket, data)) upstream.write(data)
    })
    for (const end of [socket, upstream]) end.on('error', () => {})
    socket.on('close', () => upstream.destroy())
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  await once(proxy, 'listening')
  return (proxy.address() as { port: number }).port
}

/** Opens connections without sending anything. They are closed at the end of the test. */
function openSockets(service: TestService, count: number): Socket[] {
  const sockets = Array.from({ length: count }, () => connect(Number(new URL(service.url).port), '127.0.0.1'))
  for (const socket of sockets) socket.setEncoding('utf8').on('error', () => {})
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  return sockets
}

/** Sends a request on an existing connection. Resolves with an empty text if the connection breaks. */
function ask(socket: Socket, path: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const onData = (data: unknown) => {
      answer += data
      if (answer.endsWith('}')) end()
    }
    const end = () => {
      socket.off('data', onData)
      socket.off('close', end)
      resolve(answer)
    }
    socket.on('data', onData)
    socket.once('close', end)
    if (socket.closed) end()
    else socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
  })
}

/** Waits until all ranking threads of all HTTP processes are ready. */
async function untilReady(service: TestService, threads: number): Promise<void> {
  await until(() => service.log.filter((line) => line.includes('replica ready')).length === threads)
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within 60 s: ${isSo}`)
    await sleep(25)
  }
}

/** Sends bytes unchanged. fetch would correct or reject them. */
async function raw(service: TestService, request: string): Promise<{ answer: string; head: string; body: string }> {
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (data) => (answer += data))
  socket.on('error', () => {})
  socket.write(request)
  // `once` would reject if the connection breaks.
  await new Promise((resolve) => socket.on('close', resolve))
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  return { answer, head, body }
}
