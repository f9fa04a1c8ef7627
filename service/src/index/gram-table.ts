import { isFreelySpacedUnit, isSyllabic } from '../text/scripts.ts'
import type { StringTable } from './string-table.ts'

/**
 * A hash table from grams to the words that contain them, for finding words by a part. A gram has three UTF-16 units,
 * or two in a script without fixed spaces. Different grams can share a bucket, so callers must compare the words they
 * find.
 */
export interface GramTableArrays {
  /** The start of each bucket, followed by the end of the last one. The number of buckets is a power of two. */
  starts: Uint32Array<SharedArrayBuffer>
  words: Uint32Array<SharedArrayBuffer>
}

const LETTERS = 3
const FREELY_SPACED_LETTERS = 2

/**
 * Builds the gram table of sorted words.
 * @param order the numbers of all words, in the order in which each bucket contains its words
 */
export function gramTableOf(table: StringTable, order: Uint32Array): GramTableArrays {
  const buckets = 2 ** Math.max(4, Math.ceil(Math.log2(table.length + 1)))
  const starts = new Uint32Array(new SharedArrayBuffer(4 * (buckets + 1)))
  const forEach = (visit: (bucket: number, word: number) => void) => {
    for (const word of order) forEachGram(table, word, buckets, (bucket) => visit(bucket, word))
  }
  forEach((bucket) => {
    starts[bucket + 1] = (starts[bucket + 1] as number) + 1
  })
  for (let bucket = 0; bucket < buckets; bucket++) {
    starts[bucket + 1] = (starts[bucket + 1] as number) + (starts[bucket] as number)
  }
  const next = Uint32Array.from(starts)
  const words = new Uint32Array(new SharedArrayBuffer(4 * (starts[buckets] as number)))
  forEach((bucket, word) => {
    words[next[bucket] as number] = word
    next[bucket] = (next[bucket] as number) + 1
  })
  return { starts, words }
}

function forEachGram(table: StringTable, word: number, buckets: number, visit: (bucket: number) => void): void {
  const { units, starts } = table
  const end = starts[word + 1] as number
  for (let at = starts[word] as number; at + 1 < end; at++) {
    const [first, second] = [units[at] as number, units[at + 1] as number]
    if (isFreelySpacedUnit(first) && isFreelySpacedUnit(second)) visit(bucketOf(first, second, 0, buckets))
    else if (at + 2 < end) visit(bucketOf(first, second, units[at + 2] as number, buckets))
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

  /** Returns the numbers of the words that contain a part, in ascending order, or none if the part is too short. */
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
   * Visits the words that contain a part, in the order of the table. Visits none if the part is too short.
   * @param isDone called with every candidate before it is compared; the visit ends when it returns true
   */
  visitWordsWith(part: string, isDone: (word: number) => boolean, visit: (word: number) => void): void {
    const { starts, words } = this.#arrays
    const buckets = starts.length - 1
    let fewest = -1
    for (let at = 0; at + 1 < part.length; at++) {
      const bucket = gramBucket(part, at, buckets)
      if (bucket < 0) continue
      if (fewest < 0 || size(starts, bucket) < size(starts, fewest)) fewest = bucket
    }
    if (fewest < 0) return
    const end = starts[fewest + 1] as number
    let previous = -1
    for (let at = starts[fewest] as number; at < end; at++) {
      const word = words[at] as number
      if (isDone(word)) return
      // A word that contains a gram twice is in the bucket twice.
      if (word !== previous && this.#holds(word, part)) visit(word)
      previous = word
    }
  }

  #holds(word: number, part: string): boolean {
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
