/** Matches words by their digraph forms. See "Digraphs" in docs/matching.md. */
import { isLongEnoughInside } from '../index/gram-table.ts'
import type { SearchIndex } from '../index/search-index.ts'
import type { Range } from '../index/string-table.ts'
import { hasDigraph } from '../text/digraphs.ts'
import { singles } from './dictionary.ts'
import { chunkMatcher, type Matcher, rangesInChunk, rangesOf, runMatcher, withRuns, wordMatcher } from './matchers.ts'
import type { Chunk, Reading, TypedWord } from './reading.ts'
import { WordSet } from './word-set.ts'

/** How the chunks of a reading match when digraph forms are allowed. */
export interface DigraphSearch {
  matchers: Matcher[]
  /**
   * The words that match only by digraph forms. A name without such words matches without digraph forms or not at all.
   */
  own: WordSet
  /** The digraph form of the concatenated words. */
  text: string
}

/** Prepares a search. Returns undefined if no word of the index matches only by digraph forms. */
export function digraphSearch(index: SearchIndex, { chunks }: Reading): DigraphSearch | undefined {
  const more = chunks.map((chunk) => moreOf(index, chunk))
  const own = new WordSet(index, more.flatMap(rangesOfMore))
  if (own.isEmpty) return undefined
  const matchers = chunks.map((chunk, at) => matcherOf(index, chunk, more[at] as More))
  return { matchers, own, text: chunks.flatMap(({ digraphs }) => digraphs).join('') }
}

/** The words that match only by digraph forms: for each word of a chunk, and for the chunk written as one word. */
interface More {
  words: Range[][]
  whole: Range[]
}

function moreOf(index: SearchIndex, { words, digraphs, text, isComplete }: Chunk): More {
  const last = words.length - 1
  return {
    words: digraphs.map((form, at) => wordsByDigraphs(index, words[at] as string, form, at < last || isComplete)),
    whole: last > 0 ? wordsByDigraphs(index, text, digraphs.join(''), true) : [],
  }
}

/** Returns a matcher that also compares digraph forms of a chunk. `own` contains the words that match only by these. */
export function digraphMatcher(index: SearchIndex, chunk: Chunk): { matcher: Matcher; own: Range[] } {
  const more = moreOf(index, chunk)
  return { matcher: matcherOf(index, chunk, more), own: rangesOfMore(more) }
}

const rangesOfMore = ({ words, whole }: More): Range[] => [...words.flat(), ...whole]

function matcherOf(index: SearchIndex, chunk: Chunk, more: More): Matcher {
  if (rangesOfMore(more).length === 0) return chunkMatcher(index, chunk)
  const { words, text } = chunk
  const sets = words.map(
    (_, at) => new WordSet(index, [...rangesInChunk(index, chunk, at), ...(more.words[at] as Range[])]),
  )
  if (words.length === 1) return wordMatcher(sets[0] as WordSet, text)
  return withRuns(index, wordMatcher(new WordSet(index, [index.words.equalTo(text), ...more.whole]), text), [
    runMatcher(sets),
  ])
}

/**
 * Compares words by their digraph forms. Returns those that begin with a word of the query, or contain it anywhere if
 * it is long enough.
 */
export function insideByDigraphs(index: SearchIndex, { folded, digraphs: form = folded }: TypedWord): WordSet {
  if (!canMatchByDigraphs(index, folded, form)) return new WordSet(index, [])
  const ranges = wordsByDigraphs(index, folded, form, false)
  if (isLongEnoughInside(form)) {
    for (const at of index.digraphGrams.wordsWith(form)) ranges.push(...wordsOfForms(index, { from: at, to: at + 1 }))
    if (form !== folded) ranges.push(...WordSet.ofWords(index, index.grams.wordsWith(form)).ranges)
  }
  return new WordSet(index, ranges)
}

/** Converts positions in the table of digraph forms to words. */
export const wordsOfForms = ({ arrays }: SearchIndex, forms: Range): Range[] => singles(arrays.digraphWords, forms)

/** Whether a text may match more words if digraph forms are also compared. `form` is the digraph form of the text. */
export const canMatchByDigraphs = ({ digraphs }: SearchIndex, text: string, form: string): boolean =>
  (digraphs.length > 0 || form !== text) && hasDigraph(form)

/** Returns the words that match a word of a query by digraph forms, but do not match its folded form. */
export function wordsByDigraphs(index: SearchIndex, word: string, form: string, isComplete: boolean): Range[] {
  const { digraphs } = index
  if (!canMatchByDigraphs(index, word, form)) return []
  const ofNames = isComplete ? digraphs.equalTo(form) : digraphs.withPrefix(form)
  const ranges = wordsOfForms(index, ofNames)
  if (form !== word) ranges.push(...rangesOf(index.words, form, isComplete))
  if (ranges.length === 0) return ranges
  return new WordSet(index, ranges).rangesWithout(new WordSet(index, rangesOf(index.words, word, isComplete)))
}
