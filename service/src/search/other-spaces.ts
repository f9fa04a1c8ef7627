/** Matches queries whose spaces differ from those of names. See "Other spaces" in docs/matching.md. */
import type { SearchIndex } from '../index/search-index.ts'
import { isEmpty, type StringTable } from '../index/string-table.ts'
import { type Beginning, hasHangul, joinedSyllables } from '../text/hangul.ts'
import { isFreelySpaced, isSingleLetter, isSpacedLetter } from '../text/scripts.ts'
import { isBetweenDigits, isDigit } from '../text/strings.ts'
import { hasDigit } from './corrections.ts'
import { chunkMatcher, type Matcher, type RunMatcher, withRuns } from './matchers.ts'
import { isInLongNumber, NO_MATCH, THOUSANDS } from './name-spaces.ts'
import { beginningOf, type Chunk, hasEnoughLetters, type SpacedText, syllableBeginnings } from './reading.ts'
import { foldedTable, rarestSets, type Step, type StepTable, stepsThrough } from './steps.ts'

/** The maximum number of spaces of a query that are ignored. */
export const MAX_IGNORED_SPACES = 2

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
  return {
    words: [text],
    digraphs: [joinedSyllables(chunks.flatMap((chunk) => chunk.digraphs).join(''))],
    text,
    isComplete: isShort || (chunks.at(-1) as Chunk).isComplete,
    hasBoundary: [],
    hasFreeSpaces: isFree,
  }
}

const isSingleWord = ({ words, text }: Chunk) => words.length === 1 && !hasDigit(text)

/** How the chunks of a query match names. */
export interface ChunkMatching {
  /** Returns how a chunk matches if it does not lack spaces. */
  plain(chunk: Chunk): Matcher
  /** Returns how a chunk matches several adjacent words if it lacks the spaces between them. */
  spread(chunk: Chunk, maxSets: number): RunMatcher[]
  /** Whether any word begins with a chunk. */
  isBegun(chunk: Chunk): boolean
}

/** Matches chunks by their folded forms. */
export const foldedMatching = (index: SearchIndex): ChunkMatching => ({
  plain: (chunk) => chunkMatcher(index, chunk),
  spread: (chunk, maxSets) => spreadsOf(chunk).flatMap((begunBy) => spreadMatcher(index, begunBy, maxSets) ?? []),
  isBegun: ({ text }) => !isEmpty(index.words.withPrefix(text)),
})

/**
 * Returns the ways to match the chunks of a query with other spaces. Leaves out ways that match no names, or only names
 * that the unchanged chunks also match.
 * @param mayLack whether the query may lack spaces; if false, it may only have additional spaces
 */
export function matchersWithOtherSpaces(
  index: SearchIndex,
  chunks: readonly Chunk[],
  mayLack: boolean,
  matching: ChunkMatching,
): Matcher[][] {
  let ways = waysToIgnoreSpaces(chunks, (joined, parts) =>
    joined.hasFreeSpaces ? isPossible(index, joined, parts) : matching.isBegun(joined),
  )
  if (ways.length === 0 && !mayLack) return []
  const plain = new Map(chunks.map((chunk) => [chunk, matching.plain(chunk)]))
  const spread = new Map<Chunk, Matcher>()
  const isUnknown = (chunk: Chunk) => (plain.get(chunk) as Matcher).words.isEmpty
  let mayStay = true
  for (const chunk of [...chunks].sort((a, b) => Number(isUnknown(b)) - Number(isUnknown(a)))) {
    const maxSets = isUnknown(chunk) ? MAX_SETS : 1
    const runs = mayLack ? matching.spread(chunk, maxSets) : []
    if (runs.length > 0) spread.set(chunk, withRuns(index, plain.get(chunk) as Matcher, runs))
    else if (isUnknown(chunk)) {
      // Names can match only if the chunk is joined with another one.
      ways = ways.filter((way) => !way.includes(chunk))
      if (ways.length === 0) return []
      mayStay = false
    }
  }
  if (mayStay && spread.size > 0) ways.push([...chunks])
  return ways.map((way) => way.map((chunk) => spread.get(chunk) ?? plain.get(chunk) ?? matching.plain(chunk)))
}

/**
 * Whether a joined chunk whose spaces may vary can match. For each ignored space, some word must be able to span it.
 */
