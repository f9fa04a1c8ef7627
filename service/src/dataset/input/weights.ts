/** Reads the weights in columns, which may have a decimal comma or thousands separators. */
import { DatasetError } from '../dataset-error.ts'
import type { Row } from './row.ts'

/** A weight with a decimal comma, as written by spreadsheets that separate columns by `;`. */
const DECIMAL_COMMA = /^(\s*[+-]?\d*),(\d+(?:e[+-]?\d+)?\s*)$/i
/** A weight with three digits after a dot or comma, which may be a decimal mark or a thousands separator. */
const GROUPED = /^\s*[+-]?([1-9]\d{0,2})([.,])(\d{3})\s*$/

/** Replaces the decimal comma in a weight with a dot, if `;` separates the columns. */
export function withDecimalPoint(weight: string, delimiter: string): string {
  return delimiter === ';' ? weight.replace(DECIMAL_COMMA, '$1.$2') : weight
}

/** Reads the weights of one file. */
export class CellWeights {
  private readonly delimiter: string
  /** The first weight with a decimal comma, and the first with a dot that may be a thousands separator. */
  private comma: string | undefined
  private grouped: string | undefined

  /** @param delimiter the separator of the columns */
  constructor(delimiter: string) {
    this.delimiter = delimiter
  }

  /**
   * Sets the weight of a row, or the reason why it is ambiguous.
   * @throws {DatasetError} if dots in the weights of the file are ambiguous
   */
  set(row: Row, cell: string): void {
    const [, whole = '', mark, fraction = ''] = GROUPED.exec(cell) ?? []
    row.weight = withDecimalPoint(cell, this.delimiter)
    if (this.delimiter === ';') {
      if (mark === undefined) return
      const decimal =
        fraction === '000'
          ? whole
          : `${whole}${mark}${fraction.endsWith('0') ? fraction.replace(/0+$/, '') : `${fraction}0`}`
      row.noWeight = `the weight ${cell.trim()} is ambiguous: write ${whole}${fraction} or ${decimal}`
      return
    }
    if (mark === '.') this.grouped ??= cell.trim()
    else if (mark === undefined && DECIMAL_COMMA.test(cell)) this.comma ??= cell.trim()
    if (this.grouped === undefined || this.comma === undefined) return
    throw new DatasetError(
      `the weight ${this.grouped} is ambiguous, because ${this.comma} has a decimal comma: ` +
        'write decimals with a dot, and thousands without a separator',
    )
  }
}
