/** The formats of dataset files: how their text is taken apart into rows. */
import { extname } from 'node:path'
import { DatasetError } from '../dataset-error.ts'
import { RowSplitter } from './cells.ts'
import { ColumnReader } from './columns.ts'
import { detectDelimiter, SAMPLE_LINES, statedDelimiter } from './delimiter.ts'
import { JsonValueSplitter } from './json-values.ts'
import { LineSplitter, MAX_LINE_LENGTH } from './lines.ts'
import { type ColumnNotes, jsonRow, type Row } from './row.ts'

/** What the ending of a file's name says about its text. */
export type Format = 'tsv' | 'csv' | 'jsonl' | 'json'

/**
 * Gets a row, or the reason why it is left out, the number of the line in which it starts, and its number in a JSON array, counted from
 * 1.
 */
export type TakeRow = (row: Row | string, line: number, element?: number) => void
/** Gets the text of every line, or of every JSON value, before its rows. */
export type TakeText = (text: string, line: number) => void

/** Takes the text of a file in parts, with line ends `\n`. */
export interface TextReader {
  push(text: string): void
  end(): void
}

const FORMATS: Readonly<Record<string, Format>> = {
  '.tsv': 'tsv',
  '.txt': 'tsv',
  '.csv': 'csv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.json': 'json',
}
const TOO_LONG = `the line is longer than ${MAX_LINE_LENGTH} characters`
/** A file of JSON lines that is an array of objects: a line that begins with `[{`, or only has a `[`. */
const JSON_ARRAY = /^\s*\[[^\S\n]*(?:\{|\n|$)/

/**
 * The format of a file by the ending of its name, in front of `.gz` if that is there.
 * @throws {DatasetError} if it is none of {@link FORMATS}
 */
export function formatOf(file: string): Format {
  const ending = extname(file.replace(/\.gz$/i, '')).toLowerCase()
  const format = Object.hasOwn(FORMATS, ending) ? FORMATS[ending] : undefined
  if (format === undefined) {
    throw new DatasetError('its name must end in .tsv, .txt, .csv, .jsonl, .ndjson or .json, each also with .gz')
  }
  return format
}

/** A reader for a file whose text starts with `head`. */
export function startReader(
  format: Format,
  head: string,
  notes: ColumnNotes,
  take: TakeRow,
  takeText: TakeText,
): TextReader {
  if (format === 'json' || (format === 'jsonl' && JSON_ARRAY.test(head))) {
    return new JsonValueSplitter((value, line, element) => {
      if ('json' in value) takeText(value.json, line)
      take('json' in value ? jsonRow(value.json, notes) : value.reason, line, element)
    })
  }
  if (format === 'jsonl') {
    return new LineSplitter((text, line) => {
      takeText(text, line)
      if (text.length > MAX_LINE_LENGTH) take(TOO_LONG, line)
      else if (text.trim() !== '') take(jsonRow(text, notes), line)
    })
  }
  const rows = format === 'csv' ? new CsvReader(notes, take) : new RowsByDelimiter('\t', 'text<TAB>weight', notes, take)
  const lines = new LineSplitter((text, line) => {
    takeText(text, line)
    rows.push(text, line)
  })
  return {
    push: (text) => lines.push(text),
    end: () => {
      lines.end()
      rows.end()
    },
  }
}

/** Lines with columns. */
interface LineReader {
  push(line: string, number: number): void
  end(): void
}

class RowsByDelimiter implements LineReader {
  private readonly splitter: RowSplitter

  constructor(delimiter: string, plainColumns: string, notes: ColumnNotes, take: TakeRow) {
    const columns = new ColumnReader(delimiter, plainColumns, notes)
    this.splitter = new RowSplitter(delimiter, (cells, line) => {
      const row = typeof cells === 'string' ? cells : columns.read(cells)
      if (row !== undefined) take(row, line)
    })
  }

  push(line: string, number: number): void {
    this.splitter.push(line, number)
  }

  end(): void {
    this.splitter.end()
  }
}

/** Finds out the delimiter from the first lines. */
class CsvReader implements LineReader {
  private readonly start: (delimiter: string) => LineReader
  private rows: LineReader | undefined
  private sample: [line: string, number: number][] = []

  constructor(notes: ColumnNotes, take: TakeRow) {
    this.start = (delimiter) => new RowsByDelimiter(delimiter, 'text and weight', notes, take)
  }

  push(line: string, number: number): void {
    if (this.rows) {
      this.rows.push(line, number)
      return
    }
    const stated = this.sample.length === 0 ? statedDelimiter(line) : undefined
    if (stated !== undefined) {
      this.rows = this.start(stated)
      return
    }
    if (this.sample.length > 0 || line.trim() !== '') this.sample.push([line, number])
    if (this.sample.length === SAMPLE_LINES) this.detect()
  }

  end(): void {
    if (!this.rows) this.detect()
    this.rows?.end()
  }

  private detect(): void {
    this.rows = this.start(detectDelimiter(this.sample.map(([line]) => line)))
    for (const [line, number] of this.sample) this.rows.push(line, number)
    this.sample = []
  }
}
