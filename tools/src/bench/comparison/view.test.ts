import { expect, it } from 'vitest'
import { renderSvg } from '../../../../generator/src/plot.ts'
import type { ComparisonResult } from './result.ts'
import { comparisonChart, comparisonTables, comparisonText } from './view.ts'

const spread = (median: number, min = median, max = median) => ({ median, min, max })

const bareRow: ComparisonResult['rows'][number] = {
  server: 'bare',
  nginx: false,
  queries: 'zipf',
  micros: { app: spread(50, 48.5, 51), redis: null, nginx: null },
  appToBare: spread(1),
  requestsPerSecond: spread(20_000, 19_000, 21_000),
  p50Ms: spread(1.5),
  p95Ms: spread(2),
  p99Ms: spread(3.25, 3, 4),
  p999Ms: spread(9),
  memoryBytes: spread(50 * 2 ** 20),
  projectedQps: spread(160_000),
}
const result: ComparisonResult = {
  measured: {
    date: '2030-01-02',
    machine: 'Some CPU, 2 CPUs',
    os: 'Linux 6.1',
    node: '20.19.0',
    redis: '7.0.15',
    nginx: '1.22.1',
    python: null,
    client: 'wrk 4.1.0',
    connections: 64,
    rounds: 5,
    seconds: 3,
    entries: 99_646,
    queries: 300_000,
    answerBytes: 309,
  },
  rows: [
    bareRow,
    {
      ...bareRow,
      server: 'cacheOff',
      nginx: true,
      queries: 'uniform',
      micros: { app: spread(75), redis: spread(5), nginx: spread(45, 44, 47) },
      appToBare: spread(1.5, 1.4, 1.6),
    },
  ],
  goals: [
    { text: 'one', ratio: spread(1.5, 1.4, 1.6), bound: 'at most', limit: 1.6, reached: true },
    { text: 'two', ratio: spread(9.9), bound: 'at least', limit: 10, reached: false },
    { text: 'three', ratio: null, bound: 'at least', limit: 6, reached: null },
  ],
}

it('a terminal shows medians with their range, and what is missing', () => {
  const text = comparisonText(result)
  expect(text).toContain('Some CPU, 2 CPUs, Linux 6.1, Node.js 20.19.0, Redis 7.0.15, nginx 1.22.1, wrk 4.1.0\n')
  expect(text).toMatch(/^bare node:http +50\.0 \(48\.5–51\.0\) +1\.00 +160,000$/m)
  expect(text).toMatch(
    /^service, cache off, behind nginx, uniform +75\.0 +5\.0 +4 % +45\.0 \(44\.0–47\.0\) +1\.50 \(1\.40–1\.60\)/m,
  )
  expect(text).toMatch(/^bare node:http +20,000 \(19,000–21,000\) +1\.50 +2\.00 +3\.25 \(3\.00–4\.00\) +9\.00 +50$/m)
  expect(text).toMatch(/^one +at most 1\.6 +1\.50 \(1\.40–1\.60\) +reached$/m)
  expect(text).toMatch(/^two +at least 10 +9\.90 +not reached$/m)
  expect(text).toMatch(/^three +at least 6 +not measured$/m)
})

it('the tables of the docs say on what it was measured', () => {
  const tables = comparisonTables(result)
  expect(Object.keys(tables)).toEqual(['comparison', 'comparison-answers', 'comparison-goals'])
  expect(tables.comparison).toContain('| bare node:http | 50.0 (48.5–51.0) |')
  expect(tables.comparison).toContain('Python missing, wrk 4.1.0')
  expect(tables['comparison-goals']).toContain('| three | at least 6 | | not measured |')
})

it('the plot has a bar for each row and a colour for each process', async () => {
  const svg = await renderSvg(comparisonChart(result))
  for (const text of ['bare node:http', 'service, cache off, behind nginx, uniform', 'app', 'Redis', 'nginx', '125 µs'])
    expect(svg).toContain(`>${text}<`)
})
