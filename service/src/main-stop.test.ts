/** Tests how the service stops, with real programs. */
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { eventually, FRUIT, metric, startRedis, startService } from './testing/running-service.ts'

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
