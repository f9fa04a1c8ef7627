import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry } from '../../../../service/src/dataset/entries.ts'
import { bundledWords } from '../../../../service/src/dataset/words.ts'
import { DEFAULT_LIMIT } from '../../../../service/src/http/query.ts'
import type { Stack } from '../../../support/stack.ts'
import { cpuSeconds, requireCpuTime } from '../cpu-time.ts'
import { measureSaturated, randomFrom } from '../load.ts'
import { thisMachine } from '../machine.ts'
import { redisInfo } from '../memory.ts'
import type { Surroundings } from '../subject.ts'
import { withStack } from '../with-stack.ts'
import { findWrk, wrkVersion } from '../wrk.ts'
import { COST_DATA, type CostData, costPaths, dataOf, phrasesOf, toJsonl } from './cost-data.ts'
import { rankOf } from './metrics.ts'
import { MIXTURE, type Noise, SEEDS, sampleTypings, type Typing, targetsOf } from './noise.ts'
import {
  type AskedState,
  COST_KINDS,
  costsOf,
  goalsOf,
  type MeasuredCost,
  type QualityResult,
  rowsOf,
} from './result.ts'
import {
  type Ask,
  askService,
  BOOSTS,
  type Boost,
  beginningCounter,
  keyedEntries,
  miniSearch,
  REDIS_ARGUMENTS,
  SYSTEMS,
  type SystemName,
  sortedSet,
} from './systems.ts'

/** How much is measured. */
export interface QualityEffort {
  /** Words for each noise in the sample, and in the one by which MiniSearch is tuned. */
  typings: number
  tuningTypings: number
  /** What the sample is drawn by: that of {@link SEEDS} for reports is for nothing else. */
  seed: number
  /** How often every cost is measured; medians count. */
  rounds: number
  /** Seconds of load before the first round, before each measurement, and of each. */
  warmUpSeconds: number
  settleSeconds: number
  seconds: number
  /** Phrases of two words in the data by which costs are measured. */
  phrases: number
  /** Words for each noise that the queries of the load are made of. */
  costTypings: number
}

/** The effort of `npm run bench:quality`: about five minutes on two CPUs. */
export const FULL_EFFORT: QualityEffort = {
  typings: 1000,
  tuningTypings: 150,
  seed: SEEDS.report,
  rounds: 5,
  warmUpSeconds: 2,
  settleSeconds: 0.3,
  seconds: 1.5,
  phrases: 20_000,
  costTypings: 3000,
}

/** Queries that the service is asked at a time. */
const CONCURRENCY = 16
/** Users, who ask as soon as they are answered. */
const CONNECTIONS = 64
/** Queries of a load of which it is looked whether anything is suggested. */
const SAMPLED_ANSWERS = 200

/**
 * Measures how good the suggestions of the service and of others are for the same mistyped words, and what the service takes for it.
 * @throws {UserError} when a program cannot be had, or a request failed
 */
