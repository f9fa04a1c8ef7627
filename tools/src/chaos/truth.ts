import { buildDataset, type Dataset } from '../../../service/src/dataset/build.ts'
import type { Entry } from '../../../service/src/dataset/entries.ts'
import { randomFrom } from '../bench/load.ts'

const LETTERS = 'abdefgiklmnoprstu'
const MIN_LENGTH = 4
const MAX_LENGTH = 9
/** Weights lie within a factor of ten of their mean, so that nothing is rare and only what begins with a query answers it. */
const MIN_WEIGHT = 10_000
/** Beginnings of words up to this length are asked for. */
const MAX_PREFIX = 4

/** A dataset with the right answer to every query that is asked of it: by a plain sort, which knows nothing of how the service does it. */
export class Truth {
  readonly dataset: Dataset
  readonly #entries: readonly Entry[]
  /** What begins with a prefix, best first; it takes long to find. */
  readonly #sorted = new Map<string, Entry[]>()

  constructor(entries: readonly Entry[]) {
    this.#entries = entries
    this.dataset = buildDataset(entries)
  }

  get version(): string {
    return this.dataset.meta.version
  }

  /** The body of the right answer. */
  bodyOf(query: string, limit: number): string {
    let sorted = this.#sorted.get(query)
    if (!sorted) {
      sorted = this.#entries.filter(({ text }) => text.startsWith(query)).sort((a, b) => b.weight - a.weight)
      this.#sorted.set(query, sorted)
    }
    const suggestions = sorted.slice(0, limit).map(({ text, weight }) => ({ text, score: weight }))
    return JSON.stringify({ query, suggestions, version: this.version })
  }
}

/** Words that nobody speaks, each once. */
export function makeWords(count: number, random: () => number): string[] {
  const words = new Set<string>()
  const letter = () => LETTERS[Math.floor(random() * LETTERS.length)]
  while (words.size < count) {
    const length = MIN_LENGTH + Math.floor(random() * (MAX_LENGTH - MIN_LENGTH + 1))
    words.add(Array.from({ length }, letter).join(''))
  }
  return [...words]
}

/** The words with weights of which no two are equal, in an order that the seed decides: so two seeds have different answers to one query. */
export function weighted(words: readonly string[], seed: number): Entry[] {
  const random = randomFrom(seed)
  return words
    .map((text) => ({ text, by: random() }))
    .sort((a, b) => a.by - b.by)
    .map(({ text }, at) => ({ text, weight: MIN_WEIGHT + at }))
}

/** All beginnings of the words that are asked for. */
export function prefixesOf(words: readonly string[]): string[] {
  const lengths = Array.from({ length: MAX_PREFIX }, (_, at) => at + 1)
  return [...new Set(words.flatMap((word) => lengths.map((length) => word.slice(0, length))))]
}
