/** What is found out about the quality of suggestions, from the rank of what was meant in every answer. */
import { type Goal, ratioGoal, roundedSpread, toGoal } from '../goals.ts'
import type { Machine } from '../machine.ts'
import { ratioOf, round, type Spread, spreadOf } from '../statistics.ts'
import { type Estimate, estimate, reciprocalRank, type Scores, scoresOf, verdictOf } from './metrics.ts'
import { KINDS, type Kind } from './noise.ts'
import { type Boost, SYSTEMS, type SystemName } from './systems.ts'

/** Longer ones are counted with these. */
export const MAX_LENGTH = 12
/** With fewer words the error of a mean says little, and neither goals nor the plot have the length. */
export const MIN_WORDS = 30
/** As much more may a query cost whose beginning is found when the data has what other queries need. */
const MAX_COST_RATIO = 1.1

/** Where what was meant stands in the answers to one query; 0 where it is not. */
export interface AskedState {
  kind: Kind
  length: number
  /** Which typed word of the sample it belongs to. */
  typing: number
  /** How much it counts among those of all kinds. */
  weight: number
  ranks: Record<SystemName, number>
}

/** All systems for some of the queries. */
export interface Row {
  /** All are those of all kinds, each as often as it is typed. */
  kind: Kind | 'all'
  /** Keys; nothing is all lengths, and the longest are {@link MAX_LENGTH} and more. */
  length: number | null
  queries: number
  /** Typed words that the queries belong to. */
  words: number
  systems: Record<SystemName, Scores>
  /** Mean reciprocal rank of the service, less that of another. */
  differences: Record<OtherName, Estimate>
}
export type OtherName = Exclude<SystemName, 'service'>
export const OTHERS = SYSTEMS.filter((name) => name !== 'service')
export const TITLES: Readonly<Record<SystemName, string>> = {
  service: 'service',
  miniSearch: 'MiniSearch',
  sortedSet: 'sorted set',
}

/** What is asked to find out what a feature costs. */
export const COST_KINDS = [
  'plain',
  'clean',
  'few',
  'halfTyped',
  'initials',
  'mixed',
  'layout',
  'oneEdit',
  'twoEdits',
  'words',
  'filter',
  'filters',
  'boost',
  'highlight',
  'explain',
  'besideAliases',
  'alias',
  'payload',
  'popular',
] as const
export type CostKind = (typeof COST_KINDS)[number]

/** CPU of one kind of query in every round. */
export interface MeasuredCost {
  kind: CostKind
  /** The share of the queries that something is suggested for. */
  answered: number
  measurements: { app: number; redis: number }[]
}

/** CPU microseconds of one query: medians with their range. */
export interface Cost {
  kind: CostKind
  answered: number
  app: Spread
  redis: Spread
  /** App and Redis, to those of a beginning of many in the words alone. */
  ratio: Spread
}

/** What `npm run bench:quality` finds out. */
export interface QualityResult {
  measured: Machine & {
    redis: string
    client: string
    miniSearch: string
    /** Which boost was best for MiniSearch with the tuning sample, and the mean reciprocal rank of each there. */
    boost: Boost
    boosts: Record<Boost, number>
    entries: number
    phrases: number
    typings: number
    queries: number
    rounds: number
    seconds: number
  }
  rows: Row[]
  /** Queries of which the beginning is in the data, and how many of these were answered as by the plain sort. */
  exact: { queries: number; same: number }
  costs: Cost[]
  goals: Goal[]
}

/** Rows for all kinds together and for each, at all lengths and at each. */
export function rowsOf(states: readonly AskedState[]): Row[] {
  return (['all', ...KINDS] as const).flatMap((kind) => {
    const ofKind = kind === 'all' ? states : states.filter((state) => state.kind === kind)
    const lengths = Array.from({ length: MAX_LENGTH }, (_, at) => at + 1)
    return [null, ...lengths].flatMap((length) => {
      const ofLength = length === null ? ofKind : ofKind.filter((state) => bucketOf(state.length) === length)
      return ofLength.length === 0 ? [] : [rowOf(kind, length, ofLength)]
    })
  })
}

const bucketOf = (length: number) => Math.min(length, MAX_LENGTH)

