/** Converts cells to rows. The header names the columns. Without a header, they are `text` and `weight`. */
import { DatasetError } from '../dataset-error.ts'
import { valueOfCell } from '../entry-details.ts'
import {
  cleanName,
  columnNames,
  hasNumber,
  isEntry,
  mayBeHeader,
  noTextColumn,
  requireNoUnusableHeader,
  requireValidNames,
  unquoted,
} from './header.ts'
import { trimInvisible } from './invisible.ts'
import { type ColumnNotes, type Row, setValue, type TakeRow } from './row.ts'

const NO_WEIGHT_COLUMN = 'there is no weight: the header has no column "weight"'
const HEADER_ADVICE = 'if this is a header, name the columns text and weight'
/** How databases write a missing value. */
const NULLS = ['\\N', 'NULL']
const isNull = (cell: string) => NULLS.includes(cell)
/** Whether a row has two columns. Empty cells may follow them. */
const hasTwo = ([, second, ...others]: readonly string[]) =>
  second !== undefined && others.every((cell) => cell.trim() === '')

const anotherTable = (line: number, problem: string) =>
  new DatasetError(`line ${line} ${problem}: put each table in its own file`)

/** Converts the cells of a file to rows, and passes them on. */
export class ColumnReader {
  private readonly delimiter: string
  private readonly tooFew: string
  private readonly notes: ColumnNotes
  private readonly take: TakeRow
  /** The cells of the header. */
  private header: readonly string[] | undefined
  private names: string[] | undefined
  /** The number of columns up to the last one with a name. */
  private leastCells = 0
  /** Whether the header may still follow: before the first entry, there may be a title or comments. */
  private mayFindHeader = true
  private mayAdvise = true
  /** A line that may be a header, and its number. */
  private otherHeader: readonly [cells: readonly string[], line: number] | undefined
  /** Whether any row with the same number of cells as {@link otherHeader} contains a number. */
  private hasNumbers = false
  private isFirst = true
  private isAfterComment = false
  /** The first row, if it is a header or an entry without a valid weight. The next row shows which one it is. */
  private first: { cells: readonly string[]; row: Row; line: number } | undefined

  /** @param plainColumns the columns that a file without column names has, for messages */
  constructor(delimiter: string, plainColumns: string, notes: ColumnNotes, take: TakeRow) {
    this.take = take
    this.delimiter = delimiter
    this.tooFew = `it needs two columns, ${plainColumns}`
    this.notes = notes
  }

  /**
   * Passes on the row, or the reason why it is left out. Skips empty rows, comments, and the header. The header may
   * occur again in a file that was joined from several files.
   * @param line the number of the row's first line, for messages
   * @throws {DatasetError} if the header cannot be used, another header follows, or dots in weights are ambiguous
   */
  push(cells: string[], line: number): void {
    if (cells.every((cell) => cell.trim() === '')) return
    if (!this.names && cells.length === 1 && cells[0]?.startsWith('#')) {
      this.isAfterComment = true
      return
    }
    if (this.first) this.takeFirst(cells)
    const row = this.read(cells, line)
    const isFirst = this.isFirst
    this.isFirst = false
    this.isAfterComment = false
    if (row === undefined) return
    if (isFirst && typeof row !== 'string' && this.mayNameTwo(cells)) this.first = { cells, row, line }
    else this.take(row, line)
  }

  /** Whether the row may be a header of two columns with other names. */
  private mayNameTwo(cells: readonly string[]): boolean {
    return this.mayFindHeader && hasTwo(cells) && mayBeHeader(cells) && !isNull(cells[1] as string)
  }

  /**
   * Decides whether the first row is a header. If it is, adds a note. Otherwise, passes on the row.
   * @param next the cells of the next row, or an empty array if there is none
   */
  private takeFirst(next: readonly string[]): void {
    if (!this.first) return
    const { cells, row, line } = this.first
    this.first = undefined
    if (hasTwo(next) && hasNumber(next.slice(1, 2))) {
      const [text = '', weight = ''] = cells.map(unquoted)
      this.notes.assumedHeader = { text, weight, line }
    } else this.take(row, line)
  }

