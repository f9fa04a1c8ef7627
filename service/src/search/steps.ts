import type { SearchIndex } from '../index/search-index.ts'
import { isEmpty, type Range, type StringTable } from '../index/string-table.ts'
import type { Beginning } from '../text/hangul.ts'
import { isDigit } from '../text/strings.ts'
import type { NameReader } from './name-reader.ts'
import { NO_MATCH } from './name-spaces.ts'
import { WordSet } from './word-set.ts'

/** A part of a text, and the words that equal it or, at the end of the text, begin with it. */
export interface Step {
  from: number
  to: number
  words: Range
}

/** Strings that the parts of a text may equal. */
export interface StepTable {
  strings: StringTable
  /** Converts a range of `strings` to ranges of words in the index. */
  wordsOf: (strings: Range) => Range[]
}

/** The words of an index in their folded form. */
export const foldedTable = ({ words }: SearchIndex): StepTable => ({ strings: words, wordsOf: (range) => [range] })

/** The rules for splitting a text into words. */
export interface StepRules {
  /** Whether a word may cover a part of the text. By default, any part is allowed. */
  isAllowed?: (from: number, to: number) => boolean
  /** Whether the last word must equal the rest of the text, which begins at `from`. */
  isWhole: (from: number) => boolean
}

/**
 * Returns the steps of all ways to split a text into strings of the tables.
 * @param text `head` followed by a code unit from `low` to `high`
 */
export function stepsThrough(tables: readonly StepTable[], { head, low, high }: Beginning, rules: StepRules): Step[] {
  const { isAllowed = () => true, isWhole } = rules
  const length = head.length + 1
  const steps: Step[] = []
  const isReached = new Uint8Array(length + 1)
  isReached[0] = 1
  for (let from = 0; from < length; from++) {
    if (isReached[from] === 0) continue
    for (const { strings, wordsOf } of tables) {
      const add = (to: number, range: Range) => {
        if (isEmpty(range) || !isAllowed(from, to)) return
        isReached[to] = 1
        for (const words of wordsOf(range)) steps.push({ from, to, words })
      }
      const begun = strings.visitBeginnings(head, low, high, from, add)
      if (isEmpty(begun)) continue
      add(length, isWhole(from) ? strings.equalTo(head.slice(from) + String.fromCharCode(low)) : begun)
    }
  }
  return leadingToEnd(steps, length)
}

/**
 * Whether any words of the table, concatenated, can begin with a text.
 * @param text `head` followed by a code unit from `low` to `high`
 * @param least the minimum number of words, 1 or 2
 */
export function canBegin(words: StringTable, { head, low, high }: Beginning, least: 1 | 2): boolean {
  const starts = new Set([0])
  for (const start of starts) {
    const begun = words.visitBeginnings(head, low, high, start, (end) => starts.add(end))
    if (!isEmpty(begun) && (start > 0 || least === 1)) return true
  }
  return false
}

/** Finds consecutive words that follow steps from the beginning of a text to its end. */
export class StepPaths {
  /** For each position of the text, the steps from there on. */
  readonly #stepsFrom: Step[][] = []
  readonly #length: number
  readonly #isNumber: boolean

  /** @param beginning a text whose spaces may vary; see `hasFreeSpaces` */
  constructor(steps: readonly Step[], beginning: Beginning) {
    const { head, low } = beginning
    this.#length = head.length + 1
    this.#isNumber = isDigit(head === '' ? low : head.charCodeAt(0))
    for (let at = 0; at < this.#length; at++) this.#stepsFrom.push([])
    for (const step of steps) this.#stepsFrom[step.from]?.push(step)
  }

  /**
   * Returns the end of the words, starting at `from`, that follow the steps, or {@link NO_MATCH} if there are no such
   * words.
   * @param end the end of the words of the name
   */
  endOf(reader: NameReader, from: number, end: number): number {
    let position = 0
    for (let at = from; at < end; at++) {
      const word = reader.word(at)
      const step = this.#step(position, word)
      if (!step) return NO_MATCH
      position = step.to
      // Only the last word can be longer than its part of the text, so only this word needs a check.
      if (position === this.#length) return this.#isNumber || reader.spaces.isFreelySpaced(word) ? at + 1 : NO_MATCH
    }
    return NO_MATCH
  }

  #step(position: number, word: number): Step | undefined {
    const steps = this.#stepsFrom[position] as Step[]
    for (let at = 0; at < steps.length; at++) {
      const step = steps[at] as Step
      if (word >= step.words.from && word < step.words.to) return step
    }
    return undefined
  }
}

/** From the steps that can be reached from the beginning of a text, returns those that lead to its end. */
function leadingToEnd(steps: readonly Step[], length: number): Step[] {
  const leadsToEnd = new Uint8Array(length + 1)
  leadsToEnd[length] = 1
  return steps.toReversed().filter(({ from, to }) => {
    if (leadsToEnd[to] === 0) return false
    leadsToEnd[from] = 1
    return true
  })
}

/**
 * Returns up to `maxSets` sets of words, rarest set first. Each set contains the words that cover one position of a
 * text, for the positions whose words are rarest. Every name that matches the text has a word from each set.
 * @param length length of the text
 */
export function rarestSets(index: SearchIndex, steps: readonly Step[], length: number, maxSets: number): WordSet[] {
  const sizes = new Array<number>(length).fill(0)
  for (const { from, to, words } of steps) {
    const count = index.postingCount(words.from, words.to)
    for (let at = from; at < to; at++) (sizes[at] as number) += count
  }
  const positions = [...sizes.keys()].sort((a, b) => (sizes[a] as number) - (sizes[b] as number))
  // If two positions have equally many postings, the same words usually cover both, so one of them is enough.
  const separate = positions.filter((at, place) => sizes[at] !== sizes[positions[place - 1] as number])
  return separate.slice(0, maxSets).map((at) => {
    const covering = steps.filter(({ from, to }) => from <= at && at < to)
    return new WordSet(
      index,
      covering.map(({ words }) => words),
    )
  })
}
