/** Starts Redis and the service for a measurement. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { merge } from '../generator/src/merge.ts'
import { type DeepPartial, defaultValues, type Values } from '../generator/src/values.ts'
import type { Entry } from '../service/src/dataset/entries.ts'
import { bundledWords } from '../service/src/dataset/words.ts'
import { UserError } from '../tools/support/errors.ts'
import { cpuSeconds } from '../tools/support/processes.ts'
import { redisInfo } from '../tools/support/redis-command.ts'
import { type Stack, startStack } from '../tools/support/stack.ts'
import type { Bench } from './harness.ts'

/** `maxclients` of Redis: more than any measurement needs. */
const REDIS_CLIENTS = 5000

/** Settings of the service, keyed by environment variable. */
export type ServiceSettings = NonNullable<NonNullable<DeepPartial<Values>['app']>['settings']>

/** Turns off the cache, so that every query is ranked. */
export const UNCACHED: ServiceSettings = { CACHE_MAX_MIB: 0 }

/** Changes to the stack that {@link valuesOf} describes. */
export interface StackData {
  /** A dataset file. By default, it contains the words that come with the project. */
  data?: string
  /** Additional arguments for Redis. */
  redisArguments?: readonly string[]
  /** The checkout of this repository whose service is started; by default, the one that contains this file. */
  root?: string
}

/** The service and its only Redis. */
export interface BenchStack extends Pick<Stack, 'url' | 'entries'> {
  /** The version of the dataset. */
  dataset: string
  /** The process id of the service. */
  pid: number
  redis: { url: string; pid: number; version: string }
  /** The CPU seconds that the service and Redis have used so far. */
  cpu: { app: () => number; redis: () => number }
}

/**
 * Starts one Redis replica and the service, and stops them when `use` is done or one of them exits. By default, the
 * service has one HTTP process with one ranking thread.
 * @param use gets `bench` with a signal that also aborts when one of them exits
 */
export async function withStack<B extends Bench, T>(
  bench: B,
  settings: ServiceSettings,
  use: (stack: BenchStack, bench: B) => Promise<T>,
  { data, redisArguments, root }: StackData = {},
): Promise<T> {
  const { folder, progress, onLine, signal } = bench
  const file = data ?? (await writeEntries(join(folder, 'words.jsonl'), await bundledWords()))
  const values = valuesOf(settings)
  const stack = await startStack({ values, port: 0, data: [file], redisArguments, progress, onLine, signal, root })
  const failure = new AbortController()
  void stack.failed.then((how) => failure.abort(new UserError(how)))
  try {
    return await use(await benchStackOf(stack), { ...bench, signal: AbortSignal.any([signal, failure.signal]) })
  } finally {
    await stack.stop()
  }
}

async function benchStackOf({
  url,
  entries,
  version: dataset,
  pids,
  redis: [redisUrl = ''],
}: Stack): Promise<BenchStack> {
  const [pid, redisPid = 0] = [pids.service, ...pids.redis]
  const redis = { url: redisUrl, pid: redisPid, version: await redisInfo(redisUrl, 'redis_version') }
  return { url, entries, dataset, pid, redis, cpu: { app: () => cpuSeconds(pid), redis: () => cpuSeconds(redisPid) } }
}

/** Writes a dataset file (JSON lines), and returns its path. */
export async function writeEntries(file: string, entries: readonly (Entry & object)[]): Promise<string> {
  await writeFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  return file
}

/** Returns the values of a stack that {@link withStack} starts. */
export function valuesOf(settings: ServiceSettings): Values {
  const overrides: DeepPartial<Values> = {
    redis: { replicas: 1, config: { maxclients: REDIS_CLIENTS } },
    app: {
      settings: {
        WEB_CONCURRENCY: 1,
        RANKING_THREADS: 1,
        // Keep the service from rejecting queries while this machine is busy.
        OVERLOAD_MAX_DELAY_MS: 10_000,
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
export const BENCH_USER = ['--user', 'bench', 'on', 'nopass', '~z:*', '-@all', '+@read', '+@connection', '+zadd']

/** Returns the URL for this user. The user has no password, but clients must send one. */
export const benchUserUrl = (redis: string): string => `redis://bench:none@${new URL(redis).host}`
