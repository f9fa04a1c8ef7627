import type { SearchIndex } from '../index/search-index.ts'
import type { Branches, Range, StringTable } from '../index/string-table.ts'
import { FIRST_HANGUL, hasHangul, isHangul, keystrokes } from '../text/hangul.ts'
import { isNumber } from '../text/scripts.ts'
import { codePointOf, countCodePoints, isHighSurrogate } from '../text/strings.ts'
import { type Dictionary, singles } from './dictionary.ts'
import { EditRows } from './edit-rows.ts'
import type { TypedWord } from './reading.ts'

/**
 * Minimum numbers of keystrokes in a word for one edit and for two edits. Outside of Hangul, a keystroke is a letter.
 */
const MIN_LENGTH_FOR_EDIT = 4
const MIN_LENGTH_FOR_TWO_EDITS = 8

/** The maximum total number of edits in all words of a query. */
export const MAX_EDITS = 2

/** The limits of typo correction. */
export interface CorrectionRules {
  /** Whether the first letter must match. */
  keepsFirst: boolean
  /** Whether digits may be edited. */
  editsDigits: boolean
}

const DIGIT = /\p{N}/u

/** Whether a word contains a digit in any script. */
export const hasDigit = (word: string) => DIGIT.test(word)

const isOnlyHangul = (text: string) => [...text].every((letter) => isHangul(letter.codePointAt(0) as number))

/** Returns the maximum number of edits in a word of a query, from 0 to 2. */
export function maxEditsOf(word: string, { editsDigits }: CorrectionRules): number {
  if (!editsDigits && hasDigit(word)) return 0
  const length = countCodePoints(keystrokes(word))
  return length < MIN_LENGTH_FOR_EDIT ? 0 : length < MIN_LENGTH_FOR_TWO_EDITS ? 1 : 2
}

/**
 * Returns the words of a dictionary that begin with a word of a query after at most `edits` edits, as ranges of index
 * words. If the query's word is an English plural, its singulars are included.
 */
export function correctedRanges(dictionary: Dictionary, word: string, edits: number, rules: CorrectionRules): Range[] {
  const { words, strokes } = dictionary
  if (hasHangul(word)) {
    const typed = keystrokes(word)
    const withHangul = dictionary.strokesToIndex(withinEdits(strokes, typed, edits, rules))
    // Edits can turn a word with other characters, such as `ㅏ+++`, into a word without Hangul, such as `a+++`.
    if (isOnlyHangul(typed)) return withHangul
    return [...withHangul, ...dictionary.toIndex(withinEdits(words, typed, edits, rules, true))]
  }
  const singulars = singularsOf(word).map((singular) => words.equalTo(singular))
  const withoutHangul = dictionary.toIndex([...withinEdits(words, word, edits, rules, true), ...singulars])
  if (!dictionary.mixesHangul) return withoutHangul
  return [...withoutHangul, ...dictionary.strokesToIndex(withinEdits(strokes, word, edits, rules))]
}

/**
 * Returns the words that match a word of a query by digraph forms after at most `edits` edits, as ranges of index
 * words. The digraph form of the query's word is compared with the words, and with their digraph forms.
 */
export function correctedByDigraphs(
  { digraphs: forms, arrays }: SearchIndex,
  dictionary: Dictionary,
  { folded, digraphs = folded }: TypedWord,
  edits: number,
  rules: CorrectionRules,
): Range[] {
  const ranges = digraphs === folded ? [] : correctedRanges(dictionary, digraphs, edits, rules)
  if (forms.length === 0) return ranges
  const singulars = singularsOf(digraphs).map((singular) => forms.equalTo(singular))
  const ofForms = [...withinEdits(forms, keystrokes(digraphs), edits, rules), ...singulars]
  return [...ranges, ...ofForms.flatMap((range) => singles(arrays.digraphWords, range))]
}

/** Returns possible singulars of an English plural that are more than one edit away, such as `berry` for `berries`. */
export function singularsOf(word: string): string[] {
  if (!word.endsWith('es')) return []
  const singulars = [word.slice(0, -2)]
  return word.endsWith('ies') ? [...singulars, `${word.slice(0, -3)}y`] : singulars
}

/**
 * Returns the strings of a sorted table that have a prefix at most `edits` edits away from `typed`. The search walks
 * the table like a trie and keeps one row of edit distances (optimal string alignment) per letter, so it visits only
 * strings that can still match. A letter is a code point.
 * @param skipsHangul whether to leave out prefixes that contain Hangul
 */
