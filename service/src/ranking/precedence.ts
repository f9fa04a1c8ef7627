import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * The maximum time that a bulk batch waits for other batches, as a multiple of its last slice. Without this limit, a
 * bulk batch would make no progress under constant load.
 */
const MAX_WAIT_IN_SLICES = 4

/**
 * Gives all other batches of a ranking thread precedence over its bulk batches. Bulk batches share the remaining time.
 */
export class Precedence {
  /** The number of batches with precedence that are being answered. */
  #running = 0
  /** For each bulk batch that waits, a function that ends its wait. */
  #waiting = new Set<() => void>()

  /** Runs a batch that has precedence. */
  async run<T>(answer: () => Promise<T>): Promise<T> {
    this.#running += 1
    try {
      return await answer()
    } finally {
      this.#running -= 1
      if (this.#running === 0) for (const end of this.#waiting) end()
    }
  }

  /**
   * Lets batches with precedence begin, and waits until they are answered.
   * @param sliceMs the time for which the caller has just worked, in milliseconds. The wait lasts at most about four
   * times this time.
   */
  async yieldToOthers(sliceMs: number): Promise<void> {
    await nextTurn()
    if (this.#running === 0) return
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer)
        this.#waiting.delete(end)
        resolve()
      }
      const timer = setTimeout(end, MAX_WAIT_IN_SLICES * sliceMs)
      this.#waiting.add(end)
    })
  }
}
