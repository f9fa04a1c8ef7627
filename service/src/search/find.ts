import { AscendingValues } from '../index/range-minimum.ts'
import type { SearchIndex } from '../index/search-index.ts'
import type { Range } from '../index/string-table.ts'
import type { BestEntries } from './best-entries.ts'
import type { Requirement, Screen } from './screen.ts'
import type { WordSet } from './word-set.ts'

/** Tests whether a name matches. */
export type Matches = (name: number) => boolean

/** The tests that a name must pass. */
export interface Wanted {
  matches: Matches
  /** A fast test that rejects most names that do not match. */
  screen: Screen
}

/** A set of names that includes all matches. */
export interface Source {
  /** An upper bound on the number of names. */
  size: number
  /** Whether names are visited in ascending order, so that the search can stop at the first name beyond the bound. */
  isAscending: boolean
  /** Whether to use this source without comparing costs, because it visits the best names first and can stop early. */
  isSufficient?: boolean
  /** The cost of visiting a name, relative to visiting names in numerical order. */
  cost: number
  /**
   * Offers the matching names from `from` up to the bound of `best`. Ascending sources stop after `steps` names.
   * @returns the name to continue from, or {@link DONE}
   */
  offer(best: BestEntries, wanted: Wanted, from: number, steps: number): number
}

export const DONE = -1

/** Measured cost of visiting a name at a scattered position in memory, relative to visiting names one after another. */
const POSTING_COST = 1.5
/** The same for a name that a heap yields. */
const ASCENDING_COST = 6
/** The search switches from an ascending source to the smallest one at this many times the expected cost. */
const MAX_TIMES_EXPECTED = 4
/** The search also switches at this many times the cost of the smallest source. */
const MAX_TIMES_SMALLEST = 1
/** The minimum number of names to visit before a switch. */
const MIN_STEPS = 256
/** Ranges up to this size are faster to scan than to read through a heap. */
export const SMALL_RANGE = 32

/** The names that contain any word of a set. */
export function wordSource(index: SearchIndex, words: WordSet): Source {
  return {
    size: words.size,
    isAscending: false,
    cost: POSTING_COST,
    offer: (best, wanted, from) => {
      for (const range of words.ranges) offerPostings(index, range, best, wanted, from)
      return DONE
    },
  }
}

function offerPostings(
  index: SearchIndex,
  { from: first, to: end }: Range,
  best: BestEntries,
  { matches, screen }: Wanted,
  from: number,
): void {
  const { postings, postingStarts } = index.arrays
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
      if (name >= best.bound) break
      if (name >= from && screen.canMatch(name) && matches(name)) best.offer(name)
    }
  }
}

/**
 * The names with a word that contains a part. Words of the best names come first, so the search can stop early.
 * @param tried words that were already tried
 */
export function partSource(index: SearchIndex, part: string, tried: Range): Source {
  return {
    size: Number.POSITIVE_INFINITY,
    isAscending: false,
    isSufficient: true,
    cost: 0,
    offer: (best, wanted, from) => {
      index.grams.visitWordsWith(
        part,
        (word) => best.bound < index.nameCount && index.firstNameWith(word) >= best.bound,
        (word) => {
          if (word < tried.from || word >= tried.to)
            offerPostings(index, { from: word, to: word + 1 }, best, wanted, from)
        },
      )
      return DONE
    },
  }
}

/** The names of the entries that have one of the given sets of contexts. */
export function contextSource(index: SearchIndex, sets: ArrayLike<number>): Source {
  const { setEntries, setEntryStarts, entryOf } = index.arrays
  let size = 0
  for (let at = 0; at < sets.length; at++) {
    const set = sets[at] as number
    size += (setEntryStarts[set + 1] as number) - (setEntryStarts[set] as number)
  }
  return {
    size,
    isAscending: false,
    cost: POSTING_COST,
    offer: (best, { matches, screen }, from) => {
      for (let place = 0; place < sets.length; place++) {
        const set = sets[place] as number
        const end = setEntryStarts[set + 1] as number
        for (let at = setEntryStarts[set] as number; at < end; at++) {
          const entry = setEntries[at] as number
          let name = index.firstName(entry)
          if (name >= best.bound) break
          do {
            if (name >= from && screen.canMatch(name) && matches(name)) best.offer(name)
            name += 1
          } while (entryOf.length > 0 && entryOf[name] === entry)
        }
      }
      return DONE
    },
  }
}

