/** Matches queries whose spaces differ from those of names. See "Other spaces" in docs/matching.md. */
import type { SearchIndex } from '../index/search-index.ts'
import { isEmpty, type Range, type StringTable } from '../index/string-table.ts'
import { joinedSyllables } from '../text/hangul.ts'
import { isFreelySpaced } from '../text/scripts.ts'
import { hasDigit } from './corrections.ts'
import { chunkMatcher, type Matcher, type RunMatcher } from './matchers.ts'
import { NO_MATCH } from './name-reader.ts'
import { type Chunk, hasEnoughLetters, MIN_LETTERS_BESIDE_SPACE } from './reading.ts'
import { WordSet } from './word-set.ts'

/**
 * Returns the ways to ignore one or two spaces of a query, each as the resulting chunks.
 * @param isPossible gets a joined chunk and its parts; returns false to skip all ways that contain this chunk, or a
 *   longer joined chunk that begins with it
 */
export function waysToIgnoreSpaces(
  chunks: readonly Chunk[],
  isPossible: (joined: Chunk, parts: readonly Chunk[]) => boolean,
): Chunk[][] {
  const join = (from: number, to: number) => {
    const parts = chunks.slice(from, to)
    const joined = joinedChunk(parts)
    return joined && isPossible(joined, parts) ? joined : undefined
  }
  const ways: Chunk[][] = []
  const pairs = chunks.map((_, at) => (at > 0 ? join(at - 1, at + 1) : undefined))
  for (const [at, pair] of pairs.entries()) {
    if (pair) ways.push(chunks.toSpliced(at - 1, 2, pair))
    const three = pairs[at - 1] ? join(at - 2, at + 1) : undefined
    if (three) ways.push(chunks.toSpliced(at - 2, 3, three))
    for (let other = at + 2; pair && other < pairs.length; other++) {
      const second = pairs[other]
      if (second) ways.push(chunks.toSpliced(other - 1, 2, second).toSpliced(at - 1, 2, pair))
    }
  }
  return ways
}

/** Joins chunks into one. Returns undefined if the spaces between them must not be ignored. */
function joinedChunk(chunks: readonly Chunk[]): Chunk | undefined {
  const isFree = chunks.every(({ text }) => isFreelySpaced(text))
  if (!isFree && !chunks.every(isSingleWord)) return undefined
  const text = joinedSyllables(chunks.map((chunk) => chunk.text).join(''))
  const isShort = !isFree && chunks.some((chunk) => !hasEnoughLetters(chunk.text))
  return { words: [text], text, isComplete: isShort || (chunks.at(-1) as Chunk).isComplete, hasFreeSpaces: isFree }
}

/** Whether a chunk may match several words of a name although it has no spaces and its script requires them. */
export const mayLackSpaces = (chunk: Chunk) => !chunk.hasFreeSpaces && isSingleWord(chunk)

const isSingleWord = ({ words, text }: Chunk) => words.length === 1 && !hasDigit(text)

/**
 * Returns the ways to match the chunks of a query with other spaces. Leaves out ways that match no names, or only names
 * that the unchanged chunks also match.
 */
export function matchersWithOtherSpaces(index: SearchIndex, chunks: readonly Chunk[]): Matcher[][] {
  const ways = waysToIgnoreSpaces(chunks, (joined, parts) => isPossible(index.words, joined, parts))
  const matchers = new Map<Chunk, Matcher>()
  for (const chunk of chunks) {
    const run = spreadMatcher(index, chunk)
    if (run) matchers.set(chunk, chunkMatcher(index, chunk, run))
  }
  if (matchers.size > 0) ways.push([...chunks])
  const matcherOf = (chunk: Chunk) => {
    const matcher = matchers.get(chunk) ?? chunkMatcher(index, chunk)
    matchers.set(chunk, matcher)
    return matcher
  }
  return ways.map((way) => way.map(matcherOf))
}

/**
 * Whether a joined chunk can match. Some word must begin with it or, if the spaces of the chunk may vary, each ignored
 * space must be possible inside some word.
 */
function isPossible(words: StringTable, { text, hasFreeSpaces }: Chunk, parts: readonly Chunk[]): boolean {
  if (!hasFreeSpaces) return !isEmpty(words.withPrefix(text))
  const texts = parts.map((part) => part.text)
  // Letters of different chunks may form syllables.
  if (text !== texts.join('')) return true
  return texts.slice(0, -1).every((_, at) => {
    const { length } = texts.slice(0, at + 1).join('')
    return Array.from({ length }, (_, start) => text.slice(start, length)).some((part) => hasLonger(words, part))
  })
}

/** Whether any word begins with a string and is longer. */
const hasLonger = (words: StringTable, text: string) => words.withPrefix(text).to > words.equalTo(text).to

/** Matches adjacent words that, concatenated, begin with a chunk. Returns undefined if no name has such words. */
function spreadMatcher(index: SearchIndex, chunk: Chunk): RunMatcher | undefined {
  if (!mayLackSpaces(chunk)) return undefined
  const { text, isComplete } = chunk
  const { words } = index
  const firsts: Range[] = []
  const seconds: Range[] = []
  for (const first of beginningsIn(words, text)) {
    const rest = text.slice(words.lengthOf(first.from))
    const next = [isComplete ? words.equalTo(rest) : words.withPrefix(rest), ...beginningsIn(words, rest)]
    if (next.every(isEmpty)) continue
    firsts.push(first)
    seconds.push(...next)
  }
  if (firsts.length === 0) return undefined
  return {
    sets: [new WordSet(index, firsts), new WordSet(index, seconds)],
    addRuns: (reader, name, into) => {
      const end = reader.endOfWords(name)
      for (let at = reader.start(name); at < end; at++) {
        const to = reader.endOfSpread(at, end, text, isComplete)
        if (to !== NO_MATCH) into.push({ from: at, to })
      }
    },
  }
}

/** Returns the words with which a string begins, if both the word and the rest of the string have enough letters. */
function beginningsIn(words: StringTable, text: string): Range[] {
  const lengths = Array.from(
    { length: Math.max(0, text.length - 2 * MIN_LETTERS_BESIDE_SPACE + 1) },
    (_, at) => at + MIN_LETTERS_BESIDE_SPACE,
  )
  return lengths.map((length) => words.equalTo(text.slice(0, length))).filter((range) => !isEmpty(range))
}
