/** What the HTTP side and the ranking threads send each other. */
import type { Context } from '../dataset/alternate-keys.ts'
import type { Settings } from '../settings.ts'
import type { Heartbeats } from './thread-watch.ts'

/** What a ranking thread begins with. */
export interface ThreadData {
  settings: Settings
  heartbeats: Heartbeats
}

/** Replicas of a ranking thread: that answer, that are connected but whose data is not known, and that are not connected. */
export interface ReplicaStates {
  ready: number
  connected: number
  disconnected: number
}

/** What a ranking thread tells of its replicas when it changes. */
export interface ReplicaReport {
  threadId: number
  replicas: ReplicaStates
}

/** A query as a ranking thread needs it. */
export interface RankingQuery {
  /** As the client sent it; the answer repeats it. */
  query: string
  /** Its normalised form; empty asks for the best entries of all. */
  prefix: string
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

/** A context that counts for more, or for less. */
export interface Boost extends Context {
  factor: number
}

/** The answer to a batch. */
export interface RankedBatch {
  ok: true
  /** The JSON of each query, as a string with one UTF-8 byte in each character: so Node.js writes it together with the headers. */
  bodies: string[]
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
