import { isEmpty, type Range } from '../index/string-table.ts'
import { EditRows } from './edit-rows.ts'
import type { RunsInOrder } from './runs-in-order.ts'

/** The rows of the current walk. */
const rows = new EditRows()

/**
 * Finds the runs that have a beginning at most `edits` edits away from `typed`, as separate ranges. Works like
 * `withinEdits`. The walk is separate code, because sharing it would make corrections of other words a third slower.
 * @param keepsFirst whether the first letter must match
 */
export function runsWithinEdits(runs: RunsInOrder, typed: string, edits: number, keepsFirst: boolean): Range[] {
  return new RunWalk(runs, typed, edits, keepsFirst).ranges
}

class RunWalk {
  readonly ranges: Range[] = []
  readonly #runs: RunsInOrder
  readonly #edits: number

  constructor(runs: RunsInOrder, typed: string, edits: number, keepsFirst: boolean) {
    this.#runs = runs
    this.#edits = edits
    rows.begin(typed, edits)
    const all = { from: 0, to: runs.length }
    if (keepsFirst || edits === 0) this.#enterChild(0, rows.letter(0), all)
    else this.#walk(0, all)
  }

  /** Continues from a range of runs that share their first `depth` units. */
  #walk(depth: number, range: Range): void {
    const { units, ranges } = this.#runs.branches(range, depth)
    for (const [at, unit] of units.entries()) this.#enter(depth, unit, ranges[at] as Range)
  }

  /** Continues if no edits are left, so that only some units can follow. */
  #enterNext(depth: number, range: Range): void {
    const next = new Set<number>()
    const last = rows.lastRest(depth)
    for (let at = rows.firstRest(depth); at <= last; at++) {
      if (rows.isRest(depth, at)) next.add(rows.letter(at))
      if (rows.isSwappedRest(depth, at)) next.add(rows.letter(at - 1))
    }
    for (const unit of next) this.#enterChild(depth, unit, range)
  }

  #enterChild(depth: number, unit: number, range: Range): void {
    const child = this.#runs.branch(range, depth, unit)
    if (!isEmpty(child)) this.#enter(depth, unit, child)
  }

  #enter(depth: number, unit: number, range: Range): void {
    const smallest = rows.add(depth, unit)
    if (smallest > this.#edits) return
    if (rows.isNear(depth + 1)) this.ranges.push(range)
    else if (smallest === this.#edits) this.#enterNext(depth + 1, range)
    else this.#walk(depth + 1, range)
  }
}
