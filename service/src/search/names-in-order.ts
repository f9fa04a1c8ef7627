import type { Range } from '../index/string-table.ts'
import type { Beginning } from '../text/hangul.ts'
import { ascendingSource, type Source } from './find.ts'
import type { NameReader } from './name-reader.ts'

const NONE: Range = { from: 0, to: 0 }

/** The names of an index in the lexicographic order of their concatenations. */
export class NamesInOrder {
  readonly #reader: NameReader
  readonly #names: Uint32Array
  readonly #minima: Uint32Array

  constructor(reader: NameReader) {
    this.#reader = reader
    this.#names = reader.index.arrays.lexicographic
    this.#minima = reader.index.arrays.lexicographicMinima
  }

  /** The names that begin so. */
  beginningWith(beginning: Beginning): Range {
    if (!this.#isBegun(beginning)) return NONE
    const reader = this.#reader
    const names = this.#names
    let low = 0
    let high = names.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (reader.comparePrefix(names[middle] as number, beginning) < 0) low = middle + 1
      else high = middle
    }
    return { from: low, to: this.#end(low, names.length, (name) => reader.comparePrefix(name, beginning) === 0) }
  }

  /** Of the names that begin with a text those that are equal to it, which are the first ones. */
  equalIn({ from, to }: Range, text: string): Range {
    return { from, to: this.#end(from, to, (name) => this.#reader.compare(name, text) === 0) }
  }

  /** The names of a range. */
  sourceOf(range: Range): Source {
    return ascendingSource(this.#names, this.#minima, range)
  }

  /** Whether any word begins so, as the first word of a name would. Few do of what was typed on another layout. */
  #isBegun({ head, low, high }: Beginning): boolean {
    const { words } = this.#reader.index
    const { from, to } = head === '' ? words.startingWith('', low, high) : words.withPrefix(head.charAt(0))
    return from < to
  }

  /** Behind the names from `from` on that are wanted; most often those are few, so the steps begin small. */
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
