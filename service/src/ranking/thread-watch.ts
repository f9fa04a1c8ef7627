import type { Worker } from 'node:worker_threads'

/** Number of slots. It exceeds the number of threads. A thread's slot is its ID modulo this number. */
const SLOTS = 1024
/** The interval between heartbeats, and the interval between checks of them, in milliseconds. */
const HEARTBEAT_MS = 250
const CHECK_MS = 500

/** The heartbeat counters of the ranking threads, in shared memory. */
export type Heartbeats = Int32Array<SharedArrayBuffer>

export const newHeartbeats = (): Heartbeats =>
  new Int32Array(new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT))

/** Starts the heartbeat of the current thread. The heartbeat continues as long as the thread's event loop runs. */
export function startHeartbeat(heartbeats: Heartbeats, threadId: number): void {
  const count = () => Atomics.add(heartbeats, threadId % SLOTS, 1)
  count()
  setInterval(count, HEARTBEAT_MS).unref()
}

/** The observed state of a thread. */
interface Watched {
  count: number
  /** The number of checks in a row without a heartbeat. */
  missed: number
  /** Whether the thread has had a heartbeat since the first check. Threads that are still starting are not checked. */
  hasStarted: boolean
}

/**
 * Detects threads that hang. Query timeouts alone are not enough: a thread in an endless loop would keep receiving its
 * share of the queries forever. The watch counts checks instead of measuring time, so a pause of the whole process is
 * not mistaken for a hang.
 */
export class ThreadWatch {
  readonly #heartbeats: Heartbeats
  readonly #maxMissed: number
  readonly #watched = new WeakMap<Worker, Watched>()
  #timer: NodeJS.Timeout | undefined

  /** @param hungMs the time without a heartbeat after which a thread counts as hung, in milliseconds */
  constructor(heartbeats: Heartbeats, hungMs: number) {
    this.#heartbeats = heartbeats
    this.#maxMissed = Math.ceil(hungMs / CHECK_MS)
  }

  /**
   * Watches threads until {@link stop}.
   * @param expected the expected number of threads; a thread that ends is normally replaced immediately
   * @param onLost called once if threads are missing at two checks in a row
   */
  start(
    threads: () => readonly Worker[],
    expected: number,
    onHung: (thread: Worker) => void,
    onLost: () => void,
  ): void {
    let missing = 0
    this.#timer = setInterval(() => {
      const all = threads()
      for (const thread of this.hung(all)) onHung(thread)
      missing = all.length < expected ? missing + 1 : 0
      if (missing === 2) onLost()
    }, CHECK_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Checks all threads once. Returns the threads that hang, except those that an earlier call has returned. */
  hung<T extends Worker>(threads: readonly T[]): T[] {
    return threads.filter((thread) => {
      // The id of a thread that has ended is -1.
      if (thread.threadId < 0) return false
      const count = Atomics.load(this.#heartbeats, thread.threadId % SLOTS)
      const watched = this.#watched.get(thread)
      if (!watched || watched.count !== count) {
        this.#watched.set(thread, { count, missed: 0, hasStarted: watched !== undefined })
        return false
      }
      if (watched.hasStarted) watched.missed += 1
      return watched.missed === this.#maxMissed
    })
  }
}
