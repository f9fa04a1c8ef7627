import { isLongEnoughInside } from '../index/gram-table.ts'
import type { MatchSettings } from '../index/match-settings.ts'
import type { SearchIndex } from '../index/search-index.ts'
import { isEmpty, type Range } from '../index/string-table.ts'
import { type Beginning, fitsInitials, hasHangul, hasInitials, initials, mayFitInitials } from '../text/hangul.ts'
import { hasFreelySpaced, isShortNumber } from '../text/scripts.ts'
import { isBetweenDigits, isDigit } from '../text/strings.ts'
import { Collector, type Find } from './collector.ts'
import { CorrectionSearch } from './correction-search.ts'
import { MAX_EDITS } from './corrections.ts'
import { digraphsWithOtherSpaces } from './digraph-spaces.ts'
import { digraphSearch, insideByDigraphs } from './digraphs.ts'
import { EditedWords } from './edited-words.ts'
import { ContextParts, type Parts } from './filters.ts'
import { type Matches, partSource, type Source, wordSource } from './find.ts'
import { isLongEnoughForWords } from './layouts.ts'
import { AllMatcher, canMatchRuns, chunkMatcher, type Matcher, wordMatcher } from './matchers.ts'
import type { NameReader } from './name-reader.ts'
import { numbersAgree } from './name-spaces.ts'
import type { Begun } from './names-in-order.ts'
import { foldedMatching, MAX_IGNORED_SPACES, matchersWithOtherSpaces } from './other-spaces.ts'
import type { FoundMatch, SearchQuery } from './query.ts'
import {
  beginningOf,
  numbersOfInitials,
  optionalBoundaries,
  type Reading,
  readingsOf,
  type SpacedText,
  syllableBeginnings,
  type TypedWord,
  typedInitials,
  typedWordsOf,
  withoutDigraphs,
} from './reading.ts'
import { type Shared, sharedOf } from './shared.ts'
import { WordSet } from './word-set.ts'

/**
 * Entries are rare if their score is less than the mean score divided by this number. A query that finds only rare
 * entries may be mistyped.
 */
const RARE = 10
/** If at most this many names begin with a reading, visiting all of them takes little time. */
const MAX_BEGUN_TO_VISIT = 500
/** Han characters. Folding maps several variants of a character to one. */
const HAN = /\p{sc=Han}/u

/**
 * Whether matching the words of a reading gives the same result as matching its chunks. The results differ if a chunk
 * has several words, which must be adjacent, or if a chunk is complete, so that a word must equal it.
 * @param keepsNumbers see {@link typedWordsOf}
 */
const isLoose = ({ chunks }: Reading, keepsNumbers: boolean) =>
  chunks.every(
    ({ words, text, isComplete }) => words.length === 1 && (!isComplete || (keepsNumbers && isShortNumber(text))),
  )

/**
 * Whether a reading equals its folded form and has no Han characters. For other readings, entries with the same
 * spelling as the reading come first.
 */
const isFoldedReading = ({ text, spelledText }: Reading) => text === spelledText && !HAN.test(text)

/** The names that begin with a reading after its letters are joined into syllables. */
interface SyllableNames {
  joined: SpacedText
  begun: readonly { beginning: Beginning; names: Begun }[]
}

const lengthOf = ({ from, to }: Range) => to - from

/** Searches an index under the rules in docs/matching.md. Queries share only caches and scratch memory. */
export class Searcher {
  readonly index: SearchIndex
  readonly #shared: Shared
  readonly #contexts: ContextParts

  /** @param meanScore the mean score of all entries */
  constructor(index: SearchIndex, settings: MatchSettings, meanScore: number) {
    this.index = index
    this.#shared = sharedOf(index, settings, meanScore)
    this.#contexts = new ContextParts(index)
  }

