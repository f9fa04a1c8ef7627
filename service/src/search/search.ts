import { isLongEnoughInside } from '../index/gram-table.ts'
import type { MatchSettings } from '../index/match-settings.ts'
import type { SearchIndex } from '../index/search-index.ts'
import { isEmpty, type Range } from '../index/string-table.ts'
import { fold } from '../text/fold.ts'
import { type Beginning, fitsInitials, hasHangul, hasInitials, initials, mayFitInitials } from '../text/hangul.ts'
import { hasFreelySpaced } from '../text/scripts.ts'
import type { Word } from '../text/words.ts'
import { BestEntries } from './best-entries.ts'
import { type CorrectionRules, hasDigit } from './corrections.ts'
import { Dictionary } from './dictionary.ts'
import { digraphSearch } from './digraphs.ts'
import { EditedRuns, type Unit, unitsOf } from './edited-runs.ts'
import { type EditedSearch, EditedWords, editedSearch } from './edited-words.ts'
import { ContextParts, type Part, type Parts } from './filters.ts'
import { findBest, type Matches, partSource, type Source, wordSource } from './find.ts'
import { InitialsInOrder } from './initials-in-order.ts'
import { isLongEnoughForWords, LayoutReadings } from './layouts.ts'
import { listsOfRemaining, remainingWords } from './left-out.ts'
import { AllMatcher, chunkMatcher, type Matcher, wordMatcher } from './matchers.ts'
import { NameReader } from './name-reader.ts'
import { isBetweenDigits } from './name-spaces.ts'
import { type Begun, NamesInOrder } from './names-in-order.ts'
import { matchersWithOtherSpaces } from './other-spaces.ts'
import type { FoundMatch, Match, SearchQuery } from './query.ts'
import { beginningOf, optionalBoundaries, type Reading, readingsOf, syllableBeginnings } from './reading.ts'
import { RunsInOrder } from './runs-in-order.ts'
import { type Requirement, Screen } from './screen.ts'
import { WordSet } from './word-set.ts'

/**
 * Entries are rare if their score is less than the mean score divided by this number. A query that finds only rare
 * entries may be mistyped.
 */
const RARE = 10
/**
 * If there are at most this many candidate names, or no more candidates than names with the highest boost factor, the
 * search does not divide the candidates by boost factor, because visiting all of them once takes less time.
 */
const FEW_NAMES = 500
/** The maximum total number of edits in all words of a query. */
export const MAX_EDITS = 2
/** Han characters have variants that are folded to the same character. */
const HAN = /\p{sc=Han}/u

const MIN_WORDS_TO_LEAVE_OUT = 2

/**
 * Finds the best entries that match and have a name in all sources.
 * @param requirements every match meets at least one of these; undefined if unknown
 */
type Find = (sources: readonly Source[], matches: Matches, requirements?: readonly Requirement[]) => void

/** Leaves out some words of a query. Which words remain depends on `one`, a word that some entry contains. */
type Shorten = (words: readonly Word[], known: ReadonlySet<Word>, one: Word) => Word[]

/**
 * Whether matching the words of a reading gives the same result as matching its chunks. The results differ if a chunk
 * has several words, which must be adjacent, or if a chunk is complete, so that a word must equal it.
 */
const isLoose = ({ chunks }: Reading) => chunks.every(({ words, isComplete }) => words.length === 1 && !isComplete)

/** Whether a reading has only one spelling, so that no spelling of an entry is closer to it than another. */
const isFoldedReading = ({ text, spelledText }: Reading) => text === spelledText && !HAN.test(text)

const lengthOf = ({ from, to }: Range) => to - from

/** Whether the remaining words of a query are enough to search for after words have been left out. */
const mayRemain = (words: readonly string[]) =>
  words.some(isLongEnoughInside) || (words.some(hasDigit) && [...words.join('')].length > 1)

