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
import { compareCodeUnits } from '../text.ts'
import type { Entry } from './entries.ts'

/** Changes whenever a reader of the old layout would misread the new one. */
export const FORMAT = 1
export const BLOCK_ENTRIES = 64
export const MAX_BLOCKS_PER_QUERY = 2
/** As many as a query may ask for (`limit`). */
export const TOP_ENTRIES = 50

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

/** The order of suggestions: the heavier first, and of equals the one whose key is smaller. */
export function compareRank(a: KeyedEntry, b: KeyedEntry): number {
  return b.weight - a.weight || compareCodeUnits(a.key, b.key)
}

/** Writes one line of a block or list, without its end. */
export function encodeLine({ key, text, weight }: KeyedEntry): string {
  return key === text ? `${key}\t${weight}` : `${key}\t${weight}\t${text}`
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

/** Puts `entry` at its rank in `best`, which is sorted and keeps at most `limit` entries. */
export function insertRanked(best: KeyedEntry[], entry: KeyedEntry, limit: number): void {
  if (best.length === limit && compareRank(entry, best[limit - 1] as KeyedEntry) >= 0) return
  const at = lowerBound(best.length, (index) => compareRank(best[index] as KeyedEntry, entry) > 0)
  best.splice(at, 0, entry)
  if (best.length > limit) best.pop()
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
