import type { Range, StringTable } from '../index/string-table.ts'
import { hasHangul, keystrokes } from '../text/hangul.ts'
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

/** Returns the maximum number of edits in a word of a query, from 0 to 2. */
export function maxEditsOf(word: string, { editsDigits }: CorrectionRules): number {
  if (!editsDigits && DIGIT.test(word)) return 0
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
 * Returns the strings of a sorted table that have a prefix at most `edits` edits away from a text. It walks the table
 * like a trie and keeps one row of edit distances (optimal string alignment) per unit, so it visits only strings that
 * can still match.
 */
export function withinEdits(table: StringTable, typed: string, edits: number, rules: CorrectionRules): Range[] {
  return new Walk(table, typed, edits, rules).ranges
}

class Walk {
  readonly ranges: Range[] = []
  readonly #table: StringTable
  readonly #typed: Uint16Array
  readonly #edits: number
  readonly #rules: CorrectionRules
  /**
   * For each depth, the distances from the walked path to the prefixes of the text. Only prefixes of about the same
   * length are computed, because all others are too far away.
   */
  readonly #rows: Uint8Array[]
  readonly #path: Uint16Array

  constructor(table: StringTable, typed: string, edits: number, rules: CorrectionRules) {
    this.#table = table
    this.#typed = new Uint16Array(typed.length)
    for (let at = 0; at < typed.length; at++) this.#typed[at] = typed.charCodeAt(at)
    this.#edits = edits
    this.#rules = rules
    const depth = typed.length + edits + 1
    const width = typed.length + 1
    const rows = new Uint8Array((depth + 1) * width).fill(FAR)
    this.#rows = Array.from({ length: depth + 1 }, (_, row) => rows.subarray(row * width, (row + 1) * width))
    this.#path = new Uint16Array(depth + 1)
    for (let at = 0; at <= Math.min(edits, typed.length); at++) rows[at] = at
    if (rules.keepsFirst) {
      const unit = this.#typed[0] as number
      this.#enter(0, unit, this.#childOf({ from: 0, to: table.length }, 0, unit))
    } else this.#walk(0, { from: 0, to: table.length })
    this.ranges.sort((a, b) => a.from - b.from)
  }

  /** Continues from a range of strings that share their first `depth` units. */
  #walk(depth: number, range: Range): void {
    const { units, starts } = this.#table
    let { from } = range
    // Strings that end here are sorted before all longer ones.
    while (from < range.to && this.#table.lengthOf(from) === depth) from += 1
    const row = this.#rows[depth] as Uint8Array
    if (this.#isSpent(depth, row)) {
      for (const unit of this.#unitsThatFit(depth, row)) {
        this.#enter(depth, unit, this.#childOf({ from, to: range.to }, depth, unit))
      }
      return
    }
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
    const row = this.#rows[depth] as Uint8Array
    const before = depth > 0 ? (this.#rows[depth - 1] as Uint8Array) : undefined
    const next = this.#rows[depth + 1] as Uint8Array
    this.#path[depth] = unit
    const { length } = typed
    const edits = this.#edits
    const from = Math.max(1, depth + 1 - edits)
    const to = Math.min(length, depth + 1 + edits)
    if (from === 1) next[0] = depth < edits ? depth + 1 : FAR
    let smallest: number = from === 1 ? (next[0] as number) : FAR
    for (let at = from; at <= to; at++) {
      let distance = (row[at - 1] as number) + (typed[at - 1] === unit ? 0 : 1)
      distance = Math.min(distance, (row[at] as number) + 1, (next[at - 1] as number) + 1)
      if (before && at > 1 && typed[at - 2] === unit && typed[at - 1] === this.#path[depth - 1]) {
        distance = Math.min(distance, (before[at - 2] as number) + 1)
      }
      next[at] = distance
      if (distance < smallest) smallest = distance
    }
    if ((next[length] as number) <= edits) this.ranges.push(range)
    else if (smallest <= edits && depth + 1 < this.#rows.length - 1) this.#walk(depth + 1, range)
  }

  /** Whether no edits are left, so that only units that fit need to be visited. */
  #isSpent(depth: number, row: Uint8Array): boolean {
    const to = Math.min(this.#typed.length, depth + this.#edits)
    for (let at = Math.max(0, depth - this.#edits); at <= to; at++) {
      if ((row[at] as number) < this.#edits) return false
    }
    return true
  }

  /** Returns the units that fit a row in which no edits are left. */
  #unitsThatFit(depth: number, row: Uint8Array): Set<number> {
    const fitting = new Set<number>()
    const before = depth > 0 ? (this.#rows[depth - 1] as Uint8Array) : undefined
    const to = Math.min(this.#typed.length - 1, depth + this.#edits)
    for (let at = Math.max(0, depth - this.#edits); at <= to; at++) {
      if (row[at] === this.#edits) fitting.add(this.#typed[at] as number)
      // The second of two swapped units also fits.
      if (before && at > 0 && (before[at - 1] as number) < this.#edits && this.#typed[at] === this.#path[depth - 1]) {
        fitting.add(this.#typed[at - 1] as number)
      }
    }
    return fitting
  }

  #childOf(range: Range, depth: number, unit: number): Range {
    const from = this.#firstWhere(range, (at) => this.#unitAt(at, depth) >= unit)
    return { from, to: this.#endOfChild({ from, to: range.to }, depth, unit) }
  }

  /** Returns the end of the strings with a given unit at a depth. They are the first strings in the range. */
  #endOfChild({ from, to }: Range, depth: number, unit: number): number {
    // Most children are small, so look nearby first.
    let step = 1
    let low = from
    while (low + step < to && this.#unitAt(low + step, depth) <= unit) {
      low += step
      step *= 2
    }
    return this.#firstWhere({ from: low, to: Math.min(to, low + step) }, (at) => this.#unitAt(at, depth) > unit)
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

/** A distance above any limit that can still be incremented within a byte. */
const FAR = 100

const isDigit = (unit: number) => unit >= 0x30 && unit <= 0x39
