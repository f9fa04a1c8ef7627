import { expect, it } from 'vitest'
import { referenceDataset, referenceSearch } from '../../service/src/testing/reference-search.ts'
import { randomFrom } from '../../tools/support/random.ts'
import { Judge } from './judge.ts'
import { makeWords, prefixesOf, Truth, weighted } from './truth.ts'

const truth = new Truth([
  { text: 'bad', weight: 20_000 },
  { text: 'bat', weight: 30_000 },
  { text: 'dog', weight: 10_000 },
])
const other = new Truth([{ text: 'bad', weight: 5 }])
const asked = (at = performance.now()) => ({ query: 'ba', limit: 10, at })
const ok = (body: string, isMarkedStale = false) => ({ status: 200, body, isMarkedStale })

function judge(): Judge {
  const judge = new Judge([truth, other])
  judge.allow(truth)
  return judge
}

it('computes the correct answer by sorting', () => {
  expect(JSON.parse(truth.bodyOf('ba', 1))).toEqual({
    query: 'ba',
    suggestions: [{ text: 'bat', score: 30_000 }],
    version: truth.version,
  })
  expect(JSON.parse(truth.bodyOf('x', 10)).suggestions).toEqual([])
})

it('computes the same answers as the reference search', () => {
  const words = makeWords(300, randomFrom(3))
  const entries = weighted(words, 4)
  const truth = new Truth(entries)
  const dataset = referenceDataset(entries)
  for (const query of prefixesOf(words).filter((_, at) => at % 5 === 0)) {
    const found = referenceSearch(dataset, { query, limit: 20, filters: [], boosts: [] })
    const suggestions = found.map(({ text, score }) => ({ text, score }))
    expect(JSON.parse(truth.bodyOf(query, 20))).toEqual({ query, suggestions, version: truth.version })
  }
})

it('accepts only a completely correct answer from a version in use', () => {
  const correct = truth.bodyOf('ba', 10)
  const outcome = (body: string) => judge().judge(asked(), ok(body))[0]
  expect(outcome(correct)).toBe('correct')
  expect(outcome(truth.bodyOf('ba', 1))).toBe('wrong')
  expect(outcome(truth.bodyOf('d', 10))).toBe('wrong')
  expect(outcome(correct.replace('30000', '30001'))).toBe('wrong')
  // A mix of versions: this version's answer with the other version's name.
  expect(outcome(correct.replace(truth.version, other.version))).toBe('wrong')
  expect(outcome(correct.replace(truth.version, 'none'))).toBe('wrong')
  expect(outcome('')).toBe('wrong')
})

it('accepts answers of an old version only if marked, except shortly after the switch', () => {
  const old = judge()
  old.allow(other)
  old.retire(truth, 1000)
  const body = truth.bodyOf('ba', 10)
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
