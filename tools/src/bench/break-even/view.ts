import type { TopLevelSpec } from 'vega-lite'
import { formatNumber } from '../../../../generator/src/capacity/quantity.ts'
import { markdownTable, textTable } from '../../../../generator/src/table.ts'
import {
  BATCH_SETTINGS,
  type BatchPoint,
  type BatchSettings,
  type BreakEven,
  type LoadSpread,
  MODES,
  type Mode,
  type ModePoint,
  taskForEach,
} from './measure.ts'

const PLACES: Record<Mode, string> = {
  inline: 'main thread',
  task: 'a task for each query',
  batched: 'a task for many',
}
const COLOURS: Record<Mode, string> = { inline: '#d1602b', task: '#3f8f4f', batched: '#2a6fb0' }
const LOAD_HEAD = ['app µs', 'Redis µs', 'p50 ms', 'p99 ms']

interface Table {
  head: string[]
  rows: string[][]
}

/** For a terminal. */
export function breakEvenText(result: BreakEven): string {
  const { machine, os, node, redis, client, connections, typedRate } = result.measured
  const [modes, points, batches] = [modesTable(result), pointsTable(result), batchesTable(result)]
  return `${machine}, ${os}, Node.js ${node}, Redis ${redis}, ${client}
CPU time of a request in microseconds, medians; ${connections} connections that ask as fast as they are answered:

${textTable(modes.head, modes.rows)}

Compared with the main thread:

${textTable(points.head, points.rows)}

The service with other batch settings, also with users who type, ${formatNumber(typedRate)} requests/s:

${textTable(batches.head, batches.rows)}
`
}

/** For `docs/benchmarks.md`. */
export function breakEvenTables(result: BreakEven): Record<string, string> {
  const markdown = ({ head, rows }: Table) => markdownTable(head, rows)
  return {
    'break-even-points': markdown(pointsTable(result)),
    'break-even-modes': markdown(modesTable(result)),
    'break-even-batches': markdown(batchesTable(result)),
  }
}

/** A panel each for CPU, answers and the latency of what ranks nothing, over the candidates. */
export function breakEvenCharts({ modes }: BreakEven): Record<string, TopLevelSpec> {
  const [fewest, most] = [Math.min(...threadsOf(modes)), Math.max(...threadsOf(modes))]
  const panels = [
    panel(modes, fewest, 'CPU of a request, µs', ({ appMicros, redisMicros }) => appMicros.median + redisMicros.median),
    panel(modes, most, 'requests/s', ({ requestsPerSecond }) => requestsPerSecond.median),
    panel(modes, most, '/health meanwhile, p99 ms', ({ healthP99Ms }) => healthP99Ms.median),
  ]
  return { 'break-even': { hconcat: panels, resolve: { scale: { color: 'shared' } } } }
}

function panel(modes: readonly ModePoint[], threads: number, title: string, of: (point: ModePoint) => number) {
  const values = modes
    .filter((point) => point.mode === 'inline' || point.threads === threads)
    .map((point) => ({ candidates: point.candidates, place: PLACES[point.mode], value: of(point) }))
  const sizes = [...new Set(modes.map(({ candidates }) => candidates))]
  return {
    width: 210,
    height: 200,
    title: { text: [title, `(${countOf(threads, 'thread')})`], fontSize: 12, anchor: 'start' as const },
    data: { values },
    mark: { type: 'line' as const, point: true },
    encoding: {
      x: {
        field: 'candidates',
        type: 'quantitative' as const,
        title: 'candidates of a query',
        scale: { type: 'log' as const },
        axis: { values: sizes, format: '~s', grid: false },
      },
      y: { field: 'value', type: 'quantitative' as const, title: null, scale: { type: 'log' as const } },
      color: {
        field: 'place',
        type: 'nominal' as const,
        title: null,
        scale: { domain: MODES.map((mode) => PLACES[mode]), range: MODES.map((mode) => COLOURS[mode]) },
        legend: { orient: 'bottom' as const, columns: 1, labelLimit: 0 },
      },
    },
  }
}

