import { isEmpty, type Range } from '../index/string-table.ts'
import type { RunsInOrder } from './runs-in-order.ts'

/** A distance that exceeds any limit, and that can still be incremented without overflowing a byte. */
const FAR = 100

/**
 * Finds the runs that have a beginning at most `edits` edits away from `typed`, as separate ranges. Works like
 * `withinEdits`. This is separate code, because sharing it would make corrections of other words a third slower.
 * @param keepsFirst whether the first letter must match
 */
export function runsWithinEdits(runs: RunsInOrder, typed: string, edits: number, keepsFirst: boolean): Range[] {
  return new RunWalk(runs, typed, edits, keepsFirst).ranges
}

class RunWalk {
  readonly ranges: Range[] = []
  readonly #runs: RunsInOrder
  readonly #typed: Uint16Array
  readonly #edits: number
  /** For each depth, the distances from the walked path to the beginnings of the typed text. */
  readonly #rows: Uint8Array
  /** The length of a row. */
  readonly #width: number
  readonly #path: Uint16Array

  constructor(runs: RunsInOrder, typed: string, edits: number, keepsFirst: boolean) {
    this.#runs = runs
    this.#typed = Uint16Array.from({ length: typed.length }, (_, at) => typed.charCodeAt(at))
    this.#edits = edits
    this.#width = typed.length + 1
    const depth = typed.length + edits + 1
    this.#rows = new Uint8Array((depth + 1) * this.#width).fill(FAR)
    this.#path = new Uint16Array(depth)
    for (let at = 0; at <= Math.min(edits, typed.length); at++) this.#rows[at] = at
    const all = { from: 0, to: runs.length }
    if (keepsFirst) this.#enterChild(0, this.#typed[0] as number, all)
    else this.#walk(0, all)
  }

  /** Continues from a range of runs that share their first `depth` units. */
  #walk(depth: number, range: Range): void {
    if (this.#isSpent(depth)) {
      for (const unit of this.#nextUnits(depth)) this.#enterChild(depth, unit, range)
      return
    }
    // Runs that end here come before all longer ones.
    let from = this.#endOf(range, depth, -1)
    while (from < range.to) {
      const unit = this.#runs.unitAt(from, depth)
      const to = this.#endOf({ from, to: range.to }, depth, unit)
      this.#enter(depth, unit, { from, to })
      from = to
    }
  }

  /** Whether no edits are left, so that the rest of the typed text must follow exactly. */
  #isSpent(depth: number): boolean {
    const row = depth * this.#width
    const to = Math.min(this.#typed.length, depth + this.#edits)
    for (let at = Math.max(0, depth - this.#edits); at <= to; at++) {
      if ((this.#rows[row + at] as number) < this.#edits) return false
    }
    return true
  }

  /** Returns the units that can follow the path if no edits are left. */
  #nextUnits(depth: number): Set<number> {
    const typed = this.#typed
    const row = depth * this.#width
    const before = row - this.#width
    const next = new Set<number>()
    const to = Math.min(typed.length - 1, depth + this.#edits)
    for (let at = Math.max(0, depth - this.#edits); at <= to; at++) {
      if (this.#rows[row + at] === this.#edits) next.add(typed[at] as number)
      // The last unit of the path may be the first of two swapped units.
      const mayBeSwapped = depth > 0 && at > 0 && (this.#rows[before + at - 1] as number) < this.#edits
      if (mayBeSwapped && typed[at] === this.#path[depth - 1]) next.add(typed[at - 1] as number)
    }
    return next
  }

  #enterChild(depth: number, unit: number, range: Range): void {
    const from = this.#endOf(range, depth, unit - 1)
    const child = { from, to: this.#endOf({ from, to: range.to }, depth, unit) }
    if (!isEmpty(child)) this.#enter(depth, unit, child)
  }

  #enter(depth: number, unit: number, range: Range): void {
    const typed = this.#typed
    const rows = this.#rows
    const { length } = typed
    const edits = this.#edits
    const row = depth * this.#width
    const before = row - this.#width
    const next = row + this.#width
    this.#path[depth] = unit
    const from = Math.max(1, depth + 1 - edits)
    const to = Math.min(length, depth + 1 + edits)
    if (from === 1) rows[next] = depth < edits ? depth + 1 : FAR
    let smallest: number = from === 1 ? (rows[next] as number) : FAR
    for (let at = from; at <= to; at++) {
      let distance = (rows[row + at - 1] as number) + (typed[at - 1] === unit ? 0 : 1)
      distance = Math.min(distance, (rows[row + at] as number) + 1, (rows[next + at - 1] as number) + 1)
      if (depth > 0 && at > 1 && typed[at - 2] === unit && typed[at - 1] === this.#path[depth - 1]) {
        distance = Math.min(distance, (rows[before + at - 2] as number) + 1)
      }
      rows[next + at] = distance
      if (distance < smallest) smallest = distance
    }
    if ((rows[next + length] as number) <= edits) this.ranges.push(range)
    else if (smallest <= edits) this.#walk(depth + 1, range)
  }

  /** Returns the end of the runs in a range whose unit at a depth is at most `unit`. These come first. */
  #endOf({ from, to }: Range, depth: number, unit: number): number {
    // There are usually few such runs, so look nearby first.
    let low = from
    let step = 1
    while (low + step <= to && this.#runs.unitAt(low + step - 1, depth) <= unit) {
      low += step
      step *= 2
    }
    let high = Math.min(to, low + step - 1)
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#runs.unitAt(middle, depth) <= unit) low = middle + 1
      else high = middle
    }
    return low
  }
}
