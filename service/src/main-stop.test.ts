/** Tests how the service stops, with real processes and real Redis servers. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  ask,
  eventually,
  FRUIT,
  metric,
  openSockets,
  startRedis,
  startService,
  until,
} from './testing/running-service.ts'
import { runService } from './testing/service.ts'

describe('stopping', () => {
  it('answers requests in flight, reports that it is not ready, and exits with code 0', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, SHUTDOWN_DELAY_SECONDS: '5' })
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
    const loggedBefore = service.log.length
    const asking = connect(Number(new URL(service.url).port), '127.0.0.1')
    asking.write('GET /autocomplete?q=a HTTP/1.1\r\nHost: x\r\n\r\n')
    await eventually(
      service,
      '/health',
      async () => (await metric(service, 'autocomplete_ranking_pending_queries')) === 1,
    )
    // Reset the connection. A client that only closes its side might still wait for the answer.
    asking.resetAndDestroy()
    expect(await service.stop()).toBe(0)
    expect(service.log.slice(loggedBefore).filter((line) => line.includes('queries rejected'))).toEqual([])
  })

  it.each([
    '1',
    '2',
  ])('does not wait for connections without a request, with WEB_CONCURRENCY %s', async (WEB_CONCURRENCY) => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, WEB_CONCURRENCY, SHUTDOWN_TIMEOUT_SECONDS: '600' })
    const [used, unread] = openSockets(service, 2) as [Socket, Socket]
    openSockets(service, 3)
    expect(await ask(used, '/autocomplete?q=a')).toMatch(/^HTTP\/1\.1 200 OK/)
    unread.write('POST /autocomplete HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n')
    await once(unread, 'data')
    unread.write('x'.repeat(100))
    expect(await service.stop()).toBe(0)
  })

  it('answers a request in flight, even after further signals', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, SHUTDOWN_TIMEOUT_SECONDS: '600' })
    await redis.kill('SIGSTOP')
    const answer = service.get('/autocomplete?q=a')
    await until(async () => (await metric(service, 'autocomplete_ranking_running_batches')) === 1)
    for (const signal of ['SIGTERM', 'SIGTERM', 'SIGINT'] as const) {
      service.signal(signal)
      await sleep(200)
    }
    await redis.kill('SIGCONT')
    expect((await answer).status).toBe(200)
    expect(await service.exited()).toBe(0)
  })
})

describe.each(['1', '2'])('stopping during the start, with WEB_CONCURRENCY %s', (WEB_CONCURRENCY) => {
  /** The delay and the timeout must not matter, because no request can arrive. */
  const LONG = {
    SHUTDOWN_DELAY_SECONDS: '600',
    SHUTDOWN_TIMEOUT_SECONDS: '600',
    HOST: '127.0.0.1',
    PORT: '0',
    // On a busy machine, ranking threads start slowly. After this time, the service would listen without them.
    RANKING_TIMEOUT_MS: '60000',
  }
  /** Returns Node.js options that run code in each process and thread before the service starts. */
  const preload = (code: string) => ({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` })

  /** Code that HTTP processes and their threads run to get the id of the process that receives the signal. */
  const stopped = WEB_CONCURRENCY === '1' ? 'process.pid' : 'process.ppid'

  function expectCleanExit({ code, output }: { code: number | null; output: string }): void {
    expect(code).toBe(0)
    expect(output).not.toContain('"listening"')
    // All other lines would be warnings, errors, or stacks.
    for (const line of output.split('\n')) expect(line).toMatch(/^$|^\{"level":30,|^\{.*"msg":"replica /)
  }

  it.each(['SIGTERM', 'SIGINT'])('exits with code 0 on %s while its modules are loading', async (signal) => {
    const code = `import cluster from 'node:cluster'
      if (cluster.isPrimary) process.on('newListener', (name) => {
        if (name === '${signal}') setImmediate(() => process.kill(process.pid, name))
      })`
    expectCleanExit(await runService({ WEB_CONCURRENCY, ...LONG, ...preload(code) }))
  })

  it('exits with code 0 while its ranking threads start', async () => {
    const code = `import { isMainThread } from 'node:worker_threads'
      if (!isMainThread) process.kill(${stopped}, 'SIGTERM')`
    expectCleanExit(await runService({ WEB_CONCURRENCY, ...LONG, ...preload(code) }))
  })

  it.each([
    ['connects to Redis', false],
    ['waits for the answers of Redis', true],
  ])('exits with code 0 while it %s', async (_, accepts) => {
    const silent = createServer((socket) => {
      socket.on('error', () => {})
      if (!accepts) socket.destroy()
      silent.emit('asked')
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void silent.close())
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const env = { WEB_CONCURRENCY, ...LONG, REDIS_NODES: `127.0.0.1:${port}` }
    expectCleanExit(
      await runService(env, (output, service) => {
        if (output === '') silent.once('asked', () => service.kill('SIGTERM'))
      }),
    )
  })

  it('exits with code 0 while it warms up', async () => {
    const redis = await startRedis(FRUIT)
    // Only the server of the warm-up listens with `exclusive`.
    const code = `import { Server } from 'node:net'
      const { listen } = Server.prototype
      Server.prototype.listen = function (options, ...others) {
        if (options.exclusive) process.kill(${stopped}, 'SIGTERM')
        return listen.call(this, options, ...others)
      }`
    // If Redis does not respond in time, there is no warm-up.
    const env = {
      WEB_CONCURRENCY,
      ...LONG,
      REDIS_COMMAND_TIMEOUT_MS: '30000',
      REDIS_NODES: redis.node,
      WARM_UP_REQUESTS: '100000',
      ...preload(code),
    }
    expectCleanExit(await runService(env))
  })
})
