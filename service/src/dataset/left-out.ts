/** Counts and describes the rows of a file that are left out. */
import { counted, grouped } from './build-report.ts'

/** Maximum number of kinds of reasons that are listed. */
export const MAX_REASONS = 20
/** Maximum number of rows whose places are listed for each kind. */
const MAX_PLACES = 3
/** Maximum number of kinds of reasons to count. */
const MAX_KINDS = 1000
/** The parts of a reason that depend on the values of the row. */
const VALUES_AT_END = /(?:, got |; its fields are |(?<= is ambiguous): write ).*/s
const VALUE_INSIDE =
  /(?<=^the weight ).*(?= is ambiguous)|(?<=, but its field ).*(?= is an object )|(?<=, but has an array ).*(?=: if )/s

export interface LeftOutRow {
  /** The line on which the row starts. */
  line: number
  /** The number of the row in a JSON array. */
  element: number | undefined
  /** Why the row is left out. */
  cause: string
  /** The cause without advice, and without the number of cells. */
  problem: string
}

/** The rows whose reasons differ only in values. */
interface Reason {
  /** The cause of the first row. */
  cause: string
  /** Whether the causes of other rows differ from it. */
  varies: boolean
  rows: number
  /** The line of the first row. */
  line: number
  /** The element numbers of the first rows if they are in an array, otherwise their line numbers. */
  places: number[]
  isArray: boolean
}

/** The rows of a file that are left out. */
export class LeftOutRows {
  /** Number of rows that are left out. */
  count = 0
  /** The reasons that are listed, in the order of their first rows. */
  readonly #reasons = new Map<string, Reason>()
  readonly #kinds = new Map<string, number>()

  add({ line, element, cause, problem }: LeftOutRow): void {
    this.count += 1
    const kind = problem.replace(VALUES_AT_END, '').replace(VALUE_INSIDE, '…')
    if (this.#kinds.has(kind) || this.#kinds.size < MAX_KINDS) this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1)
    const key = cause.replace(problem, () => kind)
    let reason = this.#reasons.get(key)
    if (!reason) {
      if (this.#reasons.size === MAX_REASONS) return
      reason = { cause, varies: false, rows: 0, line, places: [], isArray: element !== undefined }
      this.#reasons.set(key, reason)
    }
    reason.rows += 1
    reason.varies ||= cause !== reason.cause
    if (reason.places.length < MAX_PLACES) reason.places.push(element ?? line)
  }

  /** Describes the rows in one line for each of the first kinds of reasons, and one line for all others. */
  *lines(file: string): Iterable<string> {
    let others = this.count
    for (const reason of this.#reasons.values()) {
      others -= reason.rows
      yield describe(file, reason)
    }
    if (others > 0) yield `… and ${counted(others, 'more bad line')}`
  }

  /**
   * Returns a warning if more rows are left out than read, otherwise undefined.
   * @param entries the number of rows that were read
   */
  warning(file: string, entries: number): string | undefined {
    if (this.count <= entries) return undefined
    const all = this.count + entries
    const percent = entries === 0 ? 100 : Math.min(99, Math.round((100 * this.count) / all))
    const [kind, rows] = [...this.#kinds].reduce((most, next) => (next[1] > most[1] ? next : most))
    const why = `most frequent reason (${counted(rows, 'row')}): ${kind}`
    return `${file}: left out ${grouped(this.count)} of ${counted(all, 'row')} (${percent}%); ${why}`
  }
}

function describe(file: string, { cause, varies, rows, line, places, isArray }: Reason): string {
  if (rows === 1) return `${file}:${line}: left out: ${isArray ? `element ${places[0]}: ` : ''}${cause}`
  const why = varies ? cause.replace(', got ', ', got values such as ') : cause
  const shown = [...places.map(grouped), ...(rows > places.length ? ['…'] : [])].join(', ')
  return `${file}: ${counted(rows, 'row')} left out: ${why} (${isArray ? 'elements' : 'lines'} ${shown})`
}
