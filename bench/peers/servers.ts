/** The servers of the comparison with other engines. Each answers queries on one thread. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Child } from '../../tools/support/child.ts'
import { UserError } from '../../tools/support/errors.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { findInPath, must } from '../../tools/support/process.ts'
import { NODE_OPTIONS } from '../../tools/support/service-build.ts'
import type { Bench, Surroundings } from '../harness.ts'

const FOLDER = inRoot('bench', 'peers')
const LIBRARIES = inRoot('.cache', 'lucene')
/** SHA-256 of the files that Maven downloads. */
const LUCENE = '9.12.3'
const CHECKSUMS: Readonly<Record<string, string>> = {
  [`lucene-analysis-common-${LUCENE}.jar`]: 'fa571bd7caf0f0b4faf46a72ca004a7836f348c31d92bd522dddcc3d128d287e',
  [`lucene-core-${LUCENE}.jar`]: 'b64a3f8098a7572034fb30085cdee01b34ec81fb0e5a31b471536af58dc6c01b',
  [`lucene-suggest-${LUCENE}.jar`]: 'c9a8907109668d6313b6b5c4e13913b99d7295e01334a90e90baba9571797097',
}
const JAVA_OPTIONS = ['-Xmx4g', '-XX:+UseSerialGC', '-Dsun.net.httpserver.nodelay=true']
const MINISEARCH_OPTIONS = [...NODE_OPTIONS, '--expose-gc', '--max-old-space-size=6144']
/** Time limit for building an index, in milliseconds. */
const BUILD_TIMEOUT_MS = 300_000

/** The display names of the engines. */
export const PEERS = {
  service: 'service',
  infix: 'Lucene AnalyzingInfixSuggester',
  completion: 'Lucene completion',
  miniSearch: 'MiniSearch',
} as const
export type PeerName = keyof typeof PEERS

/** The installed Lucene. */
export interface Lucene {
  version: string
  /** The version of Java. */
  java: string
}

/** A running server of a peer, and the costs of its index. */
export interface Peer {
  url: string
  child: Child
  /** Bytes of the index and its titles: the heap after garbage collection, and the files of the index. */
  bytes: number
  buildSeconds: number
}

/**
 * Downloads Lucene with Maven if it is missing, and checks the files.
 * @throws {UserError} if Java or Maven is missing, or a file has the wrong checksum
 */
export async function installLucene({ progress, signal }: Surroundings): Promise<Lucene> {
  for (const program of ['java', 'javac', 'mvn'])
    if (!(await findInPath(program))) throw new UserError(`${program} is missing`)
  await mkdir(LIBRARIES, { recursive: true })
  if ((await readdir(LIBRARIES)).length === 0) {
    progress.install('downloading Lucene')
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${LIBRARIES}`]
    await must('mvn', ['-q', '-B', '-f', join(FOLDER, 'pom.xml'), ...goal], { signal })
  }
  for (const [name, wanted] of Object.entries(CHECKSUMS)) {
    const file = join(LIBRARIES, name)
    const found = createHash('sha256')
      .update(await readFile(file).catch(() => ''))
      .digest('hex')
    if (found !== wanted)
      throw new UserError(`${file} must have the SHA-256 ${wanted}, got ${found}; delete the folder`)
  }
  const { stderr } = await must('java', ['-version'], { signal })
  return { version: LUCENE, java: /"([\d._]+)"/.exec(stderr)?.[1] ?? 'unknown' }
}

/**
 * Builds an index and starts its server.
 * @param titles a file with a weight, a tab, and a title on each line
 */
export async function startPeer(name: Exclude<PeerName, 'service'>, titles: string, bench: Bench): Promise<Peer> {
  const { folder, signal } = bench
  const [command, args] =
    name === 'miniSearch'
      ? [process.execPath, [...MINISEARCH_OPTIONS, join(FOLDER, 'minisearch.mjs'), titles]]
      : ['java', await luceneArguments(name, titles, folder, signal)]
  const child = new Child(PEERS[name], command, args)
  const pattern = /^listening on (\d+); (-?\d+) bytes; ([\d.]+) s$/
  const [, port, bytes, seconds] = await child.ready(child.line(pattern, signal, BUILD_TIMEOUT_MS))
  return { url: `http://127.0.0.1:${port}`, child, bytes: Number(bytes), buildSeconds: Number(seconds) }
}

async function luceneArguments(name: string, titles: string, folder: string, signal: AbortSignal): Promise<string[]> {
  const classes = join(folder, 'classes')
  await must('javac', ['-cp', join(LIBRARIES, '*'), '-d', classes, join(FOLDER, 'LuceneServer.java')], { signal })
  const index = join(folder, `${titles.split('/').at(-1)}-${name}`)
  return [...JAVA_OPTIONS, '-cp', `${join(LIBRARIES, '*')}:${classes}`, 'LuceneServer', name, titles, index]
}
