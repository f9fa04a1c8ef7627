import { bitsLength, hasBit, setBit } from '../index/bits.ts'
import type { SearchIndex } from '../index/search-index.ts'
import type { Range } from '../index/string-table.ts'

/** A range that is still being extended. */
type Growing = { -readonly [Key in keyof Range]: Range[Key] }

/** A set of words of an index, as sorted, separate ranges of word numbers. */
export class WordSet {
  readonly ranges: readonly Range[]
  /** An upper bound on the number of names that contain any of the words. */
  readonly size: number
  readonly #from: number
  readonly #span: number
  /** If there are several ranges, one bit per word from the first to the last. Built on first use. */
  #bits: Uint32Array | undefined

  constructor(index: SearchIndex, ranges: readonly Range[]) {
    this.ranges = merged(ranges)
    let size = 0
    for (const { from, to } of this.ranges) size += index.postingCount(from, to)
    this.size = size
    this.#from = this.ranges[0]?.from ?? 0
    this.#span = (this.ranges.at(-1)?.to ?? 0) - this.#from
  }

  /** Returns the set of the words with these numbers, which must be in ascending order. */
  static ofWords(index: SearchIndex, words: readonly number[]): WordSet {
    const ranges: Growing[] = []
    let last: Growing | undefined
    for (const word of words) {
      if (last?.to === word) last.to = word + 1
      else {
        last = { from: word, to: word + 1 }
        ranges.push(last)
      }
    }
    return new WordSet(index, ranges)
  }

  /** Returns the set of the words of several sets. */
  static union(index: SearchIndex, sets: readonly WordSet[]): WordSet {
    const [first, ...others] = sets.filter(({ isEmpty }) => !isEmpty)
    if (first && others.length === 0) return first
    return new WordSet(
      index,
      sets.flatMap(({ ranges }) => ranges),
    )
  }

  get wordCount(): number {
    let count = 0
    for (const { from, to } of this.ranges) count += to - from
    return count
  }

  get isEmpty(): boolean {
    return this.size === 0
  }

  has(word: number): boolean {
    const offset = word - this.#from
    if (offset < 0 || offset >= this.#span) return false
    if (this.ranges.length === 1) return true
    this.#bits ??= this.#toBits()
    return hasBit(this.#bits, offset)
  }

  includes(other: WordSet): boolean {
    return other === this || (other.size <= this.size && other.rangesWithout(this).length === 0)
  }

  equals(other: WordSet): boolean {
    if (other === this) return true
    if (other.size !== this.size || other.ranges.length !== this.ranges.length) return false
    return this.ranges.every(({ from, to }, at) => other.ranges[at]?.from === from && other.ranges[at]?.to === to)
  }

  /** Returns the ranges of this set without the words of another set. */
  rangesWithout(other: WordSet): Range[] {
    const rest: Range[] = []
    let next = 0
    for (const { from, to } of this.ranges) {
      let start = from
      while (next < other.ranges.length && (other.ranges[next] as Range).to <= start) next += 1
      for (let at = next; at < other.ranges.length && start < to; at++) {
        const taken = other.ranges[at] as Range
        if (taken.from >= to) break
        if (taken.from > start) rest.push({ from: start, to: taken.from })
        start = taken.to
      }
      if (start < to) rest.push({ from: start, to })
    }
    return rest
  }

  #toBits(): Uint32Array {
    const bits = new Uint32Array(bitsLength(this.#span))
    for (const { from, to } of this.ranges) {
      for (let at = from - this.#from; at < to - this.#from; at++) setBit(bits, at)
    }
    return bits
  }
}

function merged(ranges: readonly Range[]): Range[] {
  const sorted = ranges.filter(({ from, to }) => from < to)
  if (sorted.length < 2) return sorted
  if (areInOrder(sorted)) return sorted
  sorted.sort((a, b) => a.from - b.from)
  const result: Growing[] = []
  for (const { from, to } of sorted) {
    const last = result.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else result.push({ from, to })
  }
  return result
}

/** Whether ranges are already sorted and separate. */
function areInOrder(ranges: readonly Range[]): boolean {
  for (let at = 1; at < ranges.length; at++)
    if ((ranges[at] as Range).from <= (ranges[at - 1] as Range).to) return false
  return true
}
