import { describe, expect, it } from 'vitest'
import {
  type CostName,
  expectedLatencies,
  type GeneratorName,
  loadgenOf,
  type Measurements,
  type StallCircumstances,
} from './result.ts'

const STALL: StallCircumstances = { requestsPerSecond: 500, seconds: 6, stallSeconds: 1, users: 10 }

const cost = (generator: GeneratorName, micros: number[], more: Partial<CostName> = {}) => ({
  generator,
  pace: 'hurried' as const,
  isChecked: false,
  ...more,
  measurements: micros.map((value) => ({ micros: value, requestsPerSecond: 1000 })),
})
const users = (generator: GeneratorName, count: number, micros: number[]) => ({
  generator,
  users: count,
  measurements: micros.map((value) => ({ micros: value, requestsPerSecond: 2000 })),
})
const stall = (loop: 'open' | 'closed', p99Ms: number) => ({
  loop,
  measurements: [{ requestsPerSecond: 500, p50Ms: 1, p95Ms: 2, p99Ms }],
})
const measurements: Measurements = {
  costs: [
    cost('ours', [20, 30, 10]),
    cost('locust', [120, 120, 60]),
    cost('wrk', [4, 3, 4]),
    cost('ours', [40, 40, 40], { isChecked: true }),
    cost('locust', [200, 200, 200], { isChecked: true }),
    cost('k6', [90, 90, 90], { pace: 'pausing' }),
  ],
  growth: [users('ours', 100, [20, 21]), users('ours', 10_000, [24, 63]), users('locust', 100, [500, 900])],
  idle: [{ generator: 'ours', users: 1001, measurements: [{ baseBytes: 40e6, userBytes: 51_200 }] }],
  latencies: [],
  stalls: [stall('open', 940), stall('closed', 3)],
}

it('costs are compared with ours of the same script and pace, within a round', () => {
  const { costs } = loadgenOf(measurements, STALL)
  expect(costs.map(({ timesOurs }) => timesOurs)).toEqual([
    { median: 1, min: 1, max: 1 },
    { median: 6, min: 4, max: 6 },
    { median: 0.2, min: 0.1, max: 0.4 },
    { median: 1, min: 1, max: 1 },
    { median: 5, min: 5, max: 5 },
    null,
  ])
  expect(costs[0]).toMatchObject({ micros: { median: 20, min: 10, max: 30 }, requestsPerSecond: { median: 1000 } })
  expect(costs[0]).not.toHaveProperty('measurements')
})

describe('goals', () => {
  const goalsOf = (more: Partial<Measurements> = {}) => loadgenOf({ ...measurements, ...more }, STALL).goals

  it('are reached or not, and not measured where a program is missing', () => {
    expect(goalsOf().map(({ measured, isReached }) => [measured, isReached])).toEqual([
      ['6.00 (4.00–6.00)', true],
      ['', null],
      ['2.10 (1.20–3.00)', false],
      ['50.0 KiB', true],
      ['1.00', true],
    ])
    const none = goalsOf({ costs: [], growth: [], idle: [], stalls: [] })
    expect(none.map(({ isReached }) => isReached)).toEqual([null, null, null, null, null])
  })

  it('say of how many users', () => {
    const texts = goalsOf().map(({ what }) => what)
    expect(texts).toContain(
      'CPU of a request of k6/x/locust with 100 to 10,000 users at one rate, the dearest to the cheapest',
    )
    expect(texts).toContain('memory of an idle user of k6/x/locust, of 1,001')
  })

  it('are missed when the stall does not show, or a user takes too much', () => {
    const idle = [{ generator: 'ours' as const, users: 9, measurements: [{ baseBytes: 1, userBytes: 51_300 }] }]
    expect(goalsOf({ stalls: [stall('open', 800)], idle }).map(({ isReached }) => isReached)).toEqual([
      true,
      null,
      false,
      false,
      false,
    ])
  })
})

describe('a stall', () => {
  it('is waited for evenly by what comes meanwhile', () => {
    const { p50Ms, p95Ms, p99Ms } = expectedLatencies(STALL)
    expect(p50Ms).toBe(0)
    expect(p95Ms).toBeCloseTo(700, 6)
    expect(p99Ms).toBeCloseTo(940, 6)
  })

  it('too short for a percentile is not in it', () => {
    expect(expectedLatencies({ ...STALL, seconds: 200 })).toEqual({ p50Ms: 0, p95Ms: 0, p99Ms: 0 })
  })
})
