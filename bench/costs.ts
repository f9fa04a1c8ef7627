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
  scoped,
} from './harness.ts'
import { measureLoad, runLoad } from './load.ts'
import { readWords, typedPaths, writePaths } from './queries.ts'
import { type BenchStack, startBenchStack, UNCACHED } from './stack.ts'

const COSTS_FILE = inRoot('generator', 'costs.json')
const SEED = 1
const PATHS = 100_000
/** A round counts only if it reached at least this share of the planned rate. */
const REACHED = 0.85
/** Two processes are compared: one with this number of ranking threads, and one with a single ranking thread. */
const THREADS = 3

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 3,
  warmUpSeconds: 1,
  seconds: 5,
  /** Requests per second for one HTTP process. */
  rates: [100, 500, 1000, 2000, 4000, 6000, 8000],
  /** Requests per second of the load during which memory is read. */
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
  summary: 'costs of requests, processes, connections, and entries, for the capacity model; 6 minutes',
  full: FULL,
  // Even a busy machine reaches this rate.
  quick: { rates: [4], memoryRate: 4, memorySeconds: 1, entries: 20_000, httpConnections: 500, redisClients: 50 },
  usesWrk: true,
  measure: measureCosts,
  tables: (figures) => {
    const { load, memory } = costsOf(figures, () => {})
    const rows = load.map((row) => Object.values(row).map((value) => formatNumber(value, 2)))
    return {
      'costs-load': { head: Object.keys(load[0] ?? {}), rows },
      'costs-memory': {
        head: Object.keys(memory),
        rows: [Object.values(memory).map((bytes) => formatNumber(bytes, 2))],
      },
    }
  },
}

/** Measures the costs of a request, a process, a connection, and an entry, with real Redis, wrk, and nginx. */
async function measureCosts(bench: Bench<CostsEffort>) {
  const nginx = await findNginx(bench.progress)
  bench.facts.nginx = await versionOf(nginx, '-v')
  const paths = await writePaths(bench, typedPaths(await readWords(), PATHS, randomFrom(SEED)))
  const rates = await scoped(bench, (bench) => measureRates(bench, paths, nginx))
  return [...rates, ...(await measureMemory(bench, paths))]
}

/** Measures the CPU time per request at every rate, for the service, Redis, and nginx in front of the service. */
async function measureRates(bench: Bench<CostsEffort>, paths: string, nginxProgram: string): Promise<Row[]> {
  const { rates, seconds } = bench.effort
  const stack = await startBenchStack(bench, UNCACHED)
  bench.facts.entries = stack.entries
  const nginx = bench.keep(await startNginx(nginxProgram, new URL(stack.url).host, bench.folder, bench.signal))
  const servers = {
    direct: { url: stack.url, cpu: { ...stack.cpu, mainThread: () => threadCpuSeconds(stack.pid) } },
    ingress: { url: nginx.url, cpu: { ingress: () => cpuSeconds(nginx.pid) } },
  }
  const measure = (group: keyof typeof servers, requestsPerSecond: number) =>
    measureLoad(bench, { paths, url: servers[group].url, seconds, requestsPerSecond }, servers[group].cpu)
  bench.progress.step('warming up')
  // Warm up, because code that V8 has not compiled yet is several times slower.
  await measure('direct', Math.max(...rates))
  const plans = rates.flatMap((rate) =>
    (['direct', 'ingress'] as const).map(
      (group): Plan => ({
        group,
        title: `${rate} requests/s${group === 'ingress' ? ' through nginx' : ''}`,
        labels: { rate },
        measure: () => measure(group, rate),
      }),
    ),
  )
  return measureRounds(bench, plans)
}

/**
 * Measures the memory use of processes with one and with several ranking threads, and of a second dataset. The
 * processes are started again in every round.
 */
