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

interface Waiting {
  query: RankingQuery
  resolve: (body: Uint8Array) => void
  reject: (error: RankingRefusedError) => void
}

/**
 * The ranking threads, as the HTTP side sees them: a query in, the JSON bytes of its answer out.
 *
 * A Piscina task costs more than ranking one query, so all queries of one turn of the event loop go as one task.
 */
export class RankingPool {
  readonly #piscina: Piscina<RankingTask, BatchResult>
  readonly #settings: Settings
  readonly #observer: PoolObserver
  #waiting: Waiting[] = []
  #pending = 0
  #stopping = false

  constructor(settings: Settings, observer: PoolObserver) {
    this.#settings = settings
    this.#observer = observer
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
    })
    this.#piscina.on('error', (error: Error) => observer.threadFailed(error))
  }

  /** Queries that wait or are being ranked. */
  get pending(): number {
    return this.#pending
  }

  /**
   * Ranks a query.
   * @returns the JSON body of the answer
   * @throws {RankingRefusedError} when it is not answered
   */
  rank(query: RankingQuery): Promise<Uint8Array> {
    if (this.#stopping) return Promise.reject(new RankingRefusedError('stopping', 'the service is stopping'))
    if (this.#pending >= this.#settings.RANKING_MAX_PENDING) {
      return Promise.reject(new RankingRefusedError('overloaded', 'too many queries are waiting'))
    }
    this.#pending += 1
    if (this.#waiting.length === 0) setImmediate(() => void this.#flush())
    return new Promise((resolve, reject) => this.#waiting.push({ query, resolve, reject }))
  }

  /**
   * Checks that a query could be answered now.
   * @returns the version of the dataset
   * @throws {RankingRefusedError} when it could not
   */
  async check(): Promise<string> {
    const result = await this.#run([])
    return result.version
  }

  /** Stops the threads; what is still being ranked is refused. */
  async close(): Promise<void> {
    this.#stopping = true
    await this.#piscina.destroy()
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting
    this.#waiting = []
    const started = performance.now()
    try {
      const { bytes, ends, retries } = await this.#run(batch.map(({ query }) => query))
      let start = 0
      for (const [at, { resolve }] of batch.entries()) {
        const end = ends[at] as number
        resolve(bytes.subarray(start, end))
        start = end
      }
      if (retries > 0) this.#observer.retries(retries)
    } catch (error) {
      for (const { reject } of batch) reject(error as RankingRefusedError)
    } finally {
      this.#pending -= batch.length
      this.#observer.batch(batch.length, (performance.now() - started) / 1000)
    }
  }

  async #run(queries: RankingTask) {
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new RankingRefusedError('timeout', `no answer within ${this.#settings.RANKING_TIMEOUT_MS} ms`)),
        this.#settings.RANKING_TIMEOUT_MS,
      )
    })
    try {
      const task = this.#piscina.run(queries)
      // After the timeout nobody listens to the task any more.
      task.catch(() => {})
      const result = await Promise.race([task, timeout])
      if (result.ok) return result
      throw new RankingRefusedError('unavailable', result.reason)
    } catch (error) {
      if (error instanceof RankingRefusedError) throw error
      throw new RankingRefusedError('unavailable', `the ranking thread failed: ${(error as Error).message}`)
    } finally {
      clearTimeout(timer)
    }
  }
}
