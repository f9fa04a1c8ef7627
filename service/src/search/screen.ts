import type { SearchIndex } from '../index/search-index.ts'
import type { Range } from '../index/string-table.ts'
import { bitCount } from './bits.ts'
import type { WordSet } from './word-set.ts'

/** What a name needs to match in one way. */
export interface Requirement {
  /** Sets of words of each of which the name has a word of its own. */
  own: readonly WordSet[]
  /** Sets of words of each of which the name has some word. */
  any: readonly WordSet[]
}

/** Each set is counted in so many bits of an integer. Their highest bit tells whether the name has enough of its words. */
const FIELD_BITS = 6
const ENOUGH = 1 << (FIELD_BITS - 1)
/** Besides the field of all words: the integer has to be one that V8 keeps outside the heap. */
const MAX_SETS = 4
/** What marking a word takes, and what marking a name, compared with looking at the words of a name. */
const MARK_COST = 0.1
const NAME_MARK_COST = 0.1

interface CountedSet {
  words: WordSet
  count: number
}

/**
 * Rejects most names that cannot match by counting their words in the rarest sets that a match requires. That takes one addition
 * per word of a name; a match takes ten times as long. Never rejects a name that matches.
 */
export class Screen {
  readonly #index: SearchIndex
  readonly #forward: Uint32Array
  readonly #forwardStarts: Uint32Array
  /** Per word a one in the field of each set that has it. All zero between two searches. */
  readonly #marks: Int32Array
  #marked: readonly CountedSet[] = []
  /** A bit per name, set for those that have a word of one set. Made for the first search that needs it. */
  #names: Uint32Array | undefined
  #areNamesMarked = false
  /** What brings the field of a set to {@link ENOUGH} if enough words are added. */
  #bias = 0
  /** The highest bits of all fields; 0 if nothing is rejected. */
  #fields = 0
  /** How many sets besides the field of all words have to have enough. */
  #least = 0

  constructor(index: SearchIndex) {
    const { arrays, words } = index
    this.#index = index
    this.#forward = arrays.forward
    this.#forwardStarts = arrays.forwardStarts
    this.#marks = new Int32Array(words.length)
  }

  /**
   * Prepares to look at about so many names, as far as that pays. May be called again when they turn out to be more. Call {@link end} afterwards.
   * @param requirements of which a name that matches has one
   */
  begin(requirements: readonly Requirement[], names: number): void {
    if (this.#fields === 0) this.#markWords(requirements, names)
    if (this.#fields === 0 || this.#areNamesMarked || this.#least < this.#marked.length) return
    // Names are mostly taken from the rarest set. Those that are not in the next one need no look at their words.
    const next = this.#marked.find(({ words }) => words.size > names)
    if (next && next.words.size * NAME_MARK_COST < names) this.#markNames(next.words)
  }

  #markWords(requirements: readonly Requirement[], names: number): void {
    const sets = rarestOf(requirements)
    if (sets.length === 0 || sets.reduce((sum, { words }) => sum + words.wordCount, 0) * MARK_COST > names) return
    this.#marked = sets
    const has = (set: WordSet) => sets.some(({ words }) => words.equals(set))
    this.#least = Math.min(
      ...requirements.map(({ own, any }) => sets.filter(({ words }) => isOneOf(words, own, any)).length),
    )
    const wordCount = Math.min(...requirements.map(({ own }) => own.filter(has).length))
    this.#bias = ENOUGH - wordCount
    this.#fields = ENOUGH
    for (const [at, { words, count }] of sets.entries()) {
      const shift = FIELD_BITS * (at + 1)
      this.#bias += (ENOUGH - count) << shift
      this.#fields |= ENOUGH << shift
      const mark = 1 << shift
      for (const { from, to } of words.ranges) {
        for (let word = from; word < to; word++) this.#marks[word] = ((this.#marks[word] as number) + mark) | 1
      }
    }
  }

  #markNames(words: WordSet): void {
    this.#names ??= new Uint32Array((this.#index.nameCount + 31) >>> 5)
    const bits = this.#names
    bits.fill(0)
    this.#areNamesMarked = true
    for (const range of words.ranges) {
      forEachName(this.#index, range, (name) => {
        bits[name >>> 5] = (bits[name >>> 5] as number) | (1 << (name & 31))
      })
    }
  }

  /** Whether a name may match. */
  passes(name: number): boolean {
    if (this.#fields === 0) return true
    if (this.#areNamesMarked && (((this.#names as Uint32Array)[name >>> 5] as number) & (1 << (name & 31))) === 0)
      return false
    const forward = this.#forward
    const marks = this.#marks
    let at = this.#forwardStarts[name] as number
    const end = this.#forwardStarts[name + 1] as number
    // Counts of more words could run over into the next field.
    if (end - at >= ENOUGH) return true
    let sum = this.#bias
    for (; at < end; at++) sum += marks[(forward[at] as number) >>> 2] as number
    const missing = ~sum & this.#fields
    if (missing === 0) return true
    return (missing & ENOUGH) === 0 && this.#marked.length - bitCount(missing) >= this.#least
  }

  /** Rejects nothing from now on. */
  end(): void {
    for (const { words } of this.#marked) {
      for (const { from, to } of words.ranges) this.#marks.fill(0, from, to)
    }
    this.#marked = []
    this.#areNamesMarked = false
    this.#fields = 0
  }
}

/** Calls back for each name that has a word of a range, word after word. */
function forEachName({ arrays }: SearchIndex, { from, to: last }: Range, visit: (name: number) => void): void {
  const { postings, postingStarts } = arrays
  let at = postingStarts[from] as number
  for (let word = from; word < last; word++) {
    const to = postingStarts[word + 1] as number
    let name = -1
    while (at < to) {
      let byte = postings[at++] as number
      let difference = byte & 0x7f
      for (let shift = 7; byte >= 0x80; shift += 7) {
        byte = postings[at++] as number
        difference |= (byte & 0x7f) << shift
      }
      name += difference
      visit(name)
    }
  }
}

/** The sets that the fewest names have, with the fewest words that any requirement has for each. */
function rarestOf(requirements: readonly Requirement[]): CountedSet[] {
  const counted: CountedSet[] = []
  for (const { own, any } of requirements) {
    for (const words of [...own, ...any]) {
      const count = Math.max(1, own.filter((other) => words.includes(other)).length)
      const same = counted.find((other) => other.words.equals(words))
      if (same) same.count = Math.min(same.count, count)
      else counted.push({ words, count })
    }
  }
  return counted.sort((a, b) => a.words.size - b.words.size).slice(0, MAX_SETS)
}

const isOneOf = (set: WordSet, own: readonly WordSet[], any: readonly WordSet[]) =>
  own.some((other) => other.equals(set)) || any.some((other) => other.equals(set))
