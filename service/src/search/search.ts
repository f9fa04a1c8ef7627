import { isLongEnoughInside } from '../index/gram-table.ts'
import type { MatchSettings } from '../index/match-settings.ts'
import type { SearchIndex } from '../index/search-index.ts'
import type { Range } from '../index/string-table.ts'
import { fold } from '../text/fold.ts'
import { type Beginning, composedBeginnings, fitsInitials, hasInitials, initials, keystrokes } from '../text/hangul.ts'
import { otherLayouts } from '../text/keyboard-layouts/index.ts'
import { hasFreelySpaced } from '../text/scripts.ts'
import { spelling } from '../text/spelling.ts'
import { BestEntries, type Boosting } from './best-entries.ts'
import { type CorrectionRules, correctedRanges, maxEditsOf } from './corrections.ts'
import { type ContextFilter, filterOf, setsOf } from './filters.ts'
import { ascendingSource, contextSource, findBest, type Source, wordSource } from './find.ts'
import { chunkMatcher, type Matcher, matchesAll, rangesOf, wordMatcher } from './matchers.ts'
import { NameReader } from './name-reader.ts'
import type { Boost, FoundMatch, Match, SearchQuery } from './query.ts'
import { type Reading, readingsOf } from './reading.ts'
import { WordSet } from './word-set.ts'

/** Entries with less than this part of the mean score are rare: whoever finds nothing else may have made a mistake. */
const RARE = 10
/** Two letters begin a word of some text on any layout. */
const MIN_LENGTH_FOR_LAYOUT_WORD = 3
/** Boosts whose combinations are looked for one by one; of more boosts each is looked for by itself. */
const MAX_COMBINED_BOOSTS = 3
const MAX_EDITS = 2
/** Letters of which others are folded to words of their own. */
const HAN = /\p{sc=Han}/u

const MIN_WORDS_TO_LEAVE_OUT = 3
const DIGIT = /\p{N}/u
const hasDigit = (word: string) => DIGIT.test(word)

/** Finds the best entries that have a name in all sources, and match. */
type Find = (sources: readonly Source[], matches: (name: number) => boolean) => void

/** Searches an index by the rules of docs/matching.md. Keeps nothing between queries. */
export class Searcher {
  readonly index: SearchIndex
  readonly #settings: MatchSettings
  readonly #meanScore: number
  readonly #reader: NameReader

  /** @param meanScore of all entries */
  constructor(index: SearchIndex, settings: MatchSettings, meanScore: number) {
    this.index = index
    this.#settings = settings
    this.#meanScore = meanScore
    this.#reader = new NameReader(index)
  }

  /** The best entries for a query: what a scan of all entries would give. */
  search(query: SearchQuery): FoundMatch[] {
    return new Search(this.#reader, this.#settings, this.#meanScore, query).run()
  }
}

/** One search: what was found, match after match. */
class Search {
  readonly #reader: NameReader
  readonly #index: SearchIndex
  readonly #settings: MatchSettings
  readonly #meanScore: number
  readonly #query: SearchQuery
  readonly #readings: readonly Reading[]
  /** Undefined if a filter names contexts that no entry has. */
  readonly #filter: ContextFilter | undefined
  readonly #boosts: readonly (Boost & { context: number })[]
  readonly #found: FoundMatch[] = []
  readonly #taken = new Set<number>()
  readonly #rules: CorrectionRules
  /** Only names before this one, and those of pinned entries, have a score that counts. */
  #minScore = 0

