/** The data of the report's stack: a sorted set of the best entries for every prefix, in the same Redis as the service's keys. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Entry } from '../../../../../service/src/dataset/entries.ts'
import { spelling } from '../../../../../service/src/text/spelling.ts'
import { UserError } from '../../../../support/errors.ts'

/** As many as a query may ask for. */
const BEST = 50
const USER = 'report'
/** Anything: the user has no password, but a client has to name one. */
const PASSWORD = 'none'
/** Characters that are sent at a time. */
const CHUNK = 1 << 20

/**
 * Arguments of a Redis that lets the report's stack in beside the service, whose own rights (`redis.conf`) stay as they are: its
 * user reads its sorted sets, and this program loads them as the same user.
 */
export const REDIS_ARGUMENTS = ['--user', USER, 'on', 'nopass', '~z:*', '-@all', '+@read', '+@connection', '+zadd']

/** The URL that the user of {@link REDIS_ARGUMENTS} connects to. */
export function urlForReportStack(redis: string): string {
  return `redis://${USER}:${PASSWORD}@${new URL(redis).host}`
}

/** The best entries of every prefix, by falling weight; of entries that the service holds for one, the heaviest. */
export function bestByPrefix(entries: readonly Entry[]): Map<string, Entry[]> {
  const best = new Map<string, Entry[]>()
  const seen = new Set<string>()
  for (const entry of entries.toSorted((a, b) => b.weight - a.weight)) {
    const key = spelling(entry.text).trimEnd()
    if (seen.has(key)) continue
    seen.add(key)
    let prefix = ''
    for (const letter of key) {
      prefix += letter
      const list = best.get(prefix)
      if (!list) best.set(prefix, [entry])
      else if (list.length < BEST) list.push(entry)
    }
  }
  return best
}

/**
 * Loads sorted sets `z:PREFIX`, texts with their weights as scores.
 * @throws {UserError} when Redis refuses one
 */
export async function loadSortedSets(
  redis: string,
  sets: ReadonlyMap<string, readonly Entry[]>,
  signal: AbortSignal,
): Promise<void> {
  const { hostname, port } = new URL(redis)
  const socket = connect({ host: hostname, port: Number(port), signal })
  const answers: string[] = []
  socket.setEncoding('utf8').on('data', (text: string) => answers.push(text))
  const ended = once(socket, 'end', { signal })
  let chunk = commandOf(['AUTH', USER, PASSWORD])
  for (const [prefix, entries] of sets) {
    chunk += commandOf(['ZADD', `z:${prefix}`, ...entries.flatMap(({ text, weight }) => [String(weight), text])])
    if (chunk.length < CHUNK) continue
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain', { signal }), ended])
    chunk = ''
  }
  socket.write(`${chunk}${commandOf(['QUIT'])}`)
  await ended
  socket.destroy()
  const lines = answers.join('').split('\r\n')
  const refusal = lines.find((line) => line.startsWith('-'))
  if (refusal !== undefined) throw new UserError(`Redis did not take the data of the report's stack: ${refusal}`)
  // AUTH and QUIT are answered too, and there is nothing behind the last line end.
  if (lines.length !== sets.size + 3) throw new UserError("Redis did not take all the data of the report's stack")
}

/** A command in the protocol of Redis. */
function commandOf(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}
