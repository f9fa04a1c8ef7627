import { describe, expect, it } from 'vitest'
import { COSTS } from '../testing/costs.ts'
import { costsProblems, cpuUse, readCosts } from './costs.ts'

describe('cpuUse', () => {
  it.each([
    ['the measured cost at a measured rate', 2000, 0.5],
    ['interpolated between two measured rates', 3000, (0.5 + 0.68) / 2],
    ['proportional to the rate below the lowest measured rate', 100, 0.06],
    ['proportional to the rate above the highest measured rate', 16_000, 1.92],
    ['0 without requests', 0, 0],
  ])('is %s', (_, rate, cores) => {
    expect(cpuUse(COSTS, rate).app).toBeCloseTo(cores, 9)
  })

  it('returns the CPU use of each part', () => {
    const use = cpuUse(COSTS, 4000)
    expect(use.mainThread).toBeCloseTo(0.408, 9)
    expect(use.redis).toBeCloseTo(0.04, 9)
    expect(use.ingress).toBeCloseTo(0.2, 9)
  })
})

describe('costsProblems', () => {
  it('returns no problems for the committed costs', () => {
    expect(costsProblems(readCosts())).toEqual([])
  })

  const [first, second] = COSTS.load as [(typeof COSTS.load)[0], (typeof COSTS.load)[0]]
  it.each<[string, object, RegExp]>([
    ['no rate', { load: [] }, /^no rate was measured$/],
    ['rates in the wrong order', { load: [second, first] }, /^the rates must be in ascending order, got 2000, 500$/],
    [
      'a rate that used less CPU than a lower rate',
      { load: [first, { ...second, appMicros: 100, mainThreadMicros: 80 }] },
      /^2000 requests\/s took no more CPU than 500/,
    ],
    [
      'a malformed amount of memory',
      { memory: { ...COSTS.memory, redisEntryBytes: Number.NaN } },
      /^memory\.redisEntryBytes must be 0 or more bytes, got null$/,
    ],
    [
      'text instead of a rate',
      { load: [{ ...first, appMicros: '600' }] },
      /^load\[0\]\.appMicros must be a number .*, got "600"$/,
    ],
    [
      'a missing cost',
      { load: [{ ...first, p99Ms: undefined }] },
      /^load\[0\]\.p99Ms must be a number .*, got nothing$/,
    ],
    [
      'costs of 0',
      { load: [{ ...first, mainThreadMicros: 0 }] },
      /^load\[0\] must have requestsPerSecond and mainThreadMicros above 0/,
    ],
    [
      'no environment',
      { measured: { ...COSTS.measured, date: undefined } },
      /^measured\.date must be a string, got nothing$/,
    ],
    ['no list of rates', { load: {} }, /^no rate was measured$/],
  ])('reports %s', (_, over, message) => {
    expect(costsProblems({ ...COSTS, ...over })).toEqual([expect.stringMatching(message)])
  })
})
