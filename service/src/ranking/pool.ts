import { fileURLToPath } from 'node:url'
import { Piscina, queueOptionsSymbol } from 'piscina'
import { processLimits } from '../process-limits.ts'
import { IndexBroker } from '../redis/index-broker.ts'
import { loadInThread } from '../redis/load-in-thread.ts'
import type { ReplicaStates } from '../redis/replicas.ts'
import type { Settings } from '../settings.ts'
import type { BinaryText } from '../text/strings.ts'
import { Admission, type Bound, type Load } from './admission.ts'
import { CRITICALITIES, type Criticality, levelOf } from './criticality.ts'
import {
  type BatchResult,
  keyOf,
  type RankingQuery,
  type RankingTask,
  type ReplicaReport,
  type ThreadData,
} from './messages.ts'
import { chooseThread } from './thread-choice.ts'
import { newHeartbeats, ThreadWatch } from './thread-watch.ts'

/** Why a query was rejected. The client gets status 503 in each case. */
export const REJECTIONS = ['overloaded', 'timeout', 'unavailable', 'stopping'] as const
export type Rejection = (typeof REJECTIONS)[number]

/** Thrown for a query that is not answered. */
export class RankingRejectedError extends Error {
  override name = 'RankingRejectedError'
  readonly rejection: Rejection
  /** The reason in metrics: the limit that was reached if there is one, otherwise the rejection. */
  readonly reason: Exclude<Rejection, 'overloaded'> | Bound

  constructor(rejection: Exclude<Rejection, 'overloaded'>, message: string)
  constructor(rejection: 'overloaded', message: string, bound: Bound)
  constructor(rejection: Rejection, message: string, bound?: Bound) {
    super(message)
    this.rejection = rejection
    this.reason = bound ?? (rejection as Exclude<Rejection, 'overloaded'>)
  }
}

/** One error per limit, created in advance because rejecting a query must be cheap. */
const OVERLOADED: Readonly<Record<Bound, RankingRejectedError>> = {
  pending: new RankingRejectedError('overloaded', 'too many queries are waiting', 'pending'),
  wait: new RankingRejectedError('overloaded', 'a query would wait too long', 'wait'),
  event_loop: new RankingRejectedError('overloaded', 'the event loop is delayed too much', 'event_loop'),
}

export const REPLICA_STATES = ['ready', 'connected', 'disconnected'] as const satisfies (keyof ReplicaStates)[]

/** The weight of the latest bulk batch in the moving average of the time per query. */
const BATCH_TIME_WEIGHT = 0.2
/**
 * The maximum number of batches that a ranking thread holds without having searched them: the one that it is searching,
 * and the next one. Searched batches that wait for Redis are not counted, so a thread can hold more of them if Redis is
 * slow.
 */
const UNSEARCHED_PER_THREAD = 2
/** The maximum number of batches of a ranking thread, including those that wait for Redis. Limits their memory use. */
const BATCHES_PER_THREAD = 32
/** How often to check whether a thread has searched a batch while other batches wait, in milliseconds. */
const POLL_MS = 2

