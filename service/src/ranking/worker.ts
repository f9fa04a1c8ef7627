/** The ranking thread: reads a batch's candidates in one Redis round trip, ranks them and writes the JSON answers. */
import { getPriority, setPriority } from 'node:os'
import { parentPort, threadId } from 'node:worker_threads'
import { workerData } from 'piscina'
import { rankIn } from '../dataset/layout.ts'
import { createLogger } from '../logger.ts'
import { toBinary } from '../text.ts'
import { bestLines, firstLines } from './best-lines.ts'
import type { DatasetIndex } from './dataset-index.ts'
import { deeperLookups, firstLookups, type Lookup, otherLookups } from './lookups.ts'
import type { BatchResult, RankingQuery, RankingTask, ReplicaReport, ThreadData } from './messages.ts'
import { NoReplicaError, Replicas, type Wanted } from './replicas.ts'
import { type FoundLookup, plainJson, suggestionsOf, toJson } from './suggestions.ts'
import { beat } from './thread-watch.ts'

/** How often a thread looks whether there is news of its replicas, in milliseconds. */
const REPORT_MS = 250

/** How long a thread waits for its first replica before it takes tasks all the same, in milliseconds. */
const WARM_UP_MS = 5000

/** By how much a thread is nicer than its process. */
const NICER = 3
const MAX_NICE = 19

const { settings, heartbeats } = workerData as ThreadData
beat(heartbeats, threadId)
const logger = createLogger(settings).child({ thread: threadId })
yieldToHttp()
const replicas = new Replicas(settings, process.pid + threadId, (level, message, details) =>
  logger[level](details ?? {}, message),
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

/** How often a batch begins again because the data that it began with has been replaced. */
const RESTARTS = 2

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

/** In one round trip; in two when too little begins with a query, so that what else it may mean is wanted. */
async function answerAll(queries: RankingTask, restarts = RESTARTS): Promise<BatchResult> {
  const first = await read((index) => queries.map((query) => firstLookups(index, query)))
  const { index } = first
  let { retries } = first
  const bodies: string[] = []
  let unfinished: Unfinished[] = []
  for (const [at, query] of queries.entries()) {
    const found = first.found[at] as FoundLookup[]
    const { body, count, best } = answer(query, found, index)
    bodies.push(body)
    const isShort = count < query.limit
    if (!isShort && !query.options) continue
    const deeper = deeperLookups(found, isShort)
    const others =
      isShort && isOnlyBeginnings(query, found)
        ? otherLookups(index, query, count === 0 ? 'nothing' : index.isRare(best) ? 'rare' : 'enough')
        : []
    if (deeper.length + others.length > 0) unfinished.push({ at, query, found, lookups: [...deeper, ...others] })
  }
  // What else it may mean has to be sorted out as well, so there may be a third.
  while (unfinished.length > 0) {
    const further = await read(() => unfinished.map(({ lookups }) => lookups), index.version).catch((error) => {
      if (error instanceof NoReplicaError && restarts > 0) return undefined
      throw error
    })
    if (!further) return answerAll(queries, restarts - 1)
    retries += further.retries
    const left: Unfinished[] = []
    for (const [position, { at, query, found }] of unfinished.entries()) {
      const more = further.found[position] as FoundLookup[]
      const all = [...found, ...more]
      const suggestions = suggestionsOf(all, query, (rank) => index.isRare(rank))
      bodies[at] = toJson(query, suggestions, index.version)
      const deeper = deeperLookups(more, suggestions.length < query.limit)
      if (deeper.length > 0) left.push({ at, query, found: all, lookups: deeper })
    }
    unfinished = left
  }
  return { ok: true, bodies, version: index.version, retries }
}

/** A query of which too little has been found. */
interface Unfinished {
  at: number
  query: RankingQuery
  found: FoundLookup[]
  /** What to read besides. */
  lookups: Lookup[]
}

/** Whether what else a query may mean has not been looked for. */
const isOnlyBeginnings = ({ prefix }: RankingQuery, found: readonly FoundLookup[]) =>
  prefix !== '' && found.length > 0 && found.every(({ lookup }) => lookup.match === 'prefix')

/** The JSON of an answer, how many suggestions it has, and the rank of the best one. */
function answer(query: RankingQuery, found: FoundLookup[], index: DatasetIndex) {
  const [only] = found
  // Most queries are such, and need no more than this.
  if (only?.lookup.match === 'prefix' && found.length === 1 && !query.options && !index.hasAliases) {
    const { values, isRanked, lookup } = only
    const lines = isRanked
      ? firstLines(values[0] as string, query.limit)
      : bestLines(values, toBinary(lookup.prefix), query.limit)
    const best = lines.length > 0 ? rankIn(lines[0] as string, 0) : 0
    return { body: plainJson(query.query, lines, index.version), count: lines.length, best }
  }
  const suggestions = suggestionsOf(found, query, (rank) => index.isRare(rank))
  const best = Number(suggestions[0]?.rank ?? 0)
  return { body: toJson(query, suggestions, index.version), count: suggestions.length, best }
}

/** Reads the lookups of all queries in one round trip; those of one batch often need the same values. */
async function read(
  lookupsOf: (index: DatasetIndex) => Lookup[][],
  version?: string,
): Promise<{ index: DatasetIndex; found: FoundLookup[][]; retries: number }> {
  const wanted = new Map<string, number>()
  let found: Located[][] = []
  const wantedOf = (index: DatasetIndex): Wanted => {
    wanted.clear()
    const starts: string[] = []
    found = lookupsOf(index).map((lookups) =>
      lookups.map((lookup) => {
        const { keys, starts: startsOfKeys, isRanked } = index.locate(lookup.prefix, lookup)
        for (let at = 0; at < keys.length; at++) {
          const key = keys[at] as string
          if (wanted.has(key)) continue
          wanted.set(key, wanted.size)
          starts.push(startsOfKeys[at] as string)
        }
        return { lookup, isRanked, keys, values: NO_VALUES }
      }),
    )
    return { keys: [...wanted.keys()], starts }
  }
  const { index, values, retries } = await replicas.read(wantedOf, version)
  for (const ofQuery of found) {
    for (const located of ofQuery)
      located.values = located.keys.map((key) => values[wanted.get(key) as number] as string)
  }
  return { index, found, retries }
}

/** A lookup whose values are not there yet. */
interface Located extends FoundLookup {
  keys: string[]
}

const NO_VALUES: readonly string[] = []

/** Some keys of the dataset, from all over it; none while no replica can be asked. */
export async function sampleKeys(count: number): Promise<string[]> {
  return replicas.anyIndex()?.sampleKeys(count) ?? []
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