  /** Returns the best entries for a query. The result is the same as that of a full scan of all entries. */
  search(query: SearchQuery): FoundMatch[] {
    return new Search(this.#shared, query, this.#contexts.partsOf(query.filters, query.boosts)).run()
  }
}

/** A single search, which collects entries by kind of match. */
class Search {
  readonly #shared: Shared
  readonly #reader: NameReader
  readonly #index: SearchIndex
  readonly #settings: MatchSettings
  readonly #query: SearchQuery
  readonly #readings: readonly Reading[]
  /**
   * The readings that are compared with the beginnings of names: those in `#readings`, and readings with words in place
   * of `&`.
   */
  readonly #beginningReadings: readonly Reading[]
  readonly #parts: Parts
  readonly #words: EditedWords
  readonly #collector: Collector
  readonly #corrections: CorrectionSearch
  /** A cache of the names that begin with each reading. */
  readonly #begun = new Map<Reading, Begun>()
  /** A cache of the names that begin with the syllables of each reading. */
  readonly #syllables = new Map<Reading, SyllableNames>()
  /** A cache of the names that equal each reading. */
  readonly #equal = new Map<Reading, Range>()
  /** For each sequence of symbols of the query that is not a word, the words that begin with it. */
  readonly #symbols: readonly WordSet[]
  /** Whether the search has tried all names that have, for each word of the query, a word that begins with it. */
  #isBegunTried = false

  constructor(shared: Shared, query: SearchQuery, parts: Parts) {
    const { reader, settings } = shared
    this.#shared = shared
    this.#reader = reader
    this.#index = reader.index
    this.#settings = settings
    this.#query = query
    this.#beginningReadings = readingsOf(query.query)
    this.#readings = this.#beginningReadings.filter(({ borders }) => borders.length === 0)
    const symbols = this.#readings[0]?.joined.filter((joined) => joined.symbols) ?? []
    this.#symbols = symbols.map(({ folded }) => new WordSet(reader.index, [reader.index.words.withPrefix(folded)]))
    this.#parts = parts
    this.#words = new EditedWords(reader.index, shared.dictionary)
    this.#collector = new Collector(this.#index, shared.screen, parts, query.limit)
    this.#corrections = new CorrectionSearch(shared, this.#collector, this.#readings, this.#words)
  }

