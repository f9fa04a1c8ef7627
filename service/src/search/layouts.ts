import type { SearchIndex } from '../index/search-index.ts'
import { isEmpty } from '../index/string-table.ts'
import { fold } from '../text/fold.ts'
import { firstInitials, hasHangul, hasLoneVowel, keystrokes, SINGLE_FINALS } from '../text/hangul.ts'
import { inLayouts, KEYBOARD_LAYOUTS, otherLayouts } from '../text/keyboard-layouts/index.ts'
import type { KeyboardLayout } from '../text/keyboard-layouts/layout.ts'
import type { Dictionary } from './dictionary.ts'
import type { InitialsInOrder } from './initials-in-order.ts'
import type { NamesInOrder } from './names-in-order.ts'
import { beginningOf, type Reading, readingsOf } from './reading.ts'
import { canBegin } from './steps.ts'

/**
 * Minimum number of keystrokes for matching words in any order. Shorter readings match some word in almost every layout
 * by chance.
 */
const MIN_KEYSTROKES_FOR_WORDS = 3
const LETTER = /\p{L}/u
/** Letters and marks. In Thai, many keys type marks. */
const LETTER_OR_MARK = /[\p{L}\p{M}]/u
/**
 * Symbols after the first character. NFKC would convert some of them to capitals (№ to No), which no indexed word has.
 */
const LATER_SYMBOLS = /(?!^)[^\p{L}\p{M}\s]/gu
/**
 * Letters at the beginning of a string that form syllables. Only the last letter may be a consonant outside of
 * syllables. Words that match the string, even by its initials, begin with these letters.
 */
const FIRST_SYLLABLES = new RegExp(
  `^(?:[ㄱ-ㅎ][ㅏ-ㅣ]+(?:[${SINGLE_FINALS}](?=[ㄱ-ㅎ][ㅏ-ㅣ]))?)+(?:[${SINGLE_FINALS}][ㄱ-ㅎ]?|[ㄱ-ㅎ])?`,
)
const FIRST_LETTERS = /^[ㄱ-ㅣ]+/
/** A reading that consists of one word, and that folding does not change. */
const LATIN_WORD = /^[a-z]+$/
const ASCII = /^\p{ASCII}*$/u
/**
 * A query with the word `b` is read in all layouts, even if no indexed word begins with a letter of the layout. In the
 * Russian and Ukrainian layouts, this key types `и`, a word for `&` that may be left out. Without it, `9 b 1` has no
 * letters.
 */
const AND_WORD = / b /i
const READ_AND_WORD = / и(?= )/g

/**
 * If a query begins with this number of Latin letters, these letters are checked first. The results are cached, up to
 * `MAX_REMEMBERED` of them.
 */
const FIRST_KEYS = 4
const BEGINS_WITH_KEYS = new RegExp(`^[a-zA-Z]{${FIRST_KEYS}}`)
const MAX_REMEMBERED = 20_000

/** The letters and marks of a layout that a QWERTY keyboard does not have. */
const lettersOf = ({ rows }: KeyboardLayout) =>
  rows.flatMap(([, letters]) => [...letters].filter((letter) => LETTER_OR_MARK.test(letter) && !ASCII.test(letter)))

/**
 * Reads queries as if they had been typed in another keyboard layout. Most readings cannot match any entry. Their first
 * letters show this, so they are skipped without splitting them into words, which would take longer than a search.
 */
export class LayoutReadings {
  readonly #index: SearchIndex
  readonly #names: NamesInOrder
  readonly #initials: InitialsInOrder
  /** Folded letters of the layouts: those with which an indexed word begins. For Hangul, these are keystrokes. */
  readonly #firstLetters: ReadonlySet<string>
  /** The layouts that have at least one of `#firstLetters`. */
  readonly #layouts: readonly KeyboardLayout[]
  /** All UTF-16 code units that occur in words of the index. */
  readonly #units: ReadonlySet<number>
  /** For the first keys of queries, whether names may have words that begin with a reading of these keys. */
  readonly #mayBegin = new Map<string, boolean>()

  constructor(index: SearchIndex, names: NamesInOrder, initials: InitialsInOrder) {
    this.#index = index
    this.#names = names
    this.#initials = initials
    const letters = KEYBOARD_LAYOUTS.flatMap(lettersOf).map(fold)
    this.#firstLetters = new Set(letters.filter((letter) => hasWordsWith(index, letter)))
    this.#layouts = KEYBOARD_LAYOUTS.filter((layout) =>
      lettersOf(layout).some((letter) => this.#firstLetters.has(fold(letter))),
    )
    this.#units = new Set(this.#layouts.length > 0 ? index.words.units : [])
  }

