import { AscendingValues } from '../index/range-minimum.ts'
import { isEmpty, type Range } from '../index/string-table.ts'
import type { Beginning } from '../text/hangul.ts'
import { ascendingSource, DONE, type Matches, SMALL_RANGE, type Source } from './find.ts'
import type { NameReader } from './name-reader.ts'
import { beginningOf } from './reading.ts'

/**
 * The ranges for prefixes of up to this many UTF-16 code units are cached. Longer prefixes are searched within these
 * ranges.
 */
const SHORT = 3
const MAX_CACHED = 20_000
/** The number of names that are cached for a short prefix. Most queries need at most this many. */
const BEST = 16

/** The names that begin with a string. */
export interface Begun extends Range {
  /**
   * The names with the lowest numbers, in ascending order. Set only if the string is short and many names begin with
   * it.
   */
  best?: Uint32Array
}

/** The names of an index, sorted by their concatenated words. */
export class NamesInOrder {
  readonly #reader: NameReader
  readonly #names: Uint32Array
  readonly #minima: Uint32Array
  readonly #short = new Map<string, Begun>()

  constructor(reader: NameReader) {
    this.#reader = reader
    this.#names = reader.index.arrays.lexicographic
    this.#minima = reader.index.arrays.lexicographicMinima
  }

  /** Returns the range of names that begin with `head` followed by a code unit from `low` to `high`. */
  beginningWith(beginning: Beginning): Begun {
    const { head, low, high } = beginning
    if (head.length >= SHORT) return this.#search(beginning, this.#beginningWithShort(head.slice(0, SHORT)))
    return low === high ? this.#beginningWithShort(head + String.fromCharCode(low)) : this.#search(beginning, this.#all)
  }

  /** Whether any name begins with a text. */
  hasBeginning(text: string): boolean {
    return !isEmpty(this.beginningWith(beginningOf({ text })))
  }

  #beginningWithShort(text: string): Begun {
    let range = this.#short.get(text)
    if (!range) {
      range = this.#withBest(this.#search(beginningOf({ text }), this.#all))
      if (this.#short.size < MAX_CACHED) this.#short.set(text, range)
    }
    return range
  }

  #withBest({ from, to }: Range): Begun {
    if (to - from <= SMALL_RANGE) return { from, to }
    const ascending = new AscendingValues(this.#names, this.#minima, from, to)
    return { from, to, best: Uint32Array.from({ length: BEST }, () => ascending.next()) }
  }

  get #all(): Range {
    return { from: 0, to: this.#names.length }
  }

  /** Searches a range of names that contains all wanted ones. */
  #search(beginning: Beginning, { from, to }: Range): Range {
    const reader = this.#reader
    const names = this.#names
    let low = from
    let high = to
    while (low < high) {
      const middle = (low + high) >>> 1
      if (reader.comparePrefix(names[middle] as number, beginning) < 0) low = middle + 1
      else high = middle
    }
    return { from: low, to: this.#end(low, to, (name) => reader.comparePrefix(name, beginning) === 0) }
  }

  /**
   * Given the range of names that begin with `text`, returns the part with the names that equal `text`. These names
   * come first.
   */
  equalIn({ from, to }: Range, text: string): Range {
    return { from, to: this.#end(from, to, (name) => this.#reader.compare(name, text) === 0) }
  }

  /** Whether at least `wanted` of the best `2 * wanted` names of a range match, so that a search soon ends. */
  areSoonFound({ from, to }: Range, matches: Matches, wanted: number): boolean {
    const ascending = new AscendingValues(this.#names, this.#minima, from, to)
    let found = 0
    for (let left = 2 * wanted; left > 0 && found < wanted; left--) {
      const name = ascending.next()
      if (name < 0) return false
      if (matches(name)) found += 1
    }
    return found >= wanted
  }

  /** Returns the names of a range as a source. */
  sourceOf(range: Begun): Source {
    const source = ascendingSource(this.#names, this.#minima, range)
    const { best: known } = range
    if (!known) return source
    const offer: Source['offer'] = (best, wanted, from, steps) => {
      const { matches, screen } = wanted
      for (let at = 0; at < known.length; at++) {
        const name = known[at] as number
        if (name >= best.bound) return DONE
        if (name >= from && screen.canMatch(name) && matches(name)) best.offer(name)
      }
      return source.offer(best, wanted, Math.max(from, (known.at(-1) as number) + 1), steps)
    }
    return { ...source, offer }
  }

  /**
   * Returns the end of the wanted names, which come first in the range. Uses a galloping search, because there are
   * usually few wanted names.
   */
  #end(from: number, to: number, isWanted: (name: number) => boolean): number {
    const names = this.#names
    let low = from
    let step = 1
    while (low + step <= to && isWanted(names[low + step - 1] as number)) {
      low += step
      step *= 2
    }
    let high = Math.min(to, low + step - 1)
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isWanted(names[middle] as number)) low = middle + 1
      else high = middle
    }
    return low
  }
}
