import { MAX_PREFIX_LENGTH } from '../dataset/layout.ts'
import type { RankingQuery } from '../ranking/messages.ts'
import { exceedsCodePoints, normalize } from '../text.ts'

/** The longest query, in code points, as sent and as normalized: some characters stand for many. */
export const MAX_QUERY_LENGTH = MAX_PREFIX_LENGTH
export const DEFAULT_LIMIT = 10
export const MAX_LIMIT = 50

/** A request that the client has to change; it becomes a 400. */
export class BadRequestError extends Error {
  override name = 'BadRequestError'
  /** A stable word for programs. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Reads `q` and `limit` from a query string. Of a parameter given twice the first counts; unknown ones are ignored.
 *
 * Not `ctx.query`: Node's parser turns bad UTF-8 into replacement characters, and costs more than these two parameters need.
 * @param search what stands behind the `?`
 * @throws {BadRequestError} naming what is wrong and what it takes
 */
export function parseQuery(search: string): RankingQuery {
  let query: string | undefined
  let limit: string | undefined
  for (const part of search.split('&')) {
    const equals = part.indexOf('=')
    const name = equals < 0 ? part : part.slice(0, equals)
    const raw = equals < 0 ? '' : part.slice(equals + 1)
    if (name === 'q') query ??= decode(name, raw)
    else if (name === 'limit') limit ??= decode(name, raw)
  }
  if (query === undefined) throw new BadRequestError('missing_query', 'the parameter q is missing')
  // Before it is normalized, which takes the longer the longer it is.
  requireLength(query)
  const prefix = normalize(query)
  requireLength(prefix)
  if (prefix === '') throw new BadRequestError('empty_query', 'the parameter q is empty')
  return { query, prefix, limit: limit === undefined ? DEFAULT_LIMIT : parseLimit(limit) }
}

function requireLength(text: string): void {
  if (!exceedsCodePoints(text, MAX_QUERY_LENGTH)) return
  throw new BadRequestError('query_too_long', `the parameter q takes at most ${MAX_QUERY_LENGTH} characters`)
}

function decode(name: string, raw: string): string {
  try {
    return decodeURIComponent(raw.includes('+') ? raw.replaceAll('+', ' ') : raw)
  } catch {
    throw new BadRequestError('bad_encoding', `the parameter ${name} is not percent-encoded UTF-8`)
  }
}

function parseLimit(raw: string): number {
  const limit = /^\d{1,2}$/.test(raw) ? Number(raw) : 0
  if (limit < 1 || limit > MAX_LIMIT) {
    throw new BadRequestError('bad_limit', `the parameter limit takes a whole number from 1 to ${MAX_LIMIT}`)
  }
  return limit
}
