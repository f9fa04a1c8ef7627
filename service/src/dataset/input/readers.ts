/** Splits the text of dataset files into rows, depending on their format. */
import { extname } from 'node:path'
import { DatasetError } from '../dataset-error.ts'
import { RowSplitter } from './cells.ts'
import { ColumnReader } from './columns.ts'
import { detectDelimiter, SAMPLE_LINES, statedDelimiter } from './delimiter.ts'
import { JsonValueSplitter } from './json-values.ts'
import { LINE_TOO_LONG, LineSplitter, MAX_LINE_LENGTH } from './lines.ts'
import { type ColumnNotes, jsonRow, type Row, type TakeRow } from './row.ts'

/** Format of a dataset file, as determined by its extension. */
export type Format = 'tsv' | 'csv' | 'jsonl' | 'json'

/** Called with the text of every line or JSON value, before {@link TakeRow} is called with the row that it contains. */
export type TakeText = (text: string, line: number) => void

/** Reads the text of a file in parts, with `\n` line endings. */
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
/** A line with at least one cell that is not empty. */
const HAS_CELL = /[^\s,;]/
/**
 * The beginning of a JSONL file whose objects are in an array, span several lines, or share a line: a line that starts
 * with `[{`, contains only `[` or `{`, or starts with `{` and contains `}{"`.
 */
const JSON_VALUES = /^\s*(?:\[[^\S\n]*(?:\{|\n|$)|\{[^\S\n]*\n|\{[^\n]*\}\{")/
/** Precedes each object in a JSON text sequence (RFC 7464). */
const RECORD_SEPARATOR = '\x1E'
/** The beginning of JSON objects in a file that should have columns. */
const JSON_OBJECTS = /^\s*(?:\[\s*)?\{\s*"[^"\n]*"\s*:/
/** The beginning of a file with columns: a line with a separator, and no objects. */
const COLUMNS = /^[^[{\n]*[,;\t][^[{]*$/
/** Removes a comma from the end of a line, because some exports separate the objects in a JSONL file by commas. */
const withoutComma = (line: string) => (line.endsWith(',') ? line.slice(0, -1) : line)

/**
 * Returns the format of a file, as determined by its extension, or undefined if the extension is not in {@link
 * FORMATS}. Ignores `.gz` at the end.
 */
export function formatOf(file: string): Format | undefined {
  const ending = extname(file.replace(/\.gz$/i, '')).toLowerCase()
  return Object.hasOwn(FORMATS, ending) ? FORMATS[ending] : undefined
}

/**
 * Creates a reader for a file whose text starts with `head`.
 * @throws {DatasetError} if a file with columns starts with JSON
 */
export function startReader(
  format: Format,
  head: string,
  notes: ColumnNotes,
  take: TakeRow,
  takeText: TakeText,
): TextReader {
  const takeRow = (row: Row | string | undefined, line: number, element?: number) => {
    if (row !== undefined) take(row, line, element)
  }
  if (format === 'json' && COLUMNS.test(head)) {
    throw new DatasetError('it contains no JSON: the name of a file with columns must end in .csv or .tsv')
  }
  if (format === 'json' || (format === 'jsonl' && (JSON_VALUES.test(head) || head.startsWith(RECORD_SEPARATOR)))) {
    return new JsonValueSplitter((value, line, element) => {
      if ('json' in value) takeText(value.json, line)
      takeRow('json' in value ? jsonRow(value.json, notes) : value.reason, line, element)
    })
  }
  if (format === 'jsonl') {
    return new LineSplitter((text, line) => {
      takeText(text, line)
      if (text.length > MAX_LINE_LENGTH) take(LINE_TOO_LONG, line)
      else if (text.trim() !== '') takeRow(jsonRow(withoutComma(text.trimEnd()), notes), line)
    })
  }
  if (JSON_OBJECTS.test(head)) throw new DatasetError('it contains JSON: its name must end in .json or .jsonl')
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

/** Reads lines with columns. */
interface LineReader {
  push(line: string, number: number): void
  end(): void
}

class RowsByDelimiter implements LineReader {
  private readonly splitter: RowSplitter
  private readonly columns: ColumnReader

  constructor(delimiter: string, plainColumns: string, notes: ColumnNotes, take: TakeRow) {
    const columns = new ColumnReader(delimiter, plainColumns, notes, take)
    this.columns = columns
    this.splitter = new RowSplitter(delimiter, (cells, line) => {
      if (typeof cells === 'string') take(cells, line)
      else columns.push(cells, line)
    })
  }

  push(line: string, number: number): void {
    this.splitter.push(line, number)
  }

  end(): void {
    this.splitter.end()
    this.columns.end()
  }
}

/** Detects the delimiter from the first lines. */
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
    if (this.sample.length > 0 || HAS_CELL.test(line)) this.sample.push([line, number])
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
