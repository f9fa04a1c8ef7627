/** What the HTTP side and the ranking threads send each other. */

/** A query as a ranking thread needs it. */
export interface RankingQuery {
  /** As the client sent it; the answer repeats it. */
  query: string
  /** Its normalised form. */
  prefix: string
  limit: number
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