/** The names in a range of an array, in ascending order. Needs the minima of the array. */
export function ascendingSource(values: Uint32Array, minima: Uint32Array, { from: first, to }: Range): Source {
  return {
    size: Math.max(0, to - first),
    isAscending: true,
    cost: ASCENDING_COST,
    offer: (best, { matches, screen }, from, steps) => {
      if (to - first <= SMALL_RANGE) {
        for (let at = first; at < to; at++) {
          const name = values[at] as number
          if (name >= from && name < best.bound && screen.canMatch(name) && matches(name)) best.offer(name)
        }
        return DONE
      }
      const ascending = new AscendingValues(values, minima, first, to)
      let left = steps
      for (let name = ascending.next(); name >= 0 && name < best.bound; name = ascending.next()) {
        if (left-- <= 0) return name
        if (name >= from && screen.canMatch(name) && matches(name)) best.offer(name)
      }
      return DONE
    },
  }
}

function allNames(index: SearchIndex): Source {
  return {
    size: index.nameCount,
    isAscending: true,
    cost: 1,
    offer: (best, { matches, screen }, from, steps) => {
      const end = from + steps
      for (let name = from; name < best.bound; name++) {
        if (name >= end) return name
        if (screen.canMatch(name) && matches(name)) best.offer(name)
      }
      return DONE
    },
  }
}

/**
 * Finds the best entries that match and have a name in all sources.
 *
 * Visits only the names of one source: the one with the lowest expected cost. This may be an ascending source that is
 * not the smallest one, because the search can stop there once it has found enough matches. If that takes much longer
 * than expected, the search switches to the smallest source. A wrong estimate therefore costs at most a few times as
 * much as the best choice.
 * @param requirements every match meets at least one of these; empty if unknown
 */
export function findBest(
  index: SearchIndex,
  sources: readonly Source[],
  wanted: Wanted,
  requirements: readonly Requirement[],
  best: BestEntries,
): void {
  const simple = sources.find(({ size, isSufficient }) => isSufficient || size <= SMALL_RANGE)
  if (simple) {
    simple.offer(best, wanted, 0, Number.POSITIVE_INFINITY)
    return
  }
  const { screen } = wanted
  const all = allNames(index)
  const smallest = sources.reduce((a, b) => (costOf(b, index) < costOf(a, index) ? b : a), all)
  if (smallest.size === 0) return
  const share = sources.reduce((product, { size }) => product * Math.min(1, size / index.nameCount), 1)
  const namesOf = (source: Source) => {
    const own = Math.min(1, source.size / index.nameCount)
    return source.isAscending
      ? Math.min(source.size, (best.wanted * own) / share)
      : Math.min(source.size, index.nameCount)
  }
  const expected = (source: Source) => namesOf(source) * source.cost
  const chosen = [...sources, all].reduce((a, b) => (expected(b) < expected(a) ? b : a), smallest)
  try {
    screen.begin(requirements, namesOf(chosen))
    if (chosen === smallest) {
      smallest.offer(best, wanted, 0, Number.POSITIVE_INFINITY)
      return
    }
    const most = Math.min(MAX_TIMES_EXPECTED * expected(chosen), MAX_TIMES_SMALLEST * costOf(smallest, index))
    const next = chosen.offer(best, wanted, 0, MIN_STEPS + most / chosen.cost)
    if (next === DONE) return
    screen.begin(requirements, smallest.size)
    smallest.offer(best, wanted, next, Number.POSITIVE_INFINITY)
  } finally {
    screen.end()
  }
}

const costOf = ({ size, cost }: Source, index: SearchIndex) => Math.min(size, index.nameCount) * cost
