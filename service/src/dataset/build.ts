import { createHash } from 'node:crypto'
import { buildIndex, type IndexedEntry } from '../index/build-index.ts'
import { type DatasetMeta, FORMAT } from '../index/dataset-meta.ts'
import { toIndexParts } from '../index/index-parts.ts'
import { DEFAULT_MATCH_SETTINGS, type MatchSettings } from '../index/match-settings.ts'
import { encodeIndex } from '../index/stored-index.ts'
import { blockEntriesFor, type Details, encodeBlock, textLine } from '../index/text-blocks.ts'
import { CURRENT_KEY, indexKey, metaKey, textsKey } from '../redis/dataset-keys.ts'
import { spelling } from '../text/spelling.ts'
import { compareCodeUnits, sortedOrder } from '../text/strings.ts'
import { wordsOf } from '../text/words.ts'
import { type Contexts, withoutBlocked } from './blocks.ts'
import { DatasetError } from './dataset-error.ts'
import type { Problem } from './entries.ts'
import { type Entry, isPlain } from './entry.ts'

/** A dataset that is ready to be written. */
export interface Dataset {
  meta: DatasetMeta
  /** Number of entries left out because another entry with the same spelling and contexts ranks higher. */
  duplicates: number
  /** Number of entries left out because they are blocked. */
  blocked: number
  /** Number of Redis keys that {@link keys} yields. */
  keyCount: number
  keys(): Iterable<[key: string, value: string | Buffer]>
}

export interface BuildOptions {
  /** Number of days between an entry's date and the newest date that halve its score. By default, dates are ignored. */
  halfLifeDays?: number
  match?: MatchSettings
  /** Called for each duplicate or blocked entry that was added with an origin. */
  onLeftOut?: (problem: Problem) => void
  /** Called at the start of each step. */
  onStep?: (step: 'sorting' | 'indexing' | 'compressing') => void
}

/** File and line of an entry. */
export type Origin = Pick<Problem, 'file' | 'line'>

/** An added entry. Most entries have only a text and a weight, and therefore no extras. */
interface Added {
  text: string
  spelled: string
  weight: number
  score: number
  extras: Extras | undefined
  origin: Origin | undefined
}

/** Data of an entry besides text and weight. */
interface Extras {
  aliases: readonly string[]
  pinned: boolean
  updated: number | undefined
  payload: unknown
  contexts: KeyedContexts
}

/**
 * The contexts of an entry. Entries with the same contexts, listed in the same order, share one object. This saves memory,
 * because there are few different combinations.
 */
interface KeyedContexts {
  values: Contexts
  /** Sorted `name:value` pairs. */
  pairs: readonly string[]
  /** The pairs, separated by line feeds. Equal contexts have equal keys. */
  key: string
}

/** Node of a tree that finds equal contexts. Names and their values alternate on the path from the root to a node. */
interface ContextNode {
  next?: Map<string, ContextNode>
  keyed?: KeyedContexts
}

const NO_CONTEXTS: KeyedContexts = { values: {}, pairs: [], key: '' }

/** A row that blocks entries. */
interface Block {
  contexts: KeyedContexts
  origin: Origin | undefined
}

export const DAY_MS = 86_400_000
/** Number of significant digits in scores that are computed from a date. More digits would only waste space. */
const SCORE_DIGITS = 6

/**
 * Builds a dataset from entries. If several entries have the same spelling and contexts, only the one that ranks
 * highest is kept (see docs/matching.md, "Terms"). The same entries always result in the same bytes, regardless of the
 * order in which they are added.
 */
export class DatasetBuilder {
  #added: Added[] = []
  readonly #blocks = new Map<string, Block[]>()
  readonly #contexts: ContextNode = {}
  #newest = Number.NEGATIVE_INFINITY

  /** Whether an entry that is not a block has a date. */
  get hasDates(): boolean {
    return this.#newest !== Number.NEGATIVE_INFINITY
  }

