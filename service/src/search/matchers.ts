import { bitCount } from '../index/bits.ts'
import type { SearchIndex } from '../index/search-index.ts'
import type { Range, StringTable } from '../index/string-table.ts'
import { type Beginning, composedBeginnings, joinedSyllables } from '../text/hangul.ts'
import { isDigit } from '../text/strings.ts'
import type { NameReader } from './name-reader.ts'
import { mayBeOneWord, NO_MATCH } from './name-spaces.ts'
import { beginningOf, type Chunk } from './reading.ts'
import { canBegin, foldedTable, rarestSets, type Step, StepPaths, stepsThrough } from './steps.ts'
import { WordSet } from './word-set.ts'

/**
 * Matches a part of a query: finds the names that may match, and the places in a name that match. A place is a word, or
 * several consecutive words.
 */
export interface Matcher {
  /** A set of words; every matching name contains at least one of them. */
  words: WordSet
  /** More sets of words; every matching name contains at least one word of each set. */
  others: readonly WordSet[]
  /** The words that match on their own. */
  single: WordSet
  /** Whether the part of the query begins with a digit, so that a match must not begin with decimals. */
  isNumber: boolean
  /** Adds matches that span several words. Each range holds the positions of the words of one match. */
  addRuns?: (reader: NameReader, name: number, into: Range[]) => void
}

/**
 * Returns the words that begin with a string, or equal it if the string is complete. The last syllable of an incomplete
 * string may be incomplete. After a complete string that ends with a digit, a word may have more `+` and `#`.
 */
export function rangesOf(words: StringTable, text: string, isComplete: boolean): Range[] {
  if (isComplete) {
    const more = isDigit(text.charCodeAt(text.length - 1)) ? SIGNS.map((sign) => words.withPrefix(text + sign)) : []
    return [words.equalTo(text), ...more]
  }
  const composed = composedBeginnings(text).map(({ head, low, high }) => words.startingWith(head, low, high))
  return [words.withPrefix(text), ...composed]
}

/** Returns the words that match a word of a chunk: words that equal it or, for the last word of the chunk, begin with it. */
export function rangesInChunk({ words }: SearchIndex, chunk: Chunk, at: number): Range[] {
  const word = chunk.words[at] as string
  return at < chunk.words.length - 1 ? [words.equalTo(word)] : rangesOf(words, word, chunk.isComplete)
}

/** The signs that can be part of a word. */
const SIGNS = ['+', '#']

/**
 * Matches single words of a name.
 * @param text the part of the query that the words match
 */
export const wordMatcher = (words: WordSet, text: string): Matcher => ({
  words,
  others: [],
  single: words,
  isNumber: isDigit(text.charCodeAt(0)),
})

/** Matches a chunk of a query. See "How a chunk of a query matches words of a name" in docs/matching.md. */
export function chunkMatcher(index: SearchIndex, chunk: Chunk): Matcher {
  const { words, text, isComplete } = chunk
  const runs: RunMatcher[] = []
  let ranges: Range[] = []
  if (words.length === 1) ranges = rangesOf(index.words, text, isComplete)
  else {
    if (mayBeOneWord(chunk)) ranges.push(index.words.equalTo(text))
    runs.push(runMatcher(words.map((_, at) => new WordSet(index, rangesInChunk(index, chunk, at)))))
  }
  const single = new WordSet(index, ranges)
  const freelySpaced = chunk.hasFreeSpaces && freelySpacedMatcher(index, chunk)
  if (freelySpaced) runs.push(freelySpaced)
  return withRuns(index, wordMatcher(single, text), runs)
}

/** Whether a chunk of one incomplete word can match several adjacent words of a name. */
export function canMatchRuns({ words }: SearchIndex, { text, hasFreeSpaces }: Chunk): boolean {
  if (!hasFreeSpaces) return false
  if (joinedSyllables(text) !== text) return true
  const beginnings = [...composedBeginnings(text), beginningOf({ text })]
  // Most texts do not begin with a shorter word of the index. Return early for them.
  const longest = beginnings.reduce((most, { head }) => (head.length > most.length ? head : most), '')
  let hasFirst = false
  words.visitBeginnings(longest, 0, 0, 0, () => {
    hasFirst = true
  })
  return hasFirst && beginnings.some((beginning) => canBegin(words, beginning, 2))
}

