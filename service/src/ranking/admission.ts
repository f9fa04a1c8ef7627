import { CRITICALITIES, type Criticality, levelOf } from './criticality.ts'

/** The limit that an overloaded service has reached. */
export type Bound = 'pending' | 'wait' | 'event_loop'

/**
 * For each criticality, the part of two limits that its queries may use: the limit on the event-loop delay, and the
 * limit on pending queries. The rest is reserved for more critical queries.
 */
const SHARES: Readonly<Record<Criticality, number>> = { typed: 1, retry: 0.75, prefetch: 0.5, background: 0.25 }

/**
 * If a queue has not been empty for some time (a standing queue), queries may wait in it for only this part of the
 * maximum delay. A standing queue only adds delay, whereas a queue that empties absorbs bursts.
 */
const STANDING_SHARE = 0.75

/**
 * The drain rate is the rate at which queries leave the queue. At least this part of it counts as available to less
 * critical queries, because the rate of more critical queries is only an estimate, and may fall at any time.
 */
const AVAILABLE_SHARE = 0.5

/**
 * The part of the maximum delay that ranking a batch may take. No query can overtake a batch that a thread has taken.
 */
const BATCH_SHARE = 0.125
/** The lowest limit on the queries in a batch. Sending a smaller batch to a thread would cost more than ranking it. */
const MIN_BATCH = 4

/** The current load. Times are in milliseconds. */
export interface Load {
  /** The delay of the event loop. */
  eventLoopMs: number
  /** The number of queries that wait or are being ranked. */
  pending: number
  /** The number of waiting queries of each criticality, in the order of `CRITICALITIES`. */
  waiting: readonly number[]
  /** For each criticality, the arrival time of its oldest waiting query, as returned by `performance.now`. */
  oldestSince: readonly number[]
}

/**
 * Decides which queries are accepted.
 *
 * As in CoDel, the limit depends on how long ago the queue was last empty. The wait of a new query is estimated from
 * the number of queries ahead of it and the rate at which the queue drains. Neither the limit nor the estimate depends
 * on the latency of Redis. Only queries of the same or a higher criticality count as ahead, and only the capacity that
 * more critical queries do not need counts as available. A query is therefore never rejected while a less critical
 * query would be accepted.
 */
export class Admission {
  readonly #maxDelayMs: number
  readonly #maxPending: number
  /**
   * The time for which the queue drained, in milliseconds, and the number of queries that left it in this time. Recent
   * times count more.
   */
  #drainMs = 0
  #drained = 0
  /** When the drain rate was last measured. */
  #drainedAt = 0
  /**
   * For each criticality, the number of more critical queries that left the queue. Recent queries count more. The
   * numbers were last updated at `#countedAt`.
   */
  readonly #moreCritical = CRITICALITIES.map(() => 0)
  #countedAt = 0
  /** For each criticality, the last time at which no query of the same or a higher criticality was waiting. */
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
   * @param milliseconds the period in which these queries left; the queue was never empty during this period
   * @param now when the last of these queries left
   */
  drained(queries: number, milliseconds: number, now: number): void {
    if (!this.#hasRate(now - milliseconds)) {
      this.#drainMs = 0
      this.#drained = 0
    }
    this.#drainedAt = now
    const weight = Math.exp(-milliseconds / this.#maxDelayMs)
    // Recent times count more even within one period: the end of the period counts fully, and its beginning less.
    const part = milliseconds > 0 ? ((1 - weight) * this.#maxDelayMs) / milliseconds : 1
    this.#drainMs = this.#drainMs * weight + milliseconds * part
    this.#drained = this.#drained * weight + queries * part
  }

  /** Records that queries left the queue. `level` is the position of their criticality in `CRITICALITIES`. */
  dequeued(level: number, queries: number, now: number): void {
    const weight = this.#weightAt(now)
    for (let at = 1; at < this.#moreCritical.length; at++) {
      this.#moreCritical[at] = (this.#moreCritical[at] as number) * weight + (at > level ? queries : 0)
    }
    this.#countedAt = now
  }

  /**
   * For each criticality, notes the time if no query of the same or a higher criticality is waiting. Call it after queries
   * have left the queue.
   */
  observe(waiting: readonly number[], now: number): void {
    for (let level = 0; level < waiting.length && waiting[level] === 0; level++) this.#emptyAt[level] = now
  }

  /** Returns the maximum number of queries in a batch. */
  batchLimit(now: number): number {
    if (!this.#hasRate(now)) return Number.POSITIVE_INFINITY
    return Math.max(MIN_BATCH, Math.floor(this.#perMs * this.#maxDelayMs * BATCH_SHARE))
  }

  /** If a query that arrives now must be rejected, returns the limit that was reached. Otherwise, returns undefined. */
  rejection(criticality: Criticality, load: Load, now: number): Bound | undefined {
    const share = SHARES[criticality]
    if (load.eventLoopMs > this.#maxDelayMs * share) return 'event_loop'
    if (load.pending >= this.#maxPending * share) return 'pending'
    this.observe(load.waiting, now)
    const level = levelOf(criticality)
    let ahead = 0
    let oldestSince = now
    for (let at = 0; at <= level; at++) {
      const waiting = load.waiting[at] as number
      if (waiting === 0) continue
      ahead += waiting
      oldestSince = Math.min(oldestSince, load.oldestSince[at] as number)
    }
    if (ahead === 0) return undefined
    if (now - oldestSince > this.#maxDelayMs) return 'wait'
    const isStanding = now - (this.#emptyAt[level] as number) > this.#maxDelayMs
    const maxWaitMs = this.#maxDelayMs * (isStanding ? STANDING_SHARE : 1)
    return this.#waitMs(level, ahead, now) > maxWaitMs ? 'wait' : undefined
  }

  /** Estimates how long a query waits for the queries ahead of it, and for more critical queries that arrive later. */
  #waitMs(level: number, ahead: number, now: number): number {
    if (!this.#hasRate(now)) return 0
    const moreCritical = ((this.#moreCritical[level] as number) * this.#weightAt(now)) / this.#maxDelayMs
    return ahead / Math.max(this.#perMs * AVAILABLE_SHARE, this.#perMs - moreCritical)
  }

  /**
   * Whether a drain rate was measured recently. A rate from an earlier queue, such as during an outage, is outdated.
   */
  #hasRate(now: number): boolean {
    return this.#drained > 0 && now - this.#drainedAt <= this.#maxDelayMs
  }

  /** The drain rate, in queries per millisecond. */
  get #perMs(): number {
    return this.#drained / Math.max(this.#drainMs, Number.EPSILON)
  }

  /** Returns the factor by which the numbers in `#moreCritical` have decayed since they were last updated. */
  #weightAt(now: number): number {
    return Math.exp((this.#countedAt - now) / this.#maxDelayMs)
  }
}
