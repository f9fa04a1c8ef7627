/** Detects the delimiter of a CSV file. */
import { columnNames, isEntry, unsupportedSeparator } from './header.ts'
import { splitLine } from './quoted-row.ts'

export type Delimiter = ',' | ';' | '\t'

/** The delimiters, in order of preference if several fit equally well. */
const DELIMITERS: readonly Delimiter[] = [',', ';', '\t']
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
 * 2. the delimiter with which the most lines are entries
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
  const entriesBy = (delimiter: Delimiter) =>
    lines.filter((line) => isEntry(splitLine(line, delimiter), delimiter)).length
  // Semicolons come first, because the comma in `apple;1,5` may be a decimal comma.
  const best = most([';', ',', '\t'], entriesBy)
  if (entriesBy(best) > 0) return best
  const linesWith = (delimiter: Delimiter) => lines.filter((line) => splitLine(line, delimiter).length > 1).length
  const mostLines = Math.max(...DELIMITERS.map(linesWith))
  const inMostLines = DELIMITERS.filter((delimiter) => linesWith(delimiter) === mostLines)
  return most(inMostLines, (delimiter) => splitLine(lines[0] ?? '', delimiter).length)
}

/** Returns the first delimiter with the largest count. */
function most(delimiters: readonly Delimiter[], count: (delimiter: Delimiter) => number): Delimiter {
  return delimiters.reduce((best, next) => (count(next) > count(best) ? next : best))
}
