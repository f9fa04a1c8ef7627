/** Those that are compared: each is given the same entries and asked the same queries. */
import { Redis } from 'ioredis'
import MiniSearch from 'minisearch'
import type { Entry } from '../../../../service/src/dataset/entries.ts'
import { fold } from '../../../../service/src/text/fold.ts'
import { spelling } from '../../../../service/src/text/spelling.ts'
import { compareCodeUnits } from '../../../../service/src/text/strings.ts'
import { UserError } from '../../../support/errors.ts'
import { lowerBound } from '../lower-bound.ts'
import { DEPTH } from './metrics.ts'

export const SYSTEMS = ['service', 'miniSearch', 'sortedSet'] as const
export type SystemName = (typeof SYSTEMS)[number]

/** The keys of the suggestions for a query, best first. */
export type Ask = (query: string) => Promise<string[]>

/** An entry by its spelling. */
export interface KeyedEntry {
  key: string
  weight: number
}

/** Of entries that the service holds for one the heaviest. */
export function keyedEntries(entries: readonly Entry[]): KeyedEntry[] {
  const weights = new Map<string, number>()
  for (const { text, weight } of entries) {
    const key = spelling(text).trimEnd()
    weights.set(key, Math.max(weight, weights.get(key) ?? 0))
  }
  return [...weights].map(([key, weight]) => ({ key, weight }))
}

/** Asks the service by HTTP. */
export function askService(url: string): Ask {
  return async (query) => {
    const response = await fetch(`${url}/autocomplete?q=${encodeURIComponent(query)}&limit=${DEPTH}`)
    if (!response.ok) throw new UserError(`the service answered ${query} with ${response.status}`)
    const { suggestions } = (await response.json()) as { suggestions: { text: string }[] }
    return suggestions.map(({ text }) => spelling(text).trimEnd())
  }
}

/** By what MiniSearch multiplies the relevance of an entry; which serves best is tried. */
export const BOOSTS = {
  weight: (weight: number) => weight + 1,
  'root of weight': (weight: number) => Math.sqrt(weight + 1),
  'logarithm of weight': (weight: number) => Math.log(weight + 2),
} as const
export type Boost = keyof typeof BOOSTS

/**
 * Asks MiniSearch, as its documentation has it: `autoSuggest` with `fuzzy: 0.2`, its own default of the last word as a prefix and all
 * words needed, and `boostDocument`. Words are parted and folded as the service does, so that nothing is missed for that.
 */
export function miniSearch(entries: readonly KeyedEntry[]): (boost: Boost) => Ask {
  const index = new MiniSearch<{ id: number; key: string }>({
    fields: ['key'],
    tokenize: (text) => text.split(' '),
    processTerm: (term) => fold(spelling(term)).trimEnd(),
  })
  index.addAll(entries.map(({ key }, id) => ({ id, key })))
  return (boost) => async (query) => {
    const boostDocument = (id: number) => BOOSTS[boost]((entries[id] as KeyedEntry).weight)
    const found = index.autoSuggest(query, { fuzzy: 0.2, boostDocument })
    return found.slice(0, DEPTH).map(({ suggestion }) => suggestion)
  }
}

const SET = 'quality'
const USER = 'quality'
const CHUNK = 1000

/** Arguments of a Redis that lets this in beside the service, whose own rights stay as they are. */
export const REDIS_ARGUMENTS = ['--user', USER, 'on', 'nopass', `~${SET}`, '-@all', '+@read', '+@connection', '+zadd']

/**
 * Loads one sorted set of all entries, `key<TAB>weight` with score 0, so that they lie by key. A query is one `ZRANGEBYLEX` over
 * its beginning; of all that this gives, the one that equals the query and the heaviest are the suggestions.
 */
export async function sortedSet(
  url: string,
  entries: readonly KeyedEntry[],
): Promise<{ ask: Ask; close(): Promise<void> }> {
  const { hostname: host, port } = new URL(url)
  const redis = new Redis({ host, port: Number(port), username: USER, password: 'none', enableReadyCheck: false })
  for (let at = 0; at < entries.length; at += CHUNK) {
    const members = entries.slice(at, at + CHUNK).flatMap(({ key, weight }) => [0, `${key}\t${weight}`])
    await redis.zadd(SET, ...members)
  }
  const ask = async (query: string) => {
    const prefix = spelling(query)
    // No byte of UTF-8 is 255: everything that begins with the prefix is below.
    const end = Buffer.concat([Buffer.from(`[${prefix}`), Buffer.from([0xff])])
    const members = await redis.zrangebylex(SET, `[${prefix}`, end)
    return plainSort(members.map(toEntry), prefix).slice(0, DEPTH)
  }
  return {
    ask,
    close: async () => {
      await redis.quit()
    },
  }
}

function toEntry(member: string): KeyedEntry {
  const tab = member.indexOf('\t')
  return { key: member.slice(0, tab), weight: Number(member.slice(tab + 1)) }
}

/** How many entries begin with a prefix. */
export function beginningCounter(entries: readonly KeyedEntry[]): (prefix: string) => number {
  const keys = entries.map(({ key }) => key).sort(compareCodeUnits)
  return (prefix) => {
    const start = lowerBound(keys.length, (at) => (keys[at] as string) >= prefix)
    const end = lowerBound(keys.length, (at) => {
      const key = keys[at] as string
      return key > prefix && !key.startsWith(prefix)
    })
    return end - start
  }
}

/** The keys by falling weight, equal ones by key; the one that equals the query is the first. */
export function plainSort(entries: readonly KeyedEntry[], query: string): string[] {
  const isEqual = ({ key }: KeyedEntry) => Number(key === query)
  return entries
    .toSorted((a, b) => isEqual(b) - isEqual(a) || b.weight - a.weight || compareCodeUnits(a.key, b.key))
    .map(({ key }) => key)
}
