import type { ReplicaStates } from '../redis/replicas.ts'
import type { Settings } from '../settings.ts'
import type { BinaryText } from '../text/strings.ts'
import { Admission, type Load } from './admission.ts'
import { type Answer, type Batch, BatchQueues, type Waiting } from './batch-queues.ts'
import { BatchSlots } from './batch-slots.ts'
import { BulkWork, bulkSize, EXPENSIVE_QUERIES } from './bulk-requests.ts'
import { CRITICALITIES, type Criticality, levelOf } from './criticality.ts'
import { mayBeExpensive } from './expensive-queries.ts'
import { keyOf, type RankingQuery } from './messages.ts'
import { RankingThreads } from './ranking-threads.ts'
import { OVERLOADED, type RankingRejectedError, stoppingError, timeoutError } from './rejections.ts'

/** Interval for checking whether a thread has finished searching a batch, in milliseconds. Used while batches wait. */
const POLL_MS = 2

/** Receives the pool's events, for metrics and logs. */
export interface PoolObserver {
  batch(queries: number, seconds: number): void
  retries(count: number): void
  /** Called when a ranking thread fails or hangs. Piscina replaces the thread, unless it failed while it started. */
  threadFailed(error: Error): void
}

/** The current load, and the states of threads and replicas. */
export interface RankingState {
  /** The number of queries that are waiting or being ranked. */
  pending: number
  waitingBatches: number
  runningBatches: number
  /** How long the oldest query has been waiting, in milliseconds. */
  oldestWaitingMs: number
  threads: number
  /** The sums over all threads. */
  replicas: ReplicaStates
}

/** The result of a successful check. */
export interface Checked {
  /** The version of the dataset. */
  version: string
  /** When the check began, as returned by `performance.now`. */
  since: number
}

/**
 * Distributes queries among the ranking threads and returns the answers as JSON.
 *
 * A Piscina task and a Redis round trip cost more than ranking one query, so queries share them in batches. A batch
 * contains the queries of one turn of the event loop or, while all threads are busy, all queries that arrive until a
 * thread is free. Batches therefore grow with the load, and no query waits just to fill a batch.
 *
 * Queries that exceed the threads' capacity are rejected on arrival, because computing an answer that would come too
 * late only delays other answers. More critical queries are ranked first and rejected last.
 *
 * Requests with several queries have their own batches, and so do queries that may be expensive. If there are several
 * threads, these batches never occupy all of them, so that other queries do not have to wait.
 */
