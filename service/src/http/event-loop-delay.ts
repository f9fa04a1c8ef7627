/** How often it is measured, in milliseconds. */
const INTERVAL_MS = 10

/**
 * How late the event loop is: by how much a timer that is due has to wait for what goes on. A request waits as long before anybody
 * sees it.
 */
export class EventLoopDelay {
  readonly #timer: NodeJS.Timeout
  #firedAt = performance.now()
  #last = 0
  #longest = 0

  constructor() {
    this.#timer = setInterval(() => {
      this.#last = this.#now()
      this.#firedAt = performance.now()
      this.#longest = Math.max(this.#longest, this.#last)
    }, INTERVAL_MS).unref()
  }

  /**
   * Whether it is later than that now, in milliseconds, and was the last time too. One pause, by the garbage collector or because
   * others use the CPU, is no overload. What comes in one turn of an overloaded loop is taken until the turn has lasted so long.
   */
  exceeds(milliseconds: number): boolean {
    return this.#last > milliseconds && this.#now() > milliseconds
  }

  /** The longest since this was asked for the last time, in milliseconds. */
  takeLongest(): number {
    const longest = this.#longest
    this.#longest = 0
    return longest
  }

  /** Ends the measuring. */
  stop(): void {
    clearInterval(this.#timer)
  }

  #now(): number {
    return Math.max(0, performance.now() - this.#firedAt - INTERVAL_MS)
  }
}
