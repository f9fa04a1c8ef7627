import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { UserError } from '../../support/errors.ts'
import { processTree, readProc } from './cpu-time.ts'

/**
 * Bytes of memory of a process and its live descendants: the sum of their proportional set sizes, in which a page that several
 * processes share counts in equal parts. The kernel's own memory, such as socket buffers, is not in it.
 * @throws {UserError} where the kernel does not tell, or the process has ended
 */
export function pssBytes(pid: number): number {
  return processTree(pid).reduce((sum, member) => {
    const rollup = readProc(`${member}/smaps_rollup`)
    if (rollup === undefined && member === pid) {
      throw new UserError(`/proc/${pid}/smaps_rollup, from which memory is read, cannot be read`)
    }
    return sum + parsePss(rollup ?? '')
  }, 0)
}

/** The bytes of `Pss:` in a `/proc/PID/smaps_rollup`. */
export function parsePss(text: string): number {
  return Number(/^Pss: +(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024
}

/** How many files, sockets among them, this process may have open. */
export function openFilesLimit(): number {
  return parseOpenFiles(readProc('self/limits') ?? '')
}

/** The soft limit of open files in a `/proc/PID/limits`. */
export function parseOpenFiles(text: string): number {
  const [, limit] = /^Max open files +(\d+|unlimited) /m.exec(text) ?? []
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit ?? 0)
}

/** One field of what Redis answers to INFO. */
export async function redisInfo(url: string, field: string): Promise<string> {
  return parseInfo(await redisCommand(url, 'INFO'), field)
}

/** The value of a field in an answer to INFO. */
export function parseInfo(text: string, field: string): string {
  return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(text)?.[1] ?? 'unknown'
}

/** The text with which Redis answers a command; see {@link redisBytes}. */
export async function redisCommand(url: string, command: string): Promise<string> {
  return (await redisBytes(url, command)).toString()
}

/**
 * The bytes with which Redis answers a command, asked by hand: one command needs no client.
 * @throws {UserError} when it is answered with anything else, such as a number or nothing
 */
export async function redisBytes(url: string, command: string): Promise<Buffer> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  try {
    socket.write(`${command}\r\nQUIT\r\n`)
    socket.on('data', (chunk) => chunks.push(chunk))
    await once(socket, 'end')
  } finally {
    socket.destroy()
  }
  return parseReply(Buffer.concat(chunks))
}

/** What the first answer of Redis holds: the bytes after `$BYTES` and a line end. */
export function parseReply(answer: Buffer): Buffer {
  const lineEnd = answer.indexOf('\r\n')
  const first = answer.toString('utf8', 0, lineEnd)
  if (!/^\$\d+$/.test(first)) throw new UserError(`Redis answered ${first}`)
  return answer.subarray(lineEnd + 2, lineEnd + 2 + Number(first.slice(1)))
}

/**
 * Opens connections, sends a request on each, and leaves them open; the caller destroys them.
 * @param answered what is there once the answer is whole
 */
export async function openConnections(
  url: string,
  count: number,
  request: string,
  answered: RegExp,
): Promise<Socket[]> {
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  const open = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname)
      sockets.push(socket)
      let answer = ''
      socket.setEncoding('utf8').on('data', (text) => {
        answer += text
        if (answered.test(answer)) resolve()
      })
      socket.once('error', (error) => reject(new UserError(`connection ${sockets.length} failed: ${error.message}`)))
      socket.once('close', () => reject(new UserError(`connection ${sockets.length} was closed without an answer`)))
      socket.write(request)
    })
  try {
    // Few at a time, because a listening socket queues only some hundred.
    while (sockets.length < count) {
      await Promise.all(Array.from({ length: Math.min(50, count - sockets.length) }, open))
    }
    return sockets
  } catch (error) {
    for (const socket of sockets) socket.destroy()
    throw error
  }
}