export async function measureQuality(effort: QualityEffort, surroundings: Surroundings): Promise<QualityResult> {
  requireCpuTime()
  const { progress } = surroundings
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-bench-'))
  try {
    const wrk = await findWrk(progress)
    const words = await bundledWords()
    const phrases = phrasesOf(words, effort.phrases, randomFrom(SEEDS.load))
    const withoutCache = { CACHE_MAX_MIB: 0 }
    const besideWords = async (plain: Stack, signal: AbortSignal) => {
      const quality = await compareSystems(effort, { ...surroundings, signal }, plain, words)
      const stacks = new Map<CostData, Stack>([['words', plain]])
      const costs = await withAllData({ ...surroundings, signal }, stacks, async (signal) =>
        measureCosts({ ...surroundings, signal }, effort, { wrk, folder, stacks, words, phrases }),
      )
      const measured = {
        ...thisMachine(),
        redis: await redisInfo(plain.redis[0] as string, 'redis_version'),
        client: `wrk ${await wrkVersion(wrk)}`,
        miniSearch: await miniSearchVersion(),
        ...quality.tuning,
        entries: plain.entries,
        phrases: effort.phrases,
        typings: effort.typings,
        queries: quality.queries,
        rounds: effort.rounds,
        seconds: effort.seconds,
      }
      const found = { rows: rowsOf(quality.states), exact: quality.exact, costs: costsOf(costs) }
      return { measured, ...found, goals: goalsOf(found) }
    }
    /** Starts a stack for each kind of data that has none yet, all at once, so that they are measured in turn. */
    const withAllData = async <T>(
      { signal, ...others }: Surroundings,
      stacks: Map<CostData, Stack>,
      use: (signal: AbortSignal) => Promise<T>,
    ): Promise<T> => {
      const data = COST_DATA.find((name) => !stacks.has(name))
      if (!data) return use(signal)
      const file = join(folder, `${data}.jsonl`)
      await writeFile(file, toJsonl(data, words, phrases))
      const beside = (stack: Stack, signal: AbortSignal) =>
        withAllData({ ...others, signal }, stacks.set(data, stack), use)
      return withStack({ ...others, signal }, withoutCache, beside, file)
    }
    return await withStack(surroundings, withoutCache, besideWords, undefined, REDIS_ARGUMENTS)
  } finally {
    progress.end()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Compared {
  states: AskedState[]
  /** Different ones. */
  queries: number
  exact: QualityResult['exact']
  tuning: Pick<QualityResult['measured'], 'boost' | 'boosts'>
}

/** Asks all systems the sample that is reported, after the one that MiniSearch is tuned by. */
async function compareSystems(
  effort: QualityEffort,
  { progress, signal }: Surroundings,
  { url, redis }: Stack,
  words: readonly Entry[],
): Promise<Compared> {
  const entries = keyedEntries(words)
  const targets = targetsOf(words)
  progress.step('filling MiniSearch')
  const askMiniSearch = miniSearch(entries)
  progress.step('tuning MiniSearch')
  const tuning = await tune(askMiniSearch, sampleTypings(targets, effort.tuningTypings, SEEDS.tuning), signal)
  progress.step('filling the sorted set')
  const set = await sortedSet(redis[0] as string, entries)
  try {
    const asks: Record<SystemName, Ask> = {
      service: askService(url),
      miniSearch: askMiniSearch(tuning.boost),
      sortedSet: set.ask,
    }
    const typings = sampleTypings(targets, effort.typings, effort.seed)
    const queries = textsOf(typings)
    const answers = {} as Record<SystemName, ReadonlyMap<string, string[]>>
    for (const name of SYSTEMS) {
      progress.step(`asking ${name} ${queries.length} queries`)
      answers[name] = await askAll(asks[name], queries, signal)
    }
    return { states: rankAll(typings, answers), queries: queries.length, exact: exactOf(typings, answers), tuning }
  } finally {
    await set.close()
  }
}

/** The boost with the highest mean reciprocal rank. */
async function tune(ask: (boost: Boost) => Ask, typings: readonly Typing[], signal: AbortSignal) {
  const names = Object.keys(BOOSTS) as Boost[]
  const queries = textsOf(typings)
  const boosts = {} as Record<Boost, number>
  for (const boost of names) {
    const found = await askAll(ask(boost), queries, signal)
    // Only MiniSearch is looked at.
    const states = rankAll(typings, { service: NO_ANSWERS, miniSearch: found, sortedSet: NO_ANSWERS })
    boosts[boost] = rowsOf(states)[0]?.systems.miniSearch.mrr as number
  }
  const boost = names.reduce((best, name) => (boosts[name] > boosts[best] ? name : best))
  return { boost, boosts }
}

const NO_ANSWERS: ReadonlyMap<string, string[]> = new Map()

const textsOf = (typings: readonly Typing[]) => [
  ...new Set(typings.flatMap(({ states }) => states.map(({ text }) => text))),
]

/** Asks every query once, several at a time. */
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

/** Where what was meant stands in all answers. */
export function rankAll(
  typings: readonly Typing[],
  answers: Readonly<Record<SystemName, ReadonlyMap<string, string[]>>>,
): AskedState[] {
  const counts = new Map<Noise, number>()
  for (const { noise } of typings) counts.set(noise, (counts.get(noise) ?? 0) + 1)
  return typings.flatMap(({ noise, target, states }, typing) => {
    // Together the words of a noise count as often as it happens.
    const weight = MIXTURE[noise] / (counts.get(noise) as number)
    return states.map(({ kind, length, text }) => {
      const rank = (name: SystemName) => rankOf(target.key, answers[name].get(text) ?? [])
      const ranks = { service: rank('service'), miniSearch: rank('miniSearch'), sortedSet: rank('sortedSet') }
      return { kind, length, typing, weight, ranks }
    })
  })
}

/** How many beginnings the service answers as the sorted set does, whatever it adds where there are few. */
function exactOf(typings: readonly Typing[], answers: Readonly<Record<SystemName, ReadonlyMap<string, string[]>>>) {
  const clean = typings.flatMap(({ states }) => states.filter(({ kind }) => kind === 'clean').map(({ text }) => text))
  const queries = [...new Set(clean)]
  const same = queries.filter((query) => {
    const plain = answers.sortedSet.get(query) as string[]
    const found = answers.service.get(query) as string[]
    return plain.every((key, at) => found[at] === key)
  })
  return { queries: queries.length, same: same.length }
}

interface CostBench {
  wrk: string
  folder: string
  stacks: ReadonlyMap<CostData, Stack>
  words: readonly Entry[]
  phrases: readonly Entry[]
}

/** Measures every kind of query once in each round, in an order that turns. */
async function measureCosts(
  { progress, signal }: Surroundings,
  effort: QualityEffort,
  { wrk, folder, stacks, words, phrases }: CostBench,
): Promise<MeasuredCost[]> {
  const typings = sampleTypings(targetsOf(words), effort.costTypings, SEEDS.load)
  const costs: (MeasuredCost & { stack: Stack; file: string; lines: number })[] = []
  const countBeginning = beginningCounter(keyedEntries(words))
  const hasMany = (text: string) => countBeginning(text) >= DEFAULT_LIMIT
  for (const kind of COST_KINDS) {
    signal.throwIfAborted()
    const paths = costPaths(kind, { typings, phrases, hasMany }, randomFrom(SEEDS.load))
    const file = join(folder, `${kind}.txt`)
    await writeFile(file, paths.join('\n'))
    const stack = stacks.get(dataOf(kind)) as Stack
    const answered = await answeredShare(stack.url, paths)
    costs.push({ kind, answered, measurements: [], stack, file, lines: paths.length })
  }
  const measure = ({ stack: { url, pids }, file, lines }: (typeof costs)[number], round: number, seconds: number) =>
    measureSaturated(
      {
        wrk,
        url,
        paths: file,
        startLine: Math.floor((lines * round) / (effort.rounds + 1)),
        connections: CONNECTIONS,
        warmUpSeconds: round === 0 ? 0 : effort.settleSeconds,
        seconds,
        signal,
      },
      { app: () => cpuSeconds(pids.service), redis: () => cpuSeconds(pids.redis[0] as number) },
    )
  if (effort.warmUpSeconds > 0) {
    for (const cost of costs) {
      progress.step(`warming up for ${cost.kind}`)
      await measure(cost, 0, effort.warmUpSeconds)
    }
  }
  for (let round = 1; round <= effort.rounds; round++) {
    for (let turn = 0; turn < costs.length; turn++) {
      const cost = costs[(turn + round) % costs.length] as (typeof costs)[number]
      progress.step(`round ${round} of ${effort.rounds}: the cost of ${cost.kind}`)
      const { micros } = await measure(cost, round, effort.seconds)
      cost.measurements.push({ app: micros.app as number, redis: micros.redis as number })
    }
  }
  return costs.map(({ kind, answered, measurements }) => ({ kind, answered, measurements }))
}

async function answeredShare(url: string, paths: readonly string[]): Promise<number> {
  const step = Math.ceil(paths.length / SAMPLED_ANSWERS)
  const sampled = paths.filter((_, at) => at % step === 0)
  let answered = 0
  for (const path of sampled) {
    const { suggestions } = (await (await fetch(url + path)).json()) as { suggestions: unknown[] }
    if (suggestions.length > 0) answered += 1
  }
  return answered / sampled.length
}

async function miniSearchVersion(): Promise<string> {
  // Its package.json is not among what it exports.
  const folder = createRequire(import.meta.url)
    .resolve('minisearch')
    .replace(/dist\/.*$/, '')
  return (JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }).version
}
