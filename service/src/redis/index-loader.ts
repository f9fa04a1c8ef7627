/** The thread that loads an index, so that neither HTTP nor ranking stands still meanwhile. It ends when it is done. */
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import type { Settings } from '../settings.ts'
import { type Address, connectTo, reasonOf } from './connect.ts'
import { type LoadedIndex, readIndex } from './dataset-reader.ts'

/** What the thread begins with. */
export interface LoaderData {
  settings: Settings
  address: Address
  version: string
}

/** What it sends when it is done. */
export type LoaderResult = { index: LoadedIndex } | { reason: string }

/** How long a part of the index may take, in milliseconds. No query waits for it. */
const MIN_COMMAND_TIMEOUT_MS = 10_000

const { settings, address, version } = workerData as LoaderData
parentPort?.postMessage(await load())

async function load(): Promise<LoaderResult> {
  const REDIS_COMMAND_TIMEOUT_MS = Math.max(settings.REDIS_COMMAND_TIMEOUT_MS, MIN_COMMAND_TIMEOUT_MS)
  const redis = connectTo(address, { ...settings, REDIS_COMMAND_TIMEOUT_MS })
  let failure: Error | undefined
  redis.on('error', (error: Error) => {
    failure = error
  })
  try {
    await once(redis, 'ready', { signal: AbortSignal.timeout(settings.REDIS_CONNECT_TIMEOUT_MS) })
    return { index: await readIndex(redis, version) }
  } catch (error) {
    return { reason: reasonOf(failure ?? (error as Error)) }
  } finally {
    redis.disconnect()
  }
}
