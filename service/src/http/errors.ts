import { STATUS_CODES } from 'node:http'
import type { Criticality } from '../ranking/criticality.ts'
import { RankingRejectedError, REJECTIONS } from '../ranking/rejections.ts'
import type { Dependencies } from './dependencies.ts'
import { BadRequestError } from './query.ts'

/**
 * Headers of all errors. Browsers must not interpret the body as any type other than JSON, and nothing may cache an
 * error.
 */
export const ERROR_HEADERS = {
  'Content-Type': 'application/json; charset=utf-8',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
}

/** An error that is sent to the client. */
export class HttpError extends Error {
  override name = 'HttpError'
  readonly status: number
  /** Stable identifier for programs. */
  readonly code: string
  /** Whether the connection must be closed after the error. */
  readonly closes: boolean

  constructor(status: number, code: string, message: string, closes = false) {
    super(message)
    this.status = status
    this.code = code
    this.closes = closes
  }

  /** Returns the error for a status whose HTTP reason phrase is enough, such as 404 or 405. */
  static ofStatus(status: number): HttpError {
    const phrase = STATUS_CODES[status] ?? 'Error'
    return new HttpError(status, phrase.toLowerCase().replace(/\W+/g, '_'), phrase.toLowerCase())
  }
}

/** Returns the body of an error response, which is sent as JSON. */
export function errorBody(code: string, message: string): { error: { code: string; message: string } } {
  return { error: { code, message } }
}

/** Seconds after which a client may repeat a rejected query. */
export const RETRY_AFTER_SECONDS = '1'

/** The errors for rejected queries, created in advance because rejecting a query must be cheap. */
const REJECTED = new Map(
  REJECTIONS.map((rejection) => [
    rejection,
    new HttpError(503, rejection, 'the service cannot answer now; try again in a second'),
  ]),
)

/** Converts a failure to the error that the client gets. Counts and logs rejected queries. */
export function toHttpError(
  error: unknown,
  { logger, metrics, rejections }: Dependencies,
  criticality: Criticality = 'typed',
): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof BadRequestError) return new HttpError(400, error.code, error.message)
  if (error instanceof RankingRejectedError) {
    rejections.note(error)
    metrics.rejected(error, criticality)
    return REJECTED.get(error.rejection) as HttpError
  }
  if ((error as NodeJS.ErrnoException).code === 'ERR_INVALID_URL') return HttpError.ofStatus(400)
  logger.error({ err: error }, 'request failed')
  return HttpError.ofStatus(500)
}
