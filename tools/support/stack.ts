import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Values } from '../../generator/src/values.ts'
import { findRedisServer } from '../programs/redis-server.ts'
import { Child } from './child.ts'
import { UserError } from './errors.ts'
import { freePort } from './free-port.ts'
import { inRoot } from './paths.ts'
import { capture } from './process.ts'
import type { Progress } from './progress.ts'
import { buildService, DATASET_CLI, NODE_OPTIONS, SERVICE_MAIN } from './service-build.ts'

const HOST = '127.0.0.1'
const READY_TIMEOUT_MS = 60_000
const REDIS_CONF = inRoot('service', 'redis-with-data', 'redis.conf')

/** What to start. */
export interface StackOptions {
  /** As Helm would get them. */
  values: Values
  /** 0 takes any free one. */
  port: number
  /** Dataset files; the demo dataset if there is none. */
  data?: readonly string[] | undefined
  /** Days by which weights halve with age; see the dataset builder. */
  halfLife?: string | undefined
  /** Arguments of every Redis besides its configuration. */
  redisArguments?: readonly string[] | undefined
  progress: Progress
  /** Gets lines that a person should see: bad dataset lines, warnings of the service. */
  onLine(line: string): void
  /** Stops the start half-way. */
  signal?: AbortSignal | undefined
}

/** One app pod and all Redis replicas of a release, running on this machine. */
export interface Stack {
  url: string
  redis: string[]
  /** The dataset's version. */
  version: string
  /** How many entries the dataset has. */
  entries: number
  /** The service, which is the parent of its HTTP processes when there are several, and every Redis. */
  pids: { service: number; redis: number[] }
  /** Resolves with one line when one of the programs ends by itself. */
  failed: Promise<string>
  /** Stops everything and removes its files; once is enough. */
  stop(): Promise<void>
}

/**
 * Starts what a release of the chart would run, from the same values: every Redis replica, preloaded and read-only, and one pod
 * of the service with its environment.
 * @throws {UserError} when a port is taken, a program is missing or does not start; nothing is left running then
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { values, redisArguments = [], progress, signal } = options
  await requireFreePort(options.port)
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-'))
  const children: Child[] = []
  let stopped: Promise<void> | undefined
  const stop = () => {
    // The service first: it may still be answering from Redis.
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
    await buildService(signal)
    signal?.throwIfAborted()
    progress.step('building the dataset')
    const { version, entries } = await buildDataset(folder, options)
    signal?.throwIfAborted()

    progress.step('starting Redis')
    const redisPorts: number[] = []
    const redisServers: Child[] = []
    for (let replica = 0; replica < values.redis.replicas; replica++) {
      const port = await freePort()
      redisPorts.push(port)
      const directives = Object.entries(values.redis.config).flatMap(([name, value]) => [`--${name}`, String(value)])
      const args = [REDIS_CONF, '--bind', HOST, '--port', String(port), ...directives, ...redisArguments]
      const redis = new Child('redis-server', redisServer, args, { cwd: folder })
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
      version,
      entries,
      redis,
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
 * Starts the service, as it is built, with the settings as its environment; it answers queries when this resolves.
 * @param redis the URL of every replica
 * @throws {UserError} when it does not start; it is not left running then
 */
export async function startService(
  settings: Values['app']['settings'],
  redis: readonly string[],
  { port, onLine, signal }: Pick<StackOptions, 'port' | 'onLine' | 'signal'>,
): Promise<{ url: string; child: Child }> {
  const child = new Child('the service', process.execPath, [...NODE_OPTIONS, SERVICE_MAIN], {
    env: {
      PATH: process.env.PATH,
      ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
      // Nothing in front of a local service has to notice that it stops.
      SHUTDOWN_DELAY_SECONDS: '0',
      HOST,
      PORT: String(port),
      REDIS_NODES: redis.map((url) => new URL(url).host).join(','),
    },
    onLine: (line) => {
      if (isWarning(line)) onLine(line)
    },
  })
  try {
    const listening = await child.line(/"port":(\d+),.*"listening"/, signal)
    const url = `http://${HOST}:${listening[1]}`
    await waitUntilReady(url, child, signal)
    return { url, child }
  } catch (error) {
    await child.stop()
    throw error
  }
}

async function buildDataset(
  folder: string,
  { data = [], halfLife, onLine, progress, signal }: StackOptions,
): Promise<Pick<Stack, 'version' | 'entries'>> {
  const built = join(folder, 'dataset.rdb')
  const age = halfLife === undefined ? [] : [`--half-life=${halfLife}`]
  // Behind the two dashes a name that begins with one is a name.
  const args = [DATASET_CLI, '--out', built, '--json', ...age, '--', ...data]
  const { code, stdout, stderr } = await capture(process.execPath, args, { signal })
  progress.end()
  const lines = stderr.split('\n').filter((line) => line !== '')
  if (code !== 0) {
    for (const line of lines.slice(0, -1)) onLine(line)
    throw new UserError(lines.at(-1) ?? 'the dataset could not be built')
  }
  for (const line of lines) onLine(line)
  // The name that Redis looks for in the folder it starts in.
  await rename(built, join(folder, 'dump.rdb'))
  return JSON.parse(stdout) as Pick<Stack, 'version' | 'entries'>
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

/** Whether a line of the service's log is of level warn or above. */
function isWarning(line: string): boolean {
  try {
    return (JSON.parse(line) as { level: number }).level >= 40
  } catch {
    return line !== ''
  }
}

/** Fails when somebody listens on the port already. */
async function requireFreePort(port: number): Promise<void> {
  try {
    await freePort(port)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw new UserError(`port ${port} is in use; choose another with --port`)
    throw new UserError(`port ${port} cannot be used: ${message}`)
  }
}
