/** What the load generators cost, as tables and plots. */
import type { TopLevelSpec } from 'vega-lite'
import { formatNumber } from '../../../../generator/src/capacity/quantity.ts'
import { asText, goalTable, inMarkdown, type Table, withRange } from '../goals.ts'
import { powerLawPanel } from '../power-law-chart.ts'
import type { Spread } from '../statistics.ts'
import {
  type CostRow,
  type GrowthRow,
  type IdleRow,
  type Latencies,
  type LatencyRow,
  type LoadgenCircumstances,
  type LoadgenResult,
  type StallRow,
  TITLES,
  titleOf,
} from './result.ts'

/** For a terminal. */
export function loadgenText({ measured, goals, ...result }: LoadgenResult): string {
  const tables = [
    costTable(result.costs),
    growthTable(result.growth),
    idleTable(result.idle),
    latencyTable(result.latencies),
    stallTable(result.stalls, result.expectedStall),
    goalTable(goals),
  ]
  return `${measured.machine}, ${measured.os}; ${programs(measured)}
Medians of ${measured.rounds} rounds with their range; CPU time in microseconds of a request:

${tables.map(asText).join('\n\n')}
`
}

/** For `docs/benchmarks.md`. */
export function loadgenTables({ measured, goals, ...result }: LoadgenResult): Record<string, string> {
  const { date, machine, os, rounds, seconds, growthSeconds, users, pausingUsers, answerBytes } = measured
  const note = `${date}, ${machine}, ${os}; ${programs(measured)}; ${rounds} rounds of ${seconds} s a row,
${growthSeconds} s a number of users; ${users} users who do not pause, ${pausingUsers} who do; an answer of ${answerBytes} bytes.`
  return {
    'loadgen-goals': inMarkdown(goalTable(goals)),
    loadgen: `${inMarkdown(costTable(result.costs))}\n\n${note}`,
    'loadgen-growth': inMarkdown(growthTable(result.growth)),
    'loadgen-idle': inMarkdown(idleTable(result.idle)),
    'loadgen-latencies': inMarkdown(latencyTable(result.latencies)),
    'loadgen-stall': inMarkdown(stallTable(result.stalls, result.expectedStall)),
  }
}

/** By file name without its ending. */
export function loadgenCharts({ costs, growth }: LoadgenResult): Record<string, TopLevelSpec> {
  return { loadgen: costChart(costs), 'loadgen-growth': growthChart(growth) }
}

function programs({ node, k6, locust, python, wrk }: LoadgenCircumstances): string {
  const ofLocust = locust === null ? 'without Locust' : `Locust ${locust} on Python ${python}`
  return `Node.js ${node}, k6 ${k6}, ${ofLocust}, wrk ${wrk}`
}

function costTable(rows: readonly CostRow[]): Table {
  return {
    head: ['generator', 'CPU µs', 'to that of k6/x/locust', 'requests/s'],
    rows: rows.map((row) => [
      titleOf(row),
      withRange(row.micros, 1),
      row.timesOurs ? withRange(row.timesOurs, 2) : '',
      withRange(row.requestsPerSecond, 0),
    ]),
  }
}

function growthTable(rows: readonly GrowthRow[]): Table {
  return {
    head: ['generator', 'users', 'CPU µs', 'requests/s'],
    rows: rows.map(({ generator, users, micros, requestsPerSecond }) => [
      TITLES[generator],
      formatNumber(users),
      withRange(micros, 1),
      withRange(requestsPerSecond, 0),
    ]),
  }
}

const scaled = ({ median, min, max }: Spread, unit: number): Spread => ({
  median: median / unit,
  min: min / unit,
  max: max / unit,
})

function idleTable(rows: readonly IdleRow[]): Table {
  return {
    head: ['generator', 'idle users', 'KiB of each', 'MiB with one'],
    rows: rows.map(({ generator, users, userBytes, baseBytes }) => [
      TITLES[generator],
      formatNumber(users),
      withRange(scaled(userBytes, 2 ** 10), 1),
      withRange(scaled(baseBytes, 2 ** 20), 0),
    ]),
  }
}

const percentiles = ({ p50Ms, p95Ms, p99Ms }: Record<keyof Latencies, Spread>) =>
  [p50Ms, p95Ms, p99Ms].map((ms) => withRange(ms, 2))

function latencyTable(rows: readonly LatencyRow[]): Table {
  return {
    head: ['users', 'reported by', 'requests/s', 'p50 ms', 'p95 ms', 'p99 ms'],
    rows: rows.map((row) => [
      row.pace === 'hurried' ? 'do not pause' : 'pause',
      TITLES[row.generator],
      withRange(row.requestsPerSecond, 0),
      ...percentiles(row),
    ]),
  }
}

function stallTable(rows: readonly StallRow[], expected: Latencies): Table {
  return {
    head: ['loop', 'requests/s', 'p50 ms', 'p95 ms', 'p99 ms'],
    rows: [
      ...rows.map((row) => [row.loop, withRange(row.requestsPerSecond, 0), ...percentiles(row)]),
      ['by arithmetic', '', ...[expected.p50Ms, expected.p95Ms, expected.p99Ms].map((ms) => ms.toFixed(2))],
    ],
  }
}

/** CPU time of a request, a bar for each row. */
function costChart(rows: readonly CostRow[]): TopLevelSpec {
  const bars = rows.map((row) => ({
    row: titleOf(row),
    micros: row.micros.median,
    min: row.micros.min,
    max: row.micros.max,
    label: `${row.micros.median.toFixed(1)} µs`,
    isOurs: row.generator === 'ours',
  }))
  const x = {
    field: 'micros',
    type: 'quantitative' as const,
    title: 'microseconds, user and system',
    // Room for the number behind the longest bar.
    scale: { domain: [0, Math.max(...bars.map(({ max }) => max)) * 1.15], nice: false },
  }
  const y = {
    field: 'row',
    type: 'nominal' as const,
    sort: bars.map(({ row }) => row),
    title: null,
    axis: { labelLimit: 400, labelPadding: 6, ticks: false },
  }
  return {
    width: 520,
    height: { step: 24 },
    title: 'CPU time of one request, of the generator',
    data: { values: bars },
    layer: [
      {
        mark: { type: 'bar', height: 16 },
        encoding: {
          x,
          y,
          color: {
            field: 'isOurs',
            type: 'nominal',
            scale: { domain: [true, false], range: ['#d1495b', '#4c78a8'] },
            legend: null,
          },
        },
      },
      { mark: 'rule', encoding: { x: { ...x, field: 'min' }, x2: { field: 'max' }, y } },
      {
        mark: { type: 'text', align: 'left', dx: 5, fontSize: 11 },
        encoding: { x: { ...x, field: 'max' }, y, text: { field: 'label' } },
      },
    ],
  }
}

/** CPU time of a request by the number of users, a line for each generator. */
function growthChart(rows: readonly GrowthRow[]): TopLevelSpec {
  const generators = [...new Set(rows.map(({ generator }) => generator))]
  return powerLawPanel({
    title: 'CPU of a request, µs',
    sizeTitle: 'users, at one rate',
    series: generators.map((generator) => ({
      name: TITLES[generator],
      points: rows
        .filter((row) => row.generator === generator)
        .map(({ users, micros }) => ({ size: users, spread: micros })),
    })),
  })
}
