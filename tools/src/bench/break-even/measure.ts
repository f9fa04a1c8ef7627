import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeRdb } from '../../../../service/src/dataset/rdb.ts'
import { SETTING_DEFAULTS } from '../../../../service/src/settings.ts'
import { Child } from '../../child.ts'
import { freePort } from '../../free-port.ts'
import { inRoot } from '../../paths.ts'
import { findRedisServer } from '../../redis-server.ts'
import { buildService, NODE_OPTIONS } from '../../service-build.ts'
import { startService } from '../../stack.ts'
import { cpuSeconds, requireCpuTime } from '../cpu-time.ts'
import {
  type LoadResult,
  measureLoad,
  measureSaturated,
  randomFrom,
  runLoad,
  wordsByWeight,
  zipfPaths,
} from '../load.ts'
import { type Machine, thisMachine } from '../machine.ts'
import { redisInfo } from '../memory.ts'
import { ratioOf, type Spread, spreadOf } from '../statistics.ts'
import type { Surroundings } from '../subject.ts'
import { type ServiceSettings, valuesOf, withStack } from '../with-stack.ts'
import { findWrk, wrkVersion } from '../wrk.ts'

const HOST = '127.0.0.1'
const SERVER = inRoot('tools', 'src', 'bench', 'break-even', 'server.mjs')
const SEED = 1
/** Request paths of typed words. */
const PATHS = 50_000
/** Lists of candidates of each length: the queries of a batch hardly ever share one. */
const LISTS = 100
/** Requests a second for /health, while rankings run. */
const HEALTH_RATE = 200
/** Tasks that a thread works on at a time where every query is one: as many as the service lets it. */
const UNBOUND = 64

/** Where queries are ranked: on the main thread, in threads with a task for each query, or with a task for many. */
export const MODES = ['inline', 'task', 'batched'] as const
export type Mode = (typeof MODES)[number]

/** The settings of batches that are changed, one at a time. */
export const BATCH_SETTINGS = [
  'RANKING_BATCH_MAX_QUERIES',
  'RANKING_BATCH_WAIT_MS',
  'RANKING_BATCHES_PER_THREAD',
] as const
export type BatchSetting = (typeof BATCH_SETTINGS)[number]
export type BatchSettings = Record<BatchSetting, number>
const DEFAULTS = Object.fromEntries(
  BATCH_SETTINGS.map((name) => [name, Number(SETTING_DEFAULTS[name])]),
) as BatchSettings

/** How much is measured. */
export interface BreakEvenEffort {
  /** How often everything is measured; medians count. */
  rounds: number
  /** Seconds of load before each measurement, and of each. */
  warmUpSeconds: number
  seconds: number
  /** Connections that ask as fast as they are answered. */
  connections: number
  /** Requests a second of users who type. */
  typedRate: number
  /** Entries that are looked at for one query, in rising order. */
  candidates: readonly number[]
  /** Ranking threads. */
  threads: readonly number[]
  batches: { [S in BatchSetting]: readonly number[] }
}

/** The effort of `npm run bench`: about 14 minutes with five rounds on two CPUs. */
export const FULL_EFFORT: BreakEvenEffort = {
  rounds: 5,
  warmUpSeconds: 0.5,
  seconds: 2,
  connections: 64,
  typedRate: 1000,
  candidates: [10, 100, 1000, 10_000],
  threads: [...new Set([1, 2, availableParallelism()])].toSorted((a, b) => a - b),
  batches: {
    RANKING_BATCH_MAX_QUERIES: [1, 4, 16, 64, 256],
    RANKING_BATCH_WAIT_MS: [0, 1, 2, 5],
    RANKING_BATCHES_PER_THREAD: [1, 2, 4, 8],
  },
}

/** What a load cost. */
export interface LoadSpread {
  requestsPerSecond: Spread
  /** CPU microseconds of one request. */
  appMicros: Spread
  redisMicros: Spread
  p50Ms: Spread
  p99Ms: Spread
}

