import type { SearchIndex } from '../index/search-index.ts'
import { isEmpty, type Range } from '../index/string-table.ts'
import { type CorrectionRules, correctedByDigraphs, correctedRanges, maxEditsOf } from './corrections.ts'
import type { Dictionary } from './dictionary.ts'
import { wordsByDigraphs } from './digraphs.ts'
import type { Matches } from './find.ts'
import { AllMatcher, chunkMatcher, type Matcher, rangesOf, wordMatcher } from './matchers.ts'
import type { NameReader } from './name-reader.ts'
import { type Chunk, keyOf, type TypedWord, withoutDigraphs } from './reading.ts'
import type { Requirement } from './screen.ts'
import { WordSet } from './word-set.ts'

/**
 * Finds words that begin with a word of a query: words of an index without edits, and words of a dictionary with
 * edits. Caches results for one query.
 */
export class EditedWords {
  readonly #index: SearchIndex
  readonly #dictionary: Dictionary
  /** For each word of the query, the words that begin with it. They do not depend on the dictionary. */
  readonly #begun: Map<string, WordSet>
  readonly #edited = new Map<string, WordSet>()
  readonly #numbers = new Map<string, Matcher>()

  constructor(index: SearchIndex, dictionary: Dictionary, begun = new Map<string, WordSet>()) {
    this.#index = index
    this.#dictionary = dictionary
    this.#begun = begun
  }

  /** Returns an instance for another dictionary of the same index. */
  in(dictionary: Dictionary): EditedWords {
    return dictionary === this.#dictionary ? this : new EditedWords(this.#index, dictionary, this.#begun)
  }

