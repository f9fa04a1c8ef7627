import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { renderSvg } from '../../../../generator/src/plot.ts'
import { NO_PROGRESS } from '../../progress.ts'
import { ownTemporaryFolder } from '../../testing/temporary-folder.ts'
import type { Spread } from '../statistics.ts'
import { findWrk } from '../wrk.ts'
import {
  type BatchSettings,
  type BreakEven,
  batchVariants,
  type LoadSpread,
  type Mode,
  type ModePoint,
  measureBreakEven,
  taskForEach,
} from './measure.ts'
import { breakEvenCharts, breakEvenTables, breakEvenText } from './view.ts'

const defaults: BatchSettings = {
  RANKING_BATCH_MAX_QUERIES: 256,
  RANKING_BATCH_WAIT_MS: 0,
  RANKING_BATCHES_PER_THREAD: 2,
}
const values = {
  RANKING_BATCH_MAX_QUERIES: [1, 256],
  RANKING_BATCH_WAIT_MS: [0, 5],
  RANKING_BATCHES_PER_THREAD: [2, 4],
}

describe('the batch settings that are compared', () => {
  it('are the defaults, each with another value, and a task for every query; none twice', () => {
    expect(batchVariants(defaults, values)).toEqual([
      defaults,
      { ...defaults, RANKING_BATCH_MAX_QUERIES: 1 },
      { ...defaults, RANKING_BATCH_WAIT_MS: 5 },
      { ...defaults, RANKING_BATCHES_PER_THREAD: 4 },
      { ...defaults, RANKING_BATCH_MAX_QUERIES: 1, RANKING_BATCHES_PER_THREAD: 64 },
    ])
  })

  it('are measured also when they are not among the values', () => {
    const none = { RANKING_BATCH_MAX_QUERIES: [], RANKING_BATCH_WAIT_MS: [], RANKING_BATCHES_PER_THREAD: [] }
    expect(batchVariants(defaults, none)).toEqual([defaults, taskForEach(defaults)])
  })
})

const around = (median: number): Spread => ({ median, min: median * 0.9, max: median * 1.1 })
const load = (requestsPerSecond: number, micros: number): LoadSpread => ({
  requestsPerSecond: around(requestsPerSecond),
  appMicros: around(micros),
  redisMicros: around(7.25),
  p50Ms: around(1.234),
  p99Ms: around(5.678),
})
const point = (mode: Mode, candidates: number, micros: number, healthMs: number): ModePoint => ({
  mode,
  threads: mode === 'inline' ? 0 : 1,
  candidates,
  ...load(1e6 / micros, micros),
  healthP99Ms: around(healthMs),
  microsOfInline: around(mode === 'inline' ? 1 : micros / 100),
  requestsOfInline: around(mode === 'inline' ? 1 : 100 / micros),
  healthOfInline: around(mode === 'inline' ? 1 : healthMs / (candidates === 10 ? 2 : 9)),
})
const result: BreakEven = {
  measured: {
    date: '2026-11-23',
    machine: 'AMD EPYC, 2 CPUs',
    os: 'Linux 6.1',
    node: '20.20.2',
    redis: '7.0.15',
    client: 'wrk 4.1.0',
    rounds: 5,
    connections: 64,
    typedRate: 1000,
  },
  modes: [
    point('inline', 10, 100, 2),
    point('task', 10, 200, 3),
    point('batched', 10, 125, 1),
    point('inline', 1000, 100, 9),
    point('task', 1000, 160, 4),
    point('batched', 1000, 80, 1),
  ],
  defaults,
  batches: batchVariants(defaults, values).map((settings, at) => ({
    settings,
    saturated: load(10_000 + at, 90),
    typed: load(998, 250),
  })),
}

