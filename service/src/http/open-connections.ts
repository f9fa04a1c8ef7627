import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'

/** How often connections that have become idle are closed while a server stops, in milliseconds. */
const SWEEP_MS = 50

/** The requests on an open connection. */
interface Requests {
  /** The responses that have not yet been sent completely, in the order of their requests. */
  readonly unsent: Set<ServerResponse>
  /**
   * The number of bytes that had arrived by the end of the last request. If more have arrived, another request has
   * begun.
   */
  received: number
}

/** The open connections of a server, and the requests on them. */
export class OpenConnections {
  readonly #server: Server
  readonly #open = new Map<Socket, Requests>()

  /** @param server must not have any connections yet */
  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket: Socket) => {
      this.#open.set(socket, { unsent: new Set(), received: 0 })
      socket.once('close', () => this.#open.delete(socket))
    })
    const open = this.#open
    function finished(this: ServerResponse): void {
      const { req } = this
      const requests = open.get(req.socket)
      requests?.unsent.delete(this)
      if (!requests) return
      const ended = () => {
        requests.received = req.socket.bytesRead
      }
      // Node.js discards the rest of a body that was not read, and then closes the request.
      if (!req.complete) req.once('close', ended)
      else if (req.socket.bytesRead > requests.received && hasBody(req)) ended()
    }
    const begin = (req: IncomingMessage, res: ServerResponse) => {
      const requests = open.get(req.socket)
      if (!requests) return
      requests.received = req.socket.bytesRead
      requests.unsent.add(res)
      res.on('finish', finished)
    }
    server.prependListener('request', begin)
    server.prependListener('checkExpectation', begin)
  }

  get sockets(): Iterable<Socket> {
    return this.#open.keys()
  }

  /** Returns the oldest response of a connection, among those that have not been sent completely. */
  oldestUnsent(socket: Socket): ServerResponse | undefined {
    const [oldest] = this.#open.get(socket)?.unsent ?? []
    return oldest
  }

  /**
   * Keeps at most `max` connections open. For a new connection above this limit, closes the oldest connection that has
   * no request in progress. If all connections have one, closes the oldest connection.
   */
  limit(max: number): void {
    this.#server.on('connection', (newest: Socket) => {
      if (this.#open.size <= max) return
      const others = [...this.#open].filter(([socket]) => socket !== newest)
      const [oldest] = others.find(([, { unsent }]) => unsent.size === 0) ?? (others[0] as (typeof others)[0])
      oldest.destroy()
      // Do not wait for the event `close`, because more connections may arrive before it.
      this.#open.delete(oldest)
    })
  }

  /**
   * Stops listening. Closes each connection soon after all its requests are answered. Resolves when all connections are
   * closed.
   * @param timeoutMs the time after which all connections are closed, in milliseconds
   */
  drain(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      // Sweep in a callback of setImmediate, which runs after the event loop has read data. A timer runs before that,
      // and would close connections with requests that have arrived but have not been read.
      const sweep = setInterval(() => setImmediate(() => this.#closeIdle()), SWEEP_MS)
      const timer = setTimeout(() => {
        for (const socket of this.sockets) socket.destroy()
      }, timeoutMs)
      // The `close` method of HTTP servers would also cut off answers that are being sent, and would no longer enforce
      // the timeouts for requests.
      NetServer.prototype.close.call(this.#server, () => {
        clearInterval(sweep)
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #closeIdle(): void {
    for (const [socket, { unsent, received }] of this.#open) {
      if (unsent.size === 0 && socket.writableLength === 0 && socket.bytesRead === received) socket.destroy()
    }
  }
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined

const trackers = new WeakMap<Server, OpenConnections>()

/** Returns the open connections of a server. The first call must come before the server listens. */
export function openConnectionsOf(server: Server): OpenConnections {
  const tracker = trackers.get(server) ?? new OpenConnections(server)
  trackers.set(server, tracker)
  return tracker
}
