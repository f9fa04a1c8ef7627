// The arguments of requests, and requests that block.

// biome-ignore-all lint: Python values can have any type

import encoding from 'k6/encoding'
import http from 'k6/http'
import { StopUser } from 'k6/x/locust'
import { pyDict, pyDictOf, pySlice } from './collections.ts'
import { PyError, PyRefusal } from './errors.ts'
import { pyBytes } from './files.ts'
import { pyDumps, pyExact, pyLoads } from './json.ts'
import { pyPairs, pyPlain } from './maps.ts'
import { pyInteger, pyNumber } from './numbers.ts'
import { pyFastRaiseForStatus } from './responses.ts'
import { pyEncodeFields, pyQuery, pyUrl } from './urls.ts'
import { pyHas, pyIsDict, pyIsMap, pyStr, pyTruthy } from './values.ts'

/**
 * Converts the keyword arguments of a request, with their names in Python, to the options of a request in k6/x/locust.
 * @param url the URL if requests without a name are named after their URL and parameters; otherwise null
 * @param form the function that encodes the argument `data`
 */
export function pyOptions(x: any, url: any, form: (x: any) => any): any {
  const options: any = {}
  const isFast = form === pyFastForm
  for (const [key, value] of pyPairs(x)) {
    if (isFast && (key === 'timeout' || key === 'verify'))
      throw new PyRefusal(`FastHttpUser sends the argument ${key} to the server, as a parameter`)
    if ((value ?? null) === null || key === 'verify' || key === 'context') continue
    const isContent = typeof value === 'string' || value instanceof ArrayBuffer
    if (key === 'allow_redirects') options.allowRedirects = value
    else if (key === 'data' || key === 'params')
      options[key] = isContent ? value : (key === 'data' ? form : pyForm)(value)
    else if (key === 'files') options.files = pyFiles(value)
    else if (key === 'json') options.json = pyExact(value)
    else if (key === 'headers') options.headers = pyPlain(value)
    else if (['name', 'auth'].includes(key) || (key === 'timeout' && typeof value === 'number')) options[key] = value
    else throw new PyRefusal(`the argument ${key} of a request is not supported`)
  }
  if (url !== null && options.params !== undefined && options.name === undefined)
    options.name = pyUrl(pyQuery(url, options.params))
  return options
}

/** Converts form fields like FastHttpUser, which sends the text of each value. An empty form means no body. */
export function pyFastForm(x: any): any {
  if (!pyTruthy(x)) return undefined
  const texts = (pairs: any[]) => pairs.map(([name, value]) => [pyStr(name), pyStr(value)])
  if (pyIsMap(x)) return texts(x.items())
  return Array.isArray(x) ? texts(x) : pyIsDict(x) ? texts(Object.entries(x)) : x
}

/**
 * Converts form fields and parameters in the same way as Python's `requests` library, which sends `True` instead of
 * `true`. An empty form means no body.
 */
export function pyForm(x: any): any {
  const convert = (value: any): any => {
    if (typeof value === 'boolean' || value instanceof Number) return pyStr(value)
    if (Array.isArray(value)) return value.map(convert)
    if (pyIsMap(value)) return value.items().map(([name, item]: any) => [pyStr(name), convert(item)])
    if (pyIsDict(value)) return pyDict(Object.keys(value).map((key) => [key, convert(value[key])]))
    return pyInteger(value)
  }
  return pyTruthy(x) ? convert(x) : undefined
}

/** Returns the options of a request with JSON as Python writes it, so that whole floats keep their decimal points. */
export function pyJson(client: any, options: any): any {
  const { json, ...others } = options
  if ((json ?? null) === null || pyTruthy(options.data) || options.files !== undefined) return options
  const isTyped = [options.headers, client.headers].some((headers) =>
    Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'content-type'),
  )
  const headers = isTyped ? options.headers : { ...options.headers, 'Content-Type': 'application/json' }
  return { ...others, data: pyDumps(json), headers }
}

