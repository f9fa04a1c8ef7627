/** Converts cells to rows. Uses the column names in the first line, or by default text and weight. */
import { DatasetError } from '../dataset-error.ts'
import { toEntry } from '../entry.ts'
import { ofCell } from '../entry-details.ts'
import { shorten } from '../shorten.ts'
import { type ColumnNotes, isKnownColumn, type Row, setValue } from './row.ts'

/** A weight with a decimal comma, as written by spreadsheets that separate columns by `;`. */
const DECIMAL_COMMA = /^(\s*[+-]?\d*),(\d+(?:e[+-]?\d+)?\s*)$/i

/** Maximum number of column names in a message. */
const MAX_SHOWN = 10

const OTHER_SEPARATORS = ['|', ',', ';', ':', '\t', ' ']

/** A weight with three digits after a dot or comma. This may be a decimal mark or a thousands separator. */
const GROUPED = /^\s*[+-]?([1-9]\d{0,2})([.,])(\d{3})\s*$/

/** Replaces the decimal comma in a weight with a dot, if `;` separates the columns. */
export function withDecimalPoint(weight: string, delimiter: string): string {
  return delimiter === ';' ? weight.replace(DECIMAL_COMMA, '$1.$2') : weight
}

/**
 * Returns the names of the columns, or undefined if the line does not name a column `text` or is an entry itself. The
 * line need not name `weight`, so that the second column in a list of blocked texts is not mistaken for weights.
 */
export function columnNames(cells: readonly string[], delimiter: string): string[] | undefined {
  const names = cells.map(cleanName)
  if (!names.includes('text')) return undefined
  return typeof toEntry(cells[0], withDecimalPoint(cells[1] ?? '', delimiter)) === 'string' ? names : undefined
}

/** @param accepted the supported separators */
export const unsupportedSeparator = (separator: string, accepted: string): DatasetError =>
  new DatasetError(`${JSON.stringify(separator)} is not a supported separator: separate the columns by ${accepted}`)

const cleanName = (name: string) => unquoted(name).toLowerCase()

const unquoted = (name: string) =>
  name
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim()

/** Converts the cells of a file to rows, one after another. */
export class ColumnReader {
  private readonly delimiter: string
  private readonly tooFew: string
  private readonly notes: ColumnNotes
  private names: string[] | undefined
  /** The number of columns up to the last one with a name. */
  private leastCells = 0
  private isFirst = true
  /** The first weight with a decimal comma, and the first with a dot that may be a thousands separator. */
  private commaWeight: string | undefined
  private groupedWeight: string | undefined

  /** @param plainColumns the columns that a file without column names has, for messages */
  constructor(delimiter: string, plainColumns: string, notes: ColumnNotes) {
    this.delimiter = delimiter
    this.tooFew = `it needs two columns, ${plainColumns}`
    this.notes = notes
  }

  /**
   * Returns the row, the reason why it is left out, or undefined if it is empty or contains the column names.
   * @throws {DatasetError} if a column is named twice, the separator is not supported, no column is named text, or
   * dots in weights are ambiguous
   */
  read(cells: string[]): Row | string | undefined {
    if (cells.every((cell) => cell.trim() === '')) return undefined
    if (this.isFirst) {
      this.isFirst = false
      this.names = columnNames(cells, this.delimiter)
      if (this.names) {
        this.notes.hasNames = true
        this.leastCells = this.names.findLastIndex((name) => name !== '') + 1
        this.requireUnique(this.names)
        return undefined
      }
      this.requireSeparator(cells)
      this.requireText(cells)
    }
    const known = this.names?.length ?? 2
    const hasMore = cells.length > known && cells.slice(known).some((cell) => cell.trim() !== '')
    this.notes.hasUnnamed ||= hasMore
    const row = this.names ? this.namedRow(this.names, cells) : this.plainRow(cells)
    if (typeof row !== 'string' && (hasMore || cells.length < this.leastCells)) {
      const count = `the row has ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}`
      row.cellCount = this.names ? `${count}, the header ${known}` : `${count}, expected ${known}`
    }
    return row
  }

