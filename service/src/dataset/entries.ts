import { DatasetError } from './dataset-error.ts'
import { type DateOrder, dateOrderOf } from './date.ts'
import { type Entry, toEntry } from './entry.ts'
import { detailsOf } from './entry-details.ts'
import { type ByteOptions, otherFormatOf, readBytes } from './input/bytes.ts'
import { type DecodingFaults, decode } from './input/encoding.ts'
import { LineEnds } from './input/lines.ts'
import { noEntriesAdvice } from './input/no-entries.ts'
import { formatOf, startReader, type TextReader } from './input/readers.ts'
import { type ColumnNotes, columnHints, type Row, type TakeRow } from './input/row.ts'
import { FileWeights } from './input/weights.ts'
import { LeftOutRows } from './left-out.ts'
import { TextFaults } from './text-faults.ts'
import { TotalRow } from './total-row.ts'

export { DatasetError } from './dataset-error.ts'
export { type Entry, isPlain, MAX_TEXT_LENGTH, MAX_WEIGHT, toEntry } from './entry.ts'
export { MAX_LINE_LENGTH } from './input/lines.ts'

/** A row that was left out, and the reason. */
export interface Problem {
  file: string
  /** The line on which the row starts, counted from 1. */
  line: number
  reason: string
}

/** What was left out of a file. */
export interface LeftOut {
  /** Number of rows that were left out. */
  skipped: number
  /** Describes these rows, in one line for each of the first reasons. */
  messages: string[]
  /** If most rows were left out, says so and states the most frequent reason. Otherwise, undefined. */
  warning: string | undefined
  /** Unknown columns, whose names may be misspelled. */
  unknownColumns: string[]
  /** Advice on how to read more of the file. Each hint is one sentence, without the file's name. */
  hints: string[]
}

/** The entries of a file, and what was left out. */
export interface ReadResult extends LeftOut {
  entries: Entry[]
  /** All rows that were left out. */
  problems: Problem[]
}

export interface ReadOptions extends ByteOptions {
  /** Called for every row that is left out. */
  onProblem?: (problem: Problem) => void
  /**
   * The encoding of the file, by any name that encoding-names.ts knows (default UTF-8). A byte order mark takes
   * precedence. If the encoding is UTF-8, UTF-16 is detected even without a mark.
   */
  encoding?: string
  /** Whether to read `updated` (default true). Otherwise, it is ignored, even if it is invalid. */
  usesDates?: boolean
  /** The order of the day and the month in dates such as `01/02/2026`. By default, other dates must show the order. */
  dateOrder?: DateOrder
}

const WRONG_NAME = 'its name must end in .tsv, .txt, .csv, .jsonl, .ndjson, or .json, optionally followed by .gz'
/** Number of sample lines that are kept for advice on a file without entries. */
const SAMPLE_LINES = 20
/** Maximum number of characters that are kept of each sample line. */
const SAMPLE_LENGTH = 500
/**
 * Maximum number of rows that wait for a date that shows the order of day and month. Such rows are kept in memory,
 * because their dates cannot be converted until the order is known.
 */
export const MAX_UNDATED = 100_000
/** A file is assumed to be in a different encoding only if a larger share of its rows is not UTF-8. */
const MAX_UNDECODED_SHARE = 0.1

/** Reads all entries of a file with {@link forEachEntry}. */
export async function readEntries(file: string, options?: ReadOptions): Promise<ReadResult> {
  const entries: Entry[] = []
  const problems: Problem[] = []
  const onProblem = (problem: Problem) => problems.push(problem)
  const leftOut = await forEachEntry(file, (entry) => entries.push(entry), { ...options, onProblem })
  return { entries, problems, ...leftOut }
}

/**
 * Reads the entries of one file. The extension of the file name determines the format:
 *
 *     .tsv, .txt        text<TAB>weight
 *     .csv              text and weight, separated by `,`, `;`, or tabs, as detected in the first lines
 *     .jsonl, .ndjson   {"text":…,"weight":…} on each line, or the same as .json
 *     .json             an array of such objects
 *
 * In files with columns, a line before the first entry is the header if it has a cell `text`. The header names the
 * columns. For the optional columns, see entry-details.ts. Files compressed with gzip are decompressed, whether or not
 * the extension is followed by `.gz`.
 *
 * Bad rows are left out and counted. They are not errors.
 * @param take called with every entry and the number of the line on which it starts
 * @throws {DatasetError} if the file cannot be read or is incomplete; if its format is unsupported; if the encoding in
 *   the options is unknown; if the file is read as UTF-8, but is in a different encoding; if its header cannot be used,
 *   or a different header follows; if dots in its weights are ambiguous; or if the order of day and month is unclear
 */
