/** What the comparison finds out, from what was measured in each round. */

import { type RatioGoal, ratioGoal, roundedSpread } from '../goals.ts'
import type { LoadResult } from '../load.ts'
import type { Machine } from '../machine.ts'
import { ratioOf, type Spread, spreadOf } from '../statistics.ts'

/** The CPUs of the cluster that a rate is projected for, which are the report's. */
export const PROJECTED_CPUS = 8
const MICROS_PER_SECOND = 1e6

/** What is compared. */
export type ServerName = 'bare' | 'koa' | 'cacheOff' | 'cacheOn' | 'report'

/** What is asked: words typed letter by letter, each as often as Zipf's law says, or every prefix as often as any other. */
export type Queries = 'zipf' | 'uniform'

/** One row of the comparison. */
export interface RowName {
  server: ServerName
  /** Whether nginx is in front. */
  nginx: boolean
  queries: Queries
}

const TITLES: Readonly<Record<ServerName, string>> = {
  bare: 'bare node:http',
  koa: 'Koa and its router',
  cacheOff: 'service, cache off',
  cacheOn: 'service, cache on',
  report: "report's stack",
}

/** A row's name for people. */
export function titleOf({ server, nginx, queries }: RowName): string {
  return `${TITLES[server]}${nginx ? ', behind nginx' : ''}${queries === 'uniform' ? ', uniform' : ''}`
}

/** One measurement of a row: its CPU time by process, `app`, `redis` and `nginx`, the last two where it has them. */
export interface RowMeasurement extends LoadResult {
  /** PSS of the app's processes after the load. */
  memoryBytes: number
}

/** A row as it was measured, with a measurement of each round. */
export interface MeasuredRow extends RowName {
  measurements: readonly RowMeasurement[]
}

/** The medians of a row, with their range. */
export interface ComparedRow extends RowName {
  /** CPU microseconds of a request, user and system, of all processes of that kind. */
  micros: { app: Spread; redis: Spread | null; nginx: Spread | null }
  /** CPU time of the app, measured in that of bare node:http under the same queries. */
  appToBare: Spread
  /** As fast as the users were answered who did not pause. */
  requestsPerSecond: Spread
  p50Ms: Spread
  p95Ms: Spread
  p99Ms: Spread
  p999Ms: Spread
  /** PSS of the app's processes. */
  memoryBytes: Spread
  /** Requests a second that {@link PROJECTED_CPUS} CPUs could pay for, if they did nothing else. */
  projectedQps: Spread
}

/** Under what circumstances everything was measured. */
export interface ComparisonCircumstances extends Machine {
  redis: string
  /** Null where there was none. */
  nginx: string | null
  python: string | null
  /** The load generator. */
  client: string
  connections: number
  rounds: number
  /** Seconds that count of each row in each round. */
  seconds: number
  /** Entries of the dataset. */
  entries: number
  /** Lines of queries, of each kind and round. */
  queries: number
  /** Bytes of the constant answer. */
  answerBytes: number
}

/** What `npm run bench -- comparison` finds out. */
export interface ComparisonResult {
  measured: ComparisonCircumstances
  rows: ComparedRow[]
  goals: RatioGoal[]
}

/** Medians of all rows, with their range, and which goals are reached. */
export function comparisonOf(rows: readonly MeasuredRow[]): Pick<ComparisonResult, 'rows' | 'goals'> {
  return { rows: rows.map((row) => comparedRow(row, rows)), goals: goalsOf(rows) }
}

function comparedRow({ measurements, ...name }: MeasuredRow, rows: readonly MeasuredRow[]): ComparedRow {
  const bare = findRow(rows, 'bare', false, name.queries) as MeasuredRow
  const spread = (decimals: number, value: (measurement: RowMeasurement) => number) =>
    roundedSpread(spreadOf(measurements.map(value)), decimals)
  const microsOf = (process: string) =>
    (measurements[0] as RowMeasurement).micros[process] === undefined
      ? null
      : spread(1, ({ micros }) => micros[process] as number)
  return {
    ...name,
    micros: { app: microsOf('app') as Spread, redis: microsOf('redis'), nginx: microsOf('nginx') },
    appToBare: roundedSpread(ratioOf(measurements.map(appMicros), bare.measurements.map(appMicros)), 3),
    requestsPerSecond: spread(0, ({ requestsPerSecond }) => requestsPerSecond),
    p50Ms: spread(2, ({ p50Ms }) => p50Ms),
    p95Ms: spread(2, ({ p95Ms }) => p95Ms),
    p99Ms: spread(2, ({ p99Ms }) => p99Ms),
    p999Ms: spread(2, ({ p999Ms }) => p999Ms),
    memoryBytes: spread(0, ({ memoryBytes }) => memoryBytes),
    projectedQps: spread(0, (measurement) => (PROJECTED_CPUS * MICROS_PER_SECOND) / allMicros(measurement)),
  }
}

function goalsOf(rows: readonly MeasuredRow[]): RatioGoal[] {
  const zipf = (server: ServerName, nginx = false) => findRow(rows, server, nginx, 'zipf')
  return [
    goalOf(
      'CPU of the service without its cache, to that of bare node:http',
      [zipf('cacheOff'), zipf('bare'), appMicros],
      'at most',
      1.6,
    ),
    goalOf(
      'CPU of the service with its cache, to that of bare node:http',
      [zipf('cacheOn'), zipf('bare'), appMicros],
      'at most',
      1.3,
    ),
    ...(['cacheOff', 'cacheOn'] as const).flatMap((server) => {
      const cache = server === 'cacheOff' ? 'without' : 'with'
      return [
        goalOf(
          `CPU of the report's stack and its Redis, to that of the service ${cache} its cache and its Redis`,
          [zipf('report'), zipf(server), allMicros],
          'at least',
          10,
        ),
        goalOf(
          `The same of the whole path, nginx included, ${cache} the cache`,
          [zipf('report', true), zipf(server, true), allMicros],
          'at least',
          6,
        ),
      ]
    }),
  ]
}

/** A goal for the ratio of one row's CPU time to another's, each pair of one round. */
function goalOf(
  text: string,
  [row, base, micros]: [MeasuredRow | undefined, MeasuredRow | undefined, (measurement: RowMeasurement) => number],
  bound: RatioGoal['bound'],
  limit: number,
): RatioGoal {
  const ratio = row && base ? ratioOf(row.measurements.map(micros), base.measurements.map(micros)) : null
  return ratioGoal(text, ratio, bound, limit)
}

function findRow(
  rows: readonly MeasuredRow[],
  server: ServerName,
  nginx: boolean,
  queries: Queries,
): MeasuredRow | undefined {
  return rows.find((row) => row.server === server && row.nginx === nginx && row.queries === queries)
}

const appMicros = ({ micros }: RowMeasurement) => micros.app as number
const allMicros = ({ micros }: RowMeasurement) => Object.values(micros).reduce((sum, value) => sum + value, 0)
