import type { RequestListener, Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readSettings } from '../read-settings.ts'
import { readJsonText } from './body.ts'
import { HttpError } from './errors.ts'
import { createOperationsServer } from './operations-server.ts'
import { createHttpServer, writeError } from './server.ts'

const servers: Server[] = []
const clients: Socket[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

/** A connection to a server. */
interface Client {
  socket: Socket
  /** Returns everything received so far. */
  received: () => string
  /** Resolves when the connection is closed, with the error that ended it. */
  closed: Promise<Error | undefined>
}

async function open(server: Server): Promise<Client> {
  if (!server.listening) {
    servers.push(server.listen(0, '127.0.0.1'))
    await new Promise((resolve) => server.once('listening', resolve))
  }
  const { port } = server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }).setEncoding('latin1')
  clients.push(socket)
  let received = ''
  let failure: Error | undefined
  socket.on('data', (data: unknown) => {
    received += data as string
  })
  socket.on('error', (error) => {
    failure = error
  })
  const closed = new Promise<Error | undefined>((resolve) => socket.once('close', () => resolve(failure)))
  return { socket, received: () => received, closed }
}

const connectionsOf = (server: Server) =>
  new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10)
}

const serve = (listener: RequestListener) => createHttpServer(readSettings({}), listener)

const operationsServer = (ready: () => Promise<string>) =>
  createOperationsServer({
    metrics: async () => '',
    contentType: 'text/plain',
    ready,
    logger: pino({ level: 'silent' }),
  })

/** Starts a server that answers a request with its URL once `answer` is called. */
function slowServer() {
  const waiting: (() => void)[] = []
  const server = serve((req, res) => waiting.push(() => res.end(req.url)))
  return { server, waiting, answer: () => waiting.shift()?.() }
}

const statuses = (received: string) => [...received.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status))

describe('clients that close their side of the connection after the request', () => {
  it.each(['HTTP/1.1', 'HTTP/1.0'])('get an answer that takes time (%s)', async (version) => {
    const { server, waiting, answer } = slowServer()
    const { socket, received, closed } = await open(server)
    socket.end(`GET /a ${version}\r\nHost: x\r\n\r\n`)
    await until(() => waiting.length === 1)
    await sleep(50)
    answer()
    await until(() => socket.readableEnded)
    expect(received()).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\n\/a$/s)
    expect(await closed).toBeUndefined()
    await until(async () => (await connectionsOf(server)) === 0)
  })

  it('get the answers to all of their requests', async () => {
    const { server, waiting, answer } = slowServer()
    const { socket, received, closed } = await open(server)
    socket.end(['/a', '/b', '/c'].map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''))
    for (let count = 0; count < 3; count++) {
      await until(() => waiting.length === 1)
      answer()
    }
    await closed
    expect(statuses(received())).toEqual([200, 200, 200])
  })

  it('get answers from the server for probes', async () => {
    let ready = (_: string) => {}
    const isReady = new Promise<string>((resolve) => {
      ready = resolve
    })
    const { socket, received, closed } = await open(operationsServer(() => isReady))
    socket.end('GET /ready HTTP/1.1\r\nHost: x\r\n\r\n')
    await sleep(50)
    ready('1')
    await closed
    expect(statuses(received())).toEqual([200])
  })

  it('are disconnected if no request is in progress or a request is incomplete', async () => {
    const { server } = slowServer()
    const idle = await open(server)
    idle.socket.end()
    expect(await idle.closed).toBeUndefined()
    for (const part of ['GET /a HTTP/1.1\r\nHo', 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{']) {
      const { socket, received, closed } = await open(server)
      socket.end(part)
      await closed
      expect(statuses(received())).toEqual([400])
    }
    await until(async () => (await connectionsOf(server)) === 0)
  })

  it('do not keep their connection open if they have disappeared', async () => {
    const { server, waiting, answer } = slowServer()
    const { socket } = await open(server)
    socket.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => waiting.length === 1)
    socket.destroy()
    await sleep(50)
    answer()
    await until(async () => (await connectionsOf(server)) === 0)
  })
})

