import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import pino from 'pino'
import { expect, it, onTestFinished, vi } from 'vitest'
import { readSettings } from '../read-settings.ts'
import { AnswerHeaders } from './answer-headers.ts'
import { createApp } from './app.ts'
import type { Metrics } from './metrics.ts'
import { RejectionLog } from './rejection-log.ts'

const SILENT = pino({ level: 'silent' })

it.each([
  ['before it has sent the whole body', '{"queries":', 400],
  ['before it gets the answers', '{"queries":[{"q":"a"}]}', 200],
])('counts a request whose client disconnects %s', async (_, body, status) => {
  const counted: unknown[] = []
  const disconnected = Promise.withResolvers<void>()
  const app = createApp({
    rankAll: async () => {
      client.destroy()
      await disconnected.promise
      return []
    },
    isDraining: () => false,
    isCrowded: () => false,
    answerHeaders: new AnswerHeaders(readSettings({})),
    metrics: {
      request: (route: string, code: number) => counted.push([route, code]),
      query() {},
    } as unknown as Metrics,
    rejections: new RejectionLog(SILENT),
    logger: SILENT,
  } as unknown as Parameters<typeof createApp>[0])
  const handle = app.callback()
  const server = createServer((req, res) => {
    res.once('close', disconnected.resolve)
    void handle(req, res)
    if (status === 400) client.destroy()
  })
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const length = status === 400 ? 100 : body.length
  client.write(
    `POST /autocomplete HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`,
  )
  await vi.waitFor(() => expect(counted).toEqual([['/autocomplete', status]]), 5000)
})
