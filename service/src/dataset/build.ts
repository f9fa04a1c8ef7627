import { createHash } from 'node:crypto'
import { compareCodeUnits, normalize } from '../text.ts'
import { alternateKeys, contextPrefix } from './alternate-keys.ts'
import { DatasetError, type Entry, isPlain, type Problem } from './entries.ts'
import {
  BLOCK_ENTRIES,
  blockKey,
  blocksOfPrefix,
  CURRENT_KEY,
  type DatasetMeta,
  type Details,
  encodeLine,
  encodeLines,
  FORMAT,
  hasTopList,
  indexKey,
  isAskable,
  type Line,
  MAX_PREFIX_LENGTH,
  metaKey,
  partsOf,
  rankIn,
  TOP_ENTRIES,
  topKey,
  trieKey,
} from './layout.ts'
import { encodeTrie } from './prefix-trie.ts'

/** A dataset ready to be written: what it is, and every key of it with its value. */
export interface Dataset {
  meta: DatasetMeta
  /** Entries left out because another with the same key ranks higher. */
  duplicates: number
  /** Entries left out because they are blocked. */
  blocked: number
  /** How many Redis keys {@link keys} yields. */
  keyCount: number
  keys(): Iterable<[key: string, value: string | Buffer]>
}

/** How a dataset is built. */
export interface BuildOptions {
  /** In how many days the weight of an entry that says when it was updated halves; without, its age counts for nothing. */
  halfLifeDays?: number
  /** Gets each duplicate and blocked entry of which {@link DatasetBuilder.add} was told where it stands. */
  onLeftOut?: (problem: Problem) => void
}

/** Where an entry stands. */
export type Origin = Pick<Problem, 'file' | 'line'>

/** What an entry says besides text and weight, until all entries are known. */
interface Extras {
  aliases: string[]
  pinned: boolean
  updated: number | undefined
  payload: unknown
  contexts: Record<string, string[]>
}

/** An entry as a line holds it, and what it ranks by. */
interface Stored {
  key: string
  text: string
  weight: number
  recency: number
  rank: number
  extras: Extras | undefined
  origin: Origin | undefined
}

const DAY_MS = 86_400_000
/** Ranks of pinned entries are so much larger, and stay in their order, as weights are at most MAX_WEIGHT. */
const PINNED = 1e200
/** Digits of what is computed from weights: more would only take room. */
const COMPUTED_DIGITS = 6
/** A line without a tag whose key is one word of ASCII, which has no other forms. */
const PLAIN_LINE = /^[!-~]+\t[^\t]*(?:\t[^\t]*)?$/

/**
 * Lays entries out for Redis. Of entries with one key (see `normalize`) that stays which ranks highest: a pinned one, else by weight
 * x recency; and none whose key is blocked. The same entries give the same dataset, byte for byte, in whatever order they come.
 */
export class DatasetBuilder {
  /**
   * Entries as they are stored. A line begins with its key and a tab, which is smaller than any character of a key, so lines sort
   * as their keys do, and millions take half the memory and time that objects would.
   */
  #lines: string[] = []
  /** Of the few that have any; the tag behind an entry's line says which are its own, and where it stands, if that is known. */
  readonly #extras: Extras[] = []
  readonly #files: string[] = []
  /** Keys with where they were blocked. */
  readonly #blocked = new Map<string, Origin | undefined>()
  #newest = Number.NEGATIVE_INFINITY
  #halfLifeDays: number | undefined

  /** @param origin where it stands, to tell it when it is left out */
  add(entry: Entry, origin?: Origin): void {
    const { text, weight, aliases, pinned, updated, payload, contexts } = entry
    const key = keyOf(text)
    if (entry.blocked) {
      for (const name of [key, ...(aliases ?? []).map(keyOf)]) this.#blocked.set(name, origin)
      return
    }
    const line = encodeLine({ key, text, rank: weight })
    const isPlain = !aliases && !pinned && updated === undefined && payload === undefined && !contexts
    if (isPlain && !origin) {
      this.#lines.push(line)
      return
    }
    if (updated !== undefined) this.#newest = Math.max(this.#newest, updated)
    const extras = { aliases: aliases ?? [], pinned: pinned ?? false, updated, payload, contexts: contexts ?? {} }
    const tag = [
      isPlain ? NONE : this.#extras.push(extras) - 1,
      origin ? this.#fileNumber(origin.file) : NONE,
      origin?.line,
    ]
    this.#lines.push(`${line}${text === key ? '\t' : ''}\t${tag.join(':')}`)
  }

