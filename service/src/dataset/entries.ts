import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { parse as parseCsv } from 'csv-parse/sync'
import { exceedsCodePoints, normalize } from '../text.ts'

/** One thing that can be suggested. */
export interface Entry {
  /** What the user is shown, NFC, without control characters. */
  text: string
  /** How much it is wanted: a finite number >= 0; a larger one ranks higher. */
  weight: number
}

/** A line that was left out, and why. */
export interface Problem {
  file: string
  /** Counted from 1. */
  line: number
  reason: string
}

/** What reading a file brought: `problems` holds the first {@link MAX_PROBLEMS}, `skipped` counts all. */
export interface ReadResult {
  entries: Entry[]
  skipped: number
  problems: Problem[]
}

/** The longest text of an entry, in code points. */
export const MAX_TEXT_LENGTH = 200
/** How many problems are kept to be shown; all are counted. */
export const MAX_PROBLEMS = 20

/** A dataset that cannot be used at all; the message is one line for the person who gave it. */
export class DatasetError extends Error {
  override name = 'DatasetError'
}

const CONTROL_CHARACTER = /\p{Cc}/u
const EMPTY_LINE = Symbol('an empty line is passed over in silence')

type Row = { text: unknown; weight: unknown } | typeof EMPTY_LINE

/** Checks one row; returns the entry, or the reason why it is none. */
export function toEntry(text: unknown, weight: unknown): Entry | string {
  if (typeof text !== 'string') return `the text must be a string, got ${shorten(text)}`
  if (text.trim() === '') return 'the text is empty'
  if (text.includes('\uFFFD') || !text.isWellFormed()) return 'the text is not valid UTF-8'
  const shown = text.trim().normalize('NFC')
  if (CONTROL_CHARACTER.test(shown)) return 'the text holds a control character'
  if (exceedsCodePoints(shown, MAX_TEXT_LENGTH)) return `the text is longer than ${MAX_TEXT_LENGTH} characters`
  if (normalize(shown).trimEnd() === '') return 'the text is empty'
  const value = typeof weight === 'number' ? weight : parseWeight(weight)
  if (value === undefined || !Number.isFinite(value) || value < 0) {
    return `the weight must be a number of 0 or more, got ${shorten(weight)}`
  }
  return { text: shown, weight: value }
}

/** A value as a message shows it: as JSON, and not all of a long one. */
function shorten(value: unknown): string {
  const text = value === undefined ? 'nothing' : typeof value === 'number' ? String(value) : JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

function parseWeight(weight: unknown): number | undefined {
  // Number('') is 0 and Number('0x10') is 16; neither is a weight that somebody meant.
  return typeof weight === 'string' && /^\s*[+-]?[\d.]/.test(weight) && !/[xob]/i.test(weight)
    ? Number(weight)
    : undefined
}

/**
 * Reads the entries of one file, by its ending: `.tsv` and `.txt` (`text<TAB>weight`), `.csv` (columns `text` and `weight`,
 * with or without a header row), `.jsonl` and `.ndjson` (`{"text":…,"weight":…}`).
 *
 * A bad line is counted and kept out, never an error.
 * @throws {DatasetError} when the file cannot be read or its ending is none of these.
 */
export async function readEntries(file: string): Promise<ReadResult> {
  const rows = rowsOf(file)
  const result: ReadResult = { entries: [], skipped: 0, problems: [] }
  try {
    // A pipe or a device may never end.
    if (!(await stat(file)).isFile()) throw new Error('it is not a regular file')
    for await (const { line, row } of rows) {
      if (row === EMPTY_LINE) continue
      const entry = typeof row === 'string' ? row : toEntry(row.text, row.weight)
      if (typeof entry !== 'string') {
        result.entries.push(entry)
        continue
      }
      result.skipped += 1
      if (result.problems.length < MAX_PROBLEMS) result.problems.push({ file, line, reason: entry })
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is no such file' : message
    throw new DatasetError(`cannot read dataset ${file}: ${reason}`)
  }
  return result
}

type NumberedRow = { line: number; row: Row | string }

function rowsOf(file: string): AsyncIterable<NumberedRow> {
  switch (extname(file).toLowerCase()) {
    case '.tsv':
    case '.txt':
      return lineRows(file, tsvRow)
    case '.jsonl':
    case '.ndjson':
      return lineRows(file, jsonRow)
    case '.csv':
      return csvRows(file)
    default:
      throw new DatasetError(`cannot read dataset ${file}: its name must end in .tsv, .txt, .csv, .jsonl or .ndjson`)
  }
}

async function* lineRows<T>(
  file: string,
  parse: (line: string) => T | string,
): AsyncGenerator<{ line: number; row: T | string | typeof EMPTY_LINE }> {
  const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY })
  let line = 0
  for await (const text of lines) {
    line += 1
    const content = line === 1 ? text.replace(/^\uFEFF/, '') : text
    yield { line, row: content.trim() === '' ? EMPTY_LINE : parse(content) }
  }
}

function tsvRow(line: string): Row | string {
  const columns = line.split('\t')
  if (columns.length < 2) return 'it needs two columns, text<TAB>weight'
  return { text: columns[0], weight: columns[1] }
}

function jsonRow(line: string): Row | string {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return 'it is not valid JSON'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is not a JSON object'
  const { text, weight } = value as Record<string, unknown>
  return { text, weight }
}

/**
 * The rows of a CSV file, each a line: a text cannot hold a line break, so a quote that is not closed spoils one line and not the
 * rest of the file.
 */
async function* csvRows(file: string): AsyncGenerator<NumberedRow> {
  let columns = { text: 0, weight: 1 }
  let isFirst = true
  for await (const { line, row } of lineRows(file, csvRow)) {
    if (row === EMPTY_LINE || typeof row === 'string') {
      yield { line, row }
      continue
    }
    const cells = row as string[]
    const names = cells.map((name) => name.trim().toLowerCase())
    if (isFirst && names.includes('text') && names.includes('weight')) {
      columns = { text: names.indexOf('text'), weight: names.indexOf('weight') }
    } else if (cells.length < 2) yield { line, row: 'it needs two columns, text and weight' }
    else yield { line, row: { text: cells[columns.text] ?? '', weight: cells[columns.weight] ?? '' } }
    isFirst = false
  }
}

function csvRow(line: string): string[] | string {
  try {
    const [cells = []] = parseCsv(line, { relax_column_count: true, relax_quotes: true }) as string[][]
    return cells
  } catch {
    return 'it is not valid CSV: a quote is not closed, or stands where none may'
  }
}
