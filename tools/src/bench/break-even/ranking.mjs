// What break-even-server.mjs does with a query, on the main thread and in its ranking threads alike.
import { Redis } from 'ioredis'
import { partsOf } from '../../../../service/dist/dataset/layout.js'
import { bestLines } from '../../../../service/dist/ranking/best-lines.js'

const PREFIX = 'a'
const LIMIT = 10

export const connect = (port) => new Redis({ port: Number(port), host: '127.0.0.1' })

/** Answers queries, each the key of its candidates, by one MGET for all. */
export async function answer(redis, keys) {
  // As in the service, queries of one batch share what they both need.
  const wanted = [...new Set(keys)]
  const values = await redis.mgetBuffer(wanted)
  const candidates = new Map(wanted.map((key, at) => [key, values[at].toString('latin1')]))
  return keys.map((key) => toJson(bestLines([candidates.get(key)], PREFIX, LIMIT)))
}

function toJson(lines) {
  const suggestions = lines.map((line) => {
    const { text, weight } = partsOf(line)
    return `{"text":${JSON.stringify(text)},"score":${weight}}`
  })
  return `{"suggestions":[${suggestions.join(',')}]}`
}
