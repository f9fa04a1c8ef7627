// Dates and times.

// biome-ignore-all lint: Python values can have any type

import { PyError, PyRefusal } from './errors.ts'
import { pyText } from './texts.ts'
import { pyRepr } from './values.ts'

/**
 * A date and time. If it has no time zone, the UTC fields of `date` contain the local time. The only supported time zone
 * is UTC, '+00:00'.
 */
export class PyDatetime {
  constructor(
    readonly date: Date,
    readonly zone = '',
  ) {}
  toString(): string {
    return pyIsoformat(this, ' ')
  }
  asText(): string {
    const { date, zone } = this
    const [seconds, fraction] = [date.getUTCSeconds(), date.getUTCMilliseconds() * 1000]
    const parts: any[] = [
      date.getUTCFullYear(),
      date.getUTCMonth() + 1,
      date.getUTCDate(),
      date.getUTCHours(),
      date.getUTCMinutes(),
      ...(fraction ? [seconds, fraction] : seconds ? [seconds] : []),
      ...(zone === '' ? [] : ['tzinfo=datetime.timezone.utc']),
    ]
    return `datetime.datetime(${parts.join(', ')})`
  }
  toJSON(): any {
    throw new PyError('TypeError', 'Object of type datetime is not JSON serializable')
  }
}

/** A date without a time. */
export class PyDate {
  readonly zone = ''
  constructor(readonly date: Date) {}
  toString(): string {
    return this.date.toISOString().slice(0, 10)
  }
  asText(): string {
    const { date } = this
    return `datetime.date(${date.getUTCFullYear()}, ${date.getUTCMonth() + 1}, ${date.getUTCDate()})`
  }
  toJSON(): any {
    throw new PyError('TypeError', 'Object of type date is not JSON serializable')
  }
}

export function pyDateOf(x: PyDatetime): PyDate {
  return new PyDate(new Date(Math.floor(x.date.getTime() / 86_400_000) * 86_400_000))
}

export function pyDatetime(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
  microsecond = 0,
  zone = '',
): PyDatetime {
  const parts = [year, month - 1, day, hour, minute, second] as const
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const found = pyDateParts(date)
  if (year < 1 || year > 9999 || parts.some((part, i) => part !== found[i]))
    throw new PyError('ValueError', 'a part of the datetime is out of range')
  if (microsecond % 1000 !== 0) throw new PyRefusal('k6 has no microseconds: use multiples of 1000')
  date.setUTCMilliseconds(microsecond / 1000)
  return new PyDatetime(date, zone)
}

/** Returns the year, month (from 0), day, hour, minute, second, and millisecond of a date in UTC. */
export function pyDateParts(date: Date): [number, number, number, number, number, number, number] {
  return [
    date.getUTCFullYear(),
    date.getUTCMonth(),
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    date.getUTCMilliseconds(),
  ]
}

/** Returns a datetime with some parts replaced. */
export function pyReplace(x: PyDatetime, parts: any): PyDatetime {
  const { date } = x
  return pyDatetime(
    parts.year ?? date.getUTCFullYear(),
    parts.month ?? date.getUTCMonth() + 1,
    parts.day ?? date.getUTCDate(),
    parts.hour ?? date.getUTCHours(),
    parts.minute ?? date.getUTCMinutes(),
    parts.second ?? date.getUTCSeconds(),
    parts.microsecond ?? date.getUTCMilliseconds() * 1000,
    parts.tzinfo ?? x.zone,
  )
}

/** Converts a time to seconds since 1970. A time without a time zone is a local time. */
export function pyTimestamp(x: PyDatetime): number {
  const { date } = x
  if (x.zone !== '') return date.getTime() / 1000
  return new Date(...pyDateParts(date)).getTime() / 1000
}

/** Converts seconds since 1970 to a local time, or to a time in UTC. `zone` is the time zone of the result, or ''. */
export function pyAtTime(seconds: number, isUTC = false, zone = ''): PyDatetime {
  const time = new Date(Math.round(seconds * 1000))
  return new PyDatetime(isUTC ? time : new Date(time.getTime() - time.getTimezoneOffset() * 60_000), zone)
}

export function pyNow(isUTC = false, zone = ''): PyDatetime {
  return pyAtTime(Date.now() / 1000, isUTC, zone)
}

/**
 * Adds seconds, which may be negative, to a datetime. To a date, adds the whole days in `seconds`, or subtracts them if
 * `sign` is -1. For datetimes, `sign` is ignored.
 */
export function pyLater(x: any, seconds: number, sign = 1): any {
  const time = x instanceof PyDate ? sign * Math.floor(seconds / 86_400) * 86_400 : seconds
  return new x.constructor(new Date(x.date.getTime() + Math.round(time * 1000)), x.zone)
}

/** Returns the difference between two times in seconds. Throws a TypeError if only one of them has a time zone. */
export function pyApart(x: any, y: any): number {
  if (x.zone !== y.zone) throw new PyError('TypeError', 'only one of the times has a time zone')
  return (x.date.getTime() - y.date.getTime()) / 1000
}

