/** A named property of entries, such as their category. */
export interface Context {
  name: string
  value: string
}

/** A context whose entries count for more. */
export interface Boost extends Context {
  /** What their score is multiplied by: 1 or more. */
  factor: number
}

/** What is searched for. */
export interface SearchQuery {
  /** As the client sent it; empty for the best entries of all. */
  query: string
  limit: number
  /** Contexts that entries must have: all of the names, of each name one of the values. */
  filters: readonly Context[]
  boosts: readonly Boost[]
}

/** How an entry was found, in the order in which answers are sorted. */
export const MATCHES = [
  'exact',
  'prefix',
  'alias',
  'hangul',
  'initials',
  'word',
  'layout',
  'typo',
  'infix',
  'firstLetter',
  'partial',
] as const
export type Match = (typeof MATCHES)[number]

/** An entry that answers a query. */
export interface FoundMatch {
  entry: number
  /** The name by which it was found. */
  name: number
  match: Match
  /** The score of the entry times the boosts. */
  score: number
}
