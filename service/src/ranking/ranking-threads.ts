import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { Piscina, queueOptionsSymbol } from 'piscina'
import { processLimits } from '../process-limits.ts'
import { IndexBroker } from '../redis/index-broker.ts'
import { loadInThread } from '../redis/load-in-thread.ts'
import type { ReplicaStates } from '../redis/replicas.ts'
import type { Settings } from '../settings.ts'
import { BATCHES_PER_THREAD } from './batch-slots.ts'
import type { BatchResult, RankedBatch, RankingTask, ReplicaReport, ThreadData } from './messages.ts'
import { RankingRejectedError, stoppingError } from './rejections.ts'
import { chooseThread } from './thread-choice.ts'
import { newHeartbeats, ThreadWatch } from './thread-watch.ts'

export const REPLICA_STATES = ['ready', 'connected', 'disconnected'] as const satisfies (keyof ReplicaStates)[]

/** A bulk batch that is running, and the thread that runs it. */
interface RunningBulk {
  threadId: number | undefined
}

/**
 * The ranking threads of this process: a Piscina pool, the indexes that its threads share, and a watch for threads that
 * hang.
 */
export class RankingThreads {
  readonly #piscina: Piscina
  readonly #indexes: IndexBroker
  readonly #watch: ThreadWatch
  /** The last report of each thread, by thread id. */
  readonly #replicasOf = new Map<number, ReplicaStates>()
  readonly #runningBulk = new Set<RunningBulk>()
  #stopping = false

  /**
   * @param searched shared with the threads; see `BatchSlots`
   * @param onFailed called when a thread fails, hangs, or fails to start
   */
  constructor(settings: Settings, searched: ThreadData['searched'], onFailed: (error: Error) => void) {
    const { threadHeapMb } = processLimits(settings)
    const heartbeats = newHeartbeats()
    this.#indexes = new IndexBroker(loadInThread(settings), () => this.#piscina.threads.map(({ threadId }) => threadId))
    const { channelName: indexChannel } = this.#indexes
    this.#piscina = new Piscina({
      filename: fileURLToPath(new URL('./worker.js', import.meta.url)),
      workerData: { settings, heartbeats, indexChannel, searched } satisfies ThreadData,
      ...(threadHeapMb && { resourceLimits: { maxOldGenerationSizeMb: threadHeapMb } }),
      minThreads: settings.RANKING_THREADS,
      maxThreads: settings.RANKING_THREADS,
      concurrentTasksPerWorker: BATCHES_PER_THREAD,
      // With Atomics, an idle thread blocks its event loop and cannot maintain its Redis connections.
      atomics: 'disabled',
      loadBalancer: (task, threads) => {
        const bulkThreads = new Set(Array.from(this.#runningBulk, ({ threadId }) => threadId))
        const thread = chooseThread(threads, bulkThreads, BATCHES_PER_THREAD)
        const bulk = task[queueOptionsSymbol] as RunningBulk | null
        if (bulk && thread) bulk.threadId = thread.id
        return thread
      },
      recordTiming: false,
    })
    this.#reportFailures(onFailed)
    this.#piscina.on('message', ({ threadId, replicas }: ReplicaReport) => this.#replicasOf.set(threadId, replicas))
    // If a thread makes no progress for this long, all of its queries have timed out.
    this.#watch = new ThreadWatch(heartbeats, settings.RANKING_TIMEOUT_MS)
    this.#watch.start(
      () => this.#piscina.threads,
      settings.RANKING_THREADS,
      (thread) => {
        onFailed(new Error(`ranking thread ${thread.threadId} hangs and is being replaced`))
        void thread.terminate()
      },
      () => {
        // Piscina does not replace a thread that failed before it was ready. Stop the process, so that the process is
        // restarted.
        onFailed(new Error('a ranking thread failed to start and cannot be replaced: stopping this process'))
        process.kill(process.pid, 'SIGTERM')
      },
    )
  }

  /**
   * Calls `onFailed` for each thread that fails. Piscina emits `error` only if the thread is not ready yet or has no
   * tasks. Otherwise, only the tasks get the error.
   */
  #reportFailures(onFailed: (error: Error) => void): void {
    const watched = new WeakSet<Worker>()
    const reported = new WeakSet<Error>()
    const report = (error: Error) => {
      // Piscina and the thread may emit the same error.
      if (reported.has(error)) return
      reported.add(error)
      onFailed(error)
    }
    this.#piscina.on('error', report)
    this.#piscina.on('workerCreate', () => {
      for (const thread of this.#piscina.threads) {
        if (!watched.has(thread)) thread.on('error', report)
        watched.add(thread)
      }
    })
  }

  /** The number of threads. */
  get count(): number {
    return this.#piscina.threads.length
  }

  /** The number of bulk batches that are running. */
  get runningBulk(): number {
    return this.#runningBulk.size
  }

  /** The states of replicas, as sums over all threads. */
  get replicas(): ReplicaStates {
    const sum = { ready: 0, connected: 0, disconnected: 0 }
    const threads = new Set(this.#piscina.threads.map(({ threadId }) => threadId))
    for (const [threadId, states] of this.#replicasOf) {
      // Ignore reports from threads that have ended.
      if (!threads.has(threadId)) this.#replicasOf.delete(threadId)
      else for (const state of REPLICA_STATES) sum[state] += states[state]
    }
    return sum
  }

  /**
   * Runs a batch in the thread with the lowest load.
   * @throws {RankingRejectedError} if the thread fails, or no replica can answer
   */
  run(task: RankingTask): Promise<RankedBatch> {
    return this.#resultOf(this.#piscina.run(task))
  }

  /** Like {@link run}, but the thread lets other batches finish first. */
  async runBulk(task: RankingTask): Promise<RankedBatch> {
    const bulk: RunningBulk = { threadId: undefined }
    this.#runningBulk.add(bulk)
    try {
      return await this.#resultOf(this.#piscina.run({ ...task, [queueOptionsSymbol]: bulk }, { name: 'rankBulk' }))
    } finally {
      this.#runningBulk.delete(bulk)
    }
  }

  /** Returns up to `count` names, sampled evenly from the dataset, or none if no dataset is loaded. */
  sampleNames(count: number): Promise<string[]> {
    return this.#piscina.run(count, { name: 'sample' })
  }

  /** Stops the threads. Rejects batches that are still running. */
  async close(): Promise<void> {
    this.#stopping = true
    this.#watch.stop()
    await Promise.all([this.#indexes.close(), this.#piscina.destroy()])
  }

  async #resultOf(running: Promise<BatchResult>): Promise<RankedBatch> {
    let result: BatchResult
    try {
      result = await running
    } catch (error) {
      if (this.#stopping) throw stoppingError()
      throw new RankingRejectedError('unavailable', `the ranking thread failed: ${(error as Error).message}`)
    }
    if (result.ok) return result
    throw new RankingRejectedError('unavailable', result.reason)
  }
}
