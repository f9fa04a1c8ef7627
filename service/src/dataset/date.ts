const DATE =
  /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:(?:T| +)(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)? *(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$/i
/** Without separators: a day, and a time of day if it is given with seconds. */
const COMPACT = /^(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2})(.*))?$/i
const EPOCH = /^-?\d{9,13}(?:\.\d+)?$/
/** Smaller numbers count seconds: as seconds this is the year 5138, as milliseconds 1973. */
const FIRST_MILLISECONDS = 1e11
const MIN_TIME = Date.UTC(1, 0, 1)
const MAX_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * A point in time in milliseconds since 1970, or nothing if the value is no date between the years 1 and 9999.
 *
 * Texts: `2026-11-23`, `2026/11/23` or `20261123`, also with a time behind `T` or a space, a fraction of a second and a time zone; without
 * a zone it is UTC. Numbers, and texts of 9 to 13 digits: seconds since 1970 below 100,000,000,000, otherwise milliseconds. A number of
 * 8 digits that is a day, such as 20261123, is that day.
 */
export function toTime(value: unknown): number | undefined {
  const time =
    typeof value === 'number' ? ofNumber(value) : typeof value === 'string' ? ofText(value.trim()) : Number.NaN
  return time >= MIN_TIME && time <= MAX_TIME ? time : undefined
}

function ofNumber(value: number): number {
  const day = Number.isInteger(value) && value >= 1e7 && value < 1e8 ? ofText(String(value)) : Number.NaN
  if (Number.isFinite(day)) return day
  return Math.round(Math.abs(value) < FIRST_MILLISECONDS ? value * 1000 : value)
}

function ofText(text: string): number {
  if (EPOCH.test(text)) return ofNumber(Number(text))
  const extended = text.replace(COMPACT, (_, year, month, day, hour, minute, second, rest) =>
    [`${year}-${month}-${day}`, hour && `T${hour}:${minute}:${second}${rest}`].filter(Boolean).join(''),
  )
  const match = DATE.exec(extended)
  if (!match) return Number.NaN
  const [, year, , month = '', day = '', hour = '00', minute = '00', second = '00', fraction = '', zone = ''] = match
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  // Date.parse takes a 31st of February.
  const midnight = Date.parse(`${date}T00:00Z`)
  if (!Number.isFinite(midnight) || !new Date(midnight).toISOString().startsWith(date)) return Number.NaN
  return Date.parse(`${date}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}${isoZone(zone)}`)
}

function isoZone(zone: string): string {
  const [, hours, minutes = '00'] = /^([+-]\d{2}):?(\d{2})?$/.exec(zone) ?? []
  return hours === undefined ? 'Z' : `${hours}:${minutes}`
}
