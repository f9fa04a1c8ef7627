import type { IncomingMessage } from 'node:http'
import type { CriticalityHeaders } from './criticality.ts'
import { HttpError } from './errors.ts'

/**
 * Maximum length of a request target, in characters. RFC 9112 section 3 recommends at least 8,000 for the request line.
 * A query of 64 code points needs at most 768: each code point has up to 4 bytes, and an encoded byte takes 3
 * characters.
 */
const MAX_URL_LENGTH = 8192

export const HTTP_VERSION_RULE = 'the HTTP version must be 1.0 or 1.1'

/** A host name, an IPv4 address, or an IPv6 address in brackets, and optionally a port. */
const AUTHORITY = String.raw`(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::\d{0,5})?`
const HOST = new RegExp(`^${AUTHORITY}$`, 'i')
const ABSOLUTE = new RegExp(`^https?://${AUTHORITY}(?<path>/[^?]*)?(?<search>\\?.*)?$`, 'i')

/** The headers of a request that its answer depends on. */
export interface Facts extends CriticalityHeaders {
  /** The values of all Host headers. */
  hosts: string[]
  origin: string | undefined
  ifNoneMatch: string | undefined
  transferEncoding: string | undefined
  /** Whether the client offers to switch to another protocol (`Upgrade`). */
  offersUpgrade: boolean
}

/** Joins the values of a repeated header, as in `req.headers`. */
const joined = (before: string | undefined, value: string) => (before === undefined ? value : `${before}, ${value}`)

/** Reads the headers from `rawHeaders`, because reading `req.headers` would use more CPU time. */
export function factsOf({ rawHeaders }: IncomingMessage): Facts {
  const facts: Facts = {
    hosts: [],
    origin: undefined,
    ifNoneMatch: undefined,
    transferEncoding: undefined,
    offersUpgrade: false,
    priority: undefined,
    secPurpose: undefined,
  }
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const value = rawHeaders[at + 1] as string
    // Compare lengths first, because this is fast and rules out most headers.
    if (name.length === 4 && name.toLowerCase() === 'host') {
      facts.hosts.push(value)
    } else if (name.length === 6 && name.toLowerCase() === 'origin') facts.origin = joined(facts.origin, value)
    else if (name.length === 7 && name.toLowerCase() === 'upgrade') facts.offersUpgrade = true
    else if (name.length === 8 && name.toLowerCase() === 'priority') facts.priority = joined(facts.priority, value)
    else if (name.length === 11 && name.toLowerCase() === 'sec-purpose') {
      facts.secPurpose = joined(facts.secPurpose, value)
    } else if (name.length === 13 && name.toLowerCase() === 'if-none-match') {
      facts.ifNoneMatch = joined(facts.ifNoneMatch, value)
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      facts.transferEncoding = joined(facts.transferEncoding, value)
    }
  }
  return facts
}

/**
 * Replaces an absolute URL, as sent to proxies, with its path and parameters. RFC 9112 section 3.2.2 requires servers
 * to accept absolute URLs.
 */
export function normalizeAddress(req: IncomingMessage): void {
  if (req.url?.startsWith('/')) return
  const address = ABSOLUTE.exec(req.url as string)?.groups
  if (address) req.url = `${address.path ?? '/'}${address.search ?? ''}`
}

/**
 * Checks the URL, the framing, and (as RFC 9112 section 3.2 requires) the Host header of a request.
 * @throws {HttpError} 414 if the URL is too long, otherwise 400
 */
export function requireValidRequest(req: IncomingMessage, { hosts, transferEncoding: coding }: Facts): void {
  const url = req.url as string
  if (url.length > MAX_URL_LENGTH) {
    throw new HttpError(414, 'uri_too_long', `the URL must have at most ${MAX_URL_LENGTH} characters`)
  }
  if (url.includes('#') || !(url.startsWith('/') || (url === '*' && req.method === 'OPTIONS'))) {
    throw new HttpError(400, 'bad_address', 'the URL must begin with / and must not contain #')
  }
  if (req.httpVersion !== '1.1' && req.httpVersion !== '1.0') {
    throw new HttpError(400, 'bad_http_version', HTTP_VERSION_RULE, true)
  }
  const [host] = hosts
  if (hosts.length <= 1 && (host === undefined || host === '')) {
    if (req.httpVersion === '1.1') throw new HttpError(400, 'missing_host', 'the header Host is missing')
  } else if (hosts.length > 1 || !HOST.test(host as string)) {
    throw new HttpError(400, 'bad_host', 'there must be exactly one Host header, with a host name or an IP address')
  }
  // Proxies may disagree on where an HTTP/1.0 request with Transfer-Encoding ends, so the connection must not be reused.
  if (coding !== undefined && req.httpVersion === '1.0') {
    throw new HttpError(400, 'bad_transfer_encoding', 'HTTP/1.0 requests must not have Transfer-Encoding', true)
  }
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    throw new HttpError(400, 'bad_transfer_encoding', 'Transfer-Encoding must be chunked', true)
  }
}
