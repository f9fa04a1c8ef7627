import { expect, it } from 'vitest'
import { renderSvg } from '../../../../generator/src/plot.ts'
import type { LoadgenResult } from './result.ts'
import { loadgenCharts, loadgenTables, loadgenText } from './view.ts'

const spread = (median: number, min = median, max = median) => ({ median, min, max })

const result: LoadgenResult = {
  measured: {
    date: '2030-01-02',
    machine: 'Some CPU, 2 CPUs',
    os: 'Linux 6.1',
    node: '20.19.0',
    k6: '1.8.1',
    locust: null,
    python: null,
    wrk: '4.1.0',
    rounds: 3,
    seconds: 2,
    growthSeconds: 4,
    users: 64,
    pausingUsers: 250,
    growthRate: 2000,
    stall: { requestsPerSecond: 500, seconds: 6, stallSeconds: 1, users: 10 },
    answerBytes: 600,
  },
  costs: [
    {
      generator: 'ours',
      pace: 'hurried',
      isChecked: false,
      micros: spread(20.25, 19, 22),
      requestsPerSecond: spread(20_000),
      timesOurs: spread(1),
    },
    {
      generator: 'k6',
      pace: 'pausing',
      isChecked: true,
      micros: spread(80),
      requestsPerSecond: spread(2000),
      timesOurs: null,
    },
  ],
  growth: [
    { generator: 'ours', users: 100, micros: spread(50), requestsPerSecond: spread(2000) },
    { generator: 'ours', users: 10_000, micros: spread(55, 54, 56), requestsPerSecond: spread(1990) },
  ],
  idle: [{ generator: 'ours', users: 10_000, userBytes: spread(20_480), baseBytes: spread(45 * 2 ** 20) }],
  latencies: [
    {
      generator: 'wrk',
      pace: 'pausing',
      requestsPerSecond: spread(512),
      p50Ms: spread(0.1),
      p95Ms: spread(0.2),
      p99Ms: spread(0.75, 0.5, 1),
    },
  ],
  stalls: [
    { loop: 'open', requestsPerSecond: spread(500), p50Ms: spread(0.3), p95Ms: spread(700), p99Ms: spread(941.5) },
  ],
  expectedStall: { p50Ms: 0, p95Ms: 700, p99Ms: 940 },
  goals: [{ what: 'one', wanted: 'at least 5', measured: '', isReached: null }],
}

it('a terminal shows medians with their range, and what is missing', () => {
  const text = loadgenText(result)
  expect(text).toContain('Some CPU, 2 CPUs, Linux 6.1; Node.js 20.19.0, k6 1.8.1, without Locust, wrk 4.1.0\n')
  expect(text).toMatch(/^k6\/x\/locust +20\.3 \(19\.0–22\.0\) +1\.00 +20,000$/m)
  expect(text).toMatch(/^k6's http\.get, with pauses, JSON checked +80\.0 +2,000$/m)
  expect(text).toMatch(/^k6\/x\/locust +10,000 +55\.0 \(54\.0–56\.0\) +1,990$/m)
  expect(text).toMatch(/^k6\/x\/locust +10,000 +20\.0 +45$/m)
  expect(text).toMatch(/^pause +wrk +512 +0\.10 +0\.20 +0\.75 \(0\.50–1\.00\)$/m)
  expect(text).toMatch(/^open +500 +0\.30 +700\.00 +941\.50$/m)
  expect(text).toMatch(/^by arithmetic +0\.00 +700\.00 +940\.00$/m)
  expect(text).toMatch(/^one +at least 5 +not measured$/m)
})

it('the tables of the docs say on what it was measured', () => {
  const tables = loadgenTables(result)
  expect(tables.loadgen).toContain('2030-01-02, Some CPU, 2 CPUs, Linux 6.1; Node.js 20.19.0, k6 1.8.1, without Locust')
  expect(tables['loadgen-idle']).toContain('| k6/x/locust | 10,000 | 20.0 | 45 |')
  const withLocust = { ...result, measured: { ...result.measured, locust: '2.47.0', python: '3.11.7' } }
  expect(loadgenTables(withLocust).loadgen).toContain('Locust 2.47.0 on Python 3.11.7')
})

it('the plots have a bar for each load, and a point for each number of users', async () => {
  const { loadgen, 'loadgen-growth': growth } = loadgenCharts(result)
  const bars = await renderSvg(loadgen as NonNullable<typeof loadgen>)
  for (const text of ['k6/x/locust', "k6's http.get, with pauses, JSON checked", '20.3 µs'])
    expect(bars).toContain(`>${text}<`)
  expect(await renderSvg(growth as NonNullable<typeof growth>)).toContain('>k6/x/locust, slope 0.02<')
})
