import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TopLevelSpec } from 'vega-lite'
import { findNginx } from '../../tools/programs/nginx.ts'
import { versionOf } from '../../tools/support/process.ts'
import { cpuSeconds, pssBytes } from '../../tools/support/processes.ts'
import { randomFrom } from '../../tools/support/random.ts'
import { barChart, barsOf } from '../charts.ts'
import {
  type Bench,
  findRow,
  measureRounds,
  optional,
  type Plan,
  type Row,
  ratioOf,
  type Subject,
  spreadOf,
  sumOf,
  warmUpRows,
} from '../harness.ts'
import { type CpuReaders, measureLoad } from '../load.ts'
import { uniformPaths, wordsByWeight, zipfPaths } from '../queries.ts'
import { figure, tableOf, titles, withRange } from '../tables.ts'
import {
  installReportStack,
  type Programs,
  type Running,
  SERVERS,
  type ServerName,
  SUGGESTING,
  withServers,
} from './servers.ts'

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 5,
  /**
   * Number of times that each row is measured per round. With several short measurements, changes in the speed of a
   * shared machine affect all rows.
   */
  visits: 3,
  /** Seconds of load for each row of the table before the first round, to fill the cache; 0 for none. */
  warmUpSeconds: 12,
  /** Seconds of load before each measurement. */
  settleSeconds: 0.5,
  /** Seconds of each measurement. */
  seconds: 1.5,
  /** The number of queries for each round: more than a server answers in one measurement. */
  paths: 300_000,
  /** The number of users who do not pause. */
  connections: 64,
  /** Requests per second of the users who pause. */
  pacedRate: 4000,
}
type ComparisonEffort = typeof FULL

/** The queries, and whether users pause between them. `paced` queries use the same words as `zipf` queries. */
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
  quick: {
    rounds: 1,
    visits: 1,
    warmUpSeconds: 0,
    settleSeconds: 0.25,
    seconds: 0.75,
    paths: 2000,
    connections: 8,
    pacedRate: 100,
  },
  usesWrk: true,
  measure: measureComparison,
  tables: ({ rows }) => {
    const toBare = (row: Row) =>
      ratioOf(row, findRow(rows, 'comparison', { server: 'bare', queries: row.labels.queries as Queries }), ['app'])
    const projected = (row: Row) => spreadOf(sumOf(row, PROCESSES).map((micros) => (PROJECTED_CPUS * 1e6) / micros))
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
  charts: ({ rows }) => ({ comparison: cpuChart(rows) }),
}

function cpuChart(rows: readonly Row[]): TopLevelSpec {
  const names = { app: 'app', redis: 'Redis', nginx: 'nginx' }
  const bars = rows.flatMap((row) => PROCESSES.flatMap((name) => barsOf(row, name, names[name])))
  return barChart('CPU time of one request, by process', 'microseconds, user and system', bars, 'µs')
}

/** Compares the servers with the same Redis and the same queries, in rounds that visit all of them. */
async function measureComparison(effort: ComparisonEffort, bench: Bench) {
  const programs = await findPrograms(bench)
  const words = await wordsByWeight()
  const files = { zipf: join(bench.folder, 'zipf.txt'), uniform: join(bench.folder, 'uniform.txt') }
  // Each round uses different queries, because the cache would answer queries of earlier rounds.
  const writePaths = async (round: number) => {
    await writeFile(files.zipf, zipfPaths(words, effort.paths, randomFrom(round)).join('\n'))
    await writeFile(files.uniform, uniformPaths(words, effort.paths, randomFrom(round)).join('\n'))
  }
  const samples = zipfPaths(words, effort.paths, randomFrom(0))
  return withServers(bench, programs, samples, async (running, bench) => {
    const rows: Row[] = []
    // Measure the kinds of queries one after the other, because they all fill the same cache.
    for (const queries of ['zipf', 'paced', 'uniform'] as const) {
      const plans = plansOf(effort, queries, running, queries === 'uniform' ? files.uniform : files.zipf)
      await writePaths(0)
      if (effort.warmUpSeconds > 0) await warmUpRows(plans, bench)
      rows.push(...(await measureRounds(plans, { ...effort, before: writePaths }, bench)))
    }
    const facts = {
      Redis: running.stack.redis.version,
      nginx: programs.nginx ? await versionOf(programs.nginx, '-v') : 'missing',
      Python: programs.python?.version ?? 'missing',
      connections: effort.connections,
      'request rate of users who pause, per second': effort.pacedRate,
      'seconds per row and round': effort.seconds * effort.visits,
      entries: running.stack.entries,
      'queries per round': effort.paths,
      'size of the constant answer, bytes': running.answerBytes,
    }
    return { facts, rows }
  })
}

/** Finds the optional programs, and reports those that are missing. */
async function findPrograms(bench: Bench): Promise<Programs> {
  return {
    nginx: await optional('nginx', findNginx(bench.progress), bench),
    python: await optional(SERVERS.report, installReportStack(bench), bench),
  }
}

function plansOf(effort: ComparisonEffort, queries: Queries, { servers, stack }: Running, paths: string): Plan[] {
  return ROWS.flatMap((labels): Plan[] => {
    const server = servers.get(labels.server)
    if (labels.queries !== queries || !server || (labels.nginx && !server.nginx)) return []
    const nginx = labels.nginx ? server.nginx : undefined
    const cpu: CpuReaders = {
      app: () => cpuSeconds(server.pid),
      ...(SUGGESTING.includes(labels.server) && { redis: stack.cpu.redis }),
      ...(nginx && { nginx: () => cpuSeconds(nginx.pid) }),
    }
    const measure: Plan['measure'] = async ({ round, visit }, signal) => {
      const { connections, pacedRate, settleSeconds: warmUpSeconds } = effort
      const pace = queries === 'paced' ? { requestsPerSecond: pacedRate } : { connections }
      const seconds = round === 0 ? effort.warmUpSeconds : effort.seconds
      // Visits with and without nginx share the service's cache, so each visit uses different queries.
      const startLine = Math.floor((effort.paths / 2) * ((nginx ? 1 : 0) + visit / effort.visits))
      const url = nginx?.url ?? server.url
      const result = await measureLoad({ paths, url, ...pace, warmUpSeconds, seconds, startLine, signal }, cpu)
      return { ...result, memoryBytes: pssBytes(server.pid) }
    }
    const title = `${SERVERS[labels.server]}${nginx ? ', behind nginx' : ''}${QUERIES_TITLE[queries]}`
    return [{ group: 'comparison', title, labels: { ...labels }, measure }]
  })
}
