/** The messages between the HTTP side and the ranking threads. */
import type { ReplicaStates } from '../redis/replicas.ts'
import type { Boost, Context } from '../search/query.ts'
import type { Settings } from '../settings.ts'
import type { BinaryText } from '../text/strings.ts'
import type { Heartbeats } from './thread-watch.ts'

/** The `workerData` of a ranking thread. */
export interface ThreadData {
  settings: Settings
  heartbeats: Heartbeats
  /** The name of the channel on which threads reach the process's `IndexBroker`. */
  indexChannel: string
  /** The memory of `BatchSlots`. */
  searched: Int32Array<SharedArrayBuffer>
}

/** The states of a ranking thread's replicas, sent when they change. */
export interface ReplicaReport {
  threadId: number
  replicas: ReplicaStates
}

export interface RankingQuery {
  /** The text as sent by the client, repeated in the answer. An empty string requests the best entries overall. */
  query: string
  limit: number
  /** Set only if any option differs from its default. */
  options?: QueryOptions
}

/** Returns a key that is the same for identical queries, and different for all others. */
export function keyOf({ query, limit, options }: RankingQuery): string {
  return options ? JSON.stringify([limit, query, options]) : `${limit} ${query}`
}

/** Options that few queries use. */
export interface QueryOptions {
  /** Whether to return the kind of match and the matching parts for each suggestion. */
  highlight: boolean
  /** Whether to explain the score of each suggestion. */
  explain: boolean
  /** Contexts that entries must have: for each name, at least one of the values given for it. */
  filters: readonly Context[]
  /** Contexts that increase the scores of their entries. */
  boosts: readonly Boost[]
}

/** The answer to a batch. */
export interface RankedBatch {
  ok: true
  /** The JSON answer to each query. */
  bodies: BinaryText[]
  version: string
  /** The number of replicas that were tried in vain, because they failed or had just switched to another dataset. */
  retries: number
}

/** The result for a batch if no replica could answer. */
export interface FailedBatch {
  ok: false
  /** One line that explains the failure. */
  reason: string
}

export type BatchResult = RankedBatch | FailedBatch

/** A task for a ranking thread. */
export interface RankingTask {
  /** If empty, the task only checks whether the thread can answer. */
  queries: readonly RankingQuery[]
  /** The slot in {@link ThreadData.searched}. A task without queries has none. */
  slot?: number
}
