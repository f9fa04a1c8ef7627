/** A named property of an entry, such as its category. */
export interface Context {
  name: string
  value: string
}

/** A context whose entries get a higher score. */
export interface Boost extends Context {
  /** The factor applied to the score, at least 1. */
  factor: number
}

export interface SearchQuery {
  /** The text as sent by the client. An empty string finds the best entries overall. */
  query: string
  limit: number
  /** Contexts that entries must have: for each name, at least one of the values given for it. */
  filters: readonly Context[]
  boosts: readonly Boost[]
}

/** The kinds of match, in the order in which an answer lists them. */
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

/** The kinds of match that treat the query as mistyped. */
export const CORRECTIONS: ReadonlySet<Match> = new Set(['layout', 'typo', 'firstLetter'])

/** An entry that matches a query. */
export interface FoundMatch {
  entry: number
  /** The name that matches. */
  name: number
  match: Match
  /** The entry's score multiplied by its boosts. */
  score: number
}
