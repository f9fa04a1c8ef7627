/** The thread that loads an index, so that neither HTTP nor ranking stands still meanwhile. It ends when it is done. */
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import type { Settings } from '../settings.ts'
import { type Address, connectTo } from './connect.ts'
import { type LoadedIndex, readIndex } from './dataset-reader.ts'

/** What the thread begins with. */
export interface LoaderData {
  settings: Settings
  address: Address
  version: string
}

/** What it sends when it is done. */
export type LoaderResult = { index: LoadedIndex } | { reason: string }

const { settings, address, version } = workerData as LoaderData
parentPort?.postMessage(await load())

async function load(): Promise<LoaderResult> {
  const redis = connectTo(address, settings)
  let failure: Error | undefined
  redis.on('error', (error: Error) => {
    failure = error
  })
  try {
    await once(redis, 'ready', { signal: AbortSignal.timeout(settings.REDIS_CONNECT_TIMEOUT_MS) })
    return { index: await readIndex(redis, version) }
  } catch (error) {
    return { reason: (failure ?? (error as Error)).message }
  } finally {
    redis.disconnect()
  }
}
