import type { TopLevelSpec } from 'vega-lite'
import { formatBytes, formatNumber } from '../../../../generator/src/capacity/quantity.ts'
import { markdownTable, textTable } from '../../../../generator/src/table.ts'
import { asText, type Goal, goalTable, inMarkdown } from '../goals.ts'
import { formatExponent } from '../power-law.ts'
import { powerLawPanel } from '../power-law-chart.ts'
import type { Spread } from '../statistics.ts'
import { AXES, type Axis, type Growth, type GrowthPoint } from './measure.ts'

/** CPU of a request with the most entries, at most this multiple of that with the fewest. */
const MAX_CPU_GROWTH = 1.3
const MAX_BYTES_PER_ENTRY = 70
/** The memory that the report gave to everything. */
const MAX_BYTES = 2 ** 30

const TITLES: Record<Axis, string> = {
  processes: 'HTTP processes',
  entries: 'entries',
  connections: 'connections',
  suggestions: 'suggestions in an answer',
}

interface Column {
  title: string
  of: (point: GrowthPoint) => Spread
  decimals: 0 | 1 | 2
}

const COLUMNS: readonly Column[] = [
  { title: 'requests/s', of: ({ requestsPerSecond }) => requestsPerSecond, decimals: 0 },
  { title: 'app µs', of: ({ appMicros }) => appMicros, decimals: 1 },
  { title: 'Redis µs', of: ({ redisMicros }) => redisMicros, decimals: 1 },
  { title: 'p50 ms', of: ({ p50Ms }) => p50Ms, decimals: 2 },
  { title: 'p99 ms', of: ({ p99Ms }) => p99Ms, decimals: 2 },
]

/** What growth was to stay below. */
export function growthGoals({ axes, entriesCpuGrowth, memory, roundTrips }: Growth): Goal[] {
  const entries = axes.entries.map(({ size }) => formatNumber(size))
  const largest = memory.at(-1)
  const goals: Goal[] = [
    {
      what: `CPU of a request with ${entries.at(-1)} entries, as a multiple of that with ${entries[0]}`,
      wanted: `≤ ${MAX_CPU_GROWTH}`,
      measured: showSpread(entriesCpuGrowth),
      isReached: entriesCpuGrowth.median <= MAX_CPU_GROWTH,
    },
  ]
  if (largest) {
    goals.push(
      {
        what: `memory of an entry in Redis, with ${formatNumber(largest.entries)} entries`,
        wanted: `≤ ${MAX_BYTES_PER_ENTRY} bytes`,
        measured: `${formatNumber(largest.bytesPerEntry, 1)} bytes`,
        isReached: largest.bytesPerEntry <= MAX_BYTES_PER_ENTRY,
      },
      {
        what: `memory of Redis with ${formatNumber(largest.entries)} entries, at most`,
        wanted: `≤ ${formatBytes(MAX_BYTES)}`,
        measured: formatBytes(largest.peakBytes),
        isReached: largest.peakBytes <= MAX_BYTES,
      },
    )
  }
  const perBatch = roundTrips.commands / roundTrips.batches
  goals.push({
    what: 'commands to Redis for each batch of queries',
    wanted: '1.00',
    measured: `${perBatch.toFixed(2)} (${formatNumber(roundTrips.commands)} for ${formatNumber(roundTrips.batches)})`,
    isReached: perBatch.toFixed(2) === '1.00',
  })
  return goals
}

/** For a terminal. */
export function growthText(result: Growth): string {
  const { machine, os, node, redis, client } = result.measured
  const tables = AXES.map((axis) => textTable(headOf(axis), rowsOf(result, axis)))
  return `${machine}, ${os}, Node.js ${node}, Redis ${redis}, ${client}
CPU time of a request in microseconds, as fast as requests are answered; what a table does not change is ${baseOf(result)}:

${[...tables, asText(goalTable(growthGoals(result)))].join('\n\n')}
`
}

/** For `docs/benchmarks.md`: the goals, and a table for everything that is made larger. */
export function growthTables(result: Growth): Record<string, string> {
  const axes = AXES.map((axis) => [tableName(axis), markdownTable(headOf(axis), rowsOf(result, axis))])
  return { 'growth-goals': inMarkdown(goalTable(growthGoals(result))), ...Object.fromEntries(axes) }
}

/** A plot for everything that is made larger. */
export function growthCharts(result: Growth): Record<string, TopLevelSpec> {
  return Object.fromEntries(AXES.map((axis) => [tableName(axis), chartOf(result.axes[axis], TITLES[axis])]))
}

const tableName = (axis: Axis) => `growth-${axis}`

function chartOf(points: readonly GrowthPoint[], sizeTitle: string): TopLevelSpec {
  const series = (name: string, of: (point: GrowthPoint) => Spread) => ({
    name,
    points: points.map((point) => ({ size: point.size, spread: of(point) })),
  })
  const panels = [
    {
      title: 'CPU of a request, µs',
      series: [series('app', ({ appMicros }) => appMicros), series('Redis', ({ redisMicros }) => redisMicros)],
    },
    { title: 'requests/s', series: [series('answered', ({ requestsPerSecond }) => requestsPerSecond)] },
    { title: 'latency, ms', series: [series('p50', ({ p50Ms }) => p50Ms), series('p99', ({ p99Ms }) => p99Ms)] },
  ]
  return {
    hconcat: panels.map((panel) => powerLawPanel({ ...panel, sizeTitle })),
    resolve: { scale: { color: 'independent' } },
  }
}

function headOf(axis: Axis): string[] {
  const memory = axis === 'entries' ? ['Redis bytes/entry', 'Redis at most'] : []
  return [TITLES[axis], ...COLUMNS.map(({ title }) => title), ...memory]
}

/** A row for every size, and one with the slope of each column. */
function rowsOf({ axes, memory }: Growth, axis: Axis): string[][] {
  const points = axes[axis]
  const withMemory = axis === 'entries' ? memory : []
  const rows = points.map((point, at) => [
    formatNumber(point.size),
    ...COLUMNS.map(({ of, decimals }) => separateThousands(of(point).median.toFixed(decimals))),
    ...withMemory
      .slice(at, at + 1)
      .flatMap(({ bytesPerEntry, peakBytes }) => [bytesPerEntry.toFixed(1), formatBytes(peakBytes)]),
  ])
  const slopes = COLUMNS.map(({ of }) => points.map((point) => ({ x: point.size, y: of(point).median })))
  const memorySlopes = [
    withMemory.map(({ entries, bytesPerEntry }) => ({ x: entries, y: bytesPerEntry })),
    withMemory.map(({ entries, peakBytes }) => ({ x: entries, y: peakBytes })),
  ].filter((points) => points.length > 0)
  return [...rows, ['slope', ...[...slopes, ...memorySlopes].map(formatExponent)]]
}

const separateThousands = (digits: string) => digits.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',')

const showSpread = ({ median, min, max }: Spread) => `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`

function baseOf({ measured: { base } }: Growth): string {
  const { processes, entries, connections, suggestions } = base
  return `${processes} HTTP process, ${formatNumber(entries)} entries, ${connections} connections and ${suggestions} suggestions`
}
