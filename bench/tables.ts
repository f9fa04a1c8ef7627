/** Formats figures as tables for a terminal and for Markdown, with a median and a range in each cell. */
import { formatNumber } from '../generator/src/capacity/quantity.ts'
import { markdownTable, textTable } from '../generator/src/table.ts'
import { type Figures, type Row, type Spread, type Subject, spreadOf } from './harness.ts'

/** The column titles and the cells of a table. */
export interface Table {
  head: string[]
  rows: string[][]
}

/** The title of a column, and the function for its cells. */
export type Column = readonly [title: string, cell: (row: Row) => string]

/** Returns a table with a row for each measured row. */
export const tableOf = (rows: readonly Row[], columns: readonly Column[]): Table => ({
  head: columns.map(([title]) => title),
  rows: rows.map((row) => columns.map(([, cell]) => cell(row))),
})

/** Returns a column for the titles of the rows. */
export const titles = (title: string): Column => [title, (row) => row.title]

/** Returns a column for one label of the rows. */
export const label = (title: string, name = title): Column => [
  title,
  ({ labels: { [name]: value = '' } }) => (typeof value === 'number' ? formatNumber(value) : `${value}`),
]

/** Returns a column for one figure: its median and range, divided by a unit. */
export const figure = (title: string, name: string, decimals: number, unit = 1): Column => [
  title,
  ({ values }) => withRange(spreadOf(values[name]), decimals, unit),
]

/** Formats the median, and the range in parentheses if there is one. Returns an empty string for null. */
export function withRange(spread: Spread | null, decimals: number, unit = 1): string {
  if (!spread) return ''
  const [middle, least, most] = [spread.median, spread.min, spread.max].map((value) =>
    (value / unit).toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
  )
  return least === most ? `${middle}` : `${middle} (${least}–${most})`
}

/** Returns one sentence about the date, the machine, and the versions of a measurement. */
export function circumstances({ date, commit, machine, os, node, rounds, facts }: Figures): string {
  const more = Object.entries(facts).map(([name, value]) =>
    typeof value === 'number' ? `${name}: ${formatNumber(value, 2)}` : `${name} ${value}`,
  )
  const how = [machine, os, `Node.js ${node}`, `${rounds} ${rounds === 1 ? 'round' : 'rounds'}`, ...more]
  return `Measured on ${date} at commit ${commit}: ${how.join('; ')}.`
}

/** Formats a subject's figures for a terminal. */
export function asText(subject: Subject, figures: Figures): string {
  const tables = Object.entries(subject.tables(figures)).map(
    ([name, { head, rows }]) => `${name}\n${textTable(head, rows)}`,
  )
  const note = 'Figures are medians of all rounds, with the range in parentheses.'
  return `${circumstances(figures)}\n${note}\n\n${tables.join('\n\n')}\n`
}

/** Formats a subject's tables in Markdown, keyed by the name of their markers. The circumstances follow the last table. */
export function inMarkdown(subject: Subject, figures: Figures): Record<string, string> {
  const tables = Object.entries(subject.tables(figures))
  return Object.fromEntries(
    tables.map(([name, { head, rows }], at) => {
      const note = at === tables.length - 1 ? `\n\n${circumstances(figures)}` : ''
      return [name, markdownTable(head, rows) + note]
    }),
  )
}
