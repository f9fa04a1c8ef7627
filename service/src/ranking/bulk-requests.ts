/**
 * Divides bulk queries into batches and estimates how long they take. Bulk queries are the queries of requests with
 * several queries, and queries that may be expensive.
 */
import type { RankingQuery } from './messages.ts'

/** The maximum number of queries in a batch with queries of one request, and the maximum sum of their limits. */
const BULK_QUERIES = 8
const BULK_ENTRIES = 100
/**
 * The maximum number of queries in a batch of queries that may be expensive. In larger batches, they would wait longer
 * for each other. In smaller batches, fewer of them could be answered at the same time while Redis is slow.
 */
export const EXPENSIVE_QUERIES = 16
/** The weight of the latest bulk batch in the moving average of the time per query. */
const BATCH_TIME_WEIGHT = 0.2
/**
 * The part of the timeout that the estimated work may take. Estimates are not exact, and other work also takes time.
 */
const TIMEOUT_SHARE = 0.75

/** Returns how many of the queries, counted from the first, are ranked together. */
export function bulkSize(queries: readonly RankingQuery[], maxBatch: number): number {
  const most = Math.min(BULK_QUERIES, maxBatch, queries.length)
  let entries = 0
  for (let size = 0; size < most; size++) {
    entries += (queries[size] as RankingQuery).limit
    if (entries > BULK_ENTRIES) return Math.max(1, size)
  }
  return most
}

/** Estimates how long the accepted bulk queries will take. */
export class BulkWork {
  readonly #maxThreads: number
  readonly #timeoutMs: number
  /** The number of queries in accepted requests. */
  #queries = 0
  /** The moving average of the time that a bulk batch takes per query, in milliseconds. */
  #queryMs = 0

  /**
   * @param maxThreads the maximum number of threads that bulk batches use at the same time
   * @param timeoutMs the timeout of a request, in milliseconds
   */
  constructor(maxThreads: number, timeoutMs: number) {
    this.#maxThreads = maxThreads
    this.#timeoutMs = timeoutMs
  }

  /** Whether a request with this many different queries can probably be answered in time. */
  accepts(queries: number): boolean {
    if (this.#queries === 0) return true
    return ((this.#queries + queries) * this.#queryMs) / this.#maxThreads <= this.#timeoutMs * TIMEOUT_SHARE
  }

  /** Records that a request with this number of queries was accepted or, if the number is negative, has ended. */
  add(queries: number): void {
    this.#queries += queries
  }

  /** Records how long a batch took. */
  took(milliseconds: number, queries: number): void {
    this.#queryMs += (milliseconds / queries - this.#queryMs) * BATCH_TIME_WEIGHT
  }
}
