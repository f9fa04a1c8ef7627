import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Costs, LoadCost, MemoryCost } from '../../../../generator/src/capacity/costs.ts'
import { UserError } from '../../../support/errors.ts'
import type { Stack } from '../../../support/stack.ts'
import { probeIndex } from '../catalogue/probe.ts'
import { writeTitles } from '../catalogue/titles.ts'
import { cpuSeconds, requireCpuTime, threadCpuSeconds } from '../cpu-time.ts'
import { type LoadResult, measureLoad, randomFrom, readWords, runLoad, typedPaths } from '../load.ts'
import { thisMachine } from '../machine.ts'
import { openConnections, openFilesLimit, pssBytes, redisInfo } from '../memory.ts'
import { findNginx, nginxVersion, startNginx } from '../nginx.ts'
import { median, round } from '../statistics.ts'
import type { Surroundings } from '../subject.ts'
import { withStack } from '../with-stack.ts'
import { findWrk, wrkVersion } from '../wrk.ts'

const SEED = 1
const PATHS = 100_000
/** A round that reached less than this share of its rate does not count. */
const REACHED = 0.85
/** Ranking threads of the process that is compared with one of a single thread. */
const THREADS = 3
/** Files that this process needs besides the connections that it opens. */
const OTHER_FILES = 200

/** Every query is ranked: a plan that counts on the cache fails when the data is replaced, and the cache is empty. */
const UNCACHED = { CACHE_MAX_MIB: 0 }

/** How much is measured. */
export interface CostsEffort {
  /** How often everything is measured; medians count. */
  rounds: number
  /** Requests a second of the one HTTP process. */
  rates: readonly number[]
  /** Seconds of load before each measurement, and of each; through nginx shorter, as only its own CPU time is taken from it. */
  warmUpSeconds: number
  seconds: number
  nginxSeconds: number
  /** The load after which memory is read. */
  memoryRate: number
  memorySeconds: number
  /** Product titles of the dataset that is compared with the words. */
  entries: number
  /** Idle client connections of the HTTP process, and of Redis. */
  httpConnections: number
  redisClients: number
}

/** The effort of `npm run bench`: between four and five minutes with three rounds on two CPUs. */
export const FULL_EFFORT: CostsEffort = {
  rounds: 3,
  rates: [100, 500, 1000, 2000, 4000, 6000, 8000],
  warmUpSeconds: 1,
  seconds: 5,
  nginxSeconds: 3,
  memoryRate: 4000,
  memorySeconds: 6,
  entries: 1_000_000,
  httpConnections: 4000,
  redisClients: 1000,
}

/** What all parts of a measurement share. */
interface Bench extends Surroundings {
  effort: CostsEffort
  wrk: string
  /** The file of the paths that are asked for. */
  paths: string
  /** A folder for files; removed afterwards. */
  folder: string
}

/**
 * Measures what a request, a process, a connection and a dataset entry cost, with real Redis, wrk and nginx on this machine.
 * @throws {UserError} when a program cannot be had, a request failed, or no rate was reached
 */