export function withinEdits(
  table: StringTable,
  typed: string,
  edits: number,
  rules: CorrectionRules,
  skipsHangul = false,
): Range[] {
  return new Walk(table, typed, edits, rules, skipsHangul).walk()
}

/** The rows of the current walk. */
const rows = new EditRows()

class Walk {
  readonly #ranges: Range[] = []
  readonly #table: StringTable
  readonly #typed: string
  readonly #edits: number
  readonly #rules: CorrectionRules
  readonly #skipsHangul: boolean

  constructor(table: StringTable, typed: string, edits: number, rules: CorrectionRules, skipsHangul: boolean) {
    this.#table = table
    this.#typed = typed
    this.#edits = edits
    this.#rules = rules
    this.#skipsHangul = skipsHangul
    rows.begin(typed, edits)
  }

  walk(): Range[] {
    const all = this.#table.branches
    if (!this.#rules.keepsFirst) this.#walkBranches(0, all, 0)
    else this.#walkFirst(all)
    return withoutNested(this.#ranges)
  }

  /** Continues from the strings that begin with the first letter of the typed text. */
  #walkFirst(all: Branches): void {
    const letter = rows.letter(0)
    const at = all.units.indexOf(this.#typed.charCodeAt(0))
    if (at < 0) return
    if (letter <= 0xffff) {
      this.#enter(0, letter, 1, firstOf(all, at), all.ends[at] as number, this.#table.branchesAfter(all, at))
    } else {
      const { from, to } = this.#table.withPrefix(this.#typed.slice(0, 2))
      if (from < to) this.#enter(0, letter, 2, from, to, undefined)
    }
  }

  /**
   * Continues from a range of strings that share their first letters.
   * @param depth the number of these letters
   * @param offset the number of units that the strings share
   * @param high the last of these units if it is a high surrogate, otherwise 0
   */
  #walk(depth: number, offset: number, first: number, end: number, high: number): void {
    const { units, starts } = this.#table
    let from = first
    // Skip the strings that end here. They come before all longer ones.
    while (from < end && this.#table.lengthOf(from) === offset) from += 1
    while (from < end) {
      const unit = units[(starts[from] as number) + offset] as number
      const to = this.#endOfChild(from, end, offset, unit)
      this.#continue(depth, offset, unit, high, from, to, undefined)
      from = to
    }
  }

  /** Like `#walk`, but for strings whose branches are known. */
  #walkBranches(depth: number, branches: Branches, high: number): void {
    const { depth: offset, units, ends } = branches
    let from = branches.from
    for (let at = 0; at < units.length; at++) {
      const to = ends[at] as number
      this.#continue(depth, offset, units[at] as number, high, from, to, this.#table.branchesAfter(branches, at))
      from = to
    }
  }

  /** Continues from a range of strings that share a unit at an offset. */
  #continue(
    depth: number,
    offset: number,
    unit: number,
    high: number,
    from: number,
    to: number,
    branches: Branches | undefined,
  ): void {
    if (high > 0) this.#enter(depth, codePointOf(high, unit), offset + 1, from, to, branches)
    else if (!isHighSurrogate(unit)) this.#enter(depth, unit, offset + 1, from, to, branches)
    else if (branches) this.#walkBranches(depth, branches, unit)
    else this.#walk(depth, offset + 1, from, to, unit)
  }

