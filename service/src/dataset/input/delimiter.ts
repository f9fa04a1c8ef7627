/** Finds out what separates the columns of a CSV file. */
import { toEntry } from '../entry.ts'
import { splitLine } from './cells.ts'
import { columnNames, withDecimalPoint } from './columns.ts'

export type Delimiter = ',' | ';' | '\t'

/** In this order if there is nothing to tell them apart. */
const DELIMITERS: readonly Delimiter[] = [',', ';', '\t']
/** How many lines decide on the delimiter if the first line doesn't name the columns. */
export const SAMPLE_LINES = 20

/** The delimiter that Excel states in the first line of a file: `sep=;`. */
export function statedDelimiter(line: string): Delimiter | undefined {
  return /^\s*"?sep=([,;\t])"?\s*$/i.exec(line)?.[1] as Delimiter | undefined
}

/**
 * The delimiter by which the first line names a column `text`; otherwise the one by which most lines are entries, or, if none is, the
 * one that splits the first line into most cells.
 * @param lines the first lines that are not empty
 */
export function detectDelimiter(lines: readonly string[]): Delimiter {
  const first = lines[0] ?? ''
  const byCells = most(DELIMITERS, (delimiter) => splitLine(first, delimiter).length)
  const naming = DELIMITERS.filter((delimiter) => columnNames(splitLine(first, delimiter), delimiter))
  if (naming.length > 0) return most(naming, (delimiter) => splitLine(first, delimiter).length)
  const entriesBy = (delimiter: Delimiter) => lines.filter((line) => isEntry(line, delimiter)).length
  // The comma of `apple;1,5` may be a decimal one, so that both fit.
  const best = most([';', ',', '\t'], entriesBy)
  return entriesBy(best) > 0 ? best : byCells
}

function isEntry(line: string, delimiter: Delimiter): boolean {
  const [text, weight] = splitLine(line, delimiter)
  return weight !== undefined && typeof toEntry(text, withDecimalPoint(weight, delimiter)) !== 'string'
}

/** The first of those for which `count` is largest. */
function most(delimiters: readonly Delimiter[], count: (delimiter: Delimiter) => number): Delimiter {
  return delimiters.reduce((best, next) => (count(next) > count(best) ? next : best))
}
