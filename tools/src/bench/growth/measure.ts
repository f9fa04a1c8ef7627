import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../../support/errors.ts'
import type { Stack } from '../../../support/stack.ts'
import { cpuSeconds, readProc, requireCpuTime } from '../cpu-time.ts'
import { type LoadResult, measureSaturated, randomFrom, zipfPaths } from '../load.ts'
import { type Machine, thisMachine } from '../machine.ts'
import { openFilesLimit, parseInfo, redisCommand, redisInfo } from '../memory.ts'
import { heaviestNames } from '../npm-names.ts'
import { ratioOf, round, type Spread, spreadOf } from '../statistics.ts'
import type { Surroundings } from '../subject.ts'
import { type ServiceSettings, withStack } from '../with-stack.ts'
import { findWrk, wrkVersion } from '../wrk.ts'

const SEED = 1
const PATHS = 100_000
/** What the service takes as a query, in characters. */
const MAX_QUERY_LENGTH = 64
/** Files that a program needs besides its connections. */
const OTHER_FILES = 200
/** Commands of the measurement itself. */
const OWN_COMMANDS = ['info', 'quit']

/** What is made larger. */
export const AXES = ['processes', 'entries', 'connections', 'suggestions'] as const
export type Axis = (typeof AXES)[number]

/** The size of everything: one is changed, the others stay. */
export type Sizes = Record<Axis, number>

/** How much is measured. */
export interface GrowthEffort {
  /** How often everything is measured; medians count. */
  rounds: number
  /** Seconds of load for each process of a service before the first round. */
  settleSeconds: number
  /** Seconds of load before each measurement, and of each. */
  warmUpSeconds: number
  seconds: number
  /** Sizes of what is not changed. */
  base: Sizes
  /** In rising order. */
  sizes: Record<Axis, readonly number[]>
}

/** The effort of `npm run bench`: about five minutes with three rounds on two CPUs, after the download. */
export const FULL_EFFORT: GrowthEffort = {
  rounds: 3,
  settleSeconds: 3,
  warmUpSeconds: 1,
  seconds: 3,
  base: { processes: 1, entries: 100_000, connections: 64, suggestions: 10 },
  sizes: {
    processes: processCounts(availableParallelism()),
    entries: [10_000, 100_000, 1_000_000, 3_000_000],
    connections: [16, 64, 256, 1000, 4000],
    suggestions: [1, 5, 10, 25, 50],
  },
}

/** Numbers of HTTP processes to compare: doubled up to the CPUs, at least up to 4 and at most up to the 64 that the service takes. */
export function processCounts(cpus: number): number[] {
  const most = Math.min(64, Math.max(4, cpus))
  const counts: number[] = []
  for (let count = 1; count < most; count *= 2) counts.push(count)
  return [...counts, most]
}

/** What was measured at one size. */
export interface GrowthPoint {
  size: number
  /** CPU microseconds of one request. */
  appMicros: Spread
  redisMicros: Spread
  /** Answered, as fast as they could be. */
  requestsPerSecond: Spread
  p50Ms: Spread
  p99Ms: Spread
}

/** What a dataset takes in Redis. */
export interface RedisMemory {
  entries: number
  /** Growth of `used_memory` from an empty Redis, without buffers of clients, for each entry. */
  bytesPerEntry: number
  /** The most that the process has had in memory (resident), which is what a container's limit counts. */
  peakBytes: number
}

/** How costs grow. */
export interface Growth {
  measured: Machine & { redis: string; client: string; rounds: number; base: Sizes }
  axes: Record<Axis, GrowthPoint[]>
  /** CPU of a request, app and Redis together, with the most entries as a multiple of that with the fewest. */
  entriesCpuGrowth: Spread
  memory: RedisMemory[]
  roundTrips: {
    /** Batches that went to ranking threads under all of the load. */
    batches: number
    /** Queries in them. */
    queries: number
    /** Commands that Redis processed meanwhile. */
    commands: number
  }
}

