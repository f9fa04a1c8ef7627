import { bitsLength, hasBit, setBit } from '../index/bits.ts'
import type { Range } from '../index/string-table.ts'
import { ascendingSource, DONE, type Source } from './find.ts'
import type { NameReader } from './name-reader.ts'

/** The units with which runs continue after a common prefix, in ascending order, and the runs with each unit. */
export interface RunBranches {
  units: readonly number[]
  ranges: readonly Range[]
}

/**
 * The branches after prefixes with fewer units than this are cached, because searches with two edits visit most of
 * these prefixes. At most `MAX_REMEMBERED` branches are cached.
 */
const REMEMBERED_UNITS = 3
const MAX_REMEMBERED = 5000

/**
 * The runs in names, in order. Besides each whole run, the list contains its suffixes that begin at a word. See `typo`
 * in docs/matching.md.
 */
export class RunsInOrder {
  readonly length: number
  readonly #reader: NameReader
  readonly #names: Uint32Array
  readonly #positions: Uint8Array
  readonly #minima: Uint32Array
  readonly #units: Uint16Array
  readonly #starts: Uint32Array
  readonly #runWords: Uint32Array
  /**
   * The last position that was read: the run, its current word, the end of the words of the name, and where the units
   * of the current word begin in the run.
   */
  #run = -1
  #word = 0
  #end = 0
  #wordStart = 0
  /**
   * The branches after each short prefix. The key combines the number of the first run with this prefix and the length
   * of the prefix.
   */
  readonly #branches = new Map<number, RunBranches>()

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
    return hasBit(this.#runWords, word)
  }

  /** Returns the unit at a position of a run, or -1 after its end. Reading the units of a run in order is fast. */
  #unitAt(run: number, position: number): number {
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
      // Joined words follow the last word of the name. None of them can be part of a run.
      if (next === this.#end || !this.isRunWord(this.#reader.word(next))) return -1
      this.#word = next
      this.#wordStart += end - start
    }
  }

  /** Returns the branches of a range of runs that share their first `depth` units. */
  branches(range: Range, depth: number): RunBranches {
    if (depth >= REMEMBERED_UNITS) return this.#findBranches(range, depth)
    const key = REMEMBERED_UNITS * range.from + depth
    let branches = this.#branches.get(key)
    if (!branches) {
      branches = this.#findBranches(range, depth)
      if (this.#branches.size < MAX_REMEMBERED) this.#branches.set(key, branches)
    }
    return branches
  }

  #findBranches(range: Range, depth: number): RunBranches {
    const units: number[] = []
    const ranges: Range[] = []
    // Skip the runs that end here. They come before all longer ones.
    let from = this.#endOf(range, depth, -1)
    while (from < range.to) {
      const unit = this.#unitAt(from, depth)
      const to = this.#endOf({ from, to: range.to }, depth, unit)
      units.push(unit)
      ranges.push({ from, to })
      from = to
    }
    return { units, ranges }
  }

  /** From runs that share their first `depth` units, returns the runs that continue with a text. */
  continuingWith(range: Range, depth: number, text: string): Range {
    let { from, to } = range
    let at = 0
    for (; at < text.length && depth + at < REMEMBERED_UNITS; at++) {
      const { units, ranges } = this.branches({ from, to }, depth + at)
      const branch = ranges[units.indexOf(text.charCodeAt(at))]
      if (!branch) return { from, to: from }
      ;({ from, to } = branch)
    }
    if (at === text.length) return { from, to }
    const start = depth + at
    const rest = text.slice(at)
    const first = this.#endBefore({ from, to }, start, rest, false)
    if (first === to || this.#compare(first, start, rest) > 0) return { from, to: from }
    return { from: first, to: this.#endBefore({ from: first, to }, start, rest, true) }
  }

  /**
   * Compares runs in a range with a text, from position `start` of each run on. Returns the end of the runs that come
   * before the text. If `isAfter` is set, the runs that begin with the text are included.
   */
  #endBefore({ from, to }: Range, start: number, text: string, isAfter: boolean): number {
    const most = isAfter ? 0 : -1
    // The end is usually near the beginning of the range, so look there first.
    let low = from
    let step = 1
    while (low + step <= to && this.#compare(low + step - 1, start, text) <= most) {
      low += step
      step *= 2
    }
    let high = Math.min(to, low + step - 1)
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(middle, start, text) <= most) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Compares a run, from a position on, with a text. Returns 0 if it begins with the text. */
  #compare(run: number, start: number, text: string): number {
    for (let at = 0; at < text.length; at++) {
      const difference = this.#unitAt(run, start + at) - text.charCodeAt(at)
      if (difference !== 0) return difference
    }
    return 0
  }

  /**
   * Returns the end of the runs in a range whose unit at a depth is at most `unit`. These runs come first. Does not
   * call {@link #endBefore}, because corrections with two edits would then take 9% longer.
   */
  #endOf({ from, to }: Range, depth: number, unit: number): number {
    let low = from
    let step = 1
    while (low + step <= to && this.#unitAt(low + step - 1, depth) <= unit) {
      low += step
      step *= 2
    }
    let high = Math.min(to, low + step - 1)
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#unitAt(middle, depth) <= unit) low = middle + 1
      else high = middle
    }
    return low
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
    return hasBit(this.#bits, name)
  }

  #toBits(): Uint32Array {
    const bits = new Uint32Array(bitsLength(this.#nameCount))
    for (const { from, to } of this.#ranges) {
      for (let run = from; run < to; run++) setBit(bits, this.#names[run] as number)
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
