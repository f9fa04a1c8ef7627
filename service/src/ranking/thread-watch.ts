import type { Worker } from 'node:worker_threads'

/** Threads are told apart by their number, modulo this: more than there are at a time, also while one takes the place of another. */
const SLOTS = 1024
/** How often a thread says that it turns its event loop, and how often that is looked at, in milliseconds. */
const BEAT_MS = 250
const TICK_MS = 500

/** Where ranking threads count the turns of their event loops, in memory that all share. */
export type Heartbeats = Int32Array<SharedArrayBuffer>

export const newHeartbeats = (): Heartbeats =>
  new Int32Array(new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT))

/** In a thread: counts as long as its event loop turns. */
export function beat(heartbeats: Heartbeats, threadId: number): void {
  const count = () => Atomics.add(heartbeats, threadId % SLOTS, 1)
  count()
  setInterval(count, BEAT_MS).unref()
}

/** What is known of a thread. */
interface Watched {
  beats: number
  /** Looks in a row at which it had not moved. */
  still: number
  /** Whether it has ever moved: one that starts may take its time. */
  hasBegun: boolean
}

/**
 * Notices threads that hang, which no query that times out does: a thread in an endless loop would keep its place, and its share of
 * the queries, for ever. Counted in looks and not in time, so that a process that stood still itself takes nobody for hung.
 */
export class ThreadWatch {
  readonly #heartbeats: Heartbeats
  readonly #maxStill: number
  readonly #watched = new WeakMap<Worker, Watched>()
  #timer: NodeJS.Timeout | undefined

  /** @param hungMs how long a thread may not turn its event loop */
  constructor(heartbeats: Heartbeats, hungMs: number) {
    this.#heartbeats = heartbeats
    this.#maxStill = Math.ceil(hungMs / TICK_MS)
  }

  /**
   * Looks after threads until {@link stop}.
   * @param wanted how many there should be; one that has ended is replaced at once
   * @param onLost called once when some are missing at two looks in a row
   */
  start(threads: () => readonly Worker[], wanted: number, onHung: (thread: Worker) => void, onLost: () => void): void {
    let missing = 0
    this.#timer = setInterval(() => {
      const all = threads()
      for (const thread of this.hung(all)) onHung(thread)
      missing = all.length < wanted ? missing + 1 : 0
      if (missing === 2) onLost()
    }, TICK_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Looks once; the threads that hang, each once. */
  hung<T extends Worker>(threads: readonly T[]): T[] {
    return threads.filter((thread) => {
      // One that has ended has no number any more.
      if (thread.threadId < 0) return false
      const beats = Atomics.load(this.#heartbeats, thread.threadId % SLOTS)
      const watched = this.#watched.get(thread)
      if (!watched || watched.beats !== beats) {
        this.#watched.set(thread, { beats, still: 0, hasBegun: watched !== undefined })
        return false
      }
      if (watched.hasBegun) watched.still += 1
      return watched.still === this.#maxStill
    })
  }
}
