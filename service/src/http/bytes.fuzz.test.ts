/**
 * Sends arbitrary bytes over real sockets. The service must continue to give correct answers, in bounded memory and
 * without internal errors. No input may get into a header, a log line, or a Redis command.
 *
 * `FUZZ_SECONDS=600 npx vitest run bytes.fuzz` runs for 10 minutes. `FUZZ_SEED=…` repeats a run, except for its timing.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../testing/free-port.ts'
import { Random } from '../testing/random.ts'
import { TestRedis } from '../testing/redis.ts'
import { TestService, WITH_CACHE } from '../testing/service.ts'

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 4)
const random = new Random()
/** Number of sockets that are open at the same time in each round. */
const SOCKETS = 40
/** How long to wait for answers after everything is sent, in milliseconds. */
const MAX_WAIT_MS = 150
const MEBIBYTE = 2 ** 20
/** Allowed memory growth per process after the first round, for the cache, connections, and garbage. */
const MAX_GROWTH_BYTES = 250 * MEBIBYTE

/** A mark in many inputs. Answers may contain the mark only within JSON, where line breaks are escaped. */
const MARK = 'x-injected'
const ENTRIES = ['apple', 'apply', 'banana', '장바구니', 'new york city'].map((text, at) => ({
  text,
  weight: 9 - at,
  contexts: { category: ['fruit'] },
}))

let redis: TestRedis
/** Commands that Redis received, as reported by MONITOR. */
const commands: string[][] = []
let monitor: Redis
beforeAll(async () => {
  redis = await TestRedis.start(ENTRIES)
  await redis.kill()
  await redis.run(['--port', String(redis.port), '--user', 'admin', 'on', '>secret', '~*', '+@all'])
  const client = new Redis(redis.port, '127.0.0.1', { username: 'admin', password: 'secret' })
  monitor = await client.monitor()
  client.disconnect()
  monitor.on('monitor', (_, command: string[]) => commands.push(command))
})
afterAll(async () => {
  monitor.disconnect()
  await redis.close()
})

/** The only origin, apart from the service's own, that is allowed to read answers. */
const ORIGIN = 'https://a.example'
const CRLF = '\r\n'
const TARGETS = [
  '/autocomplete?q=app',
  '/autocomplete?q=ap&limit=5&highlight=1&explain=1&filter=category:fruit&boost=category:fruit:2',
  '/autocomplete?q=%EC%9E%A5',
  '/popular',
  '/health',
  '/metrics',
  '/openapi.json',
  '/',
  '/client.js',
  '/nothing',
  '*',
  'http://x/autocomplete?q=app',
  '/autocomplete?__proto__=1&constructor=2&q=a&filter=constructor:a',
  `/autocomplete?q=a%0d%0a${MARK}:%201`,
  `/autocomplete?q=${MARK}%00%0a{"level":60}`,
  `/autocomplete?q=a&filter=a:b%0d%0a*1%0d%0a$8%0d%0aFLUSHALL`,
  `/autocomplete?q=%01%02%03%04category:fruit%04apple`,
  '/../../etc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '//evil.example/%0d%0a',
]
const METHODS = [
  'GET',
  'GET',
  'GET',
  'POST',
  'POST',
  'HEAD',
  'OPTIONS',
  'PUT',
  'DELETE',
  'CONNECT',
  'TRACE',
  'PRI',
  'get',
  '',
]
const BODIES = [
  '{"queries":[{"q":"app","limit":3}]}',
  '{"queries":[{"q":"app"},{"q":"ban","highlight":true,"filter":["category:fruit"]}]}',
  '{"__proto__":{"polluted":1}}',
  '{"queries":[{"q":"a","constructor":{"prototype":{"polluted":1}}}]}',
  `{"queries":[{"q":"a\\r\\n${MARK}: 1"}]}`,
  '['.repeat(30_000),
  '',
  'x'.repeat(70_000),
]
const HEADERS = [
  'Host: x',
  'Host:',
  'Host: x\r\nHost: y',
  'Connection: close',
  'Connection: keep-alive, Upgrade\r\nUpgrade: websocket',
  'Connection: upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
  'Expect: 100-continue',
  'Expect: wonders',
  'If-None-Match: *',
  `If-None-Match: ${'W/"a",'.repeat(1500)}`,
  `Origin: ${ORIGIN}\r ${MARK}: 1`,
  `Origin: ${ORIGIN}\n${MARK}: 1`,
  `Origin: ${ORIGIN}`,
  `Origin: ${ORIGIN}\r\nOrigin: https://b.example`,
  `Origin: https://b.example\r\nOrigin: ${ORIGIN}`,
  `Origin: ${ORIGIN}, https://b.example`,
  `Origin: ${ORIGIN}.evil.example`,
  'Origin: null',
  'Access-Control-Request-Method: DELETE\r\nAccess-Control-Request-Headers: x-a',
  'Content-Type: application/json',
  'Content-Type: application/json; charset=\u0000',
  'Content-Encoding: gzip',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: xchunked',
  'Content-Length: 4',
  'Content-Length: 0\r\nContent-Length: 44',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Content-Length: 0x10',
  '__proto__: 1',
  'constructor: 1',
  ': empty',
  'no colon',
  ' folded: 1',
  `X-Long: ${'a'.repeat(20_000)}`,
  `${'X-Many: 1\r\n'.repeat(2500)}X: 1`,
  'Range: bytes=0-',
  'Accept-Encoding: gzip;q=1.0, *;q=0',
]

