/**
 * The optional columns and fields of a row. In columns, a list is a JSON array, or its items are separated by `|`:
 *
 *     payload   any JSON value of at most {@link MAX_PAYLOAD_BYTES} bytes; in columns, invalid JSON and numbers with
 *               too many digits are read as strings
 *     aliases   other texts by which the entry is found
 *     category, locale, tenant, context.NAME   contexts for filtering and boosting; numbers and booleans in JSON are
 *               converted to strings
 *     contexts  several contexts, as {"NAME":[…]}; in columns, this must be JSON
 *     pinned    true or false: ranks before all unpinned entries with the same kind of match
 *     blocked   true or false: blocks this spelling; if contexts are given, only in those contexts; needs no weight
 *     updated   a date such as 2026-11-23, 23.11.2026, or 2026-11-23 12:00:00; see date.ts
 */
import { exceedsCodePoints, shortInNfc } from '../text/strings.ts'
import { type DateOrder, dateOrderOf, toTime } from './date.ts'
import { type Entry, hasUndecoded } from './entry.ts'
import { jsonOf, shorten } from './shorten.ts'

export const MAX_PAYLOAD_BYTES = 1024
export const MAX_ALIASES = 20
/** Maximum number of contexts per entry, and of values per context. */
export const MAX_CONTEXTS = 8
export const MAX_CONTEXT_VALUES = 16
const MAX_CONTEXT_LENGTH = 64
const CONTEXT_NAME = /^[a-z][a-z0-9_-]{0,31}$/
const CONTEXT_COLUMNS = new Set(['category', 'locale', 'tenant'])
const FLAGS = ['pinned', 'blocked'] as const
/** Values that mean true or false: English words, and what spreadsheets in other languages write for TRUE and FALSE. */
const YES = new Set<unknown>([
  ...['true', 't', 'yes', 'y', 'on', '1', '1.0', 1],
  ...['wahr', 'vrai', 'vero', 'verdadero', 'verdadeiro', 'waar', 'sant', 'sand', 'sann', 'tosi'],
  ...['prawda', 'pravda', 'igaz', 'adevărat', 'истина', 'doğru'],
])
const NO = new Set<unknown>([
  ...['false', 'f', 'no', 'n', 'off', '0', '0.0', '', 0],
  ...['falsch', 'faux', 'falso', 'onwaar', 'falskt', 'falsk', 'usann', 'epätosi'],
  ...['fałsz', 'nepravda', 'hamis', 'fals', 'ложь', 'yanliş'],
])
/** A value such as `ja` or `en-US`. */
const LOCALE = /^[a-z]{2}(?:[-_][a-z]{2,4})?$/i
/** Missing dates, as written by MySQL, .NET, and Go. */
const NO_DATE = /^(?:0000-00-00|0001-01-01)(?!\d)/
/** Stands for the name of a context if the contexts are not an object. */
const NOT_AN_OBJECT = '\0'
const CONTROL_CHARACTER = /\p{Cc}/u

/** Unchecked values from the file. */
export interface RowDetails {
  payload?: unknown
  aliases?: unknown
  pinned?: unknown
  blocked?: unknown
  updated?: unknown
  /** Pairs of a context's name and its values. */
  contexts?: [name: string, values: unknown][]
}

type Details = Pick<Entry, 'payload' | 'aliases' | 'pinned' | 'blocked' | 'updated' | 'contexts'>

/** Converts the cell of a named column to the value that it would have in JSON. */
export function valueOfCell(name: string, cell: string): unknown {
  if (name === 'payload') return parsePayload(cell)
  if (name === 'contexts') return parseJson(cell)
  return cell.trimStart().startsWith('[') && (name === 'aliases' || isContextColumn(name)) ? parseList(cell) : cell
}

/**
 * Sets the value of a column or field. An empty string counts as a missing value, except as a payload. Returns false if
 * the name is unknown.
 */
export function setDetail(row: RowDetails, name: string, given: unknown): boolean {
  const value = given === '' ? undefined : given
  switch (name) {
    case 'payload':
      row.payload = given
      return true
    case 'aliases':
    case 'pinned':
    case 'blocked':
    case 'updated':
      row[name] = value
      return true
    case 'contexts':
      // If the value is not an object, add it under an invalid name, so that the row check rejects it.
      for (const [of, values] of isObject(value) ? Object.entries(value) : [[NOT_AN_OBJECT, value] as const])
        addContext(row, of, values)
      return true
    default: {
      if (!isContextColumn(name)) return false
      addContext(row, name.replace(/^context\./, ''), value)
      return true
    }
  }
}

const isContextColumn = (name: string) => CONTEXT_COLUMNS.has(name) || /^context\../.test(name)

function addContext(row: RowDetails, name: string, values: unknown): void {
  if (values === undefined || values === null) return
  row.contexts ??= []
  row.contexts.push([name, values])
}

/**
 * Checks the optional values of a row. Returns undefined if the row has no such values, or the reason if one of them is
 * invalid.
 * @param usesDates whether to read `updated`; otherwise it is ignored, even if it is invalid
 * @param order the order of the day and the month in the file's dates
 * @param isOrderSet whether the order was set by an option; otherwise, other rows determined it
 */
