import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Values } from '../../generator/src/values.ts'
import type { BuildReport, Content } from '../../service/src/dataset/build-report.ts'
import { PUBLISHER_RIGHTS } from '../../service/src/dataset/publish.ts'
import { freePort } from '../../service/src/testing/free-port.ts'
import { findRedisServer } from '../programs/redis-server.ts'
import { Child } from './child.ts'
import { UsageError } from './command-line.ts'
import { UserError } from './errors.ts'
import { ROOT } from './paths.ts'
import { capture } from './process.ts'
import type { Progress } from './progress.ts'
import { buildService, datasetCli, NODE_OPTIONS, serviceMain } from './service-build.ts'

const HOST = '127.0.0.1'
/** The exit code of the dataset builder for wrong arguments. */
const WRONG_ARGUMENTS = 2
const READY_TIMEOUT_MS = 60_000

export interface StackOptions {
  /** The merged values of the release. */
  values: Values
  /** Port of the service; 0 chooses any free port. */
  port: number
  /** Dataset files; the demo dataset if there are none. */
  data?: readonly string[] | undefined
  /** Additional options of the dataset builder. */
  builderOptions?: readonly string[] | undefined
  /** Additional arguments of every Redis. */
  redisArguments?: readonly string[] | undefined
  progress: Progress
  /** Called for every line that a person should see: invalid dataset lines and the service's warnings. */
  onLine(line: string): void
  /** Aborts the start. */
  signal?: AbortSignal | undefined
  /** The checkout of this repository whose service is started; by default, the one that contains this file. */
  root?: string | undefined
}

/** One app pod and all Redis replicas of a release, running on this machine. */
export interface Stack extends Content {
  url: string
  redis: string[]
  /** The file with the password of the user `publisher`, who can publish a dataset to every Redis. */
  publisherPasswordFile: string
  /** The dataset's version. */
  version: string
  /** Process ids. The service is the parent of its HTTP processes if there are several. */
  pids: { service: number; redis: number[] }
  /** Resolves with one line as soon as a program exits. */
  failed: Promise<string>
  /** Stops everything and removes its files. Further calls do nothing. */
  stop(): Promise<void>
}

/**
 * Starts the programs of a release with these values: all Redis replicas, preloaded and read-only, and one pod of the
 * service with its environment.
 * @throws {UserError} if a port is in use, or a program is missing or does not start; in this case, everything is
 * stopped again
 * @throws {UsageError} if the dataset builder rejects its options
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { values, redisArguments = [], progress, signal, root = ROOT } = options
  await requireFreePort(options.port)
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-'))
  const children: Child[] = []
  let stopped: Promise<void> | undefined
  const stop = () => {
    // Stop the service first, because it may still be reading from Redis.
    stopped ??= (async () => {
      for (const child of children.toReversed()) await child.stop()
      await rm(folder, { recursive: true, force: true })
    })()
    return stopped
  }
  try {
    const redisServer = await findRedisServer(progress)
    signal?.throwIfAborted()
    progress.step('building the service')
    await buildService(signal, root)
    signal?.throwIfAborted()
    progress.step('building the dataset')
    const dataset = await buildDataset(folder, options)
    signal?.throwIfAborted()

    progress.step('starting Redis')
    const publisher = await createPublisher(folder)
    const configuration = join(root, 'service', 'redis-with-data', 'redis.conf')
    const redisPorts: number[] = []
    const redisServers: Child[] = []
    for (let replica = 0; replica < values.redis.replicas; replica++) {
      const port = await freePort()
      redisPorts.push(port)
      const directives = Object.entries(values.redis.config).flatMap(([name, value]) => [`--${name}`, String(value)])
      const args = [configuration, '--bind', HOST, '--port', String(port), ...directives, ...publisher.redisArguments]
      const redis = new Child('redis-server', redisServer, [...args, ...redisArguments], { cwd: folder })
      children.push(redis)
      redisServers.push(redis)
      await redis.line(/Ready to accept connections/, signal)
    }

    progress.step('starting the service')
    const redis = redisPorts.map((port) => `redis://${HOST}:${port}`)
    const { url, child: service } = await startService(values.app.settings, redis, options)
    children.push(service)
    return {
      url,
      ...dataset,
      redis,
      publisherPasswordFile: publisher.passwordFile,
      pids: { service: service.pid, redis: redisServers.map(({ pid }) => pid) },
      failed: Promise.race(children.map((child) => child.ended)),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  } finally {
    progress.end()
  }
}

/**
 * Starts the compiled service with the settings as its environment, and waits until it answers queries.
 * @param redis the URL of every replica
 * @throws {UserError} if the service does not start; in this case, it is stopped again
 */