async function measureMemory(bench: Bench<CostsEffort>, paths: string): Promise<Row[]> {
  const plans = [1, THREADS].map(
    (threads): Plan => ({
      group: 'memory',
      title: `memory, ranking threads: ${threads}`,
      labels: { threads },
      measure: () =>
        scoped(bench, async (bench) => {
          const settings = { ...UNCACHED, RANKING_THREADS: threads, HTTP_MAX_CONNECTIONS: mostConnections() }
          const stack = await startBenchStack(bench, settings)
          const dataset = threads === 1 ? await datasetMemory(stack) : {}
          const process = await pssUnderLoad(bench, stack, paths)
          return { ...dataset, process, ...(threads === 1 && (await connectionMemory(stack, bench.effort))) }
        }),
    }),
  )
  const rows = await measureRounds(bench, plans)
  bench.progress.step(`memory with ${bench.effort.entries} product titles`)
  const titles = await scoped(bench, async (bench) => {
    const data = await writeTitles(join(bench.folder, 'titles.jsonl'), bench.effort.entries)
    return datasetMemory(await startBenchStack(bench, {}, { data }))
  })
  return [...rows, rowOf('dataset', 'product titles', titles)]
}

/** Measures the memory of Redis, of an HTTP connection, and of a client of Redis. */
async function connectionMemory(stack: BenchStack, { httpConnections, redisClients }: CostsEffort) {
  const redisPss = pssBytes(stack.redis.pid)
  // The first half of the connections uses up free space in the heap, so only the growth from the second half counts.
  const count = Math.min(httpConnections, Math.floor(mostConnections() / 2))
  const request = 'GET /autocomplete?q=a HTTP/1.1\r\nHost: a\r\n\r\n'
  const open = () => openConnections(stack.url, count, request, /"version":"\w+"\}$/)
  const filling = await open()
  const before = pssBytes(stack.pid)
  const counted = await open()
  const httpConnection = (pssBytes(stack.pid) - before) / count

  const redisUsed = async () => Number(await redisInfo(stack.redis.url, 'used_memory'))
  const usedBefore = await redisUsed()
  const clients = await openConnections(stack.redis.url, redisClients, 'PING\r\n', /^\+PONG\r\n$/)
  const redisClient = ((await redisUsed()) - usedBefore) / redisClients
  for (const socket of [...filling, ...counted, ...clients]) socket.destroy()
  return { httpConnection, redisPss, redisClient }
}

/** Measures the service's memory after some seconds of load. */
async function pssUnderLoad(bench: Bench<CostsEffort>, { url, pid }: BenchStack, paths: string): Promise<number> {
  const { memoryRate: requestsPerSecond, memorySeconds: seconds } = bench.effort
  const load = { url, paths, requestsPerSecond, warmUpSeconds: 0, seconds }
  const { figures, after } = await runLoad(bench, load, () => pssBytes(pid))
  const reached = Math.round(figures.requestsPerSecond)
  if (reached < requestsPerSecond * REACHED)
    bench.onLine(`memory was read at ${reached} instead of ${requestsPerSecond} requests/s`)
  return after
}

/** Measures the bytes of a dataset in Redis and in a process. */
async function datasetMemory(stack: BenchStack) {
  const { redisBytes, indexBytes, loadingBytes } = await probeIndex(stack)
  return { entries: stack.entries, redisBytes, indexBytes, loadingBytes }
}

/**
 * Returns the contents of generator/costs.json. Memory figures are computed from the medians of the rounds.
 *
 * - A ranking thread: half the difference between a process with three threads and a process with one.
 * - The HTTP process: a process with one ranking thread under load, minus that thread and the index.
 * - An entry in Redis: the growth of `used_memory` from the words to the titles, per additional entry.
 * - Redis without data: its PSS with the words, minus the growth of `used_memory` that the words cause.
 * - A Redis client: the growth of `used_memory` per connection. This is the memory that `maxmemory` counts.
 * @param onLine receives a line for each rate that was not reached, directly or through nginx
 * @throws {UserError} if no rate was reached
 */
