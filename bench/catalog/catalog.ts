import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatNumber } from '../../generator/src/capacity/quantity.ts'
import { runOrThrow } from '../../tools/support/process.ts'
import { DATASET_CLI } from '../../tools/support/service-build.ts'
import { type Bench, measureRounds, type Plan, type Row, rowsOf, type Subject, scoped } from '../harness.ts'
import { measureLoad } from '../load.ts'
import { writePaths } from '../queries.ts'
import { type BenchStack, startBenchStack, startOtherService, UNCACHED, writeEntries } from '../stack.ts'
import { figure, label, tableOf, titles } from '../tables.ts'
import { type KindQuery, probeIndex } from './probe.ts'
import { initialQueries, koreanWords, pathOfKind, TITLE_KINDS, titleQueries, writeTitles } from './queries.ts'

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 3,
  firstSeconds: 3,
  warmUpSeconds: 1,
  seconds: 3,
  /** The dataset sizes to measure, in product titles. */
  sizes: [200_000, 1_000_000],
  /** The number of queries per kind. */
  queries: 2000,
}
type CatalogEffort = typeof FULL

/** The number of users. They do not pause. */
const CONNECTIONS = 64
const SEED = 5

/** Measures the costs of catalogs of product titles with two contexts each, and the costs of each kind of query. */
export const catalog: Subject<CatalogEffort> = {
  name: 'catalog',
  summary: 'memory, build, start, and queries of catalogs with 200,000 and 1,000,000 product titles; 8 minutes',
  full: FULL,
  quick: { sizes: [3000], queries: 200 },
  usesWrk: true,
  measure: measureCatalog,
  tables: ({ rows }) => ({
    'catalog-sizes': tableOf(rowsOf(rows, 'size'), [
      label('titles', 'entries'),
      figure('Redis bytes/entry', 'redisBytes', 1),
      figure('index bytes/entry', 'indexBytes', 1),
      figure('loading bytes/entry', 'loadingBytes', 1),
      figure('build s', 'buildSeconds', 1),
      figure('build memory MiB', 'buildMib', 0),
      figure('ready ms', 'readyMs', 0),
    ]),
    'catalog-queries': tableOf(rowsOf(rows, 'kind'), [
      label('entries'),
      titles('query'),
      figure('search µs: median', 'medianMicros', 1),
      figure('mean', 'meanMicros', 1),
      figure('p99', 'p99Micros', 1),
      figure('request CPU µs', 'request', 1),
      figure('queries', 'queries', 0),
    ]),
  }),
}

async function measureCatalog(bench: Bench<CatalogEffort>) {
  const rows: Row[] = []
  for (const size of bench.effort.sizes) {
    bench.progress.step(`writing ${size} titles`)
    const data = await writeTitles(join(bench.folder, 'titles.jsonl'), size)
    const queries = TITLE_KINDS.flatMap((kind) => titleQueries(kind, bench.effort.queries, SEED))
    rows.push(...(await scoped(bench, (bench) => measureData(bench, data, queries))))
  }
  const words = await writeEntries(join(bench.folder, 'korean.jsonl'), await koreanWords())
  const queries = await initialQueries(bench.effort.queries, SEED)
  return [...rows, ...rowsOf(await scoped(bench, (bench) => measureData(bench, words, queries)), 'kind')]
}

/** In every round, measures the build, the start, and every kind of query for one dataset. */
async function measureData(bench: Bench<CatalogEffort>, data: string, queries: readonly KindQuery[]): Promise<Row[]> {
  const stack = await startBenchStack(bench, UNCACHED, { data })
  const { entries, url } = stack
  bench.progress.step(`${entries} entries: searching`)
  const file = join(bench.folder, 'queries.json')
  await writeFile(file, JSON.stringify(queries))
  const { kinds, ...index } = await probeIndex(stack, { queries: file, rounds: bench.effort.rounds })
  const plans: Plan[] = [
    {
      group: 'size',
      title: `${formatNumber(entries)} titles`,
      labels: { entries },
      once: Object.fromEntries(Object.entries(index).map(([name, bytes]) => [name, bytes / entries])),
      measure: async () => ({ ...(await measureBuild(bench, data)), ...(await measureStart(bench, stack)) }),
    },
  ]
  for (const [at, { kind, ...once }] of kinds.entries()) {
    const queriesOfKind = queries.filter((query) => query.kind === kind)
    const paths = await writePaths(bench, queriesOfKind.map(pathOfKind), `paths-${at}.txt`)
    const measure: Plan['measure'] = async ({ seconds }) => {
      const figures = await measureLoad(bench, { url, paths, connections: CONNECTIONS, seconds }, stack.cpu)
      return { ...figures, request: figures.app + figures.redis }
    }
    plans.push({ group: 'kind', title: kind, labels: { entries, kind }, once, measure })
  }
  return measureRounds(bench, plans)
}

/** Measures the time from the start of the service until it is ready, in milliseconds. */
export async function measureStart(bench: Bench, { redis }: BenchStack): Promise<{ readyMs: number }> {
  return scoped(bench, async (bench) => {
    const started = performance.now()
    await startOtherService(bench, {}, redis.url)
    return { readyMs: performance.now() - started }
  })
}

/** Code that the builder loads with `--import`. It prints the builder's peak memory after a successful build. */
const PEAK = `data:text/javascript,${encodeURIComponent(`
import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
const print = (code) => code === 0 && console.error(/^VmHWM:.*/m.exec(readFileSync('/proc/self/status', 'utf8'))[0])
if (isMainThread) process.on('exit', print)
`)}`

/**
 * Builds a dataset with the compiled builder in a separate process.
 * @throws {UserError} if the builder fails
 */
export async function measureBuild({ folder, signal }: Bench, input: string) {
  const started = performance.now()
  const args = [DATASET_CLI, '--out', join(folder, 'built.rdb'), '--json', '--', input]
  const env = { ...process.env, NODE_OPTIONS: `--import=${PEAK}` }
  const { stderr } = await runOrThrow(process.execPath, args, { signal, env })
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(stderr) ?? []
  return { buildSeconds: (performance.now() - started) / 1000, buildMib: Number(kib) / 1024 }
}
