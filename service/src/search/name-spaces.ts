import type { IndexArrays } from '../index/search-index.ts'
import { KIND, SPACED, unitOf } from '../index/stored-index.ts'
import { tableOf } from '../index/string-table.ts'
import { type Beginning, isSyllable, withSingleConsonants } from '../text/hangul.ts'
import {
  isFreelySpaced,
  isNumber,
  isSingleLetter,
  isSpacedLetter,
  LONG_NUMBER_DIGITS,
  mayBeFreelySpaced,
} from '../text/scripts.ts'
import { codePointOf, isBetweenDigits, isDigit, isHighSurrogate, isLowSurrogate, TWO_DIGITS } from '../text/strings.ts'
import type { Word } from '../text/words.ts'
import type { Numbers, SpacedText } from './reading.ts'

/** Returned instead of a position if there is no match. */
export const NO_MATCH = -1

/** Compares the spaces and borders of names with those of queries. */
export class NameSpaces {
  readonly #forward: Uint32Array
  readonly #units: Uint16Array
  readonly #starts: Uint32Array

  constructor({ forward, words }: Pick<IndexArrays, 'forward' | 'words'>) {
    this.#forward = forward
    this.#units = words.units
    this.#starts = words.starts
  }

  /** Creates an instance for a single name. The positions of its words start at 0. */
  static ofWords(words: readonly Pick<Word, 'folded' | 'gap'>[]): NameSpaces {
    const forward = new Uint32Array(new SharedArrayBuffer(4 * words.length))
    for (const [at, { gap }] of words.entries()) forward[at] = unitOf(at, gap === 'space' ? SPACED : 0)
    return new NameSpaces({ forward, words: tableOf(words.map(({ folded }) => folded)) })
  }