export class RankingPool {
  readonly #settings: Settings
  readonly #observer: PoolObserver
  readonly #eventLoopMs: () => number
  readonly #admission: Admission
  readonly #slots: BatchSlots
  readonly #threads: RankingThreads
  /** Only the newest batch of a level accepts new queries. */
  readonly #queues = new BatchQueues()
  /**
   * The maximum number of threads with bulk batches. If there are several threads, one is reserved for other batches.
   */
  readonly #bulkThreads: number
  readonly #bulkWork: BulkWork
  /** The bulk batch that accepts queries that may be expensive. */
  #expensive: Batch | undefined
  /**
   * The load, for {@link Admission}. It is updated instead of created again, because rejecting a query must be cheap.
   */
  readonly #load = {
    eventLoopMs: 0,
    pending: 0,
    waiting: this.#queues.waiting,
    oldestSince: CRITICALITIES.map(() => 0),
  } satisfies Load
  /** When the last batch started. Set only while queries are waiting but no batch can start. */
  #blockedSince: number | undefined
  /** The timer that checks whether a thread has searched a batch. */
  #poll: NodeJS.Timeout | undefined
  /** Whether typed queries were rejected because their batch waited too long, and no batch has been answered since. */
  #isStalled = false
  #scheduled = false
  /** The timer of a batch that is still collecting queries. */
  #wait: NodeJS.Timeout | undefined
  /** The check in progress. */
  #checking: Promise<Checked> | undefined
  #stopping = false

  /** @param eventLoopMs returns the delay of the event loop, in milliseconds */
  constructor(settings: Settings, observer: PoolObserver, eventLoopMs: () => number) {
    this.#settings = settings
    this.#observer = observer
    this.#eventLoopMs = eventLoopMs
    this.#admission = new Admission(settings.OVERLOAD_MAX_DELAY_MS, settings.RANKING_MAX_PENDING)
    this.#slots = new BatchSlots(settings.RANKING_THREADS)
    this.#threads = new RankingThreads(settings, this.#slots.searched, (error) => observer.threadFailed(error))
    this.#bulkThreads = Math.max(1, settings.RANKING_THREADS - 1)
    this.#bulkWork = new BulkWork(this.#bulkThreads, settings.RANKING_TIMEOUT_MS)
  }

  get state(): RankingState {
    const now = performance.now()
    return {
      pending: this.#load.pending,
      waitingBatches: this.#queues.size,
      runningBatches: this.#slots.used,
      oldestWaitingMs: now - Math.min(...CRITICALITIES.map((_, level) => this.#queues.oldestSince(level) ?? now)),
      threads: this.#threads.count,
      replicas: this.#threads.replicas,
    }
  }

  /**
   * Ranks a query.
   * @throws {RankingRejectedError} if the query is not answered
   */
  rank(query: RankingQuery, criticality: Criticality): Promise<Answer> {
    if (mayBeExpensive(query)) return this.#rankExpensive(query)
    const rejected = this.#rejection(criticality)
    if (rejected) return Promise.reject(rejected)
    const key = keyOf(query)
    const batch = this.#batchFor(key, levelOf(criticality))
    const isNew = !batch.positions.has(key)
    const answer = this.#add(query, key, batch)
    // Schedule, because the query may have created or filled a batch.
    if (isNew) this.#schedule()
    return answer
  }

  /**
   * Ranks a query that may be expensive. Treats it like a query in a request with several queries, and as least
   * critical. Therefore, a client that sends many such queries does not delay other queries.
   */
  async #rankExpensive(query: RankingQuery): Promise<Answer> {
    const criticality = 'background'
    this.#requireBulk(1, criticality)
    this.#bulkWork.add(1)
    try {
      let batch = this.#expensive
      if (!batch || batch.queries.length >= EXPENSIVE_QUERIES) {
        batch = this.#newBatch({ level: levelOf(criticality), isBulk: true, isExpensive: true })
        this.#expensive = batch
        this.#queues.push(batch)
      }
      const answer = this.#add(query, keyOf(query), batch)
      this.#schedule()
      return await answer
    } finally {
      this.#bulkWork.add(-1)
    }
  }

  /**
   * @throws {RankingRejectedError} if the service is overloaded, or if this many bulk queries would not be answered in
   * time
   */
  #requireBulk(queries: number, criticality: Criticality): void {
    const rejected = this.#rejection(criticality)
    if (rejected) throw rejected
    if (!this.#bulkWork.accepts(queries)) throw OVERLOADED.wait
  }

  /**
   * Ranks the queries of one request, a few at a time. Requests with a single query have precedence. All answers come
   * from the same dataset version.
   * @throws {RankingRejectedError} if any query is not answered
   */
  async rankAll(queries: readonly RankingQuery[], criticality: Criticality): Promise<Answer[]> {
    const keys = queries.map(keyOf)
    const different = [...new Map(queries.map((query, at) => [keys[at] as string, query]))]
    this.#requireBulk(different.length, criticality)
    this.#bulkWork.add(different.length)
    try {
      const answers = await this.#rankDifferent(different, levelOf(criticality))
      const answerOf = new Map(different.map(([key], at) => [key, answers[at] as Answer]))
      return keys.map((key) => answerOf.get(key) as Answer)
    } finally {
      this.#bulkWork.add(-different.length)
    }
  }

  async #rankDifferent(queries: readonly [key: string, query: RankingQuery][], level: number): Promise<Answer[]> {
    const until = performance.now() + this.#settings.RANKING_TIMEOUT_MS
    const answers: Answer[] = []
    let isSplit = true
    while (answers.length < queries.length) {
      const leftMs = until - performance.now()
      if (leftMs <= 0) throw this.#timeout()
      const batch = this.#newBatch({ level, isBulk: true, isExpensive: false }, leftMs)
      const rest = queries.slice(answers.length)
      const size = bulkSize(
        rest.map(([, query]) => query),
        this.#settings.RANKING_BATCH_MAX_QUERIES,
      )
      const some = isSplit ? rest.slice(0, size) : rest
      const ranked = Promise.all(some.map(([key, query]) => this.#add(query, key, batch)))
      this.#queues.push(batch)
      this.#schedule()
      const more = await ranked
      if (!answers[0] || answers[0].version === more[0]?.version) answers.push(...more)
      else {
        // While the data is being replaced, replicas have different versions. All answers of a request must come from
        // one version, so all of its queries are ranked again, in a single batch.
        answers.length = 0
        isSplit = false
      }
    }
    return answers
  }

  /**
   * Checks whether a query could be answered now.
   * @throws {RankingRejectedError} if it could not be answered
   */
  check(): Promise<Checked> {
    // Concurrent callers share one check, because no limit applies to checks.
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined
    })
    return this.#checking
  }

  #check(): Promise<Checked> {
    const since = performance.now()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#timeout()), this.#settings.RANKING_TIMEOUT_MS)
      this.#threads
        .run({ queries: [] })
        .then(({ version }) => resolve({ version, since }), reject)
        .finally(() => clearTimeout(timer))
    })
  }

  /** Returns up to `count` names, sampled evenly from the dataset, or none if no dataset is loaded. */
  sampleNames(count: number): Promise<string[]> {
    return this.#threads.sampleNames(count)
  }

  /** Stops the threads. Rejects queries that are still being ranked. */
  async close(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#poll)
    await this.#threads.close()
  }

  /** Returns the error for a query that arrives now, or undefined if the query would be accepted. This check is cheap. */
  #rejection(criticality: Criticality): RankingRejectedError | undefined {
    if (this.#stopping) return stoppingError()
    const now = performance.now()
    const load = this.#load
    load.eventLoopMs = this.#eventLoopMs()
    for (let level = 0; level < CRITICALITIES.length; level++) {
      load.oldestSince[level] = this.#queues.oldestSince(level) ?? now
    }
    const bound = this.#admission.rejection(criticality, load, now)
    if (bound) return OVERLOADED[bound]
    return this.#isStalled && !this.#slots.canStart() ? OVERLOADED.wait : undefined
  }

  /**
   * Returns the batch for a query: the newest batch of its level if that batch is not full or contains an equal query,
   * otherwise a new batch.
   */
  #batchFor(key: string, level: number): Batch {
    const newest = this.#queues.newest(level)
    if (newest?.positions.has(key)) return newest
    if (newest && newest.queries.length < this.#maxBatch) return newest
    // All waiting batches of this level are full, so they may start immediately. See `#schedule`.
    this.#start()
    const batch = this.#newBatch({ level, isBulk: false, isExpensive: false })
    this.#queues.push(batch)
    return batch
  }

  /** The maximum number of queries in a batch. Ranking a batch must not delay more critical queries for long. */
  get #maxBatch(): number {
    return Math.min(this.#settings.RANKING_BATCH_MAX_QUERIES, this.#admission.batchLimit(performance.now()))
  }

  /** @param timeoutMs timeout for the answers, in milliseconds */
  #newBatch(
    kind: Pick<Batch, 'level' | 'isBulk' | 'isExpensive'>,
    timeoutMs = this.#settings.RANKING_TIMEOUT_MS,
  ): Batch {
    const { level, isBulk } = kind
    const { RANKING_BATCH_WAIT_MS, OVERLOAD_MAX_DELAY_MS, REDIS_COMMAND_TIMEOUT_MS } = this.#settings
    // The most critical queries may wait longer, so that another replica can answer if the first replica does not.
    const maxWaitMs = RANKING_BATCH_WAIT_MS + OVERLOAD_MAX_DELAY_MS + (level === 0 ? REDIS_COMMAND_TIMEOUT_MS : 0)
    const timeOut = () => {
      this.#remove(batch)
      this.#reject(batch.waiting, this.#timeout())
    }
    const endWait = () => {
      if (batch.slot !== undefined) {
        batch.timer = setTimeout(timeOut, timeoutMs - maxWaitMs)
        return
      }
      if (level === 0 && !isBulk) this.#isStalled = true
      this.#remove(batch)
      this.#reject(batch.waiting, OVERLOADED.wait)
    }
    const timer = maxWaitMs < timeoutMs ? setTimeout(endWait, maxWaitMs) : setTimeout(timeOut, timeoutMs)
    const since = performance.now()
    const batch: Batch = {
      ...kind,
      queries: [],
      positions: new Map(),
      waiting: [],
      since,
      slot: undefined,
      timer,
    }
    return batch
  }

  #add(query: RankingQuery, key: string, batch: Batch): Promise<Answer> {
    this.#load.pending += 1
    return this.#queues.add(query, key, batch)
  }

  /** Removes a batch from the waiting batches, without starting it. */
  #remove(batch: Batch): void {
    this.#leave(batch)
    // If nothing waits, the time until the next batch starts does not count as drain time.
    if (!this.#next()) this.#blockedSince = undefined
  }

  /** Takes a batch out of its queue, so that it accepts no more queries. */
  #leave(batch: Batch): void {
    if (this.#expensive === batch) this.#expensive = undefined
    this.#queues.remove(batch)
  }

  /**
   * Schedules the start of waiting batches. All batches of a level except the newest are full. Full batches start
   * immediately, because a turn of the event loop can last as long as requests keep arriving. The newest batch starts
   * at the end of this turn, or after RANKING_BATCH_WAIT_MS.
   */
  #schedule(): void {
    if (this.#queues.hasFull) this.#start()
    const next = this.#next()
    if (!next) {
      if (this.#queues.size > 0) this.#scheduleLater()
      return
    }
    const isFull = next.queries.length >= this.#maxBatch
    // A full batch does not have to wait.
    if (isFull && this.#wait) {
      clearTimeout(this.#wait)
      this.#wait = undefined
      this.#scheduled = false
    }
    if (this.#scheduled) return
    if (!this.#slots.canStart()) {
      this.#scheduleLater()
      return
    }
    this.#scheduled = true
    const start = () => {
      this.#scheduled = false
      this.#wait = undefined
      this.#start()
    }
    const waited = performance.now() - next.since
    const wait = isFull ? 0 : this.#settings.RANKING_BATCH_WAIT_MS - waited
    if (wait > 0) this.#wait = setTimeout(start, wait)
    else setImmediate(start)
  }

  /** Schedules the start of waiting batches again soon, when a thread may have searched a batch. */
  #scheduleLater(): void {
    this.#poll ??= setTimeout(() => {
      this.#poll = undefined
      this.#schedule()
    }, POLL_MS)
  }

  /** Starts as many waiting batches as possible. */
  #start(): void {
    while (this.#slots.canStart()) {
      const batch = this.#next()
      if (!batch) return
      this.#leave(batch)
      batch.slot = this.#slots.take(batch.isBulk)
      void this.#answer(batch, batch.slot).finally(() => this.#schedule())
      this.#measureDrain(batch)
    }
  }

  /** Returns the batch to start next. */
  #next(): Batch | undefined {
    return this.#queues.next(({ isExpensive }) =>
      isExpensive ? this.#slots.canStartExpensive(this.#bulkThreads) : this.#threads.runningBulk < this.#bulkThreads,
    )
  }

  /** Reports to {@link Admission} that a batch has left its queue. */
  #measureDrain({ level, waiting }: Batch): void {
    const now = performance.now()
    if (this.#blockedSince !== undefined) this.#admission.drained(waiting.length, now - this.#blockedSince, now)
    this.#admission.dequeued(level, waiting.length, now)
    this.#admission.observe(this.#queues.waiting, now)
    this.#blockedSince = this.#next() && !this.#slots.canStart() ? now : undefined
  }

  async #answer(batch: Batch, slot: number): Promise<void> {
    const { queries, waiting, isBulk } = batch
    const count = waiting.length
    const started = performance.now()
    try {
      const ranked = isBulk ? this.#threads.runBulk({ queries, slot }) : this.#threads.run({ queries, slot })
      const { bodies, version, retries } = await ranked
      this.#load.pending -= waiting.length
      for (const { at, resolve } of waiting) resolve({ body: bodies[at] as BinaryText, version })
      this.#isStalled = false
      if (retries > 0) this.#observer.retries(retries)
      // Ignore batches that were delayed by a failing replica.
      else if (isBulk) this.#bulkWork.took(performance.now() - started, queries.length)
    } catch (error) {
      this.#reject(waiting, error as RankingRejectedError)
    } finally {
      clearTimeout(batch.timer)
      this.#slots.release(slot)
      this.#observer.batch(count, (performance.now() - started) / 1000)
    }
  }

  /** Rejects the queries of a batch and removes them, so that a late result is ignored. */
  #reject(waiting: Waiting[], error: RankingRejectedError): void {
    this.#load.pending -= waiting.length
    for (const { reject } of waiting.splice(0)) reject(error)
  }

  #timeout(): RankingRejectedError {
    return timeoutError(this.#settings.RANKING_TIMEOUT_MS)
  }
}
