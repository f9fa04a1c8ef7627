import { UserError } from '../tools/support/errors.ts'
import { threadCpuSeconds } from '../tools/support/processes.ts'
import { randomFrom } from '../tools/support/random.ts'
import { lineChart, pointsOf } from './charts.ts'
import { typicalAnswer } from './comparison/servers.ts'
import { mostConnections } from './connections.ts'
import { reserveCpu } from './cpus.ts'
import {
  type Bench,
  findPeak,
  measureRounds,
  type Plan,
  type Row,
  ratioOf,
  rowOf,
  rowsOf,
  type Subject,
} from './harness.ts'
import { connectionsFor, measureLoad } from './load.ts'
import { wordsByWeight, writePaths, zipfPaths } from './queries.ts'
import { type Server, startBenchStack, startConstant, startOtherService, UNCACHED } from './stack.ts'
import { figure, label, tableOf, withRange } from './tables.ts'

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 3,
  firstSeconds: 6,
  warmUpSeconds: 2,
  seconds: 10,
  /** The search for the capacity: seconds per load, and the factor between one load and the next. */
  searchSeconds: 3,
  searchStep: 1.2,
  /** The measured loads, as shares of the capacity. */
  shares: [0.3, 0.5, 0.7, 0.85],
  /** The number of lines with queries for each round. */
  paths: 300_000,
}
type TailEffort = typeof FULL

/** The number of users without pauses. The search is based on the rate that they reach. */
const CONNECTIONS_WITHOUT_PAUSES = 64
/** The search starts at this share of the rate that users without pauses reach. */
const FIRST_SHARE = 0.4
/** Limits that are higher than the search needs, so that the service does not reject queries under overload. */
const LIMITS = {
  HTTP_MAX_CONNECTIONS: mostConnections(),
  RANKING_MAX_PENDING: 100_000,
  REDIS_COMMAND_TIMEOUT_MS: 10_000,
}
const PERCENTILES = { p50Ms: 'p50', p95Ms: 'p95', p99Ms: 'p99', p999Ms: 'p99.9' }
const BARE_PERCENTILES = { bareP50Ms: 'p50', bareP99Ms: 'p99' }

/** Measures the service's response times by load, and those of bare node:http at the same rates. */
export const tail: Subject<TailEffort> = {
  name: 'tail',
  summary: 'response times at 30 to 85% of the capacity, next to those of bare node:http; 15 minutes',
  full: FULL,
  quick: { searchSeconds: 1, searchStep: 1.6, shares: [0.7], paths: 20_000 },
  usesWrk: true,
  measure: measureTail,
  tables: ({ rows }) => ({
    'tail-capacity': tableOf(rowsOf(rows, 'capacity'), [
      label('cache'),
      figure('capacity, requests/s', 'requestsPerSecond', 0),
      figure('main thread busy, %', 'mainThreadShare', 0, 0.01),
      figure('without pauses, requests/s', 'withoutPauses', 0),
    ]),
    tail: tableOf(rowsOf(rows, 'tail'), [
      label('cache'),
      ['load', ({ labels }) => `${(labels.share as number) * 100}%`],
      figure('requests/s', 'requestsPerSecond', 0),
      ...Object.entries(PERCENTILES).map(([name, title]) => figure(`${title} ms`, name, 2)),
      ...Object.entries(BARE_PERCENTILES).map(([name, title]) => figure(`bare node:http, ${title} ms`, name, 2)),
      ['p99, relative to bare node:http', (row) => withRange(ratioOf(row, row, 'p99Ms', 'bareP99Ms'), 1)],
    ]),
  }),
  charts: ({ rows }) => {
    const points = rowsOf(rows, 'tail').flatMap((row) => {
      const { cache, share } = row.labels
      const place = { panel: `cache ${cache}`, x: (share as number) * 100 }
      return Object.entries(PERCENTILES).flatMap(([name, series]) => pointsOf(row, name, { ...place, series }))
    })
    const axes = { title: 'Response times of users who type, by load', x: 'load, % of the capacity', y: 'milliseconds' }
    return { tail: lineChart({ ...axes, isLog: true }, points) }
  },
}

