import type { SearchIndex } from '../index/search-index.ts'
import { BestEntries } from './best-entries.ts'
import type { Part, Parts } from './filters.ts'
import { findBest, type Matches, type Source } from './find.ts'
import type { FoundMatch, Match } from './query.ts'
import type { Requirement, Screen } from './screen.ts'

/**
 * Searches do not divide names by boost factor if a source has at most this many names, or at most as many names as
 * have the highest boost factor. Visiting all names of such a source once takes less time.
 */
const MAX_UNDIVIDED = 500

/**
 * Finds the best entries that match and have a name in all sources.
 * @param requirements every match meets at least one of these; undefined if unknown
 */
export type Find = (sources: readonly Source[], matches: Matches, requirements?: readonly Requirement[]) => void

/** Collects the entries of an answer by kind of match. */
export class Collector {
  readonly found: FoundMatch[] = []
  /** Entries with a lower score are ignored. */
  minScore = 0
  readonly #index: SearchIndex
  readonly #screen: Screen
  readonly #parts: Parts
  readonly #limit: number
  readonly #taken = new Set<number>()

  constructor(index: SearchIndex, screen: Screen, parts: Parts, limit: number) {
    this.#index = index
    this.#screen = screen
    this.#parts = parts
    this.#limit = limit
  }

  /** Whether neither filters nor boosts affect the result. */
  get isUnfiltered(): boolean {
    const { all, boosting } = this.#parts
    return !boosting && !all?.source && !all?.accepts
  }

  /** The number of entries that are still wanted. */
  get left(): number {
    return this.#limit - this.found.length
  }

  /** Adds the best entries of several searches whose results are sorted together. */
  collect(match: Match, findAll: (find: Find) => void): void {
    if (this.left === 0) return
    const { all, byFactor, boosting } = this.#parts
    const index = this.#index
    const end = this.minScore > 0 ? index.endOfScores(false, this.minScore) : index.nameCount
    const best = new BestEntries(index, this.left, this.#taken, boosting, end)
    findAll((sources, matches, requirements = []) => {
      if (sources.some(({ size }) => size === 0)) return
      const mostBoosted = byFactor[0]?.source?.size ?? 0
      const isFew = sources.some(({ size }) => size <= Math.max(MAX_UNDIVIDED, mostBoosted))
      for (const part of isFew ? [all as Part] : byFactor) {
        best.limitFactor(part.factor)
        this.#findAmong(best, sources, { matches, requirements }, part)
      }
    })
    for (const { entry, name, spelling: spelled, score } of best.found) {
      this.#taken.add(spelled)
      const isAlias = match === 'prefix' && name !== this.#index.firstName(entry)
      this.found.push({ entry, name, match: isAlias ? 'alias' : match, score })
    }
  }

  #findAmong(
    best: BestEntries,
    sources: readonly Source[],
    { matches, requirements }: { matches: Matches; requirements: readonly Requirement[] },
    { source, accepts }: Part,
  ): void {
    const index = this.#index
    const minScore = this.minScore
    const { pinnedCount } = index.arrays
    const isPlain = !accepts && (minScore === 0 || pinnedCount === 0)
    const isAccepted = (name: number) => {
      const entry = index.entryOf(name)
      if (accepts && !accepts(entry)) return false
      return (entry >= pinnedCount || (index.arrays.scores[entry] as number) >= minScore) && matches(name)
    }
    const wanted = { matches: isPlain ? matches : isAccepted, screen: this.#screen }
    findBest(index, source ? [...sources, source] : sources, wanted, requirements, best)
  }

  /** Replaces the last entry with another one, unless the answer already contains that entry. */
  replaceLast(match: FoundMatch): void {
    if (this.#taken.has(this.#index.firstSpelled(match.entry))) return
    this.found.pop()
    this.found.push(match)
  }
}
