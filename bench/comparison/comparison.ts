import { cpuSeconds, pssBytes } from '../../tools/support/processes.ts'
import { randomFrom } from '../../tools/support/random.ts'
import { barChart, barsOf } from '../charts.ts'
import { type Bench, findRow, measureRounds, type Plan, type Row, ratioOf, type Subject, spreadOf } from '../harness.ts'
import { type CpuReaders, measureLoad } from '../load.ts'
import { uniformPaths, wordsByWeight, writePaths, zipfPaths } from '../queries.ts'
import { figure, tableOf, titles, withRange } from '../tables.ts'
import { type Running, SERVERS, type ServerName, SUGGESTING, startServers } from './servers.ts'

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 5,
  visits: 3,
  firstSeconds: 12,
  warmUpSeconds: 0.5,
  seconds: 1.5,
  /** The number of queries for each round: more than a server answers in one measurement. */
  paths: 300_000,
  /** The number of users who do not pause. */
  connections: 64,
  /** Requests per second of the users who pause. */
  pacedRate: 4000,
}
type ComparisonEffort = typeof FULL

/** The kinds of queries. `paced` users send the `zipf` queries, with pauses. The other users do not pause. */
type Queries = 'zipf' | 'paced' | 'uniform'
interface Labels {
  server: ServerName
  nginx: boolean
  queries: Queries
}
/** The suffix of a row's title for each kind of query. */
const QUERIES_TITLE: Record<Queries, string> = { zipf: '', paced: ', users who pause', uniform: ', uniform' }

/** The rows of the tables, in order. */
const ROWS: readonly Labels[] = [
  ...(['bare', 'koa', ...SUGGESTING] as const).map((server) => ({ server, nginx: false, queries: 'zipf' as const })),
  ...SUGGESTING.map((server) => ({ server, nginx: true, queries: 'zipf' as const })),
  ...(['bare', 'cacheOff', 'cacheOn'] as const).map((server) => ({ server, nginx: false, queries: 'paced' as const })),
  ...(['bare', ...SUGGESTING] as const).map((server) => ({ server, nginx: false, queries: 'uniform' as const })),
]
const PROCESSES = ['app', 'redis', 'nginx'] as const
/** The CPU count of the reference report's cluster. The tables show a rate computed for it. */
const PROJECTED_CPUS = 8

/** Compares the service's CPU time per request with that of plain HTTP servers and of the reference report's stack. */
export const comparison: Subject<ComparisonEffort> = {
  name: 'comparison',
  summary: "CPU time of a request, compared with bare node:http, Koa, and the reference report's stack; 11 minutes",
  full: FULL,
  quick: { paths: 2000, connections: 8, pacedRate: 100 },
  usesWrk: true,
  measure: measureComparison,
  tables: ({ rows }) => {
    const toBare = (row: Row) =>
      ratioOf(row, findRow(rows, 'comparison', { server: 'bare', queries: row.labels.queries as Queries }), 'app')
    const micros = ({ values }: Row, at: number) => PROCESSES.reduce((sum, name) => sum + (values[name]?.[at] ?? 0), 0)
    const projected = (row: Row) => spreadOf(row.values.app?.map((_, at) => (PROJECTED_CPUS * 1e6) / micros(row, at)))
    return {
      comparison: tableOf(rows, [
        titles('server'),
        figure('app µs', 'app', 1),
        figure('Redis µs', 'redis', 1),
        figure('nginx µs', 'nginx', 1),
        ['app, relative to bare node:http', (row) => withRange(toBare(row), 2)],
        [`requests/s on ${PROJECTED_CPUS} CPUs, at most`, (row) => withRange(projected(row), 0)],
      ]),
      'comparison-answers': tableOf(rows, [
        titles('server'),
        figure('requests/s', 'requestsPerSecond', 0),
        ...[50, 95, 99].map((one) => figure(`p${one} ms`, `p${one}Ms`, 2)),
        figure('p99.9 ms', 'p999Ms', 2),
        figure('memory MiB', 'memoryBytes', 0, 2 ** 20),
      ]),
    }
  },
  charts: ({ rows }) => {
    const names = { app: 'app', redis: 'Redis', nginx: 'nginx' }
    const bars = rows.flatMap((row) => PROCESSES.flatMap((name) => barsOf(row, name, names[name])))
    return { comparison: barChart('CPU time of one request, by process', 'microseconds, user and system', bars, 'µs') }
  },
}

/** Compares the servers with the same Redis and the same queries, in rounds that visit all of them. */
async function measureComparison(bench: Bench<ComparisonEffort>): Promise<Row[]> {
  const { paths: count, connections, pacedRate, seconds, visits } = bench.effort
  const words = await wordsByWeight()
  // Each round uses different queries, because the cache would answer queries of earlier rounds.
  const write = async (round: number) => ({
    zipf: await writePaths(bench, zipfPaths(words, count, randomFrom(round)), 'zipf.txt'),
    uniform: await writePaths(bench, uniformPaths(words, count, randomFrom(round)), 'uniform.txt'),
  })
  const running = await startServers(bench, zipfPaths(words, count, randomFrom(0)))
  const files = await write(0)
  Object.assign(bench.facts, {
    connections,
    'request rate of users who pause, per second': pacedRate,
    'seconds per row and round': seconds * visits,
    entries: running.stack.entries,
    'queries per round': count,
  })
  const rows: Row[] = []
  // Measure the kinds of queries one after the other, because they all fill the same cache.
  for (const queries of ['zipf', 'paced', 'uniform'] as const) {
    const plans = plansOf(bench, queries, running, queries === 'uniform' ? files.uniform : files.zipf)
    rows.push(...(await measureRounds(bench, plans, write)))
  }
  return rows
}

function plansOf(bench: Bench<ComparisonEffort>, queries: Queries, { servers, stack }: Running, paths: string): Plan[] {
  const { connections, pacedRate, paths: count, visits } = bench.effort
  return ROWS.flatMap((labels): Plan[] => {
    const server = servers.get(labels.server)
    if (labels.queries !== queries || !server || (labels.nginx && !server.nginx)) return []
    const nginx = labels.nginx ? server.nginx : undefined
    const cpu: CpuReaders = {
      app: () => cpuSeconds(server.pid),
      ...(SUGGESTING.includes(labels.server) && { redis: stack.cpu.redis }),
      ...(nginx && { nginx: () => cpuSeconds(nginx.pid) }),
    }
    const measure: Plan['measure'] = async ({ visit, seconds }) => {
      const pace = queries === 'paced' ? { requestsPerSecond: pacedRate } : { connections }
      // Visits with and without nginx share the service's cache, so each visit uses different queries.
      const startLine = Math.floor((count / 2) * ((nginx ? 1 : 0) + visit / visits))
      const load = { url: nginx?.url ?? server.url, paths, startLine, seconds, ...pace }
      return { ...(await measureLoad(bench, load, cpu)), memoryBytes: pssBytes(server.pid) }
    }
    const title = `${SERVERS[labels.server]}${nginx ? ', behind nginx' : ''}${QUERIES_TITLE[queries]}`
    return [{ group: 'comparison', title, labels: { ...labels }, measure }]
  })
}
