import { DatasetError } from './dataset-error.ts'
import { type Entry, toEntry } from './entry.ts'
import { detailsOf } from './entry-details.ts'
import { readBytes } from './input/bytes.ts'
import { type DecodingFaults, decode } from './input/encoding.ts'
import { LineEnds } from './input/lines.ts'
import { formatOf, startReader, type TakeRow, type TextReader } from './input/readers.ts'
import type { ColumnNotes, Row } from './input/row.ts'

export { DatasetError } from './dataset-error.ts'
export { type Entry, isPlain, MAX_TEXT_LENGTH, MAX_WEIGHT, toEntry } from './entry.ts'
export { isEncoding } from './input/encoding.ts'
export { MAX_LINE_LENGTH } from './input/lines.ts'

/** A row that was left out, and why. */
export interface Problem {
  file: string
  /** The line in which the row starts, counted from 1. */
  line: number
  reason: string
}

/** What was left out of a file: `problems` holds the first {@link MAX_PROBLEMS}, `skipped` counts all. */
export interface LeftOut {
  skipped: number
  problems: Problem[]
  /** Columns without a meaning, which may be misspelled. */
  unknownColumns: string[]
  /** Whether rows have more columns than the first line names, or than the two that need no names; these columns are ignored. */
  hasUnnamedColumns: boolean
  /** What to do so that more of the file can be read, each in one sentence without the file's name. */
  hints: string[]
}

/** What reading a file brought. */
export interface ReadResult extends LeftOut {
  entries: Entry[]
}

/** How a file is read. */
export interface ReadOptions {
  /** Gets the part of the file that has been read, from 0 to 1; of a compressed file, the part of its compressed bytes. */
  onProgress?: (part: number) => void
  /** Gets every row that is left out. */
  onProblem?: (problem: Problem) => void
  /** Stops reading. */
  signal?: AbortSignal
  /**
   * The encoding of the file, by any label that {@link isEncoding} knows; UTF-8 by default. A byte order mark takes precedence, and so
   * do the zero bytes of UTF-16 if this is UTF-8.
   */
  encoding?: string
  /** Whether dates are read, as by default. Otherwise `updated` is ignored, also if it is wrong. */
  usesDates?: boolean
}

/** How many problems are kept to be shown; all are counted. */
export const MAX_PROBLEMS = 20
/** In a file in another encoding, more than one row in so many is not UTF-8. */
const FEW = 10

/** The entries of one file, as {@link forEachEntry} reads it. */
export async function readEntries(file: string, options?: ReadOptions): Promise<ReadResult> {
  const entries: Entry[] = []
  const leftOut = await forEachEntry(file, (entry) => entries.push(entry), options)
  return { entries, ...leftOut }
}

/**
 * Reads the entries of one file. The ending of its name decides on the format:
 *
 *     .tsv, .txt        text<TAB>weight
 *     .csv              text and weight, separated by `,`, `;` or tabs; found out from the first lines
 *     .jsonl, .ndjson   {"text":…,"weight":…} in each line, or as .json
 *     .json             an array of such objects
 *
 * A first line of a file with columns that names `text`, and is not an entry itself, names the columns. See entry-details.ts for
 * what else a row may say. Files compressed by gzip are unpacked, whatever their names; `.gz` may follow the ending.
 *
 * A bad row is left out and counted; it is not an error.
 * @param take gets every entry, and the number of the line in which it starts
 * @throws {DatasetError} if the file cannot be read, is in another format or encoding, or names a column twice
 */
