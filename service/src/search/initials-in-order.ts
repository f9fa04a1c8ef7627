import type { Range } from '../index/string-table.ts'
import { ascendingSource, type Source } from './find.ts'
import type { NameReader } from './name-reader.ts'

/** The words of names with Hangul, sorted by the initials of the name from that word on. */
export class InitialsInOrder {
  readonly #reader: NameReader
  readonly #names: Uint32Array
  readonly #positions: Uint8Array
  readonly #minima: Uint32Array

  constructor(reader: NameReader) {
    const { initialNames, initialPositions, initialMinima } = reader.index.arrays
    this.#reader = reader
    this.#names = initialNames
    this.#positions = initialPositions
    this.#minima = initialMinima
  }

  /** Returns the range of words whose initials, together with those of the following words, begin with `wanted`. */
  beginningWith(wanted: string): Range {
    const from = this.#first(wanted, 0, false)
    return { from, to: this.#first(wanted, from, true) }
  }

  /** Whether the initials of any word, together with those of the following words, begin with `wanted`. */
  hasBeginning(wanted: string): boolean {
    const at = this.#first(wanted, 0, false)
    return at < this.#names.length && this.#compare(at, wanted) === 0
  }

  /** Returns the names of a range as a source. */
  sourceOf(range: Range): Source {
    return ascendingSource(this.#names, this.#minima, range)
  }

  /**
   * Returns the first position, from `from` on, whose initials come after all initials that begin with `wanted`. If
   * `isAfter` is false, returns the first position whose initials begin with `wanted` or come after it.
   */
  #first(wanted: string, from: number, isAfter: boolean): number {
    let low = from
    let high = this.#names.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const difference = this.#compare(middle, wanted)
      if (difference > 0 || (difference === 0 && !isAfter)) high = middle
      else low = middle + 1
    }
    return low
  }

  #compare(at: number, wanted: string): number {
    const name = this.#names[at] as number
    return this.#reader.compareInitials(name, this.#reader.start(name) + (this.#positions[at] as number), wanted)
  }
}