export async function measureCosts(effort: CostsEffort, surroundings: Surroundings): Promise<Costs> {
  requireCpuTime()
  const { progress, signal } = surroundings
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-bench-'))
  try {
    const [wrk, nginx] = [await findWrk(progress), await findNginx(progress)]
    signal.throwIfAborted()
    const paths = join(folder, 'paths.txt')
    await writeFile(paths, typedPaths(await readWords(), PATHS, randomFrom(SEED)).join('\n'))
    const bench: Bench = { ...surroundings, effort, wrk, paths, folder }

    const { load, entries, redis } = await withStack(bench, UNCACHED, async (stack, signal) => ({
      load: await measureRates({ ...bench, signal }, stack, nginx),
      entries: stack.entries,
      redis: await redisInfo(stack.redis[0] as string, 'redis_version'),
    }))
    const memory = await measureMemory(bench)
    const measured = {
      ...thisMachine(),
      redis,
      nginx: await nginxVersion(nginx),
      client: `wrk ${await wrkVersion(wrk)}`,
      rounds: effort.rounds,
      entries,
    }
    return { measured, load, memory }
  } finally {
    progress.end()
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * CPU time of a request at every rate. The rounds are interleaved, so that what disturbs the machine for a while does not fall on
 * one rate alone.
 */
async function measureRates(bench: Bench, stack: Stack, nginxProgram: string): Promise<LoadCost[]> {
  const { effort, progress, signal, onLine } = bench
  const redisPid = stack.pids.redis[0] as number
  const cpu = {
    app: () => cpuSeconds(stack.pids.service),
    mainThread: () => threadCpuSeconds(stack.pids.service),
    redis: () => cpuSeconds(redisPid),
  }
  const direct = new Map<number, LoadResult[]>(effort.rates.map((rate) => [rate, []]))
  const through = new Map<number, LoadResult[]>(effort.rates.map((rate) => [rate, []]))
  const nginx = await startNginx(nginxProgram, new URL(stack.url).host, signal)
  try {
    progress.step('warming up')
    const { wrk, paths } = bench
    const { seconds, nginxSeconds, warmUpSeconds } = effort
    // Code that V8 has not yet compiled costs several times as much.
    const requestsPerSecond = Math.max(...effort.rates)
    await measureLoad({ wrk, paths, signal, url: stack.url, requestsPerSecond, warmUpSeconds, seconds }, cpu)
    for (let round = 1; round <= effort.rounds; round++) {
      for (const rate of effort.rates) {
        const load = { wrk, paths, signal, requestsPerSecond: rate, warmUpSeconds }
        const step = `round ${round} of ${effort.rounds}: ${rate} requests/s`
        progress.step(step)
        direct.get(rate)?.push(await measureLoad({ ...load, url: stack.url, seconds }, cpu))
        progress.step(`${step} through nginx`)
        const ingress = () => cpuSeconds(nginx.pid)
        through.get(rate)?.push(await measureLoad({ ...load, url: nginx.url, seconds: nginxSeconds }, { ingress }))
      }
    }
  } finally {
    await nginx.stop()
  }
  return loadCosts(direct, through, onLine)
}

/**
 * The rows of the table: medians over the rounds in which the rate was reached.
 * @param direct what was measured at each rate, in rising order
 * @param through the same through the ingress
 * @param onLine gets a line for what could not be measured
 * @throws {UserError} when nothing could
 */
export function loadCosts(
  direct: ReadonlyMap<number, LoadResult[]>,
  through: ReadonlyMap<number, LoadResult[]>,
  onLine: (line: string) => void,
): LoadCost[] {
  const rows: LoadCost[] = []
  for (const [rate, results] of direct) {
    const isReached = (result: LoadResult) => result.requestsPerSecond >= rate * REACHED
    const reached = results.filter(isReached)
    if (reached.length === 0) {
      const [most] = results.map((result) => Math.round(result.requestsPerSecond)).toSorted((a, b) => b - a)
      onLine(`left out ${rate} requests/s: this machine reached ${most}`)
      continue
    }
    const middle = (value: (result: LoadResult) => number) => median(reached.map(value))
    const requestsPerSecond = Math.round(middle((result) => result.requestsPerSecond))
    const ingress = (through.get(rate) ?? []).filter(isReached).map(({ micros }) => micros.ingress as number)
    const ingressMicros = ingress.length > 0 ? round(median(ingress), 1) : rows.at(-1)?.ingressMicros
    if (ingressMicros === undefined) throw new UserError(`this machine did not reach ${rate} requests/s through nginx`)
    if (ingress.length === 0)
      onLine(`${rate} requests/s were not reached through nginx: it has the cost of the row before`)
    rows.push({
      requestsPerSecond,
      appMicros: round(
        middle(({ micros }) => micros.app as number),
        1,
      ),
      mainThreadMicros: round(
        middle(({ micros }) => micros.mainThread as number),
        1,
      ),
      redisMicros: round(
        middle(({ micros }) => micros.redis as number),
        1,
      ),
      ingressMicros,
      p50Ms: round(
        middle(({ p50Ms }) => p50Ms),
        2,
      ),
      p99Ms: round(
        middle(({ p99Ms }) => p99Ms),
        2,
      ),
    })
  }
  if (rows.length === 0) throw new UserError('this machine reached none of the rates')
  return rows
}

/**
 * Memory, each the median of the rounds.
 *
 * - A ranking thread: what a process of three has more than a process of one after the same load, halved.
 * - The HTTP process: what a process of one thread has under load, less one ranking thread and the index of its dataset.
 * - An HTTP connection: growth of the process that has just been under load by idle connections, beyond as many that fill what its
 *   heap has free.
 * - An entry in Redis: growth of `used_memory` from the words to a dataset of product titles. Redis without data: its PSS with the
 *   words, less the growth of `used_memory` that they are.
 * - A client of Redis: growth of `used_memory`, which is what `maxmemory` counts; buffers that are not yet used are in it.
 * - An entry in the index of a process, and what loading takes besides: in a process that does nothing else.
 */
async function measureMemory(bench: Bench): Promise<MemoryCost> {
  const { effort, progress } = bench
  const one: SingleThread[] = []
  const many: number[] = []
  for (let round = 1; round <= effort.rounds; round++) {
    const settings = (threads: number) => ({ ...UNCACHED, RANKING_THREADS: threads, HTTP_MAX_CONNECTIONS: 100_000 })
    const step = `round ${round} of ${effort.rounds}: memory`
    one.push(
      await withStack(bench, settings(1), async (stack, signal) => {
        progress.step(`${step} with one ranking thread`)
        return measureSingleThread({ ...bench, signal }, stack)
      }),
    )
    many.push(
      await withStack(bench, settings(THREADS), async (stack, signal) => {
        progress.step(`${step} with ${THREADS} ranking threads`)
        return pssUnderLoad({ ...bench, signal }, stack)
      }),
    )
  }
  const middle = (value: (result: SingleThread) => number) => median(one.map(value))
  const process = middle(({ process }) => process)
  const rankingThread = (median(many) - process) / (THREADS - 1)
  const words = (one[0] as SingleThread).dataset
  const other = await measureOtherDataset(bench)
  const redisEntry = (other.redisUsed - words.redisUsed) / (other.entries - words.entries)
  return {
    httpProcessBytes: Math.round(process - rankingThread - words.indexBytes),
    rankingThreadBytes: Math.round(rankingThread),
    httpConnectionBytes: Math.round(
      Math.max(
        0,
        middle(({ httpConnection }) => httpConnection),
      ),
    ),
    appEntryBytes: round(other.indexBytes / other.entries, 2),
    appLoadingBytes: round(other.loadingBytes / other.entries, 2),
    redisBaseBytes: Math.round(middle(({ redisPss }) => redisPss) - words.redisUsed),
    redisEntryBytes: round(redisEntry, 2),
    redisClientBytes: Math.round(middle(({ redisClient }) => redisClient)),
  }
}

/** Bytes that a dataset takes. */
interface DatasetMemory {
  entries: number
  /** Beyond what Redis takes without data. */
  redisUsed: number
  /** In a process, and what loading took besides. */
  indexBytes: number
  loadingBytes: number
}

/** Bytes of a stack with one ranking thread. */
interface SingleThread {
  process: number
  httpConnection: number
  redisPss: number
  redisClient: number
  dataset: DatasetMemory
}

async function measureSingleThread(bench: Bench, stack: Stack): Promise<SingleThread> {
  const { effort } = bench
  const redis = stack.redis[0] as string
  const dataset = await datasetMemory(stack)
  const process = await pssUnderLoad(bench, stack)
  const redisPss = pssBytes(stack.pids.redis[0] as number)

  const connections = Math.min(effort.httpConnections, Math.floor((openFilesLimit() - OTHER_FILES) / 2))
  const open = () =>
    openConnections(stack.url, connections, 'GET /autocomplete?q=a HTTP/1.1\r\nHost: a\r\n\r\n', /"version":"\w+"\}$/)
  const filling = await open()
  const before = pssBytes(stack.pids.service)
  const counted = await open()
  const httpConnection = (pssBytes(stack.pids.service) - before) / connections
  for (const socket of [...filling, ...counted]) socket.destroy()

  const usedBefore = await redisUsed(redis)
  const clients = await openConnections(redis, effort.redisClients, 'PING\r\n', /^\+PONG\r\n$/)
  const redisClient = ((await redisUsed(redis)) - usedBefore) / effort.redisClients
  for (const socket of clients) socket.destroy()
  return { process, httpConnection, redisPss, redisClient, dataset }
}

/** The memory of the app after some seconds of load, with the load still on. */
async function pssUnderLoad({ effort, wrk, paths, onLine, signal }: Bench, { url, pids }: Stack): Promise<number> {
  const { memoryRate: requestsPerSecond, memorySeconds: seconds } = effort
  const sample = () => pssBytes(pids.service)
  const run = await runLoad({ wrk, paths, signal, url, requestsPerSecond, warmUpSeconds: 0, seconds, sample })
  const reached = Math.round(run.result.requests / run.result.seconds)
  if (reached < requestsPerSecond * REACHED)
    onLine(`memory was read at ${reached} instead of ${requestsPerSecond} requests/s`)
  return run.after
}

async function measureOtherDataset(bench: Bench): Promise<DatasetMemory> {
  const { effort, progress, folder } = bench
  progress.step(`memory with ${effort.entries} product titles`)
  const data = join(folder, 'titles.jsonl')
  await writeTitles(data, effort.entries)
  return withStack(bench, { RANKING_THREADS: 1 }, datasetMemory, data)
}

async function datasetMemory({ redis, version, entries }: Stack): Promise<DatasetMemory> {
  const [url] = redis as [string]
  const startup = Number(await redisInfo(url, 'used_memory_startup'))
  const used = (await redisUsed(url)) - startup
  const { indexBytes, loadingBytes } = await probeIndex({ url, version })
  return { entries, redisUsed: used, indexBytes, loadingBytes }
}

const redisUsed = async (url: string) => Number(await redisInfo(url, 'used_memory'))
