/** An answer from the service; see /openapi.json. */
export interface Answer<Payload = unknown> {
  query: string
  /** The corrected query, if the first suggestion is a correction. It consists of the suggestion's words that match. */
  corrected?: string
  /** The suggestions, best first. */
  suggestions: Suggestion<Payload>[]
  /** Version of the data. */
  version: string
}

/** A suggested entry. */
export interface Suggestion<Payload = unknown> {
  text: string
  score: number
  /** Any JSON value that the entry has in the dataset. */
  payload?: Payload
  /** How the entry was found. Present only if the request has the parameter `highlight` or `explain`. */
  match?: Match
  /**
   * Matching parts of the text, in UTF-16 code units. Ends are exclusive. Present only if the request has the parameter
   * `highlight` or `explain`.
   */
  highlight?: [start: number, end: number][]
  /** Present only if the request has the parameter `explain`. */
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

/** Why a suggestion ranks where it does: its score is weight × recency × boost. */
export interface Explanation {
  match: Match
  /** Whether the entry is pinned, so that it ranks before unpinned entries with the same kind of match. */
  pinned: boolean
  weight: number
  /** Length of the text, in characters. */
  length: number
  recency: number
  boost: number
}

export interface ClientOptions {
  /** Address of the service, `/autocomplete` by default. It may be relative, and may have its own query parameters. */
  url?: string | URL
  /**
   * Address for an empty text, such as `/popular`. If it is not set, an empty text gets an empty answer without a
   * request.
   */
  popularUrl?: string | URL
  /** Maximum number of suggestions, 1 to 50; 10 by default. */
  limit?: number
  /** Delay before the typed text is sent, in milliseconds; 80 by default. */
  debounceMs?: number
  /**
   * Maximum number of cached answers: 200 by default, 0 for none. Answers expire after some time, and when the data
   * changes.
   */
  cacheEntries?: number
  /** How long an answer is cached, in seconds. Defaults to `max-age` in the service's `Cache-Control` header. */
  maxAgeSeconds?: number
  /**
   * How many times a query is sent again if the service responds with 503; 2 by default, 0 for none. The query is
   * not sent again if the text has changed, or if `Retry-After` exceeds 10 seconds.
   */
  retries?: number
  /**
   * The shortest delay before the first retry, in milliseconds; 500 by default. This minimum doubles with each
   * retry, and is never below the value of `Retry-After`. The actual delay is random, up to twice as long.
   */
  retryMs?: number
  /**
   * How long to wait for the answer to a request, in milliseconds; 10,000 by default. After this time, the call rejects
   * with the code `unreachable`.
   */
  timeoutMs?: number
  /**
   * Additional parameters for every query. Use an array for a parameter with several values:
   * `{ highlight: '1', filter: ['category:fruit', 'locale:en'] }`. Undefined values are not sent.
   */
  parameters?: Record<string, string | readonly string[] | undefined>
  /** Function to call instead of the browser's `fetch`. */
  fetch?: typeof fetch
}

export interface AutocompleteClient<Payload = unknown> {
  /**
   * Gets the suggestions for the typed text, immediately if the answer is cached. If the text has more than 64
   * characters, only the first 64 are sent. If the text is empty or null, requests `popularUrl` or, if that is not set,
   * returns an empty answer.
   * @returns the answer, or undefined if a later call has replaced this call
   * @throws {AutocompleteError} if the service responds with an error, or sends no readable answer
   * @throws the reason of the signal if the signal is aborted
   */
  suggest(
    text: string | number | null | undefined,
    options?: { signal?: AbortSignal },
  ): Promise<Answer<Payload> | undefined>
  /** Removes all answers from the cache. */
  clear(): void
}

/** Thrown if the service responds with an error, or sends no readable answer. */
export declare class AutocompleteError extends Error {
  constructor(status: number, code: string, message: string, options?: ErrorOptions & { retryAfter?: number })
  /** HTTP status; 0 if the service could not be reached. */
  readonly status: number
  /**
   * A stable code for programs: the `code` from the service, `unknown` if an error has no code, or `unreachable` if the
   * service sent no readable answer.
   */
  readonly code: string
  /** How long to wait before the next attempt, in seconds; 0 if the service does not state it. */
  readonly retryAfter: number
}

/** Creates a client for one search box. */
export declare function createAutocompleteClient<Payload = unknown>(
  options?: ClientOptions,
): AutocompleteClient<Payload>
