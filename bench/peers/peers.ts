/** Compares the service with other engines that suggest the same titles for the same queries. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatNumber } from '../../generator/src/capacity/quantity.ts'
import type { Entry } from '../../service/src/dataset/entries.ts'
import { productTitles } from '../../service/src/testing/product-titles.ts'
import { spelling } from '../../service/src/text/spelling.ts'
import { findWrk, wrkVersion } from '../../tools/programs/wrk.ts'
import { UserError } from '../../tools/support/errors.ts'
import { cpuSeconds, pssBytes } from '../../tools/support/processes.ts'
import { redisInfo } from '../../tools/support/redis-command.ts'
import type { Stack } from '../../tools/support/stack.ts'
import { datasetBytes, measureBuild, measureStart } from '../catalog/catalog.ts'
import { type KindQuery, probeIndex } from '../catalog/probe.ts'
import { pathOfKind, titleQueries } from '../catalog/queries.ts'
import { type Bench, measureRounds, type Plan, type Row, rowOf, rowsOf, type Subject } from '../harness.ts'
import { measureLoad } from '../load.ts'
import { miniSearchVersion } from '../quality/quality.ts'
import { UNCACHED, withStack, writeEntries } from '../stack.ts'
import { figure, tableOf } from '../tables.ts'
import { begins, equalsScan, hasWords, type Rule, type Suggestion, serviceRule, type Title, titleOf } from './scan.ts'
import { installLucene, PEERS, type Peer, type PeerName, startPeer } from './servers.ts'

/** The size of a measurement. */
interface PeersEffort {
  rounds: number
  /** The numbers of product titles. */
  sizes: readonly number[]
  /** The number of queries of each kind, and the number of those whose answers are compared with a scan. */
  queries: number
  scanned: number
  /** Seconds of load before the rounds, and before and during each measurement. */
  firstSeconds: number
  warmUpSeconds: number
  seconds: number
}

/** This is a small number, because the slowest answers take seconds, and each server has only one thread. */
const CONNECTIONS = 4
const SEED = 5
const TITLES_SEED = 1
const LIMIT = 10
const MIB = 2 ** 20
const KINDS = ['prefix', 'any order', 'typo'] as const
type Kind = (typeof KINDS)[number]
/** A request that the servers answer without a search. */
const NO_SEARCH = 'no search'

/** The matches that the scan of the service covers, which are in the first rows of the table in docs/matching.md. */
const SERVICE_ROWS = ['exact', 'prefix', 'word']
const RULES: Readonly<Record<PeerName, Rule>> = {
  service: serviceRule,
  infix: hasWords,
  completion: begins,
  miniSearch: hasWords,
}
/** The kind of queries that an engine cannot answer under its rule. */
const UNSUPPORTED: Partial<Record<PeerName, Kind>> = { infix: 'typo', completion: 'any order' }

/** Compares CPU time, memory, build time, and exactness with Lucene and MiniSearch. */
export const peers: Subject<PeersEffort> = {
  name: 'peers',
  summary: 'the same product titles and queries for the service, Lucene, and MiniSearch; 20 minutes',
  full: {
    rounds: 3,
    sizes: [200_000, 1_000_000],
    queries: 2000,
    scanned: 100,
    firstSeconds: 8,
    warmUpSeconds: 1,
    seconds: 5,
  },
  quick: {
    rounds: 1,
    sizes: [5000],
    queries: 200,
    scanned: 50,
    firstSeconds: 0.1,
    warmUpSeconds: 0.1,
    seconds: 0.9,
  },
  measure: measurePeers,
  tables: ({ rows }) => ({
    peers: tableOf(rowsOf(rows, 'index'), [
      ['titles', ({ labels }) => formatNumber(labels.titles as number)],
      ['engine', ({ title }) => title],
      figure('bytes/title', 'bytes', 1),
      figure('process memory MiB', 'memoryBytes', 0, MIB),
      figure('build s', 'buildSeconds', 1),
    ]),
    'peers-queries': tableOf(rowsOf(rows, 'query'), [
      ['titles', ({ labels }) => formatNumber(labels.titles as number)],
      ['query', ({ labels }) => labels.kind as string],
      ['engine', ({ title }) => title],
      figure('CPU µs', 'cpu', 1),
      figure('p50 ms', 'p50Ms', 2),
      figure('answered, %', 'answered', 1),
      figure('equal to a scan, %', 'exact', 1),
    ]),
  }),
}

async function measurePeers(effort: PeersEffort, bench: Bench) {
  const wrk = await findWrk(bench.progress)
  const lucene = await installLucene(bench).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error
    bench.onLine(`Lucene is left out: ${error.message}`)
    return undefined
  })
  const rows: Row[] = []
  let redis = ''
  for (const size of effort.sizes) {
    const measured = await measureSize(size, effort, bench, wrk, lucene !== undefined)
    rows.push(...measured.rows)
    redis = measured.redis
  }
  const facts = {
    Lucene: lucene?.version ?? 'missing',
    Java: lucene?.java ?? 'missing',
    MiniSearch: await miniSearchVersion(),
    Redis: redis,
    wrk: await wrkVersion(wrk),
    connections: CONNECTIONS,
    'queries of each kind': effort.queries,
    'queries compared with a scan': effort.scanned,
  }
  return { facts, rows }
}