  /**
   * Returns the words that begin with `word`, or equal it if it is complete. If `word` stands for several words, every
   * matching name has one of the returned words.
   */
  withPrefix(word: TypedWord): WordSet {
    const { folded, isWhole = false, number } = word
    if (number) return this.#numberMatcher(word, number).words
    return cached(this.#begun, keyOf(word), () =>
      isWhole || word.digraphs === undefined
        ? new WordSet(this.#index, rangesOf(this.#index.words, folded, isWhole))
        : this.#withMore(this.withPrefix({ folded }), this.#begunByDigraphs(word)),
    )
  }

  #begunByDigraphs({ folded, digraphs }: TypedWord): Range[] {
    return digraphs === undefined ? [] : wordsByDigraphs(this.#index, folded, digraphs, false)
  }

  /** Returns the words that begin with `word` after at most `most` edits, or fewer if the rules allow fewer. */
  within(word: TypedWord, most: number, rules: CorrectionRules): WordSet {
    const edits = Math.min(most, mostEditsOf(word, rules))
    if (edits === 0) return this.withPrefix(word)
    return cached(this.#edited, `${edits}${rules.keepsFirst ? ' ' : '?'}${keyOf(word)}`, () => {
      const { folded, digraphs } = word
      if (digraphs === undefined)
        return this.#withMore(this.withPrefix(word), correctedRanges(this.#dictionary, folded, edits, rules))
      const more = correctedByDigraphs(this.#index, this.#dictionary, word, edits, rules)
      return this.#withMore(this.within({ folded }, edits, rules), [...this.#begunByDigraphs(word), ...more])
    })
  }

  /** Matches `word` after at most `edits` edits. */
  matcher(word: TypedWord, edits = 0, rules?: CorrectionRules): Matcher {
    if (word.number) return this.#numberMatcher(word, word.number)
    return wordMatcher(rules ? this.within(word, edits, rules) : this.withPrefix(word), word.folded)
  }

  #numberMatcher(word: TypedWord, number: Chunk): Matcher {
    return cached(this.#numbers, keyOf(word), () => chunkMatcher(this.#index, number))
  }

  #withMore(set: WordSet, more: readonly Range[]): WordSet {
    return more.length === 0 ? set : new WordSet(this.#index, [...set.ranges, ...more])
  }

  /** Whether any word of the dictionary begins with `word`. */
  isWordPrefix(word: TypedWord): boolean {
    if (word.number) return !this.withPrefix(word).isEmpty
    return (
      !rangesOf(this.#dictionary.words, word.folded, word.isWhole === true).every(isEmpty) ||
      this.#begunByDigraphs(word).length > 0
    )
  }

  /**
   * Returns the minimum number of edits after which any word of the dictionary begins with `word`, or undefined if this
   * number is above `most`.
   */
  fewestEdits(
    word: TypedWord,
    most: number,
    rules: CorrectionRules,
    isPrefix = this.isWordPrefix(word),
  ): number | undefined {
    if (isPrefix) return 0
    const max = Math.min(most, mostEditsOf(word, rules))
    for (let edits = 1; edits <= max; edits++) {
      if (this.within(word, edits, rules).size > this.withPrefix(word).size) return edits
    }
    return undefined
  }
}

/** Returns the cached value for a key. If there is none, makes it and caches it. */
function cached<T extends object>(values: Map<string, T>, key: string, make: () => T): T {
  let value = values.get(key)
  if (!value) {
    value = make()
    values.set(key, value)
  }
  return value
}

/**
 * Returns the maximum number of edits in a word, or in its digraph form if it has one. This form is never shorter than
 * the word, so it may have at least as many edits.
 */
const mostEditsOf = ({ folded, digraphs = folded }: TypedWord, rules: CorrectionRules) => maxEditsOf(digraphs, rules)

/** A search for names that contain all words of a list, with a limited total number of edits. */
export interface EditedSearch extends Requirement {
  matches: Matches
}

/**
 * Prepares a search for names that contain all words of a list, with at most `edits` edits in total. If edits are
 * allowed, the search skips names that match without edits, because they have already been tried. If digraph forms are
 * allowed, it also skips names that match without these forms.
 * @returns undefined if no name can match
 */
export function editedSearch(
  reader: NameReader,
  found: EditedWords,
  words: readonly TypedWord[],
  edits: number,
  rules: CorrectionRules,
): EditedSearch | undefined {
  if (words.length > reader.mostWords) return undefined
  // Looking up unedited words first is cheap and often shows that nothing can match.
  const arePrefixes = words.map((word) => found.isWordPrefix(word))
  const unknown = arePrefixes.filter((isPrefix) => !isPrefix).length
  if (unknown > edits) return undefined
  const fewest = (at: number) => found.fewestEdits(words[at] as TypedWord, edits - unknown + 1, rules, arePrefixes[at])
  const ways = editsOf(words.length, edits, fewest, (at) => mostEditsOf(words[at] as TypedWord, rules))
  if (!ways) return undefined
  const sets = words.map((word, at) => found.within(word, ways.most[at] as number, rules))
  const plain = (at: number) => found.within(withoutDigraphs(words[at] as TypedWord), ways.most[at] as number, rules)
  const hasDigraphs = words.some(({ digraphs }) => digraphs !== undefined)
  if (hasDigraphs && sets.every((set, at) => set === plain(at))) return undefined
  const matches = matchesWays(reader, ways, (at, own) => found.matcher(words[at] as TypedWord, own, rules))
  const any: WordSet[] = []
  const addWithout = (tried: (at: number) => WordSet) =>
    any.push(
      new WordSet(
        reader.index,
        sets.flatMap((set, at) => set.rangesWithout(tried(at))),
      ),
    )
  if (edits > 0) addWithout((at) => found.withPrefix(words[at] as TypedWord))
  if (hasDigraphs) addWithout(plain)
  return any.some(({ isEmpty }) => isEmpty) ? undefined : { own: sets, any, matches }
}

/** How edits can be distributed among the words or runs of a query. */
export interface Edits {
  /** The minimum number of edits of each word. */
  needed: readonly number[]
  /** The maximum number of edits of each word. */
  most: readonly number[]
  /** The number of edits beyond those needed, to be distributed among the words. */
  spare: number
}

/**
 * Returns how up to `edits` edits can be distributed among the words of a query, or undefined if more are needed.
 * @param count number of words
 * @param minEditsAt returns the minimum number of edits of a word, or undefined if it cannot match
 * @param maxEditsAt returns the maximum number of edits of a word
 */
export function editsOf(
  count: number,
  edits: number,
  minEditsAt: (at: number) => number | undefined,
  maxEditsAt: (at: number) => number,
): Edits | undefined {
  const needed: number[] = []
  let spare = edits
  for (let at = 0; at < count; at++) {
    const own = minEditsAt(at)
    if (own === undefined || own > spare) return undefined
    spare -= own
    needed.push(own)
  }
  const most = needed.map((own, at) => Math.min(maxEditsAt(at), own + spare))
  return { needed, most, spare }
}

/**
 * Returns a test for names in which all words match, with the edits distributed in any way.
 * @param matcherOf returns the matcher of a word with at most the given number of edits
 */
export function matchesWays(
  reader: NameReader,
  edits: Edits,
  matcherOf: (at: number, edits: number) => Matcher,
): Matches {
  const allMatcher = (way: readonly number[]) =>
    new AllMatcher(
      reader,
      way.map((own, at) => matcherOf(at, own)),
    )
  const loosest = allMatcher(edits.most)
  if (edits.most.reduce((sum, most, at) => sum + most - (edits.needed[at] as number), 0) <= edits.spare) {
    return (name) => loosest.matches(name)
  }
  // Few names pass the loosest test, so the exact tests are prepared only when needed.
  let ways: AllMatcher[] | undefined
  return (name) => {
    if (!loosest.matches(name)) return false
    ways ??= waysToEdit(edits).map(allMatcher)
    return ways.some((way) => way.matches(name))
  }
}

/** Lists the ways to distribute up to `spare` more edits among the words, each as the number of edits per word. */
function waysToEdit({ needed, most, spare }: Edits): number[][] {
  let ways: { way: number[]; left: number }[] = [{ way: [], left: spare }]
  for (const [at, fewest] of needed.entries()) {
    ways = ways.flatMap(({ way, left }) => {
      const more = Math.min(left, (most[at] as number) - fewest)
      return Array.from({ length: more + 1 }, (_, extra) => ({ way: [...way, fewest + extra], left: left - extra }))
    })
  }
  return ways.map(({ way }) => way)
}
