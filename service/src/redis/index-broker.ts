import { randomUUID } from 'node:crypto'
import { BroadcastChannel } from 'node:worker_threads'
import { collectGarbageSoon } from './collect-garbage.ts'
import { type Address, addressKey } from './connect.ts'
import type { LoadedIndex } from './dataset-reader.ts'
import type { LoadIndex } from './load-in-thread.ts'

/** What a ranking thread says on the channel. */
export type ThreadMessage =
  /** It needs the index of a version, which a replica holds. */
  | { type: 'wanted'; threadId: number; version: string; address: Address }
  /** It holds the indexes of these versions, or waits for them, and needs no others. */
  | { type: 'needed'; threadId: number; versions: readonly string[] }

/** What the process says to all its ranking threads. */
export type BrokerMessage =
  | { type: 'loaded'; version: string; index: LoadedIndex }
  /** Why, by the address of each replica that was tried; see {@link addressKey}. */
  | { type: 'failed'; version: string; reasons: ReadonlyMap<string, string> }

/**
 * Gives the ranking threads of a process the indexes that they need: loads each once, into memory that they share, and forgets it
 * when no thread needs it any more.
 */
export class IndexBroker {
  /** The name of the channel, for the threads. */
  readonly channelName = `autocomplete-indexes-${randomUUID()}`
  readonly #channel = new BroadcastChannel(this.channelName)
  readonly #loadIndex: LoadIndex
  readonly #threadIds: () => readonly number[]
  readonly #loaded = new Map<string, LoadedIndex>()
  /** Of each version that is being loaded the replicas that hold it: the first is tried first. */
  readonly #sources = new Map<string, Map<string, Address>>()
  readonly #loads = new Set<Promise<void>>()
  readonly #stop = new AbortController()
  readonly #neededBy = new Map<number, Set<string>>()

  /** @param threadIds of the ranking threads that there are now */
  constructor(loadIndex: LoadIndex, threadIds: () => readonly number[]) {
    this.#loadIndex = loadIndex
    this.#threadIds = threadIds
    this.#channel.onmessage = (event) => this.#take((event as { data: ThreadMessage }).data)
    this.#channel.unref()
  }

  /** The versions whose indexes it keeps. */
  get versions(): string[] {
    return [...this.#loaded.keys()]
  }

  /** Stops whatever is being loaded; resolves when nothing is left of it. */
  async close(): Promise<void> {
    this.#channel.close()
    this.#stop.abort()
    await Promise.all(this.#loads)
    this.#loaded.clear()
  }

  #take(message: ThreadMessage): void {
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

  /** Loads an index from the first replica that can give it; more of them may be added meanwhile. */
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
    // A closed channel throws.
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
