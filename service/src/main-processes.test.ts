/** Tests several HTTP processes, and the separate port for metrics and probes, with real Redis servers. */
import { readFile } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from './testing/free-port.ts'
import {
  eventually,
  FRUIT,
  openSockets,
  raw,
  startRedis,
  startService,
  until,
  untilReady,
  valueIn,
} from './testing/running-service.ts'
import { runService } from './testing/service.ts'

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
    // fetch keeps its connection open. This must not delay the shutdown.
    expect(await service.stop()).toBe(0)
  })

  it('answers probes while clients have used up all connections, and reports that the service is stopping', async () => {
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
    // After 5 s, the primary stops collecting metrics. By then, the process that requested them is dead. The primary
    // must survive this.
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
      REDIS_NODES: redis.node,
      WEB_CONCURRENCY: '2',
      METRICS_PORT,
      RANKING_TIMEOUT_MS: '1000',
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
    // Connections go to the processes in turn, so one of these is being passed to the suspended process.
    for (let at = 0; at < 4; at++) void raw(service, 'GET /health HTTP/1.0\r\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 500))
    process.kill(pid, 'SIGKILL')
    await until(async () => (await ready()).status === 200)
    expect((await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`)).status).toBe(200)
  })
})
