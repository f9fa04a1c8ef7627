import type { SearchIndex } from '../index/search-index.ts'
import type { Range } from '../index/string-table.ts'
import { type Beginning, composedBeginnings } from '../text/hangul.ts'
import { type NameReader, NO_MATCH } from './name-reader.ts'
import type { Chunk } from './reading.ts'
import { WordSet } from './word-set.ts'

/** What one part of a query is matched with: it says which places of a name match, and which names may. */
export interface Matcher {
  /** Words of which every matching name has one. */
  words: WordSet
  /** Adds where a name matches: each range holds the places of the words that the match takes. */
  addMatches(reader: NameReader, name: number, into: Range[]): void
}

/** The words that begin with a text, or are equal to it; a half-typed syllable at the end begins others too. */
export function rangesOf(index: SearchIndex, text: string, isComplete: boolean): Range[] {
  if (isComplete) return [index.words.equalTo(text)]
  const composed = composedBeginnings(text).map(({ head, low, high }) => index.words.startingWith(head, low, high))
  return [index.words.withPrefix(text), ...composed]
}

/** Matches single words of a name. */
export function wordMatcher(words: WordSet): Matcher {
  const [first, ...others] = words.ranges
  const { from, to } = first ?? { from: 0, to: 0 }
  const isIn = others.length === 0 ? (word: number) => word >= from && word < to : (word: number) => words.has(word)
  return {
    words,
    addMatches: (reader, name, into) => {
      const end = reader.end(name)
      for (let at = reader.start(name); at < end; at++) {
        if (isIn(reader.word(at))) into.push(reader.isJoined(at) ? reader.partsOf(name, at) : { from: at, to: at + 1 })
      }
    },
  }
}

/** Matches a chunk of a query; docs/matching.md, "How a chunk of a query matches words of a name". */
export function chunkMatcher(index: SearchIndex, chunk: Chunk): Matcher {
  const { words, text, isComplete } = chunk
  const single = wordMatcher(new WordSet(index, rangesOf(index, text, isComplete || words.length > 1)))
  const others: Matcher[] = []
  if (words.length > 1) others.push(runMatcher(index, words, isComplete))
  if (chunk.isFreelySpaced && text.length > 1) others.push(freelySpacedMatcher(index, text, isComplete))
  if (others.length === 0) return single
  const all = [single, ...others]
  return {
    words: new WordSet(
      index,
      all.flatMap((matcher) => matcher.words.ranges.map((range) => ({ ...range }))),
    ),
    addMatches: (reader, name, into) => {
      for (const matcher of all) matcher.addMatches(reader, name, into)
    },
  }
}

/** Matches words one after the other: all but the last one are equal. */
function runMatcher(index: SearchIndex, words: readonly string[], isComplete: boolean): Matcher {
  const last = words.length - 1
  const sets = words.map((word, at) => new WordSet(index, rangesOf(index, word, at < last || isComplete)))
  const rarest = sets.reduce((a, b) => (b.size < a.size ? b : a))
  return {
    words: rarest,
    addMatches: (reader, name, into) => {
      const end = reader.endOfWords(name) - last
      for (let at = reader.start(name); at < end; at++) {
        if (sets.every((set, offset) => set.has(reader.word(at + offset))))
          into.push({ from: at, to: at + words.length })
      }
    },
  }
}

/** Matches words one after the other that make up a text, or begin with it, wherever spaces are. */
function freelySpacedMatcher(index: SearchIndex, text: string, isComplete: boolean): Matcher {
  const beginnings: Beginning[] = isComplete ? [] : composedBeginnings(text)
  const firsts: Range[] = []
  for (const whole of [text, ...beginnings.map(({ head }) => head)]) {
    for (let length = 1; length <= whole.length; length++) firsts.push(index.words.equalTo(whole.slice(0, length)))
  }
  return {
    words: new WordSet(index, firsts),
    addMatches: (reader, name, into) => {
      const end = reader.endOfWords(name)
      for (let at = reader.start(name); at < end; at++) {
        const to = reader.endOfFreelySpaced(name, at, text, beginnings, isComplete)
        if (to !== NO_MATCH) into.push({ from: at, to })
      }
    },
  }
}

/** Whether a name matches all matchers, each at words of its own. */
export function matchesAll(reader: NameReader, name: number, matchers: readonly Matcher[]): boolean {
  const [only] = matchers
  const found: Range[][] = []
  for (const matcher of matchers) {
    const places: Range[] = []
    matcher.addMatches(reader, name, places)
    if (places.length === 0) return false
    found.push(places)
  }
  if (found.length === 1 && only) return true
  // Those with the fewest places first: most conflicts show there.
  found.sort((a, b) => a.length - b.length)
  return canPlace(found, 0, [])
}

function canPlace(found: readonly Range[][], at: number, taken: Range[]): boolean {
  const places = found[at]
  if (!places) return true
  for (const place of places) {
    if (taken.some(({ from, to }) => place.from < to && from < place.to)) continue
    taken.push(place)
    if (canPlace(found, at + 1, taken)) return true
    taken.pop()
  }
  return false
}
