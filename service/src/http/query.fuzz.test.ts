/** Any input gives a valid query or a BadRequestError. It never causes another error, and never changes a prototype. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOf } from '../ranking/messages.ts'
import { exceedsCodePoints } from '../text/strings.ts'
import {
  BadRequestError,
  MAX_BATCH_QUERIES,
  MAX_BOOST,
  MAX_CONTEXTS,
  MAX_LIMIT,
  MAX_QUERY_LENGTH,
  parseBatch,
  parsePopular,
  parseQuery,
} from './query.ts'

/** Names with a special meaning in JavaScript. */
const INHERITED = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', '__defineGetter__']
const NAMES = ['q', 'limit', 'filter', 'boost', 'highlight', 'explain', 'queries', ...INHERITED]
const CONTROL = /\p{Cc}/u

type Query = ReturnType<typeof parseQuery>

/** Checks what ranking threads rely on. */
function expectInBounds({ query, limit, options }: Query, isPopular = false): void {
  // An empty query requests the entries with the highest scores.
  if (isPopular) expect(query).toBe('')
  else {
    expect(query).not.toBe('')
    expect(query.isWellFormed() && !exceedsCodePoints(query, MAX_QUERY_LENGTH)).toBe(true)
  }
  expect(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT).toBe(true)
  for (const list of [options?.filters ?? [], options?.boosts ?? []]) {
    expect(list.length).toBeLessThanOrEqual(MAX_CONTEXTS)
    for (const { name, value } of list) {
      expect(name).toMatch(/^[a-z][a-z0-9_-]{0,31}$/)
      expect(value).not.toMatch(CONTROL)
      expect(value.isWellFormed() && value !== '' && !exceedsCodePoints(value, 64)).toBe(true)
    }
  }
  for (const { factor } of options?.boosts ?? []) expect(factor >= 1 && factor <= MAX_BOOST).toBe(true)
}

/** Runs a function. If it throws, the error must be a BadRequestError with a short, one-line message. */
function orBadRequest<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    expect(error).toBeInstanceOf(BadRequestError)
    const { code, message } = error as BadRequestError
    expect(code).toMatch(/^[a-z_]+$/)
    expect(message).not.toMatch(/[\r\n]/)
    return undefined
  } finally {
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  }
}

const text = fc.string({ unit: 'binary', maxLength: 80 })
const context = fc.tuple(fc.constantFrom('category', ...INHERITED), text).map((parts) => parts.join(':'))
const value = fc.oneof(
  text.map((raw) => encodeURIComponent(raw.toWellFormed())),
  text,
  context.map((raw) => encodeURIComponent(raw.toWellFormed())),
  context.map((raw) => `${encodeURIComponent(raw.toWellFormed())}:2`),
  fc.constantFrom(
    '',
    '1',
    '0',
    '10',
    '%',
    '%ff',
    '%c0%80',
    '%00',
    '%0d%0aSet-Cookie:x',
    '+',
    '-1',
    '1e1',
    '0x10',
    '%ed%a0%80',
  ),
)
const search = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...NAMES), text), fc.constantFrom('=', '', '=='), value), { maxLength: 30 })
  .map((pairs) => pairs.map((pair) => pair.join('')).join('&'))

it('any URL gives a valid query or a BadRequestError', () => {
  fc.assert(
    fc.property(fc.oneof(search, text, fc.string({ unit: 'binary', maxLength: 8192 })), (raw) => {
      const query = orBadRequest(() => parseQuery(raw))
      if (query) expectInBounds(query)
      const popular = orBadRequest(() => parsePopular(raw))
      if (popular) expectInBounds(popular, true)
    }),
    { numRuns: 2000 },
  )
})

it('a correctly encoded query arrives unchanged', () => {
  const right = text.filter(
    (raw) => raw.isWellFormed() && /[^\s\p{Cc}\ufeff]/u.test(raw) && !exceedsCodePoints(raw, 64),
  )
  fc.assert(
    fc.property(right, fc.integer({ min: 1, max: MAX_LIMIT }), (query, limit) => {
      expect(parseQuery(`limit=${limit}&q=${encodeURIComponent(query)}`)).toMatchObject({ query, limit })
      expect(parseBatch(JSON.stringify({ queries: [{ q: query, limit }] }))).toMatchObject([{ query, limit }])
    }),
  )
})

