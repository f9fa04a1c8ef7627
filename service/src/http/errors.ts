import { STATUS_CODES } from 'node:http'

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
  /** Whether the connection must be closed, because the rest of the request is not read. */
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

/** Returns the JSON body of every error. */
export function errorBody(code: string, message: string): { error: { code: string; message: string } } {
  return { error: { code, message } }
}
