import { bundledWords } from '../../service/src/dataset/words.ts'
import { lineChart } from '../charts.ts'
import { type Bench, type Row, rowOf, rowsOf, type Subject } from '../harness.ts'
import { startBenchStack, UNCACHED } from '../stack.ts'
import { type Column, figure, tableOf, titles } from '../tables.ts'
import { estimate, rankOf, reciprocalRank, scoresOf } from './metrics.ts'
import { KINDS, type Kind, MIXTURE, type Noise, SEEDS, sampleTypings, type Typing, targetsOf } from './noise.ts'
import {
  type Ask,
  askService,
  keyedEntries,
  MINISEARCH,
  miniSearch,
  SYSTEMS,
  type SystemName,
  sortedSet,
} from './systems.ts'

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 1,
  /** The number of words for each kind of noise. */
  typings: 1000,
  /** The seed of the sample. Only published figures use this one. */
  seed: SEEDS.report as number,
}
type QualityEffort = typeof FULL

/** The number of concurrent queries. */
const CONCURRENCY = 16
/** Longer queries count as queries of this length, in keys. */
const MAX_LENGTH = 12
/**
 * The minimum number of words for a length to appear in a plot. With fewer words, the error of a mean is unreliable.
 */
const MIN_WORDS = 30
const NAMES = Object.keys(SYSTEMS) as SystemName[]
const OTHERS = ['miniSearch', 'sortedSet'] as const

const KIND_TITLES: Readonly<Record<Kind | 'all', string>> = {
  all: 'all',
  clean: 'prefix',
  halfTyped: 'half-typed Hangul',
  oneEdit: 'one edit',
  twoEdits: 'two edits',
  initials: 'initials',
  mixed: 'initials and syllables',
  hangulOnLatin: 'Korean on the Latin layout',
  latinOnHangul: 'English on the Hangul layout',
}

const SCORES = NAMES.flatMap((name): Column[] => [
  figure(`${SYSTEMS[name]} MRR`, `${name}.mrr`, 3),
  ...[1, 3, 10].map((depth) => figure(`at ${depth}, %`, `${name}.hits${depth}`, 1, 0.01)),
])
const DIFFERENCES = OTHERS.map(
  (name): Column => [
    `service − ${SYSTEMS[name]}`,
    ({ values }) => `${only(values, `${name}.difference`).toFixed(3)} ± ${only(values, `${name}.error`).toFixed(3)}`,
  ],
)
const KEYS: Column = ['keys typed', ({ labels: { length } }) => (length === MAX_LENGTH ? `${length}+` : `${length}`)]
const QUERIES = figure('queries', 'queries', 0)

/** Compares the quality of suggestions for typed text with other systems. */
export const quality: Subject<QualityEffort> = {
  name: 'quality',
  summary: 'suggestions for mistyped words, compared with MiniSearch and a sorted set; 1 minute',
  full: FULL,
  quick: { typings: 15, seed: SEEDS.tuning },
  measure: measureQuality,
  tables: ({ rows }) => {
    const columns = [QUERIES, ...SCORES, ...DIFFERENCES]
    const kinds = rowsOf(rows, 'rank', { length: 'all' }).filter(({ labels }) => labels.kind !== 'all')
    return {
      'quality-lengths': tableOf(rowsOf(rows, 'rank', { kind: 'all' }), [KEYS, ...columns]),
      'quality-kinds': tableOf(kinds, [titles('typed'), ...columns]),
    }
  },
  charts: ({ rows }) => {
    const points = comparable(rows).flatMap(({ title, labels, values }) =>
      NAMES.map((name) => ({
        panel: title,
        series: SYSTEMS[name],
        x: labels.length as number,
        y: only(values, `${name}.mrr`),
      })),
    )
    const title = 'Mean reciprocal rank of the meant word, by keys typed'
    return { quality: lineChart({ title, x: 'keys typed', y: 'mean reciprocal rank', columns: 3 }, points) }
  },
}

/** Returns the value of a figure that has only one value, because it is not measured in rounds. */
const only = (values: Row['values'], name: string): number => values[name]?.[0] as number

