/** Charts as SVG, for the docs. */
import { parse, View } from 'vega'
import { type Config, compile, type TopLevelSpec } from 'vega-lite'

/** Gray for text and lines that is readable in light and dark mode. */
const GRAY = '#7d8590'
const TEXT = { labelColor: GRAY, titleColor: GRAY, labelFontSize: 11, titleFontSize: 11 }

/** The style of all charts. The background is transparent. */
const STYLE: Config = {
  font: 'Helvetica, Arial, sans-serif',
  axis: { ...TEXT, domainColor: GRAY, tickColor: GRAY, gridColor: GRAY, gridOpacity: 0.25, titleFontWeight: 'normal' },
  header: { ...TEXT, labelFontSize: 12 },
  legend: TEXT,
  title: { color: GRAY, fontSize: 13 },
  text: { color: GRAY, fontSize: 11 },
  view: { stroke: GRAY, strokeOpacity: 0.4 },
  range: { category: ['#3b82c4', '#e07b39', '#3fa66b', '#a569bd', '#c9a227'] },
}

/** Draws a Vega-Lite chart as SVG. The same chart always results in the same text. */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  const { spec: compiled } = compile({ ...spec, background: 'transparent', config: STYLE })
  const svg = await new View(parse(compiled), { renderer: 'none' }).toSVG()
  return `${svg}\n`
}
