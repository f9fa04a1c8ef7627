import type { TopLevelSpec } from 'vega-lite'
import { formatBytes, formatNumber } from '../../../../generator/src/capacity/quantity.ts'
import { markdownTable, textTable } from '../../../../generator/src/table.ts'
import { asText, type Goal, goalTable, inMarkdown } from '../goals.ts'
import { fitPowerLaw, formatExponent } from '../power-law.ts'
import { powerLawPanel } from '../power-law-chart.ts'
import type { Spread } from '../statistics.ts'
import type { DatasetBuild, DatasetCost } from './measure.ts'

/** The exponent of time over entries from one size to the next: sorting is a little above 1, and what is quadratic is 2. */
const MAX_EXPONENT = 1.3
/** An entry of texts that begin alike takes at most this multiple of the time of an npm name of a dataset of that size. */
const MAX_ALIKE = 10

const HEAD = ['data', 'entries', 'seconds', 'CPU seconds', 'µs/entry', 'memory at most', 'file', 'bytes/entry', 'slope']

/** What building was to be like. */
export function datasetBuildGoals({ names, alike }: DatasetBuild): Goal[] {
  const steepest = Math.max(...names.slice(1).map((cost, at) => exponentOf(names[at] as DatasetCost, cost)))
  const like = names.findLast(({ entries }) => entries <= alike.entries)
  const goals: Goal[] = [
    {
      what: 'no quadratic step: the steepest slope of the time from one size to the next',
      wanted: `≤ ${MAX_EXPONENT}`,
      measured: steepest.toFixed(2),
      isReached: steepest <= MAX_EXPONENT,
    },
  ]
  if (like) {
    const ratio = alike.seconds.median / alike.entries / (like.seconds.median / like.entries)
    goals.push({
      what: `time of an entry whose text begins like all others, as a multiple of that of one of ${formatNumber(like.entries)} npm names`,
      wanted: `≤ ${MAX_ALIKE}`,
      measured: ratio.toFixed(2),
      isReached: ratio <= MAX_ALIKE,
    })
  }
  return goals
}

/** For a terminal. */
export function datasetBuildText(result: DatasetBuild): string {
  const { machine, os, node, rounds } = result.measured
  const tables = [textTable(HEAD, rowsOf(result)), asText(goalTable(datasetBuildGoals(result)))]
  return `${machine}, ${os}, Node.js ${node}, ${rounds} rounds

${tables.join('\n\n')}
`
}

/** For `docs/benchmarks.md`. */
export function datasetBuildTables(result: DatasetBuild): Record<string, string> {
  return {
    'dataset-build-goals': inMarkdown(goalTable(datasetBuildGoals(result))),
    'dataset-build': markdownTable(HEAD, rowsOf(result)),
  }
}

/** Time, memory and size over entries. */
export function datasetBuildCharts({ names }: DatasetBuild): Record<string, TopLevelSpec> {
  const series = (name: string, of: (cost: DatasetCost) => Spread) => ({
    name,
    points: names.map((cost) => ({ size: cost.entries, spread: of(cost) })),
  })
  const mebibytes = ({ median, min, max }: Spread) => ({
    median: median / 2 ** 20,
    min: min / 2 ** 20,
    max: max / 2 ** 20,
  })
  const panels = [
    {
      title: 'time, s',
      series: [series('wall clock', ({ seconds }) => seconds), series('CPU', ({ cpuSeconds }) => cpuSeconds)],
    },
    {
      title: 'memory and file, MiB',
      series: [
        series('memory at most', ({ peakBytes }) => mebibytes(peakBytes)),
        series('file', ({ outputBytes: bytes }) => mebibytes({ median: bytes, min: bytes, max: bytes })),
      ],
    },
  ]
  return {
    'dataset-build': {
      hconcat: panels.map((panel) => powerLawPanel({ ...panel, sizeTitle: 'entries' })),
      resolve: { scale: { color: 'independent' } },
    },
  }
}

/** A row for every dataset, with the slope of the time from the one before, and one with the slope over all. */
function rowsOf({ names, alike }: DatasetBuild): string[][] {
  const rows = names.map((cost, at) => {
    const before = names[at - 1]
    return ['npm names', ...cellsOf(cost), before ? exponentOf(before, cost).toFixed(2) : '']
  })
  const slopes = [
    ({ seconds }: DatasetCost) => seconds.median,
    ({ cpuSeconds }: DatasetCost) => cpuSeconds.median,
    ({ seconds, entries }: DatasetCost) => seconds.median / entries,
    ({ peakBytes }: DatasetCost) => peakBytes.median,
    ({ outputBytes }: DatasetCost) => outputBytes,
    ({ outputBytes, entries }: DatasetCost) => outputBytes / entries,
  ].map((of) => formatExponent(names.map((cost) => ({ x: cost.entries, y: of(cost) }))))
  return [
    ...rows,
    ['slope over all npm names', '', ...slopes, ''],
    [`the same first ${alike.characters} characters`, ...cellsOf(alike), ''],
  ]
}

function cellsOf({ entries, seconds, cpuSeconds, peakBytes, outputBytes }: DatasetCost): string[] {
  return [
    formatNumber(entries),
    seconds.median.toFixed(2),
    cpuSeconds.median.toFixed(2),
    ((seconds.median / entries) * 1e6).toFixed(1),
    formatBytes(peakBytes.median),
    formatBytes(outputBytes),
    (outputBytes / entries).toFixed(1),
  ]
}

/** How the time grows from one dataset to another. */
function exponentOf(from: DatasetCost, to: DatasetCost): number {
  const points = [from, to].map(({ entries, seconds }) => ({ x: entries, y: seconds.median }))
  return fitPowerLaw(points)?.exponent ?? Number.NaN
}