/** What all parts of a measurement share. */
interface Bench extends Surroundings {
  effort: GrowthEffort
  wrk: string
  /** A folder for files; removed afterwards. */
  folder: string
  /** Of {@link npmNames}. */
  names: string
  roundTrips: Growth['roundTrips']
}

/** A point to be measured: which of the running stacks is asked, and how. */
interface PlannedPoint {
  size: number
  stack: number
  sizes: Sizes
}

/**
 * Measures how the cost of a request grows with processes, entries, connections and suggestions. Users ask for prefixes of npm
 * names, the same at every size, as fast as they are answered; the service keeps no answers, so that everything is ranked.
 * @param names the file of the npm names
 * @throws {UserError} when a program cannot be had, or a request failed
 */
export async function measureGrowth(effort: GrowthEffort, surroundings: Surroundings, names: string): Promise<Growth> {
  requireCpuTime()
  const { progress, signal } = surroundings
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-bench-'))
  try {
    const wrk = await findWrk(progress)
    signal.throwIfAborted()
    const roundTrips = { batches: 0, queries: 0, commands: 0 }
    const bench: Bench = { ...surroundings, effort, wrk, folder, names, roundTrips }
    await writePaths(bench)

    const processes = await measureProcesses(bench)
    const entries = await measureEntries(bench)
    const oneStack = await measureConnectionsAndSuggestions(bench)
    return {
      measured: {
        ...thisMachine(),
        redis: entries.redis,
        client: `wrk ${await wrkVersion(wrk)}`,
        rounds: effort.rounds,
        base: effort.base,
      },
      axes: { processes, entries: entries.points, ...oneStack },
      entriesCpuGrowth: entries.cpuGrowth,
      memory: entries.memory,
      roundTrips,
    }
  } finally {
    progress.end()
    await rm(folder, { recursive: true, force: true })
  }
}

/** The prefixes that are asked for: of names that are in every dataset, so that they have suggestions everywhere. */
async function writePaths({ effort, folder, names }: Bench): Promise<void> {
  const { base, sizes } = effort
  const fewest = Math.min(base.entries, ...sizes.entries)
  const lines = (await heaviestNames(names, fewest)).trimEnd().split('\n')
  const words = lines.map((line) => line.slice(0, line.indexOf('\t'))).filter((name) => name.length <= MAX_QUERY_LENGTH)
  const paths = zipfPaths(words, PATHS, randomFrom(SEED))
  for (const suggestions of new Set([base.suggestions, ...sizes.suggestions])) {
    await writeFile(pathsFile(folder, suggestions), paths.map((path) => `${path}&limit=${suggestions}`).join('\n'))
  }
}

const pathsFile = (folder: string, suggestions: number) => join(folder, `paths-${suggestions}.txt`)

async function measureProcesses(bench: Bench): Promise<GrowthPoint[]> {
  const { base, sizes } = bench.effort
  const data = await writeData(bench, base.entries)
  const wanted = sizes.processes.map((processes) => ({ settings: settingsFor(processes), data }))
  const points = sizes.processes.map((processes, stack) => ({
    size: processes,
    stack,
    sizes: { ...base, processes },
  }))
  return withStacks(bench, wanted, async (stacks, signal) => {
    const results = await measurePoints({ ...bench, signal }, 'processes', stacks, points)
    return toPoints(points, results)
  })
}

