/**
 * How a dataset lies in Redis, for the builder that writes it and the ranking workers that read it.
 *
 * Entries are sorted by key and cut into blocks of {@link BLOCK_ENTRIES}, one Redis string each. A prefix that spans at most
 * {@link MAX_BLOCKS_PER_QUERY} blocks is answered from those; the few prefixes that span more have a ready list of their
 * {@link TOP_ENTRIES} best. The workers hold the first key of every block, so any prefix is one round trip.
 *
 *     autocomplete:current           the version in use
 *     autocomplete:<version>:meta    {"format","version","entries","blocks"}
 *     autocomplete:<version>:index   the first key of each block, a line each
 *     autocomplete:<version>:block:N lines of block N, by key
 *     autocomplete:<version>:top:P   lines of the best entries with the prefix P, best first
 *
 * A line is `key<TAB>weight`, and `<TAB>text` behind it where the text is not the key.
 */
import type { Entry } from './entries.ts'

/** Changes whenever a reader of the old layout would misread the new one. */
export const FORMAT = 1
export const BLOCK_ENTRIES = 64
export const MAX_BLOCKS_PER_QUERY = 2
/** As many as a query may ask for (`limit`). */
export const TOP_ENTRIES = 50
/** The longest normalized prefix that may be asked for, in code points: longer ones have no ready list, however many entries have them. */
export const MAX_PREFIX_LENGTH = 64

export const CURRENT_KEY = 'autocomplete:current'
export const metaKey = (version: string) => `autocomplete:${version}:meta`
export const indexKey = (version: string) => `autocomplete:${version}:index`
export const blockKey = (version: string, block: number) => `autocomplete:${version}:block:${block}`
export const topKey = (version: string, prefix: string) => `autocomplete:${version}:top:${prefix}`

/** What `autocomplete:<version>:meta` holds. */
export interface DatasetMeta {
  format: number
  /** The first 16 hexadecimal digits of the SHA-256 of format and entries. */
  version: string
  entries: number
  blocks: number
}

/** An entry with the key it is found by. */
export interface KeyedEntry extends Entry {
  key: string
}

/** Writes one line of a block or list, without its end. */
export function encodeLine({ key, text, weight }: KeyedEntry): string {
  // A template would leave a rope of its parts, which takes more memory and is slow to compare.
  return (key === text ? [key, weight] : [key, weight, text]).join('\t')
}

/** Reads what {@link encodeLine} wrote. */
export function decodeLine(line: string): KeyedEntry {
  const keyEnd = line.indexOf('\t')
  const weightEnd = line.indexOf('\t', keyEnd + 1)
  const key = line.slice(0, keyEnd)
  return weightEnd < 0
    ? { key, text: key, weight: Number(line.slice(keyEnd + 1)) }
    : { key, text: line.slice(weightEnd + 1), weight: Number(line.slice(keyEnd + 1, weightEnd)) }
}

/** What a line says of its entry, the weight as it is written there. */
export function partsOf(line: string): { text: string; weight: string } {
  const keyEnd = line.indexOf('\t')
  const weightEnd = line.indexOf('\t', keyEnd + 1)
  return weightEnd < 0
    ? { text: line.slice(0, keyEnd), weight: line.slice(keyEnd + 1) }
    : { text: line.slice(weightEnd + 1), weight: line.slice(keyEnd + 1, weightEnd) }
}

const TAB = 9
const NEWLINE = 10
const ZERO = 48
const NINE = 57
/** As many digits as a number holds exactly, and as JavaScript writes one in at most. */
const MAX_EXACT_DIGITS = 15
const MAX_NUMBER_LENGTH = 25

/** The weight in the line that starts at `start`, without taking the line apart. */
export function weightIn(lines: string, start: number): number {
  const from = lines.indexOf('\t', start) + 1
  let weight = 0
  for (let at = from; at - from <= MAX_EXACT_DIGITS; at++) {
    const code = lines.charCodeAt(at)
    if (code >= ZERO && code <= NINE) weight = weight * 10 + (code - ZERO)
    else if (code === TAB || code === NEWLINE || at === lines.length) return weight
    else break
  }
  // A fraction, an exponent, or many digits.
  return Number(/[^\t\n]*/.exec(lines.slice(from, from + MAX_NUMBER_LENGTH))?.[0])
}

/** The index of the first of `length` positions for which `isAfter` holds; it must hold from there on. */
export function lowerBound(length: number, isAfter: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isAfter(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** The blocks `[first, end)` that can hold keys with the prefix, given the first key of every block. */
export function blocksOfPrefix(firstKeys: readonly string[], prefix: string): { first: number; end: number } {
  const key = (index: number) => firstKeys[index] as string
  const start = lowerBound(firstKeys.length, (index) => key(index) >= prefix)
  const end = lowerBound(firstKeys.length, (index) => key(index) > prefix && !key(index).startsWith(prefix))
  // The block before may end with such keys, unless the prefix itself begins a block: keys are unique.
  const first = start > 0 && firstKeys[start] !== prefix ? start - 1 : start
  return { first, end }
}

/** Whether the prefix has a ready list because it spans too many blocks. */
export function hasTopList({ first, end }: { first: number; end: number }): boolean {
  return end - first > MAX_BLOCKS_PER_QUERY
}
