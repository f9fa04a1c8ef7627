import { isLongEnoughInside } from '../index/gram-table.ts'
import { isSingleLetter } from '../text/scripts.ts'
import type { Word } from '../text/words.ts'
import type { Collector, Find } from './collector.ts'
import { type CorrectionRules, hasDigit, MAX_EDITS } from './corrections.ts'
import { EditedRuns, type Unit, unitsOf } from './edited-runs.ts'
import { type EditedSearch, type EditedWords, editedSearch } from './edited-words.ts'
import { wordSource } from './find.ts'
import { listsOfRemaining, remainingWords } from './left-out.ts'
import type { NameReader } from './name-reader.ts'
import type { Match } from './query.ts'
import { keyOf, type Reading, type TypedWord, typedWord, typedWordsOf, withoutDigraphs } from './reading.ts'
import type { Shared } from './shared.ts'
import type { WordSet } from './word-set.ts'

const MIN_WORDS_TO_LEAVE_OUT = 2

/**
 * Leaves out some words of a query. `known` contains the words that have digits, and those that a word of the index
 * begins with, possibly after edits. `one` is one of the words in `known`.
 */
type Shorten = (words: readonly Word[], known: ReadonlySet<Word>, one: Word) => Word[]

/**
 * Whether there is only one word, and it is a single digit, or a single letter that is not in a freely spaced script.
 * If only such a word is left of a query, it is not enough to search for.
 */
const isSingleCharacter = (words: readonly Pick<Word, 'folded'>[]) =>
  words.length === 1 &&
  words.every(({ folded }) => isSingleLetter(folded) || (hasDigit(folded) && [...folded].length === 1))

/** Whether the words that remain after others have been left out are specific enough to search for. */
const areSearchable = (words: readonly Pick<Word, 'folded'>[]) =>
  !isSingleCharacter(words) && words.some(({ folded }) => isLongEnoughInside(folded) || hasDigit(folded))

/** Returns a string that is the same only for equal lists of words. */
const keyOfList = (words: readonly TypedWord[]) => words.map(keyOf).join(' ')

/** Finds entries that match a query after edits of its words, or after words have been left out. */
export class CorrectionSearch {
  readonly #shared: Shared
  readonly #reader: NameReader
  readonly #collector: Collector
  readonly #readings: readonly Reading[]
  readonly #words: EditedWords
  readonly #rules: CorrectionRules

  /** @param words finds words among those of all entries */
  constructor(shared: Shared, collector: Collector, readings: readonly Reading[], words: EditedWords) {
    this.#shared = shared
    this.#reader = shared.reader
    this.#collector = collector
    this.#readings = readings
    this.#words = words
    this.#rules = { keepsFirst: true, editsDigits: shared.settings.correct === 'digits' }
  }

  /**
   * Finds names that contain the words of the query, with as few edits as possible.
   * @param minEdits the number of edits to try first; 1 if the words have already been tried without edits
   */
  findTypos(minEdits: number, maxEdits: number): void {
    this.#findEdited('typo', this.#wordLists(), this.#rules, { minEdits, maxEdits, runs: this.#runLists() })
  }

