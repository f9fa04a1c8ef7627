/** A short-lived thread that loads one index, so that the load blocks neither HTTP nor ranking. */
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import type { Settings } from '../settings.ts'
import { type Address, connectTo, reasonOf } from './connect.ts'
import { type LoadedIndex, readIndex } from './dataset-reader.ts'

/** The thread's `workerData`. */
export interface LoaderData {
  settings: Settings
  address: Address
  version: string
}

/** The message that the thread sends when it ends. */
export type LoaderResult = { index: LoadedIndex } | { reason: string }

/** Minimum timeout for reading a part of the index, in milliseconds. It can be long: few queries wait for a load. */
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
