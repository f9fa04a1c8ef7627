import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { parse as parseCsv } from 'csv-parse/sync'
import { exceedsCodePoints } from '../text.ts'

/** One thing that can be suggested. */
export interface Entry {
  /** What the user is shown, NFC, without control characters. */
  text: string
  /** How much it is wanted: a finite number >= 0; a larger one ranks higher. */
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
}

/** What reading a file brought. */
export interface ReadResult extends LeftOut {
  entries: Entry[]
}

/** How a file is read. */
export interface ReadOptions {
  /** Gets the part of the file that has been read, from 0 to 1. */
  onProgress?: (part: number) => void
  /** Stops it half-way. */
  signal?: AbortSignal
}

/** The longest text of an entry, in code points. */
export const MAX_TEXT_LENGTH = 200
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
const CONTROL_CHARACTER = /\p{Cc}/u
/** Texts that are their own key, and that nothing but their length can be wrong with: lower-case ASCII, the most of most datasets. */
const PLAIN_TEXT = /^[!-@[-~]+(?: [!-@[-~]+)*$/

interface Row {
  text: unknown
  weight: unknown
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
    if (shown.includes('\uFFFD') || !shown.isWellFormed()) return 'the text is not valid UTF-8'
    shown = shown.normalize('NFC')
    if (CONTROL_CHARACTER.test(shown)) return 'the text holds a control character'
  }
  if (exceedsCodePoints(shown, MAX_TEXT_LENGTH)) return `the text is longer than ${MAX_TEXT_LENGTH} characters`
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

/** The entries of one file, as {@link forEachEntry} reads it. */
export async function readEntries(file: string): Promise<ReadResult> {
  const entries: Entry[] = []
  const leftOut = await forEachEntry(file, (entry) => entries.push(entry))
  return { entries, ...leftOut }
}

/**
 * Reads the entries of one file, by its ending: `.tsv` and `.txt` (`text<TAB>weight`), `.csv` (columns `text` and `weight`,
 * with or without a header row), `.jsonl` and `.ndjson` (`{"text":…,"weight":…}`).
 *
 * A bad line is counted and kept out, never an error.
 * @param take gets every entry
 * @throws {DatasetError} when the file cannot be read or its ending is none of these.
 */
export async function forEachEntry(
  file: string,
  take: (entry: Entry) => void,
  options: ReadOptions = {},
): Promise<LeftOut> {
  const toRow = rowReader(file)
  const leftOut: LeftOut = { skipped: 0, problems: [] }
  const takeLine = (text: string, line: number) => {
    const row = text.length > MAX_LINE_LENGTH ? TOO_LONG : toRow(text)
    if (row === undefined) return
    const entry = typeof row === 'string' ? row : toEntry(row.text, row.weight)
    if (typeof entry !== 'string') {
      take(entry)
      return
    }
    leftOut.skipped += 1
    if (leftOut.problems.length < MAX_PROBLEMS) leftOut.problems.push({ file, line, reason: entry })
  }
  try {
    await forEachLine(file, takeLine, options)
  } catch (error) {
    options.signal?.throwIfAborted()
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'there is no such file' : message
    throw new DatasetError(`cannot read dataset ${file}: ${reason}`)
  }
  return leftOut
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
function rowReader(file: string): (line: string) => Row | string | undefined {
  switch (extname(file).toLowerCase()) {
    case '.tsv':
    case '.txt':
      return tsvRow
    case '.jsonl':
    case '.ndjson':
      return jsonRow
    case '.csv':
      return csvRowReader()
    default:
      throw new DatasetError(`cannot read dataset ${file}: its name must end in .tsv, .txt, .csv, .jsonl or .ndjson`)
  }
}

function tsvRow(line: string): Row | string {
  const end = line.indexOf('\t')
  if (end < 0) return 'it needs two columns, text<TAB>weight'
  const next = line.indexOf('\t', end + 1)
  return { text: line.slice(0, end), weight: line.slice(end + 1, next < 0 ? undefined : next) }
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
function csvRowReader(): (line: string) => Row | string | undefined {
  let columns = { text: 0, weight: 1 }
  let isFirst = true
  return (line) => {
    const cells = csvCells(line)
    if (typeof cells === 'string') return cells
    if (isFirst) {
      isFirst = false
      const names = cells.map((name) => name.trim().toLowerCase())
      if (names.includes('text') && names.includes('weight')) {
        columns = { text: names.indexOf('text'), weight: names.indexOf('weight') }
        return undefined
      }
    }
    if (cells.length < 2) return 'it needs two columns, text and weight'
    return { text: cells[columns.text] ?? '', weight: cells[columns.weight] ?? '' }
  }
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
