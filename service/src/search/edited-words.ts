import type { SearchIndex } from '../index/search-index.ts'
import { type CorrectionRules, correctedRanges, maxEditsOf } from './corrections.ts'
import type { Matches } from './find.ts'
import { AllMatcher, rangesOf, wordMatcher } from './matchers.ts'
import type { NameReader } from './name-reader.ts'
import type { Requirement } from './screen.ts'
import { WordSet } from './word-set.ts'

/** The words of an index that words of a query begin, as they are or after edits. Keeps what it found for one query. */
export class EditedWords {
  readonly #index: SearchIndex
  readonly #sets = new Map<string, WordSet>()

  constructor(index: SearchIndex) {
    this.#index = index
  }

  /** The words that a word begins. */
  begun(word: string): WordSet {
    return this.#setOf(word, () => new WordSet(this.#index, rangesOf(this.#index, word, false)))
  }

  /** The words that a word begins after at most so many edits. */
  within(word: string, edits: number, rules: CorrectionRules): WordSet {
    if (edits === 0) return this.begun(word)
    return this.#setOf(`${edits}${rules.keepsFirst ? ' ' : '?'}${word}`, () => {
      const ranges = [...this.begun(word).ranges, ...correctedRanges(this.#index, word, edits, rules)]
      return new WordSet(this.#index, ranges)
    })
  }

  /** The fewest edits, of at most `most`, after which a word begins any; undefined if it begins none. */
  fewestEdits(word: string, most: number, rules: CorrectionRules): number | undefined {
    const max = Math.min(most, maxEditsOf(word, rules))
    for (let edits = 0; edits <= max; edits++) if (!this.within(word, edits, rules).isEmpty) return edits
    return undefined
  }

  #setOf(key: string, make: () => WordSet): WordSet {
    let set = this.#sets.get(key)
    if (!set) {
      set = make()
      this.#sets.set(key, set)
    }
    return set
  }
}

/** How names are found that have all words of a list, edited so often in all. */
export interface EditedSearch extends Requirement {
  matches: Matches
}

/**
 * Prepares to find names that have all words of a list with at most so many edits.
 * @param areBegunTried whether names that have all words without edits do not count
 * @returns undefined if there cannot be any
 */
export function editedSearch(
  reader: NameReader,
  found: EditedWords,
  words: readonly string[],
  edits: number,
  rules: CorrectionRules,
  areBegunTried: boolean,
): EditedSearch | undefined {
  if (words.length > reader.mostWords) return undefined
  const needed: number[] = []
  let spare = edits
  // The words as they are first: those are cheap to look up, and often tell that there is nothing.
  const unknown = words.filter((word) => found.begun(word).isEmpty).length
  if (unknown > edits) return undefined
  for (const word of words) {
    const fewest = found.fewestEdits(word, edits - unknown + 1, rules)
    if (fewest === undefined) return undefined
    spare -= fewest
    if (spare < 0) return undefined
    needed.push(fewest)
  }
  const most = words.map((word, at) => Math.min(maxEditsOf(word, rules), (needed[at] as number) + spare))
  const sets = words.map((word, at) => found.within(word, most[at] as number, rules))
  const matches = matchesWays(reader, found, words, { needed, most, spare }, rules)
  if (!areBegunTried) return { own: sets, any: [], matches }
  const edited = sets.flatMap((set, at) => set.rangesWithout(found.begun(words[at] as string)))
  return { own: sets, any: [new WordSet(reader.index, edited)], matches }
}

interface Edits {
  /** The edits that each word takes at least. */
  needed: readonly number[]
  /** The edits that it takes at most. */
  most: readonly number[]
  /** How many more than needed may be spread over them. */
  spare: number
}

/** Whether a name has all words in one of the ways to spread edits over them. */
function matchesWays(
  reader: NameReader,
  found: EditedWords,
  words: readonly string[],
  edits: Edits,
  rules: CorrectionRules,
): Matches {
  const matcherOf = (way: readonly number[]) =>
    new AllMatcher(
      reader,
      words.map((word, at) => wordMatcher(found.within(word, way[at] as number, rules))),
    )
  const loosest = matcherOf(edits.most)
  if (edits.most.reduce((sum, most, at) => sum + most - (edits.needed[at] as number), 0) <= edits.spare) {
    return (name) => loosest.matches(name)
  }
  // Few names have all words in any way, so the ways are only prepared when one does.
  let ways: AllMatcher[] | undefined
  return (name) => {
    if (!loosest.matches(name)) return false
    ways ??= waysToEdit(edits).map(matcherOf)
    return ways.some((way) => way.matches(name))
  }
}

/** How up to `spare` more edits can be spread over words: the edits of each word. */
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
