/** Tests many open connections, with the whole service and real Redis servers. */
import type { Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from './testing/free-port.ts'
import { ask, FRUIT, metric, openSockets, startRedis, startService, until, valueIn } from './testing/running-service.ts'

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
    // Connections of the readiness checks may still be open, and count toward the limit.
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
    // Wait until the server has closed the slow connections. Their clients do not read the error at the end, so they do
    // not close the connections themselves.
    while ((await open()) > idle.length + 20) {
      // New connections are also answered, and idle connections stay open.
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
