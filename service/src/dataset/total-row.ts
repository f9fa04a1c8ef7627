import type { Entry } from './entry.ts'
import { shorten } from './shorten.ts'

/** Among fewer entries, one weight may be the sum of the others by chance. */
const MIN_ENTRIES = 10
/** Relative error of a sum of decimal fractions. */
const TOLERANCE = 1e-9

/**
 * Finds a total in the first or last row, as in reports and pivot tables: its weight is the sum of all other weights.
 */
export class TotalRow {
  #entries = 0
  #sum = 0
  #first: Entry | undefined
  #last: Entry | undefined

  note(entry: Entry): void {
    this.#entries += 1
    this.#sum += entry.weight
    this.#first ??= entry
    this.#last = entry
  }

  /** Returns advice, or undefined if there is no such row. */
  hint(): string | undefined {
    if (this.#entries < MIN_ENTRIES || this.#sum === 0) return undefined
    const isTotal = (entry?: Entry) => entry && Math.abs(2 * entry.weight - this.#sum) <= TOLERANCE * this.#sum
    const total = [this.#first, this.#last].find(isTotal)
    return (
      total && `the weight of ${shorten(total.text)} is the sum of all other weights; if it is a total, remove its row`
    )
  }
}
