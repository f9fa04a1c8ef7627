import { expect, it } from 'vitest'
import { renderSvg } from '../../../../generator/src/plot.ts'
import { type Answers, type MeasuredCase, type OverloadResult, overloadOf } from './result.ts'
import { overloadChart, overloadTables, overloadText } from './view.ts'

const answers = (good: number, refused: [p50: number, p99: number] | null): Answers => ({
  offered: 3000,
  good,
  late: 10,
  refused: refused ? 1000 : 0,
  other: 0,
  notSent: 0,
  goodMs: { p50: 20, p99: 120 },
  refusedMs: refused && { p50: refused[0], p99: refused[1] },
  generatorCpus: 0.25,
})
const one = (name: 'redis' | 'cpu', factors: readonly number[]): MeasuredCase => ({
  name,
  search: [
    { offered: 800, good: 800 },
    { offered: 1250, good: 1000 },
  ],
  peak: 1000,
  loads: factors.map((factor) => ({
    factor,
    measurements:
      factor === 1 ? [answers(1000, null)] : [answers(950, [1, 4]), answers(900, [2, 6]), answers(970, null)],
  })),
  recoverySeconds: [0, 2.5, 2.25],
  settings: [
    { changed: null, atPeak: answers(990, null), overloaded: answers(940, [1, 4]) },
    { changed: { name: 'RANKING_MAX_WAIT_MS', value: 25 }, atPeak: answers(900, null), overloaded: answers(500, null) },
  ],
})
const result: OverloadResult = {
  measured: {
    date: '2030-01-02',
    machine: 'Some CPU, 2 CPUs',
    os: 'Linux 6.1',
    node: '20.19.0',
    redis: '7.0.15',
    client: 'k6 1.8.1',
    rounds: 3,
    seconds: 4,
    entries: 99_646,
    budgetMs: 250,
    delayMs: 20,
    maxInFlight: 2000,
    defaults: { RANKING_MAX_WAIT_MS: 100 },
  },
  ...overloadOf([one('redis', [1, 3]), one('cpu', [1])], 20),
}

it('loads are medians with their range, of rounds in which there was such an answer', () => {
  const [load, overloaded] = result.cases[0]?.loads ?? []
  expect(load).toMatchObject({ goodShare: { median: 1, min: 1, max: 1 }, refusedP50Ms: null, refusedP99Ms: null })
  expect(overloaded).toMatchObject({
    goodShare: { median: 0.95, min: 0.9, max: 0.97 },
    refusedP50Ms: { median: 1.5, min: 1, max: 2 },
    refusedP99Ms: { median: 5, min: 4, max: 6 },
  })
})

it('the goals are for three times the peak', () => {
  expect(result.goals.map(({ measured, isReached }) => [measured, isReached])).toEqual([
    ['95 (90–97) %', true],
    ['5.0 (4.0–6.0) ms; half: 1.5 (1.0–2.0) ms', true],
    ['2.25 (0.00–2.50) s', false],
    ['', null],
    ['', null],
    ['', null],
  ])
})

it('a terminal and the docs show all of it', async () => {
  const text = overloadText(result)
  expect(text).toMatch(/^Redis 20 ms late +1,000 +3 times +95 \(90–97\) +120 +1,000 \(0–1,000\) /m)
  expect(text).toMatch(/^one CPU +RANKING_MAX_WAIT_MS 25 +90 +50 +120$/m)
  const tables = overloadTables(result)
  expect(Object.keys(tables)).toEqual(['overload-goals', 'overload', 'overload-settings'])
  expect(tables['overload-goals']).toContain('| within 2 s | 2.25 (0.00–2.50) s | not reached |')
  expect(tables['overload-settings']).toContain('| Redis 20 ms late | the defaults | 99 | 94 | 120 | 1.0 | 4.0 |')
  expect(tables['overload-settings']).toContain('Defaults: `RANKING_MAX_WAIT_MS` 100.')
  const svg = await renderSvg(overloadChart(result))
  for (const label of ['Redis 20 ms late', 'one CPU', 'good answers/s']) expect(svg).toContain(`>${label}<`)
})
