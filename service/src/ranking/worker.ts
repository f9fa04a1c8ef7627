/** The ranking thread: reads a batch's candidates in one Redis round trip, ranks them and writes the JSON answers. */
import { threadId } from 'node:worker_threads'
import { workerData } from 'piscina'
import { createLogger } from '../logger.ts'
import type { Settings } from '../settings.ts'
import { type DatasetIndex, rank } from './dataset-index.ts'
import type { BatchResult, RankingQuery, RankingTask } from './messages.ts'
import { NoReplicaError, Replicas } from './replicas.ts'

/** How long a thread waits for its first replica before it takes tasks all the same, in milliseconds. */
const WARM_UP_MS = 5000

const settings = workerData as Settings
const logger = createLogger(settings).child({ thread: threadId })
const replicas = new Replicas(settings, process.pid + threadId, (level, message, details) =>
  logger[level](details ?? {}, message),
)
// Piscina gives a thread no task before its module is loaded; without data it could only refuse.
await replicas.ready(WARM_UP_MS)

/** Answers a batch. Never throws for what Redis does: a failure is a {@link BatchResult} too. */
export default async function rankBatch(queries: RankingTask): Promise<BatchResult> {
  const wanted = new Map<string, number>()
  const keysOf: string[][] = []
  const keysFor = (index: DatasetIndex) => {
    wanted.clear()
    keysOf.length = 0
    for (const { prefix } of queries) {
      const keys = index.keysFor(prefix)
      keysOf.push(keys)
      for (const key of keys) if (!wanted.has(key)) wanted.set(key, wanted.size)
    }
    return [...wanted.keys()]
  }
  try {
    const { index, values, retries } = await replicas.read(keysFor)
    const bodies = queries.map((query, at) => {
      const candidates = (keysOf[at] as string[]).map((key) => values[wanted.get(key) as number] as string)
      return toJson(query, candidates, index.version)
    })
    return encode(bodies, index.version, retries)
  } catch (error) {
    if (error instanceof NoReplicaError) return { ok: false, reason: error.message }
    throw error
  }
}

function toJson({ query, prefix, limit }: RankingQuery, candidates: string[], version: string): string {
  const suggestions = rank(candidates, prefix, limit).map(({ text, weight }) => ({ text, score: weight }))
  return JSON.stringify({ query, suggestions, version })
}

function encode(bodies: string[], version: string, retries: number): BatchResult {
  const ends: number[] = []
  let size = 0
  for (const body of bodies) {
    size += Buffer.byteLength(body)
    ends.push(size)
  }
  // Not from Buffer's pool: the whole of a pooled buffer's memory would be copied to the main thread.
  const bytes = Buffer.allocUnsafeSlow(size)
  let start = 0
  for (const body of bodies) start += bytes.write(body, start)
  return { ok: true, bytes, ends, version, retries }
}
