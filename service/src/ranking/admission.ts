import { CRITICALITIES, type Criticality, levelOf } from './criticality.ts'

/** The limit that an overloaded service has reached. */
export type Bound = 'pending' | 'wait' | 'event_loop'

/** The part of each limit that a criticality may use. The rest is reserved for more critical queries. */
const SHARES: Readonly<Record<Criticality, number>> = { typed: 1, retry: 0.75, prefetch: 0.5, background: 0.25 }

/**
 * The part of the maximum delay that a query may wait in a standing queue, which has not been empty for some time. Such
 * a queue only adds delay, whereas a queue that empties absorbs bursts.
 */
const STANDING_SHARE = 0.75

/** The part of the maximum delay that ranking a batch may take. No query can overtake a batch that a thread has. */
const BATCH_SHARE = 0.125
/** The smallest limit on the queries in a batch. Passing on a smaller batch would cost more than ranking it. */
const MIN_BATCH = 4

/** The current load. Times are in milliseconds. */
export interface Load {
  /** The delay of the event loop. */
  eventLoopMs: number
  /** The number of queries that wait or are being ranked. */
  pending: number
  /** The number of waiting queries of each criticality, in the order of `CRITICALITIES`. */
  waiting: readonly number[]
  /** For each criticality, how long its oldest waiting query has been waiting; 0 if none is waiting. */
  oldestMs: readonly number[]
}

/**
 * Decides which queries are accepted.
 *
 * As in CoDel, the limit depends on how long the queue has not been empty. The wait of a new query is estimated from
 * the number of queries ahead of it and the rate at which the queue drains. Neither the limit nor the estimate depends
 * on the latency of Redis. Only queries of the same or a higher criticality count as ahead, so a query is never
 * rejected while a less critical query would be accepted.
 */
export class Admission {
  readonly #maxDelayMs: number
  readonly #maxPending: number
  /** Recent time in which the queue drained, in milliseconds, and the number of queries that left it. */
  #drainMs = 0
  #drained = 0
  /** For each criticality, the last time at which no query of it or of a higher criticality was waiting. */
  readonly #emptyAt = CRITICALITIES.map(() => 0)

  /**
   * @param maxDelayMs the maximum delay of the event loop, and the maximum wait in a queue that empties
   * @param maxPending the maximum number of queries that wait or are being ranked
   */
  constructor(maxDelayMs: number, maxPending: number) {
    this.#maxDelayMs = maxDelayMs
    this.#maxPending = maxPending
  }

  /**
   * Measures the drain rate.
   * @param queries the number of queries that left the queue
   * @param milliseconds the time in which they left, during which the queue was never empty
   */
  drained(queries: number, milliseconds: number): void {
    const weight = Math.exp(-milliseconds / this.#maxDelayMs)
    // The weight also decays within this time, so the beginning of a long time counts less than its end.
    const part = milliseconds > 0 ? ((1 - weight) * this.#maxDelayMs) / milliseconds : 1
    this.#drainMs = this.#drainMs * weight + milliseconds * part
    this.#drained = this.#drained * weight + queries * part
  }

  /** Notes which queues are empty. Call it after queries have left the queue. */
  observe(waiting: readonly number[], now: number): void {
    for (let level = 0; level < waiting.length && waiting[level] === 0; level++) this.#emptyAt[level] = now
  }

  /** The maximum number of queries in a batch. */
  get batchLimit(): number {
    if (this.#drained === 0) return Number.POSITIVE_INFINITY
    const perMs = this.#drained / Math.max(this.#drainMs, Number.EPSILON)
    return Math.max(MIN_BATCH, Math.floor(perMs * this.#maxDelayMs * BATCH_SHARE))
  }

  /** Returns the limit that makes the service reject a query that arrives now, or undefined if it is accepted. */
  refusal(criticality: Criticality, load: Load, now: number): Bound | undefined {
    const share = SHARES[criticality]
    if (load.eventLoopMs > this.#maxDelayMs * share) return 'event_loop'
    if (load.pending >= this.#maxPending * share) return 'pending'
    this.observe(load.waiting, now)
    const level = levelOf(criticality)
    const ahead = sum(load.waiting, level)
    if (ahead === 0) return undefined
    const isStanding = now - (this.#emptyAt[level] as number) > this.#maxDelayMs
    const maxWaitMs = this.#maxDelayMs * (isStanding ? STANDING_SHARE : 1)
    const waitMs = this.#drained > 0 ? (ahead * this.#drainMs) / this.#drained : 0
    const oldestMs = Math.max(...load.oldestMs.slice(0, level + 1))
    return waitMs > maxWaitMs || oldestMs > this.#maxDelayMs ? 'wait' : undefined
  }
}

function sum(values: readonly number[], last: number): number {
  let total = 0
  for (let at = 0; at <= last; at++) total += values[at] as number
  return total
}
