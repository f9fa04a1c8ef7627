/** Recognizes and checks the line that names the columns. */
import { DatasetError } from '../dataset-error.ts'
import { toEntry } from '../entry.ts'
import { contextNameProblem } from '../entry-details.ts'
import { shorten } from '../shorten.ts'
import { trimInvisible } from './invisible.ts'
import { isKnownColumn } from './row.ts'
import { withDecimalPoint } from './weights.ts'

/** Maximum number of column names in a message. */
const MAX_SHOWN = 20
/** The accepted separators, as shown in messages. */
const ACCEPTED = 'commas, semicolons, or tabs'
const ACCEPTED_IN_TSV = 'tabs, or by commas in a .csv file'
const SEPARATORS = ['|', ',', ';', ':', '\t', ' ']
const CSV_SEPARATORS = [',', ';', '\t']

/** The name of a column, such as `Body (HTML)`, `Option1 Name`, or `_id`. Texts such as `55 inch TV` are not names. */
const NAME = /^[\p{P}\p{S}]*\p{L}/u
/** A name that consists only of signs, such as `#`, `№`, or `%`. */
const SIGNS = /^[\p{P}\p{S}]+$/u
/** A number without spaces around it, which may have thousands separators, a currency, or a percent sign. */
const NUMBER = /^(?:\p{Sc}\s*)?[+-]?\d[\d.,'’\s]*(?:%|\p{Sc})?$/u

/** Says that lines such as `"apple,3"` have only one column. */
export const QUOTED_LINES = 'each line is in quotes as a whole, and thus has only one column: remove these quotes'

/**
 * Returns the names of the columns, or undefined if the line does not name a column `text` or is an entry itself. The
 * line need not name `weight`, because a list of blocked texts needs no weights.
 */
export function columnNames(cells: readonly string[], delimiter: string): string[] | undefined {
  const names = cells.map(cleanName)
  if (!names.includes('text')) return undefined
  return isEntry(cells, delimiter) ? undefined : names
}

/** Whether the first two cells are a text and a weight. */
export function isEntry([text, weight]: readonly string[], delimiter: string): boolean {
  return weight !== undefined && typeof toEntry(text, withDecimalPoint(trimInvisible(weight), delimiter)) !== 'string'
}

/** @param separator a separator that is not supported in a file with this delimiter */
export const unsupportedSeparator = (separator: string, delimiter?: string): DatasetError =>
  new DatasetError(
    `${JSON.stringify(separator)} is not a supported separator: separate the columns by ${delimiter === '\t' ? ACCEPTED_IN_TSV : ACCEPTED}`,
  )

/**
 * Checks the names of the columns. Unknown names may occur several times, because their columns are ignored.
 * @throws {DatasetError} if a known column is named twice, the name of a context is invalid, or no column has weights
 * or blocked texts
 */
export function requireValidNames(names: readonly string[], line: number): void {
  const twice = names.find((name, at) => names.indexOf(name) !== at && isKnownColumn(name))
  if (twice !== undefined) throw new DatasetError(`it names the column ${twice} twice: rename or remove one of them`)
  for (const name of names) {
    const context = isKnownColumn(name) ? /^context\.(.*)/.exec(name)?.[1] : undefined
    const problem = context === undefined ? undefined : contextNameProblem(context)
    if (problem !== undefined) throw new DatasetError(`the column ${shorten(name)} is invalid: ${problem}`)
  }
  if (names.includes('weight') || names.includes('blocked')) return
  throw new DatasetError(
    `the header on line ${line} has no column "weight": rename or add the column with the weights; its columns are ${shownNames(names)}`,
  )
}

/**
 * Throws if a line is a header that cannot be used. Without this check, the first two columns would be read as text and
 * weight, and the others would be lost.
 * @throws {DatasetError} if the line contains column names with an unsupported separator, or seems to name the columns,
 * but not `text`
 */
export function requireNoUnusableHeader(cells: readonly string[], delimiter: string, line: number): void {
  const names = cells.map(cleanName)
  if (cells.length === 1) requireSeparator(cells[0] as string, delimiter)
  else if (
    (names.includes('weight') || (names.length > 2 && names.some(isKnownColumn))) &&
    !isEntry(cells, delimiter)
  ) {
    throw noTextColumn(cells, line)
  }
}

/**
 * Whether a line that is not an entry may name the columns: it has at least two names, which are all different, and no
 * cell is a number. Some columns may have no name, or only a sign such as `#`.
 */
export function mayBeHeader(cells: readonly string[]): boolean {
  const names = cells.map(cleanName).filter((name) => name !== '' && !SIGNS.test(name))
  return names.length > 1 && new Set(names).size === names.length && names.every((name) => NAME.test(name))
}

/** Whether any cell is a number. A header contains none. */
export const hasNumber = (cells: readonly string[]): boolean => cells.some((cell) => NUMBER.test(cell.trim()))

/** @param cells the cells of a header that has no column `text` */
export function noTextColumn(cells: readonly string[], line: number): DatasetError {
  const [missing, advice] = cells.map(cleanName).includes('weight')
    ? ['column "text"', 'rename the column with the texts']
    : ['columns "text" and "weight"', 'rename the columns with the texts and the weights']
  return new DatasetError(
    `line ${line} looks like a header, but has no ${missing}: ${advice}; its columns are ${shownNames(cells)}`,
  )
}

function requireSeparator(cell: string, delimiter: string): void {
  const names = (mark: string) => cell.split(mark).map(cleanName)
  const other = SEPARATORS.find(
    (mark) =>
      ['text', 'weight'].every((name) => names(mark).includes(name)) &&
      // If spaces separate the words, the cell may be a title, such as `Text and weight`.
      (mark !== ' ' || names(mark).every(isKnownColumn)),
  )
  if (other === undefined) return
  const isQuoted = delimiter === '\t' ? other === '\t' : CSV_SEPARATORS.includes(other)
  throw isQuoted ? new DatasetError(QUOTED_LINES) : unsupportedSeparator(other, delimiter)
}

function shownNames(cells: readonly string[]): string {
  const shown = cells.slice(0, MAX_SHOWN).map((cell) => shorten(unquoted(cell)))
  return [...shown, ...(cells.length > MAX_SHOWN ? ['…'] : [])].join(', ')
}

/** Returns the name of a column in lower case, without invisible characters. */
export const cleanName = (name: string) => unquoted(name.replace(/\p{Cf}+/gu, '')).toLowerCase()

/** Removes the spaces and quotes around the name of a column. */
export const unquoted = (name: string) =>
  name
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .trim()
