import { wrap } from './wrap.ts'

/** A number in a cell: `24,000`, `-0.69`, or empty. */
const NUMBER = /^-?[\d.,]*$/

/** A narrower last column would be hard to read. */
const MIN_LAST_COLUMN = 30

/**
 * Returns a table as text. Columns are as wide as their longest cell. Columns of numbers are right-aligned. If the table
 * is wider than `maxWidth`, the texts of the last column are wrapped. If this column would be too narrow, its texts are
 * below the other cells instead.
 */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  maxWidth = Infinity,
): string {
  const lines = alignedLines(head, rows)
  if (Math.max(...lines.map((line) => line.length)) <= maxWidth) return lines.join('\n')
  const last = head.length - 1
  const others = alignedLines(
    head.slice(0, last),
    rows.map((cells) => cells.slice(0, last)),
  )
  const left = Math.max(...others.map((line) => line.length)) + 2
  const isBeside = maxWidth - left >= MIN_LAST_COLUMN
  const indent = ' '.repeat(isBeside ? left : 4)
  const dashes = isBeside ? '-'.repeat(maxWidth - left) : ''
  const texts = [head[last] ?? '', dashes, ...rows.map((cells) => String(cells[last] ?? ''))]
  return others
    .flatMap((line, at) => {
      const wrapped = wrap(texts[at] as string, maxWidth - indent.length).map((text) => indent + text)
      if (isBeside) wrapped[0] = line.padEnd(left) + (wrapped[0] as string).slice(left)
      else wrapped.unshift(line)
      return wrapped.map((text) => text.trimEnd()).filter((text) => text !== '')
    })
    .join('\n')
}

/** Returns the lines of a table: titles, dashes, and one line per row. */
function alignedLines(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const columns = head.map((title, column) => {
    const cells = rows.map((row) => String(row[column] ?? ''))
    return { width: Math.max(title.length, ...cells.map((cell) => cell.length)), right: cells.every(isNumber) }
  })
  const line = (cells: readonly (string | number)[]) =>
    columns
      .map(({ width, right }, column) => {
        const cell = String(cells[column] ?? '')
        return right ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [line(head), line(columns.map(({ width }) => '-'.repeat(width))), ...rows.map(line)]
}

const isNumber = (cell: string) => NUMBER.test(cell)

export function markdownTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`.replaceAll('|  |', '| |')
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}
