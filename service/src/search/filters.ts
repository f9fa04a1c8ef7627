import type { SearchIndex } from '../index/search-index.ts'
import type { Context } from './query.ts'

/** Which entries filters let pass. */
export interface ContextFilter {
  /** Sets of contexts that contain all entries that pass; undefined if all do. */
  sets: readonly number[] | undefined
  accepts(entry: number): boolean
}

const ALL: ContextFilter = { sets: undefined, accepts: () => true }

/**
 * The filter of contexts: entries must have all of the names, of each name one of the values.
 * @returns undefined if no entry passes
 */
export function filterOf(index: SearchIndex, filters: readonly Context[]): ContextFilter | undefined {
  if (filters.length === 0) return ALL
  const byName = new Map<string, number[]>()
  for (const { name, value } of filters) {
    const { from, to } = index.contexts.equalTo(`${name}:${value}`)
    const contexts = byName.get(name) ?? []
    byName.set(name, from < to ? [...contexts, from] : contexts)
  }
  const groups = [...byName.values()]
  if (groups.some((contexts) => contexts.length === 0)) return undefined
  const { setOf, setStarts, setContexts } = index.arrays
  const accepts = (entry: number) => {
    const set = setOf[entry] as number
    const from = setStarts[set] as number
    const to = setStarts[set + 1] as number
    return groups.every((contexts) => {
      for (let at = from; at < to; at++) if (contexts.includes(setContexts[at] as number)) return true
      return false
    })
  }
  const setsOfGroups = groups.map((contexts) => [...new Set(contexts.flatMap((context) => setsOf(index, context)))])
  const size = (sets: readonly number[]) => sets.reduce((sum, set) => sum + entriesOf(index, set), 0)
  const rarest = setsOfGroups.reduce((a, b) => (size(b) < size(a) ? b : a))
  const passing = rarest.filter((set) => entriesOf(index, set) > 0 && setPasses(index, set, groups))
  return passing.length === 0 ? undefined : { sets: passing, accepts }
}

/** The sets that hold a context. */
export function setsOf(index: SearchIndex, context: number): number[] {
  const { contextSets, contextSetStarts } = index.arrays
  return [...contextSets.subarray(contextSetStarts[context], contextSetStarts[context + 1])]
}

function entriesOf({ arrays: { setEntryStarts } }: SearchIndex, set: number): number {
  return (setEntryStarts[set + 1] as number) - (setEntryStarts[set] as number)
}

function setPasses({ arrays }: SearchIndex, set: number, groups: readonly number[][]): boolean {
  const contexts = arrays.setContexts.subarray(arrays.setStarts[set], arrays.setStarts[set + 1])
  return groups.every((group) => group.some((context) => contexts.includes(context)))
}
