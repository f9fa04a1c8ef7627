import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Redis } from 'ioredis'
import { decodeBlock } from '../index/text-blocks.ts'
import type { Settings } from '../settings.ts'
import { type BinaryText, compareCodeUnits } from '../text/strings.ts'
import { type Address, addressKey, connectTo, reasonOf } from './connect.ts'
import { CURRENT_KEY, textsKey } from './dataset-keys.ts'
import type { ThreadDataset } from './thread-indexes.ts'

/** How often host names are resolved again and replicas asked for their version, in milliseconds. */
const REFRESH_MS = 1000
/** When an index that could not be loaded is loaded again, in milliseconds: twice as late each time. */
const [MIN_RETRY_MS, MAX_RETRY_MS] = [250, 16_000]
/** The message of ioredis for a command that took longer than `commandTimeout`; the error has no other mark. */
const COMMAND_TIMED_OUT = 'Command timed out'
/** How long a replica that failed is passed over while there are others, in milliseconds. */
const AVOID_MS = 30_000

type Log = (level: 'info' | 'warn', message: string, details?: Record<string, unknown>) => void

/** Replicas of a ranking thread: that answer, that are connected but whose data is not known, and that are not connected. */
export interface ReplicaStates {
  ready: number
  connected: number
  disconnected: number
}

/** Where the datasets of replicas come from. */
export interface DatasetSource {
  /** The dataset of a version, which the replica at an address holds. */
  get(version: string, address: Address): Promise<ThreadDataset>
  /** Forgets all versions but those that are used. */
  keepOnly(versions: ReadonlySet<string>): void
}

/** One Redis replica with the dataset that it holds. */
interface Replica {
  address: Address
  client: Redis
  /** Undefined while the replica must not be asked: before its data is known, and after a failure. */
  dataset: ThreadDataset | undefined
  /** The version that it held when it was last asked for it. */
  version: string | undefined
  /** How often in a row the index of that version could not be loaded, and when it may be tried again; see `performance.now`. */
  failures: number
  retryAt: number
  /** The load of a dataset that is under way. */
  loading: Promise<void> | undefined
}

/** What {@link Replicas.read} brings: blocks of texts, all of one dataset version. */
export interface Reading {
  dataset: ThreadDataset
  blocks: Map<number, BinaryText>
  /** Replicas that were asked in vain before. */
  retries: number
}

/** No replica could answer. */
export class NoReplicaError extends Error {
  override name = 'NoReplicaError'
}

/**
 * A ranking thread's connections to the Redis replicas.
 *
 * Every replica holds the same data, so a reading goes to any that is ready and, when that one fails, to the next. Each
 * connection keeps the index of the version that its replica holds: an answer always comes from one version, also while
 * replicas are being replaced by ones with newer data.
 */
export class Replicas {
  readonly #settings: Settings
  readonly #log: Log
  /** Threads begin at different replicas, so that they spread over all. */
  readonly #seed: number
  readonly #replicas = new Map<string, Replica>()
  readonly #datasets: DatasetSource
  readonly #timer: NodeJS.Timeout
  /** Replicas that failed, with the time until which others are taken instead; see `performance.now`. */
  readonly #avoidUntil = new Map<string, number>()
  #next = 0
  #onReady = () => {}
  #lastProblem = 'no replica is connected yet'
  /** What went wrong last, by what it went wrong with. */
  readonly #problems = new Map<string, string>()

  constructor(settings: Settings, datasets: DatasetSource, seed: number, log: Log) {
    this.#settings = settings
    this.#datasets = datasets
    this.#seed = seed
    this.#log = log
    const refresh = () => void this.#refresh().catch((error) => this.#problem('replicas', error))
    this.#timer = setInterval(refresh, REFRESH_MS)
    refresh()
  }

