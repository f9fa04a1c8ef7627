/** Splits the lines of a file into rows of cells. */
import { DatasetError } from '../dataset-error.ts'
import { LINE_TOO_LONG, MAX_LINE_LENGTH } from './lines.ts'
import { ESCAPED_QUOTE, QuotedRow, type RowState, splitLine } from './quoted-row.ts'

/** Called with the cells of a row, or the reason why the row is left out, and the number of the row's first line. */
export type TakeCells = (cells: string[] | string, line: number) => void

const NOT_CLOSED = 'a quoted field is not closed'
const longField = (line: number) =>
  `the quoted field that begins on line ${line} is longer than ${MAX_LINE_LENGTH} characters`
/**
 * Once this many characters have been read again because of unclosed quotes, every row must end on the line on which it
 * starts. This limits the running time.
 */
const MAX_READ_AGAIN = 200 * MAX_LINE_LENGTH

/**
 * Splits a file with columns into rows. A quoted field may contain the delimiter, doubled quotes, and line breaks. A
 * quote is plain text if it is not at the beginning of its field, or if its field continues after the closing quote.
 * Spaces before the opening quote and after the closing quote are ignored.
 *
 * Some programs, such as MySQL and Spark, escape quotes with backslashes. After the first row that can be read only
 * with escaped quotes, later rows may also contain such quotes.
 *
 * In files separated by tabs, a quoted field with a line break cannot contain tabs. If text between two quotes has
 * both, the quotes are assumed to belong to two different rows.
 *
 * If a quote is not closed within {@link MAX_LINE_LENGTH} characters, there are two cases. If most of the lines after
 * it look like rows, only the line with the quote is left out. Otherwise, these lines belong to the field, and the
 * whole row is left out.
 */
export class RowSplitter {
  private readonly delimiter: string
  private readonly take: TakeCells
  private readonly row: QuotedRow
  /** The lines of an incomplete row, and the number of the first one. */
  private waiting: string[] = []
  private waitingFrom = 0
  private waitingLength = 0
  /** Number of cells in the first row. */
  private width: number | undefined
  private readAgain = 0
  /** The first line of a row that is being skipped because it is too long. */
  private skippingFrom: number | undefined

  constructor(delimiter: string, take: TakeCells) {
    this.delimiter = delimiter
    this.take = take
    this.row = new QuotedRow(delimiter)
  }

  push(line: string, number: number): void {
    if (this.waiting.length > 0 || this.skippingFrom !== undefined || line.includes('"')) {
      this.run(this.add(line, number), number)
    } else if (line.trim() !== '') {
      this.emit(line.length > MAX_LINE_LENGTH ? LINE_TOO_LONG : line.split(this.delimiter), number)
    }
  }

  /** @throws {DatasetError} if the file ends within a row that is too long, because any number of rows may be lost */
  end(): void {
    if (this.skippingFrom !== undefined) throw new DatasetError(`${longField(this.skippingFrom)} and is not closed`)
    while (this.waiting.length > 0) {
      const last = this.waitingFrom + this.waiting.length - 1
      this.run(this.readEscaped() ?? this.giveUp(), last)
    }
  }

  /** Reads lines again. `last` is the line number of the last one. */
  private run(again: string[], last: number): void {
    const left = again.reverse()
    for (let line = left.pop(); line !== undefined; line = left.pop()) {
      const more = this.add(line, last - left.length)
      for (let next = more.pop(); next !== undefined; next = more.pop()) left.push(next)
    }
  }

  /** Adds a line. Returns the lines that must be read again, such as those after a quote that is not closed. */
  private add(line: string, number: number): string[] {
    if (this.skippingFrom !== undefined) return this.skip(line)
    if (this.waiting.length > 0) {
      this.waiting.push(line)
      this.waitingLength += line.length + 1
      if (this.waitingLength > MAX_LINE_LENGTH) {
        return this.readEscaped() ?? (this.isOneField(line) ? this.startSkipping(line) : this.giveUp())
      }
      return this.settle(this.row.add(line), this.waitingFrom)
    }
    if (line.trim() === '') return []
    if (line.length > MAX_LINE_LENGTH) {
      this.emit(LINE_TOO_LONG, number)
      return []
    }
    this.waiting = [line]
    this.waitingFrom = number
    this.waitingLength = line.length
    this.row.start()
    return this.settle(this.row.add(line), number)
  }

  private settle(state: RowState, number: number): string[] {
    if (state === 'open' && this.readAgain < MAX_READ_AGAIN) return []
    if (state !== 'ended' || !this.isPlausible(this.row, this.waiting.length)) {
      return this.readEscaped() ?? this.giveUp()
    }
    this.waiting = []
    this.emit(this.row.cells, number)
    return []
  }

  /** If a row of several lines has too few cells, the quote that closed a field probably belongs to another row. */
  private isPlausible({ cells, hidesCells }: QuotedRow, lines: number): boolean {
    return lines === 1 || (cells.length >= (this.width ?? 0) && !hidesCells)
  }

  /**
   * Reads a row from the waiting lines, with quotes escaped by backslashes. Returns the lines after the row, or
   * undefined if the lines do not begin with such a row.
   */
  private readEscaped(): string[] | undefined {
    const lines = this.waiting
    if (this.row.escapes || !lines.some((line) => line.includes(ESCAPED_QUOTE))) return undefined
    const row = new QuotedRow(this.delimiter, true)
    let state: RowState = 'open'
    let count = 0
    while (state === 'open' && count < lines.length) state = row.add(lines[count++] as string)
    if (state !== 'ended' || !this.isPlausible(row, count)) return undefined
    this.row.escapes = true
    this.readAgain += this.waitingLength
    this.waiting = []
    this.emit(row.cells, this.waitingFrom)
    return lines.slice(count)
  }

  /**
   * Whether the waiting lines are one long field, and not rows after an unclosed quote.
   * @param last the last of these lines
   */
  private isOneField(last: string): boolean {
    // The end of this line may be missing, because LineSplitter truncates long lines.
    if (last.length > MAX_LINE_LENGTH) return false
    const lines = this.waiting.slice(1, -1).filter((line) => line.trim() !== '')
    const width = this.width ?? 2
    // Sentences contain commas, too, so rows of cells separated by commas must be complete. Other rows may be shorter.
    const least = this.delimiter === ',' ? width : Math.min(2, width)
    const isRow = ({ length }: string[]) => length >= least && length <= width
    const rows = lines.filter((line) => isRow(splitLine(line, this.delimiter))).length
    return lines.length > 0 && rows * 2 < lines.length
  }

  private startSkipping(line: string): string[] {
    this.skippingFrom = this.waitingFrom
    this.waiting = []
    this.emit(longField(this.skippingFrom), this.skippingFrom)
    return this.skip(line)
  }

  private skip(line: string): string[] {
    const state = this.row.add(line)
    this.row.forget()
    if (state === 'open' && line.length <= MAX_LINE_LENGTH) return []
    this.skippingFrom = undefined
    return state === 'broken' ? [line] : []
  }

  /** Reports the first of the waiting lines as left out, and returns the rest. */
  private giveUp(): string[] {
    const lines = this.waiting.slice(1)
    this.readAgain += this.waitingLength
    this.waiting = []
    this.emit(NOT_CLOSED, this.waitingFrom)
    return lines
  }

  private emit(cells: string[] | string, number: number): void {
    if (typeof cells !== 'string') this.width ??= cells.length
    this.take(cells, number)
  }
}
