/** A seeded generator of random choices, for tests. */
export class Random {
  readonly seed: number
  #state: number

  /** @param seed defaults to FUZZ_SEED from the environment, or else to 1; tests should report it */
  constructor(seed = Number(process.env.FUZZ_SEED ?? 1)) {
    this.seed = seed
    this.#state = seed | 0
  }

  /** Returns a random integer from 0 up to, but not including, `end`. Uses the algorithm mulberry32. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  /** Whether a random event with a probability of 1 / `times` happens. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }
}
