import type { BinaryText } from '../text/strings.ts'
import { CRITICALITIES } from './criticality.ts'
import type { RankingQuery } from './messages.ts'
import type { RankingRejectedError } from './rejections.ts'

/** The answer to a query. */
export interface Answer {
  /** The answer as JSON. */
  body: BinaryText
  /** The version of the dataset. */
  version: string
}

/** A query that is waiting for its answer. */
export interface Waiting {
  /** The position of the query in the batch. */
  at: number
  resolve: (answer: Answer) => void
  reject: (error: RankingRejectedError) => void
}

/** Queries that are sent to a ranking thread as one task. Identical queries are sent only once. */
export interface Batch {
  /** The position of the batch's criticality in `CRITICALITIES`. */
  level: number
  /**
   * Whether other batches go first, because the queries come from a request with several queries, or may be expensive.
   */
  isBulk: boolean
  /** Whether the queries come from different requests and may be expensive. */
  isExpensive: boolean
  queries: RankingQuery[]
  /** The position of each query in `queries`, by `keyOf`. */
  positions: Map<string, number>
  waiting: Waiting[]
  /** When the first query arrived, as returned by `performance.now`. */
  since: number
  /** The batch's slot in `BatchSlots` while the batch runs. */
  slot: number | undefined
  /** Rejects the queries of the batch if the batch waits too long to start or is not answered in time. */
  timer: NodeJS.Timeout
}

/** The waiting batches of one criticality, oldest first. */
interface Level {
  batches: Batch[]
  bulk: Batch[]
}

/**
 * Batches that have not started. More critical batches start first. Bulk batches start only if no other batches of
 * their level are waiting.
 */
export class BatchQueues {
  readonly #levels: readonly Level[] = CRITICALITIES.map(() => ({ batches: [], bulk: [] }))
  /** The number of waiting queries of each level. */
  readonly waiting: number[] = CRITICALITIES.map(() => 0)

  /** The number of waiting batches. */
  get size(): number {
    return this.#levels.reduce((sum, { batches, bulk }) => sum + batches.length + bulk.length, 0)
  }

  /**
   * Whether any level has more than one batch that is not a bulk batch. If so, all of these batches except the newest
   * are full.
   */
  get hasFull(): boolean {
    return this.#levels.some(({ batches }) => batches.length > 1)
  }

  /** Returns when the oldest waiting query of a level arrived, or undefined if none is waiting. */
  oldestSince(level: number): number | undefined {
    const { batches, bulk } = this.#levels[level] as Level
    const [batch] = batches
    const [bulkBatch] = bulk
    return batch && bulkBatch ? Math.min(batch.since, bulkBatch.since) : (batch ?? bulkBatch)?.since
  }

  /** Returns the newest batch of a level that is not a bulk batch. */
  newest(level: number): Batch | undefined {
    return this.#levels[level]?.batches.at(-1)
  }

  /** Appends a batch to the queue of its level. */
  push(batch: Batch): void {
    this.#queueOf(batch).push(batch)
  }

  /**
   * Adds a query to a batch that has not started.
   * @param key identifies the query, by `keyOf`
   */
  add(query: RankingQuery, key: string, { level, queries, positions, waiting }: Batch): Promise<Answer> {
    this.#count(level, 1)
    let at = positions.get(key)
    if (at === undefined) {
      at = queries.push(query) - 1
      positions.set(key, at)
    }
    return new Promise((resolve, reject) => waiting.push({ at, resolve, reject }))
  }

  /**
   * Returns the batch to start next.
   * @param mayStart returns whether a bulk batch may start
   */
  next(mayStart: (bulk: Batch) => boolean): Batch | undefined {
    for (const { batches, bulk } of this.#levels) {
      const next = batches[0] ?? (bulk[0] && mayStart(bulk[0]) ? bulk[0] : undefined)
      if (next) return next
    }
    return undefined
  }

  /** Removes a batch, if it is waiting. */
  remove(batch: Batch): void {
    const queue = this.#queueOf(batch)
    const at = queue.indexOf(batch)
    if (at < 0) return
    queue.splice(at, 1)
    this.#count(batch.level, -batch.waiting.length)
  }

  #queueOf({ level, isBulk }: Batch): Batch[] {
    const { batches, bulk } = this.#levels[level] as Level
    return isBulk ? bulk : batches
  }

  #count(level: number, change: number): void {
    this.waiting[level] = (this.waiting[level] as number) + change
  }
}
