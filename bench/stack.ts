/** Redis and the service, started for a measurement. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { merge } from '../generator/src/merge.ts'
import { type DeepPartial, defaultValues, type Values } from '../generator/src/values.ts'
import type { Entry } from '../service/src/dataset/entries.ts'
import { bundledWords } from '../service/src/dataset/words.ts'
import { UserError } from '../tools/support/errors.ts'
import { cpuSeconds } from '../tools/support/processes.ts'
import { type Stack, startStack } from '../tools/support/stack.ts'
import type { Bench } from './harness.ts'

/** Clients that Redis takes: more than any measurement connects. */
const REDIS_CLIENTS = 5000

/** Settings of the service, by the names of its environment variables. */
export type ServiceSettings = NonNullable<NonNullable<DeepPartial<Values>['app']>['settings']>

/** Every query is searched for. */
export const UNCACHED: ServiceSettings = { CACHE_MAX_MIB: 0 }

/** What to start besides what {@link valuesOf} says. */
export interface StackData {
  /** A dataset file; the words that come with the project by default. */
  data?: string
  /** Arguments of Redis besides its configuration. */
  redisArguments?: readonly string[]
}

/**
 * Starts Redis with one replica and the service, and stops them when `use` is done or one of them ends. The service has
 * one HTTP process with one ranking thread unless the settings say otherwise.
 */
export async function withStack<T>(
  { folder, progress, onLine, signal }: Bench,
  settings: ServiceSettings,
  use: (stack: Stack, signal: AbortSignal) => Promise<T>,
  { data, redisArguments }: StackData = {},
): Promise<T> {
  const file = data ?? (await writeEntries(join(folder, 'words.jsonl'), await bundledWords()))
  const values = valuesOf(settings)
  const stack = await startStack({ values, port: 0, data: [file], redisArguments, progress, onLine, signal })
  const failure = new AbortController()
  void stack.failed.then((how) => failure.abort(new UserError(how)))
  try {
    return await use(stack, AbortSignal.any([signal, failure.signal]))
  } finally {
    await stack.stop()
  }
}

/** Writes a dataset file (JSON lines), and returns its path. */
export async function writeEntries(file: string, entries: readonly (Entry & object)[]): Promise<string> {
  await writeFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  return file
}

/** The values that {@link withStack} starts a stack with. */
export function valuesOf(settings: ServiceSettings): Values {
  const overrides: DeepPartial<Values> = {
    redis: { replicas: 1, config: { maxclients: REDIS_CLIENTS } },
    app: {
      settings: {
        WEB_CONCURRENCY: 1,
        RANKING_THREADS: 1,
        // The service must not reject queries because this machine is busy with something else.
        RANKING_MAX_WAIT_MS: 10_000,
        EVENT_LOOP_MAX_DELAY_MS: 10_000,
        ...settings,
      },
    },
  }
  return merge<Values>(defaultValues, overrides)
}

/** The CPU seconds that a stack's service and its Redis have used so far. */
export const cpuOf = ({ pids }: Stack) => ({
  app: () => cpuSeconds(pids.service),
  redis: () => cpuSeconds(pids.redis[0] as number),
})

/**
 * Arguments of a Redis that also admits the benchmark's own user, who may read and write sorted sets whose key begins
 * with `z:`.
 */
export const BENCH_USER = ['--user', 'bench', 'on', 'nopass', '~z:*', '-@all', '+@read', '+@connection', '+zadd']

/** The URL for that user. It has no password, but a client has to name one. */
export const benchUserUrl = (redis: string): string => `redis://bench:none@${new URL(redis).host}`
