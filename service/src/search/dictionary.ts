import type { SearchIndex } from '../index/search-index.ts'
import { type Range, StringTable } from '../index/string-table.ts'
import { isHangul } from '../text/hangul.ts'

/** The words that are searched for corrections: all words of an index, or some of them. */
export class Dictionary {
  readonly words: StringTable
  /** The keystrokes of the words with Hangul. */
  readonly strokes: StringTable
  /** Whether any word with Hangul also contains other characters. */
  readonly mixesHangul: boolean
  /** The number of each word in the index. Undefined if each number equals the word's position in {@link words}. */
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
    this.mixesHangul = strokes.units.some((unit) => !isHangul(unit))
    this.#numbers = numbers
    this.#strokeNumbers = strokeNumbers
  }

  /** Returns the dictionary of all words of an index. */
  static of({ words, strokes, arrays }: SearchIndex): Dictionary {
    return new Dictionary(words, strokes, undefined, arrays.strokeWords)
  }

  /**
   * Returns a dictionary that contains at least the words of all names with numbers below `end`. Usually, it is much
   * smaller than the dictionary of all words, so searching it takes less time.
   */
  static before(index: SearchIndex, end: number): Dictionary {
    const { common } = index.arrays
    if (!common || common.end < end) return Dictionary.of(index)
    const { words, strokes, numbers, strokeNumbers } = common
    return new Dictionary(new StringTable(words), new StringTable(strokes), numbers, strokeNumbers)
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

/** For each word number in a range of `numbers`, returns a range that contains only this word. */
export const singles = (numbers: Uint32Array, { from, to }: Range): Range[] =>
  Array.from(numbers.subarray(from, to), (number) => ({ from: number, to: number + 1 }))
