/**
 * What a line of a dataset may say of its entry besides text and weight. In columns lists are separated by `|`:
 *
 *     payload   any JSON value of at most {@link MAX_PAYLOAD_BYTES} bytes; in columns, what is no JSON is a text; in JSON it stays as it is
 *     aliases   other texts that it is found by
 *     category, locale, tenant, context.NAME   contexts to filter and boost by; in JSON also {"contexts":{"NAME":[…]}}
 *     pinned    true or false: before all that are not
 *     blocked   true or false: never suggested; needs no weight
 *     updated   a date such as 2026-11-23 or 2026-11-23T12:00:00Z, in UTC where it does not say otherwise; in JSON also milliseconds since 1970
 */
import { exceedsCodePoints } from '../text.ts'
import type { Entry } from './entries.ts'

export const MAX_PAYLOAD_BYTES = 1024
export const MAX_ALIASES = 20
/** Names of contexts of one entry, and values of each. */
export const MAX_CONTEXTS = 8
export const MAX_CONTEXT_VALUES = 16
const MAX_CONTEXT_LENGTH = 64
const CONTEXT_NAME = /^[a-z][a-z0-9_-]{0,31}$/
const CONTEXT_COLUMNS = new Set(['category', 'locale', 'tenant'])
const CONTROL_CHARACTER = /\p{Cc}/u
const DATE = /^(\d{4}-\d{2}-\d{2})(?:(T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/

/** As it stands in the file. */
export interface RowDetails {
  payload?: unknown
  aliases?: unknown
  pinned?: unknown
  blocked?: unknown
  updated?: unknown
  /** Contexts by their names. */
  contexts?: [name: string, values: unknown][]
}

type Details = Pick<Entry, 'payload' | 'aliases' | 'pinned' | 'blocked' | 'updated' | 'contexts'>

/** What stands in a cell of a named column, as it would stand in JSON. */
export function ofCell(name: string, cell: string | undefined): unknown {
  return name === 'payload' && cell !== undefined ? parsePayload(cell) : cell
}

/** Notes what a column says, if anything; returns whether there is such a column. */
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
      // What is no object is told when the row is checked.
      row.contexts = [
        ...(row.contexts ?? []),
        ...(isObject(value) ? Object.entries(value) : [['', value] as [string, unknown]]),
      ]
      return true
    default: {
      const context = CONTEXT_COLUMNS.has(name) ? name : /^context\.(.*)$/.exec(name)?.[1]
      if (context === undefined) return false
      row.contexts = [...(row.contexts ?? []), [context, value]]
      return true
    }
  }
}

/** Checks what a row says; returns nothing where it says nothing, or the reason why it is wrong. */
export function detailsOf({
  payload,
  aliases,
  pinned,
  blocked,
  updated,
  contexts,
}: RowDetails): Details | string | undefined {
  const details: Details = {}
  if (payload !== undefined && payload !== null) {
    details.payload = payload
    const json = jsonOf(payload)
    const bytes = json === undefined ? TOO_DEEP : Buffer.byteLength(json)
    if (bytes === TOO_DEEP || bytes > MAX_PAYLOAD_BYTES)
      return `the payload takes at most ${MAX_PAYLOAD_BYTES} bytes of JSON, got ${bytes}`
  }
  if (aliases !== undefined && aliases !== null) {
    const list = toList(aliases)
    if (!list || list.length > MAX_ALIASES) return `aliases takes at most ${MAX_ALIASES} texts`
    if (list.length > 0) details.aliases = list
  }
  for (const [name, value] of [['pinned', pinned] as const, ['blocked', blocked] as const]) {
    const isOn = toBoolean(value)
    if (isOn === undefined) return `${name} takes true or false, got ${shorten(value)}`
    if (isOn) details[name] = true
  }
  if (updated !== undefined && updated !== null) {
    const time = typeof updated === 'string' ? parseDate(updated.trim()) : updated
    if (typeof time !== 'number' || !Number.isFinite(new Date(time).getTime())) {
      return `updated takes a date such as 2026-11-23, got ${shorten(updated)}`
    }
    details.updated = time
  }
  if (contexts) {
    const checked = toContexts(contexts)
    if (typeof checked === 'string') return checked
    if (Object.keys(checked).length > 0) details.contexts = checked
  }
  return Object.keys(details).length > 0 ? details : undefined
}

/** A value as a message shows it: as JSON, and not all of a long one. */
export function shorten(value: unknown): string {
  const text = value === undefined ? 'nothing' : typeof value === 'number' ? String(value) : (jsonOf(value) ?? TOO_DEEP)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

const TOO_DEEP = 'what is nested too deep'

/** JSON can be read that is nested too deep to be written. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

function toContexts(contexts: readonly [name: string, values: unknown][]): Record<string, string[]> | string {
  if (contexts.length > MAX_CONTEXTS) return `an entry takes at most ${MAX_CONTEXTS} contexts`
  const checked: Record<string, string[]> = {}
  for (const [name, given] of contexts) {
    if (given === undefined || given === null) continue
    if (name === '') return 'contexts takes an object, such as {"category":["fruit"]}'
    if (!CONTEXT_NAME.test(name))
      return `a context is named with lower-case letters, digits, - and _, got ${shorten(name)}`
    const values = toList(given)
    if (!values || values.length > MAX_CONTEXT_VALUES || values.some((value) => !isContextValue(value))) {
      return `the context ${name} takes at most ${MAX_CONTEXT_VALUES} texts of 1 to ${MAX_CONTEXT_LENGTH} characters`
    }
    if (values.length > 0) checked[name] = [...new Set(values)]
  }
  return checked
}

const isContextValue = (value: string) =>
  value !== '' &&
  !exceedsCodePoints(value, MAX_CONTEXT_LENGTH) &&
  !CONTROL_CHARACTER.test(value) &&
  value.isWellFormed()

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The texts of an array, or of a column; nothing when it is neither. */
function toList(value: unknown): string[] | undefined {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? value : undefined
  if (typeof value !== 'string') return undefined
  return value
    .split('|')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function toBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  switch (typeof value === 'string' ? value.trim().toLowerCase() : value) {
    case 'true':
    case 'yes':
    case '1':
    case 1:
      return true
    case undefined:
    case null:
    case 'false':
    case 'no':
    case '0':
    case '':
    case 0:
      return false
    default:
      return undefined
  }
}

/** In milliseconds since 1970, or NaN. `Date.parse` takes a 31st of February, and a time without a zone for local time. */
function parseDate(text: string): number {
  const [, day, time = 'T00:00', zone = 'Z'] = DATE.exec(text) ?? []
  const midnight = Date.parse(`${day}T00:00Z`)
  const isDay = Number.isFinite(midnight) && new Date(midnight).toISOString().startsWith(`${day}T`)
  return isDay ? Date.parse(`${day}${time}${zone}`) : Number.NaN
}

function parsePayload(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