export async function forEachEntry(
  file: string,
  take: (entry: Entry, line: number) => void,
  options: ReadOptions = {},
): Promise<LeftOut> {
  const { onProblem, usesDates = true } = options
  const columns: ColumnNotes = { unknown: new Set(), hasUnnamed: false }
  const leftOut: LeftOut = { skipped: 0, problems: [], unknownColumns: [], hasUnnamedColumns: false, hints: [] }
  const takeRow: TakeRow = (row, line, element) => {
    const entry = typeof row === 'string' ? row : rowToEntry(row, usesDates)
    if (typeof entry !== 'string') {
      take(entry, line)
      return
    }
    // All of an array may be in one line.
    const reason = element === undefined ? entry : `element ${element}: ${entry}`
    const problem = { file, line, reason }
    onProblem?.(problem)
    leftOut.skipped += 1
    if (leftOut.problems.length < MAX_PROBLEMS) leftOut.problems.push(problem)
  }
  try {
    leftOut.hints = await readRows(file, columns, takeRow, options)
  } catch (error) {
    options.signal?.throwIfAborted()
    const { code, message } = error as NodeJS.ErrnoException
    if (!(error instanceof DatasetError) && code === undefined) throw error
    const reason = code === 'ENOENT' ? 'there is no such file' : message
    throw new DatasetError(`cannot read dataset ${file}: ${reason}`)
  }
  leftOut.unknownColumns = [...columns.unknown]
  leftOut.hasUnnamedColumns = columns.hasUnnamed
  return leftOut
}

/** Reads the rows of a file; returns hints. */
async function readRows(file: string, columns: ColumnNotes, takeRow: TakeRow, options: ReadOptions): Promise<string[]> {
  const format = formatOf(file)
  const faults: DecodingFaults = { encoding: 'utf-8', found: false, replaced: 0, surplus: 0 }
  const undecoded: Undecoded = { rows: 0, of: 0, line: undefined }
  const noteUndecoded = (text: string, line: number) => {
    undecoded.of += 1
    if (!faults.found || !text.includes('\uFFFD')) return
    undecoded.rows += 1
    undecoded.line ??= line
  }
  const lineEnds = new LineEnds()
  let reader: TextReader | undefined
  for await (const chunk of decode(readBytes(file, options), options.encoding, faults)) {
    const text = lineEnds.normalize(chunk)
    reader ??= startReader(format, text, columns, takeRow, noteUndecoded)
    reader.push(text)
  }
  reader?.end()
  return encodingHints(faults, undecoded)
}

/** Rows that hold bytes that could not be decoded. */
interface Undecoded {
  rows: number
  /** All rows. */
  of: number
  /** Where the first is. */
  line: number | undefined
}

/**
 * What to do about rows that could not be decoded. A few are left out, and the hint says why.
 * @throws {DatasetError} if the whole file is in another encoding, so that most of what is not ASCII would be lost
 */
function encodingHints(faults: DecodingFaults, { rows, of, line }: Undecoded): string[] {
  if (!faults.found || line === undefined) return []
  const are = rows === 1 ? '1 line is' : `${rows} lines are`
  const first = rows === 1 ? '' : 'first: '
  if (faults.encoding !== 'utf-8') return [`${are} not valid ${faults.encoding} (${first}line ${line})`]
  const byte = faults.byte === undefined ? '' : `byte 0x${faults.byte.toString(16).toUpperCase()} in `
  const advice = `pass --encoding ${faults.guess}, or convert it with iconv`
  const isOther = rows > 1 && rows * FEW > of && faults.surplus * 2 < faults.replaced
  if (isOther) throw new DatasetError(`it is not UTF-8 (${byte}line ${line}); it looks like ${faults.guess}: ${advice}`)
  return [`${are} not valid UTF-8 (${first}${byte}line ${line}); if the file is in ${faults.guess}, ${advice}`]
}

function rowToEntry(row: Row, usesDates: boolean): Entry | string {
  const details = detailsOf(row, usesDates)
  if (typeof details === 'string') return details
  const needsNoWeight = details?.blocked === true
  if (row.noWeight !== undefined && !needsNoWeight) return row.noWeight
  const entry = toEntry(row.text, needsNoWeight ? (row.weight ?? 0) || 0 : row.weight)
  if (typeof entry === 'string' || !details) return entry
  Object.assign(entry, details)
  if (details.aliases) entry.aliases = []
  for (const alias of details.aliases ?? []) {
    const checked = toEntry(alias, 0)
    if (typeof checked === 'string') return `an alias is wrong: ${checked}`
    entry.aliases?.push(checked.text)
  }
  return entry
}
