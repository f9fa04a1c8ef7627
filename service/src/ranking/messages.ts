/** What the HTTP side and the ranking threads send each other. */
import type { ReplicaStates } from '../redis/replicas.ts'
import type { Boost, Context } from '../search/query.ts'
import type { Settings } from '../settings.ts'
import type { BinaryText } from '../text/strings.ts'
import type { Heartbeats } from './thread-watch.ts'

/** What a ranking thread begins with. */
export interface ThreadData {
  settings: Settings
  heartbeats: Heartbeats
  /** Of the process's `IndexBroker`. */
  indexChannel: string
}

/** What a ranking thread tells of its replicas when it changes. */
export interface ReplicaReport {
  threadId: number
  replicas: ReplicaStates
}

/** A query as a ranking thread needs it. */
export interface RankingQuery {
  /** As the client sent it; the answer repeats it. Empty asks for the best entries of all. */
  query: string
  limit: number
  /** Where something else than the usual is wanted. */
  options?: QueryOptions
}

/** What few queries ask for. */
export interface QueryOptions {
  /** How each suggestion was found, and which parts of it fit. */
  highlight: boolean
  /** What the score of each suggestion is made of. */
  explain: boolean
  /** Contexts that entries must have: all of the names, of each name one of the values. */
  filters: readonly Context[]
  /** Contexts whose entries' weights are multiplied. */
  boosts: readonly Boost[]
}

/** The answer to a batch. */
export interface RankedBatch {
  ok: true
  /** The JSON of each query. */
  bodies: BinaryText[]
  version: string
  /** Replicas that were asked in vain before one answered. */
  retries: number
}

/** No replica could answer. */
export interface FailedBatch {
  ok: false
  /** One line for the log. */
  reason: string
}

export type BatchResult = RankedBatch | FailedBatch

/** What a ranking thread is asked to do; an empty batch checks that it could answer one. */
export type RankingTask = RankingQuery[]
