import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { openConnectionsOf } from './open-connections.ts'
import { limitPipelining } from './server.ts'
import { limitUnsentAnswers, type UnsentLimits } from './unsent-answers.ts'

/** A body that is larger than the operating system's buffers for a connection. */
const LARGE = Buffer.alloc(16 * 2 ** 20, 'x')
const NO_LIMITS: UnsentLimits = { timeoutMs: 60_000, maxBytes: Number.MAX_SAFE_INTEGER, checkMs: 20 }
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

let server: Server
const clients: Socket[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
  server.close()
})

async function start(limits: UnsentLimits, listener: RequestListener = (_, res) => res.end(LARGE)): Promise<void> {
  server = createServer(limitPipelining(listener))
  limitUnsentAnswers(server, limits)
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
}

/** Sends requests on a new connection, and does not read the answers. */
async function ask(requests = REQUEST): Promise<Socket> {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
  clients.push(client.pause())
  const accepted = new Promise((resolve) => server.once('connection', resolve))
  client.write(requests)
  await accepted
  return client
}

const open = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10)
}

/** Reads all data, and resolves with the number of bytes once the server has closed the connection. */
function read(client: Socket): Promise<number> {
  let size = 0
  client.on('data', (data) => (size += data.length)).resume()
  return new Promise((resolve) => client.once('close', () => resolve(size)))
}

it('closes connections whose clients do not receive an answer in time, even if they read a little now and then', async () => {
  await start({ ...NO_LIMITS, timeoutMs: 500 })
  await ask()
  const slow = await ask()
  const idle = await ask('')
  const timer = setInterval(() => slow.read(1000), 50)
  await until(async () => (await open()) === 1)
  clearInterval(timer)
  expect(idle.closed).toBe(false)
})

it('closes the connections that have waited the longest if the answers take too much memory', async () => {
  await start({ ...NO_LIMITS, maxBytes: 2.5 * LARGE.length })
  const closed: number[] = []
  for (let number = 0; number < 4; number++) {
    server.once('connection', (socket) => socket.once('close', () => closed.push(number)))
    await ask()
    await sleep(5 * NO_LIMITS.checkMs)
  }
  await until(() => closed.length >= 2)
  expect(closed).toEqual([0, 1])
})

it('does not handle a request before the answer to the previous one has been sent', async () => {
  let handled = 0
  await start(NO_LIMITS, (_, res) => {
    handled += 1
    res.end(LARGE)
  })
  const client = await ask(REQUEST.repeat(3))
  await until(() => handled > 0)
  await sleep(100)
  expect(handled).toBe(1)
  client.resume()
  await until(() => handled === 3)
})

it('lets answers that are being sent finish when the server stops', async () => {
  let handled = false
  await start(NO_LIMITS, (_, res) => {
    res.end(LARGE)
    handled = true
  })
  const client = await ask()
  await until(() => handled)
  const started = performance.now()
  const drained = openConnectionsOf(server).drain(60_000)
  await sleep(200)
  expect(await read(client)).toBeGreaterThan(LARGE.length)
  await drained
  // The connection was closed because it had become idle, not because of the timeout.
  expect(performance.now() - started).toBeLessThan(60_000)
})
