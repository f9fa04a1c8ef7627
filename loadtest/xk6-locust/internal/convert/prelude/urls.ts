// The encoding of URLs.

// biome-ignore-all lint: the values of Python have any type

import { pyIter } from './collections.ts'
import { PyRefusal } from './errors.ts'
import { pyText } from './texts.ts'
import { pyStr } from './values.ts'

export function pyQuote(text: string, safe = '/'): string {
  return [
    ...encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`),
  ]
    .join('')
    .replace(/%[0-9A-F]{2}/g, (code) => (safe.includes(decodeByte(code)) ? decodeByte(code) : code))
  function decodeByte(code: string): string {
    const byte = Number.parseInt(code.slice(1), 16)
    return byte < 128 ? String.fromCharCode(byte) : '\uffff'
  }
}

export function pyUrlencode(x: any): string {
  const pairs = Array.isArray(x) ? x : Object.entries(x)
  const encode = (value: any) => pyQuote(pyStr(value), '').replaceAll('%20', '+')
  return pairs.map(([name, value]: any) => `${encode(name)}=${encode(value)}`).join('&')
}

/** Rewrites the path and the query of a URL as FastHttpUser does. */
export function pyFastUrl(url: any): string {
  // Python removes tabs and line breaks from URLs.
  const text = pyText(url).replace(/[\t\r\n]/g, '')
  const [, host = '', rest = ''] = /^(https?:\/\/[^/?#]*)?([^]*)$/i.exec(text) as RegExpExecArray
  const encoded = /%(?![0-9a-f]{2})[0-9a-z]{2}/i.test(rest)
    ? rest.replaceAll('%', '%25')
    : rest.replace(/%[0-9a-f]{2}/gi, (byte) => {
        const letter = String.fromCharCode(Number.parseInt(byte.slice(1), 16))
        return /[\w.~-]/.test(letter) ? letter : byte
      })
  // Only an empty query loses its question mark.
  return host + encoded.replace(/^([^?#]*)\?(?=#|$)/, '$1')
}

/** Rewrites the path and the query of a URL as HttpUser does, which also uses the result as the name of the request. */
export function pyUrl(url: any): string {
  const [, host = '', path = '', query = ''] = /^(https?:\/\/[^/?#]*)?([^?#]*)(\?[^#]*)?/i.exec(
    pyText(url),
  ) as RegExpExecArray
  const encode = (text: string) =>
    (/%(?![0-9a-f]{2})/i.test(text)
      ? text.replaceAll('%', '%25')
      : text.replace(/%[0-9a-f]{2}/gi, (byte) => byte.toUpperCase())
    ).replace(/[^!-~]|["<>[\\\]^`{|}]/gu, encodeURIComponent)
  const parts: string[] = []
  const segments = path.split('/')
  for (const [i, segment] of segments.entries()) {
    if (segment === '..' && parts.length > 1) parts.pop()
    if (segment !== '.' && segment !== '..') parts.push(segment)
    else if (i === segments.length - 1) parts.push('')
  }
  return pyFastUrl(host + encode(parts.join('/')) + encode(query))
}

/** Adds parameters to a URL as HttpUser does. */
export function pyQuery(url: any, params: any): string {
  const encode = (value: any) => pyQuote(pyStr(value), '').replaceAll('%20', '+')
  const isList = (value: any) => typeof value === 'object' && value !== null && !(value instanceof Number)
  const listOf = (value: any) => (isList(value) ? pyIter(value) : [value])
  const pairs = Array.isArray(params) ? params : typeof params === 'string' ? [] : Object.entries(params ?? {})
  const texts = pairs.flatMap(([name, value]: any) =>
    listOf(value)
      .filter((item) => (item ?? null) !== null)
      .map((item) => `${encode(name)}=${encode(item)}`),
  )
  const added = typeof params === 'string' ? params : texts.join('&')
  const [address = '', fragment = ''] = pyText(url).split(/(?=#)/)
  if (added === '') return url
  return address + (/^[^?]*\?$/.test(address) ? '' : address.includes('?') ? '&' : '?') + added + fragment
}

/** Refuses a URL that HttpUser and FastHttpUser would encode differently. */
export function pyPlainUrl(url: any): string {
  if (pyUrl(url) !== url || pyFastUrl(url) !== url)
    throw new PyRefusal('HttpUser and FastHttpUser encode this URL differently')
  return url
}