const threadsOf = (modes: readonly ModePoint[]) =>
  modes.filter(({ threads }) => threads > 0).map(({ threads }) => threads)

function modesTable({ modes }: BreakEven): Table {
  return {
    head: ['candidates', 'ranked in', 'threads', 'requests/s', ...LOAD_HEAD, '/health p99 ms'],
    rows: modes.map((point) => [
      formatNumber(point.candidates),
      PLACES[point.mode],
      String(point.threads),
      ...loadCells(point),
      point.healthP99Ms.median.toFixed(2),
    ]),
  }
}

/** What each way in threads takes and brings, as multiples of the main thread, and where it is better in every round. */
function pointsTable({ modes }: BreakEven): Table {
  const candidates = [...new Set(modes.map((point) => point.candidates))]
  const ways = modes.filter(({ mode, candidates: count }) => mode !== 'inline' && count === candidates[0])
  return {
    head: [
      'ranked in',
      'threads',
      ...candidates.map((count) => `CPU, requests/s with ${formatNumber(count)}`),
      'less CPU with',
      'more requests/s with',
      '/health sooner with',
    ],
    rows: ways.map(({ mode, threads }) => {
      const points = modes.filter((point) => point.mode === mode && point.threads === threads)
      const where = (holds: (point: ModePoint) => boolean) =>
        points
          .filter(holds)
          .map((point) => formatNumber(point.candidates))
          .join('; ') || 'none'
      return [
        PLACES[mode],
        String(threads),
        ...points.map(({ microsOfInline, requestsOfInline }) =>
          [microsOfInline, requestsOfInline].map(({ median }) => median.toFixed(2)).join(', '),
        ),
        where(({ microsOfInline }) => microsOfInline.max < 1),
        where(({ requestsOfInline }) => requestsOfInline.min > 1),
        where(({ healthOfInline }) => healthOfInline.max < 1),
      ]
    }),
  }
}

function batchesTable({ batches, defaults, measured: { connections, typedRate } }: BreakEven): Table {
  const loads = [countOf(connections, 'connection'), `${formatNumber(typedRate)} requests/s`]
  const rowOf = (title: string, wanted: BatchSettings) => {
    const { saturated, typed } = batches.find(({ settings }) => isSame(settings, wanted)) as BatchPoint
    return [title, ...loadCells(saturated), ...loadCells(typed).slice(1)]
  }
  const rows = BATCH_SETTINGS.flatMap((name) =>
    valuesOfSetting(batches, defaults, name).map((value) =>
      rowOf(`\`${name}=${value}\`${value === defaults[name] ? ', the default' : ''}`, { ...defaults, [name]: value }),
    ),
  )
  return {
    head: ['setting', 'requests/s', ...loads.flatMap((load) => LOAD_HEAD.map((title) => `${title}, ${load}`))],
    rows: [...rows, rowOf(`${PLACES.task}, which waits for no other`, taskForEach(defaults))],
  }
}

/** The values that one setting was given while the others had their defaults, in rising order. */
function valuesOfSetting(batches: readonly BatchPoint[], defaults: BatchSettings, name: keyof BatchSettings): number[] {
  const others = batches.filter(({ settings }) => isSame({ ...settings, [name]: defaults[name] }, defaults))
  return others.map(({ settings }) => settings[name]).toSorted((a, b) => a - b)
}

const isSame = (a: BatchSettings, b: BatchSettings) => BATCH_SETTINGS.every((name) => a[name] === b[name])

function loadCells({ requestsPerSecond, appMicros, redisMicros, p50Ms, p99Ms }: LoadSpread): string[] {
  return [
    formatNumber(Math.round(requestsPerSecond.median)),
    ...[appMicros, redisMicros].map(({ median }) => median.toFixed(1)),
    ...[p50Ms, p99Ms].map(({ median }) => median.toFixed(2)),
  ]
}

const countOf = (count: number, thing: string) => `${formatNumber(count)} ${thing}${count === 1 ? '' : 's'}`
