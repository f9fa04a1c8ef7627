import { expect, it } from 'vitest'
import { renderSvg } from '../../../../generator/src/plot.ts'
import type { StartUp, StartUpLoad, Variant } from './measure.ts'
import { startUpCharts, startUpGoals, startUpTables, startUpText } from './view.ts'

const load = (variant: Variant, requestsPerSecond: number, p99Ms: number): StartUpLoad => ({
  variant,
  requestsPerSecond,
  firstSecond: { p50Ms: 1, p99Ms, maxMs: 80.5 },
  lastSecond: { p50Ms: 0.5, p99Ms: 4, maxMs: 6 },
  windows: [0, 100, 200].map((atMs) => ({ atMs, p50Ms: 1, p99Ms, maxMs: 80.5 })),
})

const GOOD: StartUp = {
  measured: {
    date: '2026-11-23',
    machine: 'AMD EPYC, 2 CPUs',
    os: 'Linux 6.1',
    node: '20.20.2',
    redis: '7.0.15',
    rounds: 10,
    entries: 99_646,
    seconds: 5,
  },
  readyMs: { 'warm-up': { median: 900, min: 850, max: 1999 }, 'no warm-up': { median: 400, min: 300, max: 500 } },
  loads: [load('warm-up', 500, 5), load('no warm-up', 500, 40), load('warm-up', 2000, 8), load('no warm-up', 2000, 50)],
}

it('the goals are reached, or not', () => {
  const reached = (result: StartUp) => startUpGoals(result).map(({ isReached }) => isReached)
  expect(reached(GOOD)).toEqual([true, true, true])
  const slow = { ...GOOD.readyMs, 'warm-up': { median: 900, min: 850, max: 2001 } }
  expect(reached({ ...GOOD, readyMs: slow })).toEqual([false, true, true])
  const spike = [load('warm-up', 500, 5), load('warm-up', 2000, 8.1)]
  expect(reached({ ...GOOD, loads: spike })).toEqual([true, true, false])
})

it('the tables', () => {
  expect(startUpTables(GOOD)).toEqual({
    'start-goals': `| goal | wanted | measured | |
|---|---|---|---|
| ready with 99,646 entries, the slowest of all starts | ≤ 2,000 ms | 1,999 ms | reached |
| p99 of the first second as a multiple of that of the last, 500 requests/s | ≤ 2 | 1.25 | reached |
| p99 of the first second as a multiple of that of the last, 2,000 requests/s | ≤ 2 | 2.00 | reached |`,
    'start-ready': `| start | ready after ms, median | least | most |
|---|---|---|---|
| warm-up | 900 | 850 | 1,999 |
| no warm-up | 400 | 300 | 500 |`,
    'start-latency': `| start | requests/s | first second: p50 ms | first second: p99 ms | first second: max ms | second 5: p50 ms | second 5: p99 ms | second 5: max ms |
|---|---|---|---|---|---|---|---|
| warm-up | 500 | 1.00 | 5.00 | 80.50 | 0.50 | 4.00 | 6.00 |
| no warm-up | 500 | 1.00 | 40.00 | 80.50 | 0.50 | 4.00 | 6.00 |
| warm-up | 2,000 | 1.00 | 8.00 | 80.50 | 0.50 | 4.00 | 6.00 |
| no warm-up | 2,000 | 1.00 | 50.00 | 80.50 | 0.50 | 4.00 | 6.00 |`,
  })
})

it('the terminal shows everything', () => {
  const text = startUpText(GOOD)
  expect(text).toContain('AMD EPYC, 2 CPUs, Linux 6.1, Node.js 20.20.2, Redis 7.0.15, 10 rounds\n')
  expect(text.match(/^(start|goal) /gm)).toHaveLength(3)
})

it('the plot has a panel for each rate', async () => {
  const { start, ...others } = startUpCharts(GOOD)
  expect(others).toEqual({})
  const svg = await renderSvg(start as NonNullable<typeof start>)
  for (const text of ['500 requests/s', '2,000 requests/s', 'warm-up', 'no warm-up']) expect(svg).toContain(`>${text}<`)
})