async function measureEntries(bench: Bench) {
  const { base, sizes } = bench.effort
  const wanted: WantedStack[] = []
  for (const entries of sizes.entries) {
    bench.progress.step(`writing ${entries} names`)
    wanted.push({ settings: settingsFor(base.processes), data: await writeData(bench, entries) })
  }
  const points = sizes.entries.map((entries, stack) => ({ size: entries, stack, sizes: { ...base, entries } }))
  return withStacks(bench, wanted, async (stacks, signal) => {
    const bytesPerEntry: number[] = []
    for (const stack of stacks) bytesPerEntry.push((await datasetBytes(stack)) / stack.entries)
    const results = await measurePoints({ ...bench, signal }, 'entries', stacks, points)
    const cpu = results.map((rounds) => rounds.map(({ micros }) => (micros.app as number) + (micros.redis as number)))
    const [fewest, most] = [cpu[0] as number[], cpu.at(-1) as number[]]
    return {
      points: toPoints(points, results),
      cpuGrowth: rounded(ratioOf(most, fewest), 2),
      memory: stacks.map(({ entries, pids }, at) => ({
        entries,
        bytesPerEntry: round(bytesPerEntry[at] as number, 1),
        peakBytes: peakBytes(pids.redis[0] as number),
      })),
      redis: await redisInfo((stacks[0] as Stack).redis[0] as string, 'redis_version'),
    }
  })
}

async function measureConnectionsAndSuggestions(bench: Bench) {
  const { base, sizes } = bench.effort
  const wanted = [{ settings: settingsFor(base.processes), data: await writeData(bench, base.entries) }]
  const most = openFilesLimit() - OTHER_FILES
  const possible = sizes.connections.filter((connections) => connections <= most)
  if (possible.length < sizes.connections.length) {
    bench.onLine(`left out more than ${most} connections: no more files may be open (ulimit -n)`)
  }
  return withStacks(bench, wanted, async (stacks, signal) => {
    const measure = async (axis: 'connections' | 'suggestions', of: readonly number[]) => {
      const points = of.map((size) => ({ size, stack: 0, sizes: { ...base, [axis]: size } }))
      return toPoints(points, await measurePoints({ ...bench, signal }, axis, stacks, points))
    }
    return {
      connections: await measure('connections', possible),
      suggestions: await measure('suggestions', sizes.suggestions),
    }
  })
}

/** The settings of a service that ranks every query, and refuses none of those that thousands of connections have under way. */
function settingsFor(processes: number): ServiceSettings {
  return {
    WEB_CONCURRENCY: processes,
    CACHE_MAX_MIB: 0,
    HTTP_MAX_CONNECTIONS: 100_000,
    RANKING_MAX_PENDING: 100_000,
    RANKING_TIMEOUT_MS: 10_000,
    REDIS_MAX_CONNECTIONS: 1000,
  }
}

/** A dataset file of the heaviest names. */
async function writeData({ folder, names }: Bench, entries: number): Promise<string> {
  const file = join(folder, `names-${entries}.tsv`)
  await writeFile(file, await heaviestNames(names, entries))
  return file
}

interface WantedStack {
  settings: ServiceSettings
  data: string
}

