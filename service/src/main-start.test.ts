/** Tests how the service starts, with real processes and real Redis servers. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from './testing/free-port.ts'
import type { TestRedis } from './testing/redis.ts'
import {
  eventually,
  FRUIT,
  metric,
  REQUESTS,
  ranked,
  startRedis,
  startService,
  texts,
  until,
} from './testing/running-service.ts'
import { runService, spawnService } from './testing/service.ts'

describe('starting', () => {
  it('does not mistake a slow ranking thread for one that hangs', async () => {
    // Blocks each thread for 3 s while the thread waits for its first replica.
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
/** A device to which nothing can be written, as on a full disk. */
const FULL = '/dev/full'

describe.skipIf(!existsSync(FULL))('a log that cannot be written', () => {
  it.each([
    '1',
    '2',
  ])('does not keep the service from answering and stopping, with WEB_CONCURRENCY %s', async (WEB_CONCURRENCY) => {
    const [redis, port, full] = await Promise.all([startRedis(FRUIT), freePort(), open(FULL, 'w')])
    onTestFinished(() => full.close())
    const env = { WEB_CONCURRENCY, REDIS_NODES: redis.node, HOST: '127.0.0.1', PORT: String(port) }
    const child = spawnService(env, full.fd)
    onTestFinished(() => void child.kill('SIGKILL'))
    const answers = async (q: string) =>
      (await fetch(`http://127.0.0.1:${port}/autocomplete?q=${q}`).catch(() => undefined))?.status === 200
    await until(() => answers('app'))
    // Without Redis, the ranking threads log problems, too.
    await redis.kill()
    await sleep(1500)
    await redis.run()
    await until(() => answers('ban'))
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
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

  it('Redis also accepts IPv4', async () => {
    const redis = await startPublicRedis()
    const service = await startService({ REDIS_NODES: redis.node })
    expect(await texts(await service.get('/autocomplete?q=app'))).toEqual(['Apple', 'apply'])
  })
})
