import { createHash } from 'node:crypto'
import { exceedsCodePoints, normalize } from '../text.ts'
import { DatasetError, type Entry, isPlain } from './entries.ts'
import {
  BLOCK_ENTRIES,
  blockKey,
  blocksOfPrefix,
  CURRENT_KEY,
  type DatasetMeta,
  decodeLine,
  encodeLine,
  FORMAT,
  hasTopList,
  indexKey,
  MAX_PREFIX_LENGTH,
  metaKey,
  TOP_ENTRIES,
  topKey,
  weightIn,
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
 */
export class DatasetBuilder {
  /**
   * Entries as they are stored. A line begins with its key and a tab, which is smaller than any character of a key, so lines sort
   * as their keys do, and millions take half the memory and time that objects would.
   */
  #lines: string[] = []

  add({ text, weight }: Entry): void {
    const key = isPlain(text) ? text : normalize(text).trimEnd()
    this.#lines.push(encodeLine({ key, text, weight }))
  }

  /**
   * Builds the dataset, once: it takes the entries over.
   * @throws {DatasetError} when there is no entry.
   */
  build(): Dataset {
    const added = this.#lines.length
    if (added === 0) throw new DatasetError('the dataset holds no valid entry')
    // Not by compareCodeUnits: without a function the order is the same, and sorting takes half the time.
    const lines = heaviestOfEachKey(this.#lines.sort())
    this.#lines = []
    const blocks = Math.ceil(lines.length / BLOCK_ENTRIES)
    const blockValue = (block: number) => lines.slice(block * BLOCK_ENTRIES, (block + 1) * BLOCK_ENTRIES).join('\n')

    const hash = createHash('sha256').update(`${FORMAT}\n`)
    const firstKeys: string[] = []
    for (let block = 0; block < blocks; block++) {
      hash.update(`${blockValue(block)}\n`)
      firstKeys.push(decodeLine(lines[block * BLOCK_ENTRIES] as string).key)
    }
    const version = hash.digest('hex').slice(0, 16)
    const meta: DatasetMeta = { format: FORMAT, version, entries: lines.length, blocks }
    const topLists = topListsOf(lines, prefixesWithTopList(firstKeys))

    return {
      meta,
      duplicates: added - lines.length,
      keyCount: 3 + blocks + topLists.length,
      *keys() {
        yield [CURRENT_KEY, version]
        yield [metaKey(version), JSON.stringify(meta)]
        yield [indexKey(version), firstKeys.join('\n')]
        for (let block = 0; block < blocks; block++) yield [blockKey(version, block), blockValue(block)]
        for (const { prefix, best } of topLists) yield [topKey(version, prefix), best.join('\n')]
      },
    }
  }
}

/** The dataset of entries that are at hand: {@link DatasetBuilder}. */
export function buildDataset(entries: Iterable<Entry>): Dataset {
  const builder = new DatasetBuilder()
  for (const entry of entries) builder.add(entry)
  return builder.build()
}

/** Of sorted lines with one key the heaviest, and of equally heavy ones that with the smallest text. */
function heaviestOfEachKey(sorted: readonly string[]): string[] {
  const kept: string[] = []
  for (const line of sorted) {
    const last = kept.at(-1)
    if (last === undefined || !haveOneKey(last, line)) kept.push(line)
    else if (isBetter(line, last)) kept[kept.length - 1] = line
  }
  return kept
}

function haveOneKey(line: string, other: string): boolean {
  const end = line.indexOf('\t')
  // Most neighbours differ in length already, which saves the comparison.
  return other[end] === '\t' && other.startsWith(line.slice(0, end))
}

function isBetter(line: string, other: string): boolean {
  const [a, b] = [decodeLine(line), decodeLine(other)]
  return a.weight > b.weight || (a.weight === b.weight && a.text < b.text)
}

/** Every prefix that is asked for and needs a ready list, sorted. */
function prefixesWithTopList(firstKeys: readonly string[]): string[] {
  const prefixes: string[] = []
  let before = 0
  for (let block = 1; block < firstKeys.length; block++) {
    const key = firstKeys[block] as string
    // A prefix that spans too many blocks begins the first keys of two in a row; where it did so before, it has been seen.
    const shared = sharedLength(firstKeys[block - 1] as string, key)
    for (let length = before + 1; length <= shared; length++) {
      const prefix = key.slice(0, length)
      if (exceedsCodePoints(prefix, MAX_PREFIX_LENGTH)) break
      // A prefix that ends inside a surrogate pair can never be asked for.
      if (prefix.isWellFormed() && hasTopList(blocksOfPrefix(firstKeys, prefix))) prefixes.push(prefix)
    }
    before = shared
  }
  return prefixes
}

function sharedLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length += 1
  return length
}

/** A prefix with the lines of its best entries, best first. */
class TopList {
  readonly prefix: string
  readonly best: string[] = []
  readonly #weights: number[] = []

  constructor(prefix: string) {
    this.prefix = prefix
  }

  /** Takes a line; of equally heavy ones the first has the smallest key. */
  add(line: string, weight: number): void {
    const weights = this.#weights
    let at = weights.length
    if (at === TOP_ENTRIES && weight <= (weights[at - 1] as number)) return
    while (at > 0 && (weights[at - 1] as number) < weight) at -= 1
    weights.splice(at, 0, weight)
    this.best.splice(at, 0, line)
    if (weights.length > TOP_ENTRIES) {
      weights.pop()
      this.best.pop()
    }
  }
}

/** The lists of the prefixes, in one pass over the sorted lines. */
function topListsOf(lines: readonly string[], prefixes: readonly string[]): TopList[] {
  const lists = prefixes.map((prefix) => new TopList(prefix))
  /** Those of the prefixes that the line has, which is at most one for each character of the longest. */
  const open: TopList[] = []
  let next = 0
  for (const line of lines) {
    while (open.length > 0 && !line.startsWith((open.at(-1) as TopList).prefix)) open.pop()
    while (next < lists.length && line.startsWith((lists[next] as TopList).prefix)) {
      open.push(lists[next] as TopList)
      next += 1
    }
    if (open.length === 0) continue
    const weight = weightIn(line, 0)
    for (const list of open) list.add(line, weight)
  }
  return lists
}
