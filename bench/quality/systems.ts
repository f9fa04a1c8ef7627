/** The systems to compare. All systems get the same entries and the same queries. */
import MiniSearch from 'minisearch'
import type { Entry } from '../../service/src/dataset/entries.ts'
import { fold } from '../../service/src/text/fold.ts'
import { spelling } from '../../service/src/text/spelling.ts'
import { compareCodeUnits } from '../../service/src/text/strings.ts'
import { UserError } from '../../tools/support/errors.ts'
import manifest from '../package.json' with { type: 'json' }
import { bySpelling, keyOf, pathOf } from '../queries.ts'
import { DEPTH } from './metrics.ts'

/** The version of MiniSearch. */
export const MINISEARCH = manifest.devDependencies.minisearch

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

/**
 * Queries MiniSearch as in its documentation: with `boostDocument`, and with `autoSuggest` and `fuzzy: 0.2`.
 * `autoSuggest` requires all words and treats the last one as a prefix. Words are split and folded as in the service,
 * so that these steps do not cause differences. The boost by the square root of the weight had a higher mean reciprocal
 * rank than boosts by the weight and by its logarithm (commit fdd876f1ff).
 */
export function miniSearch(entries: readonly KeyedEntry[]): Ask {
  const index = new MiniSearch<{ id: number; key: string }>({
    fields: ['key'],
    tokenize: (text) => text.split(' '),
    processTerm: (term) => fold(spelling(term)).trimEnd(),
  })
  index.addAll(entries.map(({ key }, id) => ({ id, key })))
  const boostDocument = (id: number) => Math.sqrt((entries[id] as KeyedEntry).weight + 1)
  return async (query) => {
    const found = index.autoSuggest(query, { fuzzy: 0.2, boostDocument })
    return found.slice(0, DEPTH).map(({ suggestion }) => suggestion)
  }
}

/**
 * Simulates a Redis sorted set with all entries. A query reads all keys that begin with it (`ZRANGEBYLEX`).
 * The key that equals the query comes first, followed by the keys with the highest weights.
 */
export function sortedSet(entries: readonly KeyedEntry[]): Ask {
  return async (query) => {
    const prefix = spelling(query)
    const isEqual = ({ key }: KeyedEntry) => Number(key === prefix)
    return entries
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => isEqual(b) - isEqual(a) || b.weight - a.weight || compareCodeUnits(a.key, b.key))
      .slice(0, DEPTH)
      .map(({ key }) => key)
  }
}