  /**
   * Reads blocks of texts from one replica in one round trip.
   * @param wantedOf which blocks are wanted, given the dataset of the replica that is asked
   * @throws {NoReplicaError} when every replica failed
   */
  async read(wantedOf: (dataset: ThreadDataset) => Iterable<number>): Promise<Reading> {
    const ready = [...this.#replicas.values()].filter(({ client, dataset }) => dataset && client.status === 'ready')
    const start = this.#next++
    const replaced: Replica[] = []
    for (let attempt = 0; attempt < ready.length; attempt++) {
      const replica = ready[(start + attempt) % ready.length] as Replica
      const reading = await this.#readFrom(replica, wantedOf)
      if (reading === 'replaced') replaced.push(replica)
      else if (reading) return { ...reading, retries: attempt }
    }
    for (const replica of replaced) {
      // A load that began before the switch may bring the old version again.
      for (let tries = 0; tries < 2; tries++) {
        await this.#load(replica)
        const reading = await this.#readFrom(replica, wantedOf)
        if (reading && reading !== 'replaced') return { ...reading, retries: ready.length }
      }
    }
    throw new NoReplicaError(this.#lastProblem)
  }

  /** The dataset of a replica that can be asked. */
  anyDataset(): ThreadDataset | undefined {
    return [...this.#replicas.values()].find(({ dataset }) => dataset)?.dataset
  }

  /** How many replicas there are in each state. */
  states(): ReplicaStates {
    const states = { ready: 0, connected: 0, disconnected: 0 }
    for (const { client, dataset } of this.#replicas.values()) {
      states[client.status !== 'ready' ? 'disconnected' : dataset ? 'ready' : 'connected'] += 1
    }
    return states
  }

  /** Resolves once a replica can be asked, or after the time in milliseconds. */
  ready(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onReady = resolve
      setTimeout(resolve, timeoutMs)
    })
  }

  /** Ends all connections. */
  close(): void {
    clearInterval(this.#timer)
    for (const { client } of this.#replicas.values()) client.disconnect()
    this.#replicas.clear()
  }

  /** What a replica gives; `replaced` if it holds another version now, whose index is not there yet, and the old one is gone. */
  async #readFrom(
    replica: Replica,
    wantedOf: (dataset: ThreadDataset) => Iterable<number>,
  ): Promise<Omit<Reading, 'retries'> | 'replaced' | undefined> {
    const { dataset, client } = replica
    if (!dataset) return undefined
    const { version } = dataset
    // Outside of the try: a failure of the search is none of the replica.
    const wanted = [...wantedOf(dataset)]
    // Where nothing is found too, the version has to be there.
    if (wanted.length === 0) wanted.push(0)
    try {
      const [current, ...values] = await client.mgetBuffer([
        CURRENT_KEY,
        ...wanted.map((block) => textsKey(version, block)),
      ])
      const isReplaced = current?.toString() !== version
      // The old version goes on answering until the index of the new one is there.
      if (isReplaced) void this.#load(replica)
      const blocks = blocksOf(wanted, values)
      // One MGET sees one state of Redis, and the version is in the keys: blocks that are all there are of that version.
      if (blocks) return { dataset, blocks }
      if (isReplaced) return 'replaced'
      this.#problem(replica, new Error(`it lacks values of dataset ${version}, or has others`))
    } catch (error) {
      replica.dataset = undefined
      this.#problem(replica, error)
    }
    return undefined
  }

  async #refresh(): Promise<void> {
    const wanted = await this.#wantedAddresses()
    for (const [key, address] of wanted) {
      const replica = this.#replicas.get(key)
      if (!replica) this.#connect(key, address)
      else if (replica.client.status === 'ready') void this.#load(replica)
    }
    // Those that have left still answer for a while, and are let go only when one of those that are there now can.
    if (![...wanted.keys()].some((key) => this.#replicas.get(key)?.dataset)) return
    for (const [key, { client }] of this.#replicas) {
      if (wanted.has(key)) continue
      client.disconnect()
      this.#replicas.delete(key)
      this.#problems.delete(`replica ${key}`)
      this.#log('info', 'replica left', { address: key })
    }
    this.#forgetUnused()
  }

  /** At most REDIS_CONNECTION_POOL_SIZE of the addresses that the nodes stand for now; those that failed lately only for want of others. */
  async #wantedAddresses(): Promise<Map<string, Address>> {
    const all = new Map<string, Address>()
    for (const { host, port } of this.#settings.REDIS_NODES) {
      try {
        const hosts = isIP(host) ? [host] : (await lookup(host, { all: true })).map(({ address }) => address)
        for (const address of hosts) all.set(`${address}:${port}`, { host: address, port, name: host })
      } catch (error) {
        this.#problem(`host ${host}`, error)
        // A name server that fails for a moment is no reason to drop connections that work.
        return new Map([...this.#replicas].map(([key, { address }]) => [key, address]))
      }
    }
    for (const key of this.#avoidUntil.keys()) if (!all.has(key)) this.#avoidUntil.delete(key)
    const sorted = [...all].sort(([a], [b]) => compareCodeUnits(a, b))
    const first = sorted.length === 0 ? 0 : this.#seed % sorted.length
    const rotated = [...sorted.slice(first), ...sorted.slice(0, first)]
    const failedLately = ([key]: [string, Address]) => performance.now() < (this.#avoidUntil.get(key) ?? 0)
    const best = [...rotated.filter((entry) => !failedLately(entry)), ...rotated.filter(failedLately)]
    return new Map(best.slice(0, this.#settings.REDIS_CONNECTION_POOL_SIZE))
  }

  #connect(key: string, address: Address): void {
    const client = connectTo(address, this.#settings)
    const replica: Replica = {
      ...{ address, client, dataset: undefined, version: undefined, failures: 0, retryAt: 0, loading: undefined },
    }
    client.on('ready', () => {
      this.#avoidUntil.delete(key)
      replica.retryAt = 0
      void this.#load(replica)
    })
    client.on('close', () => {
      replica.dataset = undefined
      this.#avoidUntil.set(key, performance.now() + AVOID_MS)
    })
    client.on('error', (error: Error) => this.#problem(replica, error))
    this.#replicas.set(key, replica)
  }

  /** Learns which version the replica holds, and its index. */
  #load(replica: Replica): Promise<void> {
    replica.loading ??= this.#loadNow(replica).finally(() => {
      replica.loading = undefined
    })
    return replica.loading
  }

  async #loadNow(replica: Replica): Promise<void> {
    const { client } = replica
    try {
      const version = await client.get(CURRENT_KEY)
      if (!version) throw new Error('it holds no dataset')
      if (replica.dataset?.version !== version) await this.#loadVersion(replica, version)
    } catch (error) {
      replica.dataset = undefined
      this.#problem(replica, error)
      // A connection on which nothing comes back may be dead without anything having said so.
      if ((error as Error).message === COMMAND_TIMED_OUT) client.disconnect(true)
    }
  }

  /** Loads the index of the version that a replica holds now. What it held before answers until then, and if that fails. */
  async #loadVersion(replica: Replica, version: string): Promise<void> {
    if (replica.version !== version) {
      replica.version = version
      replica.failures = 0
    } else if (replica.failures > 0 && performance.now() < replica.retryAt) return
    try {
      const dataset = await this.#datasets.get(version, replica.address)
      // The connection may be lost, or the replica have left meanwhile.
      if (replica.client.status !== 'ready') return
      replica.dataset = dataset
    } catch (error) {
      replica.retryAt = performance.now() + Math.min(MIN_RETRY_MS * 2 ** replica.failures, MAX_RETRY_MS)
      replica.failures += 1
      this.#problem(replica, error)
      return
    }
    replica.failures = 0
    this.#forgetUnused()
    const name = nameOf(replica)
    this.#problems.delete(name)
    this.#log('info', 'replica ready', { address: addressKey(replica.address), version })
    this.#onReady()
  }

  #forgetUnused(): void {
    const versions = [...this.#replicas.values()].flatMap(({ dataset, version }) => [dataset?.version, version])
    this.#datasets.keepOnly(new Set(versions.filter((version) => version !== undefined)))
  }

  /** Notes what went wrong; the same problem again is not logged again. */
  #problem(of: Replica | string, error: unknown): void {
    const name = typeof of === 'string' ? of : nameOf(of)
    const problem = reasonOf(error as Error)
    this.#lastProblem = `${name}: ${problem}`
    if (this.#problems.get(name) === problem) return
    this.#problems.set(name, problem)
    this.#log('warn', this.#lastProblem)
  }
}

const nameOf = ({ address }: Replica) => `replica ${addressKey(address)}`

/** The blocks by their numbers; undefined if a value is missing, or is not that block. */
function blocksOf(wanted: readonly number[], values: readonly (Buffer | null)[]): Map<number, BinaryText> | undefined {
  const blocks = new Map<number, BinaryText>()
  for (const [at, number] of wanted.entries()) {
    const value = values[at]
    const block = value ? decodeBlock(number, value) : undefined
    if (block === undefined) return undefined
    blocks.set(number, block)
  }
  return blocks
}
