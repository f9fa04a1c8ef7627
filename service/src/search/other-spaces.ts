/** Matches queries whose spaces differ from those of names. See "Other spaces" in docs/matching.md. */
import type { SearchIndex } from '../index/search-index.ts'
import { isEmpty, type Range, type StringTable } from '../index/string-table.ts'
import { type Beginning, hasHangul, joinedSyllables } from '../text/hangul.ts'
import { isFreelySpaced, isSingleLetter, isSpacedLetter } from '../text/scripts.ts'
import { isDigit } from '../text/strings.ts'
import { hasDigit } from './corrections.ts'
import { chunkMatcher, type Matcher, type RunMatcher, withRuns } from './matchers.ts'
import { isBetweenDigits, isInLongNumber, NO_MATCH, THOUSANDS } from './name-spaces.ts'
import { beginningOf, type Chunk, hasEnoughLetters, type SpacedText, syllableBeginnings } from './reading.ts'
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
  return {
    words: [text],
    digraphs: [text],
    text,
    isComplete: isShort || (chunks.at(-1) as Chunk).isComplete,
    hasBoundary: [],
    hasFreeSpaces: isFree,
  }
}

const isSingleWord = ({ words, text }: Chunk) => words.length === 1 && !hasDigit(text)

/**
 * Returns the ways to match the chunks of a query with other spaces. Leaves out ways that match no names, or only names
 * that the unchanged chunks also match.
 * @param mayLack whether the query may lack spaces; otherwise, it only has additional ones
 */
export function matchersWithOtherSpaces(index: SearchIndex, chunks: readonly Chunk[], mayLack: boolean): Matcher[][] {
  let ways = waysToIgnoreSpaces(chunks, (joined, parts) => isPossible(index.words, joined, parts))
  if (ways.length === 0 && !mayLack) return []
  const plain = new Map(chunks.map((chunk) => [chunk, chunkMatcher(index, chunk)]))
  const spread = new Map<Chunk, Matcher>()
  const isUnknown = (chunk: Chunk) => (plain.get(chunk) as Matcher).words.isEmpty
  let mayStay = true
  for (const chunk of [...chunks].sort((a, b) => Number(isUnknown(b)) - Number(isUnknown(a)))) {
    const maxSets = isUnknown(chunk) ? MAX_SETS : 1
    const begun = mayLack ? spreadsOf(chunk) : []
    const runs = begun.flatMap((begunBy) => spreadMatcher(index, begunBy, maxSets) ?? [])
    if (runs.length > 0) spread.set(chunk, withRuns(index, plain.get(chunk) as Matcher, runs))
    else if (isUnknown(chunk)) {
      // Names can match only if the chunk is joined with another one.
      ways = ways.filter((way) => !way.includes(chunk))
      if (ways.length === 0) return []
      mayStay = false
    }
  }
  if (mayStay && spread.size > 0) ways.push([...chunks])
  return ways.map((way) => way.map((chunk) => spread.get(chunk) ?? plain.get(chunk) ?? chunkMatcher(index, chunk)))
}

/**
 * Whether a joined chunk can match. If its spaces may vary, each ignored space must be possible inside some word.
 * Otherwise, some word must begin with the chunk.
 */
function isPossible(words: StringTable, { text, hasFreeSpaces }: Chunk, parts: readonly Chunk[]): boolean {
  if (!hasFreeSpaces) return !isEmpty(words.withPrefix(text))
  const texts = parts.map((part) => part.text)
  // Joining the chunks has combined letters of different chunks into syllables, so the parts cannot be compared.
  if (text !== texts.join('')) return true
  return texts.slice(0, -1).every((_, at) => {
    const { length } = texts.slice(0, at + 1).join('')
    return Array.from({ length }, (_, start) => text.slice(start, length)).some((part) => hasLonger(words, part))
  })
}

/** Whether any word begins with a string and is longer than it. */
const hasLonger = (words: StringTable, text: string) => words.withPrefix(text).to > words.equalTo(text).to

/** One way in which names can begin with a text. */
export interface BegunBy {
  typed: SpacedText
  beginning: Beginning
}

/**
 * Returns how the words that a chunk matches may begin if the chunk lacks spaces between them. Returns none if the
 * spaces of the chunk may vary anyway.
 */