/** Measures the servers on one CPU. Redis and wrk use the other CPUs, so they do not delay the servers. */
async function measureTail(bench: Bench<TailEffort>): Promise<Row[]> {
  const { paths: count, shares, seconds } = bench.effort
  const bindServer = await reserveCpu(bench)
  const words = await wordsByWeight()
  const pathsOf = (round: number) => zipfPaths(words, count, randomFrom(round))
  // Each round uses different queries, because the cache would answer queries of earlier rounds.
  const write = (round: number) => writePaths(bench, pathsOf(round))
  const paths = await write(0)
  const off = await startBenchStack(bench, { ...LIMITS, ...UNCACHED })
  const on = await startOtherService(bench, LIMITS, off.redis.url)
  const bare = await startConstant(bench, 'bare.mjs', await typicalAnswer(off.url, pathsOf(0)))
  for (const server of [off, on, bare]) await bindServer(server)
  const facts = { 'seconds per load and round': seconds, entries: off.entries, 'queries per round': count }
  Object.assign(bench.facts, facts)
  const rows: Row[] = []
  const plans: Plan[] = []
  for (const [cache, server] of Object.entries({ off, on })) {
    bench.progress.step(`looking for the capacity with the cache ${cache}`)
    const capacity = await findCapacity(bench, server, paths)
    rows.push(rowOf('capacity', `capacity, cache ${cache}`, capacity, { cache }))
    for (const [at, share] of shares.entries()) {
      // The loads of a round use different parts of the file.
      const startLine = Math.floor((count / shares.length) * at)
      const load = { paths, startLine, requestsPerSecond: capacity.requestsPerSecond * share }
      plans.push({
        group: 'tail',
        title: `${share * 100}% of the capacity, cache ${cache}`,
        labels: { cache, share },
        measure: async ({ seconds }) => {
          const service = await measureLoad(bench, { ...load, url: server.url, seconds }, {})
          const { p50Ms, p99Ms } = await measureLoad(bench, { ...load, url: bare.url, seconds }, {})
          return { ...service, bareP50Ms: p50Ms, bareP99Ms: p99Ms }
        },
      })
    }
  }
  return [...rows, ...(await measureRounds(bench, plans, write))]
}

/**
 * Finds the maximum number of requests per second that the service answers for typing users. The number of users rises
 * step by step until the rate no longer rises. The highest rate counts. Users without pauses determine only the first
 * step.
 */
async function findCapacity(bench: Bench<TailEffort>, { url, pid }: Server, paths: string) {
  const { searchSeconds: seconds, searchStep: factor } = bench.effort
  const load = { url, paths, warmUpSeconds: 1, seconds }
  const measureWithoutPauses = () => measureLoad(bench, { ...load, connections: CONNECTIONS_WITHOUT_PAUSES }, {})
  // Ignore the first load, during which V8 still compiles the service's code.
  await measureWithoutPauses()
  const { requestsPerSecond: withoutPauses } = await measureWithoutPauses()
  // Each step continues after the queries of the previous step, because those are cached.
  let startLine = Math.round(withoutPauses * seconds)
  const measure = async (requestsPerSecond: number) => {
    const cpu = { mainThread: () => threadCpuSeconds(pid) }
    const step = await measureLoad(bench, { ...load, requestsPerSecond, startLine }, cpu)
    startLine += Math.round(step.requestsPerSecond * (1 + seconds))
    return step
  }
  const isPossible = (rate: number) => connectionsFor(rate) <= mostConnections()
  const search = { rate: withoutPauses * FIRST_SHARE, factor, isPossible }
  const peak = await findPeak(search, measure, (step) => step.requestsPerSecond)
  if (!peak)
    throw new UserError(`${mostConnections()} connections are too few; raise the limit of open files (ulimit -n)`)
  const { requestsPerSecond, mainThread } = peak
  return { requestsPerSecond, mainThreadShare: (mainThread * requestsPerSecond) / 1e6, withoutPauses }
}
