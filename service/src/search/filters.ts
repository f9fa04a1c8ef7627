import type { SearchIndex } from '../index/search-index.ts'
import type { Boosting } from './best-entries.ts'
import { contextSource, type Source } from './find.ts'
import type { Boost, Context } from './query.ts'

/** The entries that pass the filters of a query: all of them, or those with the same boost factor. */
export interface Part {
  /** The largest factor of the entries. */
  factor: number
  /** The names of the entries. Undefined if the part contains all entries, or all entries without a boost. */
  source: Source | undefined
  /** Whether the part contains an entry. Undefined if it contains all entries. */
  accepts: ((entry: number) => boolean) | undefined
}

/** The parts into which the filters and boosts of a query divide the entries. */
export interface Parts {
  /** All entries that pass the filters, or undefined if no entry passes. */
  all: Part | undefined
  /** The same entries, divided by boost factor, largest first. Within a part, a lower number means a better entry. */
  byFactor: readonly Part[]
  /** The boost factors, or undefined if no entry is boosted. */
  boosting: Boosting | undefined
}

/** Divides entries by the filters and boosts of a query. Each call invalidates the result of the previous one. */
export class ContextParts {
  readonly #index: SearchIndex
  /**
   * For each set of contexts, the number of its part, starting at 1, or 0 if the set is in no part. Cleared before each
   * query.
   */
  readonly #partOfSet: Uint16Array
  #touched: ArrayLike<number>[] = []

  constructor(index: SearchIndex) {
    this.#index = index
    this.#partOfSet = new Uint16Array(Math.max(0, index.arrays.setStarts.length - 1))
  }

  partsOf(filters: readonly Context[], boosts: readonly Boost[]): Parts {
    this.#clear()
    if (filters.length === 0 && boosts.length === 0) return EVERYTHING
    const passing = filters.length > 0 ? passingSets(this.#index, filters) : undefined
    if (passing?.length === 0) return { all: undefined, byFactor: [], boosting: undefined }
    const byFactor = this.#byFactor(passing, boosts)
    if (byFactor.size === 0) {
      if (!passing) return EVERYTHING
      const part = this.#partOf(1, passing, 1)
      return { all: part, byFactor: [part], boosting: undefined }
    }
    return this.#boosted(passing, byFactor)
  }

  /**
   * Groups sets of contexts by boost factor: the passing sets if there are filters, otherwise the boosted sets. Returns
   * an empty map if no set is boosted.
   */
  #byFactor(passing: readonly number[] | undefined, boosts: readonly Boost[]): Map<number, ArrayLike<number>> {
    const [only, ...others] = boosts
    if (only && others.length === 0 && !passing) {
      const sets = setsOf(this.#index, contextOf(this.#index, only.name, only.value))
      return new Map(sets.length > 0 ? [[only.factor, sets]] : [])
    }
    const factors = this.#factors(boosts)
    const byFactor = new Map<number, number[]>()
    if (factors.size === 0) return byFactor
    for (const set of passing ?? factors.keys()) {
      const factor = factors.get(set) ?? 1
      const sets = byFactor.get(factor)
      if (sets) sets.push(set)
      else byFactor.set(factor, [set])
    }
    return byFactor
  }

  #boosted(passing: readonly number[] | undefined, byFactor: ReadonlyMap<number, ArrayLike<number>>): Parts {
    const sorted = [...byFactor].sort(([a], [b]) => b - a)
    const parts = sorted.map(([factor, sets], at) => this.#partOf(at + 1, sets, factor))
    const { setOf } = this.#index.arrays
    const partOfSet = this.#partOfSet
    const partOf = (entry: number) => partOfSet[setOf[entry] as number] as number
    const factorOfPart = [1, ...parts.map(({ factor }) => factor)]
    const factor = Math.max(...factorOfPart)
    const all: Part = passing
      ? { factor, source: contextSource(this.#index, passing), accepts: (entry) => partOf(entry) > 0 }
      : { factor, source: undefined, accepts: undefined }
    if (!passing) parts.push({ factor: 1, source: undefined, accepts: (entry) => partOf(entry) === 0 })
    return { all, byFactor: parts, boosting: { factorOf: (entry) => factorOfPart[partOf(entry)] as number } }
  }

  /** Returns the factor of each set of contexts that is boosted. */
  #factors(boosts: readonly Boost[]): Map<number, number> {
    const factors = new Map<number, number>()
    for (const { name, value, factor } of boosts) {
      for (const set of setsOf(this.#index, contextOf(this.#index, name, value))) {
        factors.set(set, (factors.get(set) ?? 1) * factor)
      }
    }
    return factors
  }

  #partOf(number: number, sets: ArrayLike<number>, factor: number): Part {
    const partOfSet = this.#partOfSet
    for (let at = 0; at < sets.length; at++) partOfSet[sets[at] as number] = number
    this.#touched.push(sets)
    const { setOf } = this.#index.arrays
    return {
      factor,
      source: contextSource(this.#index, sets),
      accepts: (entry) => partOfSet[setOf[entry] as number] === number,
    }
  }

  #clear(): void {
    for (const sets of this.#touched) {
      for (let at = 0; at < sets.length; at++) this.#partOfSet[sets[at] as number] = 0
    }
    this.#touched = []
  }
}

const ALL: Part = { factor: 1, source: undefined, accepts: undefined }
const EVERYTHING: Parts = { all: ALL, byFactor: [ALL], boosting: undefined }
const NONE = new Uint32Array(0)

/** Returns the sets of contexts that contain, for each name in the filters, at least one of its values. */
function passingSets(index: SearchIndex, filters: readonly Context[]): number[] {
  const byName = new Map<string, number[]>()
  for (const { name, value } of filters) {
    const contexts = byName.get(name) ?? []
    const context = contextOf(index, name, value)
    byName.set(name, context === undefined ? contexts : [...contexts, context])
  }
  const groups = [...byName.values()]
  const setCount = (contexts: readonly number[]) =>
    contexts.reduce((sum, context) => sum + setsOf(index, context).length, 0)
  const fewest = groups.reduce((a, b) => (setCount(b) < setCount(a) ? b : a))
  const others = groups.filter((group) => group !== fewest)
  const [only, ...more] = fewest
  if (others.length === 0 && more.length === 0) return [...setsOf(index, only)]
  const passing = new Set<number>()
  for (const context of fewest) {
    for (const set of setsOf(index, context)) if (hasOneOfEach(index, set, others)) passing.add(set)
  }
  return [...passing]
}

function hasOneOfEach({ arrays }: SearchIndex, set: number, groups: readonly (readonly number[])[]): boolean {
  const { setStarts, setContexts } = arrays
  const to = setStarts[set + 1] as number
  return groups.every((group) => {
    for (let at = setStarts[set] as number; at < to; at++) if (group.includes(setContexts[at] as number)) return true
    return false
  })
}

function contextOf(index: SearchIndex, name: string, value: string): number | undefined {
  const { from, to } = index.contexts.equalTo(`${name}:${value}`)
  return from < to ? from : undefined
}

/** Returns the sets that contain a context. */
function setsOf(index: SearchIndex, context: number | undefined): Uint32Array {
  if (context === undefined) return NONE
  const { contextSets, contextSetStarts } = index.arrays
  return contextSets.subarray(contextSetStarts[context], contextSetStarts[context + 1])
}