export async function startService(
  settings: Values['app']['settings'],
  redis: readonly string[],
  { port, onLine, signal, root = ROOT }: Pick<StackOptions, 'port' | 'onLine' | 'signal' | 'root'>,
): Promise<{ url: string; child: Child }> {
  const child = new Child('the service', process.execPath, [...NODE_OPTIONS, serviceMain(root)], {
    env: {
      PATH: process.env.PATH,
      ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
      // A local service has no load balancer that needs time to notice the shutdown.
      SHUTDOWN_DELAY_SECONDS: '0',
      HOST,
      PORT: String(port),
      REDIS_NODES: redis.map((url) => new URL(url).host).join(','),
    },
    onLine: (line) => {
      if (isWarning(line)) onLine(line)
    },
  })
  const ready = async () => {
    const [, listeningPort] = await child.line(/"port":(\d+),.*"listening"/, signal)
    const url = `http://${HOST}:${listeningPort}`
    await waitUntilReady(url, child, signal)
    return { url, child }
  }
  return child.ready(ready())
}

/**
 * Writes a random password for the user `publisher` to a file that only the current user can read. The arguments that
 * create the Redis user contain only its hash, because all users can see the arguments of a process.
 */
async function createPublisher(folder: string): Promise<{ passwordFile: string; redisArguments: string[] }> {
  const passwordFile = join(folder, 'publisher-password')
  const password = randomBytes(32).toString('base64url')
  await writeFile(passwordFile, password, { mode: 0o600 })
  const hash = createHash('sha256').update(password).digest('hex')
  return { passwordFile, redisArguments: ['--user', 'publisher', 'on', `#${hash}`, ...PUBLISHER_RIGHTS.split(' ')] }
}

async function buildDataset(
  folder: string,
  { data = [], builderOptions = [], onLine, progress, signal, root = ROOT }: StackOptions,
): Promise<Content & Pick<Stack, 'version'>> {
  const built = join(folder, 'dataset.rdb')
  // The two dashes allow file names that begin with a dash.
  const args = [datasetCli(root), '--out', built, '--json', ...builderOptions, '--', ...data]
  const { code, stdout, stderr } = await capture(process.execPath, args, { signal })
  progress.end()
  const lines = stderr.split('\n').filter((line) => line !== '')
  if (code !== 0) {
    for (const line of lines.slice(0, -1)) onLine(line)
    const [, problem] = /^dataset: (.*); see --help$/.exec(lines.at(-1) ?? '') ?? []
    if (code === WRONG_ARGUMENTS && problem !== undefined) throw new UsageError(problem)
    throw new UserError(lines.at(-1)?.replace(/^dataset: /, '') ?? 'the dataset could not be built')
  }
  for (const line of lines) onLine(line)
  // Redis loads this file from its working folder.
  await rename(built, join(folder, 'dump.rdb'))
  const { version, entries, duplicates, blocked, skipped } = JSON.parse(stdout) as BuildReport
  return { version, entries, duplicates, blocked, skipped }
}

async function waitUntilReady(url: string, service: Child, signal: AbortSignal | undefined): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  let last = 'it did not answer'
  while (performance.now() < deadline) {
    signal?.throwIfAborted()
    if (service.hasEnded) throw new UserError(await service.ended)
    const response = await fetch(`${url}/ready`).catch((error: Error) => error)
    if (!(response instanceof Error)) {
      if (response.ok) return
      last = await response.text()
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new UserError(`the service was not ready within ${READY_TIMEOUT_MS / 1000} s: ${last}`)
}

/** Whether a line of the service's log has the level warn or higher, or is not JSON. */
function isWarning(line: string): boolean {
  try {
    return (JSON.parse(line) as { level: number }).level >= 40
  } catch {
    return line !== ''
  }
}

/** @throws {UserError} if the port is in use or not allowed */
async function requireFreePort(port: number): Promise<void> {
  try {
    await freePort(port)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw new UserError(`port ${port} is in use; choose another with --port`)
    throw new UserError(`port ${port} cannot be used: ${message}`)
  }
}
