import { describe, expect, it } from 'vitest'
import { COSTS } from '../testing/costs.ts'
import { costsProblems, cpuUse, readCosts } from './costs.ts'

describe('cpuUse', () => {
  it.each([
    ['as measured', 2000, 0.5],
    ['between two measured rates', 3000, (0.5 + 0.68) / 2],
    ['below the lowest, at its cost', 100, 0.06],
    ['above the highest, at its cost', 16_000, 1.92],
    ['of nothing', 0, 0],
  ])('is %s', (_, rate, cores) => {
    expect(cpuUse(COSTS, rate).app).toBeCloseTo(cores, 9)
  })

  it('tells the parts apart', () => {
    const use = cpuUse(COSTS, 4000)
    expect(use.mainThread).toBeCloseTo(0.408, 9)
    expect(use.redis).toBeCloseTo(0.04, 9)
    expect(use.ingress).toBeCloseTo(0.2, 9)
  })
})

describe('costsProblems', () => {
  it('finds none in the committed costs', () => {
    expect(costsProblems(readCosts())).toEqual([])
  })

  const [first, second] = COSTS.load as [(typeof COSTS.load)[0], (typeof COSTS.load)[0]]
  it.each<[string, object, RegExp]>([
    ['no rate', { load: [] }, /^no rate was measured$/],
    ['rates that do not rise', { load: [second, first] }, /^the rates do not rise: 2000, 500$/],
    [
      'a rate that took less CPU than a lower one',
      { load: [first, { ...second, appMicros: 100 }] },
      /^2000 requests\/s took no more CPU than 500/,
    ],
    [
      'a memory that is none',
      { memory: { ...COSTS.memory, redisEntryBytes: Number.NaN } },
      /^redisEntryBytes is NaN, which is no amount of memory$/,
    ],
  ])('finds %s', (_, over, message) => {
    expect(costsProblems({ ...COSTS, ...over })).toEqual([expect.stringMatching(message)])
  })
})
