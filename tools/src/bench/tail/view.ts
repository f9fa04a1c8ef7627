/** The tail as tables and a plot. */
import type { TopLevelSpec } from 'vega-lite'
import { formatNumber } from '../../../../generator/src/capacity/quantity.ts'
import { asText, goalTable, inMarkdown, type Table, toGoal, withRange } from '../goals.ts'
import type { TailMode, TailResult } from './result.ts'

/** What is shown of each load, by its name there. */
const PERCENTILES = { p50Ms: 'p50', p95Ms: 'p95', p99Ms: 'p99', p999Ms: 'p99.9' } as const

/** For a terminal. */
export function tailText({ measured, modes, goals }: TailResult): string {
  const { machine, os, node, redis, client, rounds } = measured
  const tables = [capacityTable(modes), loadTable(modes), goalTable(goals.map(toGoal))]
  return `${machine}, ${os}, Node.js ${node}, Redis ${redis}, ${client}
Medians of ${rounds} rounds with their range, under users who type:

${tables.map(asText).join('\n\n')}
`
}

/** For `docs/benchmarks.md`. */
export function tailTables({ measured, modes, goals }: TailResult): Record<string, string> {
  const { date, machine, os, node, redis, client, rounds, seconds, entries, queries } = measured
  const note = `${date}, ${machine}, ${os}; Node.js ${node}, Redis ${redis}, ${client}; ${rounds} rounds of ${seconds} s a load, ${formatNumber(queries)} queries a
round, ${formatNumber(entries)} entries.`
  return {
    'tail-capacity': inMarkdown(capacityTable(modes)),
    tail: `${inMarkdown(loadTable(modes))}\n\n${note}`,
    'tail-goals': inMarkdown(goalTable(goals.map(toGoal))),
  }
}

function capacityTable(modes: readonly TailMode[]): Table {
  return {
    head: ['cache', 'capacity, requests/s', 'main thread busy', 'without pauses, requests/s'],
    rows: modes.map(({ cache, capacity }) => [
      cache,
      formatNumber(capacity.requestsPerSecond),
      `${(capacity.mainThreadShare * 100).toFixed(0)} %`,
      formatNumber(capacity.withoutPauses),
    ]),
  }
}

function loadTable(modes: readonly TailMode[]): Table {
  const percentiles = Object.keys(PERCENTILES) as (keyof typeof PERCENTILES)[]
  return {
    head: ['cache', 'load', 'requests/s', ...percentiles.map((name) => `${PERCENTILES[name]} ms`), 'p99 / p50'],
    rows: modes.flatMap(({ cache, loads }) =>
      loads.map((load) => [
        cache,
        `${load.share * 100} %`,
        withRange(load.requestsPerSecond, 0),
        ...percentiles.map((name) => withRange(load[name], 2)),
        withRange(load.p99ToP50, 1),
      ]),
    ),
  }
}

/** Latency by load, a line for each percentile, a plot for each service. */
export function tailChart({ modes }: TailResult): TopLevelSpec {
  const percentiles = Object.entries(PERCENTILES) as [keyof typeof PERCENTILES, string][]
  const points = modes.flatMap(({ cache, loads }) =>
    loads.flatMap((load) =>
      percentiles.map(([name, percentile]) => ({
        cache: `cache ${cache}`,
        load: load.share * 100,
        percentile,
        ms: load[name].median,
        min: load[name].min,
        max: load[name].max,
      })),
    ),
  )
  const shares = [...new Set(points.map(({ load }) => load))]
  const x = {
    field: 'load',
    type: 'quantitative' as const,
    title: 'load, % of the capacity',
    scale: { zero: false, padding: 10 },
    axis: { values: shares },
  }
  const color = {
    field: 'percentile',
    type: 'nominal' as const,
    title: null,
    sort: Object.values(PERCENTILES),
    legend: { orient: 'top' as const },
  }
  const scale = { type: 'log' as const, base: 10 }
  // On its own it draws a line for every digit.
  const axis = { values: [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000], format: '~g' }
  return {
    data: { values: points },
    facet: { column: { field: 'cache', type: 'nominal', title: null, sort: null } },
    title: { text: 'How long users who type wait, by load', anchor: 'middle' },
    spec: {
      width: 260,
      height: 220,
      layer: [
        {
          mark: { type: 'line', point: { filled: true, size: 40 } },
          encoding: { x, y: { field: 'ms', type: 'quantitative', title: 'milliseconds', scale, axis }, color },
        },
        {
          mark: { type: 'rule', strokeWidth: 1.5, opacity: 0.5 },
          encoding: { x, y: { field: 'min', type: 'quantitative', scale }, y2: { field: 'max' }, color },
        },
      ],
    },
  }
}
