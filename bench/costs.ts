import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Costs, costsProblems, type LoadCost, type MemoryCost } from '../generator/src/capacity/costs.ts'
import { formatNumber } from '../generator/src/capacity/quantity.ts'
import { findNginx, startNginx } from '../tools/programs/nginx.ts'
import { UserError } from '../tools/support/errors.ts'
import { inRoot } from '../tools/support/paths.ts'
import { versionOf } from '../tools/support/process.ts'
import { cpuSeconds, pssBytes, threadCpuSeconds } from '../tools/support/processes.ts'
import { randomFrom } from '../tools/support/random.ts'
import { redisInfo } from '../tools/support/redis-command.ts'
import { probeIndex } from './catalog/probe.ts'
import { writeTitles } from './catalog/queries.ts'
import { mostConnections, openConnections } from './connections.ts'
import { toJson } from './docs.ts'
import {
  type Bench,
  type Figures,
  findRow,
  measureRounds,
  median,
  type Plan,
  type Row,
  rowOf,
  rowsOf,
  type Subject,
} from './harness.ts'
import { measureLoad, runLoad } from './load.ts'
import { readWords, typedPaths } from './queries.ts'
import { type BenchStack, UNCACHED, withStack } from './stack.ts'

/** The file with the committed costs. */
const COSTS_FILE = inRoot('generator', 'costs.json')
const SEED = 1
const PATHS = 100_000
/** A round counts only if it reached at least this share of the planned rate. */
const REACHED = 0.85
/** The number of ranking threads in the process that is compared with a single-threaded process. */
const THREADS = 3

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 3,
  /** Requests per second for one HTTP process. */
  rates: [100, 500, 1000, 2000, 4000, 6000, 8000],
  /** Seconds of load before and during each measurement. For nginx, only the CPU time counts, so less time suffices. */
  warmUpSeconds: 1,
  seconds: 5,
  nginxSeconds: 3,
  /** The load during which memory is read. */
  memoryRate: 4000,
  memorySeconds: 6,
  /**
   * The number of entries in the dataset of product titles. Its costs are compared with the costs of the dataset of
   * words.
   */
  entries: 1_000_000,
  /** The numbers of idle connections to open to the HTTP process and to Redis. */
  httpConnections: 4000,
  redisClients: 1000,
}
type CostsEffort = typeof FULL

/** Measures the costs that the capacity model uses. */
export const costs: Subject<CostsEffort> = {
  name: 'costs',
  summary: 'costs of requests, processes, connections, and entries, for the capacity model; 5 minutes',
  full: FULL,
  // Even a busy machine reaches these rates.
  quick: {
    rounds: 1,
    rates: [5],
    warmUpSeconds: 0,
    seconds: 1,
    nginxSeconds: 1,
    memoryRate: 5,
    memorySeconds: 1,
    entries: 20_000,
    httpConnections: 500,
    redisClients: 50,
  },
  usesWrk: true,
  measure: measureCosts,
  tables: (figures) => {
    const { load, memory } = costsOf(figures, () => {})
    return {
      'costs-load': {
        head: ['requests/s', 'app µs', 'main thread µs', 'Redis µs', 'nginx µs', 'p50 ms', 'p99 ms'],
        rows: load.map((row) => [
          formatNumber(row.requestsPerSecond),
          ...[row.appMicros, row.mainThreadMicros, row.redisMicros, row.ingressMicros].map((one) => one.toFixed(1)),
          ...[row.p50Ms, row.p99Ms].map((ms) => ms.toFixed(2)),
        ]),
      },
      'costs-memory': {
        head: ['memory', 'bytes'],
        rows: Object.entries(memory).map(([name, bytes]) => [MEMORY[name as keyof MemoryCost], formatNumber(bytes, 2)]),
      },
    }
  },
}

