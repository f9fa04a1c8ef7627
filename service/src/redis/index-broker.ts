import { randomUUID } from 'node:crypto'
import { BroadcastChannel, Worker } from 'node:worker_threads'
import type { Settings } from '../settings.ts'
import type { Address } from './connect.ts'
import type { LoadedIndex } from './dataset-reader.ts'
import type { LoaderData, LoaderResult } from './index-loader.ts'

/** What a ranking thread says on the channel. */
export type ThreadMessage =
  /** It needs the index of a version, which a replica holds. */
  | { type: 'wanted'; version: string; address: Address }
  /** It holds the indexes of these versions, and no others. */
  | { type: 'held'; threadId: number; versions: string[] }

/** What the process says to all its ranking threads. */
export type BrokerMessage =
  | { type: 'loaded'; version: string; index: LoadedIndex }
  | { type: 'failed'; version: string; reason: string }

/**
 * Gives the ranking threads of a process the indexes that they need: loads each once, in a thread of its own, into memory that they
 * share, and forgets it when no thread holds it any more.
 */
export class IndexBroker {
  /** The name of the channel, for the threads. */
  readonly channelName = `autocomplete-indexes-${randomUUID()}`
  readonly #channel = new BroadcastChannel(this.channelName)
  readonly #settings: Settings
  readonly #threadIds: () => readonly number[]
  readonly #loaded = new Map<string, LoadedIndex>()
  readonly #loading = new Map<string, Worker>()
  readonly #heldBy = new Map<number, readonly string[]>()

  /** @param threadIds of the ranking threads that there are now */
  constructor(settings: Settings, threadIds: () => readonly number[]) {
    this.#settings = settings
    this.#threadIds = threadIds
    this.#channel.onmessage = (event) => this.#take((event as { data: ThreadMessage }).data)
    this.#channel.unref()
  }

  /** Stops whatever is being loaded. */
  close(): void {
    this.#channel.close()
    for (const loader of this.#loading.values()) void loader.terminate()
  }

  #take(message: ThreadMessage): void {
    if (message.type === 'held') {
      this.#heldBy.set(message.threadId, message.versions)
      this.#forgetUnused()
      return
    }
    const { version } = message
    const index = this.#loaded.get(version)
    if (index) this.#send({ type: 'loaded', version, index })
    else if (!this.#loading.has(version)) this.#load(version, message.address)
  }

  #load(version: string, address: Address): void {
    const workerData: LoaderData = { settings: this.#settings, address, version }
    const loader = new Worker(new URL('./index-loader.js', import.meta.url), { workerData })
    this.#loading.set(version, loader)
    let result: LoaderResult = { reason: 'the thread that loads it ended early' }
    loader.on('message', (message: LoaderResult) => {
      result = message
    })
    loader.on('error', (error) => {
      result = { reason: error.message }
    })
    loader.on('exit', () => {
      this.#loading.delete(version)
      if ('reason' in result) {
        this.#send({ type: 'failed', version, reason: result.reason })
        return
      }
      this.#loaded.set(version, result.index)
      this.#send({ type: 'loaded', version, index: result.index })
    })
  }

  #send(message: BrokerMessage): void {
    try {
      this.#channel.postMessage(message)
    } catch {
      // The channel is closed: the process stops.
    }
  }

  #forgetUnused(): void {
    const threadIds = new Set(this.#threadIds())
    for (const threadId of this.#heldBy.keys()) if (!threadIds.has(threadId)) this.#heldBy.delete(threadId)
    const held = new Set([...this.#heldBy.values()].flat())
    for (const version of this.#loaded.keys()) if (!held.has(version)) this.#loaded.delete(version)
  }
}
