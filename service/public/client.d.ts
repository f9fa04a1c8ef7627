/** An answer of the service; see /openapi.json. */
export interface Answer<Payload = unknown> {
  query: string
  /** What was meant, when that is what is suggested. */
  corrected?: string
  suggestions: Suggestion<Payload>[]
  /** Of the data. */
  version: string
}

/** Best first. */
export interface Suggestion<Payload = unknown> {
  text: string
  score: number
  /** What the data says of the entry besides. */
  payload?: Payload
  /** How it was found; with the parameter `highlight` or `explain`. */
  match?: Match
  /** Parts of the text that fit, from the first to behind the last UTF-16 unit; with `highlight` or `explain`. */
  highlight?: [start: number, end: number][]
  /** With the parameter `explain`. */
  explain?: Explanation
}

export type Match = 'prefix' | 'alias' | 'hangul' | 'initials' | 'word' | 'layout' | 'typo'

/** Why a suggestion stands where it does: the score is weight x recency x boost. */
export interface Explanation {
  match: Match
  /** Whether it stands before all others of its match. */
  pinned: boolean
  weight: number
  /** Characters of the text. */
  length: number
  recency: number
  boost: number
}

export interface ClientOptions {
  /** Where the service answers; `/autocomplete` by default. */
  url?: string
  /** Suggestions at most, 1 to 50; 10 by default. */
  limit?: number
  /** How long a text has to stand before it is asked for, in milliseconds; 80 by default. */
  debounceMs?: number
  /** Answers that are remembered, until they are too old or the data changes; 200 by default, 0 for none. */
  cacheEntries?: number
  /** How long an answer is remembered; without it as long as the service's `Cache-Control` says. */
  maxAgeSeconds?: number
  /** Further parameters of every query, an array for one that is given several times: `{ highlight: '1', filter: ['category:fruit', 'locale:en'] }`. */
  parameters?: Record<string, string | readonly string[]>
  /** Instead of the browser's own. */
  fetch?: typeof fetch
}

export interface AutocompleteClient<Payload = unknown> {
  /**
   * Asks what may be meant by a text, at once where the answer is remembered.
   * @returns nothing when a later call has taken its place
   * @throws {AutocompleteError} when the service answers with an error, or not at all
   * @throws the signal's reason when it is aborted
   */
  suggest(text: string, options?: { signal?: AbortSignal }): Promise<Answer<Payload> | undefined>
  /** Forgets all answers. */
  clear(): void
}

/** An answer that is an error, or none at all. */
export declare class AutocompleteError extends Error {
  constructor(status: number, code: string, message: string, options?: ErrorOptions)
  /** Of HTTP; 0 when the service could not be reached. */
  readonly status: number
  /** A stable word for programs: the service's own, or `unreachable`. */
  readonly code: string
}

/** Makes a client for one search box. */
export declare function createAutocompleteClient<Payload = unknown>(
  options?: ClientOptions,
): AutocompleteClient<Payload>