/** Starts several stacks, each with a Redis of its own, that run at the same time. */
async function withStacks<T>(
  surroundings: Surroundings,
  wanted: readonly WantedStack[],
  use: (stacks: Stack[], signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const [first, ...others] = wanted
  if (!first) return use([], surroundings.signal)
  const { settings, data } = first
  const useFirst = (stack: Stack, signal: AbortSignal) =>
    withStacks({ ...surroundings, signal }, others, (stacks, signal) => use([stack, ...stacks], signal))
  return withStack(surroundings, settings, useFirst, data)
}

/**
 * Measures points, one after the other, as often as there are rounds: what disturbs the machine for a while does not fall on one
 * size alone.
 * @returns for each point the result of every round
 */
async function measurePoints(
  bench: Bench,
  axis: Axis,
  stacks: readonly Stack[],
  points: readonly PlannedPoint[],
): Promise<LoadResult[][]> {
  const { effort, progress, roundTrips } = bench
  progress.step(`${axis}: warming up`)
  for (const [at, stack] of stacks.entries()) {
    // Code that V8 has not yet compiled costs several times as much, and every process compiles it for itself.
    const { processes } = (points.find(({ stack }) => stack === at) as PlannedPoint).sizes
    await measurePoint(bench, stack, effort.base, { warmUpSeconds: 0, seconds: effort.settleSeconds * processes })
  }
  // Not before, because the last process of a service may still have been starting.
  const before = await countRoundTrips(stacks)
  const results: LoadResult[][] = points.map(() => [])
  for (let round = 1; round <= effort.rounds; round++) {
    for (const [at, { size, stack, sizes }] of points.entries()) {
      progress.step(`${axis}: round ${round} of ${effort.rounds}: ${size}`)
      results[at]?.push(await measurePoint(bench, stacks[stack] as Stack, sizes, effort))
    }
  }
  const after = await countRoundTrips(stacks)
  for (const name of ['batches', 'queries', 'commands'] as const) roundTrips[name] += after[name] - before[name]
  return results
}

function measurePoint(
  { wrk, folder, signal }: Bench,
  { url, pids }: Stack,
  { connections, suggestions }: Sizes,
  { warmUpSeconds, seconds }: Pick<GrowthEffort, 'warmUpSeconds' | 'seconds'>,
): Promise<LoadResult> {
  const paths = pathsFile(folder, suggestions)
  const redis = pids.redis[0] as number
  const cpu = { app: () => cpuSeconds(pids.service), redis: () => cpuSeconds(redis) }
  return measureSaturated({ wrk, url, paths, connections, warmUpSeconds, seconds, signal }, cpu)
}

function toPoints(points: readonly PlannedPoint[], results: readonly LoadResult[][]): GrowthPoint[] {
  return points.map(({ size }, at) => {
    const spread = (of: (result: LoadResult) => number, decimals: number) =>
      rounded(spreadOf((results[at] as LoadResult[]).map(of)), decimals)
    return {
      size,
      appMicros: spread(({ micros }) => micros.app as number, 1),
      redisMicros: spread(({ micros }) => micros.redis as number, 1),
      requestsPerSecond: spread(({ requestsPerSecond }) => requestsPerSecond, 0),
      p50Ms: spread(({ p50Ms }) => p50Ms, 2),
      p99Ms: spread(({ p99Ms }) => p99Ms, 2),
    }
  })
}

const rounded = ({ median, min, max }: Spread, decimals: number): Spread => ({
  median: round(median, decimals),
  min: round(min, decimals),
  max: round(max, decimals),
})

async function countRoundTrips(stacks: readonly Stack[]): Promise<Growth['roundTrips']> {
  const sum = { batches: 0, queries: 0, commands: 0 }
  for (const { url, redis } of stacks) {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    sum.batches += parseMetric(metrics, 'autocomplete_ranking_batch_queries_count')
    sum.queries += parseMetric(metrics, 'autocomplete_ranking_batch_queries_sum')
    sum.commands += parseCommands(await redisCommand(redis[0] as string, 'INFO commandstats'))
  }
  return sum
}

/**
 * The value of a metric without labels, as Prometheus reads it.
 * @throws {UserError} when it is not there
 */
export function parseMetric(text: string, name: string): number {
  const value = new RegExp(`^${name}(?:\\{\\})? (\\S+)$`, 'm').exec(text)?.[1]
  if (value === undefined) throw new UserError(`the service has no metric ${name}`)
  return Number(value)
}

/** How many commands are counted in an answer to `INFO commandstats`, without those that only measure. */
export function parseCommands(text: string): number {
  return [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)]
    .filter(([, name]) => !OWN_COMMANDS.includes(name as string))
    .reduce((sum, [, , calls]) => sum + Number(calls), 0)
}

/** Bytes of `used_memory` that the dataset takes: without what Redis takes itself, and without buffers of clients. */
export async function datasetBytes({ redis }: Stack): Promise<number> {
  const info = await redisCommand(redis[0] as string, 'INFO memory')
  const bytes = (field: string) => Number(parseInfo(info, field))
  return bytes('used_memory') - bytes('used_memory_startup') - bytes('mem_clients_normal')
}

/** The most bytes that a process has had in memory. */
function peakBytes(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readProc(`${pid}/status`) ?? '')?.[1]) * 1024
}
