// The responses of Locust's clients.

// biome-ignore-all lint: Python values can have any type

import { PyError, PyRefusal } from './errors.ts'
import { pyLoads } from './json.ts'
import { pyHas } from './values.ts'

/** Implements `ok` of HttpUser. As in Locust, throws an error if there was no answer, or after failure(). */
export function pyOk(response: any): boolean {
  if (response.verdict === true) return true
  if (response.verdict !== undefined) throw new PyError('CatchResponseError', response.verdict)
  if (response.error) throw pyRequestError(response)
  return response.statusCode < 400
}

/** Returns the error of a request that HttpUser made, with its type in Python's `requests` library. */
export function pyRequestError(response: any): any {
  // Python's library has other errors if the connection fails after the headers have arrived.
  const isCut = response.timeToFirstByte !== undefined
  const types: Record<string, string> = {
    'connecting timed out': 'ConnectTimeout',
    'timed out': isCut ? 'ConnectionError' : 'ReadTimeout',
    'connection closed before the end of the answer': isCut ? 'ChunkedEncodingError' : 'ConnectionError',
    'response body cannot be decompressed': 'ContentDecodingError',
    'too many redirects': 'TooManyRedirects',
    'TLS handshake failed': 'SSLError',
    'certificate not trusted': 'SSLError',
    'client certificate missing or rejected': 'SSLError',
  }
  return new PyError(types[response.error] ?? 'ConnectionError', response.error)
}

/** Implements raise_for_status() of HttpUser and of Python's `requests` library. */
export function pyRaiseForStatus(response: any): void {
  if (pyOk(response)) return
  const { statusCode, reason, url } = response
  const kind = statusCode < 500 ? 'Client' : 'Server'
  throw new PyError('HTTPError', `${statusCode} ${kind} Error: ${reason} for url: ${url}`)
}

/** Implements raise_for_status() of FastHttpUser. Its errors are not those of Python's `requests` library. */
export function pyFastRaiseForStatus(response: any): void {
  if (!pyHas(response, 'verdict')) return pyRaiseForStatus(response)
  const types: Record<string, string> = {
    'connection refused': 'ConnectionRefusedError',
    'connection reset': 'ConnectionResetError',
    'connecting timed out': 'TimeoutError',
    'timed out': 'TimeoutError',
    'connection closed before the end of the answer': 'HTTPConnectionClosed',
  }
  if (response.verdict === true) return
  if (response.verdict !== undefined) throw new PyError('CatchResponseError', response.verdict)
  if (response.error) throw new PyError(types[response.error] ?? 'OSError', response.error)
  if (!response.ok) throw new PyError('LocustBadStatusCode', `URL ${response.url}: code=${response.statusCode}`)
}

/** Whether a response of FastHttpUser counts as true: if its Content-Length is above 0. */
export function pyFastTruth(response: any): boolean {
  if (!pyHas(response, 'verdict')) return pyOk(response)
  const length = pyFastField(response, 'headers')['content-length']
  if (length === undefined) throw new PyError('TypeError', 'the response has no Content-Length')
  return Number(length) > 0
}

/** Whether a response counts as true in a file with both kinds of users. */
export function pyTruthOfAny(response: any): boolean {
  if (pyHas(response, 'verdict'))
    throw new PyRefusal('HttpUser and FastHttpUser differ in whether a response counts as true: use its ok')
  return pyOk(response)
}

/** Implements json() of HttpUser. The text of its error is that of Python. */
export function pyResponseJson(response: any): any {
  return pyLoads(response.text, 'requests.JSONDecodeError')
}

/** Implements json() of FastHttpUser. */
export function pyFastJson(response: any): any {
  return pyHas(response, 'verdict') ? pyLoads(pyOfAnswer(response, 'text')) : response.json()
}

/** Returns a field of a response, or None if there was no answer. */
export function pyOfAnswer(response: any, name: string): any {
  return response.statusCode === 0 ? null : response[name]
}

/** Returns a field of a FastHttpUser's response. Throws an AttributeError if there was no answer. */
export function pyFastField(response: any, name: string): any {
  if (response.statusCode === 0)
    throw new PyError('AttributeError', `there was no answer, so the response has no ${name}`)
  return response[name]
}

/** Returns a response. Refuses a response without an answer, because HttpUser and FastHttpUser treat it differently. */
export function pyAnswered(response: any): any {
  if (response.statusCode === 0)
    throw new PyRefusal(`there was no answer (${response.error}), which HttpUser and FastHttpUser treat differently`)
  return response
}

/** Implements len(response.content). */
export function pyLengthOf(response: any): number {
  if (response.statusCode === 0) throw new PyError('TypeError', 'there was no answer, so the content is None')
  return response.content.byteLength
}
