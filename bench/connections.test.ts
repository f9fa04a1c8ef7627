import { createServer, type Server, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { openConnections } from './connections.ts'

async function serverOf(onConnection: (socket: Socket) => void): Promise<{ server: Server; url: string }> {
  const server = createServer(onConnection).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return { server, url: `tcp://127.0.0.1:${(server.address() as { port: number }).port}` }
}

it('opens connections that get a response and stay open', async () => {
  const requests: string[] = []
  const { server, url } = await serverOf((socket) =>
    socket.on('data', (data) => {
      requests.push(String(data))
      socket.write('+PO')
      setTimeout(() => socket.write('NG\r\n'), 5)
    }),
  )
  const sockets = await openConnections(url, 120, 'PING\r\n', /^\+PONG\r\n$/)
  expect(requests).toEqual(Array(120).fill('PING\r\n'))
  expect(await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(120)
  for (const socket of sockets) socket.destroy()
})

it('reports a connection that is closed without a response, and closes all others', async () => {
  let open = 0
  const { url } = await serverOf((socket) => {
    open += 1
    socket
      .on('error', () => {})
      .on('close', () => (open -= 1))
      .resume()
    if (open === 10) socket.end()
  })
  await expect(openConnections(url, 20, 'PING\r\n', /PONG/)).rejects.toThrow('was closed without a response')
  while (open > 0) await new Promise((resolve) => setTimeout(resolve, 5))
})
