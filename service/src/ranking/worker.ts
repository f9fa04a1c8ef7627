/**
 * The ranking thread. For each batch, it searches the index in memory, reads from Redis the texts that are not cached,
 * and writes the answers as JSON.
 */
import { getPriority, setPriority } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort, threadId } from 'node:worker_threads'
import { workerData } from 'piscina'
import { createLogger } from '../logger.ts'
import { MEBIBYTE } from '../process-limits.ts'
import { NoReplicaError, Replicas } from '../redis/replicas.ts'
import { type ThreadDataset, ThreadIndexes } from '../redis/thread-indexes.ts'
import { sampleNames } from '../search/name-text.ts'
import type { FoundMatch } from '../search/query.ts'
import { answerJson, suggestionsJson } from './answers.ts'
import type { BatchResult, RankingQuery, RankingTask, ReplicaReport, ThreadData } from './messages.ts'
import { Precedence } from './precedence.ts'
import { startHeartbeat } from './thread-watch.ts'

/** Interval for checking whether the states of replicas have changed, in milliseconds. */
const REPORT_MS = 250

/** The shortest time between two failures that are logged, in milliseconds. */
const FAILURE_LOG_MS = 1000

/** How long a thread works on a batch before it lets other batches begin, in milliseconds. */
const SLICE_MS = 3
/** Like {@link SLICE_MS}, but for a bulk batch. */
const BULK_SLICE_MS = 0.5
/** The smallest unit of work in a bulk batch is one search, or writing at most this many suggestions. */
const BULK_SUGGESTIONS = 10

/** How long a thread waits for its first replica before it accepts tasks anyway, in milliseconds. */
const WARM_UP_MS = 5000

/** The difference between the nice values of a ranking thread and its process. */
const NICE_INCREMENT = 3
const MAX_NICE = 19

const { settings, heartbeats, indexChannel, searched } = workerData as ThreadData
const logger = createLogger(settings).child({ thread: threadId })
yieldToHttp()
const replicas = new Replicas(
  settings,
  new ThreadIndexes(indexChannel, threadId, settings.RANKING_TEXT_CACHE_MAX_MIB * MEBIBYTE),
  process.pid + threadId,
  (level, message, details) => logger[level](details ?? {}, message),
)
reportReplicas()
// Piscina sends tasks only after this module has loaded, so wait here until there is data for answers.
await replicas.ready(WARM_UP_MS)
// The watch stops a thread only if its heartbeat has begun. The heartbeat begins only here, because loading the index
// on a busy machine can take longer than the watch allows. Piscina does not replace threads that stop before they are
// ready.
startHeartbeat(heartbeats, threadId)

const precedence = new Precedence()
/** When a failure was last logged, as returned by `performance.now`. */
let failureLoggedAt = Number.NEGATIVE_INFINITY

/** Answers a batch. If no replica can answer, the result is a `FailedBatch`, not an exception. */
export default function rankBatch(task: RankingTask): Promise<BatchResult> {
  return precedence.run(() => answerAll(task, false))
}

/** Like {@link rankBatch}, but for bulk batches, which let other batches finish first. */
export function rankBulk(task: RankingTask): Promise<BatchResult> {
  return answerAll(task, true)
}

async function answerAll({ queries, slot }: RankingTask, isBulk: boolean): Promise<BatchResult> {
  try {
    let found: FoundMatch[][] = []
    const reading = await replicas.read(async (dataset) => {
      found = await inSlices(queries, isBulk, (query) => search(query, dataset))
      // Mark the batch as searched only after this turn. The mark makes the HTTP process send the next batch. If it
      // were set earlier, that batch would be handled before the reply from Redis.
      if (slot !== undefined) setImmediate(() => Atomics.store(searched, slot, 1))
      return blocksOf(found, dataset)
    })
    const { dataset, retries } = reading
    const write = (part: readonly FoundMatch[], at: number) =>
      suggestionsJson(queries[at] as RankingQuery, part, reading)
    const suggestions = isBulk ? await writeInParts(found, write) : await inSlices(found, false, write)
    const bodies = queries.map((query, at) =>
      answerJson(query, found[at] as FoundMatch[], suggestions[at] as string, reading),
    )
    return { ok: true, bodies, version: dataset.version, retries }
  } catch (error) {
    if (error instanceof NoReplicaError) return { ok: false, reason: error.message }
    logFailure(error)
    throw error
  }
}