export function costsOf(figures: Figures, onLine: (line: string) => void): Costs {
  const { date, commit, machine, os, node, rounds, facts, rows } = figures
  const middle = (row: Row | undefined, name: string) => median((row?.values[name] ?? []).filter((one) => one !== null))
  const one = (name: string) => middle(findRow(rows, 'memory', { threads: 1 }), name)
  const titles = (name: string) => middle(findRow(rows, 'dataset'), name)
  const rankingThread =
    (middle(findRow(rows, 'memory', { threads: THREADS }), 'process') - one('process')) / (THREADS - 1)
  const redisEntry = (titles('redisBytes') - one('redisBytes')) / (titles('entries') - one('entries'))
  const memory: MemoryCost = {
    httpProcessBytes: Math.round(one('process') - rankingThread - one('indexBytes')),
    rankingThreadBytes: Math.round(rankingThread),
    httpConnectionBytes: Math.round(Math.max(0, one('httpConnection'))),
    appEntryBytes: round(titles('indexBytes') / titles('entries'), 2),
    appLoadingBytes: round(titles('loadingBytes') / titles('entries'), 2),
    redisBaseBytes: Math.round(one('redisPss') - one('redisBytes')),
    redisEntryBytes: round(redisEntry, 2),
    redisClientBytes: Math.round(one('redisClient')),
  }
  const [redis, nginx, client] = [facts.Redis, facts.nginx, `wrk ${facts.wrk}`] as string[] as [string, string, string]
  const measured = { date, machine, os, node, commit, redis, nginx, client, rounds, entries: facts.entries as number }
  return { measured, load: loadCosts(rows, onLine), memory }
}

/**
 * Returns the medians over the rounds that reached a rate. Leaves out a rate if no round reached it directly, or if no
 * round reached it through nginx.
 */
function loadCosts(rows: readonly Row[], onLine: (line: string) => void): LoadCost[] {
  const load = rowsOf(rows, 'direct').flatMap(({ labels, values }): LoadCost[] => {
    const rate = labels.rate as number
    const ingress = findRow(rows, 'ingress', { rate })?.values ?? {}
    const [direct, through] = [reachedOf(values, rate), reachedOf(ingress, rate)]
    if (direct.length === 0 || through.length === 0) {
      const most = [values, ingress].map(({ requestsPerSecond = [] }) => Math.max(...(requestsPerSecond as number[])))
      onLine(`left out ${rate} requests/s: this machine reached ${most.map(Math.round).join(', through nginx ')}`)
      return []
    }
    const middle = (name: string, decimals: number) =>
      round(median(direct.map((at) => values[name]?.[at] as number)), decimals)
    return [
      {
        requestsPerSecond: middle('requestsPerSecond', 0),
        appMicros: middle('app', 1),
        mainThreadMicros: middle('mainThread', 1),
        redisMicros: middle('redis', 1),
        ingressMicros: round(median(through.map((at) => ingress.ingress?.[at] as number)), 1),
        p50Ms: middle('p50Ms', 2),
        p99Ms: middle('p99Ms', 2),
      },
    ]
  })
  if (load.length === 0) throw new UserError('this machine reached none of the rates')
  return load
}

/** Returns the indexes of the rounds that reached a rate. */
const reachedOf = ({ requestsPerSecond = [] }: Row['values'], rate: number): number[] =>
  requestsPerSecond.flatMap((value, at) => ((value ?? 0) >= rate * REACHED ? [at] : []))

const round = (value: number, decimals: number) => Number(value.toFixed(decimals))

/**
 * Writes generator/costs.json.
 * @throws {UserError} if a rate was not reached, or if the capacity model cannot use the costs
 */
export async function writeCosts(figures: Figures, onLine: (line: string) => void): Promise<void> {
  const found = costsOf(figures, onLine)
  const missing = rowsOf(figures.rows, 'direct').length - found.load.length
  const [problem] = missing > 0 ? [`rates that were not reached: ${missing}`] : costsProblems(found)
  if (problem) throw new UserError(`generator/costs.json was not written: ${problem}`)
  const $comment = 'Written by `npm run bench -- --write-costs`; do not edit.'
  await writeFile(COSTS_FILE, toJson({ $comment, ...found }))
}