/** Returns the rows that have enough words, without those that combine all lengths. */
const comparable = (rows: readonly Row[]) =>
  rowsOf(rows, 'rank').filter(({ labels, values }) => labels.length !== 'all' && only(values, 'words') >= MIN_WORDS)

async function measureQuality(bench: Bench<QualityEffort>): Promise<Row[]> {
  const { effort, facts, progress, signal } = bench
  const words = await bundledWords()
  const entries = keyedEntries(words)
  const stack = await startBenchStack(bench, UNCACHED)
  progress.step('filling MiniSearch')
  const asks: Record<SystemName, Ask> = {
    service: askService(stack.url),
    miniSearch: miniSearch(entries),
    sortedSet: sortedSet(entries),
  }
  const typings = sampleTypings(targetsOf(words), effort.typings, effort.seed)
  const queries = [...new Set(typings.flatMap(({ states }) => states.map(({ text }) => text)))]
  const answers = {} as Answers
  for (const name of NAMES) {
    progress.step(`sending ${queries.length} queries to ${SYSTEMS[name]}`)
    answers[name] = await askAll(asks[name], queries, signal)
  }
  const counts = { entries: stack.entries, 'words for each noise': effort.typings, queries: queries.length }
  Object.assign(facts, { MiniSearch: MINISEARCH, ...counts })
  return rankRows(typings, answers)
}

/** The answers of every system by query. */
type Answers = Record<SystemName, ReadonlyMap<string, string[]>>

/** Sends every query once, several at a time. */
async function askAll(ask: Ask, queries: readonly string[], signal: AbortSignal): Promise<Map<string, string[]>> {
  const answers = new Map<string, string[]>()
  const left = queries.values()
  const askOn = async () => {
    for (const query of left) {
      signal.throwIfAborted()
      answers.set(query, await ask(query))
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, askOn))
  return answers
}

/**
 * Returns a row of scores for each combination of a kind (or all kinds) and a length (or all lengths). In rows for all
 * kinds, each noise is weighted by its share in {@link MIXTURE}.
 */
export function rankRows(typings: readonly Typing[], answers: Answers): Row[] {
  const counts = new Map<Noise, number>()
  for (const { noise } of typings) counts.set(noise, (counts.get(noise) ?? 0) + 1)
  const asked = typings.flatMap(({ noise, target, states }, cluster) =>
    states.map(({ kind, length, text }) => {
      const rank = (name: SystemName) => rankOf(target.key, answers[name].get(text) ?? [])
      const ranks = { service: rank('service'), miniSearch: rank('miniSearch'), sortedSet: rank('sortedSet') }
      const weight = MIXTURE[noise] / (counts.get(noise) as number)
      return { kind, length: Math.min(length, MAX_LENGTH), cluster, weight, ranks }
    }),
  )
  const lengths = Array.from({ length: MAX_LENGTH }, (_, at) => at + 1)
  return (['all', ...KINDS] as const).flatMap((kind) =>
    (['all', ...lengths] as const).flatMap((length) => {
      const some = asked.filter((one) => [one.kind, 'all'].includes(kind) && [one.length, 'all'].includes(length))
      if (some.length === 0) return []
      const values: Record<string, number> = {
        queries: some.length,
        words: new Set(some.map((one) => one.cluster)).size,
      }
      for (const name of NAMES) {
        const scores = scoresOf(some.map(({ ranks, weight }) => ({ rank: ranks[name], weight })))
        for (const [score, value] of Object.entries(scores)) values[`${name}.${score}`] = value
      }
      for (const name of OTHERS) {
        const difference = ({ ranks }: (typeof some)[number]) =>
          reciprocalRank(ranks.service) - reciprocalRank(ranks[name])
        const { mean, error } = estimate(some.map((one) => ({ ...one, value: difference(one) })))
        Object.assign(values, { [`${name}.difference`]: mean, [`${name}.error`]: error })
      }
      return [rowOf('rank', KIND_TITLES[kind], values, { kind, length })]
    }),
  )
}