/** Measures all engines with the same titles. */
async function measureSize(size: number, effort: PeersEffort, bench: Bench, wrk: string, withLucene: boolean) {
  const { folder, progress } = bench
  const titles = distinctTitles(size)
  const data = await writeEntries(join(folder, `${size}.jsonl`), titles)
  const lines = join(folder, `${size}.tsv`)
  await writeFile(lines, titles.map(({ text, weight }) => `${weight}\t${text}\n`).join(''))
  const names = (['infix', 'completion', 'miniSearch'] as const).filter((name) => withLucene || name === 'miniSearch')
  const use = async (stack: Stack, signal: AbortSignal) => {
    const within = { ...bench, signal }
    const running = new Map<PeerName, Peer>()
    try {
      for (const name of names) {
        progress.step(`${size} titles: building the index of ${PEERS[name]}`)
        running.set(name, await startPeer(name, lines, within))
      }
      const rows = await measureQueries(titles, effort, within, wrk, stack, running)
      progress.step(`${size} titles: building the index of the service`)
      const service = await serviceIndex(stack, data, within)
      const others = [...running].map(([name, { child, bytes, buildSeconds }]) => ({
        title: PEERS[name],
        values: { bytes: bytes / titles.length, buildSeconds, memoryBytes: pssBytes(child.pid) },
      }))
      const indexes = [{ title: PEERS.service, values: service }, ...others].map(({ title, values }) =>
        rowOf('index', title, values, { titles: titles.length }),
      )
      return { rows: [...indexes, ...rows], redis: await redisInfo(stack.redis[0] as string, 'redis_version') }
    } finally {
      for (const { child } of running.values()) await child.stop()
    }
  }
  return withStack(bench, { ...UNCACHED, RANKING_TIMEOUT_MS: 10_000 }, use, { data })
}

/** The first generated titles. Only the heaviest title of each spelling is kept: some engines keep duplicates. */
function distinctTitles(count: number): (Entry & object)[] {
  const heaviest = new Map<string, Entry & object>()
  for (const { text, weight } of productTitles(count, TITLES_SEED)) {
    const key = spelling(text).trimEnd()
    if (weight > (heaviest.get(key)?.weight ?? -1)) heaviest.set(key, { text, weight })
  }
  return [...heaviest.values()]
}

/** The costs of the service's index: bytes in one process and in Redis, and seconds to build it and start. */
async function serviceIndex(stack: Stack, data: string, { folder, onLine, signal }: Bench) {
  const { entries, version, pids } = stack
  const [redis] = stack.redis as [string]
  const memoryBytes = pssBytes(pids.service) + pssBytes(pids.redis[0] as number)
  const { indexBytes } = await probeIndex({ url: redis, version }, signal)
  const { buildSeconds } = await measureBuild(data, join(folder, 'built.rdb'), signal)
  const { readyMs } = await measureStart(stack, onLine, signal)
  const bytes = ((await datasetBytes(redis)) + indexBytes) / entries
  return { bytes, buildSeconds: buildSeconds + readyMs / 1000, memoryBytes }
}

async function measureQueries(
  titles: readonly Entry[],
  effort: PeersEffort,
  bench: Bench,
  wrk: string,
  stack: Stack,
  running: ReadonlyMap<PeerName, Peer>,
): Promise<Row[]> {
  const { firstSeconds, warmUpSeconds, seconds } = effort
  const servers = [
    { name: 'service' as PeerName, url: stack.url, cpu: () => cpuSeconds(stack.pids.service) + redisCpu(stack) },
    ...[...running].map(([name, { url, child }]) => ({ name, url, cpu: () => cpuSeconds(child.pid) })),
  ]
  const scanned = titles.map(({ text, weight }) => titleOf(text, weight))
  const plans: Plan[] = []
  const exactness: Record<string, number | null>[] = []
  for (const kind of [NO_SEARCH, ...KINDS] as const) {
    const queries = kind === NO_SEARCH ? [] : titleQueries(kind, effort.queries, SEED)
    const paths = join(bench.folder, `paths-${kind}.txt`)
    for (const { name, url, cpu } of servers) {
      if (UNSUPPORTED[name] === kind) continue
      const file = kind === NO_SEARCH ? `${paths}-${name}` : paths
      const constant = name === 'service' ? '/health' : '/'
      await writeFile(file, kind === NO_SEARCH ? constant : queries.map(pathOfKind).join('\n'))
      const load = { wrk, url, paths: file, connections: CONNECTIONS, signal: bench.signal }
      bench.progress.step(`${titles.length} titles: warming up ${PEERS[name]}, ${kind}`)
      await measureLoad({ ...load, warmUpSeconds: 0, seconds: firstSeconds }, { cpu })
      const measure = ({ round }: { round: number }) =>
        measureLoad({ ...load, startLine: round * 500, warmUpSeconds, seconds }, { cpu })
      plans.push({ group: 'query', title: PEERS[name], labels: { titles: titles.length, kind }, measure })
      bench.progress.step(`${titles.length} titles: checking the answers of ${PEERS[name]}, ${kind}`)
      exactness.push(await compareAnswers(name, url, kind, queries.slice(0, effort.scanned), scanned, bench.signal))
    }
  }
  const rows = await measureRounds(plans, effort, bench)
  return rows.map((row, at) => ({
    ...row,
    values: { ...row.values, ...rowOf('', '', exactness[at] ?? {}).values },
  }))
}

const redisCpu = ({ pids }: Stack) => cpuSeconds(pids.redis[0] as number)

/** The shares of queries that find something, and of queries whose answers equal a scan under the engine's rule. */
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
  for (const one of queries) {
    const response = await fetch(`${url}${pathOfKind(one)}&highlight=1`, { signal })
    const { suggestions } = (await response.json()) as { suggestions: Suggestion[] }
    if (suggestions.length > 0) answered++
    const compared = suggestions.filter(({ match }) => match === undefined || SERVICE_ROWS.includes(match))
    if (equalsScan(titles, one.query.query, RULES[name], compared, LIMIT)) exact++
  }
  const percent = (count: number) => (count / queries.length) * 100
  return { answered: percent(answered), exact: kind === 'typo' ? null : percent(exact) }
}
