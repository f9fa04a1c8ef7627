import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** Number of concurrent connections. With several, batches have realistic sizes. */
const CONNECTIONS = 16
/** Time after which no more requests are sent, in milliseconds. After twice that time, open requests are dropped. */
const MAX_MS = 1000
const HOST = '127.0.0.1'

/**
 * Warms up code and connections. Sends requests to a listener through a temporary server on the loopback interface, and
 * ignores the answers.
 * @param names texts of entries to type letter by letter
 * @param requests maximum number of requests to send
 */
export async function warmUp(listener: RequestListener, names: readonly string[], requests: number): Promise<void> {
  const paths = pathsOf(names, requests)
  if (paths.length === 0) return
  const server = createServer({ keepAliveTimeout: 0 }, listener)
  // Without `exclusive`, all HTTP processes would share the server.
  server.listen({ host: HOST, port: 0, exclusive: true })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sockets: Socket[] = []
  const end = () => {
    for (const socket of sockets) socket.destroy()
  }
  let next = 0
  const stopAsking = () => {
    next = requests
  }
  // Let open requests finish, because requests that finish after the warm-up would be counted in the metrics.
  const timers = [setTimeout(stopAsking, MAX_MS), setTimeout(end, 2 * MAX_MS)]
  const path = () => (next < requests ? paths[next++ % paths.length] : undefined)
  await Promise.all(Array.from({ length: CONNECTIONS }, () => ask(port, path, sockets)))
  for (const timer of timers) clearTimeout(timer)
  end()
  server.close()
  await once(server, 'close')
}

function pathsOf(names: readonly string[], count: number): string[] {
  const paths: string[] = []
  for (const name of names) {
    const letters = [...name]
    for (let length = 1; length <= letters.length && paths.length < count; length++) {
      paths.push(`/autocomplete?q=${encodeURIComponent(letters.slice(0, length).join(''))}`)
    }
  }
  return paths
}

/** Sends one request after another on one connection. An HTTP client would use more CPU time than the service. */
function ask(port: number, path: () => string | undefined, sockets: Socket[]): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST)
    sockets.push(socket)
    const send = () => {
      const next = path()
      if (next === undefined) resolve()
      else socket.write(`GET ${next} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)
    }
    socket.setEncoding('latin1')
    socket.once('connect', send)
    // An answer ends with a closing brace. It does no harm if an answer that arrives in two parts counts twice.
    socket.on('data', (data: unknown) => {
      if ((data as string).endsWith('}')) send()
    })
    socket.once('close', resolve)
    socket.on('error', () => {})
  })
}
