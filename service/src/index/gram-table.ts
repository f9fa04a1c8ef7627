import { isFreelySpacedUnit, isSyllabic } from '../text/scripts.ts'
import type { StringTable } from './string-table.ts'

/**
 * A hash table from grams to the words that contain them, for finding words by any of their parts. A gram has three
 * UTF-16 code units, or two in a freely spaced script. Different grams can share a bucket, so the words in a bucket
 * must be compared with the part.
 */
export interface GramTableArrays {
  /** The start of each bucket, followed by the end of the last one. The number of buckets is a power of two. */
  starts: Uint32Array<SharedArrayBuffer>
  /**
   * For each gram of each word, the number of the word. The lowest bits contain hashes of the units before and after
   * the gram, with as many bits as fit. With the hashes, most words that do not contain a part are rejected without
   * being read.
   */
  words: Uint32Array<SharedArrayBuffer>
}

const MAX_HASH_BITS = 4

/** Returns the size, in bits, of each of the two hashes that are stored with a word number. */
const hashBitsFor = (words: number) => Math.min(MAX_HASH_BITS, Math.clz32(words) >>> 1)

/** Hashes a unit next to a gram. 0 stands for the beginning or end of the word. */
const hashOf = (unit: number, bits: number) => (bits === 0 ? 0 : Math.imul(unit, 0x9e3779b1) >>> (32 - bits))

/** The number of words that are rejected by their hashes between two calls to `isDone`. */
const WORDS_PER_CHECK = 16

const LETTERS = 3
const FREELY_SPACED_LETTERS = 2

/**
 * Builds the gram table of sorted words.
 * @param order the numbers of all words; the words in each bucket have this order
 */
export function gramTableOf(table: StringTable, order: Uint32Array): GramTableArrays {
  const buckets = 2 ** Math.max(4, Math.ceil(Math.log2(table.length + 1)))
  const starts = new Uint32Array(new SharedArrayBuffer(4 * (buckets + 1)))
  const bits = hashBitsFor(table.length)
  const forEach = (visit: (bucket: number, word: number, before: number, after: number) => void) => {
    for (const word of order) forEachGram(table, word, buckets, visit)
  }
  forEach((bucket) => {
    starts[bucket + 1] = (starts[bucket + 1] as number) + 1
  })
  for (let bucket = 0; bucket < buckets; bucket++) {
    starts[bucket + 1] = (starts[bucket + 1] as number) + (starts[bucket] as number)
  }
  const next = Uint32Array.from(starts)
  const words = new Uint32Array(new SharedArrayBuffer(4 * (starts[buckets] as number)))
  forEach((bucket, word, before, after) => {
    words[next[bucket] as number] = (((word << bits) | hashOf(before, bits)) << bits) | hashOf(after, bits)
    next[bucket] = (next[bucket] as number) + 1
  })
  return { starts, words }
}

/** Visits the grams of a word, with the units before and after each. */
function forEachGram(
  { units, starts }: StringTable,
  word: number,
  buckets: number,
  visit: (bucket: number, word: number, before: number, after: number) => void,
): void {
  const start = starts[word] as number
  const end = starts[word + 1] as number
  const unitAt = (at: number) => (at >= start && at < end ? (units[at] as number) : 0)
  for (let at = start; at + 1 < end; at++) {
    const [first, second] = [units[at] as number, units[at + 1] as number]
    if (isFreelySpacedUnit(first) && isFreelySpacedUnit(second)) {
      visit(bucketOf(first, second, 0, buckets), word, unitAt(at - 1), unitAt(at + 2))
    } else if (at + 2 < end) {
      visit(bucketOf(first, second, units[at + 2] as number, buckets), word, unitAt(at - 1), unitAt(at + 3))
    }
  }
}

function bucketOf(first: number, second: number, third: number, buckets: number): number {
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b) ^ Math.imul(third, 0xc2b2ae35)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  hash ^= hash >>> 13
  return (hash & (buckets - 1)) >>> 0
}

/** Finds words that contain a given part. */
export class GramTable {
  readonly #arrays: GramTableArrays
  readonly #table: StringTable

