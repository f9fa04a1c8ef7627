import type { SearchIndex } from '../index/search-index.ts'

/** An entry that was found. */
export interface FoundEntry {
  entry: number
  /** The name by which it was found. */
  name: number
  /** The number of the first entry with its spelling: an answer has only one entry of each spelling. */
  spelling: number
  /** Its score times the boosts. */
  score: number
}

/** What an entry's score is multiplied by, and the most that this can be. */
export interface Boosting {
  factorOf(entry: number): number
  /** Of the entries that are offered now: an entry with a larger factor is offered at another time. */
  max: number
}

/**
 * Keeps the best of the entries that are offered, each spelling once: pinned ones first, then by boosted score, then by number.
 * Entries with a smaller number rank higher where boosts make no difference, so {@link bound} says where to stop.
 */
export class BestEntries {
  readonly #index: SearchIndex
  readonly #wanted: number
  /** Spellings that other matches found. */
  readonly #taken: ReadonlySet<number>
  readonly #boosting: Boosting | undefined
  readonly #found: FoundEntry[] = []
  /** Names from here on cannot be among the best. */
  bound: number

  constructor(index: SearchIndex, wanted: number, taken: ReadonlySet<number>, boosting: Boosting | undefined) {
    this.#index = index
    this.#wanted = wanted
    this.#taken = taken
    this.#boosting = boosting
    this.bound = wanted > 0 ? index.nameCount : 0
  }

  get found(): readonly FoundEntry[] {
    return this.#found
  }

  get wanted(): number {
    return this.#wanted
  }

  /** Whether a name can still be among the best: it is not cheap to find out whether it matches. */
  accepts(name: number): boolean {
    return name < this.bound && (this.#taken.size === 0 || !this.#taken.has(this.#spellingOf(name)))
  }

  /** Takes the entry of a name that matches. */
  offer(name: number): void {
    const index = this.#index
    const entry = index.entryOf(name)
    const spelling = index.firstSpelled(entry)
    if (this.#taken.has(spelling)) return
    const score = (index.arrays.scores[entry] as number) * (this.#boosting?.factorOf(entry) ?? 1)
    const candidate: FoundEntry = { entry, name, spelling, score }
    const found = this.#found
    const same = found.findIndex((other) => other.spelling === spelling)
    if (same >= 0) {
      if (this.#compare(candidate, found[same] as FoundEntry) >= 0) return
      found.splice(same, 1)
    }
    let at = found.length
    while (at > 0 && this.#compare(candidate, found[at - 1] as FoundEntry) < 0) at -= 1
    found.splice(at, 0, candidate)
    if (found.length > this.#wanted) found.pop()
    if (found.length === this.#wanted) this.bound = this.#newBound()
  }

  /** Begins with other entries, whose factor is at most `max`. */
  limitFactor(max: number): void {
    if (!this.#boosting) return
    this.#boosting.max = max
    this.bound = this.#found.length === this.#wanted ? this.#newBound() : this.#index.nameCount
  }

  #spellingOf(name: number): number {
    return this.#index.firstSpelled(this.#index.entryOf(name))
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
    // The first entry whose score, with the largest factor, is too low.
    const { pinnedCount, scores } = index.arrays
    const { max } = this.#boosting
    let low = worst.entry < pinnedCount ? 0 : pinnedCount
    let high = worst.entry < pinnedCount ? pinnedCount : index.entryCount
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((scores[middle] as number) * max < worst.score) high = middle
      else low = middle + 1
    }
    return low === index.entryCount ? index.nameCount : index.firstName(low)
  }
}