/** Generates a request that is valid or almost valid. */
function request(): Buffer {
  const method = random.of(METHODS)
  const target = random.of(TARGETS)
  const version = random.oneIn(10) ? random.of(['HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', '']) : 'HTTP/1.1'
  const headers = random.oneIn(8) ? [] : ['Host: x']
  for (let count = random.below(4); count > 0; count--) headers.push(random.of(HEADERS))
  let body = ''
  if (method === 'POST' || random.oneIn(6)) {
    body = random.of(BODIES)
    headers.push('Content-Type: application/json')
    if (random.oneIn(3)) {
      headers.push('Transfer-Encoding: chunked')
      body = chunked(body)
    }
    if (!random.oneIn(3)) headers.push(`Content-Length: ${body.length + (random.oneIn(4) ? random.below(9) - 4 : 0)}`)
  }
  // A parser that computes a different body length would read this as a separate request.
  if (random.oneIn(6)) body += `GET /autocomplete?q=smuggled HTTP/1.1${CRLF}Host: x${CRLF}${CRLF}`
  const end = random.oneIn(12) ? random.of(['\n', '\r', '\r\n\r\n', '\0']) : CRLF
  return Buffer.from(`${method} ${target} ${version}${end}${headers.join(end)}${end}${end}${body}`, 'latin1')
}

function chunked(body: string): string {
  const size = () =>
    random.oneIn(5) ? random.of(['ffffffffffffffff', '-1', 'x', '0;a="\r"', '']) : body.length.toString(16)
  return `${size()}${random.oneIn(4) ? `;${'e'.repeat(random.below(100))}` : ''}${CRLF}${body}${CRLF}${random.oneIn(4) ? '' : `0${CRLF}${CRLF}`}`
}

/** Changes, removes, inserts, or repeats random bytes, and may truncate the rest. */
function mutated(bytes: Buffer): Buffer {
  let changed = bytes
  for (let count = random.oneIn(3) ? 0 : 1 + random.below(6); count > 0; count--) {
    const at = random.below(changed.length + 1)
    const end = at + random.below(12)
    const [before, part, after] = [changed.subarray(0, at), changed.subarray(at, end), changed.subarray(end)]
    changed = Buffer.concat(
      random.of([
        () => [before, random.bytes(part.length), after],
        () => [before, after],
        () => [before, part, part, after],
        () => [before, Buffer.from(random.of([CRLF, '\n', '\0', '\x7f', '\xff\xfe', '%', '&', ' '])), part, after],
        () => [before, part],
      ])(),
    )
  }
  return changed
}