  private plainRow([text, weight]: readonly string[]): Row | string {
    if (weight === undefined) return this.tooFew
    const row: Row = { text, weight: undefined }
    this.setWeight(row, weight)
    return row
  }

  private namedRow(names: readonly string[], cells: readonly string[]): Row {
    const row: Row = { text: undefined, weight: undefined }
    for (let at = 0; at < names.length; at += 1) {
      const name = names[at] as string
      const cell = cells[at]
      if (name === 'text') row.text = cell
      else if (cell === undefined) continue
      else if (name === '') this.notes.hasUnnamed ||= cell.trim() !== ''
      else if (name === 'weight') this.setWeight(row, cell)
      else setValue(row, name, ofCell(name, cell), this.notes)
    }
    if (row.weight === undefined && !names.includes('weight')) row.noWeight = NO_WEIGHT_COLUMN
    return row
  }

  private setWeight(row: Row, cell: string): void {
    const [, whole = '', mark, fraction = ''] = GROUPED.exec(cell) ?? []
    row.weight = withDecimalPoint(cell, this.delimiter)
    if (this.delimiter === ';') {
      if (mark === undefined) return
      const decimal =
        fraction === '000'
          ? whole
          : `${whole}${mark}${fraction.endsWith('0') ? fraction.replace(/0+$/, '') : `${fraction}0`}`
      row.noWeight = `the weight ${cell.trim()} is ambiguous: write ${whole}${fraction} or ${decimal}`
      return
    }
    if (mark === '.') this.groupedWeight ??= cell.trim()
    else if (mark === undefined && DECIMAL_COMMA.test(cell)) this.commaWeight ??= cell.trim()
    if (this.groupedWeight === undefined || this.commaWeight === undefined) return
    throw new DatasetError(
      `the weight ${this.groupedWeight} is ambiguous, because ${this.commaWeight} has a decimal comma: ` +
        'write decimals with a dot, and thousands without a separator',
    )
  }

  /**
   * Throws if the first line contains column names with an unsupported separator, because the rows could not be split.
   */
  private requireSeparator([first = '', ...others]: readonly string[]): void {
    if (others.length > 0) return
    const isOther = (mark: string) =>
      ['text', 'weight'].every((name) => first.split(mark).map(cleanName).includes(name))
    const other = OTHER_SEPARATORS.find(isOther)
    if (other === undefined) return
    throw unsupportedSeparator(
      other,
      this.delimiter === '\t' ? 'tabs, or by commas in a .csv file' : 'commas, semicolons, or tabs',
    )
  }

  /**
   * Throws if the first line is not an entry and seems to name the columns, but not `text`. Otherwise, the first two
   * columns would be read as text and weight, and the others would be lost.
   */
  private requireText(cells: readonly string[]): void {
    const names = cells.map(cleanName)
    const isHeader =
      names.length > 1 &&
      (names.includes('weight') || (names.length > 2 && names.some(isKnownColumn))) &&
      typeof toEntry(cells[0], withDecimalPoint(cells[1] ?? '', this.delimiter)) === 'string'
    if (!isHeader) return
    const shown = cells.slice(0, MAX_SHOWN).map((cell) => shorten(unquoted(cell)))
    const columns = [...shown, ...(cells.length > MAX_SHOWN ? ['…'] : [])].join(', ')
    throw new DatasetError(`the first line looks like a header, but has no column "text"; its columns are ${columns}`)
  }

  /** Unknown names may occur several times, because their columns are ignored. */
  private requireUnique(names: readonly string[]): void {
    const twice = names.find((name, at) => names.indexOf(name) !== at && isKnownColumn(name))
    if (twice !== undefined) throw new DatasetError(`it names the column ${twice} twice`)
  }
}

const NO_WEIGHT_COLUMN = 'there is no weight: the first line has no column "weight"'
