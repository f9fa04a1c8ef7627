/** The systems to compare. All systems get the same entries and the same queries. */
import { Redis } from 'ioredis'
import MiniSearch from 'minisearch'
import type { Entry } from '../../service/src/dataset/entries.ts'
import { fold } from '../../service/src/text/fold.ts'
import { spelling } from '../../service/src/text/spelling.ts'
import { compareCodeUnits } from '../../service/src/text/strings.ts'
import { UserError } from '../../tools/support/errors.ts'
import { bySpelling, keyOf, pathOf } from '../queries.ts'
import { benchUserUrl } from '../stack.ts'
import { DEPTH } from './metrics.ts'

/** The display names of the systems. */
export const SYSTEMS = { service: 'service', miniSearch: 'MiniSearch', sortedSet: 'sorted set' } as const
export type SystemName = keyof typeof SYSTEMS

/** The keys of the suggestions for a query, best first. */
export type Ask = (query: string) => Promise<string[]>

/** An entry with its spelling. */
export interface KeyedEntry {
  key: string
  weight: number
}

/** Returns, for each spelling, the entry with the highest weight. */
export function keyedEntries(entries: readonly Entry[]): KeyedEntry[] {
  return Array.from(bySpelling(entries), ([key, { weight }]) => ({ key, weight }))
}

/** Queries the service over HTTP. */
export function askService(url: string): Ask {
  return async (query) => {
    const response = await fetch(`${url}${pathOf(query, `&limit=${DEPTH}`)}`)
    if (!response.ok) throw new UserError(`the service answered ${query} with ${response.status}`)
    const { suggestions } = (await response.json()) as { suggestions: { text: string }[] }
    return suggestions.map(({ text }) => keyOf(text))
  }
}

/** Candidate functions that boost the relevance of an entry in MiniSearch. The best one is used. */
export const BOOSTS = {
  weight: (weight: number) => weight + 1,
  'root of weight': (weight: number) => Math.sqrt(weight + 1),
  'logarithm of weight': (weight: number) => Math.log(weight + 2),
} as const
export type Boost = keyof typeof BOOSTS

/**
 * Queries MiniSearch as in its documentation: with `boostDocument`, and with `autoSuggest` and `fuzzy: 0.2`.
 * `autoSuggest` requires all words and treats the last one as a prefix. Words are split and folded as in the service,
 * so that these steps do not cause differences.
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

const SET = 'z:all'
const CHUNK = 1000

/**
 * Loads all entries into one sorted set as `key<TAB>weight` with score 0, so that it is sorted by key. A query is one
 * `ZRANGEBYLEX` over its prefix. The suggestions are the entry that equals the query, and then the
 * other entries with the highest weights.
 */
export async function sortedSet(url: string, entries: readonly KeyedEntry[]): Promise<{ ask: Ask; close(): void }> {
  const redis = new Redis(benchUserUrl(url), { enableReadyCheck: false })
  for (let at = 0; at < entries.length; at += CHUNK) {
    const members = entries.slice(at, at + CHUNK).flatMap(({ key, weight }) => [0, `${key}\t${weight}`])
    await redis.zadd(SET, ...members)
  }
  const ask = async (query: string) => {
    const prefix = spelling(query)
    // UTF-8 contains no byte 255, so this bound is above everything that begins with the prefix.
    const end = Buffer.concat([Buffer.from(`[${prefix}`), Buffer.from([0xff])])
    const members = await redis.zrangebylex(SET, `[${prefix}`, end)
    return plainSort(members.map(toEntry), prefix).slice(0, DEPTH)
  }
  return { ask, close: () => redis.disconnect() }
}

function toEntry(member: string): KeyedEntry {
  const tab = member.indexOf('\t')
  return { key: member.slice(0, tab), weight: Number(member.slice(tab + 1)) }
}

/** Returns the keys in descending order of weight, then by key. A key that equals the query comes before all others. */
export function plainSort(entries: readonly KeyedEntry[], query: string): string[] {
  const isEqual = ({ key }: KeyedEntry) => Number(key === query)
  return entries
    .toSorted((a, b) => isEqual(b) - isEqual(a) || b.weight - a.weight || compareCodeUnits(a.key, b.key))
    .map(({ key }) => key)
}
