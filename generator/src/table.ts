/** A number in a cell: `24,000`, `-0.69`, or empty. */
const NUMBER = /^-?[\d.,]*$/

/** Returns a table as text. Columns are as wide as their longest cell. Columns of numbers are right-aligned. */
export function textTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
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
  return [line(head), line(columns.map(({ width }) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

const isNumber = (cell: string) => NUMBER.test(cell)

export function markdownTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`.replaceAll('|  |', '| |')
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}
