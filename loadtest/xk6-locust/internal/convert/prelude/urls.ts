// The encoding of URLs.

// biome-ignore-all lint: Python values can have any type

import { pyIter, pyKey, pyTuple } from './collections.ts'
import { PyRefusal } from './errors.ts'
import { PyTuple } from './records.ts'
import { pyText } from './texts.ts'
import { pyHas, pyIsMap, pyRepr, pyStr } from './values.ts'

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

export function pyUrlencode(x: any, hasLists = false): string {
  const pairs = Array.isArray(x) ? x : pyIsMap(x) ? x.items() : Object.entries(x)
  const encode = (value: any) => pyQuote(pyStr(value), '').replaceAll('%20', '+')
  const isList = (value: any) => hasLists && (Array.isArray(value) || value instanceof Set)
  return pairs
    .flatMap(([name, value]: any) =>
      (isList(value) ? [...value] : [value]).map((each) => `${encode(name)}=${encode(each)}`),
    )
    .join('&')
}

/** Rewrites the path and the query of a URL like FastHttpUser. */
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
  // An empty query loses its question mark. Other queries keep it.
  return host + encoded.replace(/^([^?#]*)\?(?=#|$)/, '$1')
}

/** Rewrites the path and the query of a URL like HttpUser. HttpUser also uses the result as the name of the request. */
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

/** Encodes parameters or the fields of a form like Python's `requests` library, which leaves out None. */
export function pyEncodeFields(params: any): string {
  const encode = (value: any) => pyQuote(pyStr(value), '').replaceAll('%20', '+')
  const isText = (value: any) => value instanceof Number || (pyHas(value, 'date') && value.date instanceof Date)
  const isList = (value: any) => typeof value === 'object' && value !== null && !isText(value)
  const listOf = (value: any) => (isList(value) ? pyIter(value) : [value])
  const pairs = Array.isArray(params) ? params : pyIsMap(params) ? params.items() : Object.entries(params ?? {})
  const texts = pairs.flatMap(([name, value]: any) =>
    listOf(value)
      .filter((item) => (item ?? null) !== null)
      .map((item) => `${encode(name)}=${encode(item)}`),
  )
  return texts.join('&')
}

/** Adds parameters to the query of a URL like HttpUser. */
export function pyQuery(url: any, params: any): string {
  const added = typeof params === 'string' ? params : pyEncodeFields(params)
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

export function pyQuotePlus(text: any): string {
  return pyQuote(pyText(text), '').replaceAll('%20', '+')
}

/** Decodes the percent-encoded bytes in a URL. Refuses bytes that are not UTF-8. */
export function pyUnquote(text: any): string {
  return pyText(text).replace(/(?:%[0-9a-f]{2})+/gi, (codes) => {
    try {
      return decodeURIComponent(codes)
    } catch {
      throw new PyRefusal(`${codes} is not UTF-8 text`)
    }
  })
}

export function pyUnquotePlus(text: any): string {
  return pyUnquote(pyText(text).replaceAll('+', ' '))
}

/** Returns the names and values in a query. As in Python, leaves out fields without a value. */
export function pyParseQsl(query: any): any[] {
  return pyText(query)
    .split('&')
    .map((field) => [field.split('=')[0] as string, field.split('=').slice(1).join('=')] as const)
    .filter(([, value]) => value !== '')
    .map((pair) => pyTuple(pair.map(pyUnquotePlus)))
}

export function pyParseQs(query: any): any {
  const fields: any = {}
  for (const [name, value] of pyParseQsl(query)) {
    fields[pyKey(name)] ??= []
    fields[name].push(value)
  }
  return fields
}

/** The result of urllib.parse.urlparse(). */
export class PySplitUrl extends PyTuple {
  constructor(
    readonly scheme: string,
    readonly netloc: string,
    readonly path: string,
    readonly params: string,
    readonly query: string,
    readonly fragment: string,
  ) {
    super()
  }
  override pyFields(): any {
    const { scheme, netloc, path, params, query, fragment } = this
    return { scheme, netloc, path, params, query, fragment }
  }
  get hostname(): any {
    return (
      /^(?:.*@)?(\[[^\]]*\]|[^:]*)/
        .exec(this.netloc)?.[1]
        ?.replace(/^\[|\]$/g, '')
        .toLowerCase() || null
    )
  }
  get port(): any {
    const port = /:(\d+)$/.exec(this.netloc)?.[1]
    return port === undefined ? null : Number(port)
  }
  geturl(): string {
    const { scheme, netloc, path, params, query, fragment } = this
    const host = netloc === '' ? '' : `//${netloc}`
    return `${scheme && `${scheme}:`}${host}${path}${params && `;${params}`}${query && `?${query}`}${fragment && `#${fragment}`}`
  }
}

export function pyUrlparse(url: any): PySplitUrl {
  const parts =
    /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([^]*))?$/i.exec(pyText(url)) ?? []
  const [scheme = '', netloc = '', path = '', query = '', fragment = ''] = parts.slice(1).map((part) => part ?? '')
  if (path.includes(';')) throw new PyRefusal(`k6 does not support the parameters in ${pyRepr(url)}`)
  return new PySplitUrl(scheme.toLowerCase(), netloc, path, '', query, fragment)
}

export function pyUrljoin(base: any, url: any): string {
  if (base === '' || url === '') return base || url
  const [from, to] = [pyUrlparse(base), pyUrlparse(url)]
  if (to.scheme !== '' && to.scheme !== from.scheme) return url
  const { scheme } = from
  const make = (netloc: string, path: string, query: string) =>
    new PySplitUrl(scheme, netloc, path, '', query, to.fragment).geturl()
  if (to.netloc !== '') return make(to.netloc, to.path, to.query)
  if (to.path === '') return make(from.netloc, from.path, to.query || from.query)
  const folder = from.path.split('/').slice(0, -1)
  const segments = to.path.startsWith('/') ? to.path.split('/') : [...folder, ...to.path.split('/')]
  const parts: string[] = []
  for (const [i, segment] of segments.entries()) {
    if (segment === '..' && parts.length > 1) parts.pop()
    if (segment !== '.' && segment !== '..') {
      if (segment !== '' || i === 0 || i === segments.length - 1) parts.push(segment)
    } else if (i === segments.length - 1) parts.push('')
  }
  const path = parts.join('/')
  return make(from.netloc, from.netloc !== '' && !path.startsWith('/') ? `/${path}` : path, to.query)
}
