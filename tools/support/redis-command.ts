import { once } from 'node:events'
import { connect } from 'node:net'
import { UserError } from './errors.ts'

/** Returns a field of Redis INFO; `unknown` if it is missing. */
export async function redisInfo(url: string, field: string): Promise<string> {
  return parseInfo(await redisCommand(url, 'INFO'), field)
}

/** Returns a field in the reply to INFO; `unknown` if it is missing. */
export function parseInfo(text: string, field: string): string {
  return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(text)?.[1] ?? 'unknown'
}

/**
 * Sends a command to Redis and returns the text of the reply. Uses a plain socket, because a single command does not
 * need a client.
 * @throws {UserError} if the reply is not text but, for example, a number or nil
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

/** Parses the text of the first reply: `$BYTES`, a line break, and the given number of bytes. */
export function parseReply(answer: Buffer): string {
  const lineEnd = answer.indexOf('\r\n')
  const first = answer.toString('utf8', 0, lineEnd)
  if (!/^\$\d+$/.test(first)) throw new UserError(`Redis answered ${first}`)
  return answer.toString('utf8', lineEnd + 2, lineEnd + 2 + Number(first.slice(1)))
}
