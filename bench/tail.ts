import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../tools/support/errors.ts'
import { threadCpuSeconds } from '../tools/support/processes.ts'
import { randomFrom } from '../tools/support/random.ts'
import { lineChart, pointsOf } from './charts.ts'
import { type RunningServer, withBareServer } from './comparison/servers.ts'
import { mostConnections } from './connections.ts'
import { bindTo, onOtherCpus, shareCpus } from './cpus.ts'
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
import { connectionsFor, type LoadOptions, measureLoad } from './load.ts'
import { wordsByWeight, zipfPaths } from './queries.ts'
import { type BenchStack, UNCACHED, withStack } from './stack.ts'
import { figure, label, tableOf, withRange } from './tables.ts'

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 3,
  /** Seconds of load before and during each measurement. */
  warmUpSeconds: 1,
  seconds: 6,
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
  RANKING_TIMEOUT_MS: 10_000,
  REDIS_COMMAND_TIMEOUT_MS: 10_000,
}
const PERCENTILES = { p50Ms: 'p50', p95Ms: 'p95', p99Ms: 'p99', p999Ms: 'p99.9' }
const BARE_PERCENTILES = { bareP50Ms: 'p50', bareP99Ms: 'p99' }

/** Measures the service's response times by load, and those of bare node:http at the same rates. */
export const tail: Subject<TailEffort> = {
  name: 'tail',
  summary: 'response times at 30 to 85% of the capacity, next to those of bare node:http; 8 minutes',
  full: FULL,
  quick: { rounds: 1, warmUpSeconds: 0, seconds: 1, searchSeconds: 1, searchStep: 1.6, shares: [0.7], paths: 20_000 },
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
      ['p99, relative to bare node:http', (row) => withRange(ratioOf(row, row, ['p99Ms'], ['bareP99Ms']), 1)],
    ]),
  }),
  charts: ({ rows }) => {
    const points = rowsOf(rows, 'tail').flatMap((row) => {
      const { cache, share } = row.labels
      const place = { panel: `cache ${cache}`, x: (share as number) * 100 }
      return Object.entries(PERCENTILES).flatMap(([name, series]) => pointsOf(row, name, { ...place, series }))
    })
    const axes = { title: 'Response times of users who type, by load', x: 'load, % of the capacity', y: 'milliseconds' }
    return { tail: lineChart({ ...axes, log: 'y' }, points) }
  },
}

/** The measured servers. Only one of them is under load at a time. */
interface Servers {
  off: BenchStack
  on: BenchStack
  bare: RunningServer
}

/** Measures the servers on one CPU. Redis and wrk use the other CPUs, so they do not delay the servers. */
async function measureTail(effort: TailEffort, bench: Bench) {
  const cpus = await shareCpus()
  const words = await wordsByWeight()
  const pathsOf = (round: number) => zipfPaths(words, effort.paths, randomFrom(round))
  return withStack(bench, { ...LIMITS, ...UNCACHED }, (off, bench) =>
    withStack(bench, LIMITS, (on, bench) =>
      withBareServer(off.url, pathsOf(0), bench.signal, async (bare) => {
        for (const { pid } of [off, on, bare]) await bindTo(cpus.server, pid)
        for (const { redis } of [off, on]) await bindTo(cpus.others, redis.pid)
        const rows = await onOtherCpus(cpus, () => measureServers(effort, bench, { off, on, bare }, pathsOf))
        const facts = {
          Redis: off.redis.version,
          'seconds per load and round': effort.seconds,
          entries: off.entries,
          'queries per round': effort.paths,
        }
        return { facts, rows }
      }),
    ),
  )
}

/** @param pathsOf returns the queries for a round */
async function measureServers(
  effort: TailEffort,
  bench: Bench,
  { off, on, bare }: Servers,
  pathsOf: (round: number) => readonly string[],
): Promise<Row[]> {
  const paths = join(bench.folder, 'paths.txt')
  // Each round uses different queries, because the cache would answer queries of earlier rounds.
  const before = (round: number) => writeFile(paths, pathsOf(round).join('\n'))
  await before(0)
  const rows: Row[] = []
  const plans: Plan[] = []
  const { warmUpSeconds, seconds } = effort
  for (const [cache, stack] of Object.entries({ off, on })) {
    bench.progress.step(`looking for the capacity with the cache ${cache}`)
    const load = { paths, signal: bench.signal, url: stack.url, warmUpSeconds, seconds }
    const capacity = await findCapacity(load, effort, stack.pid)
    rows.push(rowOf('capacity', `capacity, cache ${cache}`, capacity, { cache }))
    for (const [at, share] of effort.shares.entries()) {
      const requestsPerSecond = capacity.requestsPerSecond * share
      // The loads of a round use different parts of the file.
      const startLine = Math.floor((effort.paths / effort.shares.length) * at)
      plans.push({
        group: 'tail',
        title: `${share * 100}% of the capacity, cache ${cache}`,
        labels: { cache, share },
        measure: async () => {
          const service = await measureLoad({ ...load, requestsPerSecond, startLine }, {})
          const { p50Ms: bareP50Ms, p99Ms: bareP99Ms } = await measureLoad(
            { ...load, url: bare.url, requestsPerSecond },
            {},
          )
          return { ...service, bareP50Ms, bareP99Ms }
        },
      })
    }
  }
  return [...rows, ...(await measureRounds(plans, { ...effort, before }, bench))]
}

/**
 * Finds the maximum number of requests per second that the service answers for typing users. The number of users rises
 * step by step until the rate no longer rises. The highest rate counts. Users without pauses determine only the first
 * step.
 */
async function findCapacity(options: LoadOptions, { searchSeconds: seconds, searchStep }: TailEffort, pid: number) {
  const load = { ...options, warmUpSeconds: 1, seconds }
  const measureWithoutPauses = () => measureLoad({ ...load, connections: CONNECTIONS_WITHOUT_PAUSES }, {})
  // Ignore the first load, during which V8 still compiles the service's code.
  await measureWithoutPauses()
  const { requestsPerSecond: withoutPauses } = await measureWithoutPauses()
  const cpu = { mainThread: () => threadCpuSeconds(pid) }
  // Each step continues after the queries of the previous step, because those are cached.
  let startLine = Math.round(withoutPauses * seconds)
  const isPossible = (rate: number) => connectionsFor(rate) <= mostConnections()
  const peak = await findPeak(
    { rate: withoutPauses * FIRST_SHARE, factor: searchStep, isPossible },
    async (rate) => {
      const step = await measureLoad({ ...load, requestsPerSecond: rate, startLine }, cpu)
      startLine += Math.round(step.requestsPerSecond * (1 + seconds))
      return step
    },
    ({ requestsPerSecond }) => requestsPerSecond,
  )
  if (!peak)
    throw new UserError(`${mostConnections()} connections are too few; raise the limit of open files (ulimit -n)`)
  const { requestsPerSecond, mainThread } = peak
  return { requestsPerSecond, mainThreadShare: (mainThread * requestsPerSecond) / 1e6, withoutPauses }
}
