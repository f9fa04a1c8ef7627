import { isHighSurrogate } from '../text/strings.ts'
import { ByteReader, ByteWriter, bitsFor } from './bytes.ts'

/**
 * The index of a dataset, as built by the builder and stored in Redis. Data that can be derived quickly (postings,
 * minima, grams) is not stored; each process derives it when it loads the index. See search-index.ts.
 *
 * The best entry has number 0, and the worst entry the highest number. Names (the text and aliases of each entry) are
 * numbered in the order of their entries.
 */
export interface StoredIndex {
  entryCount: number
  nameCount: number
  /** The number of pinned entries. They rank before all others, so they have the first numbers. */
  pinnedCount: number
  /**
   * The folded form of each word, sorted by UTF-16 code units. Words that differ only in their spelling are adjacent.
   */
  words: string[]
  /** The words whose spelling differs from their folded form, in ascending order, and their spellings. */
  spelledIds: Uint32Array
  spelledTexts: string[]
  /** The start of each name in `forward`, followed by the end of the last one. */
  forwardStarts: Uint32Array
  /** The words of each name in order, then its joined words. See {@link unitOf}. */
  forward: Uint32Array
  /** All names, sorted lexicographically by their concatenated words. */
  lexicographic: Uint32Array
  /** The score of each entry. */
  scores: Float64Array
  /** The entry of each name, or undefined if every entry has one name. */
  entryOf: Uint32Array | undefined
  /** The entries that are spelled like an earlier entry, in ascending order. */
  sameSpelling: Uint32Array
  /** For each entry in `sameSpelling`, the first entry with the same spelling. */
  firstSpelled: Uint32Array
  /** All contexts as `name:value`, sorted by UTF-16 code units. */
  contexts: string[]
  /**
   * The start of each distinct set of contexts in `setContexts`, followed by the end of the last one. Empty if no entry
   * has contexts.
   */
  setStarts: Uint32Array
  setContexts: Uint32Array
  /** The set of contexts of each entry. Empty if no entry has contexts. */
  setOf: Uint32Array
  /** Pairs of a name with Hangul and a word position, sorted by the initials of the name from that word on. */
  initialNames: Uint32Array
  initialPositions: Uint8Array
  /** Pairs of a name and a word position in a run, sorted by the part of the run from that word on. */
  runNames: Uint32Array
  runPositions: Uint8Array
}

/** Packs a word of a name into one number: the word's number and its kind. */
export const unitOf = (word: number, kind: number) => word * 4 + kind
/** Mask for the kind of a word. Kind 0 means that none of the kinds below applies. */
export const KIND = 3
/** White space precedes the word. */
export const SPACED = 1
/** The word joins several glued words. */
export const JOINED = 2
/** The word is the decimals of a number. */
export const DECIMALS = 3

const LAST = 2
/** Scores are stored as differences if all of them are integers up to this limit. */
const MAX_WHOLE = Number.MAX_SAFE_INTEGER

export function encodeIndex(index: StoredIndex): Uint8Array {
  const out = new ByteWriter()
  for (const count of [index.entryCount, index.nameCount, index.pinnedCount]) out.varint(count)
  writeWords(out, index.words)
  writeAscending(out, index.spelledIds)
  out.strings(index.spelledTexts)
  writeForward(out, index)
  out.packed(index.lexicographic, bitsFor(index.nameCount))
  writeScores(out, index)
  writeEntries(out, index)
  writeAscending(out, index.sameSpelling)
  for (const entry of index.firstSpelled) out.varint(entry)
  out.varint(index.contexts.length)
  out.strings(index.contexts)
  const sets = Math.max(0, index.setStarts.length - 1)
  out.varint(sets)
  for (let set = 0; set < sets; set++) {
    const [from, to] = [index.setStarts[set] as number, index.setStarts[set + 1] as number]
    out.varint(to - from)
    for (let at = from; at < to; at++) out.varint(index.setContexts[at] as number)
  }
  if (sets > 0) out.packed(index.setOf, bitsFor(sets))
  writePositions(out, index.initialNames, index.initialPositions, index.nameCount)
  writePositions(out, index.runNames, index.runPositions, index.nameCount)
  return out.done()
}

/**
 * Decodes an index that {@link encodeIndex} wrote.
 * @throws {RangeError} if the bytes cannot be decoded
 */