export function pyIsoformat(x: PyDatetime, separator = 'T', precision = 'auto'): string {
  const [day, time] = x.date.toISOString().replace('Z', '').split('T') as [string, string]
  const lengths: Record<string, number> = { minutes: 5, seconds: 8, milliseconds: 12 }
  if (lengths[precision]) return day + separator + time.slice(0, lengths[precision]) + x.zone
  return day + separator + (time.endsWith('.000') ? time.slice(0, -4) : `${time}000`) + x.zone
}

/** Parses a date or datetime in ISO format. Refuses the rarer formats that only some versions of Python accept. */
export function pyFromisoformat(text: any): PyDatetime {
  const found = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{3}|\d{6}))?)?(Z|\+00:00)?)?$/.exec(
    pyText(text),
  )
  if (!found) throw new PyRefusal(`datetime.fromisoformat() does not support ${pyRepr(text)} in k6`)
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0)) as any
  const microsecond = Number((found[7] ?? '').padEnd(6, '0'))
  return pyDatetime(year, month, day, hour, minute, second, microsecond, found[8] ? '+00:00' : '')
}

/** Parses a datetime as strptime does, with the names of the C locale. */
export function pyStrptime(text: any, format: string): PyDatetime {
  const days = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ')
  const months = 'january february march april may june july august september october november december'.split(' ')
  const short = (names: string[]) => names.map((name) => name.slice(0, 3))
  const parts: Record<string, string> = {}
  const codes: string[] = []
  const digits: Record<string, string> = {
    Y: '\\d{4}',
    y: '\\d\\d',
    f: '\\d{1,6}',
    p: 'am|pm',
    z: 'Z|\\+00:?00',
    A: days.join('|'),
    a: short(days).join('|'),
    B: months.join('|'),
    b: short(months).join('|'),
  }
  const pattern = format.replace(/%(.)|\s+|[^\w\s]/g, (other, code) => {
    if (code === '%') return '%'
    if (code === undefined) return /\s/.test(other) ? '\\s+' : `\\${other}`
    codes.push(code)
    return `(${digits[code] ?? '\\d{1,2}'})`
  })
  const found = new RegExp(`^${pattern}$`, 'i').exec(pyText(text))
  if (!found) {
    if (codes.includes('z')) throw new PyRefusal(`strptime() does not support ${pyRepr(text)} in k6`)
    throw new PyError('ValueError', `time data ${pyRepr(text)} does not match format ${pyRepr(format)}`)
  }
  codes.forEach((code, i) => {
    parts[code] = (found[i + 1] as string).toLowerCase()
  })
  const number = (code: string, otherwise: number) => (parts[code] === undefined ? otherwise : Number(parts[code]))
  const month = parts.B ? months.indexOf(parts.B) + 1 : parts.b ? short(months).indexOf(parts.b) + 1 : number('m', 1)
  const year = parts.y ? number('y', 0) + (number('y', 0) < 69 ? 2000 : 1900) : number('Y', 1900)
  const hour = parts.I ? (number('I', 0) % 12) + (parts.p === 'pm' ? 12 : 0) : number('H', 0)
  if (number('I', 1) < 1 || number('I', 1) > 12) throw new PyError('ValueError', 'the hour is out of range')
  const microsecond = Number((parts.f ?? '').padEnd(6, '0'))
  const zone = parts.z ? '+00:00' : ''
  return pyDatetime(year, month, number('d', 1), hour, number('M', 0), number('S', 0), microsecond, zone)
}

/** Formats a datetime as strftime does, with the names of the C locale. */
export function pyStrftime(x: any, format: string): string {
  const date: Date = x.date
  const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
  const months = 'January February March April May June July August September October November December'.split(' ')
  const two = (value: number) => String(value).padStart(2, '0')
  const day = days[date.getUTCDay()] as string
  const month = months[date.getUTCMonth()] as string
  const dayOfYear = Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1
  const fields: Record<string, string> = {
    Y: String(date.getUTCFullYear()),
    y: two(date.getUTCFullYear() % 100),
    m: two(date.getUTCMonth() + 1),
    d: two(date.getUTCDate()),
    H: two(date.getUTCHours()),
    I: two(date.getUTCHours() % 12 || 12),
    M: two(date.getUTCMinutes()),
    S: two(date.getUTCSeconds()),
    f: `${String(date.getUTCMilliseconds()).padStart(3, '0')}000`,
    p: date.getUTCHours() < 12 ? 'AM' : 'PM',
    A: day,
    a: day.slice(0, 3),
    B: month,
    b: month.slice(0, 3),
    j: String(dayOfYear).padStart(3, '0'),
    z: x.zone.replace(':', ''),
    Z: x.zone === '' ? '' : 'UTC',
    '%': '%',
  }
  return format.replace(/%(.)/g, (_, letter) => fields[letter] as string)
}
