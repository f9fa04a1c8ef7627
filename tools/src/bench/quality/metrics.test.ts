import { expect, it } from 'vitest'
import { estimate, rankOf, scoresOf, verdictOf } from './metrics.ts'

it('a rank counts from 1 up to 10', () => {
  const suggestions = Array.from({ length: 12 }, (_, at) => `word${at}`)
  expect([rankOf('word0', suggestions), rankOf('word9', suggestions), rankOf('word10', suggestions)]).toEqual([
    1, 10, 0,
  ])
  expect(rankOf('word', [])).toBe(0)
})

it('scores are means of what each query weighs', () => {
  const alike = [1, 2, 4, 0].map((rank) => ({ rank, weight: 1 }))
  expect(scoresOf(alike)).toEqual({ mrr: (1 + 1 / 2 + 1 / 4) / 4, hits1: 0.25, hits3: 0.5, hits10: 0.75 })
  const weighed = [
    { rank: 1, weight: 3 },
    { rank: 5, weight: 1 },
  ]
  expect(scoresOf(weighed)).toEqual({ mrr: (3 + 1 / 5) / 4, hits1: 0.75, hits3: 0.75, hits10: 1 })
})

it('the error of a mean is 1.96 standard errors', () => {
  const of = (values: number[]) => estimate(values.map((value, cluster) => ({ value, weight: 1, cluster })))
  // The standard deviation of 0, 0, 1, 1 is the root of 1/3, its standard error half of that.
  expect(of([0, 0, 1, 1]).mean).toBe(0.5)
  expect(of([0, 0, 1, 1]).error).toBeCloseTo(1.96 * Math.sqrt(1 / 3 / 4), 10)
  expect(of([0.5, 0.5])).toEqual({ mean: 0.5, error: 0 })
})

it('queries of one word count as one when the error is estimated', () => {
  const observations = [0, 1].flatMap((value, cluster) => [1, 2, 3].map(() => ({ value, weight: 1, cluster })))
  const once = [0, 1].map((value, cluster) => ({ value, weight: 1, cluster }))
  expect(estimate(observations).error).toBeCloseTo(estimate(once).error, 10)
})

it('a difference within its error is none', () => {
  expect(verdictOf({ mean: 0.02, error: 0.01 })).toBe('wins')
  expect(verdictOf({ mean: -0.01, error: 0.02 })).toBe('equal')
  expect(verdictOf({ mean: 0, error: 0 })).toBe('equal')
  expect(verdictOf({ mean: -0.02, error: 0.01 })).toBe('loses')
})
