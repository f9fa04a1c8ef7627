import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { processLimits } from '../process-limits.ts'
import { IndexBroker } from '../redis/index-broker.ts'
import { loadInThread } from '../redis/load-in-thread.ts'
import type { ReplicaStates } from '../redis/replicas.ts'
import type { Settings } from '../settings.ts'
import type { BinaryText } from '../text/strings.ts'
import type { BatchResult, RankingQuery, RankingTask, ReplicaReport, ThreadData } from './messages.ts'
import { newHeartbeats, ThreadWatch } from './thread-watch.ts'

/** Why a query was not answered; each is a 503 for the client. */
export type Refusal = 'overloaded' | 'timeout' | 'unavailable' | 'stopping'

/** Which bound an overloaded service has reached. */
export type Bound = 'pending' | 'wait' | 'event_loop'

/** A query that was not answered. */
export class RankingRefusedError extends Error {
  override name = 'RankingRefusedError'
  readonly refusal: Refusal
  /** What metrics call it: the bound, where that is known. */
  readonly reason: Exclude<Refusal, 'overloaded'> | Bound

  constructor(refusal: Exclude<Refusal, 'overloaded'>, message: string)
  constructor(refusal: 'overloaded', message: string, bound: Bound)
  constructor(refusal: Refusal, message: string, bound?: Bound) {
    super(message)
    this.refusal = refusal
    this.reason = bound ?? (refusal as Exclude<Refusal, 'overloaded'>)
  }
}

/** An error for each bound: made once, as whoever is refused is to cost next to nothing. */
const OVERLOADED: Readonly<Record<Bound, RankingRefusedError>> = {
  pending: new RankingRefusedError('overloaded', 'too many queries are waiting', 'pending'),
  wait: new RankingRefusedError('overloaded', 'a query would wait too long', 'wait'),
  event_loop: new RankingRefusedError('overloaded', 'the event loop is too late', 'event_loop'),
}

export const REPLICA_STATES = ['ready', 'connected', 'disconnected'] as const satisfies (keyof ReplicaStates)[]

/** How much the time of one batch changes what is expected of the next. */
const BATCH_TIME_WEIGHT = 0.2

/** What the pool tells whoever counts. */
export interface PoolObserver {
  batch(queries: number, seconds: number): void
  retries(count: number): void
  /** A ranking thread died outside of a task, or hangs; Piscina starts another. */
  threadFailed(error: Error): void
}

/** How much there is to do now. */
export interface RankingState {
  /** Queries that wait or are being ranked. */
  pending: number
  waitingBatches: number
  runningBatches: number
  /** How long the query that waits for the longest has, in milliseconds. */
  oldestWaitingMs: number
  threads: number
  /** Of all threads together. */
  replicas: ReplicaStates
}

/** The answer to a query. */
export interface Answer {
  /** JSON. */
  body: BinaryText
  /** Of the dataset. */
  version: string
}

interface Waiting {
  /** Which of the batch's queries it waits for. */
  at: number
  resolve: (answer: Answer) => void
  reject: (error: RankingRefusedError) => void
}

/** Queries that go to a ranking thread as one task; equal ones are one. */
interface Batch {
  queries: RankingQuery[]
  /** The position of each in `queries`, by its {@link identityOf}. */
  positions: Map<string, number>
  waiting: Waiting[]
  /** When its first query came; see `performance.now`. */
  since: number
  isRunning: boolean
  /** Refuses what is not answered when the time of the query that came first is over, and before, what still waits. */
  timer: NodeJS.Timeout
}

/**
 * The ranking threads, as the HTTP side sees them: a query in, the JSON of its answer out.
 *
 * A Piscina task and a Redis round trip cost more than ranking one query, so queries share them: all of one turn of the event loop,
 * and while the threads have as many batches as they work on, all that arrive until one is done. So batches are as large as
 * the load makes them, and nobody waits for a batch to fill.
 *
 * More than the threads can do is refused when it comes: a query that would be answered too late only keeps others waiting.
 */
export class RankingPool {
  readonly #piscina: Piscina
  readonly #indexes: IndexBroker
  readonly #watch: ThreadWatch
  readonly #settings: Settings
  readonly #observer: PoolObserver
  readonly #maxRunning: number
  readonly #isLate: () => boolean
  /** What each thread told last, by its number. */
  readonly #replicasOf = new Map<number, ReplicaStates>()
  /** How long a batch may wait whatever happens. */
  readonly #longestWaitMs: number
  /** What a batch takes now. */
  #batchMs = 0
  /** Whether a batch waited too long and none has been answered since. */
  #isStalled = false
  /** Not yet with a thread, oldest first; only the last may take more queries. */
  #batches: Batch[] = []
  #running = 0
  #scheduled = false
  /** Under way while a batch that is not full gathers queries. */
  #wait: NodeJS.Timeout | undefined
  #pending = 0
  /** The check that is under way. */
  #checking: Promise<string> | undefined
  #stopping = false

