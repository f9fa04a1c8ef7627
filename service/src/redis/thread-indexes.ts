import { BroadcastChannel, threadId } from 'node:worker_threads'
import type { DatasetMeta } from '../index/dataset-meta.ts'
import { SearchIndex } from '../index/search-index.ts'
import { Searcher } from '../search/search.ts'
import type { Address } from './connect.ts'
import type { LoadedIndex } from './dataset-reader.ts'
import type { BrokerMessage, ThreadMessage } from './index-broker.ts'

/** A dataset version that a thread can search. */
export interface ThreadDataset {
  meta: DatasetMeta
  version: string
  searcher: Searcher
}

interface Waiting {
  resolve(dataset: ThreadDataset): void
  reject(error: Error): void
}

/** The indexes that a ranking thread holds; it asks its process for others. */
export class ThreadIndexes {
  readonly #channel: BroadcastChannel
  readonly #datasets = new Map<string, ThreadDataset>()
  readonly #waiting = new Map<string, Waiting[]>()

  /** @param channelName of the process's `IndexBroker` */
  constructor(channelName: string) {
    this.#channel = new BroadcastChannel(channelName)
    this.#channel.onmessage = (event) => this.#take((event as { data: BrokerMessage }).data)
  }

  /**
   * The dataset of a version, which a replica holds.
   * @throws {Error} when it cannot be loaded from there
   */
  get(version: string, address: Address): Promise<ThreadDataset> {
    const known = this.#datasets.get(version)
    if (known) return Promise.resolve(known)
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(version) ?? []
      this.#waiting.set(version, [...waiting, { resolve, reject }])
      if (waiting.length === 0) this.#send({ type: 'wanted', version, address })
    })
  }

  /** Forgets all versions but those that are used. */
  keepOnly(versions: ReadonlySet<string>): void {
    let isForgotten = false
    for (const version of this.#datasets.keys()) {
      if (versions.has(version)) continue
      this.#datasets.delete(version)
      isForgotten = true
    }
    if (isForgotten) this.#tellHeld()
  }

  close(): void {
    this.#channel.close()
  }

  #take(message: BrokerMessage): void {
    const { version } = message
    const waiting = this.#waiting.get(version)
    if (!waiting) return
    this.#waiting.delete(version)
    if (message.type === 'failed') {
      for (const { reject } of waiting) reject(new Error(message.reason))
      return
    }
    const dataset = datasetOf(version, message.index)
    this.#datasets.set(version, dataset)
    this.#tellHeld()
    for (const { resolve } of waiting) resolve(dataset)
  }

  #tellHeld(): void {
    this.#send({ type: 'held', threadId, versions: [...this.#datasets.keys()] })
  }

  #send(message: ThreadMessage): void {
    this.#channel.postMessage(message)
  }
}

/** Makes a loaded index searchable. */
export function datasetOf(version: string, { meta, arrays }: LoadedIndex): ThreadDataset {
  return { meta, version, searcher: new Searcher(new SearchIndex(arrays), meta.match, meta.meanScore) }
}
