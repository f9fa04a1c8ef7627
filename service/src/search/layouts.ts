import type { SearchIndex } from '../index/search-index.ts'
import { fold } from '../text/fold.ts'
import { hasHangul, keystrokes } from '../text/hangul.ts'
import { KEYBOARD_LAYOUTS, otherLayouts } from '../text/keyboard-layouts/index.ts'
import { type Reading, readingsOf } from './reading.ts'

/** Shorter queries match a word of some entry in every layout. */
const MIN_KEYSTROKES_FOR_WORDS = 3
const ASCII = /^\p{ASCII}*$/u
const LETTER = /\p{L}/u

/**
 * Reads queries as if they had been typed in another keyboard layout. ASCII queries are skipped if the index has no
 * words with letters of these layouts, because the readings take a fifth of the time of a search that finds little.
 */
export class LayoutReadings {
  readonly #hasLetters: boolean

  constructor(index: SearchIndex) {
    const letters = new Set(KEYBOARD_LAYOUTS.flatMap(({ rows }) => rows.flatMap(([, layout]) => [...layout])))
    this.#hasLetters = [...letters].some((letter) => LETTER.test(letter) && hasWordsWith(index, letter))
  }

  readingsOf(query: string): Reading[] {
    if (!this.#hasLetters && ASCII.test(query)) return []
    return otherLayouts(query)
      .flatMap(readingsOf)
      .filter(({ borders }) => borders.length === 0)
  }
}

/** Whether a reading in another layout is long enough to be matched with words in any order. */
export const isLongEnoughForWords = ({ text }: Reading) => [...keystrokes(text)].length >= MIN_KEYSTROKES_FOR_WORDS

/** Whether any word of the index begins with a letter. For a Hangul letter, whether any word has Hangul. */
function hasWordsWith(index: SearchIndex, letter: string): boolean {
  if (hasHangul(letter)) return index.strokes.length > 0
  const { from, to } = index.words.withPrefix(fold(letter))
  return from < to
}
