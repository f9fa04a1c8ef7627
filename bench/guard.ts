/** `npm run bench -- guard`: compares the CPU time of a request with that of an earlier commit. */
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
} from './harness.ts'
import { measureLoad } from './load.ts'
import { wordsByWeight, writePaths, zipfPaths } from './queries.ts'
import { startBenchStack, UNCACHED } from './stack.ts'
import { figure, tableOf, titles, withRange } from './tables.ts'

/** A request may cost this many times as much as before. */
const TOLERANCE = 1.1

/** The parameters of a measurement. */
const FULL = {
  rounds: 7,
  visits: 3,
  firstSeconds: 8,
  warmUpSeconds: 0.5,
  seconds: 1.5,
  /** The number of queries for each round: more than a service answers in one measurement. */
  paths: 300_000,
  /** The number of users, who do not pause. */
  connections: 64,
}
type GuardEffort = typeof FULL & { base?: string }

/**
 * The comparison with an earlier commit. Both versions of the service are measured in the same run, because CPU times
 * differ between machines, and so do their ratios to the CPU times of other servers.
 */
export const guard: Subject<GuardEffort> = {
  name: 'guard',
  summary: 'CPU time of a request, compared with that of an earlier commit; 4 minutes',
  full: FULL,
  quick: { paths: 2000, connections: 8 },
  usesWrk: true,
  measure: async (bench) => {
    const commit = await resolveCommit(bench.effort.base ?? (await lastRelease()))
    Object.assign(bench.facts, { 'compared with commit': commit.slice(0, 10), connections: bench.effort.connections })
    return measureVersions(bench, { before: await checkOut(commit, join(bench.folder, 'before'), bench), now: ROOT })
  },
  tables: ({ rows }) => ({
    guard: tableOf(rows, [
      titles('service'),
      figure('app µs', 'app', 1),
      ['relative to before', (row) => withRange(changeOf(rows, row), 2)],
    ]),
  }),
}

/** Whether a request costs over 10% more than before, with or without the cache. */
export const isWorse = ({ rows }: Pick<Figures, 'rows'>): boolean =>
  rows.some((row) => (changeOf(rows, row)?.median ?? 0) > TOLERANCE)

/** Returns the CPU time of a row, relative to that of the earlier commit with the same cache setting. */
const changeOf = (rows: readonly Row[], row: Row) =>
  ratioOf(row, findRow(rows, 'guard', { ...row.labels, code: 'before' }), 'app')

/**
 * Measures both versions, each with the cache off and on.
 * @param roots the checkouts of the repository
 */
async function measureVersions(bench: Bench<GuardEffort>, roots: Record<'before' | 'now', string>): Promise<Row[]> {
  const { paths: count, visits, connections } = bench.effort
  const words = await wordsByWeight()
  // Each round uses different queries, because the cache would answer queries of earlier rounds.
  const write = (round: number) => writePaths(bench, zipfPaths(words, count, randomFrom(round)))
  const paths = await write(0)
  const plans: Plan[] = []
  for (const [cache, settings] of Object.entries({ off: UNCACHED, on: {} })) {
    for (const [code, root] of Object.entries(roots)) {
      const { url, cpu } = await startBenchStack(bench, settings, { root })
      const measure: Plan['measure'] = async ({ visit, seconds }) => {
        const startLine = Math.floor((count * visit) / visits)
        return measureLoad(bench, { url, paths, connections, seconds, startLine }, { app: cpu.app })
      }
      plans.push({ group: 'guard', title: `cache ${cache}, ${code}`, labels: { cache, code }, measure })
    }
  }
  return measureRounds(bench, plans, write)
}
