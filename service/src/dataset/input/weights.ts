/** Reads the weights of a file. Those in columns and in JSON strings may have a decimal comma or thousands separators. */
import { DatasetError } from '../dataset-error.ts'
import type { Row } from './row.ts'

/** A weight with a decimal comma, as written by spreadsheets that separate columns by `;`. */
const DECIMAL_COMMA = /^(\s*[+-]?\d*),(\d+(?:e[+-]?\d+)?\s*)$/i
/** A weight with three digits after a dot or comma, which may be a decimal mark or a thousands separator. */
const GROUPED = /^\s*[+-]?([1-9]\d{0,2})([.,])(\d{3})\s*$/
/** A weight in which dots can only be thousands separators, such as 1.234.567 or 1.234,5. */
const DOTS_BETWEEN_THOUSANDS = /^\s*[+-]?\d{1,3}(?:\.\d{3})+(?:\.\d{3}|,\d+)\s*$/

/** A whole number below 1000. */
const SMALL = /^\s*\d{1,3}\s*$/
/** A number with a fraction, or without a separator between thousands. */
const WITHOUT_THOUSANDS = /^\s*\d*\.?\d+\s*$/

/** Replaces the decimal comma in a weight with a dot, if `;` separates the columns. */
export function withDecimalPoint(weight: string, delimiter: string): string {
  return delimiter === ';' ? weight.replace(DECIMAL_COMMA, '$1.$2') : weight
}

/** Reads the weights of one file. */
export class FileWeights {
  /** The first weight with a dot that may be a thousands separator. */
  private grouped: string | undefined
  /** Says which weight suggests that dots are thousands separators. */
  private evidence: string | undefined
  /** Whether there are whole numbers below 1000, and other numbers. */
  private hasSmall = false
  private hasOthers = false

  /**
   * Sets the weight of a row, or the reason why it is ambiguous.
   * @param delimiter the separator of the columns, if the weight is in a column
   * @throws {DatasetError} if dots in the weights of the file are ambiguous
   */
  set(row: Row, weight: string, delimiter = ''): void {
    const [, whole = '', mark, fraction = ''] = GROUPED.exec(weight) ?? []
    row.weight = withDecimalPoint(weight, delimiter)
    if (delimiter === ';') {
      if (mark === undefined) return
      const decimal =
        fraction === '000'
          ? whole
          : `${whole}${mark}${fraction.endsWith('0') ? fraction.replace(/0+$/, '') : `${fraction}0`}`
      row.noWeight = `the weight ${weight.trim()} is ambiguous: write ${whole}${fraction} or ${decimal}`
      return
    }
    if (mark === '.') this.grouped ??= weight.trim()
    else if (this.countUnambiguous(weight)) return
    else if (mark === undefined && DECIMAL_COMMA.test(weight)) this.evidence ??= `${weight.trim()} has a decimal comma`
    else if (DOTS_BETWEEN_THOUSANDS.test(weight)) this.evidence ??= `${weight.trim()} has dots between thousands`
    if (this.grouped === undefined || this.evidence === undefined) return
    throw new DatasetError(
      `the weight ${this.grouped} is ambiguous, because ${this.evidence}: ` +
        'write decimals with a dot, and thousands without a separator',
    )
  }

  /** Counts a weight without a separator between thousands. Returns false if the text is not such a number. */
  countUnambiguous(weight: string): boolean {
    const isSmall = SMALL.test(weight)
    const isOther = !isSmall && WITHOUT_THOUSANDS.test(weight)
    this.hasSmall ||= isSmall
    this.hasOthers ||= isOther
    return isSmall || isOther
  }

  /**
   * Returns the first weight with a dot if the dots may separate thousands: three digits follow each dot, and the file
   * has other weights, all of which are whole numbers below 1000.
   */
  get mayBeThousands(): string | undefined {
    return this.hasSmall && !this.hasOthers ? this.grouped : undefined
  }
}
