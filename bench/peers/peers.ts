import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entry } from '../../service/src/dataset/entries.ts'
import { productTitles } from '../../service/src/testing/product-titles.ts'
import { versionOf } from '../../tools/support/process.ts'
import { cpuSeconds, pssBytes } from '../../tools/support/processes.ts'
import { measureBuild, measureStart } from '../catalog/catalog.ts'
import { type KindQuery, probeIndex } from '../catalog/probe.ts'
import { pathOfKind, titleQueries } from '../catalog/queries.ts'
import {
  type Bench,
  measureRounds,
  optional,
  type Plan,
  type Row,
  rowOf,
  rowsOf,
  type Subject,
  scoped,
} from '../harness.ts'
import { measureLoad } from '../load.ts'
import { MINISEARCH } from '../quality/systems.ts'
import { bySpelling, writePaths } from '../queries.ts'
import { startBenchStack, UNCACHED, writeEntries } from '../stack.ts'
import { figure, label, tableOf, titles as titleColumn } from '../tables.ts'
import { equalsScan, type Rule, serviceRule, type Title, titleOf } from './scan.ts'
import {
  installLucene,
  installRediSearch,
  LUCENE,
  type Peer,
  type Programs,
  REDISEARCH,
  startPeers,
} from './servers.ts'

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 3,
  firstSeconds: 8,
  warmUpSeconds: 1,
  seconds: 5,
  /** The numbers of product titles. */
  sizes: [200_000, 1_000_000],
  /** The number of queries per kind, and the number of those whose answers are compared with a scan. */
  queries: 2000,
  scanned: 100,
}
type PeersEffort = typeof FULL

/**
 * The number of connections. It is small, because the slowest answers take seconds, and each server searches on only
 * one thread.
 */
const CONNECTIONS = 4
const SEED = 5
const TITLES_SEED = 1
const LIMIT = 10
const MIB = 2 ** 20
const KINDS = ['prefix', 'any order', 'typo'] as const
/** The kinds of match that the rule of the service covers. Other engines report no kind (undefined). */
const SCANNED: readonly (string | undefined)[] = ['exact', 'prefix', 'word', undefined]
/** A request that the servers answer without a search. */
const NO_SEARCH = 'no search'

/** Compares CPU time, memory, build time, and exactness with Lucene, RediSearch, and MiniSearch. */
export const peers: Subject<PeersEffort> = {
  name: 'peers',
  summary: 'the same product titles and queries for the service, Lucene, RediSearch, and MiniSearch; 30 minutes',
  full: FULL,
  quick: { sizes: [5000], queries: 200, scanned: 50 },
  usesWrk: true,
  measure: measurePeers,
  tables: ({ rows }) => ({
    peers: tableOf(rowsOf(rows, 'index'), [
      label('titles'),
      titleColumn('engine'),
      figure('bytes/title', 'bytes', 1),
      figure('process memory MiB', 'memoryBytes', 0, MIB),
      figure('build s', 'buildSeconds', 1),
    ]),
    'peers-queries': tableOf(rowsOf(rows, 'query'), [
      label('titles'),
      label('query', 'kind'),
      titleColumn('engine'),
      figure('CPU µs', 'cpu', 1),
      figure('p50 ms', 'p50Ms', 2),
      figure('answered, %', 'answered', 1),
      figure('equal to a scan, %', 'exact', 1),
    ]),
  }),
}

async function measurePeers(bench: Bench<PeersEffort>): Promise<Row[]> {
  const java = await optional('Lucene', installLucene(bench), bench)
  const rediSearch = await optional('RediSearch', installRediSearch(bench), bench)
  const redis = rediSearch && (await versionOf(rediSearch.server, '--version'))
  Object.assign(bench.facts, {
    Lucene: java ? LUCENE : 'missing',
    Java: java ?? 'missing',
    RediSearch: redis ? `${REDISEARCH} in Redis ${redis}` : 'missing',
    MiniSearch: MINISEARCH,
    connections: CONNECTIONS,
    'queries per kind': bench.effort.queries,
    'queries compared with a scan': bench.effort.scanned,
  })
  const rows: Row[] = []
  for (const size of bench.effort.sizes)
    rows.push(...(await scoped(bench, (bench) => measureSize(bench, size, { java, rediSearch }))))
  return rows
}

