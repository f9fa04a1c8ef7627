import type { RankingQuery } from './messages.ts'

/** A query counts as expensive if its estimated work is at least this value. A word counts as 1. */
const EXPENSIVE = 6
/** The work of a boost. */
const BOOST_WORK = 0.5
/** The minimum length of a number that may be divided in many ways, and its work. */
const LONG_NUMBER = 8
const LONG_NUMBER_WORK = 6
/** Shorter queries without boosts are never expensive. */
const MIN_LENGTH = 8
/** Text that the search may treat as a word: letters, digits, or a sign that stands for a word. */
const WORD = /[\p{L}\p{M}]+|\p{N}+|&/gu

/**
 * Whether ranking a query may take several times as long as ranking an ordinary one. The actual time depends on the
 * data: a long query is expensive only if no entries begin with it. Cheap to call.
 */
export function mayBeExpensive({ query, options }: RankingQuery): boolean {
  let work = (options?.boosts.length ?? 0) * BOOST_WORK
  if (work === 0 && query.length < MIN_LENGTH) return false
  for (const [word] of query.matchAll(WORD)) {
    work += 1
    if (word.length >= LONG_NUMBER && /^\p{N}/u.test(word)) work += LONG_NUMBER_WORK
  }
  return work >= EXPENSIVE
}
