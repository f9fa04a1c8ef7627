/** Random choices that a seed repeats, for tests that ask a running service. */
export class Random {
  readonly seed: number
  #state: number

  /** @param seed that of the environment variable FUZZ_SEED, or another each time; say it when a test fails */
  constructor(seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)) {
    this.seed = seed
    this.#state = seed | 0
  }

  /** From 0 to below `end`; mulberry32. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  /** True once in so many times. */
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