const MEMORY: Readonly<Record<keyof MemoryCost, string>> = {
  httpProcessBytes: 'HTTP process without ranking threads',
  rankingThreadBytes: 'ranking thread',
  httpConnectionBytes: 'open HTTP connection',
  appEntryBytes: 'dataset entry in the index of a process',
  appLoadingBytes: 'dataset entry while an index is loaded, in addition',
  redisBaseBytes: 'Redis without data',
  redisEntryBytes: 'dataset entry in Redis',
  redisClientBytes: 'client of Redis',
}

/** The context that all parts of a measurement share. */
interface CostsBench extends Bench {
  effort: CostsEffort
  /** A file with a request path on each line. */
  paths: string
}

/** Measures the costs of a request, a process, a connection, and an entry, with real Redis, wrk, and nginx. */
async function measureCosts(effort: CostsEffort, bench: Bench) {
  const nginx = await findNginx(bench.progress)
  const paths = join(bench.folder, 'paths.txt')
  await writeFile(paths, typedPaths(await readWords(), PATHS, randomFrom(SEED)).join('\n'))
  const shared = { ...bench, effort, paths }
  const { rates, redis, entries } = await withStack(shared, UNCACHED, async (stack, bench) => ({
    rates: await measureRates(bench, stack, nginx),
    redis: stack.redis.version,
    entries: stack.entries,
  }))
  const facts = { Redis: redis, nginx: await versionOf(nginx, '-v'), entries }
  return { facts, rows: [...rates, ...(await measureMemory(shared))] }
}

/** Measures the CPU time per request at every rate: for the service and Redis, and for nginx in front of them. */
async function measureRates(bench: CostsBench, stack: BenchStack, nginxProgram: string): Promise<Row[]> {
  const { effort, paths, progress, signal, folder } = bench
  const { warmUpSeconds, seconds, nginxSeconds } = effort
  const cpu = { ...stack.cpu, mainThread: () => threadCpuSeconds(stack.pid) }
  const nginx = await startNginx(nginxProgram, new URL(stack.url).host, folder, signal)
  try {
    const load = { paths, signal, warmUpSeconds }
    const direct = (rate: number) => measureLoad({ ...load, url: stack.url, seconds, requestsPerSecond: rate }, cpu)
    const ingress = { ingress: () => cpuSeconds(nginx.pid) }
    progress.step('warming up')
    // Warm up, because code that V8 has not compiled yet is several times slower.
    await direct(Math.max(...effort.rates))
    const plans = effort.rates.flatMap((rate): Plan[] => {
      const through = { ...load, url: nginx.url, seconds: nginxSeconds, requestsPerSecond: rate }
      const title = `${rate} requests/s`
      return [
        { group: 'direct', title, labels: { rate }, measure: () => direct(rate) },
        {
          group: 'ingress',
          title: `${title} through nginx`,
          labels: { rate },
          measure: () => measureLoad(through, ingress),
        },
      ]
    })
    return await measureRounds(plans, effort, bench)
  } finally {
    await nginx.stop()
  }
}

/**
 * Measures the memory use of processes with one and with several ranking threads, and of a second dataset. The
 * processes are started again in every round.
 */
async function measureMemory(bench: CostsBench): Promise<Row[]> {
  const { effort, progress, folder } = bench
  const plan = (
    threads: number,
    measure: (stack: BenchStack, bench: CostsBench) => Promise<Record<string, number>>,
  ): Plan => ({
    group: 'memory',
    title: `memory with ${threads} ranking threads`,
    labels: { threads },
    measure: () => {
      const settings = { ...UNCACHED, RANKING_THREADS: threads, HTTP_MAX_CONNECTIONS: mostConnections() }
      return withStack(bench, settings, measure)
    },
  })
  const rows = await measureRounds([plan(1, measureSingleThread), plan(THREADS, pssUnderLoad)], effort, bench)
  progress.step(`memory with ${effort.entries} product titles`)
  const data = join(folder, 'titles.jsonl')
  await writeTitles(data, effort.entries)
  const titles = await withStack(bench, { RANKING_THREADS: 1 }, datasetMemory, { data })
  return [...rows, rowOf('dataset', 'product titles', titles)]
}

