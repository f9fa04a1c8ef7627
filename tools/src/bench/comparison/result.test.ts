import { describe, expect, it } from 'vitest'
import { comparisonOf, type MeasuredRow, type RowName, titleOf } from './result.ts'

/** A row with the CPU microseconds of each round. */
const row = (name: Partial<RowName>, ...rounds: Record<string, number>[]): MeasuredRow => ({
  server: 'bare',
  nginx: false,
  queries: 'zipf',
  ...name,
  measurements: rounds.map((micros, at) => ({
    requestsPerSecond: 1000.4 + at,
    micros,
    p50Ms: 1.2345 + at,
    p95Ms: 2,
    p99Ms: 3,
    p999Ms: 4,
    memoryBytes: 1e6,
  })),
})

const measured: MeasuredRow[] = [
  row({}, { app: 50 }, { app: 60 }, { app: 40 }),
  row({ server: 'cacheOff' }, { app: 75, redis: 5 }, { app: 84, redis: 6 }, { app: 80, redis: 5 }),
  row({ server: 'cacheOn' }, { app: 70, redis: 2 }, { app: 90, redis: 2 }, { app: 56, redis: 2 }),
  row({ server: 'report' }, { app: 770, redis: 30 }, { app: 780, redis: 30 }, { app: 820, redis: 30 }),
  row(
    { server: 'cacheOff', nginx: true },
    { app: 75, redis: 5, nginx: 40 },
    { app: 75, redis: 5, nginx: 40 },
    { app: 75, redis: 5, nginx: 40 },
  ),
  row(
    { server: 'report', nginx: true },
    { app: 570, redis: 30, nginx: 60 },
    { app: 570, redis: 30, nginx: 60 },
    { app: 570, redis: 30, nginx: 60 },
  ),
]

describe('a row', () => {
  const { rows } = comparisonOf(measured)

  it('has medians with their range, rounded', () => {
    expect(rows[1]).toMatchObject({
      server: 'cacheOff',
      micros: {
        app: { median: 80, min: 75, max: 84 },
        redis: { median: 5, min: 5, max: 6 },
        nginx: null,
      },
      requestsPerSecond: { median: 1001, min: 1000, max: 1002 },
      p50Ms: { median: 2.23, min: 1.23, max: 3.23 },
      memoryBytes: { median: 1e6, min: 1e6, max: 1e6 },
    })
    expect(rows[0]?.micros).toEqual({ app: { median: 50, min: 40, max: 60 }, redis: null, nginx: null })
  })

  it('is compared with bare node:http in the same round', () => {
    expect(rows[0]?.appToBare).toEqual({ median: 1, min: 1, max: 1 })
    expect(rows[1]?.appToBare).toEqual({ median: 1.5, min: 1.4, max: 2 })
  })

  it('says what eight CPUs could pay for, with all that takes part', () => {
    expect(rows[1]?.projectedQps).toEqual({ median: 94_118, min: 88_889, max: 100_000 })
    expect(rows[4]?.projectedQps.median).toBe(66_667)
  })

  it('under uniform queries is compared with bare node:http under those', () => {
    const uniform = [row({ queries: 'uniform' }, { app: 20 }), row({ queries: 'uniform', server: 'koa' }, { app: 30 })]
    expect(comparisonOf([row({}, { app: 1 }), ...uniform]).rows[2]?.appToBare.median).toBe(1.5)
  })

  it('has a title', () => {
    expect(measured.map(titleOf)).toEqual([
      'bare node:http',
      'service, cache off',
      'service, cache on',
      "report's stack",
      'service, cache off, behind nginx',
      "report's stack, behind nginx",
    ])
    expect(titleOf({ server: 'koa', nginx: false, queries: 'uniform' })).toBe('Koa and its router, uniform')
  })
})

describe('the goals', () => {
  it('are reached or not by the median of the ratios of each round', () => {
    expect(
      comparisonOf(measured).goals.map(({ ratio, bound, limit, reached }) => [ratio, bound, limit, reached]),
    ).toEqual([
      [{ median: 1.5, min: 1.4, max: 2 }, 'at most', 1.6, true],
      [{ median: 1.4, min: 1.4, max: 1.5 }, 'at most', 1.3, false],
      [{ median: 10, min: 9, max: 10 }, 'at least', 10, true],
      [{ median: 5.5, min: 5.5, max: 5.5 }, 'at least', 6, false],
      [{ median: 11.111, min: 8.804, max: 14.655 }, 'at least', 10, true],
      [null, 'at least', 6, null],
    ])
  })

  it('that need what is missing are not measured', () => {
    const { goals } = comparisonOf(measured.filter(({ server, nginx }) => server !== 'report' && !nginx))
    expect(goals.map(({ ratio, reached }) => [ratio === null, reached])).toEqual([
      [false, true],
      [false, false],
      [true, null],
      [true, null],
      [true, null],
      [true, null],
    ])
  })
})