export function spreadsOf({ text, hasBoundary, isComplete, hasFreeSpaces }: Chunk): BegunBy[] {
  if (hasFreeSpaces) return []
  const typed = { text, hasBoundary, endsComplete: isComplete, borders: [] }
  const plain = { typed, beginning: beginningOf(typed) }
  if (!hasHangul(text)) return [plain]
  const { joined, beginnings } = syllableBeginnings(typed)
  return [plain, ...beginnings.map((beginning) => ({ typed: joined, beginning }))]
}

/** Matches several adjacent words of names. Returns undefined if no name has such words. */
function spreadMatcher(index: SearchIndex, { typed, beginning }: BegunBy, maxSets: number): RunMatcher | undefined {
  const steps = stepsThrough(index.words, typed, beginning)
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
 * A part of a text, and the words that equal it. If the part is at the end of the text, the words that begin with it.
 */
interface Step {
  from: number
  to: number
  words: Range
}

/**
 * Returns the steps of all ways to split a text into words of the table. The last word may be longer. Returns none if
 * there is no way with at least two words. The steps can also form ways that do not meet all conditions.
 */
function stepsThrough(words: StringTable, typed: SpacedText, { head, low, high }: Beginning): Step[] {
  const { text, hasBoundary, endsComplete } = typed
  const length = head.length + 1
  const unitAt = (at: number) => (at < head.length ? head.charCodeAt(at) : low)
  const steps: Step[] = []
  const isReached = new Uint8Array(length + 1)
  isReached[0] = 1
  for (let from = 0; from < length; from++) {
    if (isReached[from] === 0) continue
    const isAfterDigit = from > 0 && isDigit(unitAt(from - 1))
    const isGroup =
      isAfterDigit && isBetweenDigits(text, from) && !hasBoundary[from] && !isInLongNumber(text, hasBoundary, from)
    const add = (to: number, range: Range) => {
      const digits = isGroup ? digitCount(text, from, to) : THOUSANDS
      if (isEmpty(range) || digits > THOUSANDS || (digits < THOUSANDS && to < length)) return
      isReached[to] = 1
      steps.push({ from, to, words: range })
    }
    const begun = words.visitBeginnings(head, low, high, from, (to, range) => {
      const mayBeSingle = from === 0 || isAfterDigit || to - from > 2 || isDigit(unitAt(to))
      if (mayBeSingle || !isSingleLetter(head.slice(from, to))) add(to, range)
    })
    if (from === 0 || isEmpty(begun)) continue
    // The last word must be whole if no punctuation precedes it, and either it or the text before it is a single
    // letter.
    const isSpaced = !hasBoundary[from] && isSpacedLetter(unitAt(from - 1)) && isSpacedLetter(unitAt(from))
    const isWhole = endsComplete || (isSpaced && (from === 1 || from === head.length))
    add(length, isWhole ? words.equalTo(head.slice(from) + String.fromCharCode(low)) : begun)
  }
  const leadsToEnd = new Uint8Array(length + 1)
  leadsToEnd[length] = 1
  return steps.toReversed().filter(({ from, to }) => {
    if (leadsToEnd[to] === 0) return false
    leadsToEnd[from] = 1
    return true
  })
}

/**
 * Returns up to `maxSets` sets of words. Each set has the words that cover one position of a text, and the positions
 * are those whose words are rarest. Every name that begins with the text has a word of each set.
 */
function rarestSets(index: SearchIndex, steps: readonly Step[], length: number, maxSets: number): WordSet[] {
  const sizes = new Array<number>(length).fill(0)
  for (const { from, to, words } of steps) {
    const count = index.postingCount(words.from, words.to)
    for (let at = from; at < to; at++) (sizes[at] as number) += count
  }
  const positions = [...sizes.keys()].sort((a, b) => (sizes[a] as number) - (sizes[b] as number))
  // Positions with the same size are usually covered by the same words.
  const separate = positions.filter((at, place) => sizes[at] !== sizes[positions[place - 1] as number])
  return separate.slice(0, maxSets).map((at) => {
    const covering = steps.filter(({ from, to }) => from <= at && at < to)
    return new WordSet(
      index,
      covering.map(({ words }) => words),
    )
  })
}

/** The maximum number of sets for a chunk that begins no word. For other chunks, more sets hardly reject more names. */
const MAX_SETS = 4

/** Returns how many digits a text has from a position on, up to `end`. */
function digitCount(text: string, from: number, end: number): number {
  let to = from
  while (to < end && isDigit(text.charCodeAt(to))) to += 1
  return to - from
}
