/** Matches words by their digraph forms. See "Digraphs" in docs/matching.md. */
import type { SearchIndex } from '../index/search-index.ts'
import type { Range } from '../index/string-table.ts'
import { hasDigraph } from '../text/digraphs.ts'
import { chunkMatcher, type Matcher, rangesOf, runMatcher, withRuns, wordMatcher } from './matchers.ts'
import type { Chunk, Reading } from './reading.ts'
import { WordSet } from './word-set.ts'

/** How the chunks of a reading match if digraph forms count. */
export interface DigraphSearch {
  matchers: Matcher[]
  /**
   * The words that match only by digraph forms. A name without such words matches without digraph forms or not at all.
   */
  own: WordSet
  /** The digraph form of the concatenated words. */
  text: string
}

/** Prepares a search. Returns undefined if no word of the index matches only by its digraph form. */
export function digraphSearch(index: SearchIndex, { chunks }: Reading): DigraphSearch | undefined {
  const found = chunks.map((chunk) => moreOf(index, chunk))
  const own = new WordSet(
    index,
    found.flatMap(({ words, whole }) => [...words.flat(), ...whole]),
  )
  if (own.isEmpty) return undefined
  const matchers = chunks.map((chunk, at) => matcherOf(index, chunk, found[at] as More))
  return { matchers, own, text: chunks.flatMap(({ digraphs }) => digraphs).join('') }
}

/** The words that a chunk matches only by digraph forms: for each of its words, and for its words written as one. */
interface More {
  words: Range[][]
  whole: Range[]
}

function moreOf(index: SearchIndex, { words, digraphs, text, isComplete }: Chunk): More {
  const last = words.length - 1
  return {
    words: digraphs.map((form, at) => moreWords(index, words[at] as string, form, at < last || isComplete)),
    whole: last > 0 ? moreWords(index, text, digraphs.join(''), true) : [],
  }
}

function matcherOf(index: SearchIndex, chunk: Chunk, { words: more, whole }: More): Matcher {
  if (whole.length === 0 && more.every(({ length }) => length === 0)) return chunkMatcher(index, chunk)
  const { words, text, isComplete } = chunk
  const last = words.length - 1
  const sets = words.map((word, at) => {
    const plain = rangesOf(index.words, word, at < last || isComplete)
    return new WordSet(index, [...plain, ...(more[at] as Range[])])
  })
  if (last === 0) return wordMatcher(sets[0] as WordSet)
  return withRuns(index, wordMatcher(new WordSet(index, [index.words.equalTo(text), ...whole])), [runMatcher(sets)])
}

/** Returns the words that match a word of a query by digraph forms, but do not match its folded form. */
function moreWords(index: SearchIndex, word: string, form: string, isComplete: boolean): Range[] {
  const { digraphs, arrays } = index
  if (!hasDigraph(form) || (digraphs.length === 0 && form === word)) return []
  const ofNames = isComplete ? digraphs.equalTo(form) : digraphs.withPrefix(form)
  const numbers = arrays.digraphWords.subarray(ofNames.from, ofNames.to)
  const ranges: Range[] = Array.from(numbers, (number) => ({ from: number, to: number + 1 }))
  if (form !== word) ranges.push(...rangesOf(index.words, form, isComplete))
  if (ranges.length === 0) return ranges
  return new WordSet(index, ranges).rangesWithout(new WordSet(index, rangesOf(index.words, word, isComplete)))
}
