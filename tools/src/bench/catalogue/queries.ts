/** Queries that people ask a catalogue of product titles, and a list of Korean words. */
import { bundledWords } from '../../../../service/src/dataset/words.ts'
import type { Match, SearchQuery } from '../../../../service/src/search/query.ts'
import { productTitles } from '../../../../service/src/testing/product-titles.ts'
import { initials } from '../../../../service/src/text/hangul.ts'
import { randomFrom } from '../load.ts'
import type { KindQuery } from './probe.ts'
import { TITLES_SEED } from './titles.ts'

/** Kinds of queries for titles; the others are compared with the first. */
export const TITLE_KINDS = ['prefix', 'any order', 'two filters', 'infix', 'typo'] as const
/** Initials are asked of Korean words. */
export const INITIALS = 'initials'
type Kind = (typeof TITLE_KINDS)[number] | typeof INITIALS

const LIMIT = 10
/** Titles that the queries are made of: as every catalogue begins with the same, they are in all. */
const TITLES = 5000
/** The search finds these only where it finds little else: queries without them are no example of their kind. */
const MATCHES: Partial<Record<Kind, Match>> = { infix: 'infix', typo: 'typo', initials: 'initials' }

type Draw = (end: number) => number

/** Queries of a kind for a catalogue of {@link productTitles}, the same for the same seed. */
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
      case 'infix':
        return { query: beginning(first.slice(1), 3, draw) }
      case 'typo':
        return { query: beginning(withSwap(text, draw), 5, draw) }
    }
  }
  return Array.from({ length: count }, () => toKindQuery(kind, make()))
}

/** The initials of Korean words, typed one by one. */
export async function initialQueries(count: number, seed: number): Promise<KindQuery[]> {
  const random = randomFrom(seed)
  const words = await koreanWords()
  const pick = () => words[Math.floor(random() * words.length)]?.text as string
  return Array.from({ length: count }, () => {
    const typed = initials(pick())
    return toKindQuery(INITIALS, { query: typed.slice(0, 1 + Math.floor(random() * typed.length)) })
  })
}

/** The Korean words that come with the project. */
export async function koreanWords() {
  return (await bundledWords()).filter(({ text }) => /^[가-힣]+$/.test(text))
}

function toKindQuery(kind: Kind, query: Partial<SearchQuery> & { query: string }): KindQuery {
  const match = MATCHES[kind]
  return { kind, ...(match && { match }), query: { limit: LIMIT, filters: [], boosts: [], ...query } }
}

/** The beginning of a text, of at least so many characters if it has them. */
function beginning(text: string, least: number, draw: Draw): string {
  return text.slice(0, least + draw(Math.max(1, text.length - least + 1))).trimEnd()
}

/** A text with two neighboring letters of a word swapped. */
function withSwap(text: string, draw: Draw): string {
  const at = 1 + draw(Math.max(1, text.length - 2))
  return text.slice(0, at) + (text[at + 1] ?? '') + text[at] + text.slice(at + 2)
}