/** Adds the headers that FastHttpUser sends with a JSON, text, or binary body, unless they are already set. */
export function pyFastOptions(client: any, options: any, type: string): any {
  const isSet = (headers: any, name: string) => Object.keys(headers ?? {}).some((key) => key.toLowerCase() === name)
  const headers = { ...options.headers }
  if (!pyTruthy(options.data) && (options.json ?? null) !== null) {
    if (!isSet(headers, 'content-type')) headers['Content-Type'] = 'application/json'
    if (!isSet(headers, 'accept')) headers.Accept = 'application/json'
  } else if ((typeof options.data === 'string' && options.data !== '') || options.data instanceof ArrayBuffer) {
    const isTyped = isSet(headers, 'content-type') || isSet(client.headers, 'content-type')
    if (!isTyped) headers['Content-Type'] = type
  }
  return { ...options, headers }
}

function pyCookie(value: any): string {
  if (typeof value !== 'string') throw new PyError('TypeError', 'the value of a cookie must be a string')
  return value
}

/** Adds a Cookie header with the client's cookies and `cookies`, unless there already is one. */
export function pyCookies(client: any, url: string, headers: any, cookies: any): any {
  const isSet = [headers, client.headers].some((each) =>
    Object.keys(each ?? {}).some((name) => name.toLowerCase() === 'cookie'),
  )
  if (isSet || !pyTruthy(cookies)) return headers ?? undefined
  const all = [...Object.entries<any>(client.cookies.all(url)), ...Object.entries<any>(pyDictOf(cookies))]
  const texts = all.map(([name, value]) => ((value ?? null) === null ? name : `${name}=${pyCookie(value)}`))
  return { ...headers, Cookie: texts.join('; ') }
}

/** Implements update() of the cookies of a client. */
export function pySetCookies(jar: any, cookies: any): void {
  for (const [name, value] of Object.entries(pyDictOf(cookies))) jar.set(name, value)
}

/** Implements Locust's rest(), which sends and expects JSON. If the block throws an error, the request fails. */
export async function pyRest(
  client: any,
  method: string,
  url: string,
  options: any,
  block: (response: any, js: any) => any,
): Promise<void> {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json', ...options.headers }
  await client.request(method, url, {
    ...options,
    headers,
    catchResponse: async (response: any) => {
      let js: any = null
      if (response.statusCode === 0) response.failure(response.error)
      else if (response.text) {
        try {
          js = pyLoads(response.text)
        } catch (error: any) {
          if (!(error instanceof PyError)) throw error
          response.failure(
            `Could not parse response as JSON. ${pySlice(response.text, null, 250)}, response code ${response.statusCode}, error ${error.message}`,
          )
        }
      }
      try {
        await block(response, js)
      } catch (error: any) {
        if (error instanceof StopUser || !(error instanceof Error)) throw error
        const text = error.message || 'Assertion failed'
        response.failure(
          text.endsWith(',') ? `${text.slice(0, -1)}, response was ${response.text.slice(0, 200)}` : text,
        )
      }
    },
  })
}

/** Converts the keyword arguments of a call to Python's `requests` library to the options of pyRequest(). */
export function pyRequestOptions(x: any): any {
  const options: any = {}
  for (const [key, value] of pyPairs(x)) {
    if ((value ?? null) === null || (key === 'verify' && value === true)) continue
    if (key === 'allow_redirects') options.allowRedirects = value
    else if (key === 'headers') options.headers = pyPlain(value)
    else if (['params', 'data', 'json', 'auth'].includes(key) || (key === 'timeout' && !Array.isArray(value)))
      options[key] = value
    else throw new PyRefusal(`the argument ${key} of a request is not supported`)
  }
  return options
}

/** Makes a request in setup() or teardown(), like Python's `requests` library. Throws if there is no answer. */
export function pyRequest(method: string, url: string, options: any, session?: PySession): any {
  const [body, params] = pyPrepare(method, options, session)
  return new PyAnswer(http.request(method, pyQuery(url, options.params), body, params))
}

/** Makes a request while users run, like Python's `requests` library. Throws if there is no answer. */
export async function pyAsyncRequest(method: string, url: string, options: any, session?: PySession): Promise<any> {
  const [body, params] = pyPrepare(method, options, session)
  return new PyAnswer(await http.asyncRequest(method, pyQuery(url, options.params), body, params))
}

/** The result of requests.Session(). */
export class PySession {
  headers: any = {}
  readonly jar = new http.CookieJar()
}