/** Receives the pool's events, for metrics and logs. */
export interface PoolObserver {
  batch(queries: number, seconds: number): void
  retries(count: number): void
  /** A ranking thread failed outside a task, or hangs. Piscina replaces it. */
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

/** The answer to a query. */
export interface Answer {
  /** JSON. */
  body: BinaryText
  /** The version of the dataset. */
  version: string
}

/** The result of a successful check. */
export interface Checked {
  /** The version of the dataset. */
  version: string
  /** When the check began, as returned by `performance.now`. */
  since: number
}

interface Waiting {
  /** The position of the query in the batch. */
  at: number
  resolve: (answer: Answer) => void
  reject: (error: RankingRejectedError) => void
}

/** At most this many queries of one request, and at most this many requested entries in total, share a batch. */
const BULK_QUERIES = 8
const BULK_ENTRIES = 100
/** The part of the timeout that the estimated work may take. Estimates are not exact, and other work takes time, too. */
const BULK_TIMEOUT_SHARE = 0.75

/** The waiting batches of one criticality. */
interface Level {
  batches: Batch[]
  bulk: Batch[]
}

/** When the oldest waiting query of a level arrived; undefined if none is waiting. */
function oldestSince({ batches: [batch], bulk: [bulk] }: Level): number | undefined {
  return batch && bulk ? Math.min(batch.since, bulk.since) : (batch ?? bulk)?.since
}

/** Queries that are sent to a ranking thread as one task. Identical queries are sent only once. */
interface Batch {
  /** The position of its criticality in `CRITICALITIES`. */
  level: number
  /** Whether the queries come from a request that contained several queries. */
  isBulk: boolean
  queries: RankingQuery[]
  /** The position of each query in `queries`, by {@link keyOf}. */
  positions: Map<string, number>
  waiting: Waiting[]
  /** When the first query arrived, as returned by `performance.now`. */
  since: number
  /** Its slot in `searched` while it runs. */
  slot: number | undefined
  /** The thread that has the batch. Set only for bulk batches. */
  threadId: number | undefined
  /** Rejects the queries of the batch if it waits too long to start, or is not answered in time. */
  timer: NodeJS.Timeout
}

/**
 * Distributes queries among the ranking threads and returns the answers as JSON.
 *
 * A Piscina task and a Redis round trip cost more than ranking one query, so queries share them in batches. A batch
 * contains the queries of one turn of the event loop or, while all threads are busy, all queries that arrive until a
 * thread is free. Batches therefore grow with the load, and no query waits just to fill a batch.
 *
 * Queries that exceed the threads' capacity are rejected on arrival, because computing an answer that comes too late
 * only delays other answers. More critical queries are ranked first, and rejected last.
 *
 * Requests with several queries have batches of their own. If there are several threads, such batches never occupy all of
 * them, so that other queries do not have to wait.
 */
export class RankingPool {
  readonly #piscina: Piscina
  readonly #indexes: IndexBroker
  readonly #watch: ThreadWatch
  readonly #settings: Settings
  readonly #observer: PoolObserver
  readonly #eventLoopMs: () => number
  readonly #admission: Admission
  /** The last report of each thread, by thread id. */
  readonly #replicasOf = new Map<number, ReplicaStates>()
  /** Shared with the threads; see `ThreadData`. */
  readonly #searched: Int32Array<SharedArrayBuffer>
  readonly #freeSlots: number[]
  /** The slots of running batches that were not searched at the last check. */
  readonly #unsearched = new Set<number>()
  /** When the last batch started, if queries were still waiting and no other batch could start. */
  #blockedSince: number | undefined
  /** The timer that checks whether a thread has searched a batch. */
  #poll: NodeJS.Timeout | undefined
  /** Whether a batch was rejected because it waited too long, and no batch has been answered since. */
  #isStalled = false
  /**
   * Batches that have not started, by level, oldest first. Only the last one of a level accepts new queries. Bulk
   * batches start only if no other batches of their level are waiting.
   */
  readonly #levels: readonly Level[] = CRITICALITIES.map(() => ({ batches: [], bulk: [] }))
  /**
   * The load, for {@link Admission}. It is updated instead of created again, because rejecting a query must be cheap.
   * `waiting` is always up to date.
   */
  readonly #load = {
    eventLoopMs: 0,
    pending: 0,
    waiting: CRITICALITIES.map(() => 0),
    oldestSince: CRITICALITIES.map(() => 0),
  } satisfies Load
  readonly #runningBulk = new Set<Batch>()
  /** The number of queries in accepted requests with several queries. */
  #bulkQueries = 0
  /** The moving average of the time that a bulk batch takes per query, in milliseconds. */
  #bulkQueryMs = 0
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
    const slots = settings.RANKING_THREADS * BATCHES_PER_THREAD
    this.#searched = new Int32Array(new SharedArrayBuffer(slots * Int32Array.BYTES_PER_ELEMENT))
    this.#freeSlots = Array.from({ length: slots }, (_, slot) => slot)
    const { threadHeapMb } = processLimits(settings)
    const heartbeats = newHeartbeats()
    this.#indexes = new IndexBroker(loadInThread(settings), () => this.#piscina.threads.map(({ threadId }) => threadId))
    const { channelName: indexChannel } = this.#indexes
    this.#piscina = new Piscina({
      filename: fileURLToPath(new URL('./worker.js', import.meta.url)),
      workerData: { settings, heartbeats, indexChannel, searched: this.#searched } satisfies ThreadData,
      ...(threadHeapMb && { resourceLimits: { maxOldGenerationSizeMb: threadHeapMb } }),
      minThreads: settings.RANKING_THREADS,
      maxThreads: settings.RANKING_THREADS,
      concurrentTasksPerWorker: BATCHES_PER_THREAD,
      // With Atomics, an idle thread blocks its event loop and cannot maintain its Redis connections.
      atomics: 'disabled',
      loadBalancer: (task, threads) => {
        const bulkThreads = new Set(Array.from(this.#runningBulk, ({ threadId }) => threadId))
        const thread = chooseThread(threads, bulkThreads, BATCHES_PER_THREAD)
        const bulk = task[queueOptionsSymbol] as Batch | null
        if (bulk && thread) bulk.threadId = thread.id
        return thread
      },
      recordTiming: false,
    })
    this.#piscina.on('error', (error: Error) => observer.threadFailed(error))
    this.#piscina.on('message', ({ threadId, replicas }: ReplicaReport) => this.#replicasOf.set(threadId, replicas))
    // A thread that makes no progress for this long has missed the timeout of all its queries.
    this.#watch = new ThreadWatch(heartbeats, settings.RANKING_TIMEOUT_MS)
    this.#watch.start(
      () => this.#piscina.threads,
      settings.RANKING_THREADS,
      (thread) => {
        observer.threadFailed(new Error(`ranking thread ${thread.threadId} hangs and is being replaced`))
        void thread.terminate()
      },
      () => {
        // Piscina does not replace a thread that failed before it was ready, so stop the process to have it restarted.
        observer.threadFailed(
          new Error('a ranking thread failed to start and cannot be replaced: stopping this process'),
        )
        process.kill(process.pid, 'SIGTERM')
      },
    )
  }

  get state(): RankingState {
    const now = performance.now()
    return {
      pending: this.#load.pending,
      waitingBatches: this.#levels.reduce((sum, { batches, bulk }) => sum + batches.length + bulk.length, 0),
      runningBatches: this.#running,
      oldestWaitingMs: now - Math.min(...this.#levels.map((level) => oldestSince(level) ?? now)),
      threads: this.#piscina.threads.length,
      replicas: this.#replicas(),
    }
  }

  #replicas(): ReplicaStates {
    const sum = { ready: 0, connected: 0, disconnected: 0 }
    const threads = new Set(this.#piscina.threads.map(({ threadId }) => threadId))
    for (const [threadId, states] of this.#replicasOf) {
      // Ignore reports of threads that have ended.
      if (!threads.has(threadId)) this.#replicasOf.delete(threadId)
      else for (const state of REPLICA_STATES) sum[state] += states[state]
    }
    return sum
  }

  /** The error for a query that arrives now, or undefined if the query would be accepted. Cheap to call. */
  #rejection(criticality: Criticality): RankingRejectedError | undefined {
    if (this.#stopping) return stoppingError()
    const now = performance.now()
    const load = this.#load
    load.eventLoopMs = this.#eventLoopMs()
    for (let level = 0; level < this.#levels.length; level++) {
      load.oldestSince[level] = oldestSince(this.#levels[level] as Level) ?? now
    }
    const bound = this.#admission.rejection(criticality, load, now)
    if (bound) return OVERLOADED[bound]
    return this.#isStalled && !this.#canStart() ? OVERLOADED.wait : undefined
  }

  /** The number of batches that are being ranked. */
  get #running(): number {
    return this.#searched.length - this.#freeSlots.length
  }

  /** Maximum number of threads with bulk batches. If there are several threads, one is reserved for other batches. */
  get #bulkThreads(): number {
    return Math.max(1, this.#settings.RANKING_THREADS - 1)
  }

  /** The maximum number of queries in a batch. Ranking a batch must not delay more critical queries for long. */
  get #maxBatch(): number {
    return Math.min(this.#settings.RANKING_BATCH_MAX_QUERIES, this.#admission.batchLimit(performance.now()))
  }

  /** Whether another batch may start. */
  #canStart(): boolean {
    for (const slot of this.#unsearched) if (Atomics.load(this.#searched, slot) === 1) this.#unsearched.delete(slot)
    return this.#freeSlots.length > 0 && this.#unsearched.size < this.#settings.RANKING_THREADS * UNSEARCHED_PER_THREAD
  }

  /**
   * Ranks a query.
   * @throws {RankingRejectedError} if the query is not answered
   */
  rank(query: RankingQuery, criticality: Criticality): Promise<Answer> {
    const rejected = this.#rejection(criticality)
    if (rejected) return Promise.reject(rejected)
    const key = keyOf(query)
    const batch = this.#batchFor(key, levelOf(criticality))
    const isNew = !batch.positions.has(key)
    const answer = this.#add(query, key, batch)
    // The batch may be new, or may just have become full.
    if (isNew) this.#schedule()
    return answer
  }

  /**
   * Ranks the queries of one request, a few at a time, after those of other requests. All answers come from the same
   * dataset version.
   * @throws {RankingRejectedError} if any query is not answered
   */
  async rankAll(queries: readonly RankingQuery[], criticality: Criticality): Promise<Answer[]> {
    const keys = queries.map(keyOf)
    const different = [...new Map(queries.map((query, at) => [keys[at] as string, query]))]
    const rejected = this.#rejection(criticality) ?? this.#bulkRejection(different.length)
    if (rejected) throw rejected
    this.#bulkQueries += different.length
    try {
      const answers = await this.#rankDifferent(different, levelOf(criticality))
      const answerOf = new Map(different.map(([key], at) => [key, answers[at] as Answer]))
      return keys.map((key) => answerOf.get(key) as Answer)
    } finally {
      this.#bulkQueries -= different.length
    }
  }

  /** The error for a request with this many different queries, if it would probably miss its timeout. */
  #bulkRejection(queries: number): RankingRejectedError | undefined {
    if (this.#bulkQueries === 0) return undefined
    const ms = ((this.#bulkQueries + queries) * this.#bulkQueryMs) / this.#bulkThreads
    return ms > this.#settings.RANKING_TIMEOUT_MS * BULK_TIMEOUT_SHARE ? OVERLOADED.wait : undefined
  }

  async #rankDifferent(queries: readonly [key: string, query: RankingQuery][], level: number): Promise<Answer[]> {
    const until = performance.now() + this.#settings.RANKING_TIMEOUT_MS
    const answers: Answer[] = []
    let isSplit = true
    while (answers.length < queries.length) {
      const leftMs = until - performance.now()
      if (leftMs <= 0) throw this.#timeout()
      const batch = this.#newBatch(level, true, leftMs)
      const rest = queries.slice(answers.length)
      const some = isSplit ? rest.slice(0, this.#bulkSize(rest)) : rest
      const ranked = Promise.all(some.map(([key, query]) => this.#add(query, key, batch)))
      this.#levels[batch.level]?.bulk.push(batch)
      this.#schedule()
      const more = await ranked
      if (!answers[0] || answers[0].version === more[0]?.version) answers.push(...more)
      else {
        // While the data is being replaced, replicas have different versions. A single batch gets only one version.
        answers.length = 0
        isSplit = false
      }
    }
    return answers
  }

  /** Returns how many of the queries, starting with the first, are ranked together. */
  #bulkSize(queries: readonly [key: string, query: RankingQuery][]): number {
    const most = Math.min(BULK_QUERIES, this.#settings.RANKING_BATCH_MAX_QUERIES, queries.length)
    let entries = 0
    for (let size = 0; size < most; size++) {
      entries += (queries[size] as [string, RankingQuery])[1].limit
      if (entries > BULK_ENTRIES) return Math.max(1, size)
    }
    return most
  }

  #add(query: RankingQuery, key: string, { level, queries, positions, waiting }: Batch): Promise<Answer> {
    this.#load.pending += 1
    this.#countWaiting(level, 1)
    let at = positions.get(key)
    if (at === undefined) {
      at = queries.push(query) - 1
      positions.set(key, at)
    }
    return new Promise((resolve, reject) => waiting.push({ at, resolve, reject }))
  }

  #countWaiting(level: number, change: number): void {
    this.#load.waiting[level] = (this.#load.waiting[level] as number) + change
  }

  /**
   * Checks whether a query could be answered now.
   * @throws {RankingRejectedError} if it could not
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
      this.#run({ queries: [] })
        .then(({ version }) => resolve({ version, since }), reject)
        .finally(() => clearTimeout(timer))
    })
  }

  /** Returns up to `count` names, sampled evenly from the dataset, or none if no dataset is loaded. */
  sampleNames(count: number): Promise<string[]> {
    return this.#piscina.run(count, { name: 'sample' })
  }

  /** Stops the threads. Rejects queries that are still being ranked. */
  async close(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#poll)
    this.#watch.stop()
    await Promise.all([this.#indexes.close(), this.#piscina.destroy()])
  }

  /**
   * Returns the batch for a query: the last one of its level if that batch is not full or contains an equal query,
   * otherwise a new one.
   */
  #batchFor(key: string, level: number): Batch {
    const { batches } = this.#levels[level] as Level
    const last = batches.at(-1)
    if (last?.positions.has(key)) return last
    if (last && last.queries.length < this.#maxBatch) return last
    // All waiting batches are full, so they may start immediately. See `#schedule`.
    this.#start()
    const batch = this.#newBatch(level, false)
    batches.push(batch)
    return batch
  }

  /** @param timeoutMs timeout for the answers, in milliseconds */
  #newBatch(level: number, isBulk: boolean, timeoutMs = this.#settings.RANKING_TIMEOUT_MS): Batch {
    const { RANKING_BATCH_WAIT_MS, OVERLOAD_MAX_DELAY_MS, REDIS_COMMAND_TIMEOUT_MS } = this.#settings
    // The most critical queries may wait longer, so that another replica can answer if the first one does not.
    const maxWaitMs = RANKING_BATCH_WAIT_MS + OVERLOAD_MAX_DELAY_MS + (level === 0 ? REDIS_COMMAND_TIMEOUT_MS : 0)
    const remove = () => {
      if (batch.slot === undefined) this.#countWaiting(level, -batch.waiting.length)
      const queues = this.#levels[level] as Level
      queues.batches = queues.batches.filter((waiting) => waiting !== batch)
      queues.bulk = queues.bulk.filter((waiting) => waiting !== batch)
      // If nothing waits, the time until the next batch starts does not count as drain time.
      if (!this.#next()) this.#blockedSince = undefined
    }
    const timeOut = () => {
      remove()
      this.#reject(batch.waiting, this.#timeout())
    }
    const endWait = () => {
      if (batch.slot !== undefined) {
        batch.timer = setTimeout(timeOut, timeoutMs - maxWaitMs)
        return
      }
      if (level === 0 && !isBulk) this.#isStalled = true
      remove()
      this.#reject(batch.waiting, OVERLOADED.wait)
    }
    const timer = maxWaitMs < timeoutMs ? setTimeout(endWait, maxWaitMs) : setTimeout(timeOut, timeoutMs)
    const since = performance.now()
    const batch: Batch = {
      ...{ level, isBulk, queries: [], positions: new Map(), waiting: [], since, timer },
      ...{ slot: undefined, threadId: undefined },
    }
    return batch
  }

  /**
   * Schedules the start of waiting batches. All but the last batch of a level are full. They start immediately, because
   * a turn of the event loop can last as long as requests keep arriving. The last batch starts at the end of this turn,
   * or after RANKING_BATCH_WAIT_MS.
   */
  #schedule(): void {
    if (this.#levels.some(({ batches }) => batches.length > 1)) this.#start()
    const next = this.#next()
    if (!next) return
    const isFull = next.queries.length >= this.#maxBatch
    // A full batch does not have to wait.
    if (isFull && this.#wait) {
      clearTimeout(this.#wait)
      this.#wait = undefined
      this.#scheduled = false
    }
    if (this.#scheduled) return
    if (!this.#canStart()) {
      this.#poll ??= setTimeout(() => {
        this.#poll = undefined
        this.#schedule()
      }, POLL_MS)
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

  #start(): void {
    while (this.#canStart()) {
      const batch = this.#next()
      if (!batch) return
      this.#take(batch)
      void this.#answer(batch).finally(() => this.#schedule())
    }
  }

  /** Returns the batch to start next. */
  #next(): Batch | undefined {
    const mayBeBulk = this.#runningBulk.size < this.#bulkThreads
    for (const { batches, bulk } of this.#levels) {
      const next = batches[0] ?? (mayBeBulk ? bulk[0] : undefined)
      if (next) return next
    }
    return undefined
  }

  /** Takes a batch from its queue, and gives it a slot. */
  #take(batch: Batch): void {
    const { batches, bulk } = this.#levels[batch.level] as Level
    if (batch.isBulk) {
      bulk.shift()
      this.#runningBulk.add(batch)
    } else batches.shift()
    batch.slot = this.#freeSlots.pop() as number
    Atomics.store(this.#searched, batch.slot, 0)
    // A bulk batch lets other batches go first, so its thread does not count as busy.
    if (!batch.isBulk) this.#unsearched.add(batch.slot)
    const { level, waiting } = batch
    this.#countWaiting(level, -waiting.length)
    const now = performance.now()
    if (this.#blockedSince !== undefined) this.#admission.drained(waiting.length, now - this.#blockedSince, now)
    this.#admission.left(level, waiting.length, now)
    this.#admission.observe(this.#load.waiting, now)
    this.#blockedSince = this.#next() && !this.#canStart() ? now : undefined
  }

  async #answer(batch: Batch): Promise<void> {
    const { queries, waiting } = batch
    const slot = batch.slot as number
    const count = waiting.length
    const started = performance.now()
    try {
      const { bodies, version, retries } = await this.#run({ queries, slot }, batch.isBulk ? batch : undefined)
      this.#load.pending -= waiting.length
      for (const { at, resolve } of waiting) resolve({ body: bodies[at] as BinaryText, version })
      this.#isStalled = false
      if (retries > 0) this.#observer.retries(retries)
      // Ignore batches that were delayed by a failing replica.
      else if (batch.isBulk) {
        const queryMs = (performance.now() - started) / queries.length
        this.#bulkQueryMs += (queryMs - this.#bulkQueryMs) * BATCH_TIME_WEIGHT
      }
    } catch (error) {
      this.#reject(waiting, error as RankingRejectedError)
    } finally {
      clearTimeout(batch.timer)
      this.#unsearched.delete(slot)
      this.#freeSlots.push(slot)
      this.#runningBulk.delete(batch)
      this.#observer.batch(count, (performance.now() - started) / 1000)
    }
  }

  /** Rejects the queries of a batch and removes them, so that a late result is ignored. */
  #reject(waiting: Waiting[], error: RankingRejectedError): void {
    this.#load.pending -= waiting.length
    for (const { reject } of waiting.splice(0)) reject(error)
  }

  #timeout(): RankingRejectedError {
    return new RankingRejectedError('timeout', `no answer within ${this.#settings.RANKING_TIMEOUT_MS} ms`)
  }

  async #run(task: RankingTask, bulk?: Batch) {
    let result: BatchResult
    try {
      result = bulk
        ? await this.#piscina.run({ ...task, [queueOptionsSymbol]: bulk }, { name: 'rankBulk' })
        : await this.#piscina.run(task)
    } catch (error) {
      if (this.#stopping) throw stoppingError()
      throw new RankingRejectedError('unavailable', `the ranking thread failed: ${(error as Error).message}`)
    }
    if (result.ok) return result
    throw new RankingRejectedError('unavailable', result.reason)
  }
}

/** Returns the error for queries that the service no longer answers because it is stopping. */
export const stoppingError = () => new RankingRejectedError('stopping', 'the service is stopping')
