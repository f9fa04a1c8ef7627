/** Line charts as SVG, for the docs. */
import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

/** Draws a Vega-Lite chart; the same chart gives the same text. */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  const { spec: compiled } = compile({ ...spec, background: 'white' })
  const svg = await new View(parse(compiled), { renderer: 'none' }).toSVG()
  return `${svg}\n`
}
