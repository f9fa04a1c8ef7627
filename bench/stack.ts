/** Starts Redis and the service for a measurement. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { merge } from '../generator/src/merge.ts'
import { type DeepPartial, defaultValues, type Values } from '../generator/src/values.ts'
import type { Entry } from '../service/src/dataset/entries.ts'
import { bundledWords } from '../service/src/dataset/words.ts'
import { Child } from '../tools/support/child.ts'
import { inRoot } from '../tools/support/paths.ts'
import { cpuSeconds } from '../tools/support/processes.ts'
import { redisInfo } from '../tools/support/redis-command.ts'
import { NODE_OPTIONS } from '../tools/support/service-build.ts'
import { type Stack, startService, startStack } from '../tools/support/stack.ts'
import type { Bench } from './harness.ts'

/** `maxclients` of Redis: more than any measurement needs. */
const REDIS_CLIENTS = 5000

/** Settings of the service, keyed by environment variable. */
export type ServiceSettings = NonNullable<NonNullable<DeepPartial<Values>['app']>['settings']>

/** Turns off the cache, so that every query is ranked. */
export const UNCACHED: ServiceSettings = { CACHE_MAX_MIB: 0 }

/** The data and the code of a stack. */
interface StackSource {
  /** A dataset file. By default, it contains the words that come with the project. */
  data?: string
  /** The checkout of this repository whose service is started; by default, the one that contains this file. */
  root?: string
}

/** A running server. The process is the parent of all other processes of the server. */
export interface Server {
  url: string
  pid: number
}

/** The service and its only Redis. */
export interface BenchStack extends Server, Pick<Stack, 'entries'> {
  /** The version of the dataset. */
  dataset: string
  redis: { url: string; pid: number }
  /** The CPU seconds that the service and Redis have used so far. */
  cpu: { app: () => number; redis: () => number }
}

/** The context in which servers start. */
type Starting = Pick<Bench, 'keep' | 'facts' | 'folder' | 'progress' | 'onLine' | 'signal'>

/** Starts one Redis replica and the service, by default with one HTTP process that has one ranking thread. */
export async function startBenchStack(
  { keep, facts, folder, ...context }: Starting,
  settings: ServiceSettings,
  { data, root }: StackSource = {},
): Promise<BenchStack> {
  const file = data ?? (await writeEntries(join(folder, 'words.jsonl'), await bundledWords()))
  const values = valuesOf(settings)
  const stack = await startStack({ ...context, values, port: 0, data: [file], redisArguments: BENCH_USER, root })
  keep({ stop: stack.stop, ended: stack.failed })
  const [pid, [redisPid = 0], [url = '']] = [stack.pids.service, stack.pids.redis, stack.redis]
  facts.Redis = await redisInfo(url, 'redis_version')
  return {
    url: stack.url,
    pid,
    entries: stack.entries,
    dataset: stack.version,
    redis: { url, pid: redisPid },
    cpu: { app: () => cpuSeconds(pid), redis: () => cpuSeconds(redisPid) },
  }
}

/** Starts another service that uses a Redis of {@link startBenchStack}. */
export async function startOtherService(
  { keep, onLine, signal }: Pick<Bench, 'keep' | 'onLine' | 'signal'>,
  settings: ServiceSettings,
  redis: string,
): Promise<Server> {
  const { url, child } = await startService(valuesOf(settings).app.settings, [redis], { port: 0, onLine, signal })
  return { url, pid: keep(child).pid }
}

/** How a server is started. `line` matches the line that it prints when it is ready, and captures its port. */
interface ServerOptions {
  line?: RegExp
  timeoutMs?: number
  cwd?: string
  env?: NodeJS.ProcessEnv
}

/** Starts a server on the loopback interface. `match` is the match of the line that it prints when it is ready. */
export async function startServer(
  { keep, signal }: Pick<Bench, 'keep' | 'signal'>,
  name: string,
  [command, ...args]: readonly [string, ...string[]],
  { line = /^listening on (\d+)$/, timeoutMs, ...options }: ServerOptions = {},
): Promise<Server & { child: Child; match: RegExpExecArray }> {
  const child = keep(new Child(name, command, args, options))
  const match = await child.line(line, signal, timeoutMs)
  return { url: `http://127.0.0.1:${match[1]}`, pid: child.pid, child, match }
}

/** Starts a script of this folder that answers every request with the same text. */
export function startConstant(bench: Pick<Bench, 'keep' | 'signal'>, script: string, answer: string): Promise<Server> {
  const command = [process.execPath, ...NODE_OPTIONS, inRoot('bench', script)] as const
  return startServer(bench, script, command, { env: { PATH: process.env.PATH, BODY: answer } })
}

/** Writes a dataset file (JSON lines), and returns its path. */
export async function writeEntries(file: string, entries: readonly (Entry & object)[]): Promise<string> {
  await writeFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  return file
}

/** Returns values with one Redis replica. The default is one HTTP process with one ranking thread. */
function valuesOf(settings: ServiceSettings): Values {
  const overrides: DeepPartial<Values> = {
    redis: { replicas: 1, config: { maxclients: REDIS_CLIENTS } },
    app: {
      settings: {
        WEB_CONCURRENCY: 1,
        RANKING_THREADS: 1,
        // Keep the service from rejecting queries while this machine is busy.
        OVERLOAD_MAX_DELAY_MS: 10_000,
        RANKING_TIMEOUT_MS: 10_000,
        ...settings,
      },
    },
  }
  return merge<Values>(defaultValues, overrides)
}

/**
 * Redis arguments that add a user for the benchmark. The user may read and write sorted sets whose keys begin with
 * `z:`.
 */
const BENCH_USER = ['--user', 'bench', 'on', 'nopass', '~z:*', '-@all', '+@read', '+@connection', '+zadd']

/** Returns the URL for this user. The user has no password, but clients must send one. */
export const benchUserUrl = (redis: string): string => `redis://bench:none@${new URL(redis).host}`