/** Matches the same words as a matcher, and also runs of consecutive words. */
export function withRuns(index: SearchIndex, matcher: Matcher, runs: readonly RunMatcher[]): Matcher {
  const possible = runs.filter(({ sets }) => sets.every(({ isEmpty }) => !isEmpty))
  if (possible.length === 0) return matcher
  const { single, isNumber, addRuns } = matcher
  const lists = [[matcher.words, ...matcher.others], ...possible.map(({ sets }) => sets)]
  const [rarest, ...others] = setsOfAnyList(index, lists)
  return {
    words: rarest as WordSet,
    others,
    single,
    isNumber,
    addRuns: (reader, name, into) => {
      addRuns?.(reader, name, into)
      for (const run of possible) run.addRuns(reader, name, into)
    },
  }
}

/**
 * Returns sets of words, rarest first. If a name has a word from every set of at least one list, it also has a word
 * from every returned set.
 */
function setsOfAnyList(index: SearchIndex, lists: readonly (readonly WordSet[])[]): WordSet[] {
  const sorted = lists.map((sets) => sets.toSorted((a, b) => a.size - b.size))
  const most = Math.max(...sorted.map(({ length }) => length))
  const united = Array.from({ length: most }, (_, at) =>
    WordSet.union(
      index,
      sorted.map((sets) => sets[Math.min(at, sets.length - 1)] as WordSet),
    ),
  )
  return united.sort((a, b) => a.size - b.size)
}

/** Matches several consecutive words. */
export interface RunMatcher {
  /** Every run contains at least one word of each of these sets. */
  sets: readonly WordSet[]
  addRuns: NonNullable<Matcher['addRuns']>
}

/** Matches consecutive words, each of which must be in the set for its position. */
export function runMatcher(sets: readonly WordSet[]): RunMatcher {
  const last = sets.length - 1
  return {
    sets,
    addRuns: (reader, name, into) => {
      const end = reader.endOfWords(name) - last
      for (let at = reader.start(name); at < end; at++) {
        let offset = 0
        while (offset <= last && (sets[offset] as WordSet).has(reader.word(at + offset))) offset += 1
        if (offset > last) into.push({ from: at, to: at + sets.length })
      }
    },
  }
}

/**
 * Matches consecutive words that, concatenated, begin with a string, or equal it if the string is complete. Returns
 * undefined if the string is a single character, which cannot span several words.
 */
function freelySpacedMatcher(index: SearchIndex, chunk: Chunk): RunMatcher | undefined {
  const { text: typed, isComplete } = chunk
  const text = isComplete ? typed : joinedSyllables(typed)
  const beginnings: readonly Beginning[] = isComplete ? [] : composedBeginnings(text)
  if (typed.length === 1 && beginnings.every(({ head }) => head === '')) return undefined
  const ranges: Range[] = rangesOf(index.words, text, isComplete)
  for (const whole of [text, ...beginnings.map(({ head }) => head)]) {
    for (let length = 1; length <= whole.length; length++) ranges.push(index.words.equalTo(whole.slice(0, length)))
  }
  const firsts = new WordSet(index, ranges)
  if (firsts.size > MAX_WITH_FIRST_WORD) return stepMatcher(index, text, beginnings, chunk)
  return {
    sets: [firsts],
    addRuns: (reader, name, into) => {
      const end = reader.endOfWords(name)
      for (let at = reader.start(name); at < end; at++) {
        const to = reader.endOfFreelySpaced(name, at, text, beginnings, isComplete)
        if (to !== NO_MATCH && haveSameNumbers(reader, at, end, chunk)) into.push({ from: at, to })
      }
    },
  }
}

/** If at most this many names have the first word, trying all of them takes less time than finding the rarest words. */
const MAX_WITH_FIRST_WORD = 64

/** Matches the same words as {@link freelySpacedMatcher}. It is faster if many names contain a possible first word. */
function stepMatcher(index: SearchIndex, text: string, composed: readonly Beginning[], chunk: Chunk): RunMatcher {
  const { isComplete } = chunk
  const beginnings = [beginningOf({ text }), ...composed]
  const ways = beginnings.map((beginning) =>
    stepsThrough([foldedTable(index)], beginning, { isWhole: () => isComplete }),
  )
  const sets = beginnings.map(({ head }, at) => rarestSets(index, ways[at] as Step[], head.length + 1, MAX_SETS))
  const paths = beginnings.map((beginning, at) => new StepPaths(ways[at] as Step[], beginning))
  return {
    sets: setsOfAnyList(index, sets),
    addRuns: (reader, name, into) => {
      const end = reader.endOfWords(name)
      for (let at = reader.start(name); at < end; at++) {
        let to = NO_MATCH
        for (const path of paths) {
          const own = path.endOf(reader, at, end)
          if (own !== NO_MATCH && (to === NO_MATCH || own < to)) to = own
        }
        if (to !== NO_MATCH && haveSameNumbers(reader, at, end, chunk)) into.push({ from: at, to })
      }
    },
  }
}