  constructor(arrays: GramTableArrays, table: StringTable) {
    this.#arrays = arrays
    this.#table = table
  }

  /**
   * Returns the numbers of the words that contain a part, in ascending order, or none if the part is shorter than a
   * gram.
   */
  wordsWith(part: string): number[] {
    const found: number[] = []
    this.visitWordsWith(
      part,
      () => false,
      (word) => found.push(word),
    )
    return found.sort((a, b) => a - b)
  }

  /**
   * Visits the words that contain a part, in the order that {@link gramTableOf} received. Visits none if the part is
   * shorter than a gram.
   * @param isDone returns whether to stop before a word. It is called for every word that would be visited, and for
   * some others.
   */
  visitWordsWith(part: string, isDone: (word: number) => boolean, visit: (word: number) => void): void {
    const { starts, words } = this.#arrays
    const buckets = starts.length - 1
    let fewest = -1
    let position = 0
    for (let at = 0; at + 1 < part.length; at++) {
      const bucket = gramBucket(part, at, buckets)
      if (bucket < 0) continue
      if (fewest < 0 || size(starts, bucket) < size(starts, fewest)) {
        fewest = bucket
        position = at
      }
    }
    if (fewest < 0) return
    const bits = hashBitsFor(this.#table.length)
    const { mask, wanted } = hashesAround(part, position, bits)
    const end = starts[fewest + 1] as number
    let previous = -1
    let untilCheck = 0
    for (let at = starts[fewest] as number; at < end; at++) {
      const entry = words[at] as number
      const isPossible = (entry & mask) === wanted
      if (!isPossible && untilCheck-- > 0) continue
      const word = entry >>> (2 * bits)
      if (isDone(word)) return
      untilCheck = WORDS_PER_CHECK
      // A word that contains a gram twice is in the bucket twice.
      if (!isPossible || word === previous) continue
      if (this.#contains(word, part)) visit(word)
      previous = word
    }
  }

  #contains(word: number, part: string): boolean {
    const { units, starts } = this.#table
    const last = (starts[word + 1] as number) - part.length
    for (let from = starts[word] as number; from <= last; from++) {
      let length = 0
      while (length < part.length && units[from + length] === part.charCodeAt(length)) length += 1
      if (length === part.length) return true
    }
    return false
  }
}

/** Returns a mask of the bits to check in a table entry, and the values of these bits if the word contains the part. */
function hashesAround(part: string, at: number, bits: number): { mask: number; wanted: number } {
  const end = at + lengthOfGram(part, at)
  const lowBits = (1 << bits) - 1
  const [hasBefore, hasAfter] = [at > 0, end < part.length]
  return {
    mask: (hasBefore ? lowBits << bits : 0) | (hasAfter ? lowBits : 0),
    wanted:
      (hasBefore ? hashOf(part.charCodeAt(at - 1), bits) << bits : 0) |
      (hasAfter ? hashOf(part.charCodeAt(end), bits) : 0),
  }
}

const lengthOfGram = (part: string, at: number) =>
  isFreelySpacedUnit(part.charCodeAt(at)) && isFreelySpacedUnit(part.charCodeAt(at + 1))
    ? FREELY_SPACED_LETTERS
    : LETTERS

const size = (starts: Uint32Array, bucket: number) => (starts[bucket + 1] as number) - (starts[bucket] as number)

/** Returns the bucket of the gram at a position of a part, or -1 if the part ends within the gram. */
function gramBucket(part: string, at: number, buckets: number): number {
  const [first, second] = [part.charCodeAt(at), part.charCodeAt(at + 1)]
  if (isFreelySpacedUnit(first) && isFreelySpacedUnit(second)) return bucketOf(first, second, 0, buckets)
  return at + 2 < part.length ? bucketOf(first, second, part.charCodeAt(at + 2), buckets) : -1
}

/** Whether a part is long enough to search for inside words: three letters, or two in Hangul, Han, or kana. */
export function isLongEnoughInside(part: string): boolean {
  const { length } = [...part]
  return length >= LETTERS || (length === FREELY_SPACED_LETTERS && isSyllabic(part))
}
