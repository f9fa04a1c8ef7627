import { once } from 'node:events'
import { type IncomingMessage, type RequestOptions, request, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createLogger } from '../logger.ts'
import { readSettings } from '../read-settings.ts'
import { createOperationsServer } from './operations-server.ts'

let server: Server
const sockets: Socket[] = []
/** Functions that answer the pending requests for metrics. */
const answerMetrics: (() => void)[] = []
beforeEach(async () => {
  server = createOperationsServer({
    metrics: () => {
      const { promise, resolve } = Promise.withResolvers<string>()
      answerMetrics.push(() => resolve('# é\n'))
      return promise
    },
    contentType: 'text/plain',
    ready: async () => 'v1',
    logger: createLogger(readSettings({ LOG_LEVEL: 'silent' })),
  })
  // Unlike the service, the test has nothing else that keeps it running.
  server.ref().listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  server.close()
})

const port = () => (server.address() as AddressInfo).port

async function get(path: string, options: RequestOptions = {}): Promise<{ answer: IncomingMessage; body: string }> {
  const asking = request({ host: '127.0.0.1', port: port(), path, agent: false, ...options }).end()
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  return { answer, body: await text(answer) }
}

async function openIdle(count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const accepted = once(server, 'connection')
    sockets.push(connect(port(), '127.0.0.1').on('error', () => {}))
    await accepted
  }
}

it('answers probes while others keep many idle connections open, and requests that began before', async () => {
  const metrics = get('/metrics')
  while (answerMetrics.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  await openIdle(250)
  expect((await get('/health')).body).toBe('{"status":"ok"}')
  answerMetrics.pop()?.()
  expect((await metrics).body).toBe('# é\n')
})

it('announces the length of answers, also to HEAD', async () => {
  const { answer, body } = await get('/ready')
  expect(Number(answer.headers['content-length'])).toBe(body.length)
  const head = await get('/ready', { method: 'HEAD' })
  expect([head.answer.statusCode, head.answer.headers['content-length'], head.body]).toEqual([
    200,
    String(body.length),
    '',
  ])
})

it('names the methods that it allows', async () => {
  const { answer } = await get('/metrics', { method: 'POST' })
  expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET, HEAD'])
})

it('answers absolute URLs', async () => {
  expect((await get('http://other/health')).answer.statusCode).toBe(200)
})
