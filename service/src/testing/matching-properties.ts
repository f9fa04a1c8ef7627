/** Assertions that a search gives the same answers as the reference. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Entry } from '../dataset/entries.ts'
import { catalogs } from './catalogs.ts'
import { MUTATIONS } from './query-mutations.ts'
import type { Random } from './random.ts'
import { type ReferenceDataset, type ReferenceOptions, referenceDataset } from './reference-dataset.ts'
import { type ReferenceMatch, type ReferenceQuery, referenceSearch } from './reference-search.ts'

/** A suggestion, as returned by the tested search. */
export interface Answered {
  text: string
  match: ReferenceMatch
  score: number
  payload?: unknown
}

/** Builds an index of entries and returns its search. */
export type Build = (
  entries: readonly Entry[],
  options: ReferenceOptions,
) => (query: ReferenceQuery) => readonly Answered[]

const LETTERS = [...'aeinorst1ㅏ시йภาー']
const MAX_QUERY_LENGTH = 64
const SCORE_DIGITS = 9

/**
 * Asserts that a search gives the same answers as the reference to all queries in generated catalogs.
 * @param numRuns number of catalogs
 * @param seed determines the catalogs
 */
export function expectReferenceInCatalogs(build: Build, numRuns: number, seed: number): void {
  fc.assert(
    fc.property(catalogs, ({ entries, queries, ...options }) => {
      const dataset = referenceDataset(entries, options)
      // The builder rejects datasets in which all entries are blocked.
      fc.pre(dataset.entries.length > 0)
      const search = build(entries, options)
      for (const query of queries) expectReference(search, dataset, query)
    }),
    { numRuns, seed },
  )
}

/**
 * Asserts that a search gives the same answers as the reference to random queries for entries.
 * @param count number of queries
 * @param random source of the queries
 */
export function expectReferenceIn(
  entries: readonly Entry[],
  build: Build,
  count: number,
  random: Random,
  options: ReferenceOptions = {},
): void {
  const search = build(entries, options)
  const dataset = referenceDataset(entries, options)
  for (let at = 0; at < count; at++) expectReference(search, dataset, randomQuery(entries, random))
}

/**
 * Derives a query from an entry by up to two mutations. Some queries have filters or boosts for contexts of entries.
 */
export function randomQuery(entries: readonly Entry[], random: Random): ReferenceQuery {
  const { text, aliases = [] } = random.of(entries)
  const kinds = Object.values(MUTATIONS)
  let query = random.of([text, text, ...aliases])
  for (let left = random.below(3); left > 0; left--)
    query = random.of(kinds)(query, random.below(100), random.of(LETTERS))
  const contextOf = ({ contexts = {} }: Entry) =>
    Object.entries(contexts).flatMap(([name, values]) => ({ name, value: random.of(values) }))
  return {
    query: [...query].slice(0, MAX_QUERY_LENGTH).join(''),
    limit: random.oneIn(2) ? 10 : 1 + random.below(50),
    filters: random.oneIn(3) ? contextOf(random.of(entries)) : [],
    boosts: random.oneIn(4)
      ? contextOf(random.of(entries)).map((context) => ({ ...context, factor: random.of([1.5, 2, 10]) }))
      : [],
  }
}

function expectReference(
  search: (query: ReferenceQuery) => readonly Answered[],
  dataset: ReferenceDataset,
  query: ReferenceQuery,
): void {
  const shown = ({ text, match, score, payload }: Answered) => ({
    text,
    match,
    score: Number(score.toPrecision(SCORE_DIGITS)),
    ...(payload !== undefined && { payload }),
  })
  const expected = referenceSearch(dataset, query).map(({ entry, ...rest }) =>
    shown({ ...rest, payload: entry.payload }),
  )
  // Comparing the query, too, makes it part of the failure message.
  expect({ query, answer: search(query).map(shown) }).toEqual({ query, answer: expected })
}
