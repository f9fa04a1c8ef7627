/** Compares the service with other engines that suggest the same titles for the same queries. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entry } from '../../service/src/dataset/entries.ts'
import { productTitles } from '../../service/src/testing/product-titles.ts'
import { pssBytes } from '../../tools/support/processes.ts'
import { datasetBytes, measureBuild, measureStart } from '../catalog/catalog.ts'
import { type KindQuery, probeIndex } from '../catalog/probe.ts'
import { pathOfKind, titleQueries } from '../catalog/queries.ts'
import { type Bench, measureRounds, optional, type Plan, type Row, rowOf, rowsOf, type Subject } from '../harness.ts'
import { measureLoad } from '../load.ts'
import { miniSearchVersion } from '../quality/quality.ts'
import { bySpelling } from '../queries.ts'
import { type BenchStack, UNCACHED, withStack, writeEntries } from '../stack.ts'
import { figure, label, tableOf, titles as titleColumn } from '../tables.ts'
import { begins, equalsScan, hasWords, type Rule, type Suggestion, serviceRule, type Title, titleOf } from './scan.ts'
import {
  installedPeers,
  installLucene,
  installRediSearch,
  PEERS,
  type Peer,
  type PeerName,
  type Programs,
  startPeer,
} from './servers.ts'

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 3,
  /** The numbers of product titles. */
  sizes: [200_000, 1_000_000],
  /** The number of queries per kind, and the number of those whose answers are compared with a scan. */
  queries: 2000,
  scanned: 100,
  /** Seconds of load before the rounds, and before and during each measurement. */
  firstSeconds: 8,
  warmUpSeconds: 1,
  seconds: 5,
}
type PeersEffort = typeof FULL

/**
 * The number of connections. It is small, because the slowest answers take seconds, and each server has only one
 * thread.
 */
const CONNECTIONS = 4
const SEED = 5
const TITLES_SEED = 1
const LIMIT = 10
const MIB = 2 ** 20
const KINDS = ['prefix', 'any order', 'typo'] as const
type Kind = (typeof KINDS)[number]
/** A request that the servers answer without a search. */
const NO_SEARCH = 'no search'

/** The matches that the service's scan covers. They are the first rows of the table in docs/matching.md. */
const SERVICE_ROWS = ['exact', 'prefix', 'word']
const RULES: Readonly<Record<PeerName, Rule>> = {
  service: serviceRule,
  infix: hasWords,
  completion: begins,
  redisSearch: hasWords,
  redisSuggest: begins,
  miniSearch: hasWords,
}
/**
 * For some engines, the kind of query that they cannot answer. These engines are measured without queries of this kind.
 */
const UNSUPPORTED: Partial<Record<PeerName, Kind>> = {
  infix: 'typo',
  completion: 'any order',
  redisSuggest: 'any order',
}