  /**
   * Builds the dataset, once: it takes the entries over.
   * @throws {DatasetError} when there is no entry.
   */
  build({ halfLifeDays, onLeftOut }: BuildOptions = {}): Dataset {
    this.#halfLifeDays = halfLifeDays
    const added = this.#lines.length
    // Not by compareCodeUnits: without a function the order is the same, and sorting takes half the time.
    const unique = this.#bestOfEachKey(this.#lines.sort(), onLeftOut)
    this.#lines = []
    const entries = this.#blocked.size === 0 ? unique : unique.filter((line) => !this.#isBlocked(line, onLeftOut))
    if (entries.length === 0) throw new DatasetError('the dataset holds no valid entry')
    const own: string[] = []
    const others: string[] = []
    for (const line of entries) {
      if (PLAIN_LINE.test(line)) own.push(line)
      else this.#addLines(line, own, others)
    }
    const hasAliases = this.#extras.some(({ aliases }) => aliases.length > 0)
    const lines = others.length === 0 ? own : [...own, ...others].sort()
    const blocks = Math.ceil(lines.length / BLOCK_ENTRIES)
    const blockValue = (block: number) => encodeLines(lines.slice(block * BLOCK_ENTRIES, (block + 1) * BLOCK_ENTRIES))

    const hash = createHash('sha256').update(`${FORMAT}\n`)
    const firstKeys: string[] = []
    for (let block = 0; block < blocks; block++) {
      hash.update(blockValue(block))
      firstKeys.push(keyOfLine(lines[block * BLOCK_ENTRIES] as string))
    }
    const version = hash.digest('hex').slice(0, 16)
    const weights = entries.reduce((sum, line) => sum + rankIn(line, 0), 0)
    const meanWeight = Number((weights / entries.length).toPrecision(COMPUTED_DIGITS))
    const meta: DatasetMeta = { format: FORMAT, version, entries: own.length, blocks, hasAliases, meanWeight }
    const topLists = [topListOfAll(own), ...topListsOf(lines, prefixesWithTopList(firstKeys))]
    const trie = encodeTrie(lines, (line) => rankIn(line, 0))

    return {
      meta,
      duplicates: added - unique.length,
      blocked: unique.length - entries.length,
      keyCount: 4 + blocks + topLists.length,
      *keys() {
        yield [CURRENT_KEY, version]
        yield [metaKey(version), JSON.stringify(meta)]
        yield [indexKey(version), encodeLines(firstKeys)]
        yield [trieKey(version), trie]
        for (let block = 0; block < blocks; block++) yield [blockKey(version, block), blockValue(block)]
        for (const { prefix, best } of topLists) yield [topKey(version, prefix), encodeLines(best)]
      },
    }
  }

  /** Of sorted lines the best of each key. */
  #bestOfEachKey(sorted: readonly string[], onLeftOut: BuildOptions['onLeftOut']): string[] {
    const kept: string[] = []
    /** Those of the last key that are not. */
    let worse: string[] = []
    const tell = () => {
      for (const line of worse) {
        const { origin } = this.#stored(line)
        const best = this.#stored(kept.at(-1) as string)
        const reason = `a duplicate of ${JSON.stringify(best.text)}${best.origin ? `, ${nameOf(best.origin)}` : ''}`
        if (origin) onLeftOut?.({ ...origin, reason })
      }
      worse = []
    }
    for (const line of sorted) {
      const last = kept.at(-1)
      if (last === undefined || !haveOneKey(last, line)) {
        tell()
        kept.push(line)
        continue
      }
      const isBetter = compareStored(this.#stored(line), this.#stored(last)) < 0
      if (isBetter) kept[kept.length - 1] = line
      if (onLeftOut) worse.push(isBetter ? last : line)
    }
    tell()
    return kept
  }

  #isBlocked(line: string, onLeftOut: BuildOptions['onLeftOut']): boolean {
    const key = keyOfLine(line)
    if (!this.#blocked.has(key)) return false
    const { origin } = this.#stored(line)
    const place = this.#blocked.get(key)
    if (origin) onLeftOut?.({ ...origin, reason: `blocked${place ? ` by ${nameOf(place)}` : ''}` })
    return true
  }

  #fileNumber(file: string): number {
    if (this.#files.at(-1) !== file) this.#files.push(file)
    return this.#files.length - 1
  }

