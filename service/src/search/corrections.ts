import type { Range, StringTable } from '../index/string-table.ts'
import { FIRST_HANGUL, hasHangul, isHangul, keystrokes } from '../text/hangul.ts'
import { isNumber } from '../text/scripts.ts'
import { codePointOf, countCodePoints, isHighSurrogate } from '../text/strings.ts'
import type { Dictionary } from './dictionary.ts'

/** Minimum number of keystrokes for one edit, and for two. Outside of Hangul, a keystroke is a letter. */
const MIN_LENGTH_FOR_EDIT = 4
const MIN_LENGTH_FOR_TWO_EDITS = 8

/** The limits of typo correction. */
export interface CorrectionRules {
  /** Whether the first letter must match. */
  keepsFirst: boolean
  /** Whether digits may be edited. */
  editsDigits: boolean
}

const DIGIT = /\p{N}/u

/** Whether a word contains a digit of any script. */
export const hasDigit = (word: string) => DIGIT.test(word)

/** Returns the maximum number of edits in a word of a query, from 0 to 2. */
export function maxEditsOf(word: string, { editsDigits }: CorrectionRules): number {
  if (!editsDigits && hasDigit(word)) return 0
  const length = countCodePoints(keystrokes(word))
  return length < MIN_LENGTH_FOR_EDIT ? 0 : length < MIN_LENGTH_FOR_TWO_EDITS ? 1 : 2
}

/**
 * Returns the words of a dictionary that begin with a word of a query after at most `edits` edits, as ranges of index
 * words.
 */
export function correctedRanges(dictionary: Dictionary, word: string, edits: number, rules: CorrectionRules): Range[] {
  const { words, strokes } = dictionary
  if (hasHangul(word)) return dictionary.strokesToIndex(withinEdits(strokes, keystrokes(word), edits, rules))
  const singulars = singularsOf(word).map((singular) => words.equalTo(singular))
  const withoutHangul = dictionary.toIndex([...withinEdits(words, word, edits, rules, true), ...singulars])
  if (!dictionary.mixesHangul) return withoutHangul
  return [...withoutHangul, ...dictionary.strokesToIndex(withinEdits(strokes, word, edits, rules))]
}

/** Returns possible singulars of an English plural that are more than one edit away, such as `berry` for `berries`. */
export function singularsOf(word: string): string[] {
  if (!word.endsWith('es')) return []
  const singulars = [word.slice(0, -2)]
  return word.endsWith('ies') ? [...singulars, `${word.slice(0, -3)}y`] : singulars
}

/**
 * Returns the strings of a sorted table that have a prefix at most `edits` edits away from `typed`. The search walks the
 * table like a trie and keeps one row of edit distances (optimal string alignment) per letter, so it visits only strings
 * that can still match. A letter is a code point.
 * @param skipsHangul whether to leave out prefixes that contain Hangul
 */
export function withinEdits(
  table: StringTable,
  typed: string,
  edits: number,
  rules: CorrectionRules,
  skipsHangul = false,
): Range[] {
  const first = String.fromCodePoint(typed.codePointAt(0) as number)
  const range = rules.keepsFirst ? table.withPrefix(first) : { from: 0, to: table.length }
  if (range.from === range.to) return []
  return new Walk(table, typed, edits, rules, skipsHangul).walk(range)
}

class Walk {
  readonly #ranges: Range[] = []
  readonly #table: StringTable
  /** The letters of the typed text. */
  readonly #typed: Uint32Array
  readonly #typedUnits: Uint16Array
  /** For each letter of the typed text, its position in {@link #typedUnits}, followed by the end. */
  readonly #unitStarts: Uint16Array
  readonly #edits: number
  readonly #rules: CorrectionRules
  readonly #skipsHangul: boolean
  /**
   * For each depth, the distances from the walked path to the prefixes of the typed text. Only the distances to prefixes of
   * about the same length are computed, because all others are too far away.
   */
  readonly #rows: Uint8Array
  /** The length of a row. */
  readonly #width: number
  /** The letters of the walked path. */
  readonly #path: Uint32Array

