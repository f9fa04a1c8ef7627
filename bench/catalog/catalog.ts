import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { formatNumber } from '../../generator/src/capacity/quantity.ts'
import { UserError } from '../../tools/support/errors.ts'
import { parseInfo, redisCommand } from '../../tools/support/redis-command.ts'
import { DATASET_CLI } from '../../tools/support/service-build.ts'
import { startService } from '../../tools/support/stack.ts'
import { type Bench, measureRounds, type Plan, type Row, rowsOf, type Subject } from '../harness.ts'
import { measureLoad } from '../load.ts'
import { type BenchStack, UNCACHED, valuesOf, withStack, writeEntries } from '../stack.ts'
import { figure, label, tableOf, titles } from '../tables.ts'
import { type KindQuery, probeIndex } from './probe.ts'
import { initialQueries, koreanWords, pathOfKind, TITLE_KINDS, titleQueries, writeTitles } from './queries.ts'

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 3,
  /** The dataset sizes to measure, in product titles. */
  sizes: [200_000, 1_000_000],
  /** The number of queries per kind. */
  queries: 2000,
  /** Seconds of load before and during each measurement. */
  warmUpSeconds: 1,
  seconds: 3,
}
type CatalogEffort = typeof FULL

/** The number of users. They do not pause. */
const CONNECTIONS = 64
const SEED = 5
const MIB = 2 ** 20

/** Measures the costs of catalogs of product titles with two contexts each, and the latency of each kind of query. */
export const catalog: Subject<CatalogEffort> = {
  name: 'catalog',
  summary: 'memory, build, start, and queries of catalogs with 200,000 and 1,000,000 product titles; 8 minutes',
  full: FULL,
  quick: { rounds: 1, sizes: [3000], queries: 200, warmUpSeconds: 0.1, seconds: 0.9 },
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

async function measureCatalog(effort: CatalogEffort, bench: Bench) {
  const rows: Row[] = []
  for (const size of effort.sizes) {
    const data = join(bench.folder, 'titles.jsonl')
    bench.progress.step(`writing ${size} titles`)
    await writeTitles(data, size)
    const queries = TITLE_KINDS.flatMap((kind) => titleQueries(kind, effort.queries, SEED))
    rows.push(...(await measureData(effort, bench, data, queries)).rows)
  }
  const words = await writeEntries(join(bench.folder, 'korean.jsonl'), await koreanWords())
  const wordResults = await measureData(effort, bench, words, await initialQueries(effort.queries, SEED))
  rows.push(...rowsOf(wordResults.rows, 'kind'))
  return { facts: { Redis: wordResults.redis }, rows }
}

/** In every round, measures the build, the start, and every kind of query for one dataset. */
function measureData(
  effort: CatalogEffort,
  bench: Bench,
  data: string,
  queries: readonly KindQuery[],
): Promise<{ rows: Row[]; redis: string }> {
  const use = async (stack: BenchStack, bench: Bench) => {
    const { folder, progress, onLine, signal } = bench
    const { entries, url, redis } = stack
    progress.step(`${entries} entries: searching`)
    const file = join(folder, 'queries.json')
    await writeFile(file, JSON.stringify(queries))
    const probed = { url: redis.url, version: stack.dataset, queries: file, rounds: effort.rounds }
    const { indexBytes, loadingBytes, kinds } = await probeIndex(probed, signal)
    const size: Plan = {
      group: 'size',
      title: `${formatNumber(entries)} titles`,
      labels: { entries },
      once: {
        redisBytes: (await datasetBytes(redis.url)) / entries,
        indexBytes: indexBytes / entries,
        loadingBytes: loadingBytes / entries,
      },
      measure: async () => ({
        ...(await measureBuild(data, join(folder, 'built.rdb'), signal)),
        ...(await measureStart(stack, onLine, signal)),
      }),
    }
    const plans = [size]
    for (const [at, { kind, ...once }] of kinds.entries()) {
      const paths = join(folder, `paths-${at}.txt`)
      const queriesOfKind = queries.filter((query) => query.kind === kind)
      await writeFile(paths, queriesOfKind.map(pathOfKind).join('\n'))
      const { warmUpSeconds, seconds } = effort
      const load = { url, paths, connections: CONNECTIONS, warmUpSeconds, seconds, signal }
      const measure = async () => {
        const figures = await measureLoad(load, stack.cpu)
        return { ...figures, request: figures.app + figures.redis }
      }
      progress.step(`${entries} entries: warming up ${kind}`)
      await measure()
      plans.push({ group: 'kind', title: kind, labels: { entries, kind }, once, measure })
    }
    return { rows: await measureRounds(plans, effort, bench), redis: redis.version }
  }
  return withStack(bench, UNCACHED, use, { data })
}

/** Measures the time from the start of the service until it is ready, in milliseconds. */
export async function measureStart({ redis }: BenchStack, onLine: (line: string) => void, signal: AbortSignal) {
  const started = performance.now()
  const { child } = await startService(valuesOf({}).app.settings, [redis.url], { port: 0, onLine, signal })
  const readyMs = performance.now() - started
  await child.stop()
  return { readyMs }
}

/** Returns the bytes of `used_memory` that the dataset takes, excluding Redis itself and client buffers. */
export async function datasetBytes(redis: string): Promise<number> {
  const info = await redisCommand(redis, 'INFO memory')
  const bytes = (field: string) => Number(parseInfo(info, field))
  return bytes('used_memory') - bytes('used_memory_startup') - bytes('mem_clients_normal')
}

/** Code that the builder loads with `--import`. It writes the peak memory of its process to file descriptor 3. */
const PEAK = `data:text/javascript,${encodeURIComponent(`
import { readFileSync, writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
const status = () => readFileSync('/proc/self/status', 'utf8')
if (isMainThread) process.on('exit', () => writeSync(3, /^VmHWM:\\s+(\\d+) kB$/m.exec(status())[1]))
`)}`

/**
 * Builds a dataset with the compiled builder in a separate process.
 * @throws {UserError} if the builder fails
 */
export async function measureBuild(input: string, output: string, signal: AbortSignal) {
  const started = performance.now()
  const args = ['--import', PEAK, DATASET_CLI, '--out', output, '--json', '--', input]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], signal })
  const exited = once(child, 'exit').then(([code]) => ({ code, seconds: (performance.now() - started) / 1000 }))
  const [stderr, peak] = [child.stdio[2], child.stdio[3]].map((stream) => text(stream as NodeJS.ReadableStream))
  const { code, seconds } = await exited.catch((error) => {
    signal.throwIfAborted()
    throw error
  })
  if (code !== 0)
    throw new UserError((await stderr)?.trim().split('\n').at(-1) || `the dataset builder ended with ${code}`)
  return { buildSeconds: seconds, buildMib: (Number(await peak) * 1024) / MIB }
}
