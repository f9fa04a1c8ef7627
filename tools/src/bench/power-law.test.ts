import { expect, it } from 'vitest'
import { fitPowerLaw, formatExponent, type Point } from './power-law.ts'

const points = (y: (x: number) => number): Point[] => [10, 100, 1000, 3000].map((x) => ({ x, y: y(x) }))

it.each([
  ['what stays as it is', () => 70, 70, 0],
  ['what grows with the size', (x: number) => 2 * x, 2, 1],
  ['what grows with its square', (x: number) => 0.5 * x ** 2, 0.5, 2],
  ['what becomes less', (x: number) => 100 / Math.sqrt(x), 100, -0.5],
])('%s', (_, y, factor, exponent) => {
  const law = fitPowerLaw(points(y))
  expect(law?.factor).toBeCloseTo(factor)
  expect(law?.exponent).toBeCloseTo(exponent)
})

it('goes between points that are not on one line', () => {
  const law = fitPowerLaw([
    { x: 1, y: 1 },
    { x: 10, y: 4 },
    { x: 10, y: 25 },
    { x: 100, y: 100 },
  ])
  expect(law?.exponent).toBeCloseTo(1)
  expect(law?.factor).toBeCloseTo(1)
})

it('needs two sizes, and something to grow', () => {
  expect(fitPowerLaw([])).toBeUndefined()
  expect(fitPowerLaw([{ x: 1, y: 1 }])).toBeUndefined()
  expect(fitPowerLaw([1, 2].map((y) => ({ x: 5, y })))).toBeUndefined()
  expect(fitPowerLaw([1, 2].map((x) => ({ x, y: 0 })))).toBeUndefined()
})

it('is shown with two decimals', () => {
  expect(formatExponent(points((x) => x))).toBe('1.00')
  expect(formatExponent(points((x) => x ** -0.001))).toBe('0.00')
  expect(formatExponent(points((x) => x ** -0.126))).toBe('-0.13')
  expect(formatExponent([])).toBe('unknown')
})