  constructor(table: StringTable, typed: string, edits: number, rules: CorrectionRules, skipsHangul: boolean) {
    const letters = [...typed]
    const { length } = letters
    this.#table = table
    this.#typed = new Uint32Array(length)
    this.#typedUnits = new Uint16Array(typed.length)
    this.#unitStarts = new Uint16Array(length + 1)
    for (let at = 0; at < typed.length; at++) this.#typedUnits[at] = typed.charCodeAt(at)
    for (let at = 0; at < length; at++) {
      const letter = letters[at] as string
      this.#typed[at] = letter.codePointAt(0) as number
      this.#unitStarts[at + 1] = (this.#unitStarts[at] as number) + letter.length
    }
    this.#edits = edits
    this.#rules = rules
    this.#skipsHangul = skipsHangul
    const depth = length + edits + 1
    this.#width = length + 1
    this.#rows = new Uint8Array((depth + 1) * this.#width).fill(FAR)
    this.#path = new Uint32Array(depth)
    for (let at = 0; at <= Math.min(edits, length); at++) this.#rows[at] = at
  }

  /** @param range the strings that begin with the first letter of the typed text, if it must match, or else all strings */
  walk(range: Range): Range[] {
    if (this.#rules.keepsFirst) this.#enter(0, this.#typed[0] as number, this.#unitStarts[1] as number, range)
    else this.#walk(0, 0, range)
    return withoutNested(this.#ranges)
  }

  /**
   * Continues from a range of strings that share their first letters.
   * @param depth the number of these letters
   * @param offset the number of their UTF-16 units
   */
  #walk(depth: number, offset: number, range: Range): void {
    if (this.#isSpent(depth)) {
      this.#addExact(depth, offset, range)
      return
    }
    const { units, starts } = this.#table
    let { from } = range
    // Strings that end here come before all longer ones.
    while (from < range.to && this.#table.lengthOf(from) === offset) from += 1
    while (from < range.to) {
      const place = (starts[from] as number) + offset
      const unit = units[place] as number
      let to = this.#endOfChild({ from, to: range.to }, offset, unit)
      if (isHighSurrogate(unit)) {
        const low = units[place + 1] as number
        to = this.#endOfChild({ from, to }, offset + 1, low)
        this.#enter(depth, codePointOf(unit, low), offset + 2, { from, to })
      } else this.#enter(depth, unit, offset + 1, { from, to })
      from = to
    }
  }

  /**
   * Adds a letter to the path.
   * @param offset the number of UTF-16 units of the path with the letter
   */
  #enter(depth: number, letter: number, offset: number, range: Range): void {
    if (letter >= FIRST_HANGUL && this.#skipsHangul && isHangul(letter)) return
    // All words with digits begin with a digit.
    if (depth === 0 && !this.#rules.editsDigits && isNumber(letter)) return
    const typed = this.#typed
    const rows = this.#rows
    const { length } = typed
    const edits = this.#edits
    const row = depth * this.#width
    const before = row - this.#width
    const next = row + this.#width
    this.#path[depth] = letter
    const from = Math.max(1, depth + 1 - edits)
    const to = Math.min(length, depth + 1 + edits)
    if (from === 1) rows[next] = depth < edits ? depth + 1 : FAR
    let smallest: number = from === 1 ? (rows[next] as number) : FAR
    for (let at = from; at <= to; at++) {
      let distance = (rows[row + at - 1] as number) + (typed[at - 1] === letter ? 0 : 1)
      distance = Math.min(distance, (rows[row + at] as number) + 1, (rows[next + at - 1] as number) + 1)
      if (depth > 0 && at > 1 && typed[at - 2] === letter && typed[at - 1] === this.#path[depth - 1]) {
        distance = Math.min(distance, (rows[before + at - 2] as number) + 1)
      }
      rows[next + at] = distance
      if (distance < smallest) smallest = distance
    }
    if ((rows[next + length] as number) <= edits) this.#ranges.push(range)
    else if (smallest <= edits) this.#walk(depth + 1, offset, range)
  }

  /** Whether no edits are left, so that the rest of the typed text must follow exactly. */
  #isSpent(depth: number): boolean {
    const row = depth * this.#width
    const to = Math.min(this.#typed.length, depth + this.#edits)
    for (let at = Math.max(0, depth - this.#edits); at <= to; at++) {
      if ((this.#rows[row + at] as number) < this.#edits) return false
    }
    return true
  }

  /**
   * Adds the strings in which the path is followed by the rest of the typed text. The rest can start at any position that the
   * path may have reached.
   */
  #addExact(depth: number, offset: number, range: Range): void {
    const typed = this.#typed
    const row = depth * this.#width
    const before = row - this.#width
    const to = Math.min(typed.length - 1, depth + this.#edits)
    for (let at = Math.max(0, depth - this.#edits); at <= to; at++) {
      if (this.#rows[row + at] === this.#edits) this.#addRest(offset, range, at, false)
      // The last letter of the path may be the first of two swapped letters.
      const isSwapped =
        depth > 0 &&
        at > 0 &&
        (this.#rows[before + at - 1] as number) < this.#edits &&
        typed[at] === this.#path[depth - 1]
      if (isSwapped) this.#addRest(offset, range, at, true)
    }
  }

  /**
   * Adds the strings in which the typed text from letter `at` on follows the path. If the letters `at - 1` and `at` are
   * swapped, the path already ends with the latter, so the former follows in its place.
   */
  #addRest(offset: number, { from, to }: Range, at: number, isSwapped: boolean): void {
    const first = this.#firstWhere({ from, to }, (string) => this.#compareRest(string, offset, at, isSwapped) >= 0)
    if (first === to || this.#compareRest(first, offset, at, isSwapped) > 0) return
    const end = this.#endBefore({ from: first, to }, (string) => this.#compareRest(string, offset, at, isSwapped) > 0)
    this.#ranges.push({ from: first, to: end })
  }

  /** Compares a string, from `offset` on, with the rest of the typed text: 0 if it begins with the rest. */
  #compareRest(string: number, offset: number, at: number, isSwapped: boolean): number {
    const { units, starts } = this.#table
    const typed = this.#typedUnits
    const end = starts[string + 1] as number
    let place = (starts[string] as number) + offset
    let rest = this.#unitStarts[isSwapped ? at - 1 : at] as number
    const swapped = isSwapped ? (this.#unitStarts[at] as number) : -1
    for (; ; rest++, place++) {
      if (rest === swapped) rest = this.#unitStarts[at + 1] as number
      if (rest === typed.length) return 0
      if (place >= end) return -1
      const difference = (units[place] as number) - (typed[rest] as number)
      if (difference !== 0) return difference
    }
  }

  /** Returns the end of the strings with a given unit at an offset. They are the first strings in the range. */
  #endOfChild(range: Range, offset: number, unit: number): number {
    return this.#endBefore(range, (at) => this.#unitAt(at, offset) > unit)
  }

  /** Returns the first string after the start of a range for which `isAfter` is true, or else the end of the range. */
  #endBefore({ from, to }: Range, isAfter: (at: number) => boolean): number {
    // There are usually few wanted strings, so look nearby first.
    let step = 1
    let low = from
    while (low + step < to && !isAfter(low + step)) {
      low += step
      step *= 2
    }
    return this.#firstWhere({ from: low, to: Math.min(to, low + step) }, isAfter)
  }

  #firstWhere({ from, to }: Range, isIt: (at: number) => boolean): number {
    let low = from
    let high = to
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isIt(middle)) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Returns the unit at an offset, or -1 after the end of the string. */
  #unitAt(at: number, offset: number): number {
    const { units, starts } = this.#table
    const place = (starts[at] as number) + offset
    return place < (starts[at + 1] as number) ? (units[place] as number) : -1
  }
}

/** Sorts ranges and leaves out those inside other ranges. Any two ranges must be nested or separate. */
function withoutNested(ranges: readonly Range[]): Range[] {
  const sorted = ranges.toSorted((a, b) => a.from - b.from || b.to - a.to)
  let end = 0
  return sorted.filter(({ to }) => {
    if (to <= end) return false
    end = to
    return true
  })
}

/** A distance that exceeds any limit, and that can still be incremented without overflowing a byte. */
const FAR = 100
