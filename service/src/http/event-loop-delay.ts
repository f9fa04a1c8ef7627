/** Time between two measurements, in milliseconds. */
const INTERVAL_MS = 10

/**
 * Measures the delay of the event loop: how late timers fire while it does other work. Requests wait equally long
 * before the service sees them.
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
   * The sustained delay, in milliseconds: the lower of the current delay and the last measured delay. A single pause,
   * such as a garbage collection, is not overload.
   */
  get sustained(): number {
    return Math.min(this.#last, this.#now())
  }

  /** Returns the longest delay since the last call, in milliseconds. */
  takeLongest(): number {
    const longest = this.#longest
    this.#longest = 0
    return longest
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #now(): number {
    return Math.max(0, performance.now() - this.#firedAt - INTERVAL_MS)
  }
}
