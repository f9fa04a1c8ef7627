import { expect, it } from 'vitest'
import { referenceDataset, referenceSearch } from '../../service/src/testing/reference-search.ts'
import { randomFrom } from '../../tools/support/random.ts'
import { Judge } from './judge.ts'
import { KnownData, makeWords, prefixesOf, weighted } from './known-data.ts'

const data = new KnownData([
  { text: 'bad', weight: 20_000 },
  { text: 'bat', weight: 30_000 },
  { text: 'dog', weight: 10_000 },
])
const other = new KnownData([{ text: 'bad', weight: 5 }])
const asked = (at = performance.now()) => ({ query: 'ba', limit: 10, at })
const ok = (body: string, isMarkedStale = false) => ({ status: 200, body, isMarkedStale })

function judge(): Judge {
  const judge = new Judge([data, other])
  judge.allow(data)
  return judge
}

it('computes the correct answer by sorting', () => {
  expect(JSON.parse(data.bodyOf('ba', 1))).toEqual({
    query: 'ba',
    suggestions: [{ text: 'bat', score: 30_000 }],
    version: data.version,
  })
  expect(JSON.parse(data.bodyOf('x', 10)).suggestions).toEqual([])
})

it('computes the same answers as the reference search', () => {
  const words = makeWords(300, randomFrom(3))
  const entries = weighted(words, 4)
  const data = new KnownData(entries)
  const dataset = referenceDataset(entries)
  for (const query of prefixesOf(words).filter((_, at) => at % 5 === 0)) {
    const found = referenceSearch(dataset, { query, limit: 20, filters: [], boosts: [] })
    const suggestions = found.map(({ text, score }) => ({ text, score }))
    expect(JSON.parse(data.bodyOf(query, 20))).toEqual({ query, suggestions, version: data.version })
  }
})

it('accepts only a completely correct answer from a version in use', () => {
  const correct = data.bodyOf('ba', 10)
  const outcome = (body: string) => judge().judge(asked(), ok(body))[0]
  expect(outcome(correct)).toBe('correct')
  expect(outcome(data.bodyOf('ba', 1))).toBe('wrong')
  expect(outcome(data.bodyOf('d', 10))).toBe('wrong')
  expect(outcome(correct.replace('30000', '30001'))).toBe('wrong')
  // Mix two versions: combine this version's answer with the other version's name.
  expect(outcome(correct.replace(data.version, other.version))).toBe('wrong')
  expect(outcome(correct.replace(data.version, 'none'))).toBe('wrong')
  expect(outcome('')).toBe('wrong')
})

it('accepts answers of an old version only if marked, except shortly after the switch', () => {
  const old = judge()
  old.allow(other)
  old.retire(data, 1000)
  const body = data.bodyOf('ba', 10)
  expect(old.judge(asked(), ok(body))).toEqual(['correct'])
  expect(old.judge(asked(performance.now() + 2000), ok(body))[0]).toBe('wrong')
  expect(old.judge(asked(performance.now() + 2000), ok(body, true))).toEqual(['stale'])
  // A marked answer must still be correct for its version.
  expect(old.judge(asked(), ok(body.replace('bat', 'bag'), true))[0]).toBe('wrong')
})

it('accepts a 503 only with a reason', () => {
  const outcome = (status: number, body: string) => judge().judge(asked(), { status, body, isMarkedStale: false })[0]
  expect(outcome(503, '{"error":{"code":"unavailable","message":"x"}}')).toBe('rejected')
  expect(outcome(503, '{"error":{"code":"other","message":"x"}}')).toBe('wrong')
  expect(outcome(503, 'Bad Gateway')).toBe('wrong')
  expect(outcome(500, '{"error":{"code":"unavailable","message":"x"}}')).toBe('wrong')
})
