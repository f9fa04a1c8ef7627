/** Tests faults of Redis, with the whole service and real Redis servers. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  COLORS,
  eventually,
  FRUIT,
  metric,
  replaceData,
  startRedis,
  startService,
  texts,
  until,
} from './testing/running-service.ts'

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
    // Wait until the log mentions another replica, too, because the service may answer before any query has failed.
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
    const response = await replaceData(empty, COLORS, service, '/autocomplete?q=a')
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
