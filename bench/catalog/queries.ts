/** A catalog of product titles, a list of Korean words, and queries for both. */
import { bundledWords } from '../../service/src/dataset/words.ts'
import type { Match, SearchQuery } from '../../service/src/search/query.ts'
import { productTitles } from '../../service/src/testing/product-titles.ts'
import { initials } from '../../service/src/text/hangul.ts'
import { randomFrom } from '../../tools/support/random.ts'
import { pathOf } from '../queries.ts'
import { writeEntries } from '../stack.ts'
import type { KindQuery } from './probe.ts'

/** The kinds of queries for titles. */
export const TITLE_KINDS = ['prefix', 'any order', 'two filters', 'boost', 'infix', 'typo'] as const
/** The kind of query for Korean words. */
const INITIALS = 'initials'
type Kind = (typeof TITLE_KINDS)[number] | typeof INITIALS

/** A fixed seed, so that the titles are always the same. */
const TITLES_SEED = 1
const LIMIT = 10
/** The number of titles from which queries are made. Every catalog begins with the same titles. */
const TITLES = 5000
/**
 * For some kinds of queries, the match that the answer must contain. Queries without this match are not measured,
 * because the search usually did not try it: it had already found enough other entries.
 */
const MATCHES: Partial<Record<Kind, Match>> = { infix: 'infix', typo: 'typo', initials: 'initials' }

type Draw = (end: number) => number

/** Writes a dataset file with product titles, each with two contexts. Returns its path. */
export const writeTitles = (file: string, count: number): Promise<string> =>
  writeEntries(file, [...productTitles(count, TITLES_SEED)])

/** Returns queries of one kind for a catalog of titles. The same seed gives the same queries. */
export function titleQueries(kind: (typeof TITLE_KINDS)[number], count: number, seed: number): KindQuery[] {
  const random = randomFrom(seed)
  const draw: Draw = (end) => Math.floor(random() * end)
  const titles = [...productTitles(TITLES, TITLES_SEED)]
  const make = (): Partial<SearchQuery> & { query: string } => {
    const { text, contexts = {} } = titles[draw(titles.length)] as (typeof titles)[number]
    const words = text.split(' ').filter((word) => word.length > 2)
    const first = words[draw(words.length)] as string
    const second = words.find((word) => word !== first) ?? first
    switch (kind) {
      case 'prefix':
        return { query: beginning(text, 1, draw) }
      case 'any order':
        return { query: `${first} ${beginning(second, 1, draw)}` }
      case 'two filters': {
        const filters = Object.entries(contexts).map(([name, values]) => ({ name, value: values[0] as string }))
        return { query: beginning(text, 1, draw).slice(0, 8), filters }
      }
      case 'boost': {
        const [name, values] = Object.entries(contexts)[0] as [string, string[]]
        return { query: beginning(text, 1, draw), boosts: [{ name, value: values[0] as string, factor: 2 }] }
      }
      case 'infix':
        return { query: beginning(first.slice(1), 3, draw) }
      case 'typo':
        return { query: beginning(withSwap(text, draw), 5, draw) }
    }
  }
  return Array.from({ length: count }, () => toKindQuery(kind, make()))
}

/** Returns queries that are prefixes of the initials of Korean words. */
export async function initialQueries(count: number, seed: number): Promise<KindQuery[]> {
  const random = randomFrom(seed)
  const words = await koreanWords()
  return Array.from({ length: count }, () => {
    const typed = initials(words[Math.floor(random() * words.length)]?.text as string)
    return toKindQuery(INITIALS, { query: typed.slice(0, 1 + Math.floor(random() * typed.length)) })
  })
}

/** Returns the Korean words that come with the project. */
export async function koreanWords() {
  return (await bundledWords()).filter(({ text }) => /^[가-힣]+$/.test(text))
}

/** Returns the request path of a query. */
export function pathOfKind({ query: { query, limit, filters, boosts } }: KindQuery): string {
  const filter = filters.map(({ name, value }) => `&filter=${encodeURIComponent(`${name}:${value}`)}`)
  const boost = boosts.map(({ name, value, factor }) => `&boost=${encodeURIComponent(`${name}:${value}:${factor}`)}`)
  return pathOf(query, `&limit=${limit}${filter.join('')}${boost.join('')}`)
}

function toKindQuery(kind: Kind, query: Partial<SearchQuery> & { query: string }): KindQuery {
  const match = MATCHES[kind]
  return { kind, ...(match && { match }), query: { limit: LIMIT, filters: [], boosts: [], ...query } }
}

/**
 * Returns a random prefix of a string, with at least `least` characters if the string is long enough. White space at
 * the end of the prefix is then removed.
 */
function beginning(text: string, least: number, draw: Draw): string {
  return text.slice(0, least + draw(Math.max(1, text.length - least + 1))).trimEnd()
}

/** Returns a string with two neighboring characters swapped. */
function withSwap(text: string, draw: Draw): string {
  const at = 1 + draw(Math.max(1, text.length - 2))
  return text.slice(0, at) + (text[at + 1] ?? '') + text[at] + text.slice(at + 2)
}
