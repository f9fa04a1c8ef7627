/** An answer of the service; see /openapi.json. */
export interface Answer<Payload = unknown> {
  query: string
  /** The text that was searched for instead, if the query was corrected. */
  corrected?: string
  suggestions: Suggestion<Payload>[]
  /** Version of the data. */
  version: string
}

/** Best first. */
export interface Suggestion<Payload = unknown> {
  text: string
  score: number
  /** Any JSON value that the entry has in the dataset. */
  payload?: Payload
  /** How the entry was found; with the parameter `highlight` or `explain`. */
  match?: Match
  /** Matching parts of the text, in UTF-16 units, the end exclusive; with `highlight` or `explain`. */
  highlight?: [start: number, end: number][]
  /** With the parameter `explain`. */
  explain?: Explanation
}

export type Match =
  | 'exact'
  | 'prefix'
  | 'alias'
  | 'hangul'
  | 'initials'
  | 'word'
  | 'layout'
  | 'typo'
  | 'infix'
  | 'firstLetter'
  | 'partial'

/** Why a suggestion has its position: the score is weight × recency × boost. */
export interface Explanation {
  match: Match
  /** Whether it comes before all others of its match. */
  pinned: boolean
  weight: number
  /** Characters of the text. */
  length: number
  recency: number
  boost: number
}

export interface ClientOptions {
  /** Address of the service, `/autocomplete` by default. It may be relative, and may have parameters of its own. */
  url?: string | URL
  /** Address for an empty text, such as `/popular`. Without it, an empty text gets an empty answer without a request. */
  popularUrl?: string | URL
  /** Maximum number of suggestions, 1 to 50; 10 by default. */
  limit?: number
  /** Delay before a text is sent, in milliseconds; 80 by default. */
  debounceMs?: number
  /** Number of answers that are remembered until they expire or the data changes; 200 by default, 0 for none. */
  cacheEntries?: number
  /** How long an answer is remembered. Defaults to the service's `Cache-Control`. */
  maxAgeSeconds?: number
  /** Further parameters of every query, an array for one with several values: `{ highlight: '1', filter: ['category:fruit', 'locale:en'] }`. */
  parameters?: Record<string, string | readonly string[]>
  /** Replaces the browser's own. */
  fetch?: typeof fetch
}

export interface AutocompleteClient<Payload = unknown> {
  /**
   * Gets the suggestions for a text, immediately if the answer is remembered. Of a text with more than 64 characters, only the
   * first 64 are sent. An empty text gets an empty answer, or what `popularUrl` answers.
   * @returns undefined if a later call has replaced this one
   * @throws {AutocompleteError} if the service answers with an error, or not at all
   * @throws the signal's reason if it is aborted
   */
  suggest(text: string, options?: { signal?: AbortSignal }): Promise<Answer<Payload> | undefined>
  /** Forgets all answers. */
  clear(): void
}

/** An error from the service, or no answer at all. */
export declare class AutocompleteError extends Error {
  constructor(status: number, code: string, message: string, options?: ErrorOptions)
  /** HTTP status; 0 if the service could not be reached. */
  readonly status: number
  /** A stable word for programs: the service's own, or `unreachable`. */
  readonly code: string
}

/** Creates a client for one search box. */
export declare function createAutocompleteClient<Payload = unknown>(
  options?: ClientOptions,
): AutocompleteClient<Payload>
