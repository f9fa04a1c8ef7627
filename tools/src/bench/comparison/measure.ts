import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../../support/errors.ts'
import { cpuSeconds, requireCpuTime } from '../cpu-time.ts'
import { type CpuReaders, measureSaturated, randomFrom, uniformPaths, wordsByWeight, zipfPaths } from '../load.ts'
import { thisMachine } from '../machine.ts'
import { pssBytes, redisInfo } from '../memory.ts'
import { findNginx, nginxVersion } from '../nginx.ts'
import type { Surroundings } from '../subject.ts'
import { findWrk, wrkVersion } from '../wrk.ts'
import { installReportStack } from './report-stack/report-stack.ts'
import {
  type ComparisonCircumstances,
  type ComparisonResult,
  comparisonOf,
  type MeasuredRow,
  type Queries,
  type RowMeasurement,
  type RowName,
  titleOf,
} from './result.ts'
import { type Programs, type Running, type RunningServer, SUGGESTING, withServers } from './servers.ts'

/** How much is measured. */
export interface ComparisonEffort {
  /** How often every row is measured; medians count. */
  rounds: number
  /** How often a round visits every row; the means of these visits are what it measured. */
  visits: number
  /** Seconds of load on every row before the first round; 0 leaves that out. */
  warmUpSeconds: number
  /** Seconds of load before each measurement, and of each visit. */
  settleSeconds: number
  seconds: number
  /** Lines of queries for each round, more than a server answers in one visit. */
  paths: number
  /** Users, who ask as soon as they are answered. */
  connections: number
}

/**
 * The effort of `npm run bench`: about nine minutes on two CPUs. Visits are short, because a shared machine is faster at one moment
 * than at another, and warming up is long, because the cache has to fill.
 */
export const FULL_EFFORT: ComparisonEffort = {
  rounds: 5,
  visits: 3,
  warmUpSeconds: 12,
  settleSeconds: 0.5,
  seconds: 1.5,
  paths: 300_000,
  connections: 64,
}

/** In what order they are shown. */
const ROWS: readonly RowName[] = [
  ...(['bare', 'koa', ...SUGGESTING] as const).map((server) => ({ server, nginx: false, queries: 'zipf' as const })),
  ...SUGGESTING.map((server) => ({ server, nginx: true, queries: 'zipf' as const })),
  ...(['bare', ...SUGGESTING] as const).map((server) => ({ server, nginx: false, queries: 'uniform' as const })),
]

/**
 * Compares the service, with its cache and without, with servers that do nothing but HTTP and with the report's stack, on one
 * Redis, under the same queries, in rounds that visit all of them.
 * @throws {UserError} when a program other than Python or nginx cannot be had, or a request failed
 */
export async function measureComparison(
  effort: ComparisonEffort,
  surroundings: Surroundings,
): Promise<ComparisonResult> {
  requireCpuTime()
  const { progress } = surroundings
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-bench-'))
  try {
    const wrk = await findWrk(progress)
    const programs = await findPrograms(surroundings)
    const words = await wordsByWeight()
    const pathFiles = { zipf: join(folder, 'zipf.txt'), uniform: join(folder, 'uniform.txt') }
    const writePaths = async (round: number) => {
      await writeFile(pathFiles.zipf, zipfPaths(words, effort.paths, randomFrom(round)).join('\n'))
      await writeFile(pathFiles.uniform, uniformPaths(words, effort.paths, randomFrom(round)).join('\n'))
    }
    const samples = zipfPaths(words, effort.paths, randomFrom(0))
    return await withServers(surroundings, programs, samples, async (running, signal) => {
      const rows = await measureRows({ ...surroundings, signal }, { effort, wrk, running, pathFiles, writePaths })
      return { measured: await circumstancesOf(effort, wrk, programs, running), ...comparisonOf(rows) }
    })
  } finally {
    progress.end()
    await rm(folder, { recursive: true, force: true })
  }
}

/** The programs that need not be there; for a missing one there is a line. */
async function findPrograms({ progress, onLine, signal }: Surroundings): Promise<Programs> {
  const orNot = <T>(what: string, finding: Promise<T>) =>
    finding.catch((error: unknown) => {
      if (!(error instanceof UserError) || signal.aborted) throw error
      onLine(`${what} is left out: ${error.message}`)
      return undefined
    })
  return {
    nginx: await orNot('nginx', findNginx(progress)),
    python: await orNot("the report's stack", installReportStack(progress, signal)),
  }
}

/** What all rows share. */
interface Bench {
  effort: ComparisonEffort
  wrk: string
  running: Running
  pathFiles: Record<Queries, string>
  /** Writes the queries of a round, so that no round asks what another has left in the cache. */
  writePaths(round: number): Promise<void>
}

