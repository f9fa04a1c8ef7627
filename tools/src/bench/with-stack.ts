import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { merge } from '../../../generator/src/merge.ts'
import { type DeepPartial, defaultValues, type Values } from '../../../generator/src/values.ts'
import { bundledWords } from '../../../service/src/dataset/words.ts'
import { UserError } from '../../support/errors.ts'
import { type Stack, startStack } from '../../support/stack.ts'
import type { Surroundings } from './subject.ts'

/** Clients that Redis takes: more than any measurement connects. */
const REDIS_CLIENTS = 5000

/** Settings of the service, by the names of its environment variables. */
export type ServiceSettings = NonNullable<NonNullable<DeepPartial<Values>['app']>['settings']>

/**
 * Starts Redis with one replica and the service with the settings, one HTTP process with one ranking thread where they say
 * nothing else, and stops them when `use` is done or one of them ends.
 * @param data a dataset file; {@link bundledWords} if there is none
 * @param redisArguments arguments of Redis besides its configuration
 */
export async function withStack<T>(
  { progress, onLine, signal }: Surroundings,
  settings: ServiceSettings,
  use: (stack: Stack, signal: AbortSignal) => Promise<T>,
  data?: string,
  redisArguments?: readonly string[],
): Promise<T> {
  const values = valuesOf(settings)
  const start = (file: string) =>
    startStack({ values, port: 0, data: [file], redisArguments, progress, onLine, signal })
  const stack = await (data === undefined ? withWordsFile(start) : start(data))
  const failure = new AbortController()
  void stack.failed.then((how) => failure.abort(new UserError(how)))
  try {
    return await use(stack, AbortSignal.any([signal, failure.signal]))
  } finally {
    await stack.stop()
  }
}

/** Lets a dataset file of {@link bundledWords} be used, and removes it. */
async function withWordsFile<T>(use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-words-'))
  try {
    const file = join(folder, 'words.jsonl')
    const entries = await bundledWords()
    await writeFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    return await use(file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The values that {@link withStack} starts a stack with. */
export function valuesOf(settings: ServiceSettings): Values {
  const overrides: DeepPartial<Values> = {
    redis: { replicas: 1, config: { maxclients: REDIS_CLIENTS } },
    // What is measured is not to be refused because this machine has much else to do.
    app: {
      settings: {
        WEB_CONCURRENCY: 1,
        RANKING_THREADS: 1,
        RANKING_MAX_WAIT_MS: 10_000,
        EVENT_LOOP_MAX_DELAY_MS: 10_000,
        ...settings,
      },
    },
  }
  return merge<Values>(defaultValues, overrides)
}
