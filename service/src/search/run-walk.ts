import { isEmpty, type Range } from '../index/string-table.ts'
import { withoutNested } from './corrections.ts'
import { EditRows } from './edit-rows.ts'
import type { RunsInOrder } from './runs-in-order.ts'

/** The rows of the current walk. */
const rows = new EditRows()

/**
 * Finds the runs that have a prefix at most `edits` edits away from `typed`, as separate ranges. Works like
 * `withinEdits`. The walk has its own code, because shared code would make corrections of other words a third slower.
 * @param keepsFirst whether the first letter must match
 */
export function runsWithinEdits(runs: RunsInOrder, typed: string, edits: number, keepsFirst: boolean): Range[] {
  return new RunWalk(runs, typed, edits).walk(keepsFirst)
}

class RunWalk {
  readonly #ranges: Range[] = []
  readonly #runs: RunsInOrder
  readonly #typed: string
  readonly #edits: number

  constructor(runs: RunsInOrder, typed: string, edits: number) {
    this.#runs = runs
    this.#typed = typed
    this.#edits = edits
    rows.begin(typed, edits)
  }

  walk(keepsFirst: boolean): Range[] {
    const all = { from: 0, to: this.#runs.length }
    if (keepsFirst) {
      const begun = this.#runs.continuingWith(all, 0, this.#typed.charAt(0))
      if (!isEmpty(begun)) this.#enter(0, this.#typed.charCodeAt(0), begun)
    } else if (this.#edits === 0) this.#addRest(0, this.#typed, all)
    else this.#walk(0, all)
    return withoutNested(this.#ranges)
  }

  /** Continues from a range of runs that share their first `depth` units. */
  #walk(depth: number, range: Range): void {
    const { units, ranges } = this.#runs.branches(range, depth)
    for (let at = 0; at < units.length; at++) this.#enter(depth, units[at] as number, ranges[at] as Range)
  }

  #enter(depth: number, unit: number, range: Range): void {
    const smallest = rows.add(depth, unit)
    if (smallest > this.#edits) return
    if (rows.isNear(depth + 1)) this.#ranges.push(range)
    else if (smallest === this.#edits) this.#addExact(depth + 1, range)
    else this.#walk(depth + 1, range)
  }

  /** Adds the runs in which the rest of the typed text follows the path. */
  #addExact(depth: number, range: Range): void {
    const typed = this.#typed
    const last = rows.lastRest(depth)
    for (let at = rows.firstRest(depth); at <= last; at++) {
      if (rows.isRest(depth, at)) this.#addRest(depth, typed.slice(at), range)
      if (rows.isSwappedRest(depth, at)) this.#addRest(depth, typed.charAt(at - 1) + typed.slice(at + 1), range)
    }
  }

  #addRest(depth: number, rest: string, range: Range): void {
    const found = this.#runs.continuingWith(range, depth, rest)
    if (!isEmpty(found)) this.#ranges.push(found)
  }
}
