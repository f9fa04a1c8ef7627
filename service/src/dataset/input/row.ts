import { type RowDetails, setDetail } from '../entry-details.ts'
import { innerArrayHint } from './json-values.ts'

/** A row as it stands in the file; what the file does not say is undefined. */
export interface Row extends RowDetails {
  text: unknown
  weight: unknown
  /** Why the weight cannot be read, if its columns already tell. */
  noWeight?: string
}

/** What is noted about the columns of a file. */
export interface ColumnNotes {
  /** Names without a meaning; at most {@link MAX_UNKNOWN}. */
  unknown: Set<string>
  /** Whether rows have more cells than there are names. */
  hasUnnamed: boolean
}

/** A file of objects may use other names in each of them. */
const MAX_UNKNOWN = 100

/** Sets what a column or field says, and notes names without a meaning. */
export function setValue(row: Row, name: string, value: unknown, { unknown }: ColumnNotes): void {
  if (name === 'text' || name === 'weight') row[name] = value
  else if (!setDetail(row, name, value) && unknown.size < MAX_UNKNOWN) unknown.add(name)
}

/** A row in JSON, or the reason why it is none. */
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
