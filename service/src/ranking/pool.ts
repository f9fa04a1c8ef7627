import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { processLimits } from '../process-limits.ts'
import type { Settings } from '../settings.ts'
import type { BatchResult, RankingQuery, RankingTask } from './messages.ts'

/** Why a query was not answered; each is a 503 for the client. */
export type Refusal = 'overloaded' | 'timeout' | 'unavailable' | 'stopping'

/** A query that was not answered. */
export class RankingRefusedError extends Error {
  override name = 'RankingRefusedError'
  readonly refusal: Refusal

  constructor(refusal: Refusal, message: string) {
    super(message)
    this.refusal = refusal
  }
}

/** What the pool tells whoever counts. */
export interface PoolObserver {
  batch(queries: number, seconds: number): void
  retries(count: number): void
  /** A ranking thread died outside of a task; Piscina starts another. */
  threadFailed(error: Error): void
}

/** The answer to a query. */
export interface Answer {
  /** JSON, with one UTF-8 byte in each character. */
  body: string
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
  /** Refuses what is not answered when the time of the query that came first is over. */
  timer: NodeJS.Timeout
}

/**
 * The ranking threads, as the HTTP side sees them: a query in, the JSON of its answer out.
 *
 * A Piscina task and a Redis round trip cost more than ranking one query, so queries share them: all of one turn of the event loop,
 * and while the threads have as many batches as they work on, all that arrive until one is done. So batches are as large as
 * the load makes them, and nobody waits for a batch to fill.
 */
export class RankingPool {
  readonly #piscina: Piscina
  readonly #settings: Settings
  readonly #observer: PoolObserver
  readonly #maxRunning: number
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

  constructor(settings: Settings, observer: PoolObserver) {
    this.#settings = settings
    this.#observer = observer
    this.#maxRunning = settings.RANKING_THREADS * settings.RANKING_BATCHES_PER_THREAD
    const { threadHeapMb } = processLimits(settings)
    this.#piscina = new Piscina({
      filename: fileURLToPath(new URL('./worker.js', import.meta.url)),
      workerData: settings,
      ...(threadHeapMb && { resourceLimits: { maxOldGenerationSizeMb: threadHeapMb } }),
      minThreads: settings.RANKING_THREADS,
      maxThreads: settings.RANKING_THREADS,
      concurrentTasksPerWorker: settings.RANKING_BATCHES_PER_THREAD,
      // With Atomics an idle thread blocks its event loop, and its Redis connections could not be kept alive or renewed.
      atomics: 'disabled',
      recordTiming: false,
    })
    this.#piscina.on('error', (error: Error) => observer.threadFailed(error))
  }

  /** Queries that wait or are being ranked. */
  get pending(): number {
    return this.#pending
  }

  /**
   * Ranks a query.
   * @throws {RankingRefusedError} when it is not answered
   */
  rank(query: RankingQuery): Promise<Answer> {
    if (this.#stopping) return Promise.reject(new RankingRefusedError('stopping', 'the service is stopping'))
    if (this.#pending >= this.#settings.RANKING_MAX_PENDING) {
      return Promise.reject(new RankingRefusedError('overloaded', 'too many queries are waiting'))
    }
    this.#pending += 1
    const identity = identityOf(query)
    const { queries, positions, waiting } = this.#batchFor(identity)
    let at = positions.get(identity)
    if (at === undefined) {
      at = queries.push(query) - 1
      positions.set(identity, at)
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

  /** Some keys of the dataset, from all over it; none while there is none. */
  sampleKeys(count: number): Promise<string[]> {
    return this.#piscina.run(count, { name: 'sampleKeys' })
  }

  /** Stops the threads; what is still being ranked is refused. */
  async close(): Promise<void> {
    this.#stopping = true
    await this.#piscina.destroy()
  }

  /** The batch that takes the next query: the last one, where it has room for it or has its like. */
  #batchFor(identity: string): Batch {
    const last = this.#batches.at(-1)
    if (last?.positions.has(identity)) return last
    if (last && last.queries.length < this.#settings.RANKING_BATCH_MAX_QUERIES) return last
    const batch = this.#newBatch()
    this.#batches.push(batch)
    this.#schedule()
    return batch
  }

  #newBatch(): Batch {
    const waiting: Waiting[] = []
    const timer = setTimeout(() => {
      this.#batches = this.#batches.filter((batch) => batch.waiting !== waiting)
      this.#refuse(waiting, this.#timeout())
    }, this.#settings.RANKING_TIMEOUT_MS)
    return { queries: [], positions: new Map(), waiting, since: performance.now(), timer }
  }

  /** Sees to it that the waiting batches start: at the end of this turn of the event loop, or after the wait. */
  #schedule(): void {
    const [first] = this.#batches
    const isFull = this.#batches.length > 1 || first?.queries.length === this.#settings.RANKING_BATCH_MAX_QUERIES
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
    const waited = performance.now() - (first?.since ?? 0)
    const wait = isFull ? 0 : this.#settings.RANKING_BATCH_WAIT_MS - waited
    if (wait > 0) this.#wait = setTimeout(start, wait)
    else setImmediate(start)
  }

  #start(): void {
    while (this.#running < this.#maxRunning) {
      const batch = this.#batches.shift()
      if (!batch) return
      this.#running += 1
      void this.#answer(batch).finally(() => {
        this.#running -= 1
        if (this.#batches.length > 0) this.#schedule()
      })
    }
  }

  async #answer({ queries, waiting, timer }: Batch): Promise<void> {
    const count = waiting.length
    const started = performance.now()
    try {
      const { bodies, version, retries } = await this.#run(queries)
      this.#pending -= waiting.length
      for (const { at, resolve } of waiting) resolve({ body: bodies[at] as string, version })
      if (retries > 0) this.#observer.retries(retries)
    } catch (error) {
      this.#refuse(waiting, error as RankingRefusedError)
    } finally {
      clearTimeout(timer)
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
