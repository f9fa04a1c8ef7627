import type { SearchIndex } from '../index/search-index.ts'
import { isEmpty } from '../index/string-table.ts'
import { fold } from '../text/fold.ts'
import { hasHangul, hasLoneVowel, isVowel, keystrokes } from '../text/hangul.ts'
import { KEYBOARD_LAYOUTS, otherLayouts } from '../text/keyboard-layouts/index.ts'
import { type Reading, readingsOf } from './reading.ts'

/** Shorter queries, read in any layout, match a word of some entry. */
const MIN_KEYSTROKES_FOR_WORDS = 3
const LETTER = /\p{L}/u
const ASCII = /^\p{ASCII}*$/u
const LAYOUT_LETTERS = KEYBOARD_LAYOUTS.flatMap(({ rows }) =>
  rows.flatMap(([, letters]) => [...letters].filter((letter) => LETTER.test(letter) && !ASCII.test(letter))),
)

/**
 * Reads queries as if they had been typed in another keyboard layout. Most readings cannot match any entry, and are
 * skipped by their first letters, because splitting them into words takes longer than the rest of a search.
 */
export class LayoutReadings {
  readonly #index: SearchIndex
  /** Letters of the layouts that begin words of the index. Hangul letters are not yet joined into syllables. */
  readonly #firstLetters: ReadonlySet<string>

  constructor(index: SearchIndex) {
    this.#index = index
    this.#firstLetters = new Set(LAYOUT_LETTERS.filter((letter) => hasWordsWith(index, letter)))
  }

  readingsOf(query: string): Reading[] {
    if (this.#firstLetters.size === 0 && ASCII.test(query)) return []
    return otherLayouts(query, (letters) => this.#mayOccur(letters))
      .flatMap(readingsOf)
      .filter(({ borders }) => borders.length === 0)
  }

  /** Whether words may begin with these letters. Hangul letters are not yet joined into syllables. */
  #mayOccur(letters: string): boolean {
    const first = letters.charAt(0)
    if (ASCII.test(first) || !LETTER.test(first)) return true
    if (!this.#firstLetters.has(first)) return false
    if (!hasHangul(first) || this.#index.arrays.hasLoneVowels) return true
    if (hasLoneVowel(letters)) return false
    const beginsWithSyllable = isVowel(letters.charCodeAt(1))
    return !beginsWithSyllable || !isEmpty(this.#index.strokes.withPrefix(letters.slice(0, 2)))
  }
}

/** Whether a reading in another layout is long enough to be matched with words in any order. */
export const isLongEnoughForWords = ({ text }: Reading) => [...keystrokes(text)].length >= MIN_KEYSTROKES_FOR_WORDS

/** Whether any word of the index begins with a letter. */
function hasWordsWith({ strokes, words }: SearchIndex, letter: string): boolean {
  return !isEmpty(hasHangul(letter) ? strokes.withPrefix(letter) : words.withPrefix(fold(letter)))
}
