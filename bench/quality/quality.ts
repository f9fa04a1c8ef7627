import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Entry } from '../../service/src/dataset/entries.ts'
import { bundledWords } from '../../service/src/dataset/words.ts'
import { lineChart } from '../charts.ts'
import { type Bench, type Row, rowOf, rowsOf, type Subject } from '../harness.ts'
import { BENCH_USER, type BenchStack, UNCACHED, withStack } from '../stack.ts'
import { type Column, figure, tableOf, titles } from '../tables.ts'
import { estimate, rankOf, reciprocalRank, scoresOf } from './metrics.ts'
import { KINDS, type Kind, MIXTURE, type Noise, SEEDS, sampleTypings, type Typing, targetsOf } from './noise.ts'
import {
  type Ask,
  askService,
  BOOSTS,
  type Boost,
  keyedEntries,
  miniSearch,
  SYSTEMS,
  type SystemName,
  sortedSet,
} from './systems.ts'

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 1,
  /** The number of words for each kind of noise, in the sample and in the sample for tuning MiniSearch. */
  typings: 1000,
  tuningTypings: 150,
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
const TYPED: Column = titles('typed')
const KEYS: Column = ['keys typed', ({ labels: { length } }) => (length === MAX_LENGTH ? `${length}+` : `${length}`)]
const QUERIES = figure('queries', 'queries', 0)

/** Compares the quality of suggestions for typed text with other systems. */
export const quality: Subject<QualityEffort> = {
  name: 'quality',
  summary: 'suggestions for mistyped words, compared with MiniSearch and a sorted set; 1 minute',
  full: FULL,
  quick: { rounds: 1, typings: 15, tuningTypings: 3, seed: SEEDS.tuning },
  measure: measureQuality,
  tables: ({ rows }) => {
    const ranks = rowsOf(rows, 'rank').filter(({ labels }) => labels.kind !== 'all')
    return {
      'quality-lengths': tableOf(rowsOf(rows, 'rank', { kind: 'all' }), [KEYS, QUERIES, ...SCORES, ...DIFFERENCES]),
      'quality-kinds': tableOf(rowsOf(ranks, 'rank', { length: 'all' }), [TYPED, QUERIES, ...SCORES, ...DIFFERENCES]),
      'quality-kind-lengths': tableOf(
        ranks.filter(({ labels }) => labels.length !== 'all'),
        [TYPED, KEYS, QUERIES, ...SCORES],
      ),
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

/** Returns the rows for a single length that have enough words. */
const comparable = (rows: readonly Row[]) =>
  rowsOf(rows, 'rank').filter(({ labels, values }) => labels.length !== 'all' && only(values, 'words') >= MIN_WORDS)

async function measureQuality(effort: QualityEffort, bench: Bench) {
  const words = await bundledWords()
  const use = async (stack: BenchStack, bench: Bench) => {
    const { facts, rows } = await compareSystems(effort, bench, stack, words)
    const versions = { Redis: stack.redis.version, MiniSearch: await miniSearchVersion(), entries: stack.entries }
    return { facts: { ...versions, 'words for each noise': effort.typings, ...facts }, rows }
  }
  return withStack(bench, UNCACHED, use, { redisArguments: BENCH_USER })
}

/** Tunes MiniSearch with a different sample, and then sends the queries of the sample to all systems. */
async function compareSystems(
  effort: QualityEffort,
  bench: Bench,
  { url, redis }: BenchStack,
  words: readonly Entry[],
) {
  const { progress, signal } = bench
  const entries = keyedEntries(words)
  const targets = targetsOf(words)
  progress.step('tuning MiniSearch')
  const askMiniSearch = miniSearch(entries)
  const tuning = await tune(askMiniSearch, sampleTypings(targets, effort.tuningTypings, SEEDS.tuning), signal)
  progress.step('filling the sorted set')
  const set = await sortedSet(redis.url, entries)
  try {
    const asks: Record<SystemName, Ask> = {
      service: askService(url),
      miniSearch: askMiniSearch(tuning.boost),
      sortedSet: set.ask,
    }
    const typings = sampleTypings(targets, effort.typings, effort.seed)
    const queries = textsOf(typings)
    const answers = {} as Answers
    for (const name of NAMES) {
      progress.step(`sending ${queries.length} queries to ${SYSTEMS[name]}`)
      answers[name] = await askAll(asks[name], queries, signal)
    }
    const facts = {
      'boost of MiniSearch': `${tuning.boost} (mean reciprocal rank ${tuning.tried})`,
      queries: queries.length,
      'prefixes that the service answers like the sorted set, %': exactShare(typings, answers) * 100,
    }
    return { facts, rows: rankRows(typings, answers) }
  } finally {
    set.close()
  }
}

/** The answers of every system by query. */
type Answers = Record<SystemName, ReadonlyMap<string, string[]>>

/** Finds the boost with the highest mean reciprocal rank. */
async function tune(ask: (boost: Boost) => Ask, typings: readonly Typing[], signal: AbortSignal) {
  const mrr = {} as Record<Boost, number>
  for (const boost of Object.keys(BOOSTS) as Boost[]) {
    const answers = await askAll(ask(boost), textsOf(typings), signal)
    const none = new Map<string, string[]>()
    const [all] = rankRows(typings, { service: none, miniSearch: answers, sortedSet: none })
    mrr[boost] = only((all as Row).values, 'miniSearch.mrr')
  }
  const boost = (Object.keys(mrr) as Boost[]).reduce((best, name) => (mrr[name] > mrr[best] ? name : best))
  const tried = Object.entries(mrr).map(([name, value]) => `by ${name}: ${value.toFixed(3)}`)
  return { boost, tried: tried.join(', ') }
}

const textsOf = (typings: readonly Typing[]) => [
  ...new Set(typings.flatMap(({ states }) => states.map(({ text }) => text))),
]

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
 * Returns scores for all kinds together and for each kind, for all lengths together and for each length. In the total,
 * each kind of noise is weighted by its share.
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

/**
 * Returns the share of prefixes for which the service agrees with the sorted set, ignoring additions to short answers.
 */
function exactShare(typings: readonly Typing[], answers: Answers): number {
  const prefixes = new Set(
    typings.flatMap(({ states }) => states.filter(({ kind }) => kind === 'clean').map(({ text }) => text)),
  )
  const same = [...prefixes].filter((query) => {
    const found = answers.service.get(query) as string[]
    return answers.sortedSet.get(query)?.every((key, at) => found[at] === key)
  })
  return same.length / prefixes.size
}

export async function miniSearchVersion(): Promise<string> {
  // Find package.json by way of the main file, because MiniSearch does not export package.json.
  const folder = createRequire(import.meta.url)
    .resolve('minisearch')
    .replace(/dist\/.*$/, '')
  return (JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }).version
}