export async function forEachEntry(
  file: string,
  take: (entry: Entry, line: number) => void,
  options: ReadOptions = {},
): Promise<LeftOut> {
  const { onProblem, usesDates = true } = options
  const columns: ColumnNotes = {
    unknown: new Set(),
    hasUnnamed: false,
    longRows: 0,
    longRow: undefined,
    hasOtherRows: false,
    weights: new FileWeights(),
    hasNames: false,
    assumedHeader: undefined,
  }
  const leftOut = new LeftOutRows()
  const hints: string[] = []
  const faults = new TextFaults()
  const total = new TotalRow()
  let entries = 0
  let order = options.dateOrder
  /** Rows with dates whose order of day and month is not known yet. */
  let undated: Parameters<TakeRow>[] = []
  const takeRow: TakeRow = (row, line, element) => {
    const own = usesDates && order === undefined && typeof row !== 'string' ? dateOrderOf(row.updated) : undefined
    if (own === 'unknown') {
      undated.push([row, line, element])
      if (undated.length > MAX_UNDATED) requireOrder(undated[0])
      return
    }
    if (own !== undefined) {
      order = own
      for (const earlier of undated) takeRow(...earlier)
      undated = []
    }
    const entry = typeof row === 'string' ? row : rowToEntry(row, usesDates, order, options.dateOrder !== undefined)
    if (typeof entry !== 'string') {
      entries += 1
      faults.note(entry, line)
      if (!entry.blocked) total.note(entry)
      take(entry, line)
      return
    }
    // If the row has too few or too many cells, its values may belong to other columns, so state the number of cells
    // first.
    const { cellCount, advice } = typeof row === 'string' ? {} : row
    const problem = cellCount === undefined ? entry : `${cellCount} (${entry})`
    const cause = advice === undefined ? problem : `${problem}; ${advice}`
    // Name the element of a JSON array, because the whole array may be on one line.
    onProblem?.({ file, line, reason: element === undefined ? cause : `element ${element}: ${cause}` })
    leftOut.add({ line, element, cause, problem: entry })
  }
  try {
    const { decodingHints, isMisread, sample } = await readRows(file, columns, takeRow, options)
    requireOrder(undated[0])
    hints.push(...decodingHints)
    if (isMisread) faults.ignoreDecoding()
    if (entries > 0) hints.push(...columnHints(columns))
    else if (!isMisread) hints.push(...adviceOn(file, leftOut.count, columns, sample))
  } catch (error) {
    options.signal?.throwIfAborted()
    const { code, message } = error as NodeJS.ErrnoException
    if (!(error instanceof DatasetError) && code === undefined) throw error
    const reason = code === 'ENOENT' ? 'there is no such file' : message
    throw new DatasetError(`cannot read dataset ${file}: ${reason}`)
  }
  hints.push(...faults.hints())
  const totalHint = total.hint()
  if (totalHint !== undefined) hints.push(totalHint)
  return {
    skipped: leftOut.count,
    messages: [...leftOut.lines(file)],
    warning: leftOut.warning(file, entries),
    unknownColumns: [...columns.unknown],
    hints,
  }
}

/** Returns advice on a file in which no row is an entry. */
function adviceOn(file: string, skipped: number, { hasNames }: ColumnNotes, sample: readonly string[]): string[] {
  if (skipped === 0) return ['it has no rows']
  const format = formatOf(file)
  return format === undefined || format.startsWith('json') || hasNames ? [] : [noEntriesAdvice(sample, format)]
}

/**
 * Reads the rows of a file. Returns the first lines, hints about rows that could not be decoded, and whether the whole
 * file was decoded incorrectly.
 */
