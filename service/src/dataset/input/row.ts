import { type RowDetails, setDetail } from '../entry-details.ts'
import { innerArrayHint } from './json-values.ts'

/** A row with unchecked values from the file. Missing values are undefined. */
export interface Row extends RowDetails {
  text: unknown
  weight: unknown
  /** The reason why the weight cannot be read, if it is missing or ambiguous. */
  noWeight?: string
  /** Says that the row has more or fewer cells than expected. Set only if it has. */
  cellCount?: string
}

/** Notes about the columns in a file. */
export interface ColumnNotes {
  /** Unknown names, at most {@link MAX_UNKNOWN}. */
  unknown: Set<string>
  /** Whether rows have cells in columns without a name. */
  hasUnnamed: boolean
  /** Whether the first line names the columns. */
  hasNames: boolean
}

/**
 * Maximum number of unknown names to note. There is a limit because every object in a JSON file may have different
 * names.
 */
const MAX_UNKNOWN = 100

/** Whether the builder reads a column or field with this name. */
export const isKnownColumn = (name: string): boolean =>
  name === 'text' || name === 'weight' || setDetail({}, name, undefined)

/** Sets the value of a column or field, and notes unknown names. */
export function setValue(row: Row, name: string, value: unknown, { unknown }: ColumnNotes): void {
  if (name === 'text' || name === 'weight') row[name] = value
  else if (!setDetail(row, name, value) && unknown.size < MAX_UNKNOWN) unknown.add(name)
}

/** Parses a row in JSON. Returns the row, or the reason why it is left out. */
export function jsonRow(json: string, notes: ColumnNotes): Row | string {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return 'it is not valid JSON'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is not a JSON object'
  const hint = Object.hasOwn(value, 'text') ? undefined : innerArrayHint(json.trimStart())
  if (hint !== undefined) return hint
  const row: Row = { text: undefined, weight: undefined }
  for (const [name, given] of Object.entries(value)) setValue(row, name, given, notes)
  return row
}
