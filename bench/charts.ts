/** The two kinds of plots: bar charts and line charts. {@link renderSvg} sets their colors and fonts. */
import type { TopLevelSpec } from 'vega-lite'
import { type Row, spreadOf } from './harness.ts'

/** A bar, or a part of a stacked bar. */
export interface Bar {
  row: string
  value: number
  /** The label that determines the color of the bar. Bars of one row have different labels. */
  part: string
}

/** Returns the bar for a figure of a row, or no bar if the figure has no values. */
export function barsOf({ title: row, values }: Row, name: string, part: string): Bar[] {
  const spread = spreadOf(values[name])
  return spread ? [{ row, part, value: spread.median }] : []
}

/** Returns horizontal bars in the given order, each with its total. Parts of one row are stacked. */
export function barChart(title: string, unitTitle: string, bars: readonly Bar[], unit: string): TopLevelSpec {
  const order = [...new Set(bars.map(({ row }) => row))]
  const parts = [...new Set(bars.map(({ part }) => part))]
  const totals = order.map((row) => {
    const value = bars.filter((bar) => bar.row === row).reduce((sum, bar) => sum + bar.value, 0)
    return { row, value, label: `${value.toPrecision(3)} ${unit}` }
  })
  const axis = { labelLimit: 400, labelPadding: 6, ticks: false }
  const y = { field: 'row', type: 'nominal' as const, sort: order, title: null, axis }
  // Leave room for the number after the longest bar.
  const scale = { domain: [0, Math.max(...totals.map(({ value }) => value)) * 1.15], nice: false }
  const x = { field: 'value', type: 'quantitative' as const, title: unitTitle, scale }
  const legend = { orient: 'top' as const }
  return {
    width: 520,
    height: { step: 24 },
    title,
    layer: [
      {
        data: { values: bars.map((bar) => ({ ...bar, order: parts.indexOf(bar.part) })) },
        mark: { type: 'bar', height: 16 },
        encoding: {
          x: { ...x, stack: 'zero' },
          y,
          color: { field: 'part', type: 'nominal', title: null, sort: parts, legend },
          order: { field: 'order' },
        },
      },
      {
        data: { values: totals },
        mark: { type: 'text', align: 'left', dx: 5 },
        encoding: { x, y, text: { field: 'label' } },
      },
    ],
  }
}

/** A point of a line. Without `min` and `max`, it has no error bar. */
export interface Point {
  panel: string
  series: string
  x: number
  y: number
  min?: number
  max?: number
}

/**
 * Returns the point for a figure of a row, with the range as its error bar, or no point if the figure has no values.
 */
export function pointsOf({ values }: Row, name: string, place: Pick<Point, 'panel' | 'series' | 'x'>): Point[] {
  const spread = spreadOf(values[name])
  return spread ? [{ ...place, y: spread.median, min: spread.min, max: spread.max }] : []
}

/** The title and the axes of a line chart. */
export interface Axes {
  title: string
  x: string
  y: string
  /** Whether the scale of the y axis is logarithmic. */
  isLog?: boolean
  /** Whether every panel has its own scales. */
  independent?: boolean
  columns?: number
}

/** Returns a line chart with dots: one panel per name, and one color per series. */
export function lineChart(axes: Axes, points: readonly Point[]): TopLevelSpec {
  const [panels, series] = [
    [...new Set(points.map(({ panel }) => panel))],
    [...new Set(points.map((one) => one.series))],
  ]
  const x = {
    field: 'x',
    type: 'quantitative' as const,
    title: axes.x,
    scale: { zero: false, padding: 10 },
    axis: { tickCount: 6 },
  }
  const scale = axes.isLog ? { type: 'log' as const, base: 10 } : {}
  const ticks = { values: logTicks(points.flatMap(({ y, min = y, max = y }) => [min, max])), format: '~g' }
  const y = { type: 'quantitative' as const, title: axes.y, scale, axis: axes.isLog ? ticks : { tickCount: 5 } }
  const legend = series.length > 1 ? { orient: 'top' as const } : null
  const color = { field: 'series', type: 'nominal' as const, title: null, sort: series, legend }
  return {
    data: { values: points.map((point) => ({ min: point.y, max: point.y, ...point })) },
    facet: { field: 'panel', type: 'nominal', title: null, sort: panels },
    columns: axes.columns ?? 2,
    ...(axes.independent && { resolve: { scale: { x: 'independent', y: 'independent' } } }),
    title: { text: axes.title, anchor: 'middle' },
    spec: {
      width: panels.length > 2 ? 200 : 260,
      height: panels.length > 2 ? 140 : 220,
      layer: [
        { mark: { type: 'line', point: { filled: true, size: 35 } }, encoding: { x, y: { ...y, field: 'y' }, color } },
        {
          mark: { type: 'rule', strokeWidth: 1.5, opacity: 0.5 },
          encoding: { x, y: { ...y, field: 'min' }, y2: { field: 'max' }, color },
        },
      ],
    },
  }
}

/** Returns ticks of a logarithmic axis: the numbers 1, 3, 10, 30, and so on, over the range of the values. */
export function logTicks(values: readonly number[]): number[] {
  const positive = values.filter((value) => value > 0)
  if (positive.length === 0) return [1, 3, 10]
  const [from, to] = [Math.floor(Math.log10(Math.min(...positive))), Math.ceil(Math.log10(Math.max(...positive)))]
  const decades = Array.from({ length: to - from + 1 }, (_, at) => from + at)
  return decades.flatMap((decade) => [1, 3].map((digit) => Number(`${digit}e${decade}`)))
}