  /**
   * Adds a letter to the path: the letters that the walk has passed so far.
   * @param offset the number of UTF-16 code units in the path, including this letter
   * @param branches how the strings continue after this letter; undefined if this is not known
   */
  #enter(
    depth: number,
    letter: number,
    offset: number,
    from: number,
    to: number,
    branches: Branches | undefined,
  ): void {
    if (letter >= FIRST_HANGUL && this.#skipsHangul && isHangul(letter)) return
    // Skip words with digits. All of them begin with a digit.
    if (depth === 0 && !this.#rules.editsDigits && isNumber(letter)) return
    const smallest = rows.add(depth, letter)
    if (smallest > this.#edits) return
    if (rows.isNear(depth + 1)) this.#ranges.push({ from, to })
    else if (smallest === this.#edits) this.#addExact(depth + 1, offset, from, to, branches)
    else if (branches) this.#walkBranches(depth + 1, branches, 0)
    else this.#walk(depth + 1, offset, from, to, 0)
  }

  /**
   * Adds the strings in which the rest of the typed text follows the path. The rest can start at any position that the
   * path may have reached.
   */
  #addExact(depth: number, offset: number, from: number, to: number, branches: Branches | undefined): void {
    const last = rows.lastRest(depth)
    for (let at = rows.firstRest(depth); at <= last; at++) {
      if (rows.isRest(depth, at)) this.#addRestIn(branches, offset, from, to, at, false)
      if (rows.isSwappedRest(depth, at)) this.#addRestIn(branches, offset, from, to, at, true)
    }
  }

  /** Like `#addRest`, but if the branches are known, searches only the strings that continue with the right unit. */
  #addRestIn(
    branches: Branches | undefined,
    offset: number,
    from: number,
    to: number,
    at: number,
    isSwapped: boolean,
  ): void {
    if (!branches) {
      this.#addRest(offset, from, to, at, isSwapped)
      return
    }
    const unit = this.#typed.charCodeAt(rows.start(isSwapped ? at - 1 : at))
    if ((branches.bits & (1 << (unit & 31))) === 0) return
    const branch = branches.units.indexOf(unit)
    if (branch >= 0) this.#addRest(offset, firstOf(branches, branch), branches.ends[branch] as number, at, isSwapped)
  }

  /**
   * Adds the strings in which the typed text from letter `at` on follows the path. If the letters `at - 1` and `at` are
   * swapped, the path already ends with letter `at`, so letter `at - 1` follows in its place.
   */
  #addRest(offset: number, from: number, to: number, at: number, isSwapped: boolean): void {
    const first = firstWhere(from, to, (string) => this.#compareRest(string, offset, at, isSwapped) >= 0)
    if (first === to || this.#compareRest(first, offset, at, isSwapped) > 0) return
    const last = firstNear(first, to, (string) => this.#compareRest(string, offset, at, isSwapped) > 0)
    this.#ranges.push({ from: first, to: last })
  }

  /** Compares a string, from `offset` on, with the rest of the typed text. Returns 0 if it begins with the rest. */
  #compareRest(string: number, offset: number, at: number, isSwapped: boolean): number {
    const { units, starts } = this.#table
    const typed = this.#typed
    const end = starts[string + 1] as number
    let place = (starts[string] as number) + offset
    let rest = rows.start(isSwapped ? at - 1 : at)
    const swapped = isSwapped ? rows.start(at) : -1
    for (; ; rest++, place++) {
      if (rest === swapped) rest = rows.start(at + 1)
      if (rest === typed.length) return 0
      if (place >= end) return -1
      const difference = (units[place] as number) - typed.charCodeAt(rest)
      if (difference !== 0) return difference
    }
  }

  /** Returns the end of the strings with a given unit at an offset. These strings come first in the range. */
  #endOfChild(from: number, to: number, offset: number, unit: number): number {
    return firstNear(from, to, (at) => this.#unitAt(at, offset) > unit)
  }

  /** Returns the unit at an offset, or -1 after the end of the string. */
  #unitAt(at: number, offset: number): number {
    const { units, starts } = this.#table
    const place = (starts[at] as number) + offset
    return place < (starts[at + 1] as number) ? (units[place] as number) : -1
  }
}

/** Returns the first of the strings that continue with the unit at position `at` of the branches. */
const firstOf = ({ from, ends }: Branches, at: number) => (at > 0 ? (ends[at - 1] as number) : from)

/**
 * Returns the first position after `from` for which `isAfter` is true, or the end of the range if there is none. Looks
 * near `from` first, because the position is usually there.
 */
function firstNear(from: number, to: number, isAfter: (at: number) => boolean): number {
  let step = 1
  let low = from
  while (low + step < to && !isAfter(low + step)) {
    low += step
    step *= 2
  }
  return firstWhere(low, Math.min(to, low + step), isAfter)
}

function firstWhere(from: number, to: number, condition: (at: number) => boolean): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (condition(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** Sorts ranges, and leaves out ranges inside other ranges. Any two ranges must be nested or separate. */
export function withoutNested(ranges: Range[]): Range[] {
  if (ranges.length < 2) return ranges
  const sorted = ranges.toSorted((a, b) => a.from - b.from || b.to - a.to)
  let end = 0
  return sorted.filter(({ to }) => {
    if (to <= end) return false
    end = to
    return true
  })
}