async function measureSingleThread(stack: BenchStack, bench: CostsBench): Promise<Record<string, number>> {
  const { effort } = bench
  const dataset = await datasetMemory(stack)
  const { process } = await pssUnderLoad(stack, bench)
  const redisPss = pssBytes(stack.redis.pid)

  // The first half of the connections uses up free space in the heap, so only the growth from the second half counts.
  const count = Math.min(effort.httpConnections, Math.floor(mostConnections() / 2))
  const request = 'GET /autocomplete?q=a HTTP/1.1\r\nHost: a\r\n\r\n'
  const open = () => openConnections(stack.url, count, request, /"version":"\w+"\}$/)
  const filling = await open()
  const before = pssBytes(stack.pid)
  const counted = await open()
  const httpConnection = (pssBytes(stack.pid) - before) / count
  for (const socket of [...filling, ...counted]) socket.destroy()

  const usedBefore = await redisUsed(stack.redis.url)
  const clients = await openConnections(stack.redis.url, effort.redisClients, 'PING\r\n', /^\+PONG\r\n$/)
  const redisClient = ((await redisUsed(stack.redis.url)) - usedBefore) / effort.redisClients
  for (const socket of clients) socket.destroy()
  return { ...dataset, process, httpConnection, redisPss, redisClient }
}

/** Measures the service's memory after some seconds of load. */
async function pssUnderLoad({ url, pid }: BenchStack, { effort, paths, onLine, signal }: CostsBench) {
  const { memoryRate: requestsPerSecond, memorySeconds: seconds } = effort
  const options = { paths, signal, url, requestsPerSecond, warmUpSeconds: 0, seconds }
  const { figures, after } = await runLoad(options, () => pssBytes(pid))
  const reached = Math.round(figures.requestsPerSecond)
  if (reached < requestsPerSecond * REACHED)
    onLine(`memory was read at ${reached} instead of ${requestsPerSecond} requests/s`)
  return { process: after }
}

/** Measures the bytes of a dataset in Redis, excluding Redis itself, and in a process. */
async function datasetMemory({ redis: { url }, dataset, entries }: BenchStack) {
  const used = (await redisUsed(url)) - Number(await redisInfo(url, 'used_memory_startup'))
  const { indexBytes, loadingBytes } = await probeIndex({ url, version: dataset })
  return { entries, redisUsed: used, indexBytes, loadingBytes }
}

const redisUsed = async (url: string) => Number(await redisInfo(url, 'used_memory'))

/**
 * Returns the contents of generator/costs.json. Every memory figure is the median of the rounds.
 *
 * - A ranking thread: half the difference between a process with three threads and a process with one.
 * - The HTTP process: a process with one ranking thread under load, minus that thread and the index.
 * - An entry in Redis: the growth of `used_memory` from the words to the titles, per additional entry.
 * - Redis without data: its PSS with the words, minus the growth of `used_memory` that the words cause.
 * - A Redis client: the growth of `used_memory` per connection. This is the memory that `maxmemory` counts.
 * @param onLine receives a line for each rate that was not reached
 * @throws {UserError} if no rate was reached, or if the lowest reached rate was not reached through nginx
 */
