/** The ranking thread: searches a batch's queries in memory, reads what answers say in one Redis round trip, and writes the JSON. */
import { getPriority, setPriority } from 'node:os'
import { parentPort, threadId } from 'node:worker_threads'
import { workerData } from 'piscina'
import { lineAt, type TextLine } from '../index/text-blocks.ts'
import { createLogger } from '../logger.ts'
import { NoReplicaError, type Reading, Replicas } from '../redis/replicas.ts'
import { type ThreadDataset, ThreadIndexes } from '../redis/thread-indexes.ts'
import { sampleNames } from '../search/name-text.ts'
import type { FoundMatch } from '../search/query.ts'
import { answerJson } from './answers.ts'
import type { BatchResult, RankingQuery, RankingTask, ReplicaReport, ThreadData } from './messages.ts'
import { beat } from './thread-watch.ts'

/** How often a thread looks whether there is news of its replicas, in milliseconds. */
const REPORT_MS = 250

/** How long a thread waits for its first replica before it takes tasks all the same, in milliseconds. */
const WARM_UP_MS = 5000

/** By how much a thread is nicer than its process. */
const NICER = 3
const MAX_NICE = 19

const { settings, heartbeats, indexChannel } = workerData as ThreadData
beat(heartbeats, threadId)
const logger = createLogger(settings).child({ thread: threadId })
yieldToHttp()
const replicas = new Replicas(
  settings,
  new ThreadIndexes(indexChannel, threadId),
  process.pid + threadId,
  (level, message, details) => logger[level](details ?? {}, message),
)
reportReplicas()
// Piscina gives a thread no task before its module is loaded; without data it could only refuse.
await replicas.ready(WARM_UP_MS)

/** Answers a batch. Never throws for what Redis does: a failure is a {@link BatchResult} too. */
export default async function rankBatch(queries: RankingTask): Promise<BatchResult> {
  try {
    return await answerAll(queries)
  } catch (error) {
    if (error instanceof NoReplicaError) return { ok: false, reason: error.message }
    throw error
  }
}

/**
 * Where all threads share a CPU that is not enough, HTTP goes first: what is refused is refused at once, and what is in the cache
 * answered. Else it waits behind the ranking of what was taken before, and the event loop's turns, in which batches go to and fro,
 * get long.
 */
function yieldToHttp(): void {
  // Elsewhere a priority is that of the whole process.
  if (process.platform !== 'linux') return
  try {
    setPriority(Math.min(getPriority() + NICER, MAX_NICE))
  } catch (error) {
    logger.debug({ err: error }, 'the priority of a ranking thread stays as it is')
  }
}

async function answerAll(queries: RankingTask): Promise<BatchResult> {
  let found: FoundMatch[][] = []
  const reading = await replicas.read((dataset) => {
    found = queries.map((query) => search(query, dataset))
    return blocksOf(found, dataset)
  })
  const { dataset, retries } = reading
  const bodies = queries.map((query, at) => {
    const matches = found[at] as FoundMatch[]
    return answerJson(query, matches, linesOf(matches, reading), dataset)
  })
  return { ok: true, bodies, version: dataset.version, retries }
}

function search({ query, limit, options }: RankingQuery, { searcher }: ThreadDataset): FoundMatch[] {
  return searcher.search({ query, limit, filters: options?.filters ?? [], boosts: options?.boosts ?? [] })
}

/** The blocks of texts that answers need; those of one batch often share some. */
function blocksOf(found: readonly FoundMatch[][], { meta }: ThreadDataset): Set<number> {
  const blocks = new Set<number>()
  for (const matches of found) for (const { entry } of matches) blocks.add(Math.floor(entry / meta.blockEntries))
  return blocks
}

function linesOf(found: readonly FoundMatch[], { blocks, dataset }: Reading): TextLine[] {
  const { blockEntries } = dataset.meta
  return found.map(({ entry }) => {
    const block = blocks.get(Math.floor(entry / blockEntries))
    if (block === undefined) throw new Error('a block of texts was not read')
    return lineAt(block, entry % blockEntries)
  })
}

/** Some names of the dataset, from all over it; none while no replica can be asked. */
export async function sample(count: number): Promise<string[]> {
  const dataset = replicas.anyDataset()
  return dataset ? sampleNames(dataset.searcher.index, count) : []
}

/** Tells the HTTP side of the replicas, again and again, when something has changed. */
function reportReplicas(): void {
  let told = ''
  setInterval(() => {
    const states = replicas.states()
    const now = JSON.stringify(states)
    if (now === told) return
    told = now
    parentPort?.postMessage({ threadId, replicas: states } satisfies ReplicaReport)
  }, REPORT_MS).unref()
}