export function decodeIndex(bytes: Uint8Array): StoredIndex {
  const input = new ByteReader(bytes)
  const entryCount = input.varint()
  const nameCount = input.varint()
  const pinnedCount = input.varint()
  // Every name takes more than one byte. Without this check, wrong counts could allocate too much memory.
  if (pinnedCount > entryCount || entryCount > nameCount || nameCount > bytes.length) {
    throw new RangeError('the index has invalid counts')
  }
  const words = readWords(input)
  const spelledIds = readAscending(input)
  const spelledTexts = input.strings(spelledIds.length)
  const { forwardStarts, forward } = readForward(input, nameCount, words.length)
  const lexicographic = new Uint32Array(nameCount)
  input.packed(lexicographic, bitsFor(nameCount))
  const scores = readScores(input, entryCount, pinnedCount)
  const entryOf = readEntries(input, nameCount)
  const sameSpelling = readAscending(input)
  const firstSpelled = Uint32Array.from(sameSpelling, () => input.varint())
  const contexts = input.strings(input.varint())
  const sets = countUpTo(input, bytes.length)
  const setStarts = new Uint32Array(sets > 0 ? sets + 1 : 0)
  const setContexts: number[] = []
  for (let set = 0; set < sets; set++) {
    for (let left = input.varint(); left > 0; left--) setContexts.push(input.varint())
    setStarts[set + 1] = setContexts.length
  }
  const setOf = new Uint32Array(sets > 0 ? entryCount : 0)
  if (sets > 0) input.packed(setOf, bitsFor(sets))
  const initials = readPositions(input, nameCount, bytes.length)
  const runs = readPositions(input, nameCount, bytes.length)
  if (!input.isAtEnd) throw new RangeError('the index has extra bytes at its end')
  return {
    entryCount,
    nameCount,
    pinnedCount,
    words,
    spelledIds,
    spelledTexts,
    forwardStarts,
    forward,
    lexicographic,
    scores,
    entryOf,
    sameSpelling,
    firstSpelled,
    contexts,
    setStarts,
    setOf,
    initialNames: initials.names,
    initialPositions: initials.positions,
    runNames: runs.names,
    runPositions: runs.positions,
    setContexts: Uint32Array.from(setContexts),
  }
}

function writePositions(out: ByteWriter, names: Uint32Array, positions: Uint8Array, nameCount: number): void {
  out.varint(names.length)
  out.packed(names, bitsFor(nameCount))
  out.bytes(positions)
}

function readPositions(input: ByteReader, nameCount: number, max: number) {
  const names = new Uint32Array(countUpTo(input, max))
  input.packed(names, bitsFor(nameCount))
  return { names, positions: Uint8Array.from(input.bytes(names.length)) }
}

/** Reads a number of items. Each item takes at least one byte, so `max` is the number of bytes in the index. */
function countUpTo(input: ByteReader, max: number): number {
  const count = input.varint()
  if (count > max) throw new RangeError('the index has invalid counts')
  return count
}

/**
 * Writes sorted words. Each is stored as the length of the prefix that it shares with the previous word, and the rest.
 */
function writeWords(out: ByteWriter, words: readonly string[]): void {
  const rests: string[] = []
  const shared = new Uint8Array(words.length)
  let before = ''
  for (const [at, word] of words.entries()) {
    const most = Math.min(before.length, word.length, 255)
    let length = 0
    while (length < most && before.charCodeAt(length) === word.charCodeAt(length)) length += 1
    // Do not split a surrogate pair.
    if (length > 0 && isHighSurrogate(word.charCodeAt(length - 1))) length -= 1
    shared[at] = length
    rests.push(word.slice(length))
    before = word
  }
  out.varint(words.length)
  out.bytes(shared)
  out.strings(rests)
}

function readWords(input: ByteReader): string[] {
  const count = input.varint()
  const shared = input.bytes(count)
  const rests = input.strings(count)
  let before = ''
  return rests.map((rest, at) => {
    before = before.slice(0, shared[at]) + rest
    return before
  })
}

function writeAscending(out: ByteWriter, values: Uint32Array | readonly number[]): void {
  out.varint(values.length)
  let before = 0
  for (const value of values) {
    out.varint(value - before)
    before = value
  }
}

function readAscending(input: ByteReader): Uint32Array {
  const values: number[] = []
  let value = 0
  for (let left = input.varint(); left > 0; left--) {
    value += input.varint()
    values.push(value)
  }
  return Uint32Array.from(values)
}

