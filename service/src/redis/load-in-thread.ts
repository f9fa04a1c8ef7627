import { Worker } from 'node:worker_threads'
import type { Settings } from '../settings.ts'
import type { Address } from './connect.ts'
import type { LoadedIndex } from './dataset-reader.ts'
import type { LoaderData, LoaderResult } from './index-loader.ts'

/**
 * Loads the index of a version from the replica at an address.
 * @throws {Error} if the load fails or is aborted by the signal
 */
export type LoadIndex = (version: string, address: Address, signal: AbortSignal) => Promise<LoadedIndex>

/** Returns a function that loads each index in a separate thread, so that a load blocks neither HTTP nor ranking. */
export function loadInThread(settings: Settings): LoadIndex {
  return (version, address, signal) =>
    new Promise((resolve, reject) => {
      const workerData: LoaderData = { settings, address, version }
      const loader = new Worker(new URL('./index-loader.js', import.meta.url), { workerData })
      const stop = () => void loader.terminate()
      signal.addEventListener('abort', stop)
      let result: LoaderResult = { reason: 'the thread that loads the index ended early' }
      loader.on('message', (message: LoaderResult) => {
        result = message
      })
      loader.on('error', (error) => {
        result = { reason: `the thread that loads the index failed: ${error.message}` }
      })
      // Wait for the exit, because only then is the thread's memory free.
      loader.on('exit', () => {
        signal.removeEventListener('abort', stop)
        if ('index' in result) resolve(result.index)
        else reject(new Error(result.reason))
      })
    })
}