/** Measures every row: first those under the one kind of queries, for these would fill the cache for the others. */
async function measureRows(surroundings: Surroundings, bench: Bench): Promise<MeasuredRow[]> {
  const measured: MeasuredRow[] = []
  for (const queries of ['zipf', 'uniform'] as const) {
    const rows = ROWS.flatMap((name) => {
      const server = bench.running.servers.get(name.server)
      const isThere = name.queries === queries && server && (server.nginx || !name.nginx)
      return isThere ? [{ name, server, measurements: [] }] : []
    })
    await measureInTurn(surroundings, bench, rows)
    measured.push(...rows.map(({ name, measurements }) => ({ ...name, measurements })))
  }
  return measured
}

/** A row that is being measured. */
interface Row {
  name: RowName
  server: RunningServer
  measurements: RowMeasurement[]
}

/** Visits all rows again and again, in an order that turns, so that no row always comes behind the same other. */
async function measureInTurn({ progress, signal }: Surroundings, bench: Bench, rows: readonly Row[]): Promise<void> {
  const { effort, writePaths } = bench
  await writePaths(0)
  if (effort.warmUpSeconds > 0) {
    for (const { name, server } of rows) {
      progress.step(`warming up ${titleOf(name)}`)
      await measureRow(bench, name, server, { warmUpSeconds: 0, seconds: effort.warmUpSeconds, visit: 0 }, signal)
    }
  }
  for (let round = 1; round <= effort.rounds; round++) {
    await writePaths(round)
    const visits = rows.map((): RowMeasurement[] => [])
    for (let visit = 0; visit < effort.visits; visit++) {
      for (let at = 0; at < rows.length; at++) {
        const turn = (at + round + visit) % rows.length
        const { name, server } = rows[turn] as Row
        progress.step(`round ${round} of ${effort.rounds}: ${titleOf(name)}`)
        const time = { warmUpSeconds: effort.settleSeconds, seconds: effort.seconds, visit }
        visits[turn]?.push(await measureRow(bench, name, server, time, signal))
      }
    }
    for (const [at, { measurements }] of rows.entries()) measurements.push(meanOf(visits[at] as RowMeasurement[]))
  }
}

/** The mean of every number. */
function meanOf(measurements: readonly RowMeasurement[]): RowMeasurement {
  const mean = (value: (measurement: RowMeasurement) => number) =>
    measurements.reduce((sum, measurement) => sum + value(measurement), 0) / measurements.length
  const [first] = measurements as [RowMeasurement]
  return {
    requestsPerSecond: mean(({ requestsPerSecond }) => requestsPerSecond),
    micros: Object.fromEntries(
      Object.keys(first.micros).map((name) => [name, mean(({ micros }) => micros[name] as number)]),
    ),
    p50Ms: mean(({ p50Ms }) => p50Ms),
    p95Ms: mean(({ p95Ms }) => p95Ms),
    p99Ms: mean(({ p99Ms }) => p99Ms),
    p999Ms: mean(({ p999Ms }) => p999Ms),
    memoryBytes: mean(({ memoryBytes }) => memoryBytes),
  }
}

async function measureRow(
  { effort, wrk, running, pathFiles }: Bench,
  { server: serverName, nginx: throughNginx, queries }: RowName,
  { url, pid, nginx }: RunningServer,
  { visit, ...time }: { warmUpSeconds: number; seconds: number; visit: number },
  signal: AbortSignal,
): Promise<RowMeasurement> {
  const inFront = throughNginx ? nginx : undefined
  const cpu: CpuReaders = {
    app: () => cpuSeconds(pid),
    ...(SUGGESTING.includes(serverName) && { redis: () => cpuSeconds(running.redis.pid) }),
    ...(inFront && { nginx: () => cpuSeconds(inFront.pid) }),
  }
  const load = await measureSaturated(
    {
      ...time,
      wrk,
      signal,
      url: inFront?.url ?? url,
      paths: pathFiles[queries],
      // The service has one cache, whether nginx is in front or not, and for every visit: each asks what the others have not.
      startLine: Math.floor((effort.paths / 2) * ((inFront ? 1 : 0) + visit / effort.visits)),
      connections: effort.connections,
    },
    cpu,
  )
  return { ...load, memoryBytes: pssBytes(pid) }
}

async function circumstancesOf(
  { connections, rounds, visits, seconds, paths }: ComparisonEffort,
  wrk: string,
  { nginx, python }: Programs,
  { redis, entries, answerBytes }: Running,
): Promise<ComparisonCircumstances> {
  return {
    ...thisMachine(),
    redis: await redisInfo(redis.url, 'redis_version'),
    nginx: nginx === undefined ? null : await nginxVersion(nginx),
    python: python?.version ?? null,
    client: `wrk ${await wrkVersion(wrk)}`,
    connections,
    rounds,
    seconds: seconds * visits,
    entries,
    queries: paths,
    answerBytes,
  }
}
