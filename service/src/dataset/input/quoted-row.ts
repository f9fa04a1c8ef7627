/** Splits a row into cells, line by line. Supports quoted fields as written by spreadsheets and databases. */

export const ESCAPED_QUOTE = '\\"'

/** Splits one line into cells. If a quoted field is not closed, the last cell is its beginning. */
export function splitLine(line: string, delimiter: string): string[] {
  if (!line.includes('"')) return line.split(delimiter)
  const row = new QuotedRow(delimiter)
  if (row.add(line) === 'ended') return row.cells
  const escaped = new QuotedRow(delimiter, true)
  return escaped.add(line) === 'ended' ? escaped.cells : [...row.cells, row.unfinished]
}

/** Whether a row has ended, continues on the next line, or is malformed because text follows its closing quote. */
export type RowState = 'ended' | 'open' | 'broken'

/** The closing quote of a field. */
interface Closing {
  /** Its position in the line, or -1 if the line has none. */
  quote: number
  /** The end of the field, or undefined if other text follows the quote. */
  end: number | undefined
}

/** Splits one row, line by line. */
export class QuotedRow {
  cells: string[] = []
  /** Whether quotes in quoted fields may be escaped by backslashes. */
  escapes: boolean
  private readonly delimiter: string
  /** The lines of an incomplete quoted field, without the opening quote. */
  private field: string[] = []
  /** In a file separated by tabs: whether a field with a line break contains a tab. */
  hidesCells = false

  constructor(delimiter: string, escapes = false) {
    this.delimiter = delimiter
    this.escapes = escapes
  }

  get unfinished(): string {
    return this.field.join('\n')
  }

  start(): void {
    this.cells = []
    this.field = []
    this.hidesCells = false
  }

  /** Discards all cells, but remembers whether a quoted field is open. */
  forget(): void {
    this.cells = []
    if (this.field.length > 0) this.field = ['']
  }

  /** Adds the next line of the row. */
  add(line: string): RowState {
    let at = 0
    if (this.field.length > 0) {
      const { quote, end } = this.closing(line, 0)
      if (quote < 0) {
        this.field.push(line)
        return 'open'
      }
      if (end === undefined) return 'broken'
      this.field.push(line.slice(0, quote))
      const field = this.unfinished
      this.hidesCells ||= this.delimiter === '\t' && field.includes('\t')
      this.cells.push(this.contentOf(field))
      this.field = []
      if (end === line.length) return 'ended'
      at = end + 1
    }
    for (;;) {
      let end = at
      const open = afterSpaces(line, at)
      if (line[open] === '"') {
        const closing = this.firstClosing(line, open + 1)
        if (closing.quote < 0) {
          this.field = [line.slice(open + 1)]
          return 'open'
        }
        if (closing.end !== undefined) {
          this.cells.push(this.contentOf(line.slice(open + 1, closing.quote)))
          if (closing.end === line.length) return 'ended'
          at = closing.end + 1
          continue
        }
        end = closing.quote + 1
      }
      end = line.indexOf(this.delimiter, end)
      if (end < 0) {
        this.cells.push(line.slice(at))
        return 'ended'
      }
      this.cells.push(line.slice(at, end))
      at = end + 1
    }
  }

  /**
   * Finds the closing quote of a field that begins on this line. If text follows this quote, tries escaped quotes. If
   * the field is then valid, or may continue on the next line, sets {@link escapes}.
   */
  private firstClosing(line: string, from: number): Closing {
    const closing = this.closing(line, from)
    if (this.escapes || closing.quote < 0 || closing.end !== undefined) return closing
    const escaped = this.closingBy(line, from, true)
    const isOpen = escaped.quote < 0 && isEscaped(line, from, closing.quote)
    if (escaped.end === undefined && !isOpen) return closing
    this.escapes = true
    return escaped
  }

  private closing(line: string, from: number): Closing {
    const escaped = this.closingBy(line, from, this.escapes)
    if (!this.escapes || escaped.end !== undefined) return escaped
    // The backslash before the closing quote may be part of the text.
    const plain = this.closingBy(line, from, false)
    return plain.end === undefined ? escaped : plain
  }

  /** Finds the first quote that is neither doubled nor, if `escapes` is set, escaped by a backslash. */
  private closingBy(line: string, from: number, escapes: boolean): Closing {
    let quote = line.indexOf('"', from)
    while (quote >= 0) {
      if (escapes && isEscaped(line, from, quote)) quote = line.indexOf('"', quote + 1)
      else if (line[quote + 1] === '"') quote = line.indexOf('"', quote + 2)
      else break
    }
    if (quote < 0) return { quote, end: undefined }
    const end = afterSpaces(line, quote + 1)
    return { quote, end: end === line.length || line[end] === this.delimiter ? end : undefined }
  }

  private contentOf(field: string): string {
    if (this.escapes && field.includes(ESCAPED_QUOTE)) return field.replaceAll(/\\(["\\\n])/g, '$1')
    return field.includes('"') ? field.replaceAll('""', '"') : field
  }
}

/** Whether an odd number of backslashes precedes a position, counted from `from` on. */
function isEscaped(line: string, from: number, at: number): boolean {
  let first = at
  while (first > from && line[first - 1] === '\\') first -= 1
  return (at - first) % 2 === 1
}

function afterSpaces(line: string, from: number): number {
  let at = from
  while (line[at] === ' ') at += 1
  return at
}
