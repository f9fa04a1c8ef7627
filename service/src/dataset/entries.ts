import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { parse as parseCsv } from 'csv-parse/sync'
import { exceedsCodePoints } from '../text.ts'
import { detailsOf, ofCell, type RowDetails, setDetail, shorten } from './entry-details.ts'

/** One thing that can be suggested. */
export interface Entry {
  /** What the user is shown, NFC, without control characters. */
  text: string
  /** How much it is wanted: from 0 to {@link MAX_WEIGHT}; a larger one ranks higher. */
  weight: number
  /** Any JSON value, given back with the suggestion. */
  payload?: unknown
  /** What it can be filtered and boosted by: names such as `category`, each with its values. */
  contexts?: Record<string, string[]>
  /** Other texts that it is found by. */
  aliases?: string[]
  /** Stands before all that are not pinned. */
  pinned?: boolean
  /** Is never suggested, however it is spelt. */
  blocked?: boolean
  /** When it was new, in milliseconds since 1970. */
  updated?: number
}

/** A line that was left out, and why. */
export interface Problem {
  file: string
  /** Counted from 1. */
  line: number
  reason: string
}

/** What was left out of a file: `problems` holds the first {@link MAX_PROBLEMS}, `skipped` counts all. */
export interface LeftOut {
  skipped: number
  problems: Problem[]
  /** Columns that mean nothing here, which may be misspelt. */
  unknownColumns: string[]
  /** Whether lines have more columns than the first line names, or than the two that need no names; nothing is made of them. */
  hasUnnamedColumns: boolean
}

/** What reading a file brought. */
export interface ReadResult extends LeftOut {
  entries: Entry[]
}

/** How a file is read. */
export interface ReadOptions {
  /** Gets the part of the file that has been read, from 0 to 1. */
  onProgress?: (part: number) => void
  /** Gets everything that is left out. */
  onProblem?: (problem: Problem) => void
  /** Stops it half-way. */
  signal?: AbortSignal
}

/** The longest text of an entry, in code points. */
export const MAX_TEXT_LENGTH = 200
/** The largest weight: of larger ones the ranks of pinned entries could not be told apart. */
export const MAX_WEIGHT = 1e100
/** The longest line, in characters: a file that is no text may have no line ends at all. */
export const MAX_LINE_LENGTH = 65_536
/** How many problems are kept to be shown; all are counted. */
export const MAX_PROBLEMS = 20

/** A dataset that cannot be used at all; the message is one line for the person who gave it. */
export class DatasetError extends Error {
  override name = 'DatasetError'
}

