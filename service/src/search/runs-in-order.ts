import type { Range } from '../index/string-table.ts'
import { ascendingSource, DONE, type Source } from './find.ts'
import type { NameReader } from './name-reader.ts'

/** The parts of the runs of names, each from a word of a run to its end, in order. See `typo` in docs/matching.md. */
export class RunsInOrder {
  readonly length: number
  readonly #reader: NameReader
  readonly #names: Uint32Array
  readonly #positions: Uint8Array
  readonly #minima: Uint32Array
  readonly #units: Uint16Array
  readonly #starts: Uint32Array
  readonly #runWords: Uint32Array
  /** The last position that was read: the run, its current word, and where the units of this word begin in the run. */
  #run = -1
  #word = 0
  #end = 0
  #wordStart = 0

  constructor(reader: NameReader) {
    const { runNames, runPositions, runMinima, runWords, words } = reader.index.arrays
    this.length = runNames.length
    this.#reader = reader
    this.#names = runNames
    this.#positions = runPositions
    this.#minima = runMinima
    this.#units = words.units
    this.#starts = words.starts
    this.#runWords = runWords
  }

  #place(run: number): number {
    return this.#reader.start(this.#names[run] as number) + (this.#positions[run] as number)
  }

  /** Whether a word of a name can be part of a run. */
  isRunWord(word: number): boolean {
    return (((this.#runWords[word >>> 5] as number) >>> (word & 31)) & 1) === 1
  }

  /** Returns the unit at a position of a run, or -1 after its end. Reading the units of a run in order is fast. */
  unitAt(run: number, position: number): number {
    if (run !== this.#run || position < this.#wordStart) {
      this.#run = run
      this.#word = this.#place(run)
      this.#wordStart = 0
      this.#end = this.#reader.end(this.#names[run] as number)
    }
    const starts = this.#starts
    for (;;) {
      const word = this.#reader.word(this.#word)
      const start = starts[word] as number
      const place = start + position - this.#wordStart
      const end = starts[word + 1] as number
      if (place < end) return this.#units[place] as number
      const next = this.#word + 1
      // Joined words, which come last, never consist of words of runs.
      if (next === this.#end || !this.isRunWord(this.#reader.word(next))) return -1
      this.#word = next
      this.#wordStart += end - start
    }
  }

  /** Returns the names with runs in any of the ranges. */
  namesIn(ranges: readonly Range[]): RunNames {
    return new RunNames(this.#reader.index.nameCount, this.#names, this.#minima, ranges)
  }
}

/** The names with runs in some ranges. */
export class RunNames {
  /** An upper bound on the number of names. */
  readonly size: number
  readonly #nameCount: number
  readonly #names: Uint32Array
  readonly #minima: Uint32Array
  readonly #ranges: readonly Range[]
  /** One bit per name. Built on first use. */
  #bits: Uint32Array | undefined

  constructor(nameCount: number, names: Uint32Array, minima: Uint32Array, ranges: readonly Range[]) {
    this.#nameCount = nameCount
    this.#names = names
    this.#minima = minima
    this.#ranges = ranges
    this.size = ranges.reduce((sum, { from, to }) => sum + to - from, 0)
  }

  has(name: number): boolean {
    this.#bits ??= this.#toBits()
    return (((this.#bits[name >>> 5] as number) >>> (name & 31)) & 1) === 1
  }

  #toBits(): Uint32Array {
    const bits = new Uint32Array((this.#nameCount + 31) >>> 5)
    for (const { from, to } of this.#ranges) {
      for (let run = from; run < to; run++) {
        const name = this.#names[run] as number
        bits[name >>> 5] = (bits[name >>> 5] as number) | (1 << (name & 31))
      }
    }
    return bits
  }

  get source(): Source {
    const sources = this.#ranges.map((range) => ascendingSource(this.#names, this.#minima, range))
    return {
      size: this.size,
      isAscending: false,
      cost: sources[0]?.cost ?? 0,
      offer: (best, wanted, from) => {
        for (const source of sources) source.offer(best, wanted, from, Number.POSITIVE_INFINITY)
        return DONE
      },
    }
  }
}