/**
 * Sends bytes, whole or in parts. Resolves with everything received until the connection closes or the timeout has
 * expired.
 */
async function send(port: number, bytes: Buffer): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let answer = ''
  socket.setEncoding('latin1')
  socket.on('data', (data: unknown) => {
    answer += data as string
  })
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  if (!(await isOpen(socket))) return answer
  const parts = random.oneIn(3) ? 1 + random.below(5) : 1
  for (let part = 0; part < parts && socket.writable; part++) {
    socket.write(bytes.subarray((part * bytes.length) / parts, ((part + 1) * bytes.length) / parts))
    if (part + 1 < parts) await sleep(1)
  }
  const choice = random.below(8)
  if (choice === 0) socket.resetAndDestroy()
  else if (choice === 1) socket.end()
  await Promise.race([closed, sleep(MAX_WAIT_MS)])
  socket.destroy()
  return answer
}

const isOpen = (socket: Socket) =>
  once(socket, 'connect').then(
    () => true,
    () => false,
  )

/**
 * Fails if an answer contains an injected header, an origin that is not allowed, or a status for internal errors, or if
 * an error response may be cached.
 */
function expectNoInjection(answer: string): void {
  // Bodies are JSON, metrics, or files of the page. None contains a line that begins with the mark.
  expect(answer).not.toMatch(new RegExp(`^${MARK}`, 'm'))
  expect(answer).not.toMatch(/^HTTP\/1\.1 5(?!03)/m)
  const origins = answer.matchAll(/^access-control-allow-origin: (.*)\r$/gim)
  expect([...origins].filter(([, origin]) => origin !== ORIGIN)).toEqual([])
  expect(answer).not.toMatch(/^access-control-allow-credentials/im)
  for (const [head] of answer.matchAll(/^HTTP\/1\.1 .*?\r\n\r\n/gms)) {
    if (/^HTTP\/1\.1 [45]/.test(head)) expect(head).toMatch(/^cache-control: no-store\r$/im)
    if (/^content-type: text\/html/im.test(head))
      expect(head).toMatch(/^content-security-policy: default-src 'none'; /im)
  }
}

const metric = (text: string, name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])

