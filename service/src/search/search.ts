import { isLongEnoughInside } from '../index/gram-table.ts'
import type { MatchSettings } from '../index/match-settings.ts'
import type { SearchIndex } from '../index/search-index.ts'
import type { Range } from '../index/string-table.ts'
import { fold } from '../text/fold.ts'
import { type Beginning, composedBeginnings, fitsInitials, hasInitials, initials, keystrokes } from '../text/hangul.ts'
import { otherLayouts } from '../text/keyboard-layouts/index.ts'
import { hasFreelySpaced } from '../text/scripts.ts'
import { spelling } from '../text/spelling.ts'
import { BestEntries, endOfScores } from './best-entries.ts'
import type { CorrectionRules } from './corrections.ts'
import { EditedWords, editedSearch } from './edited-words.ts'
import { ContextParts, type Part, type Parts } from './filters.ts'
import { ascendingSource, findBest, type Matches, type Source, wordSource } from './find.ts'
import { AllMatcher, chunkMatcher, type Matcher, wordMatcher } from './matchers.ts'
import { NameReader } from './name-reader.ts'
import type { FoundMatch, Match, SearchQuery } from './query.ts'
import { type Reading, readingsOf } from './reading.ts'
import { WordSet } from './word-set.ts'

/** Entries with less than this part of the mean score are rare: whoever finds nothing else may have made a mistake. */
const RARE = 10
/** Two letters begin a word of some text on any layout. */
export const MIN_LENGTH_FOR_LAYOUT_WORD = 3
/** Where so few names come into question, they are not looked for in parts. */
const FEW_NAMES = 500
export const MAX_EDITS = 2
/** Letters of which others are folded to words of their own. */
const HAN = /\p{sc=Han}/u

const MIN_WORDS_TO_LEAVE_OUT = 3
const DIGIT = /\p{N}/u
const hasDigit = (word: string) => DIGIT.test(word)

/** Finds the best entries that have a name in all sources, and match. */
type Find = (sources: readonly Source[], matches: Matches) => void

/** Searches an index by the rules of docs/matching.md. Keeps nothing between queries. */
export class Searcher {
  readonly index: SearchIndex
  readonly #settings: MatchSettings
  readonly #meanScore: number
  readonly #reader: NameReader
  readonly #contexts: ContextParts

  /** @param meanScore of all entries */
  constructor(index: SearchIndex, settings: MatchSettings, meanScore: number) {
    this.index = index
    this.#settings = settings
    this.#meanScore = meanScore
    this.#reader = new NameReader(index)
    this.#contexts = new ContextParts(index)
  }

  /** The best entries for a query: what a scan of all entries would give. */
  search(query: SearchQuery): FoundMatch[] {
    const parts = this.#contexts.partsOf(query.filters, query.boosts)
    return new Search(this.#reader, this.#settings, this.#meanScore, query, parts).run()
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
  readonly #parts: Parts
  readonly #words: EditedWords
  readonly #found: FoundMatch[] = []
  readonly #taken = new Set<number>()
  readonly #rules: CorrectionRules
  /** The least score that counts. */
  #minScore = 0

  constructor(reader: NameReader, settings: MatchSettings, meanScore: number, query: SearchQuery, parts: Parts) {
    const { index } = reader
    this.#reader = reader
    this.#index = index
    this.#settings = settings
    this.#meanScore = meanScore
    this.#query = query
    this.#readings = readingsOf(query.query)
    this.#parts = parts
    this.#words = new EditedWords(index)
    this.#rules = { keepsFirst: true, editsDigits: settings.correct === 'digits' }
  }

  run(): FoundMatch[] {
    if (!this.#parts.all) return []
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
    const { all, byFactor, boosting } = this.#parts
    const index = this.#index
    const end = this.#minScore > 0 ? endOfScores(index, false, this.#minScore) : index.nameCount
    const best = new BestEntries(index, this.#left, this.#taken, boosting, end)
    findAll((sources, matches) => {
      if (sources.some(({ size }) => size === 0)) return
      const isFew = sources.some(({ size }) => size <= FEW_NAMES)
      for (const part of isFew ? [all as Part] : byFactor) {
        best.limitFactor(part.factor)
        this.#findAmong(best, sources, matches, part)
      }
    })
    for (const { entry, name, spelling: spelled, score } of best.found) {
      this.#taken.add(spelled)
      const isAlias = match === 'prefix' && name !== this.#index.firstName(entry)
      this.#found.push({ entry, name, match: isAlias ? 'alias' : match, score })
    }
  }

  #findAmong(best: BestEntries, sources: readonly Source[], matches: Matches, { source, accepts }: Part): void {
    const index = this.#index
    const minScore = this.#minScore
    const { pinnedCount } = index.arrays
    const isPlain = !accepts && (minScore === 0 || pinnedCount === 0)
    const isAccepted = (name: number) => {
      const entry = index.entryOf(name)
      if (accepts && !accepts(entry)) return false
      return (entry >= pinnedCount || this.#scoreOf(entry) >= minScore) && matches(name)
    }
    findBest(index, source ? [...sources, source] : sources, isPlain ? matches : isAccepted, best)
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
  #findExactly(find: Find, { text }: Reading, matches: Matches): void {
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
  #beginWith(find: Find, reading: Reading, matches: Matches): void {
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

  #findMatching(find: Find, matchers: readonly Matcher[], others: readonly WordSet[] = []): void {
    if (matchers.length === 0 || matchers.some(({ words }) => words.isEmpty)) return
    const all = new AllMatcher(this.#reader, matchers)
    const sources = [...matchers.map(({ words }) => words), ...others].map((words) => wordSource(this.#index, words))
    find(sources, (name) => all.matches(name))
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

  /** Finds names that have all words of one of the lists, with as few edits as find anything. */
  #findEdited(match: Match, lists: readonly (readonly string[])[], rules: CorrectionRules, maxEdits: number): void {
    for (let edits = 1; edits <= maxEdits; edits++) {
      const before = this.#found.length
      this.#collect(match, (find) => {
        for (const words of lists) {
          const search = editedSearch(this.#reader, this.#words, words, edits, rules)
          if (!search) continue
          find(
            search.sets.map((set) => wordSource(this.#index, set)),
            search.matches,
          )
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
    return wordMatcher(new WordSet(this.#index, [...this.#words.begun(part).ranges, ...ranges]))
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
    return this.#words.fewestEdits(word, MAX_EDITS, this.#rules) !== undefined
  }

  /** Puts the best equal entry last if there are enough others before it. */
  #includeExact(): void {
    if (this.#left > 0) return
    const settings: MatchSettings = { infix: false, correct: 'off', exact: 'first' }
    const [first] = new Search(this.#reader, settings, this.#meanScore, { ...this.#query, limit: 1 }, this.#parts).run()
    if (first?.match !== 'exact') return
    if (this.#taken.has(this.#index.firstSpelled(first.entry))) return
    this.#found.pop()
    this.#found.push(first)
  }
}
