const DATE =
  /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:(?:T| +|, +)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*([ap]m)? *(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$/i
/** A date that ends with the year. */
const YEAR_LAST = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?!\d)/
/** A date with dots that begins with the year: 2026.12.31 or 2026. 12. 31. */
const DOTTED = /^(\d{4})\. ?(\d{1,2})\. ?(\d{1,2})(?!\d)\.?/
const MONTHS = 12
const MONTH_NAMES = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAY_NAME = /^(?:sun|mon|tue|wed|thu|fri|sat)[a-z]*,? +/i
/** Dates with the name of the month: 1 Nov 2026, 01-Nov-2026, or Nov 1, 2026. */
const NAMED_MONTH_SECOND = /^(\d{1,2})[ -]([a-z]{3,9})\.?[ -](\d{4})(?!\d)/i
const NAMED_MONTH_FIRST = /^([a-z]{3,9})\.? +(\d{1,2}),? +(\d{4})(?!\d)/i
/** The time zone in JavaScript's dates: GMT+0900 (Korean Standard Time). */
const GMT_OFFSET = /GMT([+-]\d{4})(?: \(.*\))?$/
/** A day without separators, optionally with a time of day that includes seconds. */
const COMPACT = /^(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2})(.*))?$/i
const EPOCH = /^-?\d{9,13}(?:\.\d+)?$/
/**
 * The range of numbers that are times since 1970. Other numbers are years, the days of spreadsheets, or dates such as
 * 20261123120000.
 */
const FIRST_SECONDS = 1e8
const AFTER_MILLISECONDS = 1e13
/**
 * Smaller numbers are seconds, and others milliseconds. As seconds, this number is in the year 5138; as milliseconds,
 * in 1973.
 */
const FIRST_MILLISECONDS = 1e11
/** Longer texts are not dates. Without this limit, texts with many spaces would take quadratic time. */
const MAX_LENGTH = 100
const MIN_TIME = Date.parse('0001-01-01T00:00Z')
const MAX_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** The possible values of {@link DateOrder}. */
export const DATE_ORDERS = ['day-first', 'month-first'] as const
/** The order of the day and the month in dates that end with the year. */
export type DateOrder = (typeof DATE_ORDERS)[number]

/**
 * Returns the order of the day and the month in a date such as `31/12/2026`, or `unknown` if both orders are possible.
 * Returns undefined if the order makes no difference, as in 5/5/2026, or is always the same, as in other forms of
 * dates.
 */
export function dateOrderOf(value: unknown): DateOrder | 'unknown' | undefined {
  const [, first, separator, second] = (typeof value === 'string' && YEAR_LAST.exec(value.trim())) || []
  if (separator === undefined || separator === '.' || Number(first) === Number(second)) return undefined
  const [isMonthFirst, isDayFirst] = [Number(first) <= MONTHS, Number(second) <= MONTHS]
  if (isMonthFirst && isDayFirst) return 'unknown'
  return isDayFirst ? 'day-first' : isMonthFirst ? 'month-first' : undefined
}

/**
 * Converts a date to milliseconds since 1970. Returns undefined if the value is not a date in the years 1 to 9999.
 * Accepted:
 *
 * - strings such as `2026-11-23`, `2026/11/23`, `2026. 11. 23.`, `20261123`, `23.11.2026`, `23/11/2026`, `11/23/2026`,
 *   `23 Nov 2026`, or `Nov 23, 2026`, optionally followed by `T` or a space, a time, and a time zone (default UTC)
 * - numbers that form a date, such as 20261123
 * - numbers and strings of 9 to 13 digits: seconds since 1970 if below 100,000,000,000, otherwise milliseconds
 *
 * @param order the order of the day and the month in dates such as `31/12/2026`
 */
export function toTime(value: unknown, order: DateOrder = 'day-first'): number | undefined {
  const time =
    typeof value === 'number' ? ofNumber(value) : typeof value === 'string' ? ofText(value.trim(), order) : Number.NaN
  return time >= MIN_TIME && time <= MAX_TIME ? time : undefined
}

function ofNumber(value: number): number {
  const size = Math.abs(value)
  if (!(size >= FIRST_SECONDS && size < AFTER_MILLISECONDS)) return ofText(String(value), 'day-first')
  return Math.round(size < FIRST_MILLISECONDS ? value * 1000 : value)
}

function ofText(text: string, order: DateOrder): number {
  if (text.length > MAX_LENGTH) return Number.NaN
  if (EPOCH.test(text)) return ofNumber(Number(text))
  const yearFirst = withNumericMonth(text)
    .replace(DOTTED, '$1-$2-$3')
    .replace(YEAR_LAST, (_, first, separator, second, year) =>
      order === 'day-first' || separator === '.' ? `${year}-${second}-${first}` : `${year}-${first}-${second}`,
    )
  const extended = yearFirst.replace(COMPACT, (_, year, month, day, hour, minute, second, rest) =>
    [`${year}-${month}-${day}`, hour && `T${hour}:${minute}:${second}${rest}`].filter(Boolean).join(''),
  )
  const match = DATE.exec(extended)
  if (!match) return Number.NaN
  const [, year, , month = '', day = '', hour = '0', minute = '00', second = '00', fraction = '', half, zone = ''] =
    match
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  // Date.parse accepts February 31.
  const midnight = Date.parse(`${date}T00:00Z`)
  if (!Number.isFinite(midnight) || !new Date(midnight).toISOString().startsWith(date)) return Number.NaN
  const hours = half === undefined ? hour : hourOf(Number(hour), half)
  return Date.parse(
    `${date}T${String(hours).padStart(2, '0')}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}${isoZone(zone)}`,
  )
}

/** Rewrites a date with an English month name as year, month, and day: `2026-11-23`. */
function withNumericMonth(text: string): string {
  if (!/[a-z]{3}/i.test(text)) return text
  const named = (whole: string, year: string, month: string, day: string) => {
    const number = MONTH_NAMES.indexOf(month.slice(0, 3).toLowerCase()) + 1
    return number === 0 ? whole : `${year}-${number}-${day}`
  }
  return text
    .replace(DAY_NAME, '')
    .replace(NAMED_MONTH_SECOND, (whole, day, month, year) => named(whole, year, month, day))
    .replace(NAMED_MONTH_FIRST, (whole, month, day, year) => named(whole, year, month, day))
    .replace(GMT_OFFSET, '$1')
}

/** Converts an hour from 1 to 12 with `am` or `pm`. Returns NaN for other hours. */
function hourOf(hour: number, half: string): number {
  return hour < 1 || hour > 12 ? Number.NaN : (hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)
}

function isoZone(zone: string): string {
  const [, hours, minutes = '00'] = /^([+-]\d{2}):?(\d{2})?$/.exec(zone) ?? []
  return hours === undefined ? 'Z' : `${hours}:${minutes}`
}