function rowOf(kind: Kind | 'all', length: number | null, states: readonly AskedState[]): Row {
  const ranked = (name: SystemName) => states.map(({ ranks, weight }) => ({ rank: ranks[name], weight }))
  const difference = (name: OtherName) =>
    estimate(
      states.map(({ ranks, weight, typing }) => ({
        value: reciprocalRank(ranks.service) - reciprocalRank(ranks[name]),
        weight,
        cluster: typing,
      })),
    )
  return {
    kind,
    length,
    queries: states.length,
    words: new Set(states.map(({ typing }) => typing)).size,
    systems: byName(SYSTEMS, (name) => rounded(scoresOf(ranked(name)))),
    differences: byName(OTHERS, (name) => rounded(difference(name))),
  }
}

/** Medians of every kind of query, and ratios within a round to a beginning of many in the words alone. */
export function costsOf(measured: readonly MeasuredCost[]): Cost[] {
  const total = (measurements: MeasuredCost['measurements']) => measurements.map(({ app, redis }) => app + redis)
  const plain = measured.find(({ kind }) => kind === 'plain') as MeasuredCost
  return measured.map(({ kind, answered, measurements }) => ({
    kind,
    answered: round(answered, 3),
    app: roundedSpread(spreadOf(measurements.map(({ app }) => app)), 1),
    redis: roundedSpread(spreadOf(measurements.map(({ redis }) => redis)), 1),
    ratio: roundedSpread(ratioOf(total(measurements), total(plain.measurements)), 3),
  }))
}

/** Data with more than the queries hit, by the kind of query that shows what it costs them. */
const DATA_NOT_HIT = { clean: 'phrases and contexts', besideAliases: 'an alias of every word' } satisfies Partial<
  Record<CostKind, string>
>

/** Whether the service does better than each other wherever it is compared, and costs no more where it need not. */
export function goalsOf({ rows, exact, costs }: Pick<QualityResult, 'rows' | 'exact' | 'costs'>): Goal[] {
  const goals: Goal[] = []
  for (const other of OTHERS) {
    goals.push(winGoal(`all kinds together, against ${TITLES[other]}`, ofKind(rows, 'all'), other))
    for (const kind of KINDS)
      goals.push(winGoal(`${KIND_TITLES[kind]}, against ${TITLES[other]}`, ofKind(rows, kind), other))
  }
  goals.push({
    what: 'beginnings that are answered as by a plain sort by weight',
    wanted: 'all',
    measured: `${exact.same} of ${exact.queries}`,
    isReached: exact.queries > 0 && exact.same === exact.queries,
  })
  for (const [kind, data] of Object.entries(DATA_NOT_HIT)) {
    const ratio = costs.find((cost) => cost.kind === kind)?.ratio ?? null
    const what = `CPU of a beginning of ten or more, in data with ${data} to that in the words alone`
    goals.push(toGoal(ratioGoal(what, ratio, 'at most', MAX_COST_RATIO)))
  }
  return goals
}

/** How a kind is called in tables. */
export const KIND_TITLES: Readonly<Record<Kind | 'all', string>> = {
  all: 'all',
  clean: 'beginning',
  halfTyped: 'half-typed Hangul',
  oneEdit: 'one edit',
  twoEdits: 'two edits',
  initials: 'initials',
  mixed: 'initials and syllables',
  hangulOnLatin: 'Korean on the Latin layout',
  latinOnHangul: 'English on the Hangul layout',
}

const ofKind = (rows: readonly Row[], kind: Row['kind']) =>
  rows.filter((row) => row.kind === kind && row.length !== null && row.words >= MIN_WORDS)

function winGoal(what: string, rows: readonly Row[], other: OtherName): Goal {
  const verdicts = rows.map(({ length, differences }) => ({ length, verdict: verdictOf(differences[other]) }))
  const lost = verdicts.filter(({ verdict }) => verdict === 'loses').map(({ length }) => length)
  const won = verdicts.filter(({ verdict }) => verdict === 'wins').length
  return {
    what: `mean reciprocal rank, ${what}`,
    wanted: 'not below at any length',
    measured: `above at ${won}, equal at ${verdicts.length - won - lost.length}${lost.length > 0 ? `, below at length ${lost.join(', ')}` : ''}`,
    isReached: verdicts.length === 0 ? null : lost.length === 0,
  }
}

function byName<Name extends string, T>(names: readonly Name[], value: (name: Name) => T): Record<Name, T> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, T>
}

const rounded = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, round(value as number, 4)])) as T
