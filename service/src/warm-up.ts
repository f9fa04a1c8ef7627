import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** Several at a time, so that batches are as they will be. */
const CONNECTIONS = 16
/** However slow the machine is, no more is asked after that, and nothing waited for after twice that, in milliseconds. */
const MAX_MS = 1000
const HOST = '127.0.0.1'

/**
 * Sends requests to a listener through a server of its own, which only this machine reaches, until code and connections are warm.
 * What the answers are does not matter.
 * @param names of entries, which are typed letter by letter
 */
export async function warmUp(listener: RequestListener, names: readonly string[], requests: number): Promise<void> {
  const paths = pathsOf(names, requests)
  if (paths.length === 0) return
  const server = createServer({ keepAliveTimeout: 0 }, listener)
  // An HTTP process of several would otherwise share it with the others.
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
  // What is on its way is still answered, so that none of it is left when requests are counted.
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

/** Asks one after the other on one connection; plain bytes, as an HTTP client would cost more than the answers. */
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
    // An answer ends with a closing brace; one that comes in two parts only counts twice.
    socket.on('data', (data: unknown) => {
      if ((data as string).endsWith('}')) send()
    })
    socket.once('close', resolve)
    socket.on('error', () => {})
  })
}
