import type { TopLevelSpec } from 'vega-lite'
import { formatNumber } from '../../../../generator/src/capacity/quantity.ts'
import { markdownTable, textTable } from '../../../../generator/src/table.ts'
import { asText, type Goal, goalTable, inMarkdown } from '../goals.ts'
import { ticksAround } from '../power-law-chart.ts'
import type { Latency } from './latency.ts'
import { type StartUp, type StartUpLoad, VARIANTS, type Variant } from './measure.ts'

/** Milliseconds from the start of the process until the service is ready. */
const MAX_READY_MS = 2000
/** The p99 of the first second, at most this multiple of that of the last. */
const MAX_FIRST_SECOND = 2

const COLOURS: Record<Variant, string> = { 'warm-up': '#2a6fb0', 'no warm-up': '#d1602b' }

const READY_HEAD = ['start', 'ready after ms, median', 'least', 'most']

/** What a start was to be like. */
export function startUpGoals({ measured, readyMs, loads }: StartUp): Goal[] {
  const ready = readyMs['warm-up']
  return [
    {
      what: `ready with ${formatNumber(measured.entries)} entries, the slowest of all starts`,
      wanted: `≤ ${formatNumber(MAX_READY_MS)} ms`,
      measured: `${formatNumber(ready.max)} ms`,
      isReached: ready.max <= MAX_READY_MS,
    },
    ...loads
      .filter(({ variant }) => variant === 'warm-up')
      .map(({ requestsPerSecond, firstSecond, lastSecond }) => {
        const ratio = firstSecond.p99Ms / lastSecond.p99Ms
        return {
          what: `p99 of the first second as a multiple of that of the last, ${formatNumber(requestsPerSecond)} requests/s`,
          wanted: `≤ ${MAX_FIRST_SECOND}`,
          measured: ratio.toFixed(2),
          isReached: ratio <= MAX_FIRST_SECOND,
        }
      }),
  ]
}

/** For a terminal. */
export function startUpText(result: StartUp): string {
  const { machine, os, node, redis, rounds } = result.measured
  const tables = [
    textTable(READY_HEAD, readyRows(result)),
    textTable(latencyHead(result), latencyRows(result)),
    asText(goalTable(startUpGoals(result))),
  ]
  return `${machine}, ${os}, Node.js ${node}, Redis ${redis}, ${rounds} rounds

${tables.join('\n\n')}
`
}

/** For `docs/benchmarks.md`. */
export function startUpTables(result: StartUp): Record<string, string> {
  return {
    'start-goals': inMarkdown(goalTable(startUpGoals(result))),
    'start-ready': markdownTable(READY_HEAD, readyRows(result)),
    'start-latency': markdownTable(latencyHead(result), latencyRows(result)),
  }
}

/** The p99 from the moment on at which the service was ready, a panel for each rate. */
export function startUpCharts({ loads }: StartUp): Record<string, TopLevelSpec> {
  const rates = [...new Set(loads.map(({ requestsPerSecond }) => requestsPerSecond))]
  // The same height is the same latency in every panel.
  const ticks = ticksAround(loads.flatMap(({ windows }) => windows.map(({ p99Ms }) => p99Ms)))
  return {
    start: {
      hconcat: rates.map((rate) =>
        panelOf(
          loads.filter(({ requestsPerSecond }) => requestsPerSecond === rate),
          rate,
          ticks,
        ),
      ),
    },
  }
}

function panelOf(loads: readonly StartUpLoad[], rate: number, ticks: readonly number[]) {
  const values = loads.flatMap(({ variant, windows }) =>
    windows.map(({ atMs, p99Ms }) => ({ variant, seconds: atMs / 1000, p99Ms })),
  )
  return {
    width: 340,
    height: 220,
    title: { text: `${formatNumber(rate)} requests/s`, fontSize: 12, anchor: 'start' as const },
    data: { values },
    mark: { type: 'line' as const, interpolate: 'step-after' as const },
    encoding: {
      x: {
        field: 'seconds',
        type: 'quantitative' as const,
        title: 'seconds since the service was ready',
        axis: { grid: false, tickCount: 5, format: '~g' },
      },
      y: {
        field: 'p99Ms',
        type: 'quantitative' as const,
        title: 'p99 of each 0.1 s, ms',
        scale: { type: 'log' as const, domain: [ticks[0] as number, ticks.at(-1) as number], nice: false },
        axis: { values: [...ticks], format: '~g' },
      },
      color: {
        field: 'variant',
        type: 'nominal' as const,
        title: null,
        scale: { domain: [...VARIANTS], range: VARIANTS.map((variant) => COLOURS[variant]) },
        legend: { orient: 'bottom' as const },
      },
    },
  }
}

const readyRows = ({ readyMs }: StartUp) =>
  VARIANTS.map((variant) => {
    const { median, min, max } = readyMs[variant]
    return [variant, ...[median, min, max].map((ms) => formatNumber(ms))]
  })

const latencyHead = ({ measured: { seconds } }: StartUp) => [
  'start',
  'requests/s',
  ...['first second', `second ${seconds}`].flatMap((when) => ['p50', 'p99', 'max'].map((of) => `${when}: ${of} ms`)),
]

const latencyRows = ({ loads }: StartUp) =>
  loads.map(({ variant, requestsPerSecond, firstSecond, lastSecond }) => [
    variant,
    formatNumber(requestsPerSecond),
    ...latencyCells(firstSecond),
    ...latencyCells(lastSecond),
  ])

const latencyCells = ({ p50Ms, p99Ms, maxMs }: Latency) => [p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(2))
