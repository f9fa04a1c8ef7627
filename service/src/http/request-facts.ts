import type { IncomingMessage } from 'node:http'
import { HttpError } from './errors.ts'

/**
 * Maximum length of a request target, in characters. A query of 64 code points needs at most 768, as 4 percent-encoded
 * bytes each.
 */
export const MAX_URL_LENGTH = 4096

/** The headers of a request that its answer depends on. */
export interface Facts {
  hasHost: boolean
  origin: string | undefined
  ifNoneMatch: string | undefined
}

/** Joins the values of a repeated header, as in `req.headers`. */
const joined = (before: string | undefined, value: string) => (before === undefined ? value : `${before}, ${value}`)

/** Reads the headers from `rawHeaders`, which uses less CPU time than `req.headers`. */
export function factsOf({ rawHeaders }: IncomingMessage): Facts {
  const facts: Facts = { hasHost: false, origin: undefined, ifNoneMatch: undefined }
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const value = rawHeaders[at + 1] as string
    // Comparing lengths first skips most headers.
    if (name.length === 4 && name.toLowerCase() === 'host') facts.hasHost ||= value !== ''
    else if (name.length === 6 && name.toLowerCase() === 'origin') facts.origin = joined(facts.origin, value)
    else if (name.length === 13 && name.toLowerCase() === 'if-none-match') {
      facts.ifNoneMatch = joined(facts.ifNoneMatch, value)
    }
  }
  return facts
}

/**
 * Checks the address and the Host header of a request.
 * @throws {HttpError} 414 if the address is too long, 400 if an HTTP/1.1 request has no Host header
 */
export function requireValidRequest({ url, httpVersion }: IncomingMessage, { hasHost }: Facts): void {
  if ((url as string).length > MAX_URL_LENGTH) {
    throw new HttpError(414, 'uri_too_long', `the address must have at most ${MAX_URL_LENGTH} characters`)
  }
  if (httpVersion === '1.1' && !hasHost) throw new HttpError(400, 'missing_host', 'the header Host is missing')
}
