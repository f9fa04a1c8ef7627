import type { SearchIndex } from '../index/search-index.ts'
import type { Range } from '../index/string-table.ts'

/** A set of words of an index: sorted ranges of their numbers that do not touch. */
export class WordSet {
  readonly ranges: readonly Range[]
  /** How many names have one of them at most. */
  readonly size: number

  constructor(index: SearchIndex, ranges: readonly Range[]) {
    this.ranges = merged(ranges)
    this.size = this.ranges.reduce((sum, { from, to }) => sum + index.postingCount(from, to), 0)
  }

  get isEmpty(): boolean {
    return this.size === 0
  }

  has(word: number): boolean {
    const { ranges } = this
    let low = 0
    let high = ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ranges[middle] as Range).to <= word) low = middle + 1
      else high = middle
    }
    const range = ranges[low]
    return range !== undefined && range.from <= word
  }
}

function merged(ranges: readonly Range[]): Range[] {
  const sorted = ranges.filter(({ from, to }) => from < to)
  if (sorted.length < 2) return sorted
  sorted.sort((a, b) => a.from - b.from)
  const result: Range[] = []
  for (const { from, to } of sorted) {
    const last = result.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else result.push({ from, to })
  }
  return result
}
