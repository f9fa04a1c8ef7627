import type { KnownData } from './known-data.ts'

/** The response header that marks an answer as possibly older than the data. */
export const STALE_HEADER = 'x-autocomplete-stale'

/** The possible outcomes of a request. */
export const OUTCOMES = ['correct', 'stale', 'rejected', 'unreachable', 'reset', 'late', 'wrong'] as const
/**
 * `stale`: correct for a version of the data, and marked as possibly old. `rejected`: 503 with a reason. `unreachable`:
 * nothing accepted the connection. `reset`: the connection broke. `late`: no answer in time. `wrong`: anything else.
 */
export type Outcome = (typeof OUTCOMES)[number]

export interface Response {
  status: number
  isMarkedStale: boolean
  body: string
}

/** A query, and when it was sent. */
export interface Asked {
  query: string
  limit: number
  /** The time as returned by `performance.now`. */
  at: number
}

/**
 * Knows the correct answer to every query for each version of the data, and which versions are valid at a given time.
 */
export class Judge {
  readonly #versions: ReadonlyMap<string, KnownData>
  /**
   * For each version, a time. An unmarked answer may come from the version only if the query was sent before this time.
   */
  readonly #validUntil = new Map<string, number>()

  constructor(versions: readonly KnownData[]) {
    this.#versions = new Map(versions.map((data) => [data.version, data]))
  }

  /** From now on, answers may come from this version. */
  allow({ version }: KnownData): void {
    this.#validUntil.set(version, Number.POSITIVE_INFINITY)
  }

  /** After `graceMs` milliseconds, unmarked answers to new queries may no longer come from this version. */
  retire({ version }: KnownData, graceMs: number): void {
    this.#validUntil.set(version, performance.now() + graceMs)
  }

  /** Returns the outcome of a response, with the reason if it is rejected or wrong. */
  judge({ query, limit, at }: Asked, { status, body, isMarkedStale }: Response): [outcome: Outcome, reason?: string] {
    if (status === 503) {
      const code = codeOf(body)
      return code !== undefined && REASONS.has(code)
        ? ['rejected', code]
        : ['wrong', `status 503 without a reason: ${body}`]
    }
    if (status !== 200) return ['wrong', `status ${status}: ${body}`]
    const version = /"version":"([^"]*)"\}$/.exec(body)?.[1] ?? ''
    const correct = this.#versions.get(version)?.bodyOf(query, limit)
    if (correct === undefined) return ['wrong', `from a version that never existed: ${body}`]
    if (body !== correct) return ['wrong', `${body} instead of ${correct}`]
    if (isMarkedStale) return ['stale']
    if (at > (this.#validUntil.get(version) ?? 0))
      return ['wrong', `from the old version ${version}, but not marked as stale`]
    return ['correct']
  }
}

const REASONS = new Set(['overloaded', 'unavailable', 'timeout', 'stopping'])

/** Returns the code of an error, or undefined if the body is not an error. */
function codeOf(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { error: { code: string } }).error.code
  } catch {
    return undefined
  }
}

/** How often each outcome occurred, and the slowest response time. */
export interface Tally extends Record<Outcome, number> {
  slowestMs: number
}

export const emptyTally = (): Tally => ({
  correct: 0,
  stale: 0,
  rejected: 0,
  unreachable: 0,
  reset: 0,
  late: 0,
  wrong: 0,
  slowestMs: 0,
})
