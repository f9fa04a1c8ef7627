import { CRITICALITIES, type Criticality, levelOf } from '../ranking/criticality.ts'

/** The least critical level whose queries are still handled immediately. */
const IMMEDIATE = levelOf('retry')
/** How long less critical queries may be handled in a turn of the event loop, in milliseconds. */
const TURN_MS = 2

/**
 * Handles less critical queries at the end of each turn of the event loop, after the more critical ones that have
 * arrived. Even rejecting a query takes CPU time. If there is not enough for all queries, the less critical ones wait.
 */
export class TurnQueue {
  /** The work for waiting queries at each level, oldest first. */
  readonly #waiting: readonly (() => void)[][] = CRITICALITIES.map(() => [])
  #isScheduled = false

  /** Calls `handle` for a query, either now or at the end of this turn or a later one. It must not throw. */
  run(criticality: Criticality, handle: () => void): void {
    const level = levelOf(criticality)
    if (level <= IMMEDIATE) {
      handle()
      return
    }
    this.#waiting[level]?.push(handle)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      const until = performance.now() + TURN_MS
      for (const handles of this.#waiting) {
        let done = 0
        while (done < handles.length && performance.now() < until) handles[done++]?.()
        handles.splice(0, done)
        if (handles.length > 0) {
          this.#schedule()
          return
        }
      }
    })
  }
}
