import type { QueryOptions, RankingQuery } from '../ranking/messages.ts'
import type { Boost, Context } from '../search/query.ts'
import { compareCodeUnits, exceedsCodePoints, shortInNfc, truncate } from '../text/strings.ts'

/** Maximum length of a query, in code points. */
export const MAX_QUERY_LENGTH = 64
export const DEFAULT_LIMIT = 10
export const MAX_LIMIT = 50

/** Thrown if a parameter or a body is invalid. The response has the status 400. */
export class BadRequestError extends Error {
  override name = 'BadRequestError'
  /** Stable identifier for programs. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Parses the parameters of a query. `filter` and `boost` may be repeated. If another parameter is repeated, its first
 * value is used. Unknown parameters are ignored.
 *
 * Node's own parser is slower, and turns invalid UTF-8 into replacement characters.
 * @param search the part of the URL after `?`
 * @throws {BadRequestError} naming the parameter and the accepted values
 */
export function parseQuery(search: string): RankingQuery {
  const { query, limit, others } = readParameters(search)
  return toQuery(query, limit, others)
}

/**
 * Parses the parameters of a request for the entries with the highest scores: the parameters of
 * {@link parseQuery} without `q`.
 * @throws {BadRequestError} naming the parameter and the accepted values
 */
export function parsePopular(search: string): RankingQuery {
  const { limit, others } = readParameters(search)
  return { query: '', ...parseRest(limit, others) }
}

/**
 * Returns the parameter `criticality`. It is not part of the query, because it does not change the answer.
 * @throws {BadRequestError} if it is not percent-encoded UTF-8
 */
export function criticalityParameter(search: string): string | undefined {
  const wanted = 'criticality'
  // Few queries have this parameter, so do not split the others again.
  if (!search.includes(wanted) && !ENCODED_NAME.test(search)) return undefined
  for (const part of search.split('&')) {
    const [name, raw] = nameAndValue(part)
    if (name === wanted) return decode(name, raw)
  }
  return undefined
}

const ENCODED_NAME = /(?:^|&)[^=&%]*%/

/** Splits a parameter. Decodes its name, but not its value. */
function nameAndValue(part: string): [name: string, raw: string] {
  const equals = part.indexOf('=')
  const name = equals < 0 ? part : part.slice(0, equals)
  return [name.includes('%') ? decodedName(name) : name, equals < 0 ? '' : part.slice(equals + 1)]
}

/** Decodes a name, because some clients encode even letters. If a name cannot be decoded, returns it unchanged. */
function decodedName(raw: string): string {
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}

function readParameters(search: string) {
  let query: string | undefined
  let limit: string | undefined
  const others: Parameter[] = []
  for (const part of search.split('&')) {
    const [name, raw] = nameAndValue(part)
    if (name === 'q') query ??= decode(name, raw)
    else if (name === 'limit') limit ??= decode(name, raw)
    else if (OTHERS.has(name)) others.push([name, decode(name, raw)])
  }
  return { query, limit, others }
}

const ENCODED = /[%+]/

type Parameter = [name: string, value: string]

function toQuery(query: string | undefined, limit: string | undefined, others: readonly Parameter[]): RankingQuery {
  if (query === undefined) throw new BadRequestError('missing_query', 'the parameter q is missing')
  // Check the length before the query is normalized, because normalizing a long text is slow.
  if (exceedsCodePoints(query, MAX_QUERY_LENGTH)) {
    throw new BadRequestError('query_too_long', `the parameter q must have at most ${MAX_QUERY_LENGTH} characters`)
  }
  if (!QUERY.test(query)) throw new BadRequestError('empty_query', 'the parameter q is empty')
  return { query, ...parseRest(limit, others) }
}

function parseRest(limit: string | undefined, others: readonly Parameter[]) {
  const options = others.length > 0 ? parseOthers(others) : undefined
  return { limit: limit === undefined ? DEFAULT_LIMIT : parseLimit(limit), ...(options && { options }) }
}

const LISTS = new Set(['filter', 'boost'])
const OTHERS = new Set(['highlight', 'explain', ...LISTS])
/** Maximum length of an invalid name in an error, in UTF-16 code units. Longer names are truncated. */
const MAX_SHOWN = 32
/** Maximum number of filters in a query. The same limit applies to boosts. */
export const MAX_CONTEXTS = 8
export const MAX_BOOST = 1000
/** Maximum length of a filter or boost: its name, value, factor, and colons. */
const MAX_CONTEXT_LENGTH = 32 + 1 + 64 + 1 + 10
const NAME_PATTERN = '[a-z][a-z0-9_-]{0,31}'
/** A name and a value without control characters, separated by a colon. */
const CONTEXT_PATTERN = `(${NAME_PATTERN}):([^\\u0000-\\u001f\\u007f-\\u009f]{1,64})`
export const FILTER_PATTERN = `^${CONTEXT_PATTERN}$`
/** A context with a factor of 1 or more. */
export const BOOST_PATTERN = `^${CONTEXT_PATTERN}:([1-9][0-9]{0,2}(?:\\.[0-9]{1,6})?|${MAX_BOOST})$`
/** At least one character that is neither white space nor a control character. */
export const QUERY_PATTERN = '[^\\s\\u0000-\\u001f\\u007f-\\u009f\\ufeff]'
const NAME_RULE = 'a name begins with a lower-case letter and has up to 32 lower-case letters, digits, -, and _'
const VALUE_RULE = 'a value has 1 to 64 characters, and no control characters'
const NAME = new RegExp(`^${NAME_PATTERN}$`)
const FILTER = new RegExp(FILTER_PATTERN, 'u')
const BOOST = new RegExp(BOOST_PATTERN, 'u')
const QUERY = new RegExp(QUERY_PATTERN)

function parseOthers(others: readonly Parameter[]): QueryOptions | undefined {
  const valuesOf = (name: string) => others.filter(([other]) => other === name).map(([, value]) => value)
  const isOn = (name: string) => {
    const [value = '0'] = valuesOf(name)
    if (value === '0' || value === '1') return value === '1'
    throw new BadRequestError(`bad_${name}`, `the parameter ${name} must be 0 or 1`)
  }
  const contexts = <T>(name: string, parse: (value: string) => T) => {
    const values = valuesOf(name)
    if (values.length <= MAX_CONTEXTS) return values.map(parse)
    throw new BadRequestError(`bad_${name}`, `the parameter ${name} can be given at most ${MAX_CONTEXTS} times`)
  }
  const options: QueryOptions = {
    highlight: isOn('highlight'),
    explain: isOn('explain'),
    // The order of filters does not change the answer, so sorting them lets more queries share a cached answer.
    filters: contexts('filter', parseFilter).sort(compareContexts),
    boosts: contexts('boost', parseBoost),
  }
  const { highlight, explain, filters, boosts } = options
  return highlight || explain || filters.length + boosts.length > 0 ? options : undefined
}

const compareContexts = (a: Context, b: Context) =>
  compareCodeUnits(a.name, b.name) || compareCodeUnits(a.value, b.value)

/** Normalizes the value to NFC, as in the dataset. */
function parseFilter(raw: string): Context {
  const [, name, value] = FILTER.exec(shortInNfc(raw, MAX_CONTEXT_LENGTH)) ?? []
  if (name && value) return { name, value }
  throw badContext('filter', raw, 'name:value, such as category:fruit')
}

function parseBoost(raw: string): Boost {
  const [, name, value, factor] = BOOST.exec(shortInNfc(raw, MAX_CONTEXT_LENGTH)) ?? []
  if (name && value && factor) return { name, value, factor: Number(factor) }
  const form = `name:value:factor, such as category:fruit:2, with a factor from 1 to ${MAX_BOOST}`
  throw badContext('boost', raw, form)
}

/** Returns an error that says which part of a filter or boost is wrong. */
function badContext(parameter: 'filter' | 'boost', raw: string, form: string): BadRequestError {
  const [name = '', ...rest] = raw.split(':', 2)
  const message =
    rest.length === 0 || name === '' || NAME.test(name)
      ? `the parameter ${parameter} must be ${form}; ${VALUE_RULE}`
      : `the parameter ${parameter} has the invalid name ${shown(name)}; ${NAME_RULE}`
  return new BadRequestError(`bad_${parameter}`, message)
}

/** Maximum number of queries in a batch. */
export const MAX_BATCH_QUERIES = 50

/**
 * Parses the body of a batch, such as `{"queries":[{"q":"app","limit":5}]}`. Each query takes the parameters of
 * {@link parseQuery}. `filter` and `boost` are arrays. Unknown keys are errors.
 * @throws {BadRequestError} naming the query, the parameter, and the accepted values
 */
export function parseBatch(body: string): RankingQuery[] {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw new BadRequestError('bad_json', 'the body is not valid JSON')
  }
  const queries = isObject(value) && Object.keys(value).length === 1 ? value.queries : undefined
  if (!Array.isArray(queries) || queries.length < 1 || queries.length > MAX_BATCH_QUERIES) {
    const form = `{"queries":[…]} with 1 to ${MAX_BATCH_QUERIES} queries`
    throw new BadRequestError('bad_batch', `the body must be ${form}, such as {"q":"app","limit":5}`)
  }
  return queries.map((query, at) => {
    try {
      return parseObject(query)
    } catch (error) {
      if (!(error instanceof BadRequestError)) throw error
      throw new BadRequestError(error.code, `queries[${at}]: ${error.message}`)
    }
  })
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * @throws {BadRequestError} if a string contains a lone surrogate, for example because it was truncated within an emoji
 */
function requireWellFormed(name: string, value: string, code: string): void {
  if (value.isWellFormed()) return
  throw new BadRequestError(code, `the parameter ${name} contains a lone surrogate, such as half of an emoji`)
}

function parseObject(query: unknown): RankingQuery {
  if (!isObject(query))
    throw new BadRequestError('bad_batch', 'a query must be an object such as {"q":"app","limit":5}')
  const { q, limit, ...others } = query
  if (q !== undefined) {
    if (typeof q !== 'string') throw new BadRequestError('bad_encoding', 'the parameter q must be a string')
    requireWellFormed('q', q, 'bad_encoding')
  }
  if (limit !== undefined && typeof limit !== 'number') throw badLimit()
  const pairs = Object.entries(others).flatMap(([name, value]): Parameter[] => {
    if (!OTHERS.has(name)) throw unknownParameter(name)
    if (LISTS.has(name)) {
      if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
        for (const item of value) requireWellFormed(name, item, `bad_${name}`)
        return value.map((item) => [name, item])
      }
      throw new BadRequestError(`bad_${name}`, `the parameter ${name} must be an array of strings`)
    }
    if (typeof value === 'boolean') return [[name, value ? '1' : '0']]
    throw new BadRequestError(`bad_${name}`, `the parameter ${name} must be true or false`)
  })
  return toQuery(q, limit === undefined ? undefined : String(limit), pairs)
}

function unknownParameter(name: string): BadRequestError {
  const known = ['q', 'limit', ...OTHERS].join(', ')
  return new BadRequestError('unknown_parameter', `unknown parameter ${shown(name)}; known: ${known}`)
}

const shown = (name: string) => JSON.stringify(truncate(name, MAX_SHOWN))

function decode(name: string, raw: string): string {
  if (!ENCODED.test(raw)) return raw
  try {
    return decodeURIComponent(raw.includes('+') ? raw.replaceAll('+', ' ') : raw)
  } catch {
    throw new BadRequestError('bad_encoding', `the parameter ${name} is not percent-encoded UTF-8`)
  }
}

function parseLimit(raw: string): number {
  const limit = /^\d{1,2}$/.test(raw) ? Number(raw) : 0
  if (limit < 1 || limit > MAX_LIMIT) {
    throw badLimit()
  }
  return limit
}

const badLimit = () => new BadRequestError('bad_limit', `the parameter limit must be an integer from 1 to ${MAX_LIMIT}`)
