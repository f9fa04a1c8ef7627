import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the proxy does with connections and what comes over them. */
export type Mode =
  | { kind: 'pass' }
  /** Nothing passes and nothing is closed: a connection of which the other end has gone without a word. */
  | { kind: 'freeze' }
  /** Answers come so many milliseconds late. */
  | { kind: 'slow'; delayMs: number }
  /** Every command is answered with this line, as Redis would say it, without `\r\n`. */
  | { kind: 'answer'; line: string }
  /** Connections are cut, and new ones at once. */
  | { kind: 'cut' }

/** Stands in front of a Redis and does what a real one cannot be made to do. */
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

  /** Listens in front of a port of 127.0.0.1; port 0 is any free one. */
  static async listen(host: string, port: number, targetPort: number): Promise<RedisProxy> {
    const server = createServer({ allowHalfOpen: true }).listen(port, host)
    await once(server, 'listening')
    const address = server.address()
    return new RedisProxy(server, host, typeof address === 'object' && address ? address.port : port, targetPort)
  }

  /** From now on, also for connections that are open. What was held back by `freeze` is lost: its connections are cut by the next mode. */
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
    // Answers that are held back, one behind the other, so that they stay in order also when they come late no more.
    let held = 0
    let last = Promise.resolve()
    client.on('data', (chunk: Buffer) => {
      const mode = this.#mode
      if (mode.kind === 'pass' || mode.kind === 'slow') redis.write(chunk)
      else if (mode.kind === 'answer') {
        // A command is an array of texts; a chunk may end within one, which only the next one completes.
        line += chunk.toString('latin1')
        const { commands, rest } = takeCommands(line)
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

/** How many whole commands a text of them begins with, and what is behind them. */
export function takeCommands(text: string): { commands: number; rest: string } {
  let commands = 0
  let rest = text
  for (;;) {
    const end = endOfCommand(rest)
    if (end === undefined) return { commands, rest }
    rest = rest.slice(end)
    commands += 1
  }
}

/** Where the command that a text begins with ends: `*N`, and N times `$BYTES` and the bytes. */
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