/** Measures all engines with the same titles. */
async function measureSize(bench: Bench<PeersEffort>, size: number, programs: Programs): Promise<Row[]> {
  const titles = distinctTitles(size)
  const data = await writeEntries(join(bench.folder, `${size}.jsonl`), titles)
  const lines = join(bench.folder, `${size}.tsv`)
  await writeFile(lines, titles.map(({ text, weight }) => `${text}\t${weight}\n`).join(''))
  bench.progress.step('building the index of the service')
  const running = [await startServicePeer(bench, data), ...(await startPeers(bench, lines, programs))]
  const queries = await measureQueries(bench, titles, running)
  const indexes = running.map(({ title, bytes, buildSeconds, pids }) => {
    const values = { bytes: bytes / titles.length, buildSeconds, memoryBytes: sumOver(pids, pssBytes) }
    return rowOf('index', title, values, { titles: titles.length })
  })
  return [...indexes, ...queries]
}

const sumOver = (pids: readonly number[], read: (pid: number) => number) =>
  pids.reduce((sum, pid) => sum + read(pid), 0)

/**
 * Returns the first generated titles. If several titles have the same spelling, keeps only the one with the highest
 * weight, because some engines would keep all of them.
 */
function distinctTitles(count: number): (Entry & object)[] {
  const heaviest = bySpelling(productTitles(count, TITLES_SEED)).values()
  return Array.from(heaviest, ({ text, weight }) => ({ text, weight }))
}

/** Starts the service, and measures its index in one process and in Redis. */
async function startServicePeer(bench: Bench, data: string): Promise<Peer> {
  const stack = await startBenchStack(bench, UNCACHED, { data })
  const { redisBytes, indexBytes } = await probeIndex(stack)
  const { buildSeconds } = await measureBuild(bench, data)
  const { readyMs } = await measureStart(bench, stack)
  const index = { bytes: redisBytes + indexBytes, buildSeconds: buildSeconds + readyMs / 1000 }
  return { title: 'service', rule: serviceRule, url: stack.url, pids: [stack.pid, stack.redis.pid], ...index }
}

async function measureQueries(
  bench: Bench<PeersEffort>,
  titles: readonly Entry[],
  running: readonly Peer[],
): Promise<Row[]> {
  const scanned = titles.map(({ text, weight }) => titleOf(text, weight))
  const plans: Plan[] = []
  for (const kind of [NO_SEARCH, ...KINDS] as const) {
    const queries = kind === NO_SEARCH ? [] : titleQueries(kind, bench.effort.queries, SEED)
    for (const { title, url, pids, rule, unsupported } of running) {
      if (unsupported === kind) continue
      const asked = kind === NO_SEARCH ? [title === 'service' ? '/health' : '/'] : queries.map(pathOfKind)
      const load = {
        url,
        paths: await writePaths(bench, asked, `paths-${kind}-${title}.txt`),
        connections: CONNECTIONS,
      }
      bench.progress.step(`${titles.length} titles: checking the answers of ${title}, ${kind}`)
      const checked = queries.slice(0, bench.effort.scanned)
      const compared = kind === 'typo' ? undefined : rule
      const once = checked.length > 0 ? await compareAnswers(url, checked, scanned, compared, bench.signal) : {}
      const measure: Plan['measure'] = ({ round, seconds }) =>
        measureLoad(bench, { ...load, startLine: round * 500, seconds }, { cpu: () => sumOver(pids, cpuSeconds) })
      plans.push({ group: 'query', title, labels: { titles: titles.length, kind }, once, measure })
    }
  }
  return measureRounds(bench, plans)
}

/**
 * Returns the percentage of queries that find something. If there is a rule, also returns the percentage of queries
 * whose answers equal those of a scan under this rule.
 */
async function compareAnswers(
  url: string,
  queries: readonly KindQuery[],
  titles: readonly Title[],
  rule: Rule | undefined,
  signal: AbortSignal,
): Promise<Record<string, number | null>> {
  const weights = new Map(titles.map(({ text, score }) => [text, score]))
  let [answered, exact] = [0, 0]
  for (const one of queries) {
    // Without `close`, a server might close an idle connection just when the next request is sent.
    const response = await fetch(`${url}${pathOfKind(one)}&highlight=1`, { signal, headers: { connection: 'close' } })
    const { suggestions } = (await response.json()) as {
      suggestions: { text: string; score?: number; match?: string }[]
    }
    if (suggestions.length > 0) answered++
    // FT.SUGGET does not return weights, so look them up.
    const compared = suggestions
      .filter(({ match }) => SCANNED.includes(match))
      .map(({ text, score = weights.get(text) ?? 0 }) => ({ text, score }))
    if (rule && equalsScan(titles, one.query.query, rule, compared, LIMIT)) exact++
  }
  const percent = (count: number) => (count / queries.length) * 100
  return { answered: percent(answered), exact: rule ? percent(exact) : null }
}
