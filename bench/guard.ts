/** `npm run bench -- guard`: compares the CPU time of a request with that of an earlier commit. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../tools/support/paths.ts'
import { randomFrom } from '../tools/support/random.ts'
import { checkOut, lastRelease, resolveCommit } from './checkout.ts'
import {
  type Bench,
  type Figures,
  findRow,
  measureRounds,
  type Plan,
  type Row,
  ratioOf,
  type Subject,
  warmUpRows,
} from './harness.ts'
import { measureLoad } from './load.ts'
import { wordsByWeight, zipfPaths } from './queries.ts'
import { type BenchStack, type ServiceSettings, UNCACHED, withStack } from './stack.ts'
import { figure, tableOf, titles, withRange } from './tables.ts'

/** A request may cost this many times as much as before. */
const TOLERANCE = 1.1

/** The parameters of a measurement. */
const FULL = {
  rounds: 7,
  /** Number of times that each service is measured per round. */
  visits: 3,
  /** Seconds of load for each service before the first round, to fill the cache. */
  warmUpSeconds: 8,
  /** Seconds of load before each measurement. */
  settleSeconds: 0.5,
  /** Seconds of each measurement. */
  seconds: 1.5,
  /** The number of queries for each round: more than a service answers in one measurement. */
  paths: 300_000,
  /** The number of users, who do not pause. */
  connections: 64,
}
type GuardEffort = typeof FULL

/** One version of the service, with the cache on or off. */
interface Candidate {
  code: 'before' | 'now'
  cache: 'off' | 'on'
  settings: ServiceSettings
  /** The checkout of the repository. */
  root: string
}

/**
 * The comparison with an earlier commit. Both versions of the service run at the same time, because CPU times and their
 * ratios to other servers differ between machines.
 * @param base the earlier commit; by default the last release
 */
export const guardOf = (base: string | undefined): Subject<GuardEffort> => ({
  name: 'guard',
  summary: 'CPU time of a request, compared with that of an earlier commit; 4 minutes',
  full: FULL,
  quick: { rounds: 1, visits: 1, warmUpSeconds: 0, settleSeconds: 0.25, seconds: 0.75, paths: 2000, connections: 8 },
  usesWrk: true,
  measure: async (effort, bench) => {
    const commit = await resolveCommit(base ?? (await lastRelease()))
    const earlier = await checkOut(commit, join(bench.folder, 'before'), bench)
    const candidates = (['off', 'on'] as const).flatMap((cache): Candidate[] => {
      const settings = cache === 'off' ? UNCACHED : {}
      return [
        { code: 'before', cache, settings, root: earlier },
        { code: 'now', cache, settings, root: ROOT },
      ]
    })
    const rows = await withServices(candidates, bench, [], (running, bench) => measureServices(running, effort, bench))
    return { facts: { 'compared with commit': commit.slice(0, 10), connections: effort.connections }, rows }
  },
  tables: ({ rows }) => ({
    guard: tableOf(rows, [
      titles('service'),
      figure('app µs', 'app', 1),
      ['relative to before', (row) => withRange(changeOf(rows, row), 2)],
    ]),
  }),
})

/** Whether a request costs over 10% more than before, with or without the cache. */
export const isWorse = ({ rows }: Pick<Figures, 'rows'>): boolean =>
  rows.some((row) => (changeOf(rows, row)?.median ?? 0) > TOLERANCE)

/** Returns the CPU time of a row, relative to that of the earlier commit with the same cache setting. */
const changeOf = (rows: readonly Row[], row: Row) =>
  ratioOf(row, findRow(rows, 'guard', { ...row.labels, code: 'before' }), ['app'])

/** Starts a service for each candidate, and stops all of them when `use` is done. */
function withServices<T>(
  [next, ...others]: readonly Candidate[],
  bench: Bench,
  running: readonly [Candidate, BenchStack][],
  use: (running: readonly [Candidate, BenchStack][], bench: Bench) => Promise<T>,
): Promise<T> {
  if (!next) return use(running, bench)
  return withStack(
    bench,
    next.settings,
    (stack, bench) => withServices(others, bench, [...running, [next, stack]], use),
    { root: next.root },
  )
}

async function measureServices(
  running: readonly [Candidate, BenchStack][],
  effort: GuardEffort,
  bench: Bench,
): Promise<Row[]> {
  const words = await wordsByWeight()
  const paths = join(bench.folder, 'paths.txt')
  // Each round uses different queries, because the cache would answer queries of earlier rounds.
  const before = (round: number) => writeFile(paths, zipfPaths(words, effort.paths, randomFrom(round)).join('\n'))
  const plans = running.map(([{ code, cache }, { url, cpu }]): Plan => {
    const measure: Plan['measure'] = async ({ round, visit }, signal) => {
      const { connections, settleSeconds: warmUpSeconds } = effort
      const seconds = round === 0 ? effort.warmUpSeconds : effort.seconds
      const startLine = Math.floor((effort.paths * visit) / effort.visits)
      return measureLoad({ url, paths, connections, warmUpSeconds, seconds, startLine, signal }, { app: cpu.app })
    }
    return { group: 'guard', title: `cache ${cache}, ${code}`, labels: { cache, code }, measure }
  })
  await before(0)
  if (effort.warmUpSeconds > 0) await warmUpRows(plans, bench)
  return measureRounds(plans, { ...effort, before }, bench)
}
