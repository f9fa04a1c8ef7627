import { expect, it } from 'vitest'
import { renderSvg } from '../../../../generator/src/plot.ts'
import type { DatasetBuild, DatasetCost } from './measure.ts'
import { datasetBuildCharts, datasetBuildGoals, datasetBuildTables, datasetBuildText } from './view.ts'

const spread = (median: number) => ({ median, min: median * 0.9, max: median * 1.1 })
const cost = (entries: number, seconds: number): DatasetCost => ({
  entries,
  inputBytes: entries * 25,
  seconds: spread(seconds),
  cpuSeconds: spread(seconds * 1.2),
  peakBytes: spread(2 ** 20 * Math.max(64, entries / 2500)),
  outputBytes: entries * 40,
})

const GOOD: DatasetBuild = {
  measured: { date: '2026-11-23', machine: 'AMD EPYC, 2 CPUs', os: 'Linux 6.1', node: '20.20.2', rounds: 3 },
  names: [cost(10_000, 0.2), cost(100_000, 1), cost(1_000_000, 8)],
  alike: { characters: 195, ...cost(100_000, 5) },
}

it('the goals are reached, or not', () => {
  const reached = (result: DatasetBuild) => datasetBuildGoals(result).map(({ isReached }) => isReached)
  expect(reached(GOOD)).toEqual([true, true])
  // Ten times as many entries take a hundred times as long.
  const quadratic = [cost(10_000, 0.2), cost(100_000, 1), cost(1_000_000, 100)]
  expect(reached({ ...GOOD, names: quadratic })).toEqual([false, true])
  expect(reached({ ...GOOD, alike: { characters: 195, ...cost(100_000, 10.1) } })).toEqual([true, false])
})

it('the tables', () => {
  expect(datasetBuildTables(GOOD)).toEqual({
    'dataset-build-goals': `| goal | wanted | measured | |
|---|---|---|---|
| no quadratic step: the steepest slope of the time from one size to the next | ≤ 1.3 | 0.90 | reached |
| time of an entry whose text begins like all others, as a multiple of that of one of 100,000 npm names | ≤ 10 | 5.00 | reached |`,
    'dataset-build': `| data | entries | seconds | CPU seconds | µs/entry | memory at most | file | bytes/entry | slope |
|---|---|---|---|---|---|---|---|---|
| npm names | 10,000 | 0.20 | 0.24 | 20.0 | 64 MiB | 0.38 MiB | 40.0 | |
| npm names | 100,000 | 1.00 | 1.20 | 10.0 | 64 MiB | 3.81 MiB | 40.0 | 0.70 |
| npm names | 1,000,000 | 8.00 | 9.60 | 8.0 | 400 MiB | 38.15 MiB | 40.0 | 0.90 |
| slope over all npm names | | 0.80 | 0.80 | -0.20 | 0.40 | 1.00 | 0.00 | |
| the same first 195 characters | 100,000 | 5.00 | 6.00 | 50.0 | 64 MiB | 3.81 MiB | 40.0 | |`,
  })
})

it('the terminal shows everything', () => {
  const text = datasetBuildText(GOOD)
  expect(text).toContain('AMD EPYC, 2 CPUs, Linux 6.1, Node.js 20.20.2, 3 rounds\n')
  expect(text.match(/^(data|goal) /gm)).toHaveLength(2)
})

it('the plot shows time, memory and file', async () => {
  const { 'dataset-build': chart, ...others } = datasetBuildCharts(GOOD)
  expect(others).toEqual({})
  const svg = await renderSvg(chart as NonNullable<typeof chart>)
  for (const text of ['wall clock, slope 0.80', 'memory at most, slope 0.40', 'file, slope 1.00'])
    expect(svg).toContain(`>${text}<`)
})
