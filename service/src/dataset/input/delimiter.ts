/** Detects the delimiter of a CSV file. */
import { toEntry } from '../entry.ts'
import { splitLine } from './cells.ts'
import { columnNames, unsupportedSeparator, withDecimalPoint } from './columns.ts'

export type Delimiter = ',' | ';' | '\t'

/** The delimiters, in order of preference if several fit equally well. */
const DELIMITERS: readonly Delimiter[] = [',', ';', '\t']
/** Number of lines used to detect the delimiter if the first line does not name the columns. */
export const SAMPLE_LINES = 20

/**
 * Returns the delimiter in a line such as `sep=;`, which Excel supports as the first line of a file.
 * @throws {DatasetError} if this delimiter is not supported
 */
export function statedDelimiter(line: string): Delimiter | undefined {
  const stated = /^\s*"?sep=([^\p{L}\p{N} ])"?\s*$/iu.exec(line)?.[1]
  if (stated === undefined) return undefined
  const delimiter = DELIMITERS.find((one) => one === stated)
  if (delimiter === undefined) throw unsupportedSeparator(stated, 'commas, semicolons, or tabs')
  return delimiter
}

/**
 * Detects the delimiter. Chooses the first of these that exists:
 *
 * 1. the delimiter with which the first line names a column `text`
 * 2. the delimiter with which the most lines are entries
 * 3. the delimiter that splits the first line into the most cells
 *
 * @param lines the first lines that are not empty
 */
export function detectDelimiter(lines: readonly string[]): Delimiter {
  const first = lines[0] ?? ''
  const byCells = most(DELIMITERS, (delimiter) => splitLine(first, delimiter).length)
  const naming = DELIMITERS.filter((delimiter) => columnNames(splitLine(first, delimiter), delimiter))
  if (naming.length > 0) return most(naming, (delimiter) => splitLine(first, delimiter).length)
  const entriesBy = (delimiter: Delimiter) => lines.filter((line) => isEntry(line, delimiter)).length
  // Semicolons come first, because the comma in `apple;1,5` may be a decimal comma.
  const best = most([';', ',', '\t'], entriesBy)
  return entriesBy(best) > 0 ? best : byCells
}

function isEntry(line: string, delimiter: Delimiter): boolean {
  const [text, weight] = splitLine(line, delimiter)
  return weight !== undefined && typeof toEntry(text, withDecimalPoint(weight, delimiter)) !== 'string'
}

/** Returns the first delimiter with the largest count. */
function most(delimiters: readonly Delimiter[], count: (delimiter: Delimiter) => number): Delimiter {
  return delimiters.reduce((best, next) => (count(next) > count(best) ? next : best))
}
