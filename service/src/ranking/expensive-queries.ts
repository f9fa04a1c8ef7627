import type { RankingQuery } from './messages.ts'

/** Queries with at least this much estimated work may be expensive. Each word counts as 1. */
const EXPENSIVE = 10
/** The estimated work that a boost adds. */
const BOOST_WORK = 0.25
/** Queries with fewer UTF-16 code units than this are never expensive. */
const MIN_LENGTH = 8
/** Text that the search may treat as a word: letters, digits, or the sign `&`, which stands for a word. */
const WORD = /[\p{L}\p{M}]+|\p{N}+|&/gu

/**
 * Whether ranking a query may take several times as long as ranking an ordinary one. The actual time also depends on
 * the data: long queries are expensive only if no entries begin with them. The estimate counts words and boosts, but
 * not letters, because pasted titles and scanned barcodes are ordinary queries. This check is cheap.
 */
export function mayBeExpensive({ query, options }: RankingQuery): boolean {
  if (query.length < MIN_LENGTH) return false
  const words = query.match(WORD)?.length ?? 0
  return words + (options?.boosts.length ?? 0) * BOOST_WORK >= EXPENSIVE
}
