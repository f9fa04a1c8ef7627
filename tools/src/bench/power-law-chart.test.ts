import { expect, it } from 'vitest'
import { renderSvg } from '../../../generator/src/plot.ts'
import { powerLawPanel, ticksAround } from './power-law-chart.ts'

it.each([
  [
    [3, 120],
    [2, 5, 10, 20, 50, 100, 200],
  ],
  [
    [100, 101],
    [50, 100, 200, 500],
  ],
  [[10], [2, 5, 10, 20]],
  [
    [0.15, 0.9],
    [0.1, 0.2, 0.5, 1],
  ],
  [
    [0, 20],
    [5, 10, 20, 50],
  ],
  [[0], [1, 2, 5, 10]],
])('the ticks around %j', (values, ticks) => {
  expect(ticksAround(values)).toEqual(ticks)
})

it('shows every series with its slope', async () => {
  const spread = (median: number) => ({ median, min: median / 2, max: median * 2 })
  const svg = await renderSvg(
    powerLawPanel({
      title: 'CPU, µs',
      sizeTitle: 'entries',
      series: [
        { name: 'app', points: [10, 1000].map((size) => ({ size, spread: spread(size) })) },
        // Where there is nothing to fit, there is no line.
        { name: 'Redis', points: [{ size: 10, spread: spread(1) }] },
      ],
    }),
  )
  for (const text of ['CPU, µs', 'entries', 'app, slope 1.00', 'Redis, slope unknown'])
    expect(svg).toContain(`>${text}<`)
})