it('all URLs of a query have the same cache key', () => {
  const KNOWN = ['q', 'limit', 'highlight', 'explain', 'filter', 'boost']
  const unknown = fc
    .tuple(
      text.map((raw) => encodeURIComponent(raw.toWellFormed())).filter((name) => !KNOWN.includes(name)),
      fc.oneof(text, fc.constant('x'.repeat(2000))).map((raw) => encodeURIComponent(raw.toWellFormed())),
    )
    .map((pair) => pair.join('='))
  const known = fc.tuple(
    fc.constantFrom('q=new+york', 'q=new%20york', 'q=%6eew york', 'q=new%20york&q=other'),
    fc.constantFrom('limit=10', 'limit=%310', 'limit=10&limit=5', ''),
    fc.constantFrom('highlight=0', 'explain=0', 'highlight=0&explain=0', ''),
    fc.constantFrom('filter=a:1&filter=b:2', 'filter=b:2&filter=a%3A1'),
  )
  const key = keyOf(parseQuery('q=new york&filter=a:1&filter=b:2'))
  fc.assert(
    fc.property(known, fc.array(unknown), fc.infiniteStream(fc.nat()), (parts, others, numbers) => {
      const shuffled = [...parts, ...others].map((part) => [numbers.next().value, part] as const)
      const search = shuffled.toSorted(([a], [b]) => a - b).map(([, part]) => part)
      expect(keyOf(parseQuery(search.join('&')))).toBe(key)
    }),
  )
})

describe('the body of a batch', () => {
  const json = fc.jsonValue({ stringUnit: 'binary' })
  const field = fc.oneof(
    json,
    text,
    fc.constantFrom(10, 1e300, -0, 0.5, true, null),
    fc.array(fc.oneof(text, context, fc.constant('category:\ud800')), { maxLength: 10 }),
  )
  const query = fc
    .array(fc.tuple(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...NAMES) }, text), field), { maxLength: 6 })
    .map((pairs) => `{${pairs.map(([name, of]) => `${JSON.stringify(name)}:${JSON.stringify(of)}`).join(',')}}`)
  const batch = fc
    .tuple(fc.constantFrom('queries', ...INHERITED), fc.array(query, { maxLength: MAX_BATCH_QUERIES + 2 }))
    .map(([name, queries]) => `{"${name}":[${queries.join(',')}]}`)

  it('gives valid queries or a BadRequestError, for any JSON and for text that is not JSON', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          batch,
          json.map((of) => JSON.stringify(of)),
          text,
        ),
        (body) => {
          const queries = orBadRequest(() => parseBatch(body))
          for (const one of queries ?? []) expectInBounds(one)
          if (queries) expect(queries.length >= 1 && queries.length <= MAX_BATCH_QUERIES).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it.each(['filter', 'boost'])('accepts only well-formed Unicode as %s', (name) => {
    const of = name === 'boost' ? 'category:\ud800:2' : 'category:\ud800'
    expect(() => parseBatch(JSON.stringify({ queries: [{ q: 'a', [name]: [of] }] }))).toThrow(
      'contains a lone surrogate',
    )
  })

  it.each(INHERITED)('rejects the inherited name %s as a parameter, at any depth', (name) => {
    for (const body of [
      `{"${name}":{"polluted":1}}`,
      `{"queries":[{"q":"a","${name}":{"polluted":1}}]}`,
      `{"queries":[{"q":{"${name}":{"polluted":1}}}]}`,
      `{"queries":[{"q":"a","filter":{"${name}":1}}]}`,
      `{"queries":{"${name}":{"polluted":1},"length":1}}`,
    ]) {
      expect(orBadRequest(() => parseBatch(body))).toBeUndefined()
    }
  })

  it('is rejected without another error, even if it is nested as deeply as its size allows', () => {
    for (const [open, close] of [['[', ']'] as const, ['{"q":', '}'] as const]) {
      const depth = Math.floor(60_000 / (open.length + close.length))
      const deep = `${open.repeat(depth)}1${close.repeat(depth)}`
      for (const body of [
        deep,
        `{"queries":${deep}}`,
        `{"queries":[{"q":${deep}}]}`,
        `{"queries":[{"filter":${deep}}]}`,
      ]) {
        expect(orBadRequest(() => parseBatch(body))).toBeUndefined()
      }
    }
  })
})

it('the slowest possible URLs are parsed or rejected quickly', () => {
  const slowUrls = [
    'filter=a:'.padEnd(8192, '\u0301'),
    `filter=a:${'%CC%81'.repeat(600)}`,
    `boost=a:${':9'.repeat(2000)}`,
    '&'.repeat(8192),
    'filter=a:b&'.repeat(370),
    `q=${'%F0%9F%91%A9'.repeat(340)}`,
    `q=${'+'.repeat(4094)}`,
    `q=${'%EF%B7%BA'.repeat(64)}`,
    `limit=${'9'.repeat(4090)}`,
  ]
  const started = performance.now()
  for (const raw of slowUrls) for (let again = 0; again < 10; again++) orBadRequest(() => parseQuery(raw))
  // This takes a few milliseconds on an idle machine. A parser that needs more than linear time would exceed the limit.
  expect(performance.now() - started).toBeLessThan(2000)
})
