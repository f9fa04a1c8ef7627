/** Splits lines into cells. Supports quoted fields as written by spreadsheets. */
import { DatasetError } from '../dataset-error.ts'
import { MAX_LINE_LENGTH } from './lines.ts'

/** Called with the cells of a row, or the reason why the row is left out, and the number of the row's first line. */
export type TakeCells = (cells: string[] | string, line: number) => void

const TOO_LONG = `the line is longer than ${MAX_LINE_LENGTH} characters`
const NOT_CLOSED = 'a quoted field is not closed'
const longField = (line: number) =>
  `the quoted field that begins on line ${line} is longer than ${MAX_LINE_LENGTH} characters`
/**
 * Once this many characters have been read again because of unclosed quotes, every row must end on the line on which it
 * starts. This limits the running time.
 */
const MAX_READ_AGAIN = 200 * MAX_LINE_LENGTH

/** The rest of a quoted field with quotes that are escaped by backslashes. */
const ESCAPED_FIELD = /((?:[^"\\]|\\.)*)"/y

/**
 * Splits a file with columns into rows. A quoted field may contain the delimiter, doubled quotes, and line breaks. A
 * quote is plain text if it is not at the beginning of its field, or if its field continues after the closing quote.
 * Spaces before the opening quote and after the closing quote are ignored.
 *
 * In files separated by tabs, a quoted field with a line break cannot contain tabs. If text between two quotes has both,
 * the quotes are taken for quotes of two different rows.
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
      this.emit(line.length > MAX_LINE_LENGTH ? TOO_LONG : line.split(this.delimiter), number)
    }
  }

  /** @throws {DatasetError} if the file ends within a row that is too long, because any number of rows may be lost */
  end(): void {
    if (this.skippingFrom !== undefined) throw new DatasetError(`${longField(this.skippingFrom)} and is not closed`)
    while (this.waiting.length > 0) {
      const last = this.waitingFrom + this.waiting.length - 1
      this.run(this.giveUp(), last)
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

  /** Adds a line. Returns the lines that must be read again because a quote before them is not closed. */
  private add(line: string, number: number): string[] {
    if (this.skippingFrom !== undefined) return this.skip(line)
    if (this.waiting.length > 0) {
      this.waiting.push(line)
      this.waitingLength += line.length + 1
      if (this.waitingLength > MAX_LINE_LENGTH) return this.isOneField(line) ? this.startSkipping(line) : this.giveUp()
      return this.settle(this.row.add(line), this.waitingFrom)
    }
    if (line.trim() === '') return []
    if (line.length > MAX_LINE_LENGTH) {
      this.emit(TOO_LONG, number)
      return []
    }
    this.waiting = [line]
    this.waitingFrom = number
    this.waitingLength = line.length
    this.row.start()
    return this.settle(this.row.add(line), number)
  }

  private settle(state: RowState, number: number): string[] {
    const spans = this.waiting.length > 1
    if (state === 'open' && this.readAgain < MAX_READ_AGAIN) return []
    // If a row spans several lines but has too few cells, the quote that closed its field belongs to another row.
    const isOther = this.row.cells.length < (this.width ?? 0) || this.row.hidesCells
    if (state !== 'ended' || (spans && isOther)) return this.giveUp()
    this.waiting = []
    this.emit(this.row.cells, number)
    return []
  }

  /**
   * Whether the waiting lines are one long field, and not rows after an unclosed quote.
   * @param last the last of these lines
   */
  private isOneField(last: string): boolean {
    // LineSplitter may have truncated a longer line.
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

/** Splits one line into cells. If a quoted field is not closed, the last cell is its beginning. */
export function splitLine(line: string, delimiter: string): string[] {
  if (!line.includes('"')) return line.split(delimiter)
  const row = new QuotedRow(delimiter)
  return row.add(line) === 'ended' ? row.cells : [...row.cells, row.unfinished]
}

/** Whether a row has ended, continues on the next line, or is malformed because text follows its closing quote. */
type RowState = 'ended' | 'open' | 'broken'

/** Splits one row, line by line. */
class QuotedRow {
  cells: string[] = []
  private readonly delimiter: string
  /** The lines of an incomplete quoted field, without the opening quote. */
  private field: string[] = []
  /** Whether a field with a line break contains the delimiter in a file separated by tabs. */
  hidesCells = false

  constructor(delimiter: string) {
    this.delimiter = delimiter
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
      const close = this.closingQuote(line, 0)
      if (close < 0) {
        this.field.push(line)
        return 'open'
      }
      const end = this.fieldEnd(line, close + 1)
      if (end === undefined) return 'broken'
      this.field.push(line.slice(0, close))
      const field = this.unfinished
      this.hidesCells ||= this.delimiter === '\t' && field.includes('\t')
      this.cells.push(withoutDoubledQuotes(field))
      this.field = []
      if (end === line.length) return 'ended'
      at = end + 1
    }
    for (;;) {
      let end = at
      const open = afterSpaces(line, at)
      if (line[open] === '"') {
        const close = this.closingQuote(line, open + 1)
        let quotedEnd = close < 0 ? undefined : this.fieldEnd(line, close + 1)
        let field = quotedEnd === undefined ? '' : withoutDoubledQuotes(line.slice(open + 1, close))
        if (quotedEnd === undefined) [quotedEnd, field] = this.escapedField(line, open + 1) ?? [undefined, '']
        if (quotedEnd !== undefined) {
          this.cells.push(field)
          if (quotedEnd === line.length) return 'ended'
          at = quotedEnd + 1
          continue
        }
        if (close < 0) {
          this.field = [line.slice(open + 1)]
          return 'open'
        }
        end = close + 1
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

  /** Returns the end of a field whose closing quote is before `at`, or undefined if other text follows the quote. */
  private fieldEnd(line: string, at: number): number | undefined {
    const end = afterSpaces(line, at)
    return end === line.length || line[end] === this.delimiter ? end : undefined
  }

  /**
   * Reads a field in which quotes are escaped by backslashes, as MySQL and Spark write them. Returns the end of the field
   * and its content, or undefined if the field has no such quote or does not end on this line.
   */
  private escapedField(line: string, from: number): [end: number, field: string] | undefined {
    ESCAPED_FIELD.lastIndex = from
    const content = line.includes('\\"', from) ? ESCAPED_FIELD.exec(line)?.[1] : undefined
    if (!content?.includes('\\"')) return undefined
    const end = this.fieldEnd(line, from + content.length + 1)
    return end === undefined ? undefined : [end, content.replaceAll(/\\(["\\])/g, '$1')]
  }

  /** Returns the position of the first quote that is not doubled, or -1. */
  private closingQuote(line: string, from: number): number {
    let at = line.indexOf('"', from)
    while (at >= 0 && line[at + 1] === '"') at = line.indexOf('"', at + 2)
    return at
  }
}

function afterSpaces(line: string, from: number): number {
  let at = from
  while (line[at] === ' ') at += 1
  return at
}

function withoutDoubledQuotes(field: string): string {
  return field.includes('"') ? field.replaceAll('""', '"') : field
}
