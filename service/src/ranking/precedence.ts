import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * How much longer than its last slice a bulk batch waits for other batches. Without a limit, it would make no progress
 * while there is always another batch.
 */
const PATIENCE = 4

/** Gives the batches of a ranking thread precedence over its bulk batches, which share what time is left. */
export class Precedence {
  /** The number of batches with precedence that are being answered. */
  #running = 0
  /** Ends the wait of each bulk batch. */
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
   * @param slice the time that the caller has just used, in milliseconds. The wait takes about four times as long at
   * most.
   */
  async giveWay(slice: number): Promise<void> {
    await nextTurn()
    if (this.#running === 0) return
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer)
        this.#waiting.delete(end)
        resolve()
      }
      const timer = setTimeout(end, PATIENCE * slice)
      this.#waiting.add(end)
    })
  }
}