function isPossible(index: SearchIndex, { text }: Chunk, parts: readonly Chunk[]): boolean {
  const texts = parts.map((part) => part.text)
  // Joining the chunks has combined letters of different chunks into syllables, so the parts cannot be compared.
  if (text !== texts.join('')) return true
  const spaces = texts.slice(0, -1).map((_, at) => texts.slice(0, at + 1).join('').length)
  if (!hasHangul(text)) {
    const steps = stepsThrough([foldedTable(index)], beginningOf({ text }), { isWhole: () => false })
    return spaces.every((space) => steps.some(({ from, to }) => from < space && space < to))
  }
  return spaces.every((space) =>
    Array.from({ length: space }, (_, start) => text.slice(start, space)).some((part) => hasLonger(index.words, part)),
  )
}

/** Whether any word begins with a string and is longer than it. */
const hasLonger = (words: StringTable, text: string) => words.withPrefix(text).to > words.equalTo(text).to

/** One way in which names can begin with a text. */
export interface BegunBy {
  typed: SpacedText
  beginning: Beginning
}

/**
 * Returns the ways in which the concatenation of adjacent words of a name can begin with a chunk. The result is empty
 * if spaces are already optional in the chunk.
 */
export function spreadsOf({ text, hasBoundary, isComplete, hasFreeSpaces }: Chunk): BegunBy[] {
  if (hasFreeSpaces) return []
  const typed = { text, hasBoundary, endsComplete: isComplete, borders: [] }
  const plain = { typed, beginning: beginningOf(typed) }
  if (!hasHangul(text)) return [plain]
  const { joined, beginnings } = syllableBeginnings(typed)
  return [plain, ...beginnings.map((beginning) => ({ typed: joined, beginning }))]
}

/** Matches a chunk with several adjacent words of a name. Returns undefined if the chunk cannot be split into words. */
function spreadMatcher(index: SearchIndex, { typed, beginning }: BegunBy, maxSets: number): RunMatcher | undefined {
  const steps = spreadSteps([foldedTable(index)], typed, beginning)
  if (steps.length === 0) return undefined
  return {
    sets: rarestSets(index, steps, beginning.head.length + 1, maxSets),
    addRuns: (reader, name, into) => {
      const end = reader.endOfWords(name)
      for (let at = reader.start(name); at < end; at++) {
        const to = reader.spaces.endOfSpread(at, end, typed, beginning)
        if (to !== NO_MATCH) into.push({ from: at, to })
      }
    },
  }
}

/**
 * Returns the steps of all ways to split a text into at least two strings of the tables. Some combinations of these
 * steps do not meet all conditions of the rule for missing spaces in docs/matching.md.
 */
export function spreadSteps(tables: readonly StepTable[], typed: SpacedText, beginning: Beginning): Step[] {
  const { text, hasBoundary, endsComplete } = typed
  const { head, low } = beginning
  const unitAt = (at: number) => (at < head.length ? head.charCodeAt(at) : low)
  const isAfterDigit = (at: number) => at > 0 && isDigit(unitAt(at - 1))
  /** Whether digits at a position are allowed only as a group of thousands. */
  const isGroup = (at: number) =>
    isAfterDigit(at) && isBetweenDigits(text, at) && !hasBoundary[at] && !isInLongNumber(text, hasBoundary, at)
  return stepsThrough(tables, beginning, {
    isAllowed: (from, to) => {
      const isLast = to > head.length
      if (isLast && from === 0) return false
      if (isGroup(from)) {
        const digits = digitCount(text, from, to)
        if (digits > THOUSANDS || (digits < THOUSANDS && !isLast)) return false
      }
      const mayBeSingle = isLast || from === 0 || isAfterDigit(from) || to - from > 2 || isDigit(unitAt(to))
      return mayBeSingle || !isSingleLetter(head.slice(from, to))
    },
    // The last word must be whole if the text is complete, or if no punctuation precedes this word and either the word
    // or the text before it is a single letter.
    isWhole: (from) => {
      const isSpaced =
        from > 0 && !hasBoundary[from] && isSpacedLetter(unitAt(from - 1)) && isSpacedLetter(unitAt(from))
      return endsComplete || (isSpaced && (from === 1 || from === head.length))
    },
  })
}

/** The maximum number of sets for a chunk with which no word begins. For other chunks, a second set rarely helps. */
const MAX_SETS = 4

/** Returns how many digits a text has from a position on, up to `end`. */
function digitCount(text: string, from: number, end: number): number {
  let to = from
  while (to < end && isDigit(text.charCodeAt(to))) to += 1
  return to - from
}