  run(): FoundMatch[] {
    if (!this.#parts.all) return []
    if (this.#query.query === '') {
      this.#collector.collect('prefix', (find) => find([], () => true))
      return this.#collector.found
    }
    if (this.#readings.length === 0) return []
    if (this.#settings.exact === 'first') this.#findExact()
    this.#findPrefix()
    this.#findHangul()
    this.#findInitials()
    this.#findWords()
    this.#findByDigraphs()
    this.#findWithOtherSpaces()
    if (this.#settings.exact === 'score') this.#includeExact()
    const { found } = this.#collector
    const { scores } = this.#index.arrays
    const best = found.reduce((most, { entry }) => Math.max(most, scores[entry] as number), 0)
    const isFound = found.length > 0
    const isSure = isFound && best * RARE >= this.#shared.meanScore
    if (this.#settings.correct !== 'off' && !isSure) {
      this.#collector.minScore = isFound ? this.#shared.meanScore : 0
      this.#findLayout()
      const keepsNumbers = this.#settings.correct !== 'digits'
      const minEdits = this.#readings.every((reading) => isLoose(reading, keepsNumbers)) ? 1 : 0
      const maxEdits = isFound ? 1 : MAX_EDITS
      this.#corrections.findTypos(minEdits, maxEdits)
      this.#collector.minScore = 0
      this.#isBegunTried = !isFound
    }
    if (this.#settings.infix) this.#findInfix()
    if (this.#settings.correct !== 'off' && found.length === 0) {
      this.#corrections.findFirstLetter()
      if (found.length === 0) this.#corrections.findPartial()
    }
    return found
  }

  /** Returns the names whose concatenated words begin with a reading. */
  #namesBeginning(reading: Reading): Begun {
    let range = this.#begun.get(reading)
    if (!range) {
      range = this.#shared.names.beginningWith(beginningOf(reading))
      this.#begun.set(reading, range)
    }
    return range
  }

  /** Returns the names whose concatenated words equal a reading. */
  #namesEqual(reading: Reading): Range {
    let range = this.#equal.get(reading)
    if (!range) {
      range = this.#shared.names.equalIn(this.#namesBeginning(reading), reading.text)
      this.#equal.set(reading, range)
    }
    return range
  }

  #findExact(): void {
    const count = this.#beginningReadings.reduce((sum, reading) => sum + lengthOf(this.#namesEqual(reading)), 0)
    if (count === 0) return
    this.#withSymbolsFirst((narrow) => {
      for (const requiresSpelling of count === 1 ? [false] : [true, false]) {
        this.#collector.collect('exact', (find) => {
          for (const reading of this.#beginningReadings) {
            const isWanted = (name: number) => !requiresSpelling || this.#reader.isSpelled(name, reading)
            this.#findExactly(narrow(find), reading, isWanted)
          }
        })
      }
    })
  }

  /**
   * Collects names that have the symbols of the query, and then all names.
   * @param collect gets a function that restricts a search to names with the symbols
   */
  #withSymbolsFirst(collect: (narrow: (find: Find) => Find) => void): void {
    const sets = this.#symbols
    if (sets.length > 0) {
      const sources = sets.map((words) => wordSource(this.#index, words))
      const hasAll = (name: number) => sets.every((words) => this.#reader.hasWordOf(name, words))
      collect(
        (find) => (own, matches, requirements) =>
          find([...own, ...sources], (name) => matches(name) && hasAll(name), requirements),
      )
    }
    collect((find) => find)
  }

  /** Finds names whose concatenated words equal a reading. */
  #findExactly(find: Find, reading: Reading, matches: Matches): void {
    const range = this.#namesEqual(reading)
    if (isEmpty(range)) return
    find(
      [this.#shared.names.sourceOf(range)],
      (name) =>
        this.#reader.compare(name, reading.text) === 0 && this.#reader.bordersAgree(name, reading) && matches(name),
    )
  }

  #findPrefix(): void {
    const isFolded = this.#beginningReadings.every(isFoldedReading)
    this.#withSymbolsFirst((narrow) => {
      for (const requiresSpelling of isFolded ? [false] : [true, false]) {
        this.#collector.collect('prefix', (find) => {
          for (const reading of this.#beginningReadings) {
            const needsSpelling = requiresSpelling && !isFoldedReading(reading)
            const isWanted = (name: number) =>
              !needsSpelling || this.#reader.spelledConcatenation(name).startsWith(reading.spelledText)
            this.#beginWith(narrow(find), reading, isWanted, needsSpelling)
            if (this.#settings.exact === 'score') this.#findExactly(narrow(find), reading, isWanted)
          }
        })
      }
    })
  }

  /**
   * Finds names that begin with a reading and whose spaces agree with it.
   * @param needsSpelling whether `matches` rejects names that are not spelled like the reading
   */
  #beginWith(find: Find, reading: Reading, matches: Matches, needsSpelling = false): void {
    const range = this.#namesBeginning(reading)
    if (isEmpty(range)) return
    const beginning = beginningOf(reading)
    const isWanted = (name: number) =>
      this.#begins(name, beginning) && this.#reader.spacesAgree(name, reading, reading.text.length) && matches(name)
    const { names } = this.#shared
    const sources = [names.sourceOf(range)]
    if (lengthOf(range) > MAX_BEGUN_TO_VISIT) {
      sources.push(...this.#completeWords(reading))
      const areMany = sources.every(({ size }) => size > MAX_BEGUN_TO_VISIT)
      if (needsSpelling && areMany && !names.areSoonFound(range, isWanted, this.#query.limit)) {
        sources.push(this.#spelledWords(reading))
      }
    }
    find(sources, isWanted)
  }

  #begins(name: number, beginning: Beginning): boolean {
    return this.#reader.comparePrefix(name, beginning) === 0
  }

  /**
   * Returns a source of the names that contain one of the words with which the reading may begin. Names that match `a
   * br` or `new ` need such a word (`a` or `new`). Returns an empty array if the names need none.
   */
  #completeWords({ text, hasBoundary, endsComplete }: Reading): Source[] {
    const isInside = hasBoundary.some((isThere, at) => isThere && at < text.length && !isBetweenDigits(text, at))
    if (!endsComplete && (!isInside || hasFreelySpaced(text))) return []
    return [wordSource(this.#index, new WordSet(this.#index, this.#wordsEqual(text, text.length)))]
  }

  /**
   * Returns a source that includes all names whose spelling begins with the reading: the names that contain one of the
   * possible first words. Often, few of the names that begin with `a` are spelled `ä`, and few of those that begin with
   * 臺 are spelled 台. The source takes long to build if many words begin like the reading.
   */
  #spelledWords({ text, spelledText }: Reading): Source {
    const index = this.#index
    const beginnings = (whole: string) => [...this.#wordsEqual(whole, whole.length - 1), index.words.withPrefix(whole)]
    const respelled = (ranges: readonly Range[]) => ranges.flatMap((range) => index.respelledIn(range))
    const like = respelled(beginnings(text)).filter(
      ({ spelling }) => spelling.startsWith(spelledText) || spelledText.startsWith(spelling),
    )
    const folded = beginnings(spelledText)
    const others = WordSet.ofWords(
      index,
      respelled(folded).map(({ word }) => word),
    )
    const ranges = new WordSet(index, folded).rangesWithout(others)
    for (const { word } of like) ranges.push({ from: word, to: word + 1 })
    return wordSource(index, new WordSet(index, ranges))
  }

  /** Returns the words that equal the first code unit of a text, the first two, and so on, up to `most` code units. */
  #wordsEqual(text: string, most: number): Range[] {
    return Array.from({ length: most }, (_, at) => this.#index.words.equalTo(text.slice(0, at + 1)))
  }

  #findHangul(): void {
    const readings = this.#readings.filter(({ text }) => hasHangul(text))
    if (readings.length === 0) return
    this.#collector.collect('hangul', (find) => {
      for (const reading of readings) this.#beginBySyllables(find, reading)
    })
  }

  /**
   * Joins the letters of a reading into syllables, and finds names that begin with them. The last syllable may
   * be incomplete.
   */
  #beginBySyllables(find: Find, reading: Reading): void {
    const { joined, begun } = this.#bySyllables(reading)
    for (const { beginning, names } of begun) {
      if (isEmpty(names)) continue
      const source = this.#shared.names.sourceOf(names)
      const length = beginning.head.length + 1
      find([source], (name) => this.#begins(name, beginning) && this.#reader.spacesAgree(name, joined, length))
    }
  }

  /** Joins the letters of a reading into syllables, and returns the names that begin with them. */
  #bySyllables(reading: Reading): SyllableNames {
    let found = this.#syllables.get(reading)
    if (!found) {
      const { joined, beginnings } = syllableBeginnings(reading)
      const begun = beginnings.map((beginning) => ({ beginning, names: this.#shared.names.beginningWith(beginning) }))
      found = { joined, begun }
      this.#syllables.set(reading, found)
    }
    return found
  }

  #findInitials(): void {
    const readings = this.#readings.filter(({ text }) => hasHangul(text))
    if (readings.length === 0) return
    for (const isComposing of [false, true]) {
      this.#collector.collect('initials', (find) => {
        for (const reading of readings) this.#findByInitials(find, reading, isComposing, true)
      })
    }
  }

  /**
   * Finds names whose initials match a reading, starting at the first word if `isWhole`, otherwise at any later word.
   */
  #findByInitials(find: Find, reading: Reading, isComposing: boolean, isWhole: boolean): void {
    if (!hasHangul(reading.text)) return
    const typed = typedInitials(reading)
    if (!hasInitials(typed)) return
    const names = this.#shared.initials
    const reader = this.#reader
    const units = new Uint16Array(typed.length)
    const numbers = numbersOfInitials(reading)
    const isNumber = isDigit(typed.charCodeAt(0))
    const fits = (name: number, at: number) =>
      mayFitInitials(units, reader.copyUnits(name, at, units), typed) &&
      fitsInitials(reader.concatenation(name, at), typed, isComposing) &&
      (!numbers || numbersAgree(reader.wordsFrom(name, at), numbers))
    const source = names.sourceOf(names.beginningWith(initials(typed)))
    find([source], (name) => {
      const start = reader.start(name)
      if (isWhole) return fits(name, start)
      const end = reader.endOfWords(name)
      for (let at = start + 1; at < end; at++) {
        if (!(isNumber && reader.isDecimals(at)) && fits(name, at)) return true
      }
      return false
    })
  }

  #findWords(): void {
    this.#withSymbolsFirst((narrow) => {
      this.#collector.collect('word', (find) => {
        for (const reading of this.#readings) {
          this.#findInAnyOrder(narrow(find), reading)
          this.#findByInitials(narrow(find), reading, true, false)
          this.#beginWithFewerSpaces(narrow(find), reading)
        }
      })
    })
  }

  /**
   * Finds names whose words match by digraph forms. Names that equal the query come first, and then those that begin
   * with it.
   */
  #findByDigraphs(): void {
    if (this.#collector.left === 0) return
    const searches = this.#readings.flatMap((reading) => digraphSearch(this.#index, reading) ?? [])
    if (searches.length === 0) return
    const isOfGrade: ((own: string, text: string) => boolean)[] = [
      (own, text) => own === text,
      (own, text) => own.startsWith(text),
      () => true,
    ]
    for (const isWanted of isOfGrade) {
      this.#collector.collect('word', (find) => {
        for (const { matchers, own, text } of searches) {
          this.#findMatching(find, matchers, [own], (name) => isWanted(this.#reader.digraphConcatenation(name), text))
        }
      })
    }
  }

  /**
   * Finds names whose words match in any order if spaces of the query are ignored. Also ignores spaces of the names if
   * nothing has been found.
   */
  #findWithOtherSpaces(): void {
    const mayLack = this.#collector.found.length === 0
    const index = this.#index
    const matching = foldedMatching(index)
    // Each chunk needs a word of its own, and at most two spaces between chunks are ignored.
    const most = this.#reader.mostWords + MAX_IGNORED_SPACES
    const readings = this.#readings.filter(({ chunks }) => chunks.length <= most)
    this.#collector.collect('word', (find) => {
      for (const { chunks } of readings) {
        const ways = matchersWithOtherSpaces(index, chunks, mayLack, matching)
        for (const matchers of ways) this.#findMatching(find, matchers)
      }
    })
    this.#collector.collect('word', (find) => {
      for (const { chunks } of readings) {
        const { ways, own } = digraphsWithOtherSpaces(index, chunks, mayLack)
        for (const matchers of ways) this.#findMatching(find, matchers, [own])
      }
    })
  }

  /** Finds names that begin with a reading but lack some of its spaces: `play st` for PlayStation. */
  #beginWithFewerSpaces(find: Find, reading: Reading): void {
    if (reading.chunks.length < 2) return
    const optional = optionalBoundaries(reading)
    const range = this.#namesBeginning(reading)
    if (optional.size === 0 || isEmpty(range)) return
    const beginning = beginningOf(reading)
    const { length } = reading.text
    find(
      [this.#shared.names.sourceOf(range)],
      (name) => this.#begins(name, beginning) && this.#reader.spacesAgree(name, reading, length, optional),
    )
  }

  #findInAnyOrder(find: Find, reading: Reading): void {
    const { chunks } = reading
    const [only] = chunks
    if (
      only &&
      chunks.length === 1 &&
      only.words.length === 1 &&
      !only.isComplete &&
      !canMatchRuns(this.#index, only)
    ) {
      this.#findWord(find, reading)
      return
    }
    this.#findMatching(
      find,
      chunks.map((chunk) => chunkMatcher(this.#index, chunk)),
    )
  }

  /** Finds names with a word that begins with a reading of only one word. */
  #findWord(find: Find, reading: Reading): void {
    const words = this.#words.withPrefix({ folded: reading.text })
    if (words.isEmpty || this.#allBeginWith(reading, words)) return
    const isNumber = isDigit(reading.text.charCodeAt(0))
    const isFound = (name: number) => this.#reader.hasWordOf(name, words, isNumber)
    find([wordSource(this.#index, words)], isFound, [{ own: [words], any: [] }])
  }

  /** Whether every name that contains any of the words begins with one of them. Such names have already been tried. */
  #allBeginWith(reading: Reading, words: WordSet): boolean {
    const own: Range = this.#namesBeginning(reading)
    const more = hasHangul(reading.text) ? this.#bySyllables(reading).begun.map(({ names }): Range => names) : []
    // If the text is 사, the names that it may become, such as 상 and 사과, include all names that begin with 사.
    const isIncluded = more.some(({ from, to }) => from <= own.from && own.to <= to)
    const names = this.#index.arrays.lexicographic
    let begun = 0
    for (const { from, to } of isIncluded ? more : [own, ...more]) {
      if (to - from > MAX_BEGUN_TO_VISIT) return false
      for (let at = from; at < to; at++) {
        if (words.has(this.#reader.word(this.#reader.start(names[at] as number)))) begun += 1
      }
    }
    return begun === words.size
  }

  #findMatching(
    find: Find,
    matchers: readonly Matcher[],
    others: readonly WordSet[] = [],
    isWanted: Matches = () => true,
  ): void {
    if (matchers.length === 0 || matchers.length > this.#reader.mostWords) return
    const own = matchers.map(({ words }) => words)
    const any = [...matchers.flatMap((matcher) => matcher.others), ...others]
    if ([...own, ...any].some(({ isEmpty }) => isEmpty)) return
    const all = new AllMatcher(this.#reader, matchers)
    const sources = [...own, ...others].map((words) => wordSource(this.#index, words))
    find(sources, (name) => all.matches(name) && isWanted(name), [{ own, any }])
  }

  #findLayout(): void {
    const dictionary = this.#collector.minScore > 0 ? this.#shared.commonDictionary : this.#shared.dictionary
    const readings = this.#shared.layouts.readingsOf(this.#query.query, dictionary)
    if (readings.length === 0) return
    this.#collector.collect('layout', (find) => {
      for (const reading of readings) {
        this.#beginWith(find, reading, () => true)
        this.#findExactly(find, reading, () => true)
        this.#beginBySyllables(find, reading)
        this.#findByInitials(find, reading, true, true)
        if (!isLongEnoughForWords(reading)) continue
        this.#findInAnyOrder(find, reading)
        this.#findByInitials(find, reading, true, false)
        this.#beginWithFewerSpaces(find, reading)
      }
    })
  }

  #findInfix(): void {
    this.#collector.collect('infix', (find) => {
      for (const reading of this.#readings) {
        const words = typedWordsOf(reading.chunks, true).map(withoutDigraphs)
        const isTried = this.#isBegunTried || isLoose(reading, true)
        const [only, ...more] = words
        if (only && !only.number && !only.isWhole && more.length === 0 && isTried && this.#collector.isUnfiltered) {
          const tried = this.#index.words.withPrefix(only.folded)
          // All names of this source match: decimals, which must not match, are too short to contain the word.
          if (isLongEnoughInside(only.folded)) find([partSource(this.#index, only.folded, tried)], () => true)
          continue
        }
        const matchers = words.map((word) => this.#insideMatcher(word))
        // Exclude names that were already tried: those in which each word of the query is a prefix of a word.
        const inside = matchers.flatMap((matcher, at) =>
          matcher.words.rangesWithout(this.#words.withPrefix(words[at] as TypedWord)),
        )
        this.#findMatching(find, matchers, isTried ? [new WordSet(this.#index, inside)] : [])
      }
    })
    this.#collector.collect('infix', (find) => {
      for (const { chunks } of this.#readings) {
        const words = typedWordsOf(chunks, true)
        const own = words.map((word) => insideByDigraphs(this.#index, word))
        if (own.every(({ isEmpty }) => isEmpty)) continue
        const matchers = words.map((word, at) => {
          const set = own[at] as WordSet
          if (words.length === 1) return wordMatcher(set, word.folded)
          const plain = this.#insideMatcher(withoutDigraphs(word))
          return set.isEmpty ? plain : wordMatcher(WordSet.union(this.#index, [plain.words, set]), word.folded)
        })
        this.#findMatching(find, matchers, [WordSet.union(this.#index, own)])
      }
    })
  }

  /** Matches words that begin with a word of the query, or contain it anywhere if it is long enough. */
  #insideMatcher(word: TypedWord): Matcher {
    const begun = this.#words.matcher(word)
    const { folded, isWhole, number } = word
    if (number || isWhole || !isLongEnoughInside(folded)) return begun
    const inside = WordSet.ofWords(this.#index, this.#index.grams.wordsWith(folded))
    return wordMatcher(WordSet.union(this.#index, [begun.words, inside]), folded)
  }

  /** Replaces the last suggestion with the best exact match, unless the answer already contains that match. */
  #includeExact(): void {
    if (this.#collector.left > 0) return
    const settings: MatchSettings = { infix: false, correct: 'off', exact: 'first' }
    const [first] = new Search({ ...this.#shared, settings }, { ...this.#query, limit: 1 }, this.#parts).run()
    if (first?.match === 'exact') this.#collector.replaceLast(first)
  }
}