  /** @param isLate whether the event loop is too late to take more */
  constructor(settings: Settings, observer: PoolObserver, isLate: () => boolean) {
    this.#settings = settings
    this.#observer = observer
    this.#isLate = isLate
    const { RANKING_BATCH_WAIT_MS, RANKING_MAX_WAIT_MS, REDIS_COMMAND_TIMEOUT_MS } = settings
    this.#longestWaitMs = RANKING_BATCH_WAIT_MS + RANKING_MAX_WAIT_MS + REDIS_COMMAND_TIMEOUT_MS
    this.#maxRunning = settings.RANKING_THREADS * settings.RANKING_BATCHES_PER_THREAD
    const { threadHeapMb } = processLimits(settings)
    const heartbeats = newHeartbeats()
    this.#indexes = new IndexBroker(loadInThread(settings), () => this.#piscina.threads.map(({ threadId }) => threadId))
    const { channelName: indexChannel } = this.#indexes
    this.#piscina = new Piscina({
      filename: fileURLToPath(new URL('./worker.js', import.meta.url)),
      workerData: { settings, heartbeats, indexChannel } satisfies ThreadData,
      ...(threadHeapMb && { resourceLimits: { maxOldGenerationSizeMb: threadHeapMb } }),
      minThreads: settings.RANKING_THREADS,
      maxThreads: settings.RANKING_THREADS,
      concurrentTasksPerWorker: settings.RANKING_BATCHES_PER_THREAD,
      // With Atomics an idle thread blocks its event loop, and its Redis connections could not be kept alive or renewed.
      atomics: 'disabled',
      recordTiming: false,
    })
    this.#piscina.on('error', (error: Error) => observer.threadFailed(error))
    this.#piscina.on('message', ({ threadId, replicas }: ReplicaReport) => this.#replicasOf.set(threadId, replicas))
    // One that does not move for so long has answered none of its queries in time.
    this.#watch = new ThreadWatch(heartbeats, settings.RANKING_TIMEOUT_MS)
    this.#watch.start(
      () => this.#piscina.threads,
      settings.RANKING_THREADS,
      (thread) => {
        observer.threadFailed(new Error(`ranking thread ${thread.threadId} hangs; another takes its place`))
        void thread.terminate()
      },
      () => {
        // After one that failed before it was ready Piscina starts none any more: another process has to take the place of this one.
        observer.threadFailed(
          new Error('a ranking thread failed while it started, and is not replaced; this process stops'),
        )
        process.kill(process.pid, 'SIGTERM')
      },
    )
  }

  get state(): RankingState {
    const [oldest] = this.#batches
    return {
      pending: this.#pending,
      waitingBatches: this.#batches.length,
      runningBatches: this.#running,
      oldestWaitingMs: oldest ? performance.now() - oldest.since : 0,
      threads: this.#piscina.threads.length,
      replicas: this.#replicas(),
    }
  }

  #replicas(): ReplicaStates {
    const sum = { ready: 0, connected: 0, disconnected: 0 }
    const threads = new Set(this.#piscina.threads.map(({ threadId }) => threadId))
    for (const [threadId, states] of this.#replicasOf) {
      // What a thread told that has ended is over.
      if (!threads.has(threadId)) this.#replicasOf.delete(threadId)
      else for (const state of REPLICA_STATES) sum[state] += states[state]
    }
    return sum
  }

  /** Why a query that comes now would be refused, if it would; it costs next to nothing to ask. */
  get overload(): RankingRefusedError | undefined {
    if (this.#isLate()) return OVERLOADED.event_loop
    if (this.#pending >= this.#settings.RANKING_MAX_PENDING) return OVERLOADED.pending
    if (this.#running < this.#maxRunning) return undefined
    // The batches in front of the last one have to start before it.
    const ahead = this.#batches.length - 1
    const waitMs = (ahead * this.#batchMs) / this.#maxRunning
    return this.#isStalled || waitMs > this.#settings.RANKING_MAX_WAIT_MS ? OVERLOADED.wait : undefined
  }

  /**
   * Ranks a query.
   * @throws {RankingRefusedError} when it is not answered
   */
  rank(query: RankingQuery): Promise<Answer> {
    if (this.#stopping) return Promise.reject(new RankingRefusedError('stopping', 'the service is stopping'))
    const { overload } = this
    if (overload) return Promise.reject(overload)
    this.#pending += 1
    const identity = identityOf(query)
    const { queries, positions, waiting } = this.#batchFor(identity)
    let at = positions.get(identity)
    if (at === undefined) {
      at = queries.push(query) - 1
      positions.set(identity, at)
      // Its batch may be new, or full now.
      this.#schedule()
    }
    return new Promise((resolve, reject) => waiting.push({ at, resolve, reject }))
  }

  /**
   * Checks that a query could be answered now.
   * @returns the version of the dataset
   * @throws {RankingRefusedError} when it could not
   */
  check(): Promise<string> {
    // Shared by all who ask meanwhile: it counts as no query, so nothing else bounds how many of them there are.
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined
    })
    return this.#checking
  }

  #check(): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#timeout()), this.#settings.RANKING_TIMEOUT_MS)
      this.#run([])
        .then(({ version }) => resolve(version), reject)
        .finally(() => clearTimeout(timer))
    })
  }

  /** Some names of the dataset, from all over it; none while there is none. */
  sampleNames(count: number): Promise<string[]> {
    return this.#piscina.run(count, { name: 'sample' })
  }

  /** Stops the threads; what is still being ranked is refused. */
  async close(): Promise<void> {
    this.#stopping = true
    this.#watch.stop()
    await Promise.all([this.#indexes.close(), this.#piscina.destroy()])
  }

  /** The batch that takes the next query: the last one, where it has room for it or has its like. */
  #batchFor(identity: string): Batch {
    const last = this.#batches.at(-1)
    if (last?.positions.has(identity)) return last
    if (last && last.queries.length < this.#settings.RANKING_BATCH_MAX_QUERIES) return last
    // Those that wait are full: see `#schedule`.
    this.#start()
    const batch = this.#newBatch()
    this.#batches.push(batch)
    return batch
  }

  #newBatch(): Batch {
    const { RANKING_TIMEOUT_MS: timeoutMs } = this.#settings
    const timeOut = () => {
      this.#batches = this.#batches.filter((waiting) => waiting !== batch)
      this.#refuse(batch.waiting, this.#timeout())
    }
    const endWait = () => {
      if (batch.isRunning) {
        batch.timer = setTimeout(timeOut, timeoutMs - this.#longestWaitMs)
        return
      }
      this.#isStalled = true
      this.#batches = this.#batches.filter((waiting) => waiting !== batch)
      this.#refuse(batch.waiting, OVERLOADED.wait)
    }
    const timer =
      this.#longestWaitMs < timeoutMs ? setTimeout(endWait, this.#longestWaitMs) : setTimeout(timeOut, timeoutMs)
    const since = performance.now()
    const batch: Batch = { queries: [], positions: new Map(), waiting: [], since, isRunning: false, timer }
    return batch
  }

  /**
   * Sees to it that the waiting batches start: those that are full and take no more of their like at once, as a turn of the event loop
   * lasts as long as requests keep coming; the last one at the end of this turn, or after the wait.
   */
  #schedule(): void {
    if (this.#batches.length > 1) this.#start()
    const [first] = this.#batches
    if (!first) return
    const isFull = first.queries.length === this.#settings.RANKING_BATCH_MAX_QUERIES
    // What is full need not wait to be fuller.
    if (isFull && this.#wait) {
      clearTimeout(this.#wait)
      this.#wait = undefined
      this.#scheduled = false
    }
    if (this.#scheduled || this.#running >= this.#maxRunning) return
    this.#scheduled = true
    const start = () => {
      this.#scheduled = false
      this.#wait = undefined
      this.#start()
    }
    const waited = performance.now() - first.since
    const wait = isFull ? 0 : this.#settings.RANKING_BATCH_WAIT_MS - waited
    if (wait > 0) this.#wait = setTimeout(start, wait)
    else setImmediate(start)
  }

  #start(): void {
    while (this.#running < this.#maxRunning) {
      const batch = this.#batches.shift()
      if (!batch) return
      this.#running += 1
      batch.isRunning = true
      void this.#answer(batch).finally(() => {
        this.#running -= 1
        if (this.#batches.length > 0) this.#schedule()
      })
    }
  }

  async #answer(batch: Batch): Promise<void> {
    const { queries, waiting } = batch
    const count = waiting.length
    const started = performance.now()
    try {
      const { bodies, version, retries } = await this.#run(queries)
      this.#pending -= waiting.length
      for (const { at, resolve } of waiting) resolve({ body: bodies[at] as BinaryText, version })
      this.#isStalled = false
      if (retries > 0) this.#observer.retries(retries)
      // How long a replica was silent says nothing of how long the next batch takes.
      else this.#batchMs += (performance.now() - started - this.#batchMs) * BATCH_TIME_WEIGHT
    } catch (error) {
      this.#refuse(waiting, error as RankingRefusedError)
    } finally {
      clearTimeout(batch.timer)
      this.#observer.batch(count, (performance.now() - started) / 1000)
    }
  }

  /** Refuses the queries of a batch and empties it, so that what may still come of it concerns nobody. */
  #refuse(waiting: Waiting[], error: RankingRefusedError): void {
    this.#pending -= waiting.length
    for (const { reject } of waiting.splice(0)) reject(error)
  }

  #timeout(): RankingRefusedError {
    return new RankingRefusedError('timeout', `no answer within ${this.#settings.RANKING_TIMEOUT_MS} ms`)
  }

  async #run(task: RankingTask) {
    let result: BatchResult
    try {
      result = await this.#piscina.run(task)
    } catch (error) {
      if (this.#stopping) throw new RankingRefusedError('stopping', 'the service is stopping')
      throw new RankingRefusedError('unavailable', `the ranking thread failed: ${(error as Error).message}`)
    }
    if (result.ok) return result
    throw new RankingRefusedError('unavailable', result.reason)
  }
}

/** What equal queries have in common. */
function identityOf({ query, limit, options }: RankingQuery): string {
  return options ? JSON.stringify([limit, query, options]) : `${limit} ${query}`
}
