import { createHash } from 'node:crypto'
import { compareCodeUnits, normalize } from '../text.ts'
import { DatasetError, type Entry } from './entries.ts'
import {
  BLOCK_ENTRIES,
  blockKey,
  blocksOfPrefix,
  CURRENT_KEY,
  type DatasetMeta,
  encodeLine,
  FORMAT,
  hasTopList,
  indexKey,
  insertRanked,
  type KeyedEntry,
  lowerBound,
  MAX_BLOCKS_PER_QUERY,
  metaKey,
  TOP_ENTRIES,
  topKey,
} from './layout.ts'

/** A dataset ready to be written: what it is, and every key of it with its value. */
export interface Dataset {
  meta: DatasetMeta
  /** Entries left out because another with the same key weighs more. */
  duplicates: number
  /** How many Redis keys {@link keys} yields. */
  keyCount: number
  keys(): Iterable<[key: string, value: string]>
}

/**
 * Lays entries out for Redis. Of entries with one key (see `normalize`) the heaviest stays.
 * The same entries give the same dataset, byte for byte, in whatever order they come.
 * @throws {DatasetError} when there is no entry.
 */
export function buildDataset(entries: Iterable<Entry>): Dataset {
  const { sorted, duplicates } = sortUnique(entries)
  if (sorted.length === 0) throw new DatasetError('the dataset holds no valid entry')

  const lines = sorted.map(encodeLine)
  const hash = createHash('sha256').update(`${FORMAT}\n`)
  for (const line of lines) hash.update(line).update('\n')
  const version = hash.digest('hex').slice(0, 16)

  const firstKeys: string[] = []
  for (let at = 0; at < sorted.length; at += BLOCK_ENTRIES) firstKeys.push((sorted[at] as KeyedEntry).key)
  const heavyPrefixes = prefixesWithTopList(firstKeys)
  const meta: DatasetMeta = { format: FORMAT, version, entries: sorted.length, blocks: firstKeys.length }

  return {
    meta,
    duplicates,
    keyCount: 3 + firstKeys.length + heavyPrefixes.length,
    *keys() {
      yield [CURRENT_KEY, version]
      yield [metaKey(version), JSON.stringify(meta)]
      yield [indexKey(version), firstKeys.join('\n')]
      for (let block = 0; block < firstKeys.length; block++) {
        yield [blockKey(version, block), lines.slice(block * BLOCK_ENTRIES, (block + 1) * BLOCK_ENTRIES).join('\n')]
      }
      for (const prefix of heavyPrefixes) {
        yield [topKey(version, prefix), bestWithPrefix(sorted, prefix).map(encodeLine).join('\n')]
      }
    },
  }
}

function sortUnique(entries: Iterable<Entry>): { sorted: KeyedEntry[]; duplicates: number } {
  const best = new Map<string, KeyedEntry>()
  let seen = 0
  for (const { text, weight } of entries) {
    seen += 1
    const key = normalize(text).trimEnd()
    const other = best.get(key)
    const wins = !other || weight > other.weight || (weight === other.weight && compareCodeUnits(text, other.text) < 0)
    if (wins) best.set(key, { key, text, weight })
  }
  const sorted = [...best.values()].sort((a, b) => compareCodeUnits(a.key, b.key))
  return { sorted, duplicates: seen - sorted.length }
}

/** Every prefix that needs a ready list, sorted. Such a prefix begins several block starts in a row. */
function prefixesWithTopList(firstKeys: readonly string[]): string[] {
  const prefixes = new Set<string>()
  const run = MAX_BLOCKS_PER_QUERY
  for (let block = 0; block + run - 1 < firstKeys.length; block++) {
    const key = firstKeys[block] as string
    const last = firstKeys[block + run - 1] as string
    for (let length = 1; length <= key.length && key[length - 1] === last[length - 1]; length++) {
      const prefix = key.slice(0, length)
      // A prefix that ends inside a surrogate pair can never be asked for.
      if (prefix.isWellFormed() && hasTopList(blocksOfPrefix(firstKeys, prefix))) prefixes.add(prefix)
    }
  }
  return [...prefixes].sort(compareCodeUnits)
}

function bestWithPrefix(sorted: readonly KeyedEntry[], prefix: string): KeyedEntry[] {
  const entry = (index: number) => sorted[index] as KeyedEntry
  const start = lowerBound(sorted.length, (index) => entry(index).key >= prefix)
  const best: KeyedEntry[] = []
  for (let index = start; index < sorted.length && entry(index).key.startsWith(prefix); index++) {
    insertRanked(best, entry(index), TOP_ENTRIES)
  }
  return best
}
