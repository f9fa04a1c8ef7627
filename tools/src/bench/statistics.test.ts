import { expect, it } from 'vitest'
import { median, ratioOf, spreadOf } from './statistics.ts'

it.each([
  [[3], 3],
  [[9, 1, 3], 3],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, middle) => {
  expect(median(values)).toBe(middle)
})

it('a spread is the median between the least and the most', () => {
  expect(spreadOf([9, 1, 3])).toEqual({ median: 3, min: 1, max: 9 })
})

it('a ratio is taken round by round', () => {
  expect(ratioOf([2, 30, 4], [1, 10, 2])).toEqual({ median: 2, min: 2, max: 3 })
})
