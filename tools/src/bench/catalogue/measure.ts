import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry } from '../../../../service/src/dataset/entries.ts'
import { productTitles } from '../../../../service/src/testing/product-titles.ts'
import { referenceDataset, referenceSearch } from '../../../../service/src/testing/reference-search.ts'
import { type Stack, startService } from '../../../support/stack.ts'
import { cpuSeconds, requireCpuTime } from '../cpu-time.ts'
import { measureBuild } from '../dataset-build/measure.ts'
import { datasetBytes } from '../growth/measure.ts'
import { measureSaturated } from '../load.ts'
import { type Machine, thisMachine } from '../machine.ts'
import { redisInfo } from '../memory.ts'
import { round, type Spread, spreadOf } from '../statistics.ts'
import type { Surroundings } from '../subject.ts'
import { valuesOf, withStack } from '../with-stack.ts'
import { findWrk, wrkVersion } from '../wrk.ts'
import { type KindQuery, probeIndex, type SearchTimes } from './probe.ts'
import { initialQueries, koreanWords, TITLE_KINDS, titleQueries } from './queries.ts'
import { TITLES_SEED, writeTitles } from './titles.ts'

/** How much is measured. */
export interface CatalogueEffort {
  /** How often everything is measured; medians count. */
  rounds: number
  /** Numbers of product titles. */
  sizes: readonly number[]
  /** Queries of each kind that are searched for, and asked by users. */
  queries: number
  /** Seconds of load before each measurement, and of each. */
  warmUpSeconds: number
  seconds: number
  /** Titles and queries of each kind that are compared with the reference search. */
  reference: { titles: number; queries: number }
}

/** The effort of `npm run bench`: about eight minutes with three rounds on two CPUs. */
export const FULL_EFFORT: CatalogueEffort = {
  rounds: 3,
  sizes: [200_000, 1_000_000],
  queries: 2000,
  warmUpSeconds: 1,
  seconds: 3,
  reference: { titles: 20_000, queries: 20 },
}

/** Users, who ask as soon as they are answered. */
const CONNECTIONS = 64
const SEED = 5
/** Every query is searched for. */
const UNCACHED = { CACHE_MAX_MIB: 0 }

/** What a query of a kind takes. */
export interface QueryCost extends SearchTimes {
  /** CPU microseconds of a request, of the service and Redis together. */
  requestMicros: Spread
}

/** What a catalogue takes. */
export interface CatalogueCost {
  entries: number
  /** Of Redis, by its `used_memory`, and of the index in a process; for each entry. */
  redisBytes: number
  indexBytes: number
  /** What loading the index takes besides, for each entry. */
  loadingBytes: number
  /** Of building the dataset. */
  buildSeconds: Spread
  buildPeakBytes: Spread
  /** From the start of the service until it is ready. */
  readyMs: Spread
  kinds: QueryCost[]
}

/** What catalogues take. */
export interface CatalogueResult {
  measured: Machine & { redis: string; client: string; rounds: number; titles: number }
  sizes: CatalogueCost[]
  /** Of the Korean words. */
  initials: QueryCost & { entries: number }
  /** Answers that were compared with the reference search, and those that equal it. */
  reference: { answers: number; same: number }
}

interface Bench extends Surroundings {
  effort: CatalogueEffort
  wrk: string
  /** A folder for files; removed afterwards. */
  folder: string
}

/**
 * Measures what catalogues of product titles with two contexts take, and how long each kind of query.
 * @throws {UserError} when a program cannot be had, or a request failed
 */