  constructor(reader: NameReader, settings: MatchSettings, meanScore: number, query: SearchQuery) {
    const { index } = reader
    this.#reader = reader
    this.#index = index
    this.#settings = settings
    this.#meanScore = meanScore
    this.#query = query
    this.#readings = readingsOf(query.query)
    this.#filter = filterOf(index, query.filters)
    this.#boosts = query.boosts.flatMap((boost) => {
      const { from, to } = index.contexts.equalTo(`${boost.name}:${boost.value}`)
      return from < to ? [{ ...boost, context: from }] : []
    })
    this.#rules = { keepsFirst: true, editsDigits: settings.correct === 'digits' }
  }

  run(): FoundMatch[] {
    if (!this.#filter) return []
    if (this.#query.query === '') {
      this.#collect('prefix', (find) => find([], () => true))
      return this.#found
    }
    if (this.#readings.length === 0) return []
    if (this.#settings.exact === 'first') this.#findExact()
    this.#findPrefix()
    this.#findHangul()
    this.#findInitials()
    this.#findWords()
    if (this.#settings.exact === 'score') this.#includeExact()
    const best = this.#found.reduce((most, { entry }) => Math.max(most, this.#scoreOf(entry)), 0)
    const isFound = this.#found.length > 0
    const isSure = isFound && best * RARE >= this.#meanScore
    if (this.#settings.correct !== 'off' && !isSure) {
      this.#minScore = isFound ? this.#meanScore : 0
      this.#findLayout()
      this.#findEdited('typo', this.#wordLists(), this.#rules, isFound ? 1 : MAX_EDITS)
      this.#minScore = 0
    }
    if (this.#settings.infix) this.#findInfix()
    if (this.#settings.correct !== 'off' && this.#found.length === 0) {
      this.#findEdited('firstLetter', this.#wordLists(), { ...this.#rules, keepsFirst: false }, MAX_EDITS)
      if (this.#found.length === 0) this.#findPartial()
    }
    return this.#found
  }

  get #left(): number {
    return this.#query.limit - this.#found.length
  }

  #scoreOf(entry: number): number {
    return this.#index.arrays.scores[entry] as number
  }

  /** Adds the best entries of several findings that count alike. */
  #collect(match: Match, findAll: (find: Find) => void): void {
    if (this.#left === 0) return
    const boosting = this.#boosting()
    const best = new BestEntries(this.#index, this.#left, this.#taken, boosting)
    findAll((sources, matches) => {
      if (sources.some(({ size }) => size === 0)) return
      for (const { required, factor } of this.#boostedParts()) {
        best.limitFactor(factor)
        this.#findAmong(best, sources, matches, required)
      }
    })
    for (const { entry, name, spelling: spelled, score } of best.found) {
      this.#taken.add(spelled)
      const isAlias = match === 'prefix' && name !== this.#index.firstName(entry)
      this.#found.push({ entry, name, match: isAlias ? 'alias' : match, score })
    }
  }

  #findAmong(
    best: BestEntries,
    sources: readonly Source[],
    matches: (name: number) => boolean,
    required: readonly number[],
  ): void {
    const index = this.#index
    const filter = this.#filter as ContextFilter
    const allSources = [...sources]
    if (filter.sets) allSources.push(contextSource(index, filter.sets))
    const [context] = required
    if (context !== undefined) allSources.push(contextSource(index, setsOf(index, context)))
    const minScore = this.#minScore
    const isPlain = !filter.sets && required.length === 0 && minScore === 0
    const accepts = (name: number) => {
      const entry = index.entryOf(name)
      return (
        filter.accepts(entry) &&
        this.#scoreOf(entry) >= minScore &&
        required.every((wanted) => this.#hasContext(entry, wanted)) &&
        matches(name)
      )
    }
    findBest(index, allSources, isPlain ? matches : accepts, best)
  }

  #hasContext(entry: number, context: number): boolean {
    const { setOf, setStarts, setContexts } = this.#index.arrays
    const set = setOf[entry] as number
    const end = setStarts[set + 1] as number
    for (let at = setStarts[set] as number; at < end; at++) if (setContexts[at] === context) return true
    return false
  }

  #boosting(): Boosting | undefined {
    if (this.#boosts.length === 0) return undefined
    return {
      max: 1,
      factorOf: (entry) =>
        this.#boosts.reduce(
          (product, { context, factor }) => (this.#hasContext(entry, context) ? product * factor : product),
          1,
        ),
    }
  }

  /**
   * The parts into which boosts divide entries. The best of all are among the best of those that have the same boosts, and
   * within each part entries with more boosts than required only rank higher, so each part is searched in the order of scores.
   */
  #boostedParts(): { required: number[]; factor: number }[] {
    const boosts = this.#boosts
    const product = (list: readonly Boost[]) => list.reduce((all, { factor }) => all * factor, 1)
    if (boosts.length > MAX_COMBINED_BOOSTS) {
      const singles = boosts.map(({ context }) => ({ required: [context], factor: product(boosts) }))
      return [...singles, { required: [], factor: 1 }]
    }
    return Array.from({ length: 2 ** boosts.length }, (_, at) => {
      const chosen = boosts.filter((_boost, bit) => (at >> bit) & 1)
      return { required: chosen.map(({ context }) => context), factor: product(chosen) }
    }).reverse()
  }

  /** The names whose concatenation begins so. */
  #namesBeginning(beginning: Beginning): Range {
    const reader = this.#reader
    return this.#lexicographicRange(
      (name) => reader.comparePrefix(name, beginning) >= 0,
      (name) => reader.comparePrefix(name, beginning) > 0,
    )
  }

  #lexicographicRange(isFrom: (name: number) => boolean, isBehind: (name: number) => boolean): Range {
    const { lexicographic } = this.#index.arrays
    const first = (isIt: (name: number) => boolean, start: number) => {
      let low = start
      let high = lexicographic.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if (isIt(lexicographic[middle] as number)) high = middle
        else low = middle + 1
      }
      return low
    }
    const from = first(isFrom, 0)
    return { from, to: first(isBehind, from) }
  }

  #lexicographicSource(range: Range): Source {
    const { lexicographic, lexicographicMinima } = this.#index.arrays
    return ascendingSource(lexicographic, lexicographicMinima, range)
  }

  #findExact(): void {
    for (const isSpelledSo of [true, false]) {
      this.#collect('exact', (find) => {
        for (const reading of this.#readings) {
          this.#findExactly(find, reading, (name) => !isSpelledSo || this.#reader.isSpelled(name, reading.words))
        }
      })
    }
  }

  /** Finds names whose concatenation is that of a reading. */
  #findExactly(find: Find, { text }: Reading, matches: (name: number) => boolean): void {
    const reader = this.#reader
    const range = this.#lexicographicRange(
      (name) => reader.compare(name, text) >= 0,
      (name) => reader.compare(name, text) > 0,
    )
    find([this.#lexicographicSource(range)], (name) => reader.compare(name, text) === 0 && matches(name))
  }

  #findPrefix(): void {
    const spelled = spelling(this.#query.query)
    const isFolded = fold(spelled) === spelled && !HAN.test(spelled)
    for (const isSpelledSo of isFolded ? [false] : [true, false]) {
      this.#collect('prefix', (find) => {
        for (const reading of this.#readings) {
          const isWanted = (name: number) =>
            !isSpelledSo || this.#reader.spelledConcatenation(name).startsWith(reading.spelledText)
          this.#beginWith(find, reading, isWanted)
          if (this.#settings.exact === 'score') this.#findExactly(find, reading, isWanted)
        }
      })
    }
  }

  /** Finds names that begin with a reading, and have its spaces. */
  #beginWith(find: Find, reading: Reading, matches: (name: number) => boolean): void {
    const { text } = reading
    const unit = text.charCodeAt(text.length - 1)
    const beginning = { head: text.slice(0, -1), low: unit, high: unit }
    const sources = [this.#lexicographicSource(this.#namesBeginning(beginning)), ...this.#completeWords(reading)]
    find(
      sources,
      (name) => this.#begins(name, beginning) && this.#reader.spacesAgree(name, reading, text.length) && matches(name),
    )
  }

  #begins(name: number, beginning: Beginning): boolean {
    return this.#reader.comparePrefix(name, beginning) === 0
  }

  /** The names that begin with a whole word of which the reading goes on, as those must that have the spaces of `a br` and `new `. */
  #completeWords({ text, hasBoundary, endsComplete }: Reading): Source[] {
    const isInside = hasBoundary.some((isThere, at) => isThere && at < text.length)
    if (!endsComplete && (!isInside || hasFreelySpaced(text))) return []
    const ranges = Array.from({ length: text.length }, (_, at) => this.#index.words.equalTo(text.slice(0, at + 1)))
    return [wordSource(this.#index, new WordSet(this.#index, ranges))]
  }

  #findHangul(): void {
    this.#collect('hangul', (find) => {
      for (const reading of this.#readings) this.#beginHalfTyped(find, reading)
    })
  }

  /** Finds names that begin with a reading whose last syllable is half typed. */
  #beginHalfTyped(find: Find, reading: Reading): void {
    if (reading.endsComplete) return
    for (const beginning of composedBeginnings(reading.text)) {
      const source = this.#lexicographicSource(this.#namesBeginning(beginning))
      const length = beginning.head.length + 1
      find([source], (name) => this.#begins(name, beginning) && this.#reader.spacesAgree(name, reading, length))
    }
  }

  #findInitials(): void {
    for (const isComposing of [false, true]) {
      this.#collect('initials', (find) => {
        for (const reading of this.#readings) this.#findByInitials(find, reading, isComposing, true)
      })
    }
  }

  /** Finds names of which all or, from a later word on, a part has the initials of a reading. */
  #findByInitials(find: Find, reading: Reading, isComposing: boolean, isWhole: boolean): void {
    const typed = reading.words.map(({ spelled }) => fold(spelled)).join('')
    if (!hasInitials(typed)) return
    const { initialNames, initialMinima } = this.#index.arrays
    const reader = this.#reader
    const fits = (name: number, at: number) => fitsInitials(reader.concatenation(name, at), typed, isComposing)
    const source = ascendingSource(initialNames, initialMinima, this.#initialRange(initials(typed)))
    find([source], (name) => {
      const start = reader.start(name)
      if (isWhole) return fits(name, start)
      const end = reader.endOfWords(name)
      for (let at = start + 1; at < end; at++) if (fits(name, at)) return true
      return false
    })
  }

  #initialRange(wanted: string): Range {
    const { initialNames, initialPositions } = this.#index.arrays
    const initialsAt = (at: number) => {
      const name = initialNames[at] as number
      return initials(this.#reader.concatenation(name, this.#reader.start(name) + (initialPositions[at] as number)))
    }
    const first = (isIt: (text: string) => boolean) => {
      let low = 0
      let high = initialNames.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if (isIt(initialsAt(middle))) high = middle
        else low = middle + 1
      }
      return low
    }
    return { from: first((text) => text >= wanted), to: first((text) => text > wanted && !text.startsWith(wanted)) }
  }

  #findWords(): void {
    this.#collect('word', (find) => {
      for (const reading of this.#readings) {
        this.#findInAnyOrder(find, reading)
        this.#findByInitials(find, reading, true, false)
      }
    })
  }

  #findInAnyOrder(find: Find, { chunks }: Reading): void {
    this.#findMatching(
      find,
      chunks.map((chunk) => chunkMatcher(this.#index, chunk)),
    )
  }

  #findMatching(find: Find, matchers: readonly Matcher[]): void {
    if (matchers.length === 0 || matchers.some(({ words }) => words.isEmpty)) return
    const sources = matchers.map(({ words }) => wordSource(this.#index, words))
    find(sources, (name) => matchesAll(this.#reader, name, matchers))
  }

  #findLayout(): void {
    const readings = otherLayouts(this.#query.query).flatMap(readingsOf)
    this.#collect('layout', (find) => {
      for (const reading of readings) {
        this.#beginWith(find, reading, () => true)
        this.#findExactly(find, reading, () => true)
        this.#beginHalfTyped(find, reading)
        this.#findByInitials(find, reading, true, true)
        if (keystrokes(reading.text).length >= MIN_LENGTH_FOR_LAYOUT_WORD) this.#findInAnyOrder(find, reading)
      }
    })
  }

  /** The words that begin with a word of the query. */
  #begun(word: string): Range[] {
    return rangesOf(this.#index, word, false)
  }

  /** Finds names that have all words of one of the lists, with as few edits as find anything. */
  #findEdited(match: Match, lists: readonly (readonly string[])[], rules: CorrectionRules, maxEdits: number): void {
    const sets = new Map<string, WordSet>()
    const setOf = (word: string, edits: number): WordSet | undefined => {
      if (edits > maxEditsOf(word, rules)) return undefined
      const key = `${edits} ${word}`
      let set = sets.get(key)
      if (!set) {
        const ranges = edits > 0 ? correctedRanges(this.#index, word, edits, rules) : []
        set = new WordSet(this.#index, [...this.#begun(word), ...ranges])
        sets.set(key, set)
      }
      return set
    }
    for (let edits = 1; edits <= maxEdits; edits++) {
      const before = this.#found.length
      this.#collect(match, (find) => {
        for (const words of lists) {
          for (const ways of waysToEdit(words.length, edits)) {
            const ofWords = words.map((word, at) => setOf(word, ways[at] as number))
            if (ofWords.every((set) => set !== undefined)) this.#findMatching(find, ofWords.map(wordMatcher))
          }
        }
      })
      if (this.#found.length > before) return
    }
  }

  #wordLists(): string[][] {
    return this.#readings.map(({ words }) => words.map(({ folded }) => folded))
  }

  #findInfix(): void {
    this.#collect('infix', (find) => {
      for (const words of this.#wordLists()) {
        this.#findMatching(
          find,
          words.map((word) => this.#insideMatcher(word)),
        )
      }
    })
  }

  /** Matches words that begin with a part, or have it anywhere if it is long enough. */
  #insideMatcher(part: string): Matcher {
    const inside = isLongEnoughInside(part) ? this.#index.grams.wordsWith(part) : []
    const ranges = inside.map((word) => ({ from: word, to: word + 1 }))
    return wordMatcher(new WordSet(this.#index, [...this.#begun(part), ...ranges]))
  }

  /** Leaves words out: those that no entry has, then any one of three or more. */
  #findPartial(): void {
    const lists = this.#wordLists()
      .map((words) => words.filter((word) => hasDigit(word) || this.#isKnown(word)))
      .filter((words) => words.length > 0)
    this.#findEdited('partial', lists, this.#rules, MAX_EDITS)
    if (this.#found.length > 0) return
    const shorter = lists
      .filter((words) => words.length >= MIN_WORDS_TO_LEAVE_OUT)
      .flatMap((words) => words.flatMap((word, at) => (hasDigit(word) ? [] : [words.toSpliced(at, 1)])))
    this.#findEdited('partial', shorter, this.#rules, MAX_EDITS)
  }

  /** Whether a word of the query begins a word of the index, after edits where it takes some. */
  #isKnown(word: string): boolean {
    const edits = maxEditsOf(word, this.#rules)
    const ranges = edits > 0 ? correctedRanges(this.#index, word, edits, this.#rules) : []
    return [...this.#begun(word), ...ranges].some(({ from, to }) => from < to)
  }

  /** Puts the best equal entry last if there are enough others before it. */
  #includeExact(): void {
    if (this.#left > 0) return
    const settings: MatchSettings = { infix: false, correct: 'off', exact: 'first' }
    const [first] = new Search(this.#reader, settings, this.#meanScore, { ...this.#query, limit: 1 }).run()
    if (first?.match !== 'exact') return
    if (this.#taken.has(this.#index.firstSpelled(first.entry))) return
    this.#found.pop()
    this.#found.push(first)
  }
}

/** How so many edits, or less if that is one, can be spread over words: the edits of each word. */
function waysToEdit(words: number, edits: number): number[][] {
  const ways: number[][] = edits === 1 ? [new Array<number>(words).fill(0)] : []
  for (let first = 0; first < words; first++) {
    const one = new Array<number>(words).fill(0)
    one[first] = edits
    ways.push(one)
    if (edits < 2) continue
    for (let second = first + 1; second < words; second++) {
      const two = new Array<number>(words).fill(0)
      two[first] = 1
      two[second] = 1
      ways.push(two)
    }
  }
  return ways
}
