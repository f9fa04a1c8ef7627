/** Tests the ranking threads, their index, and their batches, with the whole service and real Redis servers. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Entry } from './dataset/entry.ts'
import { indexKey } from './redis/dataset-keys.ts'
import type { TestRedis } from './testing/redis.ts'
import {
  COLORS,
  eventually,
  FRUIT,
  metric,
  ranked,
  startBreakingPath,
  startRedis,
  startService,
  texts,
  until,
  untilReady,
} from './testing/running-service.ts'
import type { TestService } from './testing/service.ts'

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
    // Besides the ranking threads, Node's threads for DNS and files may have this nice value, because they inherit it
    // from the thread that used them first.
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

/** Returns Node.js options that run code in the service's ranking threads before they start. */
const inThreads = (code: string) => {
  const module = `import { isMainThread } from 'node:worker_threads'
    import { existsSync, renameSync } from 'node:fs'
    if (!isMainThread) { ${code} }`
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(module)}` }
}

describe('failures of ranking threads', () => {
  const failures = (service: TestService) => metric(service, 'autocomplete_ranking_thread_failures_total')

  it('are counted and logged even if the thread is ranking a batch', async () => {
    const redis = await startRedis(FRUIT)
    const order = join(redis.folder, 'fail')
    // Only one thread can rename the file.
    const code = `const [order, taken] = ${JSON.stringify([order, `${order}.taken`])}
      setInterval(() => {
        if (!existsSync(order)) return
        renameSync(order, taken)
        throw new Error('on purpose')
      }, 20).unref()`
    const service = await startService({ REDIS_NODES: redis.node, ...inThreads(code) })
    // The batch waits for Redis while the thread fails.
    await redis.kill('SIGSTOP')
    const answer = service.get('/autocomplete?q=app')
    await until(async () => (await metric(service, 'autocomplete_ranking_pending_queries')) === 1)
    await writeFile(order, '')
    expect((await answer).status).toBe(503)
    await redis.kill('SIGCONT')
    await eventually(service, '/autocomplete?q=app', ({ status }) => status === 200)
    const logged = service.log.filter((line) => line.includes('"msg":"a ranking thread failed"'))
    expect(logged).toEqual([expect.stringContaining('on purpose')])
    expect(await failures(service)).toBe(1)
  })

  it('in a search are logged with the stack trace, and do not end the thread', async () => {
    const redis = await startRedis(FRUIT)
    const code = `const { stringify } = JSON
      JSON.stringify = (value, ...more) => {
        if (value === 'boom') throw new TypeError('on purpose')
        return stringify(value, ...more)
      }`
    const service = await startService({ REDIS_NODES: redis.node, ...inThreads(code) })
    for (let times = 0; times < 5; times++) expect((await service.get('/autocomplete?q=boom')).status).toBe(503)
    expect((await service.get('/autocomplete?q=app')).status).toBe(200)
    const logged = service.log.filter((line) => line.includes('"msg":"a batch could not be ranked"'))
    expect(logged.length).toBeGreaterThan(0)
    expect(logged.length).toBeLessThan(5)
    expect(JSON.parse(logged[0] as string)).toMatchObject({
      err: { type: 'TypeError', message: 'on purpose', stack: expect.stringContaining('worker.js') },
    })
    expect(await failures(service)).toBe(0)
  })
})

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
    // The limit is the time for which the service prefers other replicas after a failure.
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
    // The service must not wait for the load, which fails only 10 s after Redis has stopped responding.
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
    // There is usually one batch. On a slow machine, the queries may arrive more than 500 ms apart.
    const batches = await metric(service, 'autocomplete_ranking_batch_queries_count')
    expect(batches).toBeLessThanOrEqual((performance.now() - begin) / 500)
    expect(await ranked(service)).toBe(5)
  })

  it('have one dataset version for all queries of a request, while replicas have different data', async () => {
    const replicas = [await startRedis(FRUIT), await startRedis(COLORS)]
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

  it('give the same long answers to one request with several queries as to separate requests', async () => {
    const entries = Array.from({ length: 60 }, (_, at) => ({ text: `name ${at}`, weight: at + 1 }))
    const redis = await startRedis(entries)
    const service = await startService({ REDIS_NODES: redis.node })
    const queries = [1, 9, 10, 11, 20, 50].map((limit) => ({ q: 'nmae', limit, explain: true }))
    queries.push({ q: 'nothing', limit: 50, explain: true })
    const headers = { 'Content-Type': 'application/json' }
    const all = await service.get('/autocomplete', { method: 'POST', headers, body: JSON.stringify({ queries }) })
    const separate = await Promise.all(
      queries.map(async ({ q, limit }) => {
        const answer = await service.get(`/autocomplete?q=${q}&limit=${limit}&explain=1`)
        return (await answer.json()) as { suggestions: unknown[] }
      }),
    )
    expect(await all.json()).toEqual({ answers: separate })
    expect(separate.map(({ suggestions }) => suggestions.length)).toEqual([1, 9, 10, 11, 20, 50, 0])
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
    // With these timeouts, some queries would always be rejected if full batches waited.
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
