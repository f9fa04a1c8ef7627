import { BroadcastChannel } from 'node:worker_threads'
import { LRUCache } from 'lru-cache'
import type { DatasetMeta } from '../index/dataset-meta.ts'
import { SearchIndex } from '../index/search-index.ts'
import type { TextBlock } from '../index/text-blocks.ts'
import { Searcher } from '../search/search.ts'
import { collectGarbageSoon } from './collect-garbage.ts'
import { type Address, addressKey } from './connect.ts'
import type { LoadedIndex } from './dataset-reader.ts'
import type { BrokerMessage, ThreadMessage } from './index-broker.ts'

/** A dataset version with its searcher. */
export interface ThreadDataset {
  meta: DatasetMeta
  version: string
  searcher: Searcher
  /** Cached text blocks, by block number. Undefined if this cache is turned off. */
  texts: LRUCache<number, TextBlock> | undefined
}

interface Waiting {
  /** The key of the replica that holds the version. */
  key: string
  resolve(dataset: ThreadDataset): void
  reject(error: Error): void
}

/** The indexes that a ranking thread holds. Requests missing ones from the process's `IndexBroker`. */
export class ThreadIndexes {
  readonly #channel: BroadcastChannel
  readonly #threadId: number
  readonly #textBytes: number
  readonly #datasets = new Map<string, ThreadDataset>()
  readonly #waiting = new Map<string, Waiting[]>()

  /**
   * @param channelName the name of the broker's channel
   * @param textBytes memory for the cached texts of each version
   */
  constructor(channelName: string, threadId: number, textBytes: number) {
    this.#threadId = threadId
    this.#textBytes = textBytes
    this.#channel = new BroadcastChannel(channelName)
    this.#channel.onmessage = (event) => this.#receive((event as { data: BrokerMessage | ThreadMessage }).data)
  }

  /**
   * Returns the dataset of a version, loading it if necessary.
   * @param address the address of a replica that holds the version
   * @throws {Error} if no replica known to hold the version can provide it
   */
  get(version: string, address: Address): Promise<ThreadDataset> {
    const known = this.#datasets.get(version)
    if (known) return Promise.resolve(known)
    return new Promise((resolve, reject) => {
      const key = addressKey(address)
      const waiting = this.#waiting.get(version) ?? []
      this.#waiting.set(version, [...waiting, { key, resolve, reject }])
      const isRequested = waiting.some((other) => other.key === key)
      if (!isRequested) this.#send({ type: 'wanted', threadId: this.#threadId, version, address })
    })
  }

  /** Drops all versions except the given ones. */
  keepOnly(versions: ReadonlySet<string>): void {
    let hasChanged = false
    for (const version of this.#datasets.keys()) {
      if (versions.has(version)) continue
      this.#datasets.delete(version)
      hasChanged = true
    }
    if (!hasChanged) return
    this.#sendNeeded()
    collectGarbageSoon()
  }

  close(): void {
    this.#channel.close()
  }

  #receive(message: BrokerMessage | ThreadMessage): void {
    // Messages from other threads to the broker arrive here too.
    if (message.type === 'wanted' || message.type === 'needed') return
    const { version } = message
    const waiting = this.#waiting.get(version)
    if (!waiting) return
    this.#waiting.delete(version)
    if (message.type === 'failed') {
      const [other] = message.reasons.values()
      for (const { key, reject } of waiting) reject(new Error(message.reasons.get(key) ?? other))
      this.#sendNeeded()
      return
    }
    const dataset = datasetOf(version, message.index, this.#textBytes)
    this.#datasets.set(version, dataset)
    for (const { resolve } of waiting) resolve(dataset)
  }

  #sendNeeded(): void {
    const versions = [...this.#datasets.keys(), ...this.#waiting.keys()]
    this.#send({ type: 'needed', threadId: this.#threadId, versions })
  }

  #send(message: ThreadMessage): void {
    this.#channel.postMessage(message)
  }
}

/**
 * Prepares a loaded index for searching.
 * @param textBytes memory for cached texts; 0 turns the cache off
 */
export function datasetOf(version: string, { meta, arrays }: LoadedIndex, textBytes = 0): ThreadDataset {
  const searcher = new Searcher(new SearchIndex(arrays), meta.match, meta.meanScore)
  const texts = textBytes > 0 ? new LRUCache<number, TextBlock>(textCacheOf(textBytes)) : undefined
  return { meta, version, searcher, texts }
}

const textCacheOf = (maxSize: number) => ({ maxSize, sizeCalculation: ({ bytes }: TextBlock) => bytes })