export function detailsOf(
  row: RowDetails,
  usesDates: boolean,
  order?: DateOrder,
  isOrderSet = false,
): Details | string | undefined {
  const { payload, aliases, updated, contexts } = row
  const details: Details = {}
  if (payload !== undefined && payload !== null) {
    details.payload = payload
    const json = jsonOf(payload)
    if (json === undefined) return 'the payload is nested too deeply'
    const bytes = Buffer.byteLength(json)
    if (bytes > MAX_PAYLOAD_BYTES) return `the payload must be at most ${MAX_PAYLOAD_BYTES} bytes of JSON, got ${bytes}`
    if (hasInexactNumber(payload)) return 'a number in the payload is too large: put it in quotes'
  }
  if (aliases !== undefined && aliases !== null) {
    const list = toTexts(aliases)
    const wrong = list.find((alias) => typeof alias !== 'string')
    if (wrong !== undefined) return `aliases must be strings, got ${shorten(wrong)}`
    if (list.length > MAX_ALIASES) return `an entry may have at most ${MAX_ALIASES} aliases, got ${list.length}`
    if (list.length > 0) details.aliases = list as string[]
  }
  for (const name of FLAGS) {
    const value = row[name]
    if (value === undefined) continue
    const isOn = toBoolean(value)
    if (isOn === undefined) return `${name} must be true or false, got ${shorten(value)}${localeAdvice(name, value)}`
    if (isOn) details[name] = true
  }
  const isMissing = typeof updated === 'string' && NO_DATE.test(updated)
  if (usesDates && updated !== undefined && updated !== null && !isMissing) {
    const time = toTime(updated, order)
    if (time === undefined) {
      const own = dateOrderOf(updated)
      if (own !== undefined && own !== order) {
        const [first, second] = order === 'month-first' ? ['month', 'day'] : ['day', 'month']
        const source = isOrderSet ? 'as set by --date-order' : 'like the other rows'
        return `updated must have the ${first} before the ${second}, ${source}, got ${shorten(updated)}`
      }
      return `updated must be a date such as 2026-11-23 or 2026-11-23T12:00:00Z, got ${shorten(updated)}`
    }
    details.updated = time
  }
  if (contexts) {
    const checked = toContexts(contexts)
    if (typeof checked === 'string') return checked
    if (!isEmpty(checked)) details.contexts = checked
  }
  return isEmpty(details) ? undefined : details
}

/** Returns the reason why the name of a context is invalid, or undefined if it is valid. */
export function contextNameProblem(name: string): string | undefined {
  if (CONTEXT_NAME.test(name)) return undefined
  return `the name of a context may contain only lower-case letters, digits, -, and _, got ${shorten(name)}`
}

function toContexts(contexts: readonly [name: string, values: unknown][]): Record<string, string[]> | string {
  if (contexts.length > MAX_CONTEXTS)
    return `an entry may have at most ${MAX_CONTEXTS} contexts, got ${contexts.length}`
  const checked: Record<string, string[]> = {}
  for (const [name, given] of contexts) {
    if (name === NOT_AN_OBJECT) return 'contexts must be an object, such as {"category":["fruit"]}'
    const problem = contextNameProblem(name)
    if (problem !== undefined) return problem
    // The same context may be given as a field and in `contexts`.
    const values = Object.hasOwn(checked, name) ? (checked[name] as string[]) : []
    for (const item of toTexts(given)) {
      const value = typeof item === 'string' ? shortInNfc(item, MAX_CONTEXT_LENGTH) : item
      const wrong = valueProblem(value)
      if (wrong) return `a value of the context ${name} ${wrong}, got ${shorten(value)}`
      if (!values.includes(String(value))) values.push(String(value))
      if (values.length > MAX_CONTEXT_VALUES) return `the context ${name} may have at most ${MAX_CONTEXT_VALUES} values`
    }
    if (values.length > 0) checked[name] = values
  }
  return checked
}

/** Returns the reason why a context value is invalid, or undefined if it is valid. */
function valueProblem(value: unknown): string | undefined {
  if (typeof value === 'boolean') return undefined
  if (typeof value === 'number') {
    return isExact(value) ? undefined : 'must be in quotes, because the number is too large'
  }
  if (typeof value !== 'string') return 'must be a string, a number, true, or false'
  if (value === '') return 'must not be empty'
  if (exceedsCodePoints(value, MAX_CONTEXT_LENGTH)) return `must have at most ${MAX_CONTEXT_LENGTH} characters`
  if (hasUndecoded(value)) return 'must be valid UTF-8'
  return CONTROL_CHARACTER.test(value) ? 'must not contain control characters' : undefined
}

/** Whether a number is exact. Parsing may have removed digits from integers outside the safe range. */
const isExact = (value: number) => Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value))

function hasInexactNumber(value: unknown): boolean {
  if (typeof value === 'number') return !isExact(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(hasInexactNumber)
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false
  return true
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Returns the items of an array or of a list in a column, or the value itself as a single item. */
function toTexts(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.map((item) => (typeof item === 'string' ? item.trim() : item))
  if (typeof value !== 'string') return [value]
  const items = value.includes('|') ? value.split('|').map((item) => item.trim()) : [value.trim()]
  return items.includes('') ? items.filter((item) => item !== '') : items
}

/** Returns advice if the value of a flag is a locale, which belongs in a context of the row instead. */
const localeAdvice = (flag: (typeof FLAGS)[number], value: unknown) =>
  typeof value === 'string' && LOCALE.test(value)
    ? `; to ${flag === 'pinned' ? 'pin' : 'block'} it in one locale, give the row this locale`
    : ''

function toBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (value === undefined || value === null) return false
  const text = typeof value === 'string' ? value.trim().toLowerCase() : value
  if (YES.has(text)) return true
  return NO.has(text) ? false : undefined
}

function parsePayload(text: string): unknown {
  if (text === '') return undefined
  const value = parseJson(text)
  return typeof value === 'number' && !isExact(value) ? text.trim() : value
}

/** Returns the items of a JSON array, or the text itself if it is not one. */
function parseList(text: string): unknown {
  const value = parseJson(text)
  return Array.isArray(value) ? value : text
}

/** Parses a JSON text. Returns other texts unchanged. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
