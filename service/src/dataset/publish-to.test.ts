import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { buildDataset } from './build.ts'
import { publishTo } from './publish-to.ts'

const DATASET = buildDataset([{ text: 'apple', weight: 1 }])

/** Starts a server on a free port. Returns `127.0.0.1:PORT`. */
async function serverWith(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

it.each([
  ['is not Redis', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'the server is not Redis: '],
  [
    'closes the connection',
    (socket: Socket) => socket.end(),
    'the server closed the connection: check its limit of clients, ',
  ],
  [
    'resets the connection',
    (socket: Socket) => socket.resetAndDestroy(),
    'the server closed the connection: check its limit of clients, ',
  ],
])('a server that %s is reported with its address', async (_, answer, reason) => {
  const host = await serverWith((socket) => socket.once('data', () => answer(socket)))
  await expect(publishTo(`redis://${host}`, DATASET, {})).rejects.toThrow(`cannot publish to ${host}: ${reason}`)
})

it('a server without TLS is reported if TLS is needed', async () => {
  const host = await serverWith((socket) => socket.once('data', () => socket.end('-ERR\r\n')))
  await expect(publishTo(`rediss://${host}`, DATASET, {})).rejects.toThrow(
    `cannot publish to ${host}: no TLS connection can be made: check the host and the port, or use redis:// if the server does not use TLS (`,
  )
})

it('a host that does not exist is reported with its name', async () => {
  await expect(publishTo('redis://no-such-host.invalid:7', DATASET, {})).rejects.toThrow(
    /^cannot publish to no-such-host\.invalid:7: the host name cannot be resolved: check the name, and the DNS of this machine \(getaddrinfo E[\w]+ no-such-host\.invalid\)$/,
  )
})