/** Compares CPU time, memory, build time, and exactness with Lucene, RediSearch, and MiniSearch. */
export const peers: Subject<PeersEffort> = {
  name: 'peers',
  summary: 'the same product titles and queries for the service, Lucene, RediSearch, and MiniSearch; 30 minutes',
  full: FULL,
  quick: {
    rounds: 1,
    sizes: [5000],
    queries: 200,
    scanned: 50,
    firstSeconds: 0.1,
    warmUpSeconds: 0.1,
    seconds: 0.9,
  },
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

async function measurePeers(effort: PeersEffort, bench: Bench) {
  const lucene = await optional('Lucene', installLucene(bench), bench)
  const rediSearch = await optional('RediSearch', installRediSearch(bench), bench)
  const rows: Row[] = []
  let redis = ''
  for (const size of effort.sizes) {
    const measured = await measureSize(size, effort, bench, { lucene, rediSearch })
    rows.push(...measured.rows)
    redis = measured.redis
  }
  const facts = {
    Lucene: lucene?.version ?? 'missing',
    Java: lucene?.java ?? 'missing',
    RediSearch: rediSearch ? `${rediSearch.version} in Redis ${rediSearch.redis}` : 'missing',
    MiniSearch: await miniSearchVersion(),
    Redis: redis,
    connections: CONNECTIONS,
    'queries per kind': effort.queries,
    'queries compared with a scan': effort.scanned,
  }
  return { facts, rows }
}

/** Measures all engines with the same titles. */
async function measureSize(size: number, effort: PeersEffort, bench: Bench, programs: Programs) {
  const { folder, progress } = bench
  const titles = distinctTitles(size)
  const data = await writeEntries(join(folder, `${size}.jsonl`), titles)
  const lines = join(folder, `${size}.tsv`)
  await writeFile(lines, titles.map(({ text, weight }) => `${weight}\t${text}\n`).join(''))
  const use = async (stack: BenchStack, bench: Bench) => {
    const running = new Map<PeerName, Peer>()
    try {
      for (const name of installedPeers(programs)) {
        progress.step(`${size} titles: building the index of ${PEERS[name]}`)
        running.set(name, await startPeer(name, lines, programs, bench))
      }
      const rows = await measureQueries(titles, effort, bench, stack, running)
      progress.step(`${size} titles: building the index of the service`)
      const service = await serviceIndex(stack, data, bench)
      const labels = { titles: titles.length }
      const indexes = [rowOf('index', PEERS.service, service, labels)]
      for (const [name, { bytes, buildSeconds, memoryBytes }] of running) {
        const values = { bytes: bytes / titles.length, buildSeconds, memoryBytes: memoryBytes() }
        indexes.push(rowOf('index', PEERS[name], values, labels))
      }
      return { rows: [...indexes, ...rows], redis: stack.redis.version }
    } finally {
      for (const peer of running.values()) await peer.stop()
    }
  }
  return withStack(bench, { ...UNCACHED, RANKING_TIMEOUT_MS: 10_000 }, use, { data })
}

/**
 * Returns the first generated titles. If several titles have the same spelling, keeps only the one with the highest
 * weight, because some engines would keep all of them.
 */
function distinctTitles(count: number): (Entry & object)[] {
  const heaviest = bySpelling(productTitles(count, TITLES_SEED)).values()
  return Array.from(heaviest, ({ text, weight }) => ({ text, weight }))
}

/**
 * Returns the costs of the service's index: bytes in one process and in Redis, and the seconds to build the index and
 * to start the service.
 */
async function serviceIndex(stack: BenchStack, data: string, { folder, onLine, signal }: Bench) {
  const { redis, dataset, entries } = stack
  const memoryBytes = pssBytes(stack.pid) + pssBytes(redis.pid)
  const { indexBytes } = await probeIndex({ url: redis.url, version: dataset }, signal)
  const { buildSeconds } = await measureBuild(data, join(folder, 'built.rdb'), signal)
  const { readyMs } = await measureStart(stack, onLine, signal)
  const bytes = ((await datasetBytes(redis.url)) + indexBytes) / entries
  return { bytes, buildSeconds: buildSeconds + readyMs / 1000, memoryBytes }
}

async function measureQueries(
  titles: readonly Entry[],
  effort: PeersEffort,
  bench: Bench,
  stack: BenchStack,
  running: ReadonlyMap<PeerName, Peer>,
): Promise<Row[]> {
  const { firstSeconds, warmUpSeconds, seconds } = effort
  const servers = [
    { name: 'service' as PeerName, url: stack.url, cpu: () => stack.cpu.app() + stack.cpu.redis() },
    ...[...running].map(([name, { url, cpuSeconds }]) => ({ name, url, cpu: cpuSeconds })),
  ]
  const scanned = titles.map(({ text, weight }) => titleOf(text, weight))
  const plans: Plan[] = []
  for (const kind of [NO_SEARCH, ...KINDS] as const) {
    const queries = kind === NO_SEARCH ? [] : titleQueries(kind, effort.queries, SEED)
    const paths = join(bench.folder, `paths-${kind}.txt`)
    for (const { name, url, cpu } of servers) {
      if (UNSUPPORTED[name] === kind) continue
      const file = kind === NO_SEARCH ? `${paths}-${name}` : paths
      const constant = name === 'service' ? '/health' : '/'
      await writeFile(file, kind === NO_SEARCH ? constant : queries.map(pathOfKind).join('\n'))
      const load = { url, paths: file, connections: CONNECTIONS, signal: bench.signal }
      bench.progress.step(`${titles.length} titles: warming up ${PEERS[name]}, ${kind}`)
      await measureLoad({ ...load, warmUpSeconds: 0, seconds: firstSeconds }, { cpu })
      const measure = ({ round }: { round: number }) =>
        measureLoad({ ...load, startLine: round * 500, warmUpSeconds, seconds }, { cpu })
      bench.progress.step(`${titles.length} titles: checking the answers of ${PEERS[name]}, ${kind}`)
      const once = await compareAnswers(name, url, kind, queries.slice(0, effort.scanned), scanned, bench.signal)
      plans.push({ group: 'query', title: PEERS[name], labels: { titles: titles.length, kind }, once, measure })
    }
  }
  return measureRounds(plans, effort, bench)
}

/**
 * Returns the percentage of queries that find something, and the percentage of queries whose answers equal those of a
 * scan under the engine's rule. Both are null if nothing is searched; for typos, the second is null.
 */
async function compareAnswers(
  name: PeerName,
  url: string,
  kind: Kind | typeof NO_SEARCH,
  queries: readonly KindQuery[],
  titles: readonly Title[],
  signal: AbortSignal,
): Promise<Record<string, number | null>> {
  if (kind === NO_SEARCH) return { answered: null, exact: null }
  let [answered, exact] = [0, 0]
  const weights = new Map(titles.map(({ text, score }) => [text, score]))
  for (const one of queries) {
    const response = await fetch(`${url}${pathOfKind(one)}&highlight=1`, { signal })
    const { suggestions } = (await response.json()) as {
      suggestions: (Omit<Suggestion, 'score'> & { score?: number })[]
    }
    if (suggestions.length > 0) answered++
    // FT.SUGGET does not return weights.
    const compared = suggestions
      .filter(({ match }) => match === undefined || SERVICE_ROWS.includes(match))
      .map((one) => ({ ...one, score: one.score ?? weights.get(one.text) ?? 0 }))
    if (equalsScan(titles, one.query.query, RULES[name], compared, LIMIT)) exact++
  }
  const percent = (count: number) => (count / queries.length) * 100
  return { answered: percent(answered), exact: kind === 'typo' ? null : percent(exact) }
}