async function readRows(
  file: string,
  columns: ColumnNotes,
  takeRow: TakeRow,
  options: ReadOptions,
): Promise<{ decodingHints: string[]; isMisread: boolean; sample: string[] }> {
  const format = formatOf(file)
  if (format === undefined) throw new DatasetError((await otherFormatOf(file)) ?? WRONG_NAME)
  const faults: DecodingFaults = { encoding: 'utf-8', found: false, replaced: 0, surplus: 0, isUtf8: false }
  const undecoded: Undecoded = { rows: 0, total: 0, line: undefined }
  const sample: string[] = []
  const noteText = (text: string, line: number) => {
    if (sample.length < SAMPLE_LINES && text.trim() !== '') sample.push(text.slice(0, SAMPLE_LENGTH))
    undecoded.total += 1
    if (!faults.found || !text.includes('\uFFFD')) return
    undecoded.rows += 1
    undecoded.line ??= line
  }
  const lineEnds = new LineEnds()
  let reader: TextReader | undefined
  for await (const chunk of decode(readBytes(file, options), options.encoding, faults)) {
    const text = lineEnds.normalize(chunk)
    reader ??= startReader(format, text, columns, takeRow, noteText)
    reader.push(text)
  }
  reader?.end()
  const isMisread = faults.isUtf8
  const misread = `the file is valid UTF-8; --encoding ${options.encoding} decodes it incorrectly`
  return { decodingHints: isMisread ? [misread] : encodingHints(faults, undecoded), isMisread, sample }
}

/** How many rows of a file have bytes that could not be decoded. */
interface Undecoded {
  rows: number
  /** Number of all rows. */
  total: number
  /** The line on which the first of these rows starts. */
  line: number | undefined
}

/**
 * Returns hints about the rows that could not be decoded.
 * @throws {DatasetError} if so many rows of a UTF-8 file could not be decoded that the whole file seems to be in a
 * different encoding
 */
function encodingHints(faults: DecodingFaults, { rows, total, line }: Undecoded): string[] {
  if (!faults.found || line === undefined) return []
  const are = rows === 1 ? '1 line is' : `${rows} lines are`
  const first = rows === 1 ? '' : 'first: '
  if (faults.encoding !== 'utf-8') return [`${are} not valid ${faults.encoding} (${first}line ${line})`]
  const byte = faults.byte === undefined ? '' : `byte 0x${faults.byte.toString(16).toUpperCase()} on `
  const advice = `pass --encoding ${faults.guess ?? 'NAME'}, or convert it with iconv`
  const looks = faults.guess === undefined ? 'its encoding is unclear' : `it looks like ${faults.guess}`
  const isOther = rows > 1 && rows > total * MAX_UNDECODED_SHARE && faults.surplus * 2 < faults.replaced
  if (isOther) throw new DatasetError(`it is not UTF-8 (${byte}line ${line}); ${looks}: ${advice}`)
  return [
    `${are} not valid UTF-8 (${first}${byte}line ${line}); if the file is in ${faults.guess ?? 'another encoding'}, ${advice}`,
  ]
}

/** @throws {DatasetError} if there is a row with a date whose order of day and month is unknown */
function requireOrder(undated: Parameters<TakeRow> | undefined): void {
  const [row, line] = undated ?? []
  if (typeof row !== 'object') return
  throw new DatasetError(
    `no date shows whether updated has the day or the month first (${JSON.stringify(row.updated)} on line ${line}): pass --date-order day-first or --date-order month-first`,
  )
}

function rowToEntry(row: Row, usesDates: boolean, order: DateOrder | undefined, isOrderSet: boolean): Entry | string {
  const details = detailsOf(row, usesDates, order, isOrderSet)
  if (typeof details === 'string') return details
  const needsNoWeight = details?.blocked === true
  if (row.noWeight !== undefined && !needsNoWeight) return row.noWeight
  const entry = toEntry(row.text, needsNoWeight ? (row.weight ?? 0) || 0 : row.weight)
  if (typeof entry === 'string' || !details) return entry
  Object.assign(entry, details)
  if (details.aliases) entry.aliases = []
  for (const alias of details.aliases ?? []) {
    const checked = toEntry(alias, 0)
    if (typeof checked === 'string') {
      return `invalid alias: ${checked}${/[,;]/.test(alias) ? '; separate aliases by |' : ''}`
    }
    entry.aliases?.push(checked.text)
  }
  return entry
}