/** How much of a file is read at a time, in bytes. */
const CHUNK_BYTES = 1 << 18
const TOO_LONG = `the line is longer than ${MAX_LINE_LENGTH} characters`
const TEXT_TOO_LONG = `the text is longer than ${MAX_TEXT_LENGTH} characters`
/** Code points that NFC makes one of at most. */
const MAX_SHRINK = 4
const CONTROL_CHARACTER = /\p{Cc}/u
/** Texts that are their own key, and that nothing but their length can be wrong with: lower-case ASCII, the most of most datasets. */
const PLAIN_TEXT = /^[!-@[-~]+(?: [!-@[-~]+)*$/

/** A line taken apart, as it stands there: what a file does not say is undefined. */
interface Row extends RowDetails {
  text: unknown
  weight: unknown
}

/** What is noted of the columns of a file. */
interface Columns {
  /** Names that mean nothing. */
  unknown: Set<string>
  hasUnnamed: boolean
}

/** Whether `normalize` would change nothing, which is quicker to find out than to normalize. */
export function isPlain(text: string): boolean {
  return PLAIN_TEXT.test(text)
}

/** Checks one row; returns the entry, or the reason why it is none. */
export function toEntry(text: unknown, weight: unknown): Entry | string {
  if (typeof text !== 'string') return `the text must be a string, got ${shorten(text)}`
  let shown = text
  if (!isPlain(text)) {
    shown = text.trim()
    if (shown === '') return 'the text is empty'
    // Before it is normalized, which takes the square of its length.
    if (exceedsCodePoints(shown, MAX_SHRINK * MAX_TEXT_LENGTH)) return TEXT_TOO_LONG
    if (shown.includes('\uFFFD') || !shown.isWellFormed()) return 'the text is not valid UTF-8'
    shown = shown.normalize('NFC')
    if (CONTROL_CHARACTER.test(shown)) return 'the text holds a control character'
  }
  if (exceedsCodePoints(shown, MAX_TEXT_LENGTH)) return TEXT_TOO_LONG
  const value = typeof weight === 'number' ? weight : parseWeight(weight)
  if (value === undefined || !Number.isFinite(value) || value < 0) {
    return `the weight must be a number of 0 or more, got ${shorten(weight)}`
  }
  if (value > MAX_WEIGHT) return `the weight takes at most ${MAX_WEIGHT}, got ${shorten(weight)}`
  return { text: shown, weight: value }
}

function parseWeight(weight: unknown): number | undefined {
  // Number('') is 0 and Number('0x10') is 16; neither is a weight that somebody meant.
  return typeof weight === 'string' && /^\s*[+-]?[\d.]/.test(weight) && !/[xob]/i.test(weight)
    ? Number(weight)
    : undefined
}

/** The entries of one file, as {@link forEachEntry} reads it. */
export async function readEntries(file: string): Promise<ReadResult> {
  const entries: Entry[] = []
  const leftOut = await forEachEntry(file, (entry) => entries.push(entry))
  return { entries, ...leftOut }
}

/**
 * Reads the entries of one file, by its ending: `.tsv` and `.txt` (`text<TAB>weight`), `.csv` (columns `text` and `weight`), both with
 * or without a first line that names the columns: one that names `text` and is no entry itself, `.jsonl` and `.ndjson` (`{"text":…,"weight":…}`). See entry-details.ts for what else
 * a line may say.
 *
 * A bad line is counted and kept out, never an error.
 * @param take gets every entry, and the number of its line
 * @throws {DatasetError} when the file cannot be read, its ending is none of these, or it names a column twice.
 */
export async function forEachEntry(
  file: string,
  take: (entry: Entry, line: number) => void,
  options: ReadOptions = {},
): Promise<LeftOut> {
  const columns: Columns = { unknown: new Set(), hasUnnamed: false }
  const toRow = rowReader(file, columns)
  const leftOut: LeftOut = { skipped: 0, problems: [], unknownColumns: [], hasUnnamedColumns: false }
  const takeLine = (text: string, line: number) => {
    const row = text.length > MAX_LINE_LENGTH ? TOO_LONG : toRow(text)
    if (row === undefined) return
    const entry = typeof row === 'string' ? row : rowToEntry(row)
    if (typeof entry !== 'string') {
      take(entry, line)
      return
    }
    const problem = { file, line, reason: entry }
    options.onProblem?.(problem)
    leftOut.skipped += 1
    if (leftOut.problems.length < MAX_PROBLEMS) leftOut.problems.push(problem)
  }
  try {
    await forEachLine(file, takeLine, options)
  } catch (error) {
    options.signal?.throwIfAborted()
    if (error instanceof DatasetError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is no such file' : message
    throw new DatasetError(`cannot read dataset ${file}: ${reason}`)
  }
  leftOut.unknownColumns = [...columns.unknown]
  leftOut.hasUnnamedColumns = columns.hasUnnamed
  return leftOut
}

function rowToEntry(row: Row): Entry | string {
  const details = detailsOf(row)
  if (typeof details === 'string') return details
  // Nobody has to say how much something is wanted that is never suggested.
  const entry = toEntry(row.text, details?.blocked ? (row.weight ?? 0) || 0 : row.weight)
  if (typeof entry === 'string' || !details) return entry
  for (const alias of details.aliases ?? []) {
    const problem = toEntry(alias, 0)
    if (typeof problem === 'string') return `an alias is wrong: ${problem}`
  }
  return { ...entry, ...details }
}

/**
 * Hands on every line that is not empty, with its number; of one that is too long only the beginning. Not by readline, which takes
 * a promise for each line and keeps a line of any length.
 */
async function forEachLine(
  file: string,
  take: (text: string, line: number) => void,
  { onProgress, signal }: ReadOptions,
): Promise<void> {
  const stats = await stat(file)
  // A pipe or a device may never end.
  if (!stats.isFile()) throw new Error('it is not a regular file')
  const stream = createReadStream(file, { encoding: 'utf8', highWaterMark: CHUNK_BYTES })
  let line = 0
  /** The beginning of the line that has not ended yet. */
  let rest = ''
  const end = (text: string) => {
    line += 1
    const content = line === 1 ? text.replace(/^\uFEFF/, '') : text
    if (content.trim() !== '') take(content, line)
  }
  let afterReturn = false
  for await (const chunk of stream as AsyncIterable<string>) {
    signal?.throwIfAborted()
    onProgress?.(stream.bytesRead / stats.size)
    let text: string = afterReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk
    afterReturn = text.endsWith('\r')
    if (text.includes('\r')) text = text.replaceAll(/\r\n?/g, '\n')
    let start = 0
    for (let newline = text.indexOf('\n'); newline >= 0; newline = text.indexOf('\n', start)) {
      end(rest + text.slice(start, newline))
      rest = ''
      start = newline + 1
    }
    if (rest.length <= MAX_LINE_LENGTH) rest += text.slice(start)
  }
  if (rest !== '') end(rest)
}

/** What takes a line apart, by the file's ending: into a row, the reason why it is none, or nothing where it only names the columns. */
function rowReader(file: string, columns: Columns): (line: string) => Row | string | undefined {
  switch (extname(file).toLowerCase()) {
    case '.tsv':
    case '.txt':
      return cellsReader(file, (line) => line.split('\t'), 'text<TAB>weight', columns)
    case '.jsonl':
    case '.ndjson':
      return (line) => jsonRow(line, columns)
    case '.csv':
      // Each line is a row: a text cannot hold a line break, so a quote that is not closed spoils one line and not the rest of the file.
      return cellsReader(file, csvCells, 'text and weight', columns)
    default:
      throw new DatasetError(`cannot read dataset ${file}: its name must end in .tsv, .txt, .csv, .jsonl or .ndjson`)
  }
}

/**
 * The rows of a file with columns: by their names, when the first line gives them, else text and weight.
 *
 * A first line that names `text`, and is no entry itself, gives names: without a column of weights, as in a list of what is blocked,
 * what stands in the second column must not be taken for one.
 * @throws {DatasetError} when a column is named twice
 */
function cellsReader(
  file: string,
  toCells: (line: string) => string[] | string,
  plainColumns: string,
  columns: Columns,
): (line: string) => Row | string | undefined {
  let names: string[] | undefined
  let isFirst = true
  return (line) => {
    const cells = toCells(line)
    if (isFirst) {
      isFirst = false
      names = typeof cells === 'string' ? undefined : columnNames(cells)
      const twice = names?.find((name, at) => names?.indexOf(name) !== at)
      if (twice !== undefined) throw new DatasetError(`cannot read dataset ${file}: it names the column ${twice} twice`)
      if (names) return undefined
    }
    if (typeof cells === 'string') return cells
    const known = names?.length ?? 2
    if (cells.length > known) columns.hasUnnamed ||= cells.slice(known).some((cell) => cell.trim() !== '')
    if (names)
      return toRow(
        names.map((name, at) => [name, ofCell(name, cells[at])]),
        columns,
      )
    if (cells.length < 2) return `it needs two columns, ${plainColumns}`
    return { text: cells[0], weight: cells[1] }
  }
}

function columnNames(cells: readonly string[]): string[] | undefined {
  const names = cells.map((name) => name.trim().toLowerCase())
  return names.includes('text') && typeof toEntry(cells[0], cells[1]) === 'string' ? names : undefined
}

function jsonRow(line: string, columns: Columns): Row | string {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return 'it is not valid JSON'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is not a JSON object'
  return toRow(Object.entries(value), columns)
}

/** A row of named columns; notes those that mean nothing. */
function toRow(values: readonly [name: string, value: unknown][], { unknown }: Columns): Row {
  const row: Row = { text: undefined, weight: undefined }
  for (const [name, value] of values) {
    if (name === 'text' || name === 'weight') row[name] = value
    else if (!setDetail(row, name, value)) unknown.add(name)
  }
  return row
}

function csvCells(line: string): string[] | string {
  if (!line.includes('"')) return line.split(',')
  try {
    const [cells = []] = parseCsv(line, { relax_column_count: true, relax_quotes: true }) as string[][]
    return cells
  } catch {
    return 'it is not valid CSV: a quote is not closed, or stands where none may'
  }
}
