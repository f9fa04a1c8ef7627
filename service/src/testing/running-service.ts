/** Starts real services and Redis servers, and sends requests to the services. Shared by several tests. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { Entry } from '../dataset/entry.ts'
import { TestRedis } from './redis.ts'
import { TestService } from './service.ts'

export const FRUIT: Entry[] = [
  { text: 'Apple', weight: 9 },
  { text: 'apply', weight: 5 },
  { text: 'banana', weight: 3 },
  { text: '사과', weight: 2 },
]
export const COLORS: Entry[] = [{ text: 'azure', weight: 1 }]

export const texts = async (response: Response) =>
  ((await response.json()) as { suggestions: { text: string }[] }).suggestions.map(({ text }) => text)

export async function startRedis(entries?: readonly Entry[]): Promise<TestRedis> {
  const redis = await TestRedis.start(entries)
  onTestFinished(() => redis.close())
  return redis
}

export async function startService(env: Record<string, string>, until?: 'listening' | 'ready'): Promise<TestService> {
  const service = await TestService.start(env, until)
  onTestFinished(() => void service.signal('SIGKILL'))
  return service
}

/** Repeats a request until the answer meets the condition. */
export async function eventually(
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

/** Replaces the data of a Redis server, and waits until the service answers a query from the new data. */
export async function replaceData(
  redis: TestRedis,
  entries: readonly Entry[],
  service: TestService,
  path: string,
): Promise<Response> {
  await redis.kill()
  const version = await redis.setData(entries)
  await redis.run()
  const isNew = async (answer: Response) =>
    answer.ok && ((await answer.json()) as { version: string }).version === version
  return eventually(service, path, isNew)
}

/** Returns the value of a metric. `name` includes the labels, if any. */
export async function metric(service: TestService, name: string): Promise<number> {
  return valueIn(await (await service.get('/metrics')).text(), name)
}

export function valueIn(text: string, name: string): number {
  const line = text.split('\n').find((line) => line.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1) ?? 0)
}

export const ranked = (service: TestService) => metric(service, 'autocomplete_ranking_batch_queries_sum')
export const REQUESTS = 'autocomplete_http_requests_total{route="/autocomplete",status="200"}'

/** Starts a proxy that delays the replies from Redis. Resolves with its port. */
export async function startSlowPath(redis: TestRedis, milliseconds: number): Promise<number> {
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
 * @param isDropped gets data from a client, and returns whether to drop it
 */
export async function startBreakingPath(
  redis: TestRedis,
  isDropped: (socket: Socket, data: Buffer) => boolean,
): Promise<number> {
  const sockets: Socket[] = []
  const proxy = createServer((socket) => {
    const upstream = connect(redis.port, '127.0.0.1')
    sockets.push(socket, upstream)
    upstream.pipe(socket)
    socket.on('data', (data) => {
      if (!isDropped(socket, data)) upstream.write(data)
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
export function openSockets(service: TestService, count: number): Socket[] {
  const sockets = Array.from({ length: count }, () => connect(Number(new URL(service.url).port), '127.0.0.1'))
  for (const socket of sockets) socket.setEncoding('utf8').on('error', () => {})
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  return sockets
}

/** Sends a request on an existing connection. If the connection breaks, resolves with what has arrived. */
export function ask(socket: Socket, path: string): Promise<string> {
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

/**
 * Waits until the log says `count` times that a replica is ready. Each ranking thread says so whenever it has loaded
 * the data of a replica.
 */
export async function untilReady(service: TestService, count: number): Promise<void> {
  await until(() => service.log.filter((line) => line.includes('replica ready')).length === count)
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within 60 s: ${condition}`)
    await sleep(25)
  }
}

/** Sends a request as it is, even if `fetch` would change or reject it. */
export async function raw(
  service: TestService,
  request: string,
): Promise<{ answer: string; head: string; body: string }> {
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