  /** @param origin reported if the entry is left out */
  add(entry: Entry, origin?: Origin): void {
    const spelled = spellingOf(entry.text)
    if (entry.blocked) {
      const block = { contexts: this.#keyed(entry.contexts ?? {}), origin }
      for (const name of [spelled, ...(entry.aliases ?? []).map(spellingOf)]) {
        const blocks = this.#blocks.get(name)
        if (blocks) blocks.push(block)
        else this.#blocks.set(name, [block])
      }
      return
    }
    const { text, weight, updated } = entry
    if (updated !== undefined) this.#newest = Math.max(this.#newest, updated)
    this.#added.push({ text, spelled, weight, score: weight, extras: this.#extrasOf(entry), origin })
  }

  /**
   * Builds the dataset. Call this method only once, because it empties the builder.
   * @throws {DatasetError} if no entry is left
   */
  build({ halfLifeDays, match = DEFAULT_MATCH_SETTINGS, onLeftOut, onStep }: BuildOptions = {}): Dataset {
    onStep?.('sorting')
    if (halfLifeDays !== undefined) for (const entry of this.#added) entry.score = this.#decayed(entry, halfLifeDays)
    const added = byRank(this.#added)
    this.#added = []
    const unique = withoutDuplicates(added, onLeftOut)
    // Sort the blocks, because the parts of an entry depend on their order.
    for (const blocks of this.#blocks.values()) blocks.sort(compareBlocks)
    const kept: Added[] = []
    let [blocked, total] = [0, 0]
    for (const entry of unique) {
      const blocks = this.#blocks.get(entry.spelled)
      const parts = blocks
        ? withoutBlocked(
            entry.extras?.contexts.values ?? {},
            blocks.map(({ contexts }) => contexts.values),
          )
        : undefined
      if (parts?.length === 0) {
        blocked += 1
        reportLeftOut(entry, `blocked${placeOf(blocks?.[0]?.origin, ' by ')}`, onLeftOut)
        continue
      }
      total += entry.score
      if (parts?.length === 1 || !parts) kept.push(parts ? withContexts(entry, parts[0] as Contexts) : entry)
      else kept.push(...parts.map((part) => withContexts(entry, part)).sort(compareAdded))
    }
    if (kept.length === 0) throw new DatasetError('the dataset contains no valid entries')
    onStep?.('indexing')
    const index = encodeIndex(buildIndex(this.#indexed(kept)))
    onStep?.('compressing')
    const meanScore = total / (unique.length - blocked)
    return datasetOf(kept, index, meanScore, match, { duplicates: added.length - unique.length, blocked })
  }

  #extrasOf({ aliases, pinned, updated, payload, contexts }: Entry): Extras | undefined {
    if (!aliases && !pinned && updated === undefined && payload === undefined && !contexts) return undefined
    return {
      aliases: aliases ?? [],
      pinned: pinned ?? false,
      updated,
      payload,
      contexts: contexts ? this.#keyed(contexts) : NO_CONTEXTS,
    }
  }

  #keyed(values: Contexts): KeyedContexts {
    let node = this.#contexts
    for (const name in values) for (const value of values[name] as string[]) node = childOf(childOf(node, name), value)
    node.keyed ??= keyedContexts(values)
    return node.keyed
  }

  #decayed({ weight, extras }: Added, halfLifeDays: number): number {
    const recency = recencyOf(extras, this.#newest, halfLifeDays)
    return recency === 1 ? weight : Number((weight * recency).toPrecision(SCORE_DIGITS))
  }

  *#indexed(kept: readonly Added[]): Iterable<IndexedEntry> {
    for (const { spelled, score, extras } of kept) {
      if (!extras) yield { names: [spelled], score, isPinned: false, contexts: NO_CONTEXTS.pairs }
      else {
        const { aliases, pinned: isPinned, contexts } = extras
        const names = aliases.length > 0 ? [spelled, ...this.#aliasNames(aliases, spelled)] : [spelled]
        yield { names, score, isPinned, contexts: contexts.pairs }
      }
    }
  }

  /**
   * Returns the distinct spellings of aliases, without the spelling of the text, and without spellings that are blocked
   * everywhere or contain no word.
   */
  #aliasNames(aliases: readonly string[], spelled: string): string[] {
    const isBlocked = (name: string) => this.#blocks.get(name)?.some(({ contexts }) => contexts.key === '') ?? false
    const names = new Set(aliases.map(spellingOf).filter((name) => !isBlocked(name) && wordsOf(name).words.length > 0))
    names.delete(spelled)
    return [...names]
  }
}

/** Builds a dataset from entries that are all in memory. */
export function buildDataset(entries: Iterable<Entry>, options?: BuildOptions): Dataset {
  const builder = new DatasetBuilder()
  for (const entry of entries) builder.add(entry)
  return builder.build(options)
}

function spellingOf(text: string): string {
  return isPlain(text) ? spelling(text) : spelling(text).trimEnd()
}

function childOf(node: ContextNode, key: string): ContextNode {
  node.next ??= new Map()
  let child = node.next.get(key)
  if (!child) {
    child = {}
    node.next.set(key, child)
  }
  return child
}

function keyedContexts(values: Contexts): KeyedContexts {
  const all = Object.entries(values).flatMap(([name, some]) => some.map((value) => `${name}:${value}`))
  const pairs = [...new Set(all)].sort()
  return { values, pairs, key: pairs.join('\n') }
}

const contextsKeyOf = ({ extras }: Added) => extras?.contexts.key ?? ''

function withContexts(entry: Added, values: Contexts): Added {
  return { ...entry, extras: entry.extras && { ...entry.extras, contexts: keyedContexts(values) } }
}

function recencyOf(extras: Extras | undefined, newest: number, halfLifeDays: number): number {
  return extras?.updated === undefined ? 1 : 2 ** ((extras.updated - newest) / DAY_MS / halfLifeDays)
}

/**
 * Sorts entries with {@link compareAdded}. First sorts them by score and spelling without a comparison function, which
 * is three times as fast. The sort with the comparison function then has almost nothing to move.
 */
function byRank(entries: readonly Added[]): Added[] {
  // Map.groupBy crashes the process, instead of throwing an error, if there are more scores than a Map can have.
  const entriesByScore = new Map<number, Added[]>()
  for (const entry of entries) {
    const same = entriesByScore.get(entry.score)
    if (same) same.push(entry)
    else entriesByScore.set(entry.score, [entry])
  }
  const scores = Float64Array.from(entriesByScore.keys()).sort().reverse()
  return Array.from(scores, (score) => bySpelling(entriesByScore.get(score) as Added[]))
    .flat()
    .sort(compareAdded)
}

function bySpelling(entries: readonly Added[]): Added[] {
  return Array.from(sortedOrder(entries.map(({ spelled }) => spelled)), (i) => entries[i] as Added)
}

/**
 * Compares by the order in docs/matching.md, and then by all other fields, so that the order of the input does not
 * matter.
 */
function compareAdded(a: Added, b: Added): number {
  const pinned = Number(b.extras?.pinned ?? false) - Number(a.extras?.pinned ?? false)
  return (
    pinned ||
    b.score - a.score ||
    compareCodeUnits(a.spelled, b.spelled) ||
    compareCodeUnits(a.text, b.text) ||
    compareCodeUnits(contextsKeyOf(a), contextsKeyOf(b)) ||
    b.weight - a.weight ||
    compareCodeUnits(comparableRest(a.extras), comparableRest(b.extras)) ||
    (a.origin?.line ?? 0) - (b.origin?.line ?? 0)
  )
}

/** Sorts blocks. Those without contexts, which apply everywhere, come first. */
function compareBlocks(a: Block, b: Block): number {
  return compareCodeUnits(a.contexts.key, b.contexts.key)
}

/** The fields that {@link compareAdded} compares last, as text. */
const comparableRest = (extras: Extras | undefined) =>
  JSON.stringify([extras?.payload ?? null, extras?.aliases ?? [], extras?.updated ?? null])

/** Keeps only the first of the sorted entries that have the same spelling and contexts. */
function withoutDuplicates(sorted: readonly Added[], onLeftOut: BuildOptions['onLeftOut']): Added[] {
  const first = new Map<string, Added>()
  /** For the first entry with each spelling, the others that are kept, by the keys of their contexts. */
  const others = new Map<Added, Map<string, Added>>()
  return sorted.filter((entry) => {
    const known = first.get(entry.spelled)
    if (!known) {
      first.set(entry.spelled, entry)
      return true
    }
    const key = contextsKeyOf(entry)
    let better: Added | undefined = known
    if (contextsKeyOf(known) !== key) {
      const same = others.get(known) ?? new Map<string, Added>()
      others.set(known, same)
      better = same.get(key)
      if (!better) {
        same.set(key, entry)
        return true
      }
    }
    reportLeftOut(entry, `a duplicate of ${JSON.stringify(better.text)}${placeOf(better.origin, ', ')}`, onLeftOut)
    return false
  })
}

function reportLeftOut({ origin }: Added, reason: string, onLeftOut: BuildOptions['onLeftOut']): void {
  if (origin) onLeftOut?.({ ...origin, reason })
}

const placeOf = (origin: Origin | undefined, before: string) => (origin ? `${before}${origin.file}:${origin.line}` : '')

function detailsOf({ weight, score, extras }: Added): Details | undefined {
  const payload = extras?.payload
  const isPinned = extras?.pinned ?? false
  if (score === weight && !isPinned && payload === undefined) return undefined
  return {
    ...(score !== weight && { w: weight, r: Number((score / weight).toPrecision(SCORE_DIGITS)) }),
    ...(isPinned && { n: 1 as const }),
    ...(payload !== undefined && { p: payload }),
  }
}

function datasetOf(
  entries: readonly Added[],
  index: Uint8Array,
  meanScore: number,
  match: MatchSettings,
  leftOut: Pick<Dataset, 'duplicates' | 'blocked'>,
): Dataset {
  const lines = entries.map((entry) => textLine(entry.text, detailsOf(entry)))
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
  const blockEntries = blockEntriesFor(bytes / lines.length)
  const blocks = Math.ceil(lines.length / blockEntries)
  const blockValue = (block: number) =>
    encodeBlock(block, lines.slice(block * blockEntries, (block + 1) * blockEntries))
  const hash = createHash('sha256')
    .update(`${FORMAT} ${JSON.stringify(match)} ${meanScore}\n`)
    .update(index)
  for (let block = 0; block < blocks; block++) hash.update(blockValue(block))
  const version = hash.digest('hex').slice(0, 16)
  const parts = toIndexParts(index)
  const meta: DatasetMeta = {
    format: FORMAT,
    version,
    entries: entries.length,
    blockEntries,
    indexParts: parts.length,
    indexBytes: index.length,
    meanScore,
    match,
  }
  return {
    meta,
    ...leftOut,
    keyCount: 2 + parts.length + blocks,
    *keys() {
      yield [CURRENT_KEY, version]
      yield [metaKey(version), JSON.stringify(meta)]
      for (const [part, value] of parts.entries()) yield [indexKey(version, part), value]
      for (let block = 0; block < blocks; block++) yield [textsKey(version, block), blockValue(block)]
    },
  }
}
