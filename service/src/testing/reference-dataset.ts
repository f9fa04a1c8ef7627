/** The reference for datasets: selects, scores, and sorts entries under the rules in docs/matching.md, "Terms". */
import type { Entry } from '../dataset/entries.ts'
import { spelling } from '../text/spelling.ts'
import { compareCodeUnits } from '../text/strings.ts'
import { type Parsed, parse } from './reference-words.ts'

/** The settings of a dataset. See docs/matching.md, "Settings of a dataset". */
export interface ReferenceSettings {
  infix: boolean
  correct: 'letters' | 'digits' | 'off'
  exact: 'first' | 'score'
}

export interface ReferenceOptions {
  /** Halves an entry's score for every period of this many days before the newest date. By default, ignores dates. */
  halfLifeDays?: number
  settings?: Partial<ReferenceSettings>
}

/** The text of an entry, or one of its aliases. Each is matched separately. */
export interface Name extends Parsed {
  isAlias: boolean
}

type Contexts = Record<string, string[]>

/** A row that blocks entries. */
interface Block {
  names: string[]
  contexts: Contexts
}

/** An entry that can be suggested. */
export interface KeptEntry {
  entry: Entry
  spelled: string
  /** The weight, multiplied by the recency. */
  score: number
  names: Name[]
}

/** The data for a search. */
export interface ReferenceDataset {
  /** Sorted by {@link compareEntries}. */
  entries: KeptEntry[]
  meanScore: number
  settings: ReferenceSettings
}

const DEFAULTS: ReferenceSettings = { infix: true, correct: 'letters', exact: 'first' }
const DAY_MS = 86_400_000
/** Number of significant digits in scores that are computed from a date. */
const SCORE_DIGITS = 6

/** Builds a dataset from entries: applies dates, removes duplicates and blocked entries, and sorts the rest. */
export function referenceDataset(rows: readonly Entry[], options: ReferenceOptions = {}): ReferenceDataset {
  const given = rows.filter(({ blocked }) => !blocked)
  const blocks = rows
    .filter(({ blocked }) => blocked)
    .map((row) => ({ names: namesOf(row), contexts: contextsOf(row) }))
  const everywhere = blocks.filter(({ contexts }) => Object.keys(contexts).length === 0).flatMap(({ names }) => names)
  const newest = given.reduce((latest, { updated = latest }) => Math.max(latest, updated), Number.NEGATIVE_INFINITY)
  const sorted = given
    .map((entry) => {
      const spelled = spellingOf(entry.text)
      const score = scoreOf(entry, newest, options.halfLifeDays)
      return { entry, spelled, score, names: parsedNames(entry, everywhere) }
    })
    .sort(compareEntries)
  const allowed = firstOfEach(sorted, ({ entry, spelled }) => `${spelled}\n${contextsKey(entry)}`)
    .map((kept) => ({ kept, parts: partsOf(kept, blocks) }))
    .filter(({ parts }) => parts.length > 0)
  const total = allowed.reduce((sum, { kept }) => sum + kept.score, 0)
  return {
    entries: allowed.flatMap(({ parts }) => parts).sort(compareEntries),
    meanScore: total / allowed.length,
    settings: { ...DEFAULTS, ...options.settings },
  }
}

/**
 * "Order: pinned entries first, then by descending score. Entries with equal scores are sorted by spelling, then by
 * text, then by contexts, in the order of UTF-16 code units."
 */
export function compareEntries(
  a: Pick<KeptEntry, 'entry' | 'spelled' | 'score'>,
  b: Pick<KeptEntry, 'entry' | 'spelled' | 'score'>,
): number {
  return (
    Number(b.entry.pinned ?? false) - Number(a.entry.pinned ?? false) ||
    b.score - a.score ||
    compareCodeUnits(a.spelled, b.spelled) ||
    compareCodeUnits(a.entry.text, b.entry.text) ||
    compareCodeUnits(contextsText(a.entry), contextsText(b.entry)) ||
    b.entry.weight - a.entry.weight ||
    compareCodeUnits(restOf(a.entry), restOf(b.entry))
  )
}

