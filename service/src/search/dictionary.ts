import type { SearchIndex } from '../index/search-index.ts'
import { type Range, StringTable, tableOf } from '../index/string-table.ts'

/** The words of an index, or some of them, in which corrections are searched. */
export class Dictionary {
  readonly words: StringTable
  /** The keystrokes of the words with Hangul. */
  readonly strokes: StringTable
  /** The number of each word in the index. Undefined if it is the position in {@link words}. */
  readonly #numbers: Uint32Array | undefined
  readonly #strokeNumbers: Uint32Array

  private constructor(
    words: StringTable,
    strokes: StringTable,
    numbers: Uint32Array | undefined,
    strokeNumbers: Uint32Array,
  ) {
    this.words = words
    this.strokes = strokes
    this.#numbers = numbers
    this.#strokeNumbers = strokeNumbers
  }

  /** All words of an index. */
  static of({ words, strokes, arrays }: SearchIndex): Dictionary {
    return new Dictionary(words, strokes, undefined, arrays.strokeWords)
  }

  /** The words that occur in names with numbers below `end`. Searching this smaller dictionary takes less time. */
  static before(index: SearchIndex, end: number): Dictionary {
    const { words, strokes, arrays } = index
    const isWanted = (word: number) => index.firstNameWith(word) < end
    const numbers = Uint32Array.from({ length: words.length }, (_, word) => word).filter(isWanted)
    const places = Uint32Array.from({ length: strokes.length }, (_, place) => place).filter((place) =>
      isWanted(arrays.strokeWords[place] as number),
    )
    return new Dictionary(
      subset(words, numbers),
      subset(strokes, places),
      numbers,
      places.map((place) => arrays.strokeWords[place] as number),
    )
  }

  /** Converts ranges of {@link words} to ranges of the index. */
  toIndex(ranges: readonly Range[]): Range[] {
    const numbers = this.#numbers
    return numbers ? ranges.flatMap((range) => singles(numbers, range)) : [...ranges]
  }

  /** Converts ranges of {@link strokes} to ranges of index words. */
  strokesToIndex(ranges: readonly Range[]): Range[] {
    return ranges.flatMap((range) => singles(this.#strokeNumbers, range))
  }
}

const singles = (numbers: Uint32Array, { from, to }: Range): Range[] =>
  Array.from(numbers.subarray(from, to), (number) => ({ from: number, to: number + 1 }))

const subset = (table: StringTable, places: Uint32Array) =>
  new StringTable(tableOf(Array.from(places, (place) => table.get(place))))
