import type { Range, StringTable } from '../index/string-table.ts'
import { hasHangul, keystrokes } from '../text/hangul.ts'
import { isDigit } from '../text/strings.ts'
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
  const { length } = keystrokes(word)
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
  return dictionary.toIndex([...withinEdits(words, word, edits, rules), ...singulars])
}

/** Returns possible singulars of an English plural that are more than one edit away, such as `berry` for `berries`. */
export function singularsOf(word: string): string[] {
  if (!word.endsWith('es')) return []
  const singulars = [word.slice(0, -2)]
  return word.endsWith('ies') ? [...singulars, `${word.slice(0, -3)}y`] : singulars
}

/**
 * Returns the strings of a sorted table that have a prefix at most `edits` edits away from `typed`. The search walks the
 * table like a trie and keeps one row of edit distances (optimal string alignment) per unit, so it visits only strings
 * that can still match.
 */
export function withinEdits(table: StringTable, typed: string, edits: number, rules: CorrectionRules): Range[] {
  return new Walk(table, typed, edits, rules).ranges
}

class Walk {
  ranges: Range[] = []
  readonly #table: StringTable
  readonly #typed: Uint16Array
  readonly #edits: number
  readonly #rules: CorrectionRules
  /**
   * For each depth, the distances from the walked path to the prefixes of the typed text. Only the distances to prefixes of
   * about the same length are computed, because all others are too far away.
   */
  readonly #rows: Uint8Array
  /** The length of a row. */
  readonly #width: number
  readonly #path: Uint16Array

  constructor(table: StringTable, typed: string, edits: number, rules: CorrectionRules) {
    this.#table = table
    this.#typed = new Uint16Array(typed.length)
    for (let at = 0; at < typed.length; at++) this.#typed[at] = typed.charCodeAt(at)
    this.#edits = edits
    this.#rules = rules
    const depth = typed.length + edits + 1
    this.#width = typed.length + 1
    this.#rows = new Uint8Array((depth + 1) * this.#width).fill(FAR)
    this.#path = new Uint16Array(depth)
    for (let at = 0; at <= Math.min(edits, typed.length); at++) this.#rows[at] = at
    if (rules.keepsFirst) {
      const unit = this.#typed[0] as number
      this.#enter(0, unit, this.#childOf({ from: 0, to: table.length }, 0, unit))
    } else this.#walk(0, { from: 0, to: table.length })
    this.ranges = withoutNested(this.ranges)
  }

  /** Continues from a range of strings that share their first `depth` units. */
  #walk(depth: number, range: Range): void {
    if (this.#isSpent(depth)) {
      this.#addExact(depth, range)
      return
    }
    const { units, starts } = this.#table
    let { from } = range
    // Strings that end here come before all longer ones.
    while (from < range.to && this.#table.lengthOf(from) === depth) from += 1
    while (from < range.to) {
      const unit = units[(starts[from] as number) + depth] as number
      const to = this.#endOfChild({ from, to: range.to }, depth, unit)
      this.#enter(depth, unit, { from, to })
      from = to
    }
  }

  #enter(depth: number, unit: number, range: Range): void {
    if (range.from >= range.to || (!this.#rules.editsDigits && isDigit(unit))) return
    const typed = this.#typed
    const rows = this.#rows
    const { length } = typed
    const edits = this.#edits
    const row = depth * this.#width
    const before = row - this.#width
    const next = row + this.#width
    this.#path[depth] = unit
    const from = Math.max(1, depth + 1 - edits)
    const to = Math.min(length, depth + 1 + edits)
    if (from === 1) rows[next] = depth < edits ? depth + 1 : FAR
    let smallest: number = from === 1 ? (rows[next] as number) : FAR
    for (let at = from; at <= to; at++) {
      let distance = (rows[row + at - 1] as number) + (typed[at - 1] === unit ? 0 : 1)
      distance = Math.min(distance, (rows[row + at] as number) + 1, (rows[next + at - 1] as number) + 1)
      if (depth > 0 && at > 1 && typed[at - 2] === unit && typed[at - 1] === this.#path[depth - 1]) {
        distance = Math.min(distance, (rows[before + at - 2] as number) + 1)
      }
      rows[next + at] = distance
      if (distance < smallest) smallest = distance
    }
    if ((rows[next + length] as number) <= edits) this.ranges.push(range)
    else if (smallest <= edits) this.#walk(depth + 1, range)
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
  #addExact(depth: number, range: Range): void {
    const typed = this.#typed
    const row = depth * this.#width
    const before = row - this.#width
    const to = Math.min(typed.length - 1, depth + this.#edits)
    for (let at = Math.max(0, depth - this.#edits); at <= to; at++) {
      if (this.#rows[row + at] === this.#edits) this.#addRest(depth, range, at, false)
      // The last unit of the path may be the first of two swapped units.
      const isSwapped =
        depth > 0 &&
        at > 0 &&
        (this.#rows[before + at - 1] as number) < this.#edits &&
        typed[at] === this.#path[depth - 1]
      if (isSwapped) this.#addRest(depth, range, at, true)
    }
  }

  /**
   * Adds the strings in which the typed text from position `at` follows the path. If the units at `at - 1` and `at` are
   * swapped, the path already ends with the latter, so the former follows in its place.
   */
  #addRest(depth: number, { from, to }: Range, at: number, isSwapped: boolean): void {
    const first = this.#firstWhere({ from, to }, (string) => this.#compareRest(string, depth, at, isSwapped) >= 0)
    if (first === to || this.#compareRest(first, depth, at, isSwapped) > 0) return
    const end = this.#endBefore({ from: first, to }, (string) => this.#compareRest(string, depth, at, isSwapped) > 0)
    this.ranges.push({ from: first, to: end })
  }

  /** Compares a string, from `depth` on, with the rest of the typed text: 0 if it begins with the rest. */
  #compareRest(string: number, depth: number, at: number, isSwapped: boolean): number {
    const { units, starts } = this.#table
    const typed = this.#typed
    const end = starts[string + 1] as number
    let place = (starts[string] as number) + depth
    for (let rest = at; rest < typed.length; rest++, place++) {
      if (place >= end) return -1
      const wanted = typed[isSwapped && rest === at ? at - 1 : rest] as number
      const difference = (units[place] as number) - wanted
      if (difference !== 0) return difference
    }
    return 0
  }

  #childOf(range: Range, depth: number, unit: number): Range {
    const from = this.#firstWhere(range, (at) => this.#unitAt(at, depth) >= unit)
    return { from, to: this.#endOfChild({ from, to: range.to }, depth, unit) }
  }

  /** Returns the end of the strings with a given unit at a depth. They are the first strings in the range. */
  #endOfChild(range: Range, depth: number, unit: number): number {
    return this.#endBefore(range, (at) => this.#unitAt(at, depth) > unit)
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

  /** Returns the unit at a depth, or -1 after the end of the string. */
  #unitAt(at: number, depth: number): number {
    const { units, starts } = this.#table
    const place = (starts[at] as number) + depth
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
