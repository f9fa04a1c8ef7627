import { describe, expect, it } from 'vitest'
import { sampleOf, slopeOf } from './slope.ts'

describe('slopeOf', () => {
  it('is the slope of the line of best fit', () => {
    expect(slopeOf([1, 2, 3, 4].map((minute) => [minute, 100 + 3 * minute] as const))).toBeCloseTo(3)
    expect(
      slopeOf([
        [0, 5],
        [1, 7],
        [2, 5],
        [3, 7],
        [4, 5],
      ]),
    ).toBeCloseTo(0)
  })

  it('is 0 without samples at two different times', () => {
    expect(slopeOf([])).toBe(0)
    expect(slopeOf([[1, 5]])).toBe(0)
    expect(
      slopeOf([
        [1, 5],
        [1, 9],
      ]),
    ).toBe(0)
  })
})

it.skipIf(process.platform !== 'linux')('a sample contains the memory and the open files of a process', () => {
  const { minute, rssMib, files } = sampleOf(process.pid, 7)
  expect(minute).toBe(7)
  expect(rssMib).toBeGreaterThan(10)
  expect(files).toBeGreaterThan(2)
})
