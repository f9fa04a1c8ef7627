import { describe, expect, it } from 'vitest'
import { renderSvg } from '../../../../generator/src/plot.ts'
import type { Growth, GrowthPoint } from './measure.ts'
import { growthCharts, growthGoals, growthTables, growthText } from './view.ts'

const spread = (median: number) => ({ median, min: median * 0.9, max: median * 1.1 })
const point = (size: number, micros: number): GrowthPoint => ({
  size,
  appMicros: spread(micros),
  redisMicros: spread(micros / 10),
  requestsPerSecond: spread(12_345),
  p50Ms: spread(1.5),
  p99Ms: spread(9),
})

const GOOD: Growth = {
  measured: {
    date: '2026-11-23',
    machine: 'AMD EPYC, 2 CPUs',
    os: 'Linux 6.1',
    node: '20.20.2',
    redis: '7.0.15',
    client: 'wrk 4.1.0',
    rounds: 3,
    base: { processes: 1, entries: 100_000, connections: 64, suggestions: 10 },
  },
  axes: {
    processes: [point(1, 60), point(4, 60)],
    entries: [point(10_000, 50), point(3_000_000, 60)],
    connections: [point(16, 80), point(1600, 40)],
    suggestions: [point(1, 50), point(50, 100)],
  },
  entriesCpuGrowth: { median: 1.2, min: 1.1, max: 1.4 },
  memory: [
    { entries: 10_000, bytesPerEntry: 80, peakBytes: 12 * 2 ** 20 },
    { entries: 3_000_000, bytesPerEntry: 69.9, peakBytes: 2 ** 28 },
  ],
  roundTrips: { batches: 20_000, queries: 100_000, commands: 20_001 },
}

describe('the goals', () => {
  const reached = (growth: Growth) => growthGoals(growth).map(({ isReached }) => isReached)

  it('are reached', () => {
    expect(growthTables(GOOD)['growth-goals']).toBe(`| goal | wanted | measured | |
|---|---|---|---|
| CPU of a request with 3,000,000 entries, as a multiple of that with 10,000 | ≤ 1.3 | 1.20 (1.10 to 1.40) | reached |
| memory of an entry in Redis, with 3,000,000 entries | ≤ 70 bytes | 69.9 bytes | reached |
| memory of Redis with 3,000,000 entries, at most | ≤ 1 GiB | 256 MiB | reached |
| commands to Redis for each batch of queries | 1.00 | 1.00 (20,001 for 20,000) | reached |`)
  })

  it.each([
    [0, { entriesCpuGrowth: { median: 1.31, min: 1, max: 2 } }],
    [1, { memory: [{ entries: 3_000_000, bytesPerEntry: 70.1, peakBytes: 1 }] }],
    [2, { memory: [{ entries: 3_000_000, bytesPerEntry: 1, peakBytes: 2 ** 30 + 1 }] }],
    [3, { roundTrips: { batches: 100, queries: 100, commands: 101 } }],
    [3, { roundTrips: { batches: 100, queries: 100, commands: 99 } }],
  ])('goal %i is not reached with %j', (missed, change) => {
    expect(reached({ ...GOOD, ...change })).toEqual([0, 1, 2, 3].map((goal) => goal !== missed))
  })
})

it('the tables have a row for every size, and the slopes', () => {
  const tables = growthTables(GOOD)
  expect(Object.keys(tables)).toEqual([
    'growth-goals',
    'growth-processes',
    'growth-entries',
    'growth-connections',
    'growth-suggestions',
  ])
  expect(
    tables['growth-entries'],
  ).toBe(`| entries | requests/s | app µs | Redis µs | p50 ms | p99 ms | Redis bytes/entry | Redis at most |
|---|---|---|---|---|---|---|---|
| 10,000 | 12,345 | 50.0 | 5.0 | 1.50 | 9.00 | 80.0 | 12 MiB |
| 3,000,000 | 12,345 | 60.0 | 6.0 | 1.50 | 9.00 | 69.9 | 256 MiB |
| slope | 0.00 | 0.03 | 0.03 | 0.00 | 0.00 | -0.02 | 0.54 |`)
  expect(tables['growth-connections']).toContain('| slope | 0.00 | -0.15 | -0.15 | 0.00 | 0.00 |')
})

it('the terminal shows everything', () => {
  const text = growthText(GOOD)
  expect(text).toContain('AMD EPYC, 2 CPUs, Linux 6.1, Node.js 20.20.2, Redis 7.0.15, wrk 4.1.0\n')
  expect(text).toContain('1 HTTP process, 100,000 entries, 64 connections and 10 suggestions')
  for (const title of ['HTTP processes', 'entries', 'connections', 'suggestions in an answer', 'goal']) {
    expect(text).toContain(`\n${title}  `)
  }
})

it('there is a plot for each table of costs', async () => {
  const charts = growthCharts(GOOD)
  expect(Object.keys(charts)).toEqual([
    'growth-processes',
    'growth-entries',
    'growth-connections',
    'growth-suggestions',
  ])
  for (const chart of Object.values(charts)) expect(await renderSvg(chart)).toContain('app, slope ')
})
