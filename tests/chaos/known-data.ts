import { buildDataset, type Dataset } from '../../service/src/dataset/build.ts'
import type { Entry } from '../../service/src/dataset/entries.ts'
import { randomFrom } from '../../tools/support/random.ts'

const LETTERS = 'abdefgiklmnoprstu'
const MIN_LENGTH = 4
const MAX_LENGTH = 9
/** Minimum weight. It makes all weights similar, so no entry counts as rare, and no query is corrected. */
const MIN_WEIGHT = 10_000
/** Minimum length of a query that is also found inside words. */
const MIN_INFIX = 3
/** Maximum length of a prefix that users query. */
const MAX_PREFIX = 4

/**
 * A dataset with the correct answer to every query, found by sorting: the entry that equals the query, then entries that
 * begin with it, then entries that contain it. No other rule of docs/matching.md applies to these words. A test
 * compares these answers with those of the reference search, which is too slow to run for every query.
 */
export class KnownData {
  readonly dataset: Dataset
  readonly #entries: readonly Entry[]
  readonly #values: ReadonlyMap<string, string | Buffer>
  /** A cache of all entries that match a query, best first, because finding them is slow. */
  readonly #sorted = new Map<string, Entry[]>()

  constructor(entries: readonly Entry[]) {
    this.#entries = entries.toSorted((a, b) => b.weight - a.weight)
    this.dataset = buildDataset(entries)
    this.#values = new Map(this.dataset.keys())
  }

  get version(): string {
    return this.dataset.meta.version
  }

  /** Returns the value of a key of the dataset. */
  valueOf(key: string): string | Buffer {
    return this.#values.get(key) as string | Buffer
  }

  /** Returns the body of the correct answer. */
  bodyOf(query: string, limit: number): string {
    let sorted = this.#sorted.get(query)
    if (!sorted) {
      sorted = this.#find(query)
      this.#sorted.set(query, sorted)
    }
    const suggestions = sorted.slice(0, limit).map(({ text, weight }) => ({ text, score: weight }))
    return JSON.stringify({ query, suggestions, version: this.version })
  }

  #find(query: string): Entry[] {
    const maxPosition = query.length < MIN_INFIX ? 0 : Number.POSITIVE_INFINITY
    const positions = this.#entries.map((entry) => ({ entry, position: entry.text.indexOf(query) }))
    const found = positions.filter(({ position }) => position >= 0 && position <= maxPosition)
    const rank = ({ entry, position }: (typeof found)[number]) => (entry.text === query ? 0 : position === 0 ? 1 : 2)
    return found.sort((a, b) => rank(a) - rank(b)).map(({ entry }) => entry)
  }
}

/** Returns invented words, all different. */
export function makeWords(count: number, random: () => number): string[] {
  const words = new Set<string>()
  const letter = () => LETTERS[Math.floor(random() * LETTERS.length)]
  while (words.size < count) {
    const length = MIN_LENGTH + Math.floor(random() * (MAX_LENGTH - MIN_LENGTH + 1))
    words.add(Array.from({ length }, letter).join(''))
  }
  return [...words]
}

/**
 * Assigns different weights to the words, in an order that depends on the seed. The answers depend on the seed, too.
 */
export function weighted(words: readonly string[], seed: number): Entry[] {
  const random = randomFrom(seed)
  return words
    .map((text) => ({ text, by: random() }))
    .sort((a, b) => a.by - b.by)
    .map(({ text }, at) => ({ text, weight: MIN_WEIGHT + at }))
}

/** Returns all prefixes that users query. */
export function prefixesOf(words: readonly string[]): string[] {
  const lengths = Array.from({ length: MAX_PREFIX }, (_, at) => at + 1)
  return [...new Set(words.flatMap((word) => lengths.map((length) => word.slice(0, length))))]
}