/**
 * Logs why a batch could not be ranked, at most once per second. The HTTP process logs only the message, without the
 * stack trace.
 */
function logFailure(error: unknown): void {
  const now = performance.now()
  if (now - failureLoggedAt < FAILURE_LOG_MS) return
  failureLoggedAt = now
  logger.error({ err: error }, 'a batch could not be ranked')
}

/**
 * Writes the suggestions of a bulk batch as JSON, only a few per slice.
 * @param found the entries found for each query
 * @param write returns some of the entries found for a query as JSON, separated by commas
 */
async function writeInParts(
  found: readonly (readonly FoundMatch[])[],
  write: (part: readonly FoundMatch[], at: number) => string,
): Promise<string[]> {
  const parts = found.flatMap((entries, at) => {
    const count = Math.ceil(entries.length / BULK_SUGGESTIONS)
    const from = (number: number) => number * BULK_SUGGESTIONS
    return Array.from({ length: count }, (_, number) => ({ at, part: entries.slice(from(number), from(number + 1)) }))
  })
  const written = found.map((): string[] => [])
  await inSlices(parts, true, ({ at, part }) => written[at]?.push(write(part, at)))
  return written.map((lists) => lists.join())
}

/** Does some work for each item, in slices, so that other batches do not wait for slow queries of this batch. */
async function inSlices<I, T>(items: readonly I[], isBulk: boolean, work: (item: I, at: number) => T) {
  const results: T[] = []
  if (isBulk) await precedence.yieldToOthers(BULK_SLICE_MS)
  let started = performance.now()
  for (const [at, item] of items.entries()) {
    const slice = performance.now() - started
    if (slice > (isBulk ? BULK_SLICE_MS : SLICE_MS)) {
      await (isBulk ? precedence.yieldToOthers(slice) : nextTurn())
      started = performance.now()
    }
    results.push(work(item, at))
  }
  return results
}

/**
 * Lowers the priority of this thread, so that the HTTP thread goes first when the CPU is overloaded. Rejections and
 * cached answers are then sent immediately, and batches are exchanged without delay.
 */
function yieldToHttp(): void {
  // On other systems, the priority would apply to the whole process, including the HTTP thread.
  if (process.platform !== 'linux') return
  try {
    setPriority(Math.min(getPriority() + NICE_INCREMENT, MAX_NICE))
  } catch (error) {
    logger.debug({ err: error }, 'cannot lower the priority of a ranking thread')
  }
}

function search({ query, limit, options }: RankingQuery, { searcher }: ThreadDataset): FoundMatch[] {
  return searcher.search({ query, limit, filters: options?.filters ?? [], boosts: options?.boosts ?? [] })
}

/** Returns the blocks of texts that the answers need. Answers of one batch often share blocks. */
function blocksOf(found: readonly FoundMatch[][], { meta }: ThreadDataset): Set<number> {
  const blocks = new Set<number>()
  for (const matches of found) for (const { entry } of matches) blocks.add(Math.floor(entry / meta.blockEntries))
  return blocks
}

/** Returns up to `count` names, sampled evenly from the dataset, or none if no replica is ready. */
export async function sample(count: number): Promise<string[]> {
  const dataset = replicas.anyDataset()
  return dataset ? sampleNames(dataset.searcher.index, count) : []
}

/** Reports the states of the replicas to the HTTP side whenever they change. */
function reportReplicas(): void {
  let lastReport = ''
  setInterval(() => {
    const states = replicas.states()
    const now = JSON.stringify(states)
    if (now === lastReport) return
    lastReport = now
    parentPort?.postMessage({ threadId, replicas: states } satisfies ReplicaReport)
  }, REPORT_MS).unref()
}