describe('what is shown', () => {
  it('is where threads pay, what each way costs, and the settings, for docs/benchmarks.md', () => {
    expect(breakEvenTables(result)).toEqual({
      'break-even-points': `\
| ranked in | threads | CPU, requests/s with 10 | CPU, requests/s with 1,000 | less CPU with | more requests/s with | /health sooner with |
|---|---|---|---|---|---|---|
| a task for each query | 1 | 2.00, 0.50 | 1.60, 0.63 | none | none | 1,000 |
| a task for many | 1 | 1.25, 0.80 | 0.80, 1.25 | 1,000 | 1,000 | 10; 1,000 |`,
      'break-even-modes': `\
| candidates | ranked in | threads | requests/s | app µs | Redis µs | p50 ms | p99 ms | /health p99 ms |
|---|---|---|---|---|---|---|---|---|
| 10 | main thread | 0 | 10,000 | 100.0 | 7.3 | 1.23 | 5.68 | 2.00 |
| 10 | a task for each query | 1 | 5,000 | 200.0 | 7.3 | 1.23 | 5.68 | 3.00 |
| 10 | a task for many | 1 | 8,000 | 125.0 | 7.3 | 1.23 | 5.68 | 1.00 |
| 1,000 | main thread | 0 | 10,000 | 100.0 | 7.3 | 1.23 | 5.68 | 9.00 |
| 1,000 | a task for each query | 1 | 6,250 | 160.0 | 7.3 | 1.23 | 5.68 | 4.00 |
| 1,000 | a task for many | 1 | 12,500 | 80.0 | 7.3 | 1.23 | 5.68 | 1.00 |`,
      'break-even-batches': `\
| setting | requests/s | app µs, 64 connections | Redis µs, 64 connections | p50 ms, 64 connections | p99 ms, 64 connections | app µs, 1,000 requests/s | Redis µs, 1,000 requests/s | p50 ms, 1,000 requests/s | p99 ms, 1,000 requests/s |
|---|---|---|---|---|---|---|---|---|---|
| \`RANKING_BATCH_MAX_QUERIES=1\` | 10,001 | 90.0 | 7.3 | 1.23 | 5.68 | 250.0 | 7.3 | 1.23 | 5.68 |
| \`RANKING_BATCH_MAX_QUERIES=256\`, the default | 10,000 | 90.0 | 7.3 | 1.23 | 5.68 | 250.0 | 7.3 | 1.23 | 5.68 |
| \`RANKING_BATCH_WAIT_MS=0\`, the default | 10,000 | 90.0 | 7.3 | 1.23 | 5.68 | 250.0 | 7.3 | 1.23 | 5.68 |
| \`RANKING_BATCH_WAIT_MS=5\` | 10,002 | 90.0 | 7.3 | 1.23 | 5.68 | 250.0 | 7.3 | 1.23 | 5.68 |
| \`RANKING_BATCHES_PER_THREAD=2\`, the default | 10,000 | 90.0 | 7.3 | 1.23 | 5.68 | 250.0 | 7.3 | 1.23 | 5.68 |
| \`RANKING_BATCHES_PER_THREAD=4\` | 10,003 | 90.0 | 7.3 | 1.23 | 5.68 | 250.0 | 7.3 | 1.23 | 5.68 |
| a task for each query, which waits for no other | 10,004 | 90.0 | 7.3 | 1.23 | 5.68 | 250.0 | 7.3 | 1.23 | 5.68 |`,
    })
  })

  it('says on a terminal on what it was measured', () => {
    expect(breakEvenText(result)).toContain(`AMD EPYC, 2 CPUs, Linux 6.1, Node.js 20.20.2, Redis 7.0.15, wrk 4.1.0
CPU time of a request in microseconds, medians; 64 connections that ask as fast as they are answered:
`)
  })

  it('has a chart that can be drawn', async () => {
    const { 'break-even': chart } = breakEvenCharts(result)
    const svg = await renderSvg(chart as never)
    for (const text of ['CPU of a request, µs', '/health meanwhile, p99 ms', 'a task for many'])
      expect(svg).toContain(text)
  })
})

it.skipIf(process.platform !== 'linux')(
  'everything is measured, with real programs, and nothing is left behind',
  async ({ skip }) => {
    if (!(await findWrk(NO_PROGRESS).catch(() => undefined))) return skip('wrk cannot be had here')
    const folder = await ownTemporaryFolder()
    const lines: string[] = []
    const measured = await measureBreakEven(
      {
        rounds: 1,
        warmUpSeconds: 0,
        seconds: 1,
        connections: 4,
        typedRate: 20,
        candidates: [10],
        threads: [1],
        batches: { RANKING_BATCH_MAX_QUERIES: [1], RANKING_BATCH_WAIT_MS: [], RANKING_BATCHES_PER_THREAD: [] },
      },
      { progress: NO_PROGRESS, onLine: (line) => lines.push(line), signal: new AbortController().signal },
    )
    expect(lines).toEqual([])
    expect(await readdir(folder)).toEqual([])
    expect(measured.modes.map(({ mode, threads, candidates }) => [mode, threads, candidates])).toEqual([
      ['inline', 0, 10],
      ['task', 1, 10],
      ['batched', 1, 10],
    ])
    expect(measured.batches).toHaveLength(3)
    const loads = [...measured.modes, ...measured.batches.flatMap(({ saturated, typed }) => [saturated, typed])]
    for (const { requestsPerSecond, appMicros, redisMicros, p99Ms } of loads) {
      for (const { median } of [requestsPerSecond, appMicros, redisMicros, p99Ms]) expect(median).toBeGreaterThan(0)
    }
    expect(Object.values(breakEvenTables(measured)).join()).not.toMatch(/NaN|undefined/)
  },
  120_000,
)