export function costsOf(figures: Figures, onLine: (line: string) => void): Costs {
  const { date, commit, machine, os, node, rounds, facts, rows } = figures
  const middle = (row: Row | undefined, name: string) => median((row?.values[name] ?? []).filter((one) => one !== null))
  const one = (name: string) => middle(findRow(rows, 'memory', { threads: 1 }), name)
  const titles = (name: string) => middle(findRow(rows, 'dataset'), name)
  const rankingThread =
    (middle(findRow(rows, 'memory', { threads: THREADS }), 'process') - one('process')) / (THREADS - 1)
  const redisEntry = (titles('redisUsed') - one('redisUsed')) / (titles('entries') - one('entries'))
  const memory: MemoryCost = {
    httpProcessBytes: Math.round(one('process') - rankingThread - one('indexBytes')),
    rankingThreadBytes: Math.round(rankingThread),
    httpConnectionBytes: Math.round(Math.max(0, one('httpConnection'))),
    appEntryBytes: round(titles('indexBytes') / titles('entries'), 2),
    appLoadingBytes: round(titles('loadingBytes') / titles('entries'), 2),
    redisBaseBytes: Math.round(one('redisPss') - one('redisUsed')),
    redisEntryBytes: round(redisEntry, 2),
    redisClientBytes: Math.round(one('redisClient')),
  }
  const [redis, nginx, client] = [facts.Redis, facts.nginx, `wrk ${facts.wrk}`] as string[] as [string, string, string]
  const measured = { date, machine, os, node, commit, redis, nginx, client, rounds, entries: facts.entries as number }
  return { measured, load: loadCosts(rows, onLine), memory }
}

/**
 * Returns the medians over the rounds that reached a rate. If nginx did not reach a rate, its cost is that of the
 * previous row.
 */
function loadCosts(rows: readonly Row[], onLine: (line: string) => void): LoadCost[] {
  const load: LoadCost[] = []
  for (const direct of rowsOf(rows, 'direct')) {
    const rate = direct.labels.rate as number
    const reached = reachedOf(direct, rate)
    if (reached.length === 0) {
      const most = Math.max(...(direct.values.requestsPerSecond as number[]))
      onLine(`left out ${rate} requests/s: this machine reached ${Math.round(most)}`)
      continue
    }
    const middle = (name: string, decimals: number) =>
      round(median(reached.map((at) => direct.values[name]?.[at] as number)), decimals)
    const through = findRow(rows, 'ingress', { rate })
    const ingress = through ? reachedOf(through, rate).map((at) => through.values.ingress?.[at] as number) : []
    const ingressMicros = ingress.length > 0 ? round(median(ingress), 1) : load.at(-1)?.ingressMicros
    if (ingressMicros === undefined) throw new UserError(`this machine did not reach ${rate} requests/s through nginx`)
    if (ingress.length === 0)
      onLine(`${rate} requests/s were not reached through nginx, so its cost is that of the previous row`)
    load.push({
      requestsPerSecond: middle('requestsPerSecond', 0),
      appMicros: middle('app', 1),
      mainThreadMicros: middle('mainThread', 1),
      redisMicros: middle('redis', 1),
      ingressMicros,
      p50Ms: middle('p50Ms', 2),
      p99Ms: middle('p99Ms', 2),
    })
  }
  if (load.length === 0) throw new UserError('this machine reached none of the rates')
  return load
}

/** Returns the indexes of the rounds that reached a rate. */
const reachedOf = ({ values }: Row, rate: number): number[] =>
  (values.requestsPerSecond ?? []).flatMap((value, at) => ((value ?? 0) >= rate * REACHED ? [at] : []))

const round = (value: number, decimals: number) => Number(value.toFixed(decimals))

/**
 * Writes generator/costs.json.
 * @throws {UserError} if a rate was not reached, or if the capacity model cannot use the costs
 */
export async function writeCosts(figures: Figures, onLine: (line: string) => void): Promise<void> {
  const found = costsOf(figures, onLine)
  const missing = rowsOf(figures.rows, 'direct').length - found.load.length
  const [problem] = missing > 0 ? [`${missing} rates were not reached`] : costsProblems(found)
  if (problem) throw new UserError(`generator/costs.json was not written: ${problem}`)
  const $comment = 'Written by `npm run bench -- --write-costs`; do not edit.'
  await writeFile(COSTS_FILE, toJson({ $comment, ...found }))
}
