import type { Field } from 'vega-lite/types_unstable/channeldef.js'
import type { LayerSpec } from 'vega-lite/types_unstable/spec/index.js'
import { fitPowerLaw, formatExponent } from './power-law.ts'
import type { Spread } from './statistics.ts'

/** What was measured at every size, under the name that the legend gives it. */
export interface Series {
  name: string
  points: readonly { size: number; spread: Spread }[]
}

/** A panel of a chart. */
export interface PowerLawPanel {
  title: string
  /** With its unit. */
  sizeTitle: string
  series: readonly Series[]
}

/** Without the `m` for thousandths that the format has. */
const LABEL = "datum.value < 1 ? format(datum.value, '~g') : format(datum.value, '~s')"
const COLOURS = ['#2a6fb0', '#d1602b', '#3f8f4f']

/**
 * A panel with both axes logarithmic, on which a power law is a straight line: dots are medians, bars go from the least to the
 * most, and the legend names the slope of each line.
 */
export function powerLawPanel({ title, sizeTitle, series }: PowerLawPanel): LayerSpec<Field> {
  const labelled = series.map(({ name, points }) => {
    const medians = points.map(({ size, spread }) => ({ x: size, y: spread.median }))
    return { label: `${name}, slope ${formatExponent(medians)}`, points, law: fitPowerLaw(medians) }
  })
  const dots = labelled.flatMap(({ label, points }) =>
    points.map(({ size, spread: { median, min, max } }) => ({ label, size, median, min, max })),
  )
  const lines = labelled.flatMap(({ label, points, law }) =>
    law ? points.map(({ size }) => ({ label, size, fit: law.factor * size ** law.exponent })) : [],
  )
  const sizes = [...new Set(dots.map(({ size }) => size))]
  const ticks = ticksAround(dots.flatMap(({ min, max }) => [min, max]))
  const x = {
    field: 'size',
    type: 'quantitative' as const,
    title: sizeTitle,
    scale: { type: 'log' as const, domain: [Math.min(...sizes) / 1.2, Math.max(...sizes) * 1.2], nice: false },
    axis: { values: sizes, format: '~s', labelOverlap: true, grid: false },
  }
  const y = {
    type: 'quantitative' as const,
    title: null,
    scale: { type: 'log' as const, domain: [ticks[0] as number, ticks.at(-1) as number], nice: false },
    axis: { values: ticks, labelExpr: LABEL },
  }
  const color = {
    field: 'label',
    type: 'nominal' as const,
    title: null,
    scale: { domain: labelled.map(({ label }) => label), range: COLOURS.slice(0, labelled.length) },
    legend: { orient: 'bottom' as const, columns: 1, symbolType: 'circle', labelLimit: 0 },
  }
  return {
    width: 210,
    height: 200,
    title: { text: title, fontSize: 12, anchor: 'start' },
    layer: [
      {
        data: { values: lines },
        mark: { type: 'line', strokeDash: [4, 3], opacity: 0.6 },
        encoding: { x, y: { ...y, field: 'fit' }, color },
      },
      {
        data: { values: dots },
        mark: { type: 'rule', strokeWidth: 2, opacity: 0.6 },
        encoding: { x, y: { ...y, field: 'min' }, y2: { field: 'max' }, color },
      },
      {
        data: { values: dots },
        mark: { type: 'point', filled: true, size: 45, opacity: 1 },
        encoding: { x, y: { ...y, field: 'median' }, color },
      },
    ],
  }
}

/** Ticks of a decade: an axis is at least that long, so that what hardly changes looks like it. */
const DECADE = 3

/**
 * The numbers 1, 2, 5, 10, 20 … of a logarithmic axis, from the last that is not above the values to the first that is not below
 * them, and as many beyond both as make it a decade.
 */
export function ticksAround(values: readonly number[]): number[] {
  const positive = values.filter((value) => value > 0)
  if (positive.length === 0) return [1, 2, 5, 10]
  const [least, most] = [Math.min(...positive), Math.max(...positive)]
  const ticks: number[] = []
  for (let decade = Math.floor(Math.log10(least)) - 1; decade <= Math.ceil(Math.log10(most)) + 1; decade++) {
    // From a text, because 2 * 10 ** -1 is not always 0.2 to the last digit.
    ticks.push(...[1, 2, 5].map((digit) => Number(`${digit}e${decade}`)))
  }
  let from = ticks.findLastIndex((tick) => tick <= least)
  let to = ticks.findIndex((tick) => tick >= most)
  while (to - from < DECADE) {
    if ((to - from) % 2 === 0) from -= 1
    else to += 1
  }
  return ticks.slice(from, to + 1)
}