export async function measureCatalogue(effort: CatalogueEffort, surroundings: Surroundings): Promise<CatalogueResult> {
  requireCpuTime()
  const { progress } = surroundings
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-bench-'))
  try {
    const wrk = await findWrk(progress)
    const bench: Bench = { ...surroundings, effort, wrk, folder }
    const sizes: CatalogueCost[] = []
    for (const size of effort.sizes) sizes.push(await measureSize(bench, size))
    const { redis, ...initials } = await measureInitials(bench)
    const reference = await compareWithReference(bench)
    const client = `wrk ${await wrkVersion(wrk)}`
    const measured = { ...thisMachine(), redis, client, rounds: effort.rounds, titles: effort.reference.titles }
    return { measured, sizes, initials, reference }
  } finally {
    progress.end()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measureSize(bench: Bench, size: number): Promise<CatalogueCost> {
  const { effort, folder, progress, signal } = bench
  const data = join(folder, 'titles.jsonl')
  progress.step(`writing ${size} titles`)
  await writeTitles(data, size)
  const builds: Awaited<ReturnType<typeof measureBuild>>[] = []
  for (let round = 1; round <= effort.rounds; round++) {
    progress.step(`${size} titles: build ${round} of ${effort.rounds}`)
    builds.push(await measureBuild(data, join(folder, 'built.rdb'), signal))
  }
  const queries = TITLE_KINDS.flatMap((kind) => titleQueries(kind, effort.queries, SEED))
  const measured = await withStack(
    bench,
    UNCACHED,
    (stack, signal) => measureStack({ ...bench, signal }, stack, queries),
    data,
  )
  return {
    ...measured,
    buildSeconds: spreadOf(builds.map(({ seconds }) => round(seconds, 2))),
    buildPeakBytes: spreadOf(builds.map(({ peakBytes }) => peakBytes)),
  }
}

async function measureStack(
  bench: Bench,
  stack: Stack,
  queries: readonly KindQuery[],
): Promise<Omit<CatalogueCost, 'buildSeconds' | 'buildPeakBytes'>> {
  const { effort, progress, signal, onLine } = bench
  const { entries } = stack
  const redisBytes = round((await datasetBytes(stack)) / entries, 1)
  const readyMs: number[] = []
  for (let start = 1; start <= effort.rounds; start++) {
    progress.step(`${entries} entries: start ${start} of ${effort.rounds}`)
    const started = performance.now()
    const { child } = await startService(valuesOf({}).app.settings, stack.redis, { port: 0, onLine, signal })
    readyMs.push(Math.round(performance.now() - started))
    await child.stop()
  }
  const { index, kinds } = await measureKinds(bench, stack, queries)
  return {
    entries,
    redisBytes,
    indexBytes: round(index.indexBytes / entries, 1),
    loadingBytes: round(index.loadingBytes / entries, 1),
    readyMs: spreadOf(readyMs),
    kinds,
  }
}

/** Searches for all queries in a process that does nothing else, and lets users ask the service. */
async function measureKinds(
  bench: Bench,
  { url, redis, version, pids, entries }: Stack,
  queries: readonly KindQuery[],
) {
  const { effort, folder, progress, signal, wrk } = bench
  progress.step(`${entries} entries: searching`)
  const file = join(folder, 'queries.json')
  await writeFile(file, JSON.stringify(queries))
  const index = await probeIndex({ url: redis[0] as string, version, queries: file, rounds: effort.rounds }, signal)
  const cpu = { app: () => cpuSeconds(pids.service), redis: () => cpuSeconds(pids.redis[0] as number) }
  const micros = new Map<string, number[]>(index.kinds.map(({ kind }) => [kind, []]))
  // In round 0 the service's code is compiled; it does not count.
  for (let round = 0; round <= effort.rounds; round++) {
    for (const { kind } of index.kinds) {
      progress.step(`${entries} entries: round ${round} of ${effort.rounds}: ${kind}`)
      const paths = join(folder, 'paths.txt')
      await writeFile(
        paths,
        queries
          .filter((query) => query.kind === kind)
          .map(pathOf)
          .join('\n'),
      )
      const { warmUpSeconds, seconds } = effort
      const load = { wrk, url, paths, connections: CONNECTIONS, warmUpSeconds, seconds, signal }
      const result = await measureSaturated(load, cpu)
      if (round > 0) micros.get(kind)?.push((result.micros.app as number) + (result.micros.redis as number))
    }
  }
  const kinds = index.kinds.map((times): QueryCost => {
    const [medianMicros, meanMicros, p99Micros] = [times.medianMicros, times.meanMicros, times.p99Micros].map((value) =>
      round(value, 1),
    ) as [number, number, number]
    const requestMicros = spreadOf((micros.get(times.kind) as number[]).map((value) => round(value, 1)))
    return { ...times, medianMicros, meanMicros, p99Micros, requestMicros }
  })
  return { index, kinds }
}

async function measureInitials(bench: Bench): Promise<CatalogueResult['initials'] & { redis: string }> {
  const data = await writeEntries(bench, await koreanWords())
  const queries = await initialQueries(bench.effort.queries, SEED)
  const use = async (stack: Stack, signal: AbortSignal) => {
    const { kinds } = await measureKinds({ ...bench, signal }, stack, queries)
    const redis = await redisInfo(stack.redis[0] as string, 'redis_version')
    return { ...(kinds[0] as QueryCost), entries: stack.entries, redis }
  }
  return withStack(bench, UNCACHED, use, data)
}

/** Asks a service some queries of each kind, and compares its answers with those of the reference. */
async function compareWithReference(bench: Bench): Promise<CatalogueResult['reference']> {
  const { titles, queries } = bench.effort.reference
  const entries = [...productTitles(titles, TITLES_SEED), ...(await koreanWords()).slice(0, titles)]
  const data = await writeEntries(bench, entries)
  const dataset = referenceDataset(entries)
  const asked = [
    ...TITLE_KINDS.flatMap((kind) => titleQueries(kind, queries, SEED)),
    ...(await initialQueries(queries, SEED)),
  ]
  return withStack(
    bench,
    UNCACHED,
    async ({ url }, signal) => {
      let same = 0
      for (const [at, one] of asked.entries()) {
        bench.progress.step(`comparing with the reference: ${at} of ${asked.length}`)
        const response = await fetch(`${url}${pathOf(one)}`, { signal })
        const { suggestions } = (await response.json()) as { suggestions: { text: string; score: number }[] }
        const { filters, boosts, ...query } = one.query
        const expected = referenceSearch(dataset, { ...query, filters: [...filters], boosts: [...boosts] })
        const shown = (list: readonly { text: string; score: number }[]) =>
          JSON.stringify(list.map(({ text, score }) => [text, score]))
        if (shown(suggestions) === shown(expected)) same += 1
      }
      return { answers: asked.length, same }
    },
    data,
  )
}

async function writeEntries({ folder }: Bench, entries: readonly Entry[]): Promise<string> {
  const file = join(folder, 'entries.jsonl')
  await writeFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  return file
}

/** The request of a query. */
function pathOf({ query: { query, limit, filters } }: KindQuery): string {
  const more = filters.map(({ name, value }) => `&filter=${encodeURIComponent(`${name}:${value}`)}`)
  return `/autocomplete?q=${encodeURIComponent(query)}&limit=${limit}${more.join('')}`
}