  /** Returns the row, the reason why it is left out, or undefined if it is the header. */
  private read(cells: string[], line: number): Row | string | undefined {
    if (this.mayFindHeader) {
      if (this.findHeader(cells, line)) return undefined
    } else if (this.repeatsHeader(cells, line)) return undefined
    const known = this.names?.length ?? 2
    const hasMore = cells.length > known && cells.slice(known).some((cell) => cell.trim() !== '')
    // Before the header or the first entry, there may be a title or comments with any number of cells.
    if (!this.mayFindHeader) this.noteLength(hasMore, line)
    const row = this.names ? this.namedRow(this.names, cells) : this.plainRow(cells)
    if (typeof row === 'string') return row
    if (hasMore || cells.length < this.leastCells) {
      const count = `the row has ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}`
      row.cellCount = this.names ? `${count}, the header ${known}` : `${count}, expected ${known}`
    }
    if (this.mayFindHeader && this.mayAdvise && !/\d/.test(cells[1] ?? '')) {
      this.mayAdvise = false
      row.advice = HEADER_ADVICE
    }
    return row
  }

  /**
   * Whether the row repeats the header, as in joined files.
   * @throws {DatasetError} if the row is another header, because the columns of later rows may be different
   */
  private repeatsHeader(cells: readonly string[], line: number): boolean {
    if (cells.length === this.header?.length && cells.every((cell, at) => cell === this.header?.[at])) return true
    const { names } = this
    const weight = cells[names?.includes('weight') ? names.indexOf('weight') : 1]
    if (weight === undefined || hasNumber([weight])) return false
    const { assumedHeader: assumed } = this.notes
    if (assumed && unquoted(cells[0] as string) === assumed.text && unquoted(weight) === assumed.weight) return true
    const others = cells.map(cleanName)
    if (others.includes('text') && others.includes('weight')) {
      if (others.length === names?.length && others.every((name, at) => name === names[at])) return true
      throw anotherTable(
        line,
        `names ${names ? 'other columns than the header' : 'columns, but is below the first entry'}`,
      )
    }
    if (assumed && this.isAfterComment && hasTwo(cells) && mayBeHeader(cells)) {
      throw anotherTable(line, 'seems to begin another table')
    }
    return false
  }

  private noteLength(isLong: boolean, line: number): void {
    if (isLong) {
      this.notes.longRows += 1
      this.notes.longRow ??= line
    } else this.notes.hasOtherRows = true
  }

  /**
   * Must be called after the last row.
   * @throws {DatasetError} if there is no entry because the header does not name the columns with texts and weights
   */
  end(): void {
    this.takeFirst([])
    if (this.mayFindHeader && this.otherHeader && this.hasNumbers) throw noTextColumn(...this.otherHeader)
  }

  /** Returns whether the row is the header. */
  private findHeader(cells: readonly string[], line: number): boolean {
    this.names = columnNames(cells, this.delimiter)
    if (this.names) {
      requireValidNames(this.names, line)
      this.header = cells
      this.notes.hasNames = true
      this.leastCells = this.names.findLastIndex((name) => name !== '') + 1
      this.mayFindHeader = false
      return true
    }
    this.mayFindHeader = !isEntry(cells, this.delimiter)
    if (this.mayFindHeader) {
      requireNoUnusableHeader(cells, this.delimiter, line)
      const isLikeHeader = this.otherHeader?.[0].length === cells.length
      if (isLikeHeader) this.hasNumbers ||= hasNumber(cells)
      else if (!cells.some(isNull) && mayBeHeader(cells)) this.otherHeader ??= [cells, line]
    } else if (this.otherHeader?.[0].length === cells.length && !(hasTwo(cells) && hasTwo(this.otherHeader[0]))) {
      // The earlier line is probably the header, so the first two cells may be anything, such as a number and a price.
      throw noTextColumn(...this.otherHeader)
    }
    return false
  }

  private plainRow([text, weight]: readonly string[]): Row | string {
    if (weight === undefined) return this.tooFew
    const row: Row = { text, weight: undefined }
    this.notes.weights.set(row, trimInvisible(weight), this.delimiter)
    return row
  }

  private namedRow(names: readonly string[], cells: readonly string[]): Row {
    const row: Row = { text: undefined, weight: undefined }
    for (let at = 0; at < names.length; at += 1) {
      const name = names[at] as string
      const given = cells[at]
      if (name === 'text') {
        row.text = given
        continue
      }
      if (given === undefined) continue
      const cell = isNull(given) ? '' : name === 'payload' ? given : trimInvisible(given)
      if (name === '') this.notes.hasUnnamed ||= cell.trim() !== ''
      else if (name === 'weight') this.notes.weights.set(row, cell, this.delimiter)
      else setValue(row, name, valueOfCell(name, cell), this.notes)
    }
    if (row.weight === undefined && !names.includes('weight')) row.noWeight = NO_WEIGHT_COLUMN
    return row
  }
}
