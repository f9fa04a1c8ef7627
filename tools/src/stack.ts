import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Values } from '../../generator/src/values.ts'
import { UserError } from './errors.ts'
import { inRoot } from './paths.ts'
import { capture } from './process.ts'
import type { Progress } from './progress.ts'
import { findRedisServer } from './redis-server.ts'
import { buildService, DATASET_CLI, SERVICE_MAIN } from './service-build.ts'

const HOST = '127.0.0.1'
const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 15_000
const REDIS_CONF = inRoot('service', 'redis-with-data', 'redis.conf')

/** What to start. */
export interface StackOptions {
  /** As Helm would get them. */
  values: Values
  /** 0 takes any free one. */
  port: number
  /** A dataset file instead of the words that come with the project. */
  data?: string | undefined
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
  const { values, progress, signal } = options
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
    const version = await buildDataset(folder, options)
    signal?.throwIfAborted()

    progress.step('starting Redis')
    const redisPorts: number[] = []
    for (let replica = 0; replica < values.redis.replicas; replica++) {
      const port = await freePort()
      redisPorts.push(port)
      const directives = Object.entries(values.redis.config).flatMap(([name, value]) => [`--${name}`, String(value)])
      const args = [REDIS_CONF, '--bind', HOST, '--port', String(port), ...directives]
      const redis = new Child('redis-server', redisServer, args, { cwd: folder })
      children.push(redis)
      await redis.line(/Ready to accept connections/, signal)
    }

    progress.step('starting the service')
    const service = new Child('the service', process.execPath, [SERVICE_MAIN], {
      env: {
        PATH: process.env.PATH,
        ...Object.fromEntries(Object.entries(values.app.settings).map(([name, value]) => [name, String(value)])),
        // Nothing in front of a local service has to notice that it stops.
        SHUTDOWN_DELAY_SECONDS: '0',
        HOST,
        PORT: String(options.port),
        REDIS_NODES: redisPorts.map((port) => `${HOST}:${port}`).join(','),
      },
      onLine: (line) => {
        if (isWarning(line)) options.onLine(line)
      },
    })
    children.push(service)
    const listening = await service.line(/"port":(\d+),.*"listening"/, signal)
    const url = `http://${HOST}:${listening[1]}`
    await waitUntilReady(url, service, signal)
    return {
      url,
      version,
      redis: redisPorts.map((port) => `redis://${HOST}:${port}`),
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

async function buildDataset(folder: string, { data, onLine, progress, signal }: StackOptions): Promise<string> {
  const built = join(folder, 'dataset.rdb')
  // Behind the two dashes a name that begins with one is a name.
  const input = data === undefined ? [] : ['--', data]
  const args = [DATASET_CLI, '--out', built, '--json', ...input]
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
  return (JSON.parse(stdout) as { version: string }).version
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

/** A program that runs beside this one. */
class Child {
  /** Resolves with one line that says how it ended. */
  readonly ended: Promise<string>
  hasEnded = false
  readonly #name: string
  readonly #process: ChildProcess
  readonly #lines: string[] = []
  readonly #listeners = new Set<(line: string) => void>()

  constructor(
    name: string,
    command: string,
    args: string[],
    { onLine, ...options }: { cwd?: string; env?: NodeJS.ProcessEnv; onLine?: (line: string) => void },
  ) {
    this.#name = name
    // In a process group of its own, so that Ctrl-C reaches only this process, which stops the others in order.
    this.#process = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    if (onLine) this.#listeners.add(onLine)
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (!stream) continue
      createInterface({ input: stream }).on('line', (line) => {
        this.#lines.push(line)
        if (this.#lines.length > 50) this.#lines.shift()
        for (const listener of this.#listeners) listener(line)
      })
    }
    this.ended = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(`${name} did not start: ${error.message}`))
      this.#process.once('close', (code, signal) =>
        resolve(`${name} ended (${signal ?? `code ${code}`}): ${this.#lines.at(-1) ?? 'it said nothing'}`),
      )
    })
    void this.ended.then(() => {
      this.hasEnded = true
    })
  }

  /** Waits for a line of its output. */
  line(pattern: RegExp, signal: AbortSignal | undefined): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const check = (line: string) => {
        const match = pattern.exec(line)
        if (match) finish(() => resolve(match))
      }
      const onAbort = () => finish(() => reject(signal?.reason))
      const timer = setTimeout(
        () => finish(() => reject(new UserError(`${this.#name} did not start within ${READY_TIMEOUT_MS / 1000} s`))),
        READY_TIMEOUT_MS,
      )
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        this.#listeners.delete(check)
        signal?.removeEventListener('abort', onAbort)
        settle()
      }
      this.#listeners.add(check)
      signal?.addEventListener('abort', onAbort)
      void this.ended.then((how) => finish(() => reject(new UserError(how))))
      for (const line of this.#lines) check(line)
    })
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return
    this.#process.kill('SIGTERM')
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await this.ended
    clearTimeout(timer)
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

/** Takes a port and gives it back, to know that it is free. */
function freePort(port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, HOST, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port))
    })
  })
}
