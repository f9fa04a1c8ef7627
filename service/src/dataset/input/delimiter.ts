/** Detects the delimiter of a CSV file. */
import { columnNames, hasNumber, isEntry, unsupportedSeparator } from './header.ts'
import { splitLine } from './quoted-row.ts'

export type Delimiter = ',' | ';' | '\t'

/** The delimiters, in order of preference in a line that names the columns. */
const DELIMITERS: readonly Delimiter[] = [',', ';', '\t']
/** The order of preference in other lines, where a comma may be part of a number, such as in `apple;1.234,50`. */
const COMMA_LAST: readonly Delimiter[] = [';', '\t', ',']
/** Number of lines used to detect the delimiter. */
export const SAMPLE_LINES = 20

/**
 * Returns the delimiter in a line such as `sep=;`, which Excel supports as the first line of a file.
 * @throws {DatasetError} if this delimiter is not supported
 */
export function statedDelimiter(line: string): Delimiter | undefined {
  const stated = /^\s*"?sep=([^\p{L}\p{N} ])"?\s*$/iu.exec(line)?.[1]
  if (stated === undefined) return undefined
  const delimiter = DELIMITERS.find((one) => one === stated)
  if (delimiter === undefined) throw unsupportedSeparator(stated)
  return delimiter
}

/**
 * Detects the delimiter. Chooses the first of these that exists:
 *
 * 1. the delimiter with which a line names a column `text`, unless an entry comes before this line
 * 2. the delimiter with which the most lines have a number in the second column
 * 3. the delimiter in the most lines; if there are several, the one that splits the first line into the most cells
 *
 * @param lines the first lines that are not empty
 */
export function detectDelimiter(lines: readonly string[]): Delimiter {
  for (const line of lines) {
    const naming = DELIMITERS.filter((delimiter) => columnNames(splitLine(line, delimiter), delimiter))
    if (naming.length > 0) return most(naming, (delimiter) => splitLine(line, delimiter).length)
    if (DELIMITERS.some((delimiter) => isEntry(splitLine(line, delimiter), delimiter))) break
  }
  const countBy = (matches: (cells: string[], delimiter: Delimiter) => boolean) => (delimiter: Delimiter) =>
    lines.filter((line) => matches(splitLine(line, delimiter), delimiter)).length
  const withNumber = countBy((cells, delimiter) => isEntry(cells, delimiter) || hasNumber(cells.slice(1, 2)))
  const best = most(COMMA_LAST, withNumber)
  if (withNumber(best) > 0) return best
  const split = countBy((cells) => cells.length > 1)
  const maximum = Math.max(...DELIMITERS.map(split))
  if (maximum === 0) return ','
  return most(
    COMMA_LAST.filter((delimiter) => split(delimiter) === maximum),
    (delimiter) => splitLine(lines[0] ?? '', delimiter).length,
  )
}

/** Returns the first delimiter with the largest count. */
function most(delimiters: readonly Delimiter[], count: (delimiter: Delimiter) => number): Delimiter {
  return delimiters.reduce((best, next) => (count(next) > count(best) ? next : best))
}