/** The state that all searches of an index share. */
interface Shared {
  reader: NameReader
  screen: Screen
  names: NamesInOrder
  initials: InitialsInOrder
  runs: RunsInOrder
  layouts: LayoutReadings
  dictionary: Dictionary
  /** The words of all entries with at least the mean score. */
  commonDictionary: Dictionary
  settings: MatchSettings
  meanScore: number
}

/** Searches an index under the rules in docs/matching.md. Shares nothing between queries except scratch memory. */
export class Searcher {
  readonly index: SearchIndex
  readonly #shared: Shared
  readonly #contexts: ContextParts

  /** @param meanScore the mean score of all entries */
  constructor(index: SearchIndex, settings: MatchSettings, meanScore: number) {
    this.index = index
    const reader = new NameReader(index)
    const initialsInOrder = new InitialsInOrder(reader)
    this.#shared = {
      reader,
      screen: new Screen(index),
      names: new NamesInOrder(reader),
      initials: initialsInOrder,
      runs: new RunsInOrder(reader),
      layouts: new LayoutReadings(index, initialsInOrder),
      dictionary: Dictionary.of(index),
      commonDictionary: Dictionary.before(index, index.endOfScores(false, meanScore)),
      settings,
      meanScore,
    }
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
   * The readings that are compared with the beginnings of names: all readings, and readings with words in place of `&`.
   */
  readonly #beginningReadings: readonly Reading[]
  readonly #parts: Parts
  readonly #words: EditedWords
  /** A cache of the names that begin with each reading. */
  readonly #begun = new Map<Reading, Begun>()
  /** A cache of the names that equal each reading. */
  readonly #equal = new Map<Reading, Range>()
  readonly #found: FoundMatch[] = []
  readonly #taken = new Set<number>()
  readonly #rules: CorrectionRules
  /** Whether all names with words that begin with those of the query, in any order, have been tried. */
  #isBegunTried = false
  /** Entries with a lower score are ignored. */
  #minScore = 0

