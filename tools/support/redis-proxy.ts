import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the proxy does with connections and their data. */
export type Mode =
  | { kind: 'pass' }
  /** Nothing is forwarded or closed, as if the other end had vanished. */
  | { kind: 'freeze' }
  /** Replies are delayed by this many milliseconds. */
  | { kind: 'slow'; delayMs: number }
  /** The reply to every command is this line of the Redis protocol. The line is given without its line ending. */
  | { kind: 'answer'; line: string }
  /** All connections are closed, and new connections are closed immediately. */
  | { kind: 'cut' }

/** A proxy in front of Redis that causes faults that a test cannot cause in a real Redis. */
export class RedisProxy {
  readonly host: string
  readonly port: number
  readonly #server: Server
  readonly #targetPort: number
  readonly #sockets = new Set<Socket>()
  #mode: Mode = { kind: 'pass' }

  private constructor(server: Server, host: string, port: number, targetPort: number) {
    this.#server = server
    this.host = host
    this.port = port
    this.#targetPort = targetPort
    server.on('connection', (socket) => this.#accept(socket))
  }

  /** Starts a proxy in front of a port on 127.0.0.1. Port 0 chooses any free port for the proxy. */
  static async listen(host: string, port: number, targetPort: number): Promise<RedisProxy> {
    const server = createServer({ allowHalfOpen: true }).listen(port, host)
    await once(server, 'listening')
    const address = server.address()
    return new RedisProxy(server, host, typeof address === 'object' && address ? address.port : port, targetPort)
  }

  /**
   * Changes the mode for both open and new connections. When the mode `freeze` ends, all connections are closed, because
   * they have lost data.
   */
  set(mode: Mode): void {
    const wasFrozen = this.#mode.kind === 'freeze'
    this.#mode = mode
    if (mode.kind === 'cut' || wasFrozen) for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    if (this.#mode.kind === 'cut') {
      client.destroy()
      return
    }
    const redis = connect(this.#targetPort, '127.0.0.1')
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('end', () => this.#mode.kind !== 'freeze' && other.end())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        if (this.#mode.kind !== 'freeze') other.destroy()
      })
    }
    let line = ''
    // Each delayed answer waits for the previous one, so that answers stay in order when the mode changes.
    let held = 0
    let last = Promise.resolve()
    client.on('data', (chunk: Buffer) => {
      const mode = this.#mode
      if (mode.kind === 'pass' || mode.kind === 'slow') redis.write(chunk)
      else if (mode.kind === 'answer') {
        // A command is an array of strings. A chunk may end inside a command, which the next chunk completes.
        line += chunk.toString('latin1')
        const { commands, rest } = splitCommands(line)
        line = rest
        client.write(`${mode.line}\r\n`.repeat(commands))
      }
    })
    redis.on('data', (chunk: Buffer) => {
      const mode = this.#mode
      if (mode.kind !== 'pass' && mode.kind !== 'slow') return
      if (mode.kind === 'pass' && held === 0) {
        client.write(chunk)
        return
      }
      const due = performance.now() + (mode.kind === 'slow' ? mode.delayMs : 0)
      held += 1
      last = last.then(async () => {
        await sleep(Math.max(0, due - performance.now()))
        held -= 1
        if (client.writable) client.write(chunk)
      })
    })
  }
}

/** Returns the number of complete commands at the start of a string, and the rest of the string. */
export function splitCommands(text: string): { commands: number; rest: string } {
  let commands = 0
  let rest = text
  for (;;) {
    const end = endOfCommand(rest)
    if (end === undefined) return { commands, rest }
    rest = rest.slice(end)
    commands += 1
  }
}

/**
 * Returns the end of the first command in a string, or undefined if it is incomplete. A command is `*N`, followed by N
 * strings, each of which is `$BYTES` and then that many bytes.
 */
function endOfCommand(text: string): number | undefined {
  const array = /^\*(\d+)\r\n/.exec(text)
  if (!array) return undefined
  let at = array[0].length
  for (let left = Number(array[1]); left > 0; left--) {
    const bulk = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20))
    if (!bulk) return undefined
    at += bulk[0].length + Number(bulk[1]) + 2
  }
  return at <= text.length ? at : undefined
}
