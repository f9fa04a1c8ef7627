import { randomUUID } from 'node:crypto'
import { BroadcastChannel } from 'node:worker_threads'
import { collectGarbageSoon } from './collect-garbage.ts'
import { type Address, addressKey } from './connect.ts'
import type { LoadedIndex } from './dataset-reader.ts'
import type { LoadIndex } from './load-in-thread.ts'

/** Messages that ranking threads send on the channel. */
export type ThreadMessage =
  /** The thread needs the index of a version that the replica at `address` holds. */
  | { type: 'wanted'; threadId: number; version: string; address: Address }
  /** The thread uses or waits for the indexes of these versions, and needs no others. */
  | { type: 'needed'; threadId: number; versions: readonly string[] }

/** Messages that the process sends to all its ranking threads. */
export type BrokerMessage =
  | { type: 'loaded'; version: string; index: LoadedIndex }
  /** Why loading failed from each replica that was tried, by {@link addressKey}. */
  | { type: 'failed'; version: string; reasons: ReadonlyMap<string, string> }

/**
 * Provides the ranking threads of a process with indexes. It loads each index once, into shared memory, and drops it
 * when no thread needs it anymore.
 */
export class IndexBroker {
  /** The name of the channel on which threads reach this broker. */
  readonly channelName = `autocomplete-indexes-${randomUUID()}`
  readonly #channel = new BroadcastChannel(this.channelName)
  readonly #loadIndex: LoadIndex
  readonly #threadIds: () => readonly number[]
  readonly #loaded = new Map<string, LoadedIndex>()
  /** For each version that is being loaded, the replicas from which to load it, in order. */
  readonly #sources = new Map<string, Map<string, Address>>()
  readonly #loads = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  readonly #neededBy = new Map<number, Set<string>>()

  /** @param threadIds returns the ids of the current ranking threads */
  constructor(loadIndex: LoadIndex, threadIds: () => readonly number[]) {
    this.#loadIndex = loadIndex
    this.#threadIds = threadIds
    this.#channel.onmessage = (event) => this.#receive((event as { data: ThreadMessage }).data)
    this.#channel.unref()
  }

  /** The versions whose indexes are loaded. */
  get versions(): string[] {
    return [...this.#loaded.keys()]
  }

  /** Aborts all loads. Resolves when they have ended. */
  async close(): Promise<void> {
    this.#channel.close()
    this.#stop.abort()
    await Promise.all(this.#loads)
    this.#loaded.clear()
  }

  #receive(message: ThreadMessage): void {
    const { threadId } = message
    if (message.type === 'needed') {
      this.#neededBy.set(threadId, new Set(message.versions))
      this.#forgetUnneeded()
      return
    }
    const { version, address } = message
    this.#neededBy.set(threadId, new Set([...(this.#neededBy.get(threadId) ?? []), version]))
    const index = this.#loaded.get(version)
    const sources = this.#sources.get(version)
    if (index) this.#send({ type: 'loaded', version, index })
    else if (sources) sources.set(addressKey(address), address)
    else this.#load(version, address)
  }

  #load(version: string, address: Address): void {
    const sources = new Map([[addressKey(address), address]])
    this.#sources.set(version, sources)
    const load = this.#loadFrom(version, sources).finally(() => this.#loads.delete(load))
    this.#loads.add(load)
  }

  /** Loads an index from the first replica that succeeds. Threads can add replicas to `sources` during the load. */
  async #loadFrom(version: string, sources: ReadonlyMap<string, Address>): Promise<void> {
    const reasons = new Map<string, string>()
    for (const [key, address] of sources) {
      try {
        const index = await this.#loadIndex(version, address, this.#stop.signal)
        this.#sources.delete(version)
        this.#loaded.set(version, index)
        this.#send({ type: 'loaded', version, index })
        this.#forgetUnneeded()
        return
      } catch (error) {
        reasons.set(key, (error as Error).message)
      }
      if (this.#stop.signal.aborted) return
    }
    this.#sources.delete(version)
    this.#send({ type: 'failed', version, reasons })
  }

  #send(message: BrokerMessage): void {
    // Sending on a closed channel throws.
    if (!this.#stop.signal.aborted) this.#channel.postMessage(message)
  }

  #forgetUnneeded(): void {
    const threadIds = new Set(this.#threadIds())
    for (const threadId of this.#neededBy.keys()) if (!threadIds.has(threadId)) this.#neededBy.delete(threadId)
    const needed = new Set([...this.#neededBy.values()].flatMap((versions) => [...versions]))
    for (const version of this.#loaded.keys()) {
      if (needed.has(version)) continue
      this.#loaded.delete(version)
      collectGarbageSoon()
    }
  }
}
