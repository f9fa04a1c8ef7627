import type { SearchIndex } from '../index/search-index.ts'
import { fold } from '../text/fold.ts'
import { hasHangul, keystrokes } from '../text/hangul.ts'
import { KEYBOARD_LAYOUTS, otherLayouts } from '../text/keyboard-layouts/index.ts'
import { type Reading, readingsOf } from './reading.ts'

/** Fewer keystrokes begin a word of some text on any layout. */
const MIN_KEYSTROKES_FOR_WORDS = 3
const ASCII = /^\p{ASCII}*$/u
const LETTER = /\p{L}/u

/**
 * The readings of a query as typed on other keyboard layouts. An ASCII query is only read in layouts of whose letters an index has words:
 * without any this takes a fifth of the time of a search that finds little.
 */
export class LayoutReadings {
  readonly #hasLetters: boolean

  constructor(index: SearchIndex) {
    const letters = new Set(KEYBOARD_LAYOUTS.flatMap(({ rows }) => rows.flatMap(([, layout]) => [...layout])))
    this.#hasLetters = [...letters].some((letter) => LETTER.test(letter) && hasWordsWith(index, letter))
  }

  readingsOf(query: string): Reading[] {
    return !this.#hasLetters && ASCII.test(query) ? [] : otherLayouts(query).flatMap(readingsOf)
  }
}

/** Whether a reading of another layout is long enough to be looked for in words in any order. */
export const isLongEnoughForWords = ({ text }: Reading) => [...keystrokes(text)].length >= MIN_KEYSTROKES_FOR_WORDS

/** Whether an index has a word that begins with a letter of a layout, or in Hangul with a syllable of its letters. */
function hasWordsWith(index: SearchIndex, letter: string): boolean {
  if (hasHangul(letter)) return index.strokes.length > 0
  const { from, to } = index.words.withPrefix(fold(letter))
  return from < to
}