const PART = 'x'.repeat(16 * 1024)
const PARTS = 20
const POST = 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
const withLength = { head: `Content-Length: ${PARTS * PART.length}\r\n\r\n`, part: PART, end: '' }
const chunked = { head: 'Transfer-Encoding: chunked\r\n\r\n', part: `4000\r\n${PART}\r\n`, end: '0\r\n\r\n' }

describe('clients that are still sending when the last answer on their connection is sent', () => {
  const reading: RequestListener = (req, res) =>
    void readJsonText(req).catch((error: HttpError) => writeError(res, error))
  const rejecting: RequestListener = (_, res) => writeError(res, HttpError.ofStatus(404))

  it.each([
    ['a body that is too long', reading, POST, withLength, 413],
    ['chunks that are too long', reading, POST, chunked, 413],
    ['a body that is not read', rejecting, `${POST}Connection: close\r\n`, withLength, 404],
    ['a body in HTTP/1.0', rejecting, POST.replace('HTTP/1.1', 'HTTP/1.0'), withLength, 404],
    ['an expectation', rejecting, `${POST}Connection: close\r\nExpect: wonders\r\n`, withLength, 417],
    ['more after CONNECT', rejecting, 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n', { ...withLength, head: '\r\n' }, 405],
    ['input that is not HTTP', rejecting, 'hello\r\n', { ...withLength, head: '\r\n' }, 400],
    ['headers that are too long', rejecting, POST, { head: '', part: `X-A: ${PART}\r\n`, end: '' }, 431],
  ])('can send the rest, and get the answer: %s', async (_, listener, start, { head, part, end }, status) => {
    const { socket, received, closed } = await open(serve(listener))
    socket.write(start + head)
    for (let count = 0; count < PARTS; count++) {
      await new Promise((resolve) => socket.write(part, resolve))
      // All pauses together are longer than the time for which a client may be silent.
      await sleep(75)
    }
    socket.end(end)
    expect(await closed).toBeUndefined()
    expect(statuses(received())).toEqual([status])
  })

  it.each([
    ['', withLength],
    ['in chunks', chunked],
  ])('get no answers to further requests after a body that is too long %s', async (_, { head, part, end }) => {
    let handled = 0
    const { socket, received, closed } = await open(
      serve((req, res) => {
        handled += 1
        reading(req, res)
      }),
    )
    socket.write(`${POST}${head}${part.repeat(PARTS - 1)}`)
    await until(() => received() !== '')
    socket.end(`${part}${end}GET /b HTTP/1.1\r\nHost: x\r\n\r\n`)
    await closed
    expect(handled).toBe(1)
    expect(statuses(received())).toEqual([413])
  })

  it('are disconnected if they stop sending', async () => {
    const server = serve(reading)
    const { socket, received } = await open(server)
    socket.write(`${POST}${withLength.head}${PART}`)
    await until(() => socket.readableEnded)
    expect(statuses(received())).toEqual([413])
    await until(async () => (await connectionsOf(server)) === 0)
  })

  it.each([
    ['a body that is not read', `${POST}Connection: close\r\n${withLength.head}`],
    ['input that is not HTTP', 'hello\r\n\r\n'],
  ])('do not keep the process alive on the server for probes: %s', async (_, start) => {
    const { socket, received } = await open(operationsServer(async () => ''))
    const spies = [vi.spyOn(globalThis, 'setInterval'), vi.spyOn(globalThis, 'setTimeout')]
    socket.write(start)
    await until(() => received() !== '')
    const timers = spies.flatMap(({ mock }) => mock.results.map(({ value }) => value as NodeJS.Timeout))
    for (const spy of spies) spy.mockRestore()
    expect(timers.map((timer) => timer.hasRef())).not.toContain(true)
    expect(timers).not.toEqual([])
  })

  it('are disconnected if they never stop', async () => {
    const server = serve(reading)
    const { socket, received } = await open(server)
    socket.write(`${POST}Transfer-Encoding: chunked\r\n\r\n`)
    const timer = setInterval(() => socket.write(chunked.part), 20)
    try {
      await until(async () => statuses(received()).length > 0 && (await connectionsOf(server)) === 0)
    } finally {
      clearInterval(timer)
    }
  })
})