/**
 * Writes the words of each name as ranks by frequency, so that the numbers are small. The last word of a name is
 * marked.
 */
function writeForward(out: ByteWriter, { words, forward, forwardStarts }: StoredIndex): void {
  const counts = new Uint32Array(words.length)
  for (const unit of forward) (counts[unit >>> 2] as number) += 1
  const byFrequency = Uint32Array.from(words, (_, word) => word).sort(
    (a, b) => (counts[b] as number) - (counts[a] as number) || a - b,
  )
  const rank = new Uint32Array(words.length)
  for (const [at, word] of byFrequency.entries()) rank[word] = at
  out.packed(byFrequency, bitsFor(words.length))
  const decimals: number[] = []
  for (let name = 0; name + 1 < forwardStarts.length; name++) {
    const end = forwardStarts[name + 1] as number
    for (let at = forwardStarts[name] as number; at < end; at++) {
      const unit = forward[at] as number
      // Few words are decimals, so their positions are written separately. The other words have only three kinds, which
      // makes their numbers smaller.
      const isDecimals = (unit & KIND) === DECIMALS
      if (isDecimals) decimals.push(at)
      const kind = isDecimals ? 0 : unit & KIND
      out.varint((rank[unit >>> 2] as number) * 6 + kind * LAST + (at === end - 1 ? 1 : 0))
    }
  }
  writeAscending(out, decimals)
}

function readForward(input: ByteReader, nameCount: number, wordCount: number) {
  const byFrequency = new Uint32Array(wordCount)
  input.packed(byFrequency, bitsFor(wordCount))
  const forwardStarts = new Uint32Array(nameCount + 1)
  let forward = new Uint32Array(4 * nameCount + 16)
  let length = 0
  for (let name = 0; name < nameCount; name++) {
    for (let isLast = false; !isLast; ) {
      const code = input.varint()
      isLast = code % LAST === 1
      const kind = Math.floor((code % 6) / LAST)
      const word = byFrequency[Math.floor(code / 6)]
      if (word === undefined || word >= wordCount)
        throw new RangeError('the index refers to a word that does not exist')
      if (length === forward.length) {
        const larger = new Uint32Array(2 * length)
        larger.set(forward)
        forward = larger
      }
      forward[length++] = unitOf(word, kind)
    }
    forwardStarts[name + 1] = length
  }
  for (const at of readAscending(input)) {
    if (at >= length) throw new RangeError('the index refers to a position that does not exist')
    forward[at] = unitOf((forward[at] as number) >>> 2, DECIMALS)
  }
  return { forwardStarts, forward: forward.subarray(0, length) }
}

function writeScores(out: ByteWriter, { scores, pinnedCount }: StoredIndex): void {
  const isWhole = scores.every((score) => Number.isInteger(score) && score <= MAX_WHOLE)
  out.byte(isWhole ? 1 : 0)
  if (!isWhole) {
    out.bytes(new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength))
    return
  }
  // Scores descend within the pinned entries and within all others.
  for (const [at, score] of scores.entries()) {
    const isFirst = at === 0 || at === pinnedCount
    out.varint(isFirst ? score : (scores[at - 1] as number) - score)
  }
}

function readScores(input: ByteReader, count: number, pinnedCount: number): Float64Array {
  const scores = new Float64Array(count)
  if (input.byte() === 0) {
    new Uint8Array(scores.buffer).set(input.bytes(scores.byteLength))
    return scores
  }
  for (let at = 0; at < count; at++) {
    const value = input.varint()
    scores[at] = at === 0 || at === pinnedCount ? value : (scores[at - 1] as number) - value
  }
  return scores
}

function writeEntries(out: ByteWriter, { entryOf }: StoredIndex): void {
  out.byte(entryOf ? 1 : 0)
  if (!entryOf) return
  // One bit per name: 0 if the name belongs to the same entry as the previous name, 1 if it belongs to the next entry.
  const isNext = Uint32Array.from(entryOf, (entry, name) => (name > 0 && entry !== entryOf[name - 1] ? 1 : 0))
  out.packed(isNext, 1)
}

function readEntries(input: ByteReader, nameCount: number): Uint32Array | undefined {
  if (input.byte() === 0) return undefined
  const entryOf = new Uint32Array(nameCount)
  input.packed(entryOf, 1)
  for (let name = 1; name < nameCount; name++) (entryOf[name] as number) += entryOf[name - 1] as number
  return entryOf
}