  constructor(shared: Shared, query: SearchQuery, parts: Parts) {
    const { reader, settings } = shared
    this.#shared = shared
    this.#reader = reader
    this.#index = reader.index
    this.#settings = settings
    this.#query = query
    this.#beginningReadings = readingsOf(query.query)
    this.#readings = this.#beginningReadings.filter(({ borders }) => borders.length === 0)
    this.#parts = parts
    this.#words = new EditedWords(reader.index, shared.dictionary)
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
    this.#findByDigraphs()
    this.#findWithOtherSpaces()
    if (this.#settings.exact === 'score') this.#includeExact()
    const best = this.#found.reduce((most, { entry }) => Math.max(most, this.#scoreOf(entry)), 0)
    const isFound = this.#found.length > 0
    const isSure = isFound && best * RARE >= this.#shared.meanScore
    if (this.#settings.correct !== 'off' && !isSure) {
      this.#minScore = isFound ? this.#shared.meanScore : 0
      this.#findLayout()
      const minEdits = this.#readings.every(isLoose) ? 1 : 0
      const maxEdits = isFound ? 1 : MAX_EDITS
      this.#findEdited('typo', this.#wordLists(), this.#rules, { minEdits, maxEdits, runs: this.#runLists() })
      this.#minScore = 0
      this.#isBegunTried = !isFound
    }
    if (this.#settings.infix) this.#findInfix()
    if (this.#settings.correct !== 'off' && this.#found.length === 0) {
      const rules = { ...this.#rules, keepsFirst: false }
      this.#findEdited('firstLetter', this.#wordLists(), rules, { runs: this.#runLists() })
      if (this.#found.length === 0) this.#findPartial()
    }
    return this.#found
  }

  /** Whether neither filters nor boosts affect the result. */
  get #isUnfiltered(): boolean {
    const { all, boosting } = this.#parts
    return !boosting && !all?.source && !all?.accepts
  }

  get #left(): number {
    return this.#query.limit - this.#found.length
  }

  #scoreOf(entry: number): number {
    return this.#index.arrays.scores[entry] as number
  }

  /** Adds the best entries of several searches whose results are sorted together. */
  #collect(match: Match, findAll: (find: Find) => void): void {
    if (this.#left === 0) return
    const { all, byFactor, boosting } = this.#parts
    const index = this.#index
    const end = this.#minScore > 0 ? index.endOfScores(false, this.#minScore) : index.nameCount
    const best = new BestEntries(index, this.#left, this.#taken, boosting, end)
    findAll((sources, matches, requirements = []) => {
      if (sources.some(({ size }) => size === 0)) return
      const mostBoosted = byFactor[0]?.source?.size ?? 0
      const isFew = sources.some(({ size }) => size <= Math.max(FEW_NAMES, mostBoosted))
      for (const part of isFew ? [all as Part] : byFactor) {
        best.limitFactor(part.factor)
        this.#findAmong(best, sources, { matches, requirements }, part)
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
    { matches, requirements }: { matches: Matches; requirements: readonly Requirement[] },
    { source, accepts }: Part,
  ): void {
    const index = this.#index
    const minScore = this.#minScore
    const { pinnedCount } = index.arrays
    const isPlain = !accepts && (minScore === 0 || pinnedCount === 0)
    const isAccepted = (name: number) => {
      const entry = index.entryOf(name)
      if (accepts && !accepts(entry)) return false
      return (entry >= pinnedCount || this.#scoreOf(entry) >= minScore) && matches(name)
    }
    const wanted = { matches: isPlain ? matches : isAccepted, screen: this.#shared.screen }
    findBest(index, source ? [...sources, source] : sources, wanted, requirements, best)
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
    for (const isSpelledSo of count === 1 ? [false] : [true, false]) {
      this.#collect('exact', (find) => {
        for (const reading of this.#beginningReadings) {
          this.#findExactly(find, reading, (name) => !isSpelledSo || this.#reader.isSpelled(name, reading.words))
        }
      })
    }
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
    for (const isSpelledSo of isFolded ? [false] : [true, false]) {
      this.#collect('prefix', (find) => {
        for (const reading of this.#beginningReadings) {
          const isWanted = (name: number) =>
            !isSpelledSo ||
            isFoldedReading(reading) ||
            this.#reader.spelledConcatenation(name).startsWith(reading.spelledText)
          this.#beginWith(find, reading, isWanted)
          if (this.#settings.exact === 'score') this.#findExactly(find, reading, isWanted)
        }
      })
    }
  }

  /** Finds names that begin with a reading and whose spaces agree with it. */
  #beginWith(find: Find, reading: Reading, matches: Matches): void {
    const range = this.#namesBeginning(reading)
    if (isEmpty(range)) return
    const beginning = beginningOf(reading)
    const sources = [this.#shared.names.sourceOf(range), ...this.#completeWords(reading, range)]
    find(
      sources,
      (name) =>
        this.#begins(name, beginning) && this.#reader.spacesAgree(name, reading, reading.text.length) && matches(name),
    )
  }

  #begins(name: number, beginning: Beginning): boolean {
    return this.#reader.comparePrefix(name, beginning) === 0
  }

  /**
   * Returns a source of names that contain a complete word that the reading begins with. Names that match `a br` or
   * `new ` need such a word (`a` or `new`). Returns none if few names begin with the reading, because the source would
   * not save time.
   */
  #completeWords({ text, hasBoundary, endsComplete }: Reading, { from, to }: Range): Source[] {
    if (to - from <= FEW_NAMES) return []
    const isInside = hasBoundary.some((isThere, at) => isThere && at < text.length && !isBetweenDigits(text, at))
    if (!endsComplete && (!isInside || hasFreelySpaced(text))) return []
    const ranges = Array.from({ length: text.length }, (_, at) => this.#index.words.equalTo(text.slice(0, at + 1)))
    return [wordSource(this.#index, new WordSet(this.#index, ranges))]
  }

  #findHangul(): void {
    const readings = this.#readings.filter(({ text }) => hasHangul(text))
    if (readings.length === 0) return
    this.#collect('hangul', (find) => {
      for (const reading of readings) this.#beginBySyllables(find, reading)
    })
  }

  /**
   * Joins the letters of a reading into syllables, and finds names that begin with them. The last syllable may
   * be incomplete.
   */
  #beginBySyllables(find: Find, reading: Reading): void {
    const { joined, beginnings } = syllableBeginnings(reading)
    for (const beginning of beginnings) {
      const source = this.#shared.names.sourceOf(this.#shared.names.beginningWith(beginning))
      const length = beginning.head.length + 1
      find([source], (name) => this.#begins(name, beginning) && this.#reader.spacesAgree(name, joined, length))
    }
  }

  #findInitials(): void {
    const readings = this.#readings.filter(({ text }) => hasHangul(text))
    if (readings.length === 0) return
    for (const isComposing of [false, true]) {
      this.#collect('initials', (find) => {
        for (const reading of readings) this.#findByInitials(find, reading, isComposing, true)
      })
    }
  }

  /**
   * Finds names whose initials match a reading, starting at the first word if `isWhole`, otherwise at any later word.
   */
  #findByInitials(find: Find, reading: Reading, isComposing: boolean, isWhole: boolean): void {
    if (!hasHangul(reading.text)) return
    const typed = reading.words.map(({ spelled }) => fold(spelled)).join('')
    if (!hasInitials(typed)) return
    const names = this.#shared.initials
    const reader = this.#reader
    const units = new Uint16Array(typed.length)
    const fits = (name: number, at: number) =>
      mayFitInitials(units, reader.copyUnits(name, at, units), typed) &&
      fitsInitials(reader.concatenation(name, at), typed, isComposing)
    const source = names.sourceOf(names.beginningWith(initials(typed)))
    find([source], (name) => {
      const start = reader.start(name)
      if (isWhole) return fits(name, start)
      const end = reader.endOfWords(name)
      for (let at = start + 1; at < end; at++) if (fits(name, at)) return true
      return false
    })
  }

  #findWords(): void {
    this.#collect('word', (find) => {
      for (const reading of this.#readings) {
        this.#findInAnyOrder(find, reading)
        this.#findByInitials(find, reading, true, false)
        this.#beginWithFewerSpaces(find, reading)
      }
    })
  }

  /**
   * Finds names whose words match by digraph forms. Names that equal the query come first, and then those that begin
   * with it.
   */
  #findByDigraphs(): void {
    if (this.#left === 0) return
    const searches = this.#readings.flatMap((reading) => digraphSearch(this.#index, reading) ?? [])
    if (searches.length === 0) return
    const isOfGrade: ((own: string, text: string) => boolean)[] = [
      (own, text) => own === text,
      (own, text) => own.startsWith(text),
      () => true,
    ]
    for (const isWanted of isOfGrade) {
      this.#collect('word', (find) => {
        for (const { matchers, own, text } of searches) {
          this.#findMatching(find, matchers, [own], (name) => isWanted(this.#reader.digraphConcatenation(name), text))
        }
      })
    }
  }

  /**
   * Finds names that match in any order if spaces are ignored: those of the query, or, if nothing has been found, those
   * of the name.
   */
  #findWithOtherSpaces(): void {
    const mayLack = this.#found.length === 0
    this.#collect('word', (find) => {
      for (const { chunks } of this.#readings) {
        for (const matchers of matchersWithOtherSpaces(this.#index, chunks, mayLack)) this.#findMatching(find, matchers)
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
    if (only && chunks.length === 1 && only.words.length === 1 && !only.isComplete && !only.hasFreeSpaces) {
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
    const words = this.#words.begun(reading.text)
    if (words.isEmpty || this.#isBegunBySuch(reading, words)) return
    const isFound = (name: number) => this.#reader.hasWordOf(name, words)
    find([wordSource(this.#index, words)], isFound, [{ own: [words], any: [] }])
  }

  /** Whether every name that contains one of the words also begins with one. If so, all these names have been tried. */
  #isBegunBySuch(reading: Reading, words: WordSet): boolean {
    const { from, to } = this.#namesBeginning(reading)
    if (to - from > FEW_NAMES) return false
    const names = this.#index.arrays.lexicographic
    let begun = 0
    for (let at = from; at < to; at++) {
      if (words.has(this.#reader.word(this.#reader.start(names[at] as number)))) begun += 1
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
    const dictionary = this.#minScore > 0 ? this.#shared.commonDictionary : this.#shared.dictionary
    const readings = this.#shared.layouts.readingsOf(this.#query.query, dictionary)
    if (readings.length === 0) return
    this.#collect('layout', (find) => {
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

  /**
   * Finds names that contain all words of one of the lists, with as few edits as possible.
   * @param minEdits the number of edits to try first; 1 if `lists` have already been tried without edits
   * @param runs more lists, with the words of each run joined; unlike `lists`, they are always tried without edits
   * first
   */
  #findEdited(
    match: Match,
    lists: readonly (readonly string[])[],
    rules: CorrectionRules,
    {
      minEdits = 1,
      maxEdits = MAX_EDITS,
      runs = [],
    }: { minEdits?: number; maxEdits?: number; runs?: readonly (readonly Unit[])[] } = {},
  ): void {
    const editedWords = this.#minScore > 0 ? new EditedWords(this.#index, this.#shared.commonDictionary) : this.#words
    const editedRuns = new EditedRuns(this.#reader, this.#shared.runs, editedWords)
    for (let edits = runs.length > 0 ? 0 : minEdits; edits <= maxEdits; edits++) {
      const before = this.#found.length
      this.#collect(match, (find) => {
        const searches: EditedSearch[] = []
        for (const words of edits < minEdits ? [] : lists) {
          const search = editedSearch(this.#reader, editedWords, words, edits, rules)
          if (search) searches.push(search)
        }
        this.#findAnyEdited(find, searches)
        for (const units of runs) {
          const search = editedRuns.search(units, edits, rules)
          if (search) find(search.sources, search.matches)
        }
      })
      if (this.#found.length > before) return
    }
  }

  /**
   * Groups the searches by their rarest set of words, and runs the searches of a group together. Lists that each leave
   * out a different word often share this set. A name is tested only for searches whose rarest set has one of its
   * words.
   */
  #findAnyEdited(find: Find, searches: readonly EditedSearch[]): void {
    const groups: { rarest: WordSet; searches: EditedSearch[] }[] = []
    for (const search of searches) {
      const rarest = [...search.own, ...search.any].reduce((a, b) => (b.size < a.size ? b : a))
      const group = groups.find((other) => other.rarest.equals(rarest))
      if (group) group.searches.push(search)
      else groups.push({ rarest, searches: [search] })
    }
    for (const { rarest, searches } of groups) {
      const [only, ...others] = searches as [EditedSearch, ...EditedSearch[]]
      const sources = others.length > 0 ? [rarest] : [...only.own, ...only.any]
      find(
        sources.map((set) => wordSource(this.#index, set)),
        (name) => searches.some(({ matches }) => matches(name)),
        searches,
      )
    }
  }

  #wordLists(): string[][] {
    return this.#readings.map(({ words }) => words.map(({ folded }) => folded))
  }

  /** Returns the readings that have runs, with the words of each run joined. */
  #runLists(): Unit[][] {
    if (this.#shared.runs.length === 0) return []
    return this.#readings.flatMap(({ words }) => {
      const units = unitsOf(words)
      return units ? [units] : []
    })
  }

  #findInfix(): void {
    this.#collect('infix', (find) => {
      for (const reading of this.#readings) {
        const words = reading.words.map(({ folded }) => folded)
        const isTried = this.#isBegunTried || isLoose(reading)
        const [only, ...more] = words
        if (only && more.length === 0 && isTried && this.#isUnfiltered) {
          const tried = this.#index.words.withPrefix(only)
          if (isLongEnoughInside(only)) find([partSource(this.#index, only, tried)], () => true)
          continue
        }
        const matchers = words.map((word) => this.#insideMatcher(word))
        // Exclude names that were already tried: those in which every word of the query begins a word.
        const inside = matchers.flatMap(({ words: set }, at) =>
          set.rangesWithout(this.#words.begun(words[at] as string)),
        )
        this.#findMatching(find, matchers, isTried ? [new WordSet(this.#index, inside)] : [])
      }
    })
  }

  /** Matches words that begin with a part, or contain it anywhere if it is long enough. */
  #insideMatcher(part: string): Matcher {
    const begun = this.#words.begun(part)
    if (!isLongEnoughInside(part)) return wordMatcher(begun)
    const inside = WordSet.ofWords(this.#index, this.#index.grams.wordsWith(part))
    return wordMatcher(new WordSet(this.#index, [...begun.ranges, ...inside.ranges]))
  }

  /** Leaves out words: first those that no entry has, then any single word, then all words but one. */
  #findPartial(): void {
    // A word that is unknown only in a variant must not be left out.
    const all = this.#readings.filter(({ isVariant }) => !isVariant)
    const lists = all
      .map(({ words }) => ({
        words,
        known: new Set(remainingWords(words, ({ folded }) => hasDigit(folded) || this.#isKnown(folded))),
      }))
      .filter(({ known }) => known.size > 0)
    // Complete lists of words have already been tried and found nothing.
    const tried = new Set(all.map(({ words }) => words.map(({ folded }) => folded).join(' ')))
    const isBegun = (text: string) => this.#words.isBegun(text)
    const other = lists
      .flatMap(({ words, known }) => listsOfRemaining(words, [...known], isBegun))
      .filter((words) => !tried.has(words.join(' ')))
    this.#findEdited('partial', other, this.#rules, { minEdits: 0 })
    if (this.#found.length > 0) return
    const withoutOne: Shorten = (words, known, one) => remainingWords(words, (word) => known.has(word) && word !== one)
    const onlyOne: Shorten = (words, known, one) => {
      const left = remainingWords(words, (word) => known.has(word) && (word === one || hasDigit(word.folded)))
      return left.includes(one) ? left : []
    }
    for (const shorten of [withoutOne, onlyOne]) {
      const shorter = new Map<string, string[]>()
      for (const { words, known } of lists) {
        if (known.size < MIN_WORDS_TO_LEAVE_OUT) continue
        for (const one of known) {
          if (hasDigit(one.folded)) continue
          for (const left of listsOfRemaining(words, shorten(words, known, one), isBegun)) {
            if (left.length <= this.#reader.mostWords && mayRemain(left)) shorter.set(left.join(' '), left)
          }
        }
      }
      this.#findEdited('partial', [...shorter.values()], this.#rules, { minEdits: 0 })
      if (this.#found.length > 0) return
    }
  }

  /** Whether any word of the index begins with a word of the query, possibly after edits. */
  #isKnown(word: string): boolean {
    return this.#words.fewestEdits(word, MAX_EDITS, this.#rules) !== undefined
  }

  /** Replaces the last suggestion with the best exact match, unless the answer already contains that match. */
  #includeExact(): void {
    if (this.#left > 0) return
    const settings: MatchSettings = { infix: false, correct: 'off', exact: 'first' }
    const [first] = new Search({ ...this.#shared, settings }, { ...this.#query, limit: 1 }, this.#parts).run()
    if (first?.match !== 'exact') return
    if (this.#taken.has(this.#index.firstSpelled(first.entry))) return
    this.#found.pop()
    this.#found.push(first)
  }
}
