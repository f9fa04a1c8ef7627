import type { SearchIndex } from '../index/search-index.ts'

/** An entry that matches a query. */
export interface FoundEntry {
  entry: number
  /** The name that matches. */
  name: number
  /** The number of the first entry with the same spelling. An answer contains only one entry per spelling. */
  spelling: number
  /** The entry's score multiplied by its boosts. */
  score: number
}

/** The boost factors of the current query. */
export interface Boosting {
  factorOf(entry: number): number
}

/**
 * Keeps the best of the offered entries, one per spelling: pinned entries first, then by boosted score, then by number.
 * With equal boosts, a smaller number means a higher rank, so callers can stop at {@link bound}.
 */
export class BestEntries {
  readonly #index: SearchIndex
  readonly #wanted: number
  /** Spellings that were found by earlier kinds of match. */
  readonly #taken: ReadonlySet<number>
  readonly #boosting: Boosting | undefined
  /** Names with this number or a higher one are ignored. */
  readonly #end: number
  readonly #found: FoundEntry[] = []
  /** The largest factor of the entries that are currently offered. */
  #maxFactor = 1
  /** Names with this number or a higher one cannot be among the best. */
  bound: number

  constructor(
    index: SearchIndex,
    wanted: number,
    taken: ReadonlySet<number>,
    boosting: Boosting | undefined,
    end = index.nameCount,
  ) {
    this.#index = index
    this.#wanted = wanted
    this.#taken = taken
    this.#boosting = boosting
    this.#end = end
    this.bound = wanted > 0 ? end : 0
  }

  get found(): readonly FoundEntry[] {
    return this.#found
  }

  get wanted(): number {
    return this.#wanted
  }

  /** Offers the entry of a matching name. */
  offer(name: number): void {
    const index = this.#index
    const entry = index.entryOf(name)
    const spelling = index.firstSpelled(entry)
    if (this.#taken.has(spelling)) return
    const score = (index.arrays.scores[entry] as number) * (this.#boosting?.factorOf(entry) ?? 1)
    const candidate: FoundEntry = { entry, name, spelling, score }
    const found = this.#found
    let same = found.length - 1
    while (same >= 0 && (found[same] as FoundEntry).spelling !== spelling) same -= 1
    if (same >= 0) {
      if (this.#compare(candidate, found[same] as FoundEntry) >= 0) return
      found.splice(same, 1)
    }
    let at = found.length
    while (at > 0 && this.#compare(candidate, found[at - 1] as FoundEntry) < 0) at -= 1
    if (at === found.length) found.push(candidate)
    else found.splice(at, 0, candidate)
    if (found.length > this.#wanted) found.pop()
    if (found.length === this.#wanted) this.bound = this.#newBound()
  }

  /** Announces that the entries offered from now on have a factor of at most `max`. */
  limitFactor(max: number): void {
    this.#maxFactor = max
    if (this.#boosting) this.bound = this.#found.length === this.#wanted ? this.#newBound() : this.#end
  }

  #compare(a: FoundEntry, b: FoundEntry): number {
    if (!this.#boosting) return a.entry - b.entry || a.name - b.name
    const { pinnedCount } = this.#index.arrays
    const pinned = Number(b.entry < pinnedCount) - Number(a.entry < pinnedCount)
    return pinned || b.score - a.score || a.entry - b.entry || a.name - b.name
  }

  #newBound(): number {
    const index = this.#index
    const worst = this.#found.at(-1)
    if (!worst) return 0
    if (!this.#boosting) return index.firstName(worst.entry) + 1
    const max = this.#maxFactor
    return Math.min(this.#end, index.endOfScores(worst.entry < index.arrays.pinnedCount, worst.score, max))
  }
}