/** Whether the number boundaries of a chunk agree with those of the words, from `from` on, that begin with it. */
const haveSameNumbers = (reader: NameReader, from: number, end: number, { words, text, hasBoundary }: Chunk) =>
  words.length === 1 || reader.spaces.bordersAgree(from, end, { text, hasBoundary, borders: [] })

/**
 * For a text without spaces, a name must have a word from each of at most this many sets. More sets would reject few
 * more names.
 */
const MAX_SETS = 3

/** A set of words, and how many of them a name needs. */
interface Need {
  words: WordSet
  count: number
}

/** Tests whether a name satisfies all matchers, each with different words. */
export class AllMatcher {
  readonly #reader: NameReader
  readonly #matchers: readonly Matcher[]
  readonly #needs: readonly Need[]
  readonly #hasRuns: boolean
  /** Whether any matcher ignores decimals. A word may be decimals in one place of a name, but not in another. */
  readonly #hasNumbers: boolean
  /** For each word of the current name, the matcher that it is assigned to, and the one it was last tried for. */
  readonly #ownerOf: number[] = []
  readonly #triedBy: number[] = []
  /** For each matcher, its places in the current name. */
  readonly #places: Range[][]
  #start = 0
  /** The number of words of the current name to assign to matchers. */
  #count = 0

  constructor(reader: NameReader, matchers: readonly Matcher[]) {
    this.#reader = reader
    this.#matchers = matchers
    this.#needs = needsOf(matchers)
    this.#hasRuns = matchers.some(({ addRuns }) => addRuns !== undefined)
    this.#hasNumbers = matchers.some(({ isNumber }) => isNumber)
    this.#places = matchers.map(() => [])
  }