/** Returns the body and the options of a request for k6's client. */
export function pyPrepare(method: string, options: any, session?: PySession): [any, any] {
  const headers: any = { ...session?.headers, ...options.headers }
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
  let body = options.data ?? null
  if (body === null && (options.json ?? null) !== null) {
    body = pyDumps(options.json)
    if (!hasType) headers['Content-Type'] = 'application/json'
  } else if (body !== null && typeof body === 'object' && !(body instanceof ArrayBuffer)) {
    body = pyEncodeFields(body)
    if (!hasType) headers['Content-Type'] = 'application/x-www-form-urlencoded'
  }
  if (options.auth) headers.Authorization = `Basic ${encoding.b64encode(options.auth.join(':'))}`
  const follows = options.allowRedirects ?? method !== 'HEAD'
  const timeout = (options.timeout ?? null) === null ? {} : { timeout: pyNumber(options.timeout) * 1000 }
  // In Python's `requests` library, each call has its own cookies, unless it belongs to a session.
  return [body, { headers, ...timeout, redirects: follows ? 30 : 0, jar: session?.jar ?? new http.CookieJar() }]
}

/** An answer of k6's client in the form of a response in k6/x/locust. */
export class PyAnswer {
  readonly statusCode: number
  readonly reason: string
  readonly text: string
  readonly url: string
  readonly headers: any
  readonly cookies: any
  readonly elapsed: number
  constructor(answer: any) {
    // The codes of errors are listed in k6's documentation.
    const types: Record<number, string> = {
      1050: 'ReadTimeout',
      1211: 'ConnectTimeout',
      1310: 'SSLError',
      1311: 'SSLError',
    }
    if (answer.status === 0) throw new PyError(types[answer.error_code] ?? 'ConnectionError', answer.error)
    const cookies = Object.entries<any>(answer.cookies).map(([name, [cookie]]) => [name, cookie.value])
    this.statusCode = answer.status
    this.reason = answer.status_text.replace(/^\d+ ?/, '')
    this.text = answer.body ?? ''
    this.url = answer.url
    this.headers = answer.headers
    this.cookies = Object.fromEntries(cookies)
    this.elapsed = answer.timings.duration / 1000
  }
  get ok(): boolean {
    return this.statusCode < 400
  }
  get content(): ArrayBuffer {
    return pyBytes(this.text)
  }
  get history(): any {
    throw new PyRefusal('k6 does not keep the answers that redirected this request')
  }
  json(): any {
    return JSON.parse(this.text)
  }
}

/** The lines of a streamed response. As with FastHttpUser's client.iter_lines(), a line may end with \r. */
export class PyLines {
  bytes = ''
  constructor(readonly response: any) {
    pyFastRaiseForStatus(response)
  }
  async next(): Promise<string | null> {
    let end = this.bytes.indexOf('\n')
    while (end < 0) {
      const part = await this.response.read(1024)
      if (part === null) {
        const rest = this.bytes
        this.bytes = ''
        return rest === '' ? null : this.decode(rest)
      }
      const start = this.bytes.length
      this.bytes += String.fromCharCode(...new Uint8Array(part))
      end = this.bytes.indexOf('\n', start)
    }
    const line = this.bytes.slice(0, end)
    this.bytes = this.bytes.slice(end + 1)
    return this.decode(line)
  }
  decode(bytes: string): string {
    try {
      return decodeURIComponent(
        bytes.replace(/[^ -$&-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`),
      )
    } catch {
      throw new PyRefusal('the line is not UTF-8 text')
    }
  }
}

/**
 * Converts the argument `files` of a request. If a value is a tuple, its first item is the file name. Otherwise, an opened
 * file keeps its name, and other content is named after its field.
 */
export function pyFiles(x: any): any {
  const contentOf = (value: any) => (pyHas(value, 'read') ? value.read() : value)
  const convert = (value: any) =>
    Array.isArray(value)
      ? [value[0], contentOf(value[1]), ...value.slice(2)]
      : pyHas(value, 'read') && value.name !== ''
        ? [value.name, value.read()]
        : contentOf(value)
  if ((x ?? null) === null) return undefined
  return Array.isArray(x) || pyIsMap(x)
    ? [...(pyIsMap(x) ? x.items() : x)].map(([name, value]: any) => [name, convert(value)])
    : Object.fromEntries(Object.entries(x).map(([name, value]) => [name, convert(value)]))
}