  /**
   * Whether the spaces of a name agree with the spaces of a query. The name must begin with the query. See "Spaces
   * agree" in docs/matching.md.
   * @param from the position of the first word in the forward index
   * @param end the end of the words
   * @param length how much of the concatenation the query matches, in UTF-16 code units
   * @param optional positions of boundaries of the query that the name may lack
   * @param isStrict whether punctuation between letters of a name counts as white space
   */
  agree(
    from: number,
    end: number,
    typed: SpacedText,
    length: number,
    optional?: ReadonlySet<number>,
    isStrict = false,
  ): boolean {
    const { text, hasBoundary, splitSyllables, endsComplete } = typed
    const forward = this.#forward
    const starts = this.#starts
    if (hasBoundary.length === 0 && !splitSyllables) {
      const first = this.#word(from)
      if ((starts[first + 1] as number) - (starts[first] as number) >= length) return true
    }
    if (!this.bordersAgree(from, end, typed)) return false
    let offset = 0
    let before = 0
    for (let at = from; at < end; at++) {
      const entry = forward[at] as number
      const word = entry >>> 2
      const wordLength = (starts[word + 1] as number) - (starts[word] as number)
      if (offset >= length) return true
      if (
        offset > 0 &&
        !hasBoundary[offset] &&
        ((entry & KIND) === SPACED || (isStrict && this.#isBetweenLetters(at)))
      ) {
        if (!this.#mayJoin(at, before, length - offset, wordLength)) return false
      }
      const wordEnd = offset + wordLength
      const inside = wordEnd < length ? wordEnd : length
      for (let position = offset + 1; position < inside; position++) {
        if (!hasBoundary[position] || isBetweenDigits(text, position) || optional?.has(position)) continue
        if (wordEnd > length && !this.isFreelySpaced(word)) return false
      }
      if (splitSyllables && wordEnd > length && !this.isFreelySpaced(word)) {
        if (splitSyllables.some((position) => position >= offset && position < inside)) return false
      }
      if (endsComplete && length > offset && length < wordEnd) return false
      offset = wordEnd
      before = wordLength
    }
    return true
  }

  /**
   * For a name that begins with a query, returns whether these conditions are met: the name has boundaries around words
   * that replace `&`, and the name and the query have the same boundaries between digits. Either the name or the query
   * may lack a boundary before a group of thousands, or in a long number: `50,000` and `50000`, `978-3-16` and
   * `978316`.
   */
  bordersAgree(from: number, end: number, { text, hasBoundary, borders }: Numbers): boolean {
    if (borders.length === 0 && !TWO_DIGITS.test(text)) return true
    const forward = this.#forward
    const starts = this.#starts
    const isBorder = new Set<number>()
    /** Positions inside long numbers of the name. */
    const isFree = new Set<number>()
    let offset = 0
    for (let at = from; at < end && offset <= text.length; at++) {
      isBorder.add(offset)
      const word = (forward[at] as number) >>> 2
      if (offset > 0 && offset < text.length && !hasBoundary[offset] && isBetweenDigits(text, offset)) {
        const isAllowed = this.#digitsAtStart(word) === THOUSANDS || isInLongNumber(text, hasBoundary, offset)
        if (!isAllowed) return false
      }
      const digits = this.#digitsAtStart(word)
      if (digits >= LONG_NUMBER_DIGITS)
        for (let position = offset + 1; position < offset + digits; position++) isFree.add(position)
      offset += (starts[word + 1] as number) - (starts[word] as number)
    }
    isBorder.add(offset)
    for (let position = 1; position < text.length; position++) {
      if (!hasBoundary[position] || isBorder.has(position) || isFree.has(position)) continue
      if (!isBetweenDigits(text, position)) continue
      if (digitsFrom(text, hasBoundary, position) !== THOUSANDS) return false
    }
    return borders.every((position) => isBorder.has(position))
  }

  /** Returns how many digits a word begins with. */
  #digitsAtStart(word: number): number {
    const start = this.#starts[word] as number
    const end = this.#starts[word + 1] as number
    let at = start
    while (at < end && isDigit(this.#units[at] as number)) at += 1
    return at - start
  }

  /** Whether a query may omit the space before a word, given that `more` units of the query follow the space. */
  #mayJoin(at: number, lengthBefore: number, more: number, length: number): boolean {
    const [previous, word] = [this.#word(at - 1), this.#word(at)]
    const first = this.#firstLetter(word)
    if (isNumber(this.#lastLetter(previous)) || isNumber(first)) return true
    if (this.isFreelySpaced(previous) && this.isFreelySpaced(word)) return true
    const hasTwoBefore = hasTwoLetters(lengthBefore, this.#firstLetter(previous))
    return (hasTwoBefore && hasTwoLetters(more, first)) || more >= length
  }

  /** Whether the characters before and at the start of a word are letters of scripts that are not freely spaced. */
  #isBetweenLetters(at: number): boolean {
    return isSpacedLetter(this.#lastLetter(this.#word(at - 1))) && isSpacedLetter(this.#firstLetter(this.#word(at)))
  }

  /** Whether a word, given by its number, is in a freely spaced script. */
  isFreelySpaced(word: number): boolean {
    const from = this.#starts[word] as number
    const to = this.#starts[word + 1] as number
    const first = this.#units[from] as number
    if (!mayBeFreelySpaced(first)) return false
    // A word that begins with Hangul contains only Hangul and its marks, except for `+` and `#` at the end.
    if (isSyllable(first) && isSyllable(this.#units[to - 1] as number)) return true
    return isFreelySpaced(String.fromCharCode(...this.#units.subarray(from, to)))
  }

  #firstLetter(word: number): number {
    const at = this.#starts[word] as number
    const unit = this.#units[at] as number
    return isHighSurrogate(unit) ? codePointOf(unit, this.#units[at + 1] as number) : unit
  }

  #lastLetter(word: number): number {
    const at = (this.#starts[word + 1] as number) - 1
    const unit = this.#units[at] as number
    return isLowSurrogate(unit) ? codePointOf(this.#units[at - 1] as number, unit) : unit
  }

  #word(at: number): number {
    return (this.#forward[at] as number) >>> 2
  }

  /**
   * Returns the end of the consecutive words, starting at `from`, that a chunk matches under the rule for missing
   * spaces in docs/matching.md, or {@link NO_MATCH} if there are no such words.
   * @param end the end of the name's words
   * @param beginning what the concatenation of the words must begin with
   */
  endOfSpread(from: number, end: number, typed: SpacedText, { head, low, high }: Beginning): number {
    const units = this.#units
    let offset = 0
    for (let at = from; at < end; at++) {
      const word = this.#word(at)
      const to = this.#starts[word + 1] as number
      for (let unit = this.#starts[word] as number; unit < to; unit++, offset++) {
        const own = units[unit] as number
        if (offset < head.length) {
          if (own !== head.charCodeAt(offset)) return NO_MATCH
          continue
        }
        if (own < low || own > high || at === from || this.#hasInnerLetter(from, at + 1)) return NO_MATCH
        return this.agree(from, end, typed, head.length + 1, undefined, true) ? at + 1 : NO_MATCH
      }
    }
    return NO_MATCH
  }

  /** Whether any word between the first and the last word is a single letter that is not next to a digit. */
  #hasInnerLetter(from: number, to: number): boolean {
    for (let at = from + 1; at < to - 1; at++) {
      const word = this.#word(at)
      const letters = this.#units.subarray(this.#starts[word], this.#starts[word + 1])
      if (letters.length > 2 || !isSingleLetter(String.fromCharCode(...letters))) continue
      if (isDigit(this.#lastLetter(this.#word(at - 1))) || isDigit(this.#firstLetter(this.#word(at + 1)))) continue
      return true
    }
    return false
  }
}

/** The number of digits in a group of thousands. */
export const THOUSANDS = 3

/** Whether the number boundaries of a query of initials agree with those of the words that it matches. */
export function numbersAgree(words: readonly string[], numbers: Numbers): boolean {
  const own = words.map((word) => ({ folded: withSingleConsonants(word), gap: 'glue' as const }))
  return NameSpaces.ofWords(own).bordersAgree(0, own.length, numbers)
}

/**
 * Whether the rule for number boundaries allows a single word of a name, which has no boundaries, to equal a text.
 */
export function mayBeOneWord({ text, hasBoundary }: Pick<Numbers, 'text' | 'hasBoundary'>): boolean {
  return hasBoundary.every(
    (isThere, at) =>
      !isThere ||
      !isBetweenDigits(text, at) ||
      digitsFrom(text, hasBoundary, at) === THOUSANDS ||
      isInLongNumber(text, [], at),
  )
}

/** Returns the number of consecutive digits in a query, starting at a position and ending at the next boundary. */
function digitsFrom(text: string, hasBoundary: readonly boolean[], position: number): number {
  let at = position
  while (at < text.length && isDigit(text.charCodeAt(at)) && (at === position || !hasBoundary[at])) at += 1
  return at - position
}

/**
 * Returns whether a position of a query is in a number of at least {@link LONG_NUMBER_DIGITS} digits without
 * boundaries.
 */
export function isInLongNumber(text: string, hasBoundary: readonly boolean[], position: number): boolean {
  let from = position
  while (from > 0 && !hasBoundary[from] && isDigit(text.charCodeAt(from - 1))) from -= 1
  return position - from + digitsFrom(text, hasBoundary, position) >= LONG_NUMBER_DIGITS
}

/** Whether a text of `length` UTF-16 code units has at least two characters. `first` is its first character. */
const hasTwoLetters = (length: number, first: number) => length > (first > 0xffff ? 2 : 1)