  /** Takes a line apart. */
  #stored(line: string): Stored {
    const { text, rank, details: tag } = partsOf(line)
    const [at = NONE, file = NONE, number = NONE] = tag === '' ? [] : tag.split(':').map(Number)
    const extras = this.#extras[at]
    const name = this.#files[file]
    const origin = name === undefined ? undefined : { file: name, line: number }
    const weight = Number(rank)
    const { updated, pinned } = extras ?? NO_EXTRAS
    const recency =
      this.#halfLifeDays === undefined || updated === undefined
        ? 1
        : 2 ** ((updated - this.#newest) / DAY_MS / this.#halfLifeDays)
    const decayed = recency === 1 ? weight : Number((weight * recency).toPrecision(COMPUTED_DIGITS))
    return {
      key: keyOfLine(line),
      text,
      weight,
      recency,
      rank: pinned ? PINNED * (1 + decayed) : decayed,
      extras,
      origin,
    }
  }

  /** Adds the line of an entry to `own`, and those under its other keys to `others`. */
  #addLines(line: string, own: string[], others: string[]): void {
    const { key, text, weight, recency, rank, extras } = this.#stored(line)
    const { aliases, pinned, payload, contexts } = extras ?? NO_EXTRAS
    const details: Details = {
      ...(rank !== weight && { w: weight }),
      ...(recency !== 1 && { r: Number(recency.toPrecision(COMPUTED_DIGITS)) }),
      ...(pinned && { n: 1 }),
      ...(payload !== undefined && { p: payload }),
      ...(Object.keys(contexts).length > 0 && { c: contexts }),
    }
    const lineOf = (ofKey: string): string => {
      const parts: Line = { key: ofKey, text, rank }
      return encodeLine(Object.keys(details).length > 0 ? { ...parts, details } : parts)
    }
    const names = new Set([key, ...aliases.map(keyOf).filter((alias) => alias !== '' && !this.#blocked.has(alias))])
    const keys = new Set([...names].flatMap((name) => [name, ...alternateKeys(name)]))
    own.push(lineOf(key))
    for (const other of keys) if (other !== key) others.push(lineOf(other))
    for (const [name, values] of Object.entries(contexts)) {
      for (const value of new Set(values)) {
        for (const inAll of keys) others.push(lineOf(contextPrefix({ name, value }) + inAll))
      }
    }
  }
}

/** In a tag: no extras, or no file that is known. */
const NONE = -1
const NO_EXTRAS: Extras = { aliases: [], pinned: false, updated: undefined, payload: undefined, contexts: {} }

/** The dataset of entries that are at hand: {@link DatasetBuilder}. */
export function buildDataset(entries: Iterable<Entry>, options?: BuildOptions): Dataset {
  const builder = new DatasetBuilder()
  for (const entry of entries) builder.add(entry)
  return builder.build(options)
}

function keyOf(text: string): string {
  return isPlain(text) ? text : normalize(text).trimEnd()
}

const keyOfLine = (line: string) => line.slice(0, line.indexOf('\t'))

function haveOneKey(line: string, other: string): boolean {
  const end = line.indexOf('\t')
  // Most neighbours differ in length already, which saves the comparison.
  return other[end] === '\t' && other.startsWith(line.slice(0, end))
}

/** The better first. What ranks alike is told apart by whatever there is, so that it does not matter which comes first. */
function compareStored(a: Stored, b: Stored): number {
  return (
    b.rank - a.rank ||
    compareCodeUnits(a.text, b.text) ||
    b.weight - a.weight ||
    compareCodeUnits(b.extras ? JSON.stringify(b.extras) : '', a.extras ? JSON.stringify(a.extras) : '') ||
    (a.origin?.line ?? 0) - (b.origin?.line ?? 0)
  )
}

const nameOf = ({ file, line }: Origin) => `${file}:${line}`

/** A context and form in front of the longest prefix, in UTF-16 units: longer ones need no look. */
const MAX_ASKED_LENGTH = 2 * MAX_PREFIX_LENGTH + 256

/** Every prefix that is asked for and needs a ready list, sorted. */
function prefixesWithTopList(firstKeys: readonly string[]): string[] {
  const prefixes: string[] = []
  let before = 0
  for (let block = 1; block < firstKeys.length; block++) {
    const key = firstKeys[block] as string
    // A prefix that spans too many blocks begins the first keys of two in a row; where it did so before, it has been seen.
    const shared = Math.min(sharedLength(firstKeys[block - 1] as string, key), MAX_ASKED_LENGTH)
    for (let length = before + 1; length <= shared; length++) {
      const prefix = key.slice(0, length)
      if (isAskable(prefix) && hasTopList(blocksOfPrefix(firstKeys, prefix))) prefixes.push(prefix)
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

/** A list of the best lines of all. */
function topListOfAll(lines: readonly string[]): TopList {
  const list = new TopList('')
  for (const line of lines) list.add(line, rankIn(line, 0))
  return list
}

/** A prefix with the lines of its best entries, best first. */
class TopList {
  readonly prefix: string
  readonly best: string[] = []
  readonly #ranks: number[] = []

  constructor(prefix: string) {
    this.prefix = prefix
  }

  /** Takes a line; of equally high ones the first has the smallest key. Of the lines of one entry the first stays. */
  add(line: string, rank: number): void {
    const ranks = this.#ranks
    let at = ranks.length
    if (at === TOP_ENTRIES && rank <= (ranks[at - 1] as number)) return
    while (at > 0 && (ranks[at - 1] as number) < rank) at -= 1
    // Lines of one entry have one rank.
    for (let same = at - 1; same >= 0 && ranks[same] === rank; same--) {
      if (partsOf(this.best[same] as string).text === partsOf(line).text) return
    }
    ranks.splice(at, 0, rank)
    this.best.splice(at, 0, line)
    if (ranks.length > TOP_ENTRIES) {
      ranks.pop()
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
    const rank = rankIn(line, 0)
    for (const list of open) list.add(line, rank)
  }
  return lists
}
