/** Advises on files in which no row is an entry. */
import { isEntry, QUOTED_LINES } from './header.ts'
import { splitLine } from './quoted-row.ts'
import type { Format } from './readers.ts'

const GENERAL =
  'no row is an entry: each row must begin with a text and a weight, or the first row must name the columns, including text and weight'
/** A text and a weight, separated by white space or a character that is not supported. */
const OTHER_SEPARATOR = /^(?<text>.*[^\s\p{Cc}|:,;=^~])\s*(?<separator>[\p{Cc}|:,;=^~ ])\s*(?<weight>[\d.]+)$/u
/** A weight and a text, as written by `uniq -c`. */
const WEIGHT_FIRST = /^\s*[\d.]+\s*[\s|:,;]\s*"?[^\d\s]/
const WHOLE_LINE = /^"((?:[^"]|"")*)"$/

/**
 * Returns advice in one sentence.
 * @param lines the first lines of the file, without empty ones
 */
export function noEntriesAdvice(lines: readonly string[], format: Format): string {
  const most = (matches: (line: string) => boolean) => lines.filter(matches).length * 2 > lines.length
  const delimiters = format === 'csv' ? [',', ';', '\t'] : ['\t']
  const hasColumns = (line: string) => delimiters.some((delimiter) => splitLine(line, delimiter).length > 1)
  const inner = (line: string) => WHOLE_LINE.exec(line.trim())?.[1]?.replaceAll('""', '"')
  if (most((line) => delimiters.some((delimiter) => isEntry(splitLine(inner(line) ?? '', delimiter), delimiter)))) {
    return QUOTED_LINES
  }
  const hasThree = (line: string) => delimiters.some((delimiter) => splitLine(line, delimiter).length > 2)
  if (most((line) => WEIGHT_FIRST.test(line) && !hasThree(line))) {
    return 'the weights seem to come first: put the texts first, or name the columns in the first row, such as weight and text'
  }
  if (most(hasColumns)) return GENERAL
  const separators = lines.map((line) => OTHER_SEPARATOR.exec(line.trim())?.groups?.separator)
  const separator = separators.find((one) => one !== undefined)
  if (separator !== undefined && separators.filter((one) => one === separator).length * 2 > lines.length) {
    const isCsv = separator === ',' || separator === ';'
    const shown = separator === ' ' ? 'spaces' : JSON.stringify(separator)
    return `the columns seem to be separated by ${shown}: ${isCsv ? 'rename the file to .csv' : 'separate them by tabs'}`
  }
  return 'the rows have only one column: add a weight to each, such as 1, in a second column'
}
