import { AscendingValues } from '../index/range-minimum.ts'
import type { SearchIndex } from '../index/search-index.ts'
import type { Range } from '../index/string-table.ts'
import type { BestEntries } from './best-entries.ts'
import type { WordSet } from './word-set.ts'

/** Names among which all matches are. */
export interface Source {
  /** How many there are at most. */
  size: number
  /** Whether {@link visit} gives all names in ascending order, so that it can stop at the first that is not wanted. */
  isAscending: boolean
  /** What a name takes, compared with looking at one in order. */
  cost: number
  /**
   * Visits names from `from` to before what `bound` says, until `visit` returns false.
   * @returns whether it came to the end
   */
  visit(from: number, bound: () => number, visit: (name: number) => boolean): boolean
}

/** Looking at names that lie all over memory, and taking some from a heap, takes longer than looking at them in order. */
const POSTING_COST = 1.5
const ASCENDING_COST = 6
/** How many times the cost of the smallest source others may take before they are given up for it. */
const PATIENCE = 2
const MIN_STEPS = 512

/** The names that have words. */
export function wordSource(index: SearchIndex, words: WordSet): Source {
  return {
    size: words.size,
    isAscending: false,
    cost: POSTING_COST,
    visit: (from, bound, visit) => words.ranges.every((range) => visitPostings(index, range, from, bound, visit)),
  }
}

function visitPostings(
  index: SearchIndex,
  { from: first, to: end }: Range,
  from: number,
  bound: () => number,
  visit: (name: number) => boolean,
): boolean {
  const { postings, postingStarts } = index.arrays
  let most = bound()
  for (let word = first; word < end; word++) {
    let at = postingStarts[word] as number
    const to = postingStarts[word + 1] as number
    let name = -1
    while (at < to) {
      let byte = postings[at++] as number
      let difference = byte & 0x7f
      for (let shift = 7; byte >= 0x80; shift += 7) {
        byte = postings[at++] as number
        difference |= (byte & 0x7f) << shift
      }
      name += difference
      if (name >= most) break
      if (name < from) continue
      if (!visit(name)) return false
      most = bound()
    }
  }
  return true
}

/** The names of the entries that have one of some sets of contexts. */
export function contextSource(index: SearchIndex, sets: readonly number[]): Source {
  const { setEntries, setEntryStarts, entryOf } = index.arrays
  const size = sets.reduce((sum, set) => sum + (setEntryStarts[set + 1] as number) - (setEntryStarts[set] as number), 0)
  return {
    size,
    isAscending: false,
    cost: POSTING_COST,
    visit: (from, bound, visit) => {
      for (const set of sets) {
        const end = setEntryStarts[set + 1] as number
        for (let at = setEntryStarts[set] as number; at < end; at++) {
          const entry = setEntries[at] as number
          let name = index.firstName(entry)
          if (name >= bound()) break
          do {
            if (name >= from && !visit(name)) return false
            name += 1
          } while (entryOf.length > 0 && entryOf[name] === entry)
        }
      }
      return true
    },
  }
}

/** The values of a range of an array of names that has minima. */
export function ascendingSource(values: Uint32Array, minima: Uint32Array, { from: first, to }: Range): Source {
  return {
    size: Math.max(0, to - first),
    isAscending: true,
    cost: ASCENDING_COST,
    visit: (from, bound, visit) => {
      const ascending = new AscendingValues(values, minima, first, to)
      for (let name = ascending.next(); name >= 0 && name < bound(); name = ascending.next()) {
        if (name >= from && !visit(name)) return false
      }
      return true
    },
  }
}

/** All names. */
function allNames(index: SearchIndex): Source {
  return {
    size: index.nameCount,
    isAscending: true,
    cost: 1,
    visit: (from, bound, visit) => {
      for (let name = from; name < bound(); name++) if (!visit(name)) return false
      return true
    },
  }
}

/**
 * Finds the best entries that have a name in all sources, and match.
 *
 * The names of one source are looked at: of the smallest one, or, where so many names are in all sources that the first ones do,
 * names in ascending order. If that turns out to be wrong, the smallest source takes over; so it costs at most a few times what the
 * best choice would have.
 */
export function findBest(
  index: SearchIndex,
  sources: readonly Source[],
  matches: (name: number) => boolean,
  best: BestEntries,
): void {
  const all = allNames(index)
  const smallest = sources.reduce((a, b) => (costOf(b, index) < costOf(a, index) ? b : a), all)
  if (smallest.size === 0) return
  const share = sources.reduce((product, { size }) => product * Math.min(1, size / index.nameCount), 1)
  const expected = (source: Source) => {
    const own = Math.min(1, source.size / index.nameCount)
    return source.isAscending ? Math.min(source.size, (best.wanted * own) / share) * source.cost : costOf(source, index)
  }
  const chosen = [...sources, all].reduce((a, b) => (expected(b) < expected(a) ? b : a), smallest)
  const visit = (name: number) => {
    if (best.accepts(name) && matches(name)) best.offer(name)
    return true
  }
  const bound = () => best.bound
  if (chosen === smallest) {
    smallest.visit(0, bound, visit)
    return
  }
  let steps = MIN_STEPS + (PATIENCE * costOf(smallest, index)) / chosen.cost
  let next = 0
  const isDone = chosen.visit(0, bound, (name) => {
    next = name + 1
    steps -= 1
    return visit(name) && steps > 0
  })
  if (!isDone) smallest.visit(next, bound, visit)
}

const costOf = ({ size, cost }: Source, index: SearchIndex) => Math.min(size, index.nameCount) * cost