  matches(name: number): boolean {
    if (!this.#hasEnough(name)) return false
    if (this.#matchers.length === 1 && !this.#hasRuns && !this.#hasNumbers) return true
    const reader = this.#reader
    this.#start = reader.start(name)
    const allCount = reader.end(name) - this.#start
    const wordCount = reader.endOfWords(name) - this.#start
    if (wordCount < this.#matchers.length) return false
    if (this.#hasDistinctWords(wordCount)) return true
    if (wordCount === allCount && !this.#hasRuns) return false
    // These checks are fast and reject most names. `#hasDistinctWords(allCount)` counts joined words as separate words.
    if (!this.#hasRuns && !(this.#hasDistinctWords(allCount) && this.#needsJoined(name))) return false
    return this.#hasDistinctPlaces(name)
  }

  /** Whether a name contains enough words of each set. Rejects most names that do not match. */
  #hasEnough(name: number): boolean {
    const { forward, forwardStarts } = this.#reader.index.arrays
    const start = forwardStarts[name] as number
    const end = forwardStarts[name + 1] as number
    const needs = this.#needs
    if (end - start < this.#matchers.length) return false
    for (let index = 0; index < needs.length; index++) {
      const { words, count } = needs[index] as Need
      let left = count
      for (let at = start; at < end && left > 0; at++) if (words.has((forward[at] as number) >>> 2)) left -= 1
      if (left > 0) return false
    }
    return true
  }

  /**
   * Whether every matcher can be assigned a different word that it matches on its own. Finds a bipartite matching by
   * augmenting paths.
   */
  #hasDistinctWords(count: number): boolean {
    this.#count = count
    for (let at = 0; at < count; at++) {
      this.#ownerOf[at] = -1
      this.#triedBy[at] = -1
    }
    for (let matcher = 0; matcher < this.#matchers.length; matcher++) if (!this.#place(matcher, matcher)) return false
    return true
  }

  /**
   * Assigns a word to a matcher, if necessary by moving another matcher to a different word. Returns false if no word
   * is left.
   */
  #place(matcher: number, trial: number): boolean {
    const { single, isNumber } = this.#matchers[matcher] as Matcher
    for (let at = 0; at < this.#count; at++) {
      if (this.#triedBy[at] === trial || !single.has(this.#reader.word(this.#start + at))) continue
      if (isNumber && this.#reader.isDecimals(this.#start + at)) continue
      this.#triedBy[at] = trial
      const owner = this.#ownerOf[at] as number
      if (owner < 0 || this.#place(owner, trial)) {
        this.#ownerOf[at] = matcher
        return true
      }
    }
    return false
  }

  /** Whether any matcher matches a joined word but none of its parts. */
  #needsJoined(name: number): boolean {
    const reader = this.#reader
    const end = reader.end(name)
    for (let joined = reader.endOfWords(name); joined < end; joined++) {
      const word = reader.word(joined)
      if (!this.#matchers.some(({ single }) => single.has(word))) continue
      const { from, to } = reader.partsOf(name, joined)
      const hasPart = ({ single }: Matcher) => {
        for (let at = from; at < to; at++) if (single.has(reader.word(at))) return true
        return false
      }
      if (this.#matchers.some((matcher) => matcher.single.has(word) && !hasPart(matcher))) return true
    }
    return false
  }

  /** Whether every matcher can be assigned a place of its own. Places may span several words, but must not overlap. */
  #hasDistinctPlaces(name: number): boolean {
    // `covered` has one bit for each of the first 32 words. Together, the matchers need at least `least` words.
    let covered = 0
    let least = 0
    for (let at = 0; at < this.#matchers.length; at++) {
      const places = this.#places[at] as Range[]
      places.length = 0
      this.#addPlaces(this.#matchers[at] as Matcher, name, places)
      if (places.length === 0) return false
      let shortest = Number.POSITIVE_INFINITY
      for (const { from, to } of places) {
        shortest = Math.min(shortest, to - from)
        for (let word = from; word < to; word++) covered |= 1 << (word - this.#start)
      }
      least += shortest
    }
    if (this.#reader.end(name) - this.#start <= 32 && least > bitCount(covered)) return false
    const found = this.#places.map(withoutLarger)
    // Start with the matchers that have the fewest places, because most conflicts occur there.
    found.sort((a, b) => a.length - b.length)
    return canPlace(found, 0, [])
  }

  /** Adds the places at which a matcher matches a name. */
  #addPlaces({ single, isNumber, addRuns }: Matcher, name: number, places: Range[]): void {
    const reader = this.#reader
    const end = reader.end(name)
    for (let at = reader.start(name); at < end; at++) {
      if (single.has(reader.word(at))) {
        places.push(reader.isJoined(at) ? reader.partsOf(name, at) : { from: at, to: at + 1 })
      }
    }
    addRuns?.(reader, name, places)
    if (isNumber) removeWhere(places, ({ from }) => reader.isDecimals(from))
  }
}

function removeWhere<T>(items: T[], isUnwanted: (item: T) => boolean): void {
  let length = 0
  for (const item of items) if (!isUnwanted(item)) items[length++] = item
  items.length = length
}

/** Removes places that contain another place, because the smaller one can always be used instead. */
const withoutLarger = (places: readonly Range[]) =>
  places.filter(
    (place, at) =>
      !places.some(
        (other, before) =>
          other.from >= place.from &&
          other.to <= place.to &&
          (other.to - other.from < place.to - place.from || before < at),
      ),
  )

/**
 * Returns how many words of each set a name needs: one for each matcher whose words are all in the set. For example,
 * `black blac` needs two words that begin with `blac`. Rare sets come first, because they reject the most names. The
 * rarest set of all comes last, because most tested names have been found by a word of this set.
 */
function needsOf(matchers: readonly Matcher[]): Need[] {
  const needs: Need[] = []
  for (const { words } of matchers) {
    if (needs.some((need) => need.words.equals(words))) continue
    // Leaving out matchers with runs is safe, because a lower count rejects fewer names.
    const isPart = (other: Matcher) => !other.addRuns && words.includes(other.words)
    needs.push({ words, count: Math.max(1, matchers.filter(isPart).length) })
  }
  const [rarest, ...others] = needs.sort((a, b) => a.words.size - b.words.size)
  return rarest ? [...others, rarest] : []
}

/** Whether one place can be chosen from each list so that no two overlap. */
function canPlace(found: readonly Range[][], at: number, taken: Range[]): boolean {
  const places = found[at]
  if (!places) return true
  const before = found[at - 1]
  // Repeated words have equal lists. Skip choices that differ only in their order.
  let first = 0
  if (before && areEqual(before, places)) first = places.findIndex(({ from }) => from === taken.at(-1)?.from) + 1
  for (let index = first; index < places.length; index++) {
    const place = places[index] as Range
    if (taken.some(({ from, to }) => place.from < to && from < place.to)) continue
    taken.push(place)
    if (canPlace(found, at + 1, taken)) return true
    taken.pop()
  }
  return false
}

const areEqual = (a: readonly Range[], b: readonly Range[]) =>
  a.length === b.length && a.every(({ from, to }, at) => from === b[at]?.from && to === b[at]?.to)