describe.each<[string, Record<string, string>]>([
  ['without the cache', {}],
  ['with the cache', WITH_CACHE],
  ['with two processes', { WEB_CONCURRENCY: '2' }],
])('the service %s', (_, env) => {
  let service: TestService
  let port: number
  let metricsUrl: string
  const processes = Number(env.WEB_CONCURRENCY ?? 1)
  beforeAll(async () => {
    // With several processes, also test the separate port for metrics.
    const METRICS_PORT = processes > 1 ? String(await freePort()) : '0'
    service = await TestService.start({
      REDIS_NODES: redis.node,
      LOG_LEVEL: 'trace',
      CORS_ORIGINS: ORIGIN,
      METRICS_PORT,
      ...env,
    })
    metricsUrl = processes > 1 ? `http://127.0.0.1:${METRICS_PORT}` : service.url
    port = Number(new URL(service.url).port)
  })
  afterAll(async () => {
    expect(await service.stop()).toBe(0)
  })

  const metrics = async () => (await fetch(`${metricsUrl}/metrics`)).text()

  it(
    `gives correct answers after arbitrary bytes (FUZZ_SEED=${random.seed})`,
    async () => {
      const right = await (await service.get('/autocomplete?q=app&limit=2')).json()
      expect(right).toMatchObject({ suggestions: [{ text: 'apple' }, { text: 'apply' }] })
      const round = () =>
        Promise.all(
          Array.from({ length: SOCKETS }, async () => {
            const requests = Array.from({ length: 1 + random.below(4) }, () => mutated(request()))
            expectNoInjection(await send(port, Buffer.concat(requests)))
          }),
        )
      await round()
      const before = metric(await metrics(), 'process_resident_memory_bytes')
      const until = performance.now() + 1000 * SECONDS
      while (performance.now() < until) {
        await round()
        expect(await (await service.get('/autocomplete?q=app&limit=2')).json()).toEqual(right)
      }
      // On a busy machine, queries whose clients have left may still be pending.
      let after = await metrics()
      for (let check = 0; check < 100 && metric(after, 'autocomplete_ranking_pending_queries') > 0; check++) {
        await sleep(100)
        after = await metrics()
      }
      expect(metric(after, 'process_resident_memory_bytes')).toBeLessThan(before + processes * MAX_GROWTH_BYTES)
      expect(metric(after, 'autocomplete_ranking_pending_queries')).toBe(0)
      expect(metric(after, 'autocomplete_ranking_thread_failures_total')).toBe(0)
      expect(after).not.toMatch(/status="5(?!03)/)
      // Unknown routes and methods must not become labels, because there could be any number of them.
      expect(after.split('\n').length).toBeLessThan(1000)
      // Every line must be a JSON object from the service, and none may report an error.
      for (const line of service.log) {
        const { level, pid } = JSON.parse(line) as { level: number; pid: number }
        expect(level).toBeLessThan(50)
        expect(pid).toBeGreaterThan(0)
        expect(line).not.toContain(MARK)
      }
    },
    60_000 + 2000 * SECONDS,
  )

  it('reads only keys of the dataset from Redis', async () => {
    // MONITOR may not have reported the last commands yet.
    await sleep(200)
    const names = new Set(commands.map(([name = '']) => name.toLowerCase()))
    const allowed = ['mget', 'get', 'info', 'client', 'hello', 'auth', 'select', 'ping', 'command', 'monitor']
    expect([...names].filter((name) => !allowed.includes(name))).toEqual([])
    const keys = commands.filter(([name = '']) => /^m?get$/i.test(name)).flatMap(([, ...asked]) => asked)
    expect(keys.length).toBeGreaterThan(0)
    expect(keys.filter((key) => !/^autocomplete:(current$|[0-9a-f]{16}:(meta|(index|texts):\d+)$)/.test(key))).toEqual(
      [],
    )
  })

  it('survives resets of connections that it rejects, and does not leak them', async () => {
    const requests = [
      'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
      'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\nmore',
      'hello\r\n\r\n',
    ]
    for (let count = 0; count < 300; count++) {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      socket.on('error', () => {})
      await once(socket, 'connect')
      await new Promise((resolve) => socket.write(random.of(requests), resolve))
      const how = random.below(3)
      if (how === 0) socket.resetAndDestroy()
      else if (how === 1) setTimeout(() => socket.resetAndDestroy(), random.below(3))
      else socket.destroy()
    }
    expect((await service.get('/health')).status).toBe(200)
    // Each leaked connection would leave a file descriptor open.
    const until = performance.now() + 20_000
    const open = async () => metric(await metrics(), 'process_open_fds')
    while ((await open()) > processes * 100 && performance.now() < until) await sleep(100)
    expect(await open()).toBeLessThan(processes * 100)
  })

  it('answers other clients while many clients send slowly or nothing', async () => {
    const sockets = Array.from({ length: 300 }, () => connect({ port, host: '127.0.0.1' }))
    for (const socket of sockets) socket.on('error', () => {})
    await Promise.all(sockets.map(isOpen))
    for (const socket of sockets) {
      const bytes = request()
      socket.write(bytes.subarray(0, random.below(bytes.length)))
    }
    try {
      for (let count = 0; count < 20; count++) {
        expect(await (await service.get('/autocomplete?q=app&limit=1')).json()).toMatchObject({
          suggestions: [{ text: 'apple' }],
        })
      }
    } finally {
      for (const socket of sockets) socket.destroy()
    }
  })
})