  /** Finds names as `findTypos` does, but also edits the first letters of words. */
  findFirstLetter(): void {
    const rules = { ...this.#rules, keepsFirst: false }
    this.#findEdited('firstLetter', this.#wordLists(), rules, { runs: this.#runLists() })
  }

  /**
   * Finds names after leaving out words of the query: first the words that are unknown, then also any one of the
   * others, then all of the others except one. Words with digits are never left out.
   */
  findPartial(): void {
    // A word that is unknown only in a variant must not be left out.
    const all = this.#readings.filter(({ isVariant }) => !isVariant)
    const lists = all
      .map((query) => ({
        query,
        known: new Set(remainingWords(query.words, (word) => hasDigit(word.folded) || this.#isKnown(word))),
      }))
      .filter(({ known }) => known.size > 0 && !isSingleCharacter([...known]))
    // Complete lists of words have already been tried and found nothing.
    const tried = new Set(all.map(({ chunks }) => keyOfList(typedWordsOf(chunks, this.#keepsNumbers))))
    const isPrefix = (word: TypedWord) => this.#words.isWordPrefix(word)
    const { mostWords } = this.#reader
    const listsOf = (query: Reading, remaining: readonly Word[]) =>
      listsOfRemaining(query, remaining, this.#keepsNumbers, mostWords, isPrefix)
    const other = lists
      .flatMap(({ query, known }) => listsOf(query, [...known]))
      .filter((words) => !tried.has(keyOfList(words)))
    this.#findEdited('partial', other, this.#rules, { minEdits: 0 })
    if (this.#collector.found.length > 0) return
    const withoutOne: Shorten = (words, known, one) => remainingWords(words, (word) => known.has(word) && word !== one)
    const onlyOne: Shorten = (words, known, one) => {
      const left = remainingWords(words, (word) => known.has(word) && (word === one || hasDigit(word.folded)))
      return left.includes(one) ? left : []
    }
    for (const shorten of [withoutOne, onlyOne]) {
      const shorter = new Map<string, TypedWord[]>()
      for (const { query, known } of lists) {
        if (known.size < MIN_WORDS_TO_LEAVE_OUT) continue
        for (const one of known) {
          if (hasDigit(one.folded)) continue
          const remaining = shorten(query.words, known, one)
          for (const left of listsOf(query, remaining)) {
            if (left.length <= mostWords && areSearchable(left)) shorter.set(keyOfList(left), left)
          }
        }
      }
      this.#findEdited('partial', [...shorter.values()], this.#rules, { minEdits: 0 })
      if (this.#collector.found.length > 0) return
    }
  }

  /**
   * Finds names that contain all words of one of the lists, with as few edits as possible. For each number of edits,
   * names that match by digraph forms come after the others.
   * @param minEdits the number of edits to try first; 1 if `lists` have already been tried without edits
   * @param runs more lists, with the words of each run joined; unlike `lists`, they are always tried without edits
   * first
   */
  #findEdited(
    match: Match,
    lists: readonly (readonly TypedWord[])[],
    rules: CorrectionRules,
    {
      minEdits = 1,
      maxEdits = MAX_EDITS,
      runs = [],
    }: { minEdits?: number; maxEdits?: number; runs?: readonly (readonly Unit[])[] } = {},
  ): void {
    const editedWords = this.#collector.minScore > 0 ? this.#words.in(this.#shared.commonDictionary) : this.#words
    const mayHaveDigraphs = (words: readonly TypedWord[]) => this.#mayHaveDigraphs(words)
    const steps = [
      {
        lists: lists.map((words) => words.map(withoutDigraphs)),
        runs: runs.map((units) => units.map(withoutDigraphs)),
      },
      { lists: lists.filter(mayHaveDigraphs), runs: runs.filter(mayHaveDigraphs) },
    ]
    const editedRuns = new EditedRuns(this.#reader, this.#shared.runs, editedWords)
    for (let edits = runs.length > 0 ? 0 : minEdits; edits <= maxEdits; edits++) {
      if (this.#collector.left === 0) return
      const before = this.#collector.found.length
      for (const step of steps) {
        const searches: EditedSearch[] = []
        for (const words of edits < minEdits ? [] : step.lists) {
          const search = editedSearch(this.#reader, editedWords, words, edits, rules)
          if (search) searches.push(search)
        }
        const runSearches = step.runs.flatMap((units) => editedRuns.search(units, edits, rules) ?? [])
        if (searches.length === 0 && runSearches.length === 0) continue
        this.#collector.collect(match, (find) => {
          this.#findAnyEdited(find, searches)
          for (const { sources, matches } of runSearches) find(sources, matches)
        })
      }
      if (this.#collector.found.length > before) return
    }
  }

  /**
   * Groups the searches by their rarest set of words, and runs the searches of a group together. The searches for lists
   * that each leave out a different word often share this set. A name is tested only for the searches whose rarest set
   * contains a word of the name.
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
        sources.map((set) => wordSource(this.#reader.index, set)),
        (name) => searches.some(({ matches }) => matches(name)),
        searches,
      )
    }
  }

  /** Whether the words of a number such as `1.5` stay together. */
  get #keepsNumbers(): boolean {
    return !this.#rules.editsDigits
  }

  #wordLists(): TypedWord[][] {
    return this.#readings.map(({ chunks }) => typedWordsOf(chunks, this.#keepsNumbers))
  }

  /** Returns the readings that have runs, with the words of each run joined. */
  #runLists(): Unit[][] {
    if (this.#shared.runs.length === 0) return []
    return this.#readings.flatMap((reading) => {
      const units = unitsOf(reading, this.#keepsNumbers)
      return units ? [units] : []
    })
  }

  /** Whether words of a query may match any words of the index by digraph forms. */
  #mayHaveDigraphs(words: readonly TypedWord[]): boolean {
    const hasForms = this.#reader.index.digraphs.length > 0
    return words.some(({ folded, digraphs }) => digraphs !== undefined && (hasForms || digraphs !== folded))
  }

  /** Whether any word of the index begins with a word of the query, possibly after edits. */
  #isKnown(word: Word): boolean {
    return this.#words.fewestEdits(typedWord(word), MAX_EDITS, this.#rules) !== undefined
  }
}