  /**
   * Returns the readings of a query in other layouts that may match any entry.
   * @param dictionary the words of all entries that may be found
   */
  readingsOf(query: string, dictionary: Dictionary): Reading[] {
    const layouts = AND_WORD.test(query) ? KEYBOARD_LAYOUTS : this.#layouts
    if (layouts.length === 0 && ASCII.test(query)) return []
    if (layouts === this.#layouts && BEGINS_WITH_KEYS.test(query) && !this.#mayBeginWith(query.slice(0, FIRST_KEYS)))
      return []
    return otherLayouts(query, (letters) => this.#mayOccur(letters, dictionary), layouts)
      .flatMap(readingsOf)
      .filter(({ borders }) => borders.length === 0)
  }

  /** Whether names may have words that begin with a reading of these keys. */
  #mayBeginWith(keys: string): boolean {
    let mayBegin = this.#mayBegin.get(keys)
    if (mayBegin === undefined) {
      const readings = [...inLayouts(keys, this.#layouts)]
      mayBegin = readings.some((letters) => this.#mayOccur(letters, this.#index))
      if (this.#mayBegin.size < MAX_REMEMBERED) this.#mayBegin.set(keys, mayBegin)
    }
    return mayBegin
  }

  /** Whether names may have words that begin with these letters. Hangul letters are not joined into syllables yet. */
  #mayOccur(letters: string, { words, strokes }: Pick<Dictionary, 'words' | 'strokes'>): boolean {
    if (LATIN_WORD.test(letters)) return !isEmpty(words.withPrefix(letters)) || this.#names.hasBeginning(letters)
    const isHangul = hasHangul(letters.charAt(0))
    const folded = isHangul ? letters : fold(letters.replace(LATER_SYMBOLS, ' ').normalize('NFKC'))
    const first = folded.charAt(0)
    if (ASCII.test(first) || !LETTER_OR_MARK.test(first)) return true
    if (!this.#firstLetters.has(first)) return false
    if (!isHangul) return this.#hasUnitsOf(folded.replace(READ_AND_WORD, ''))
    if (this.#index.arrays.hasLoneVowels) return true
    if (hasLoneVowel(letters)) return false
    const syllables = FIRST_SYLLABLES.exec(letters)?.[0]
    if (syllables === undefined) return this.#mayBeInitials(letters)
    if (!canBegin(strokes, beginningOf({ text: syllables }), 1)) return false
    if (syllables === letters || this.#initials.hasBeginning(firstInitials(letters))) return true
    // The check above does not find a word such as `.가ㅋㅋ`, because its initials begin with the dot. Search for its
    // joined word, which has no dot.
    return !isEmpty(strokes.withPrefix(FIRST_LETTERS.exec(letters)?.[0] ?? ''))
  }

  /** Like `#mayOccur`, for Hangul letters whose first letter is a consonant without a vowel. */
  #mayBeInitials(letters: string): boolean {
    const { strokes } = this.#index
    const first = firstInitials(letters)
    if (first.length === 1) return !isEmpty(strokes.withPrefix(first))
    // For a match, a word must equal the first consonant or begin with the first two letters, or all letters must be
    // initials.
    const isInWords = !isEmpty(strokes.equalTo(letters.charAt(0))) || !isEmpty(strokes.withPrefix(letters.slice(0, 2)))
    return isInWords || this.#initials.hasBeginning(first)
  }

  /**
   * Whether all letters of a folded string occur in words. Readings in the layouts of related languages often begin
   * with the same letters and differ only later.
   */
  #hasUnitsOf(folded: string): boolean {
    for (let at = 0; at < folded.length; at++) {
      if (!this.#units.has(folded.charCodeAt(at)) && LETTER.test(folded.charAt(at))) return false
    }
    return true
  }
}

/** Whether a reading in another layout is long enough to be matched with words in any order. */
export const isLongEnoughForWords = ({ text }: Reading) => [...keystrokes(text)].length >= MIN_KEYSTROKES_FOR_WORDS

/** Whether any word of the index begins with the given letter. */
function hasWordsWith({ strokes, words }: SearchIndex, letter: string): boolean {
  return !isEmpty(hasHangul(letter) ? strokes.withPrefix(letter) : words.withPrefix(letter))
}