/** One place to rank, with so many candidates. */
export interface ModePoint extends LoadSpread {
  mode: Mode
  /** Ranking threads; 0 on the main thread. */
  threads: number
  candidates: number
  /** Of a request that ranks nothing, meanwhile. */
  healthP99Ms: Spread
  /** CPU of app and Redis, answered requests, and what a request waits that ranks nothing, as multiples of those of the main thread. */
  microsOfInline: Spread
  requestsOfInline: Spread
  healthOfInline: Spread
}

/** One choice of the batch settings. */
export interface BatchPoint {
  settings: BatchSettings
  saturated: LoadSpread
  typed: LoadSpread
}

/** When threads pay. */
export interface BreakEven {
  measured: Machine & { redis: string; client: string; rounds: number; connections: number; typedRate: number }
  modes: ModePoint[]
  /** What the service has when nobody says. */
  defaults: BatchSettings
  batches: BatchPoint[]
}

/** What all parts of a measurement share. */
interface Bench extends Surroundings {
  effort: BreakEvenEffort
  wrk: string
  /** A folder for files; removed afterwards. */
  folder: string
}

/**
 * Measures the same ranking on the main thread and in threads, and the service with other batch settings.
 * @throws {UserError} when a program cannot be had, or a request failed
 */
export async function measureBreakEven(effort: BreakEvenEffort, surroundings: Surroundings): Promise<BreakEven> {
  requireCpuTime()
  const { progress, signal } = surroundings
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-bench-'))
  try {
    const wrk = await findWrk(progress)
    signal.throwIfAborted()
    const bench: Bench = { ...surroundings, effort, wrk, folder }
    const modes = await measureModes(bench)
    const { batches, redis } = await measureBatches(bench)
    const { rounds, connections, typedRate } = effort
    const client = `wrk ${await wrkVersion(wrk)}`
    return {
      measured: { ...thisMachine(), redis, client, rounds, connections, typedRate },
      modes,
      defaults: DEFAULTS,
      batches,
    }
  } finally {
    progress.end()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Variant {
  mode: Mode
  threads: number
}

/** A program that is measured. */
interface Server {
  url: string
  pid: number
}

async function measureModes(bench: Bench): Promise<ModePoint[]> {
  const { effort, folder, progress, signal } = bench
  const variants: Variant[] = [
    { mode: 'inline', threads: 0 },
    ...effort.threads.flatMap((threads) => [
      { mode: 'task' as const, threads },
      { mode: 'batched' as const, threads },
    ]),
  ]
  const redisServer = await findRedisServer(progress)
  progress.step('building the service')
  await buildService(signal)
  await writeCandidates(bench)
  await writeFile(join(folder, 'health.txt'), '/health')
  const children: Child[] = []
  try {
    progress.step('starting the servers')
    const redisPort = await freePort()
    const redisArguments = ['--bind', HOST, '--port', String(redisPort), '--save', '', '--dbfilename', CANDIDATES_FILE]
    const redis = new Child('redis-server', redisServer, redisArguments, { cwd: folder })
    children.push(redis)
    await redis.line(/Ready to accept connections/, signal)
    const servers: Server[] = []
    for (const variant of variants) {
      const child = new Child(`the server ${variant.mode}`, process.execPath, [...NODE_OPTIONS, SERVER], {
        env: { PATH: process.env.PATH, REDIS_PORT: String(redisPort), ...environmentOf(variant) },
      })
      children.push(child)
      const [, port] = await child.line(/^listening on (\d+)$/, signal)
      servers.push({ url: `http://${HOST}:${port}`, pid: child.pid })
    }
    const points = effort.candidates.flatMap((candidates) =>
      variants.map((variant, at) => ({ ...variant, candidates, server: servers[at] as Server })),
    )
    const results = await inRounds(bench, points, (point, step) => {
      progress.step(`${step}: ${point.mode}, ${point.threads} threads, ${point.candidates} candidates`)
      return measureMode(bench, point.server, point.candidates, redis.pid)
    })
    return points.map(({ server: _, ...point }, at) => {
      const rounds = results[at] as ModeRound[]
      const inline = results[
        points.findIndex(({ mode, candidates }) => mode === 'inline' && candidates === point.candidates)
      ] as ModeRound[]
      const ofInline = (of: (round: ModeRound) => number) => ratioOf(rounds.map(of), inline.map(of))
      return {
        ...point,
        ...spreadsOf(rounds),
        healthP99Ms: spreadOf(rounds.map(({ healthP99Ms }) => healthP99Ms)),
        microsOfInline: ofInline(({ micros }) => (micros.app as number) + (micros.redis as number)),
        requestsOfInline: ofInline(({ requestsPerSecond }) => requestsPerSecond),
        healthOfInline: ofInline(({ healthP99Ms }) => healthP99Ms),
      }
    })
  } finally {
    for (const child of children.toReversed()) await child.stop()
  }
}

const CANDIDATES_FILE = 'candidates.rdb'

/** Lists of candidates as Redis holds them, and the paths that ask for them. */
async function writeCandidates({ effort, folder }: Bench): Promise<void> {
  const random = randomFrom(SEED)
  const pairs: [string, string][] = []
  for (const candidates of effort.candidates) {
    const paths: string[] = []
    for (let list = 0; list < LISTS; list++) {
      const key = `candidates:${candidates}:${list}`
      pairs.push([key, candidateLines(candidates, random)])
      paths.push(`/rank?${key}`)
    }
    await writeFile(join(folder, `paths-${candidates}.txt`), paths.join('\n'))
  }
  await writeRdb(join(folder, CANDIDATES_FILE), pairs, pairs.length)
}

/** Lines as a block of the dataset has them, sorted by key, with one prefix and random weights. */
function candidateLines(count: number, random: () => number): string {
  const digits = String(count).length
  const line = (_: unknown, at: number) =>
    `a candidate ${String(at).padStart(digits, '0')}\t${Math.floor(random() * 1e6)}`
  return Array.from({ length: count }, line).join('\n')
}

function environmentOf({ mode, threads }: Variant): NodeJS.ProcessEnv {
  const { RANKING_BATCHES_PER_THREAD: batches, RANKING_BATCH_MAX_QUERIES: batch } =
    mode === 'task' ? taskForEach(DEFAULTS) : DEFAULTS
  return { THREADS: String(threads), BATCHES: String(batches), BATCH: String(batch) }
}

interface ModeRound extends LoadResult {
  healthP99Ms: number
}

/** As many rankings as are answered, and now and then a request that ranks nothing, whose CPU counts too. */
async function measureMode(bench: Bench, server: Server, candidates: number, redisPid: number): Promise<ModeRound> {
  const { effort, wrk, folder, signal } = bench
  const { warmUpSeconds, seconds, connections } = effort
  const load = { wrk, url: server.url, warmUpSeconds, seconds, signal }
  const health = { paths: join(folder, 'health.txt'), requestsPerSecond: HEALTH_RATE, sample: () => undefined }
  const paths = join(folder, `paths-${candidates}.txt`)
  const ranking = measureSaturated({ ...load, paths, connections }, cpuOf(server.pid, redisPid))
  const meanwhile = runLoad({ ...load, ...health })
  // When one fails, the other is to have ended before its server does.
  await Promise.allSettled([ranking, meanwhile])
  return { ...(await ranking), healthP99Ms: (await meanwhile).result.p99Ms }
}

const cpuOf = (app: number, redis: number) => ({ app: () => cpuSeconds(app), redis: () => cpuSeconds(redis) })

async function measureBatches(bench: Bench): Promise<{ batches: BatchPoint[]; redis: string }> {
  const { effort, folder, progress, onLine } = bench
  const paths = join(folder, 'typed.txt')
  await writeFile(paths, zipfPaths(await wordsByWeight(), PATHS, randomFrom(SEED)).join('\n'))
  // Every query is to be ranked.
  const base = { CACHE_MAX_MIB: 0 }
  const wanted = batchVariants(DEFAULTS, effort.batches)
  return withStack(bench, base as ServiceSettings, async (stack, signal) => {
    const services: (Server & { settings: BatchSettings })[] = []
    const children: Child[] = []
    try {
      for (const settings of wanted) {
        progress.step(`starting the service with ${Object.values(settings).join(', ')}`)
        const { app } = valuesOf({ ...base, ...settings } as ServiceSettings)
        const { url, child } = await startService(app.settings, stack.redis, { port: 0, onLine, signal })
        children.push(child)
        services.push({ url, pid: child.pid, settings })
      }
      const results = await inRounds({ ...bench, signal }, services, async ({ url, pid, settings }, step) => {
        const { wrk } = bench
        const { warmUpSeconds, seconds, connections, typedRate } = effort
        const load = { wrk, url, paths, warmUpSeconds, seconds, signal }
        const cpu = cpuOf(pid, stack.pids.redis[0] as number)
        progress.step(`${step}: batch settings ${Object.values(settings).join(', ')}`)
        return {
          saturated: await measureSaturated({ ...load, connections }, cpu),
          typed: await measureLoad({ ...load, requestsPerSecond: typedRate }, cpu),
        }
      })
      const batches = services.map(({ settings }, at) => {
        const rounds = results[at] ?? []
        return {
          settings,
          saturated: spreadsOf(rounds.map(({ saturated }) => saturated)),
          typed: spreadsOf(rounds.map(({ typed }) => typed)),
        }
      })
      return { batches, redis: await redisInfo(stack.redis[0] as string, 'redis_version') }
    } finally {
      for (const child of children) await child.stop()
    }
  })
}

/** A task for every query, which waits for no other. */
export function taskForEach(settings: BatchSettings): BatchSettings {
  return { ...settings, RANKING_BATCH_MAX_QUERIES: 1, RANKING_BATCHES_PER_THREAD: UNBOUND }
}

/** The defaults, each setting with its other values, and a task for every query. */
export function batchVariants(defaults: BatchSettings, values: BreakEvenEffort['batches']): BatchSettings[] {
  const changed = BATCH_SETTINGS.flatMap((name) => values[name].map((value) => ({ ...defaults, [name]: value })))
  const all = new Map(
    [defaults, ...changed, taskForEach(defaults)].map((settings) => [JSON.stringify(settings), settings]),
  )
  return [...all.values()]
}

/**
 * Measures everything in every round, so that what disturbs the machine for a while does not fall on one thing alone; and once
 * before, because code that V8 has not yet compiled costs several times as much.
 * @returns the results of each, one for each round
 */
async function inRounds<T, R>(
  { effort: { rounds }, signal }: Bench,
  things: readonly T[],
  measure: (thing: T, step: string) => Promise<R>,
): Promise<R[][]> {
  const results: R[][] = things.map(() => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [at, thing] of things.entries()) {
      signal.throwIfAborted()
      const result = await measure(thing, round === 0 ? 'warming up' : `round ${round} of ${rounds}`)
      if (round > 0) results[at]?.push(result)
    }
  }
  return results
}

function spreadsOf(rounds: readonly LoadResult[]): LoadSpread {
  const spread = (of: (result: LoadResult) => number) => spreadOf(rounds.map(of))
  return {
    requestsPerSecond: spread(({ requestsPerSecond }) => requestsPerSecond),
    appMicros: spread(({ micros }) => micros.app as number),
    redisMicros: spread(({ micros }) => micros.redis as number),
    p50Ms: spread(({ p50Ms }) => p50Ms),
    p99Ms: spread(({ p99Ms }) => p99Ms),
  }
}
