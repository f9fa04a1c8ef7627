/** The ranking thread: reads a batch's candidates in one Redis round trip, ranks them and writes the JSON answers. */
import { threadId } from 'node:worker_threads'
import { workerData } from 'piscina'
import { partsOf } from '../dataset/layout.ts'
import { createLogger } from '../logger.ts'
import type { Settings } from '../settings.ts'
import { toBinary } from '../text.ts'
import { bestLines, firstLines } from './best-lines.ts'
import type { DatasetIndex, Location } from './dataset-index.ts'
import type { BatchResult, RankingTask } from './messages.ts'
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
  // Queries of one batch often need the same values.
  const wanted = new Map<string, number>()
  const locations: Location[] = []
  const keysFor = (index: DatasetIndex) => {
    wanted.clear()
    locations.length = 0
    for (const { prefix } of queries) {
      const location = index.locate(prefix)
      locations.push(location)
      for (const key of location.keys) if (!wanted.has(key)) wanted.set(key, wanted.size)
    }
    return [...wanted.keys()]
  }
  try {
    const { index, values, retries } = await replicas.read(keysFor)
    const bodies = queries.map(({ query, prefix, limit }, at) => {
      const { keys, isRanked } = locations[at] as Location
      const candidates = keys.map((key) => values[wanted.get(key) as number] as string)
      const lines = isRanked
        ? firstLines(candidates[0] as string, limit)
        : bestLines(candidates, toBinary(prefix), limit)
      return toJson(query, lines, index.version)
    })
    return { ok: true, bodies, version: index.version, retries }
  } catch (error) {
    if (error instanceof NoReplicaError) return { ok: false, reason: error.message }
    throw error
  }
}

/** Some keys of the dataset, from all over it; none while no replica can be asked. */
export async function sampleKeys(count: number): Promise<string[]> {
  return replicas.anyIndex()?.sampleKeys(count) ?? []
}

/** The answer as a binary string, of lines that are binary strings too; what JSON escapes is ASCII. */
function toJson(query: string, lines: readonly string[], version: string): string {
  let suggestions = ''
  for (const line of lines) {
    const { text, weight } = partsOf(line)
    suggestions += `${suggestions === '' ? '' : ','}{"text":${JSON.stringify(text)},"score":${weight}}`
  }
  return `{"query":${JSON.stringify(toBinary(query))},"suggestions":[${suggestions}],"version":"${version}"}`
}
