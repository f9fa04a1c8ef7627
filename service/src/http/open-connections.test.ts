import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { readSettings } from '../read-settings.ts'
import { openConnectionsOf } from './open-connections.ts'
import { createHttpServer } from './server.ts'

/** A body that is larger than the operating system's buffers for a connection. */
const LARGE = Buffer.alloc(16 * 2 ** 20, 'x')
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const ANSWER = /^HTTP\/1\.1 200 /

let server: Server
const clients: Client[] = []
afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.destroy()
  server.close()
})

interface Client {
  socket: Socket
  received: string
  /** Resolves once the server has closed the connection. */
  closed: Promise<unknown>
}

/** Starts a server that answers /large with a large body, /slow after 500 ms, and all other requests immediately. */
async function start(): Promise<void> {
  server = createHttpServer(readSettings({}), async (req, res) => {
    if (req.url === '/slow') await sleep(500)
    res.end(req.url === '/large' ? LARGE : 'answer')
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
}

/** Connects, and sends some bytes. */
async function open(bytes: string): Promise<Client> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
  const client: Client = { socket, received: '', closed: new Promise((resolve) => socket.once('close', resolve)) }
  clients.push(client)
  const accepted = new Promise((resolve) => server.once('connection', resolve))
  socket.setEncoding('latin1').on('data', (data) => (client.received += data))
  socket.write(bytes)
  await accepted
  return client
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10)
}

/** Stops the server. The timeout is longer than the test may take. */
const drain = () => openConnectionsOf(server).drain(600_000)

describe('a server that stops', () => {
  it.each([
    ['was never used', ''],
    ['is idle', REQUEST],
    ['is idle after several requests', REQUEST.repeat(3)],
    ['is idle after a request with a body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello'],
    ['is idle after an expectation that was not met', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n'],
  ])('closes a connection that %s', async (_, requests) => {
    await start()
    const { closed } = await open('')
    const client = await open(requests)
    const answers = () => client.received.match(/HTTP\/1\.1 \d+/g)?.length ?? 0
    await until(() => answers() === requests.split('HTTP/1.1').length - 1)
    await drain()
    await Promise.all([closed, client.closed])
  })

  it('closes a connection if a request was answered before the body of the request arrived', async () => {
    await start()
    const client = await open('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello')
    await until(() => ANSWER.test(client.received))
    client.socket.write('world')
    await sleep(50)
    await drain()
  })

  it('closes idle connections while it is still sending an answer', async () => {
    await start()
    const idle = await open(REQUEST)
    const slow = await open('')
    slow.socket.pause().write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => [...openConnectionsOf(server).sockets].some(({ writableLength }) => writableLength > 0))
    const drained = drain()
    await idle.closed
    slow.socket.resume()
    await drained
    await slow.closed
    expect(slow.received.length).toBeGreaterThan(LARGE.length)
  })

  it.each([
    ['begun', 'GET / HTTP/1.1\r\nHos', 't: x\r\n\r\n', 1],
    ['begun on a used connection', `${REQUEST}`, REQUEST, 2],
    ['with an incomplete body', 'POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n', 'hello', 1],
    ['sent while another is answered', 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n', REQUEST, 2],
  ])('answers a request %s', async (_, begin, end, answers) => {
    await start()
    const client = await open(begin)
    // On a used connection, wait for the answer to the first request.
    if (begin.startsWith(REQUEST)) await until(() => ANSWER.test(client.received))
    if (begin === REQUEST) client.socket.write(end.slice(0, 1))
    await sleep(100)
    const drained = drain()
    await sleep(100)
    client.socket.write(begin === REQUEST ? end.slice(1) : end)
    await drained
    await client.closed
    expect(client.received.match(/HTTP\/1\.1 200 /g)).toHaveLength(answers)
  })

  it('closes all connections after the timeout', async () => {
    await start()
    const client = await open('GET / HTTP/1.1\r\nHos')
    await openConnectionsOf(server).drain(200)
    await client.closed
    expect(client.received).toBe('')
  })
})
