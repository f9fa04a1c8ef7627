import { type RowDetails, setDetail } from '../entry-details.ts'
import { shorten } from '../shorten.ts'
import { innerArrayHint } from './json-values.ts'
import type { FileWeights } from './weights.ts'

/** A row with unchecked values from the file. Missing values are undefined. */
export interface Row extends RowDetails {
  text: unknown
  weight: unknown
  /** The reason why the weight cannot be read, if it is missing or ambiguous. */
  noWeight?: string
  /** If the row has more or fewer cells than expected, says so. Otherwise, undefined. */
  cellCount?: string
  /** What to do if the row cannot be read. */
  advice?: string
}

/**
 * Called with a row, or the reason why it is left out. `line` is the number of the row's first line, and `element` is
 * the number of the row in a JSON array. Both start at 1.
 */
export type TakeRow = (row: Row | string, line: number, element?: number) => void

/** Notes about the columns in a file. */
export interface ColumnNotes {
  /** Unknown names, at most {@link MAX_UNKNOWN}. */
  unknown: Set<string>
  /** Whether rows have cells in columns to which the header gives no name. */
  hasUnnamed: boolean
  /** Number of rows with more cells than the header, or with more than two cells if there is no header. */
  longRows: number
  /** The line on which the first of the long rows starts. */
  longRow: number | undefined
  /** Whether any row is not a long row. */
  hasOtherRows: boolean
  /** The weights in the file. */
  weights: FileWeights
  /** Whether the file has a header. */
  hasNames: boolean
  /** The first line, if it was taken for a header although it does not name the columns text and weight. */
  assumedHeader: { text: string; weight: string; line: number } | undefined
}

/**
 * Maximum number of unknown names to note. There is a limit because every object in a JSON file may have different
 * names.
 */
const MAX_UNKNOWN = 100
/** Maximum length of the names of fields in a message, in characters. */
const MAX_SHOWN = 100
/** Numbers, dates, and object ids in the extended JSON of MongoDB, such as `{"$numberLong":"5"}`. */
const EXTENDED_JSON = ['$numberInt', '$numberLong', '$numberDouble', '$numberDecimal', '$date', '$oid']
/** The actions in Elasticsearch's bulk format that add a document. A line with the action comes before the document. */
const BULK_ACTIONS = ['index', 'create']
const NOT_A_NUMBER = /[:[,]\s*(NaN|-?Infinity)\s*[,}\]]/

/** Whether the builder reads a column or field with this name. */
export const isKnownColumn = (name: string): boolean =>
  name === 'text' || name === 'weight' || setDetail({}, name, undefined)

/** Sets the value of a column or field. Returns false if the name is unknown. */
function setKnown(row: Row, name: string, value: unknown): boolean {
  if (name !== 'text' && name !== 'weight') return setDetail(row, name, value)
  row[name] = value
  return true
}

/** Sets the value of a column or field, and notes unknown names. */
export function setValue(row: Row, name: string, value: unknown, { unknown }: ColumnNotes): void {
  if (!setKnown(row, name, value) && unknown.size < MAX_UNKNOWN) unknown.add(name)
}

/** Returns hints about an assumed header, and about columns without a name and extra cells, which are ignored. */
export function columnHints(notes: ColumnNotes): string[] {
  const { hasUnnamed, longRows, longRow, hasOtherRows, weights, hasNames, assumedHeader } = notes
  const { mayBeThousands } = weights
  const hints: string[] = []
  if (assumedHeader) {
    const [text, weight] = [shorten(assumedHeader.text), shorten(assumedHeader.weight)]
    hints.push(
      `line ${assumedHeader.line} was taken for a header, with the texts in ${text} and the weights in ${weight}; ` +
        'if this is right, rename these columns to text and weight',
    )
  }
  if (mayBeThousands !== undefined) {
    hints.push(
      `the dot in weights such as ${mayBeThousands} is read as a decimal mark; if it separates thousands, remove it`,
    )
  }
  if (hasUnnamed) hints.push('columns without a name in the header are ignored')
  if (longRows === 0) return hints
  if (!hasNames)
    return [...hints, 'only the first two columns are read, because there is no header that names the columns']
  const [rows, first] = longRows === 1 ? ['1 row has', ''] : [`${longRows} rows have`, 'first: ']
  const advice =
    longRows === 1 || hasOtherRows
      ? 'put cells that contain the separator in quotes'
      : 'name all columns in the header, because cells are assigned to columns from left to right'
  return [...hints, `${rows} more cells than the header (${first}line ${longRow}), which are ignored; ${advice}`]
}

/**
 * Parses a row in JSON. As in columns, the case of the names does not matter. Returns the row, the reason why it is
 * left out, or undefined if it is an action in Elasticsearch's bulk format.
 * @throws {DatasetError} if dots in the weights of the file are ambiguous
 */
export function jsonRow(json: string, notes: ColumnNotes): Row | string | undefined {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    const found = NOT_A_NUMBER.exec(json)?.[1]
    return `it is not valid JSON${found === undefined ? '' : `, because it contains ${found}`}`
  }
  if (!isObject(value)) return 'it is not a JSON object, such as {"text":"apple","weight":3}'
  if (!hasText(value)) return withoutText(json, value)
  const row: Row = { text: undefined, weight: undefined }
  for (const [given, content] of Object.entries(value)) {
    const name = nameOf(given, value)
    if (name === 'weight' && typeof content === 'string') {
      notes.weights.set(row, content)
      continue
    }
    const plain = name === 'payload' ? content : fromExtendedJson(content)
    if (name === 'weight' && typeof plain !== 'object') notes.weights.countUnambiguous(String(plain))
    setValue(row, name, plain, notes)
  }
  return row
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const hasText = (object: object) =>
  Object.hasOwn(object, 'text') || Object.keys(object).some((name) => name.toLowerCase() === 'text')

/** Returns the name of a field: in lower case if this name is known and no other field has it, otherwise unchanged. */
function nameOf(given: string, object: object): string {
  const lower = given.toLowerCase()
  return lower === given || Object.hasOwn(object, lower) || !isKnownColumn(lower) ? given : lower
}

/** Returns the value of an object in extended JSON. Returns all other values unchanged. */
function fromExtendedJson(value: unknown): unknown {
  let plain = value
  // A loop, because a recursion would exceed the stack if the objects are deeply nested.
  while (isObject(plain)) {
    const [[name, content] = [], second] = Object.entries(plain)
    if (name === undefined || second !== undefined || !EXTENDED_JSON.includes(name)) return plain
    plain = content
  }
  return plain
}

/** Returns the reason why an object without a text is left out, or undefined if it is not a row. */
function withoutText(json: string, object: Record<string, unknown>): string | undefined {
  const names = Object.keys(object)
  const [first = ''] = names
  if (names.length === 1 && BULK_ACTIONS.includes(first) && isObject(object[first])) return undefined
  const hint = innerArrayHint(json.trimStart())
  if (hint !== undefined) return hint
  const missing = 'it has no field "text"'
  const inner = names.find((name) => isObject(object[name]) && Object.hasOwn(object[name], 'text'))
  if (inner !== undefined)
    return `${missing}, but its field ${shorten(inner)} is an object that has one: write only these objects to the file`
  if (names.length === 0) return missing
  let shown = shorten(names[0])
  for (const name of names.slice(1)) {
    const more = `${shown}, ${shorten(name)}`
    if (more.length > MAX_SHOWN) return `${missing}; its fields are ${shown}, …`
    shown = more
  }
  return `${missing}; its fields are ${shown}`
}
