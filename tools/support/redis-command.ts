import { once } from 'node:events'
import { connect } from 'node:net'
import { UserError } from './errors.ts'

/** One field of the answer of Redis to INFO; `unknown` if there is none. */
export async function redisInfo(url: string, field: string): Promise<string> {
  return parseInfo(await redisCommand(url, 'INFO'), field)
}

/** The value of a field in an answer to INFO. */
export function parseInfo(text: string, field: string): string {
  return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(text)?.[1] ?? 'unknown'
}

/**
 * The text with which Redis answers a command. It is sent by hand: one command needs no client.
 * @throws {UserError} if the answer is anything else, such as a number or nothing
 */
export async function redisCommand(url: string, command: string): Promise<string> {
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

/** The text of the first answer of Redis, which is `$BYTES`, a line end, and so many bytes. */
export function parseReply(answer: Buffer): string {
  const lineEnd = answer.indexOf('\r\n')
  const first = answer.toString('utf8', 0, lineEnd)
  if (!/^\$\d+$/.test(first)) throw new UserError(`Redis answered ${first}`)
  return answer.toString('utf8', lineEnd + 2, lineEnd + 2 + Number(first.slice(1)))
}