/** Returns the contexts as sorted lines. */
const contextsText = (entry: Pick<Entry, 'contexts'>) =>
  Object.entries(contextsOf(entry))
    .flatMap(([name, values]) => values.map((value) => `${name}:${value}`))
    .sort()
    .join('\n')

const restOf = ({ payload, aliases, updated }: Entry) =>
  JSON.stringify([payload ?? null, aliases ?? [], updated ?? null])

/** "it blocks entries only in those contexts" */
function partsOf(kept: KeptEntry, blocks: readonly Block[]): KeptEntry[] {
  return blocks
    .filter(({ names }) => names.includes(kept.spelled))
    .toSorted((a, b) => compareCodeUnits(contextsText(a), contextsText(b)))
    .reduce((parts, { contexts }) => parts.flatMap((part) => splitBy(contexts, part)), [contextsOf(kept.entry)])
    .map((contexts) => ({ ...kept, entry: { ...kept.entry, contexts } }))
}

/**
 * "The row's contexts are processed in alphabetical order, and each creates at most one new entry: For the context
 * being processed, the new entry keeps only the values that the row does not list. For the contexts processed before,
 * the new entry keeps only the values that the row lists."
 */
function splitBy(blocked: Contexts, part: Contexts): Contexts[] {
  const listed = (name: string) => (part[name] ?? []).filter((value) => blocked[name]?.includes(value))
  const names = Object.keys(blocked).sort()
  if (names.some((name) => !Object.hasOwn(part, name) || listed(name).length === 0)) return [part]
  return names
    .map((name, at) => ({
      ...part,
      ...Object.fromEntries(names.slice(0, at).map((before) => [before, listed(before)])),
      [name]: (part[name] ?? []).filter((value) => !listed(name).includes(value)),
    }))
    .filter((left) => names.every((name) => left[name]?.length))
}

/**
 * Returns the combinations of context values for which an entry is suggested. Each has one value for each of the
 * entry's contexts. An entry without contexts has a single, empty combination.
 */
export function combinationsOf(entry: Entry): Record<string, string>[] {
  let combinations: Record<string, string>[] = [{}]
  for (const [name, values] of Object.entries(contextsOf(entry))) {
    combinations = combinations.flatMap((combination) => values.map((value) => ({ ...combination, [name]: value })))
  }
  return combinations
}

/** Returns the spelling of an entry or alias. Unlike the spelling of a query, it does not keep a space at the end. */
const spellingOf = (text: string) => spelling(text).trimEnd()

function scoreOf({ weight, updated }: Entry, newest: number, halfLifeDays: number | undefined): number {
  if (halfLifeDays === undefined || updated === undefined) return weight
  const recency = 2 ** ((updated - newest) / DAY_MS / halfLifeDays)
  return recency === 1 ? weight : Number((weight * recency).toPrecision(SCORE_DIGITS))
}

const namesOf = ({ text, aliases = [] }: Entry) => [text, ...aliases].map(spellingOf)

/** Returns the contexts of an entry, without those that have no values. */
const contextsOf = ({ contexts = {} }: Pick<Entry, 'contexts'>): Contexts =>
  Object.fromEntries(Object.entries(contexts).filter(([, values]) => values.length > 0))

/** Returns a key that is equal for equal contexts, regardless of the order of names and values, and of repetitions. */
const contextsKey = (entry: Entry) =>
  JSON.stringify(
    Object.entries(contextsOf(entry))
      .map(([name, values]) => [name, [...new Set(values)].sort()] as const)
      .sort(([a], [b]) => compareCodeUnits(a, b)),
  )

function firstOfEach<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const seen = new Set<string>()
  return items.filter((item) => {
    const key = keyOf(item)
    const isFirst = !seen.has(key)
    seen.add(key)
    return isFirst
  })
}

/**
 * Returns the names of an entry, beginning with its text.
 * @param blocked names that are blocked everywhere; they are removed from the aliases
 */
function parsedNames(entry: Entry, blocked: readonly string[]): Name[] {
  const [text, ...aliases] = namesOf(entry)
  const names = aliases.filter((alias) => alias !== '' && !blocked.includes(alias))
  return [{ ...parse(text as string), isAlias: false }, ...names.map((alias) => ({ ...parse(alias), isAlias: true }))]
}
