import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { Redis } from 'ioredis'
import { CURRENT_KEY, decodeLines, indexKey, metaKey, trieKey } from '../dataset/layout.ts'
import type { Settings } from '../settings.ts'
import { compareCodeUnits, toBinary } from '../text.ts'
import { DatasetIndex } from './dataset-index.ts'
import type { ReplicaStates } from './messages.ts'

/** How often host names are resolved again and replicas without data asked again, in milliseconds. */
const REFRESH_MS = 1000
const MAX_RECONNECT_DELAY_MS = 1000
const KEEPALIVE_MS = 30_000
/** The message of ioredis for a command that took longer than `commandTimeout`; the error has no other mark. */
const COMMAND_TIMED_OUT = 'Command timed out'
/** How often the version of a replica may change while its index is read. */
const MAX_LOADS = 3
/** How long a replica that failed is passed over while there are others, in milliseconds. */
const AVOID_MS = 30_000

type Log = (level: 'info' | 'warn', message: string, details?: Record<string, unknown>) => void

/** Where a replica listens. */
interface Address {
  /** An IP address. */
  host: string
  port: number
  /** The host name that stands for it, which its certificate has to bear. */
  name: string
}

/** One Redis replica with the index of the dataset that it holds. */
interface Replica {
  address: Address
  client: Redis
  /** Not there while the replica is not to be asked: before its data is known, and after a failure. */
  index: DatasetIndex | undefined
  /** The load of the index that is under way. */
  loading: Promise<void> | undefined
}

/** What is to be read: keys, and what the value of each begins with, which one that is not what it should be does not. */
export interface Wanted {
  keys: string[]
  starts: string[]
}

/** What {@link Replicas.read} brings: the values for the keys, all of one dataset version. */
export interface Reading {
  index: DatasetIndex
  /** Binary strings: UTF-8, one byte in each character. */
  values: string[]
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
  readonly #indexes = new Map<string, DatasetIndex>()
  readonly #timer: NodeJS.Timeout
  /** Replicas that failed, with the time until which others are taken instead; see `performance.now`. */
  readonly #avoidUntil = new Map<string, number>()
  #next = 0
  #onReady = () => {}
  #lastProblem = 'no replica is connected yet'

  constructor(settings: Settings, seed: number, log: Log) {
    this.#settings = settings
    this.#seed = seed
    this.#log = log
    const refresh = () => void this.#refresh().catch((error) => this.#problem('replicas', error))
    this.#timer = setInterval(refresh, REFRESH_MS)
    refresh()
  }

  /**
   * Reads keys from one replica in one round trip.
   * @param wantedOf what is wanted, given the index of the replica that is asked
   * @param version of the dataset; any when it is not said
   * @throws {NoReplicaError} when every replica failed
   */
  async read(wantedOf: (index: DatasetIndex) => Wanted, version?: string): Promise<Reading> {
    const ready = [...this.#replicas.values()].filter(
      ({ client, index }) => index && client.status === 'ready' && (version === undefined || index.version === version),
    )
    const start = this.#next++
    for (let attempt = 0; attempt < ready.length; attempt++) {
      const replica = ready[(start + attempt) % ready.length] as Replica
      const values = await this.#readFrom(replica, wantedOf, version)
      if (values) return { ...values, retries: attempt }
    }
    throw new NoReplicaError(this.#lastProblem)
  }

  /** The index of a replica that can be asked. */
  anyIndex(): DatasetIndex | undefined {
    return [...this.#replicas.values()].find(({ index }) => index)?.index
  }

  /** How many replicas there are in each state. */
  states(): ReplicaStates {
    const states = { ready: 0, connected: 0, disconnected: 0 }
    for (const { client, index } of this.#replicas.values()) {
      states[client.status !== 'ready' ? 'disconnected' : index ? 'ready' : 'connected'] += 1
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

  async #readFrom(replica: Replica, wantedOf: (index: DatasetIndex) => Wanted, version: string | undefined) {
    for (let tries = 0; tries < 2 && replica.index; tries++) {
      const { index, client } = replica
      if (version !== undefined && index.version !== version) return undefined
      try {
        const { keys, starts } = wantedOf(index)
        const [current, ...found] = await client.mgetBuffer([CURRENT_KEY, ...keys])
        const values = found.map((value) => value && decodeLines(value))
        const isWhole = values.every((value, at) => value != null && beginsWith(value, starts[at] as string))
        const isChanged = current?.toString() !== index.version
        // One MGET sees one state of Redis: values that are all there are all of the version of the index.
        if (isWhole && !isChanged) return { index, values: values as string[] }
        const loaded = this.#load(replica)
        // Nothing was read that the old version could answer: whoever asks only which version there is learns of the new one.
        if (isWhole && values.length > 0) return { index, values: values as string[] }
        await loaded
        if (!isChanged) this.#problem(replica, new Error(`it lacks values of dataset ${index.version}, or has others`))
      } catch (error) {
        replica.index = undefined
        this.#problem(replica, error)
      }
    }
    return undefined
  }

  async #refresh(): Promise<void> {
    const wanted = await this.#wantedAddresses()
    for (const [key, address] of wanted) {
      const replica = this.#replicas.get(key)
      if (!replica) this.#connect(key, address)
      else if (!replica.index && replica.client.status === 'ready') void this.#load(replica)
    }
    // Those that have left still answer for a while, and are let go only when one of those that are there now can.
    if (![...wanted.keys()].some((key) => this.#replicas.get(key)?.index)) return
    for (const [key, { client }] of this.#replicas) {
      if (wanted.has(key)) continue
      client.disconnect()
      this.#replicas.delete(key)
      this.#log('info', 'replica left', { address: key })
    }
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
    const settings = this.#settings
    const { host, port, name } = address
    const client = new Redis({
      host,
      port,
      ...(settings.REDIS_USERNAME && { username: settings.REDIS_USERNAME }),
      ...(settings.REDIS_PASSWORD && { password: settings.REDIS_PASSWORD }),
      // ioredis turns keep-alive off for anything that is no number, which its types do not say.
      keepAlive: settings.REDIS_SOCKET_KEEPALIVE ? KEEPALIVE_MS : (false as never),
      ...(settings.REDIS_TLS && { tls: this.#tlsOptions(name) }),
      connectTimeout: settings.REDIS_CONNECT_TIMEOUT_MS,
      commandTimeout: settings.REDIS_COMMAND_TIMEOUT_MS,
      // Another replica is asked instead of waiting for this one.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, MAX_RECONNECT_DELAY_MS),
    })
    const replica: Replica = { address, client, index: undefined, loading: undefined }
    client.on('ready', () => {
      this.#avoidUntil.delete(key)
      void this.#load(replica)
    })
    client.on('close', () => {
      replica.index = undefined
      this.#avoidUntil.set(key, performance.now() + AVOID_MS)
    })
    client.on('error', (error: Error) => this.#problem(replica, error))
    this.#replicas.set(key, replica)
  }

  #tlsOptions(name: string): ConnectionOptions {
    const { REDIS_TLS_CA_FILE } = this.#settings
    return {
      // The connection goes to an address; the certificate bears the name.
      ...(isIP(name) === 0 && { servername: name }),
      ...(REDIS_TLS_CA_FILE && { ca: readFileSync(REDIS_TLS_CA_FILE) }),
    }
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
      const index = await this.#indexOf(client)
      const isNew = replica.index !== index
      replica.index = index
      this.#forgetUnusedIndexes()
      // One that lacks a value is loaded again with each reading of it.
      if (isNew) this.#log('info', 'replica ready', { address: nameOf(replica), version: index.version })
      this.#onReady()
    } catch (error) {
      replica.index = undefined
      this.#problem(replica, error)
      // A connection on which nothing comes back may be dead without anybody having said so.
      if ((error as Error).message === COMMAND_TIMED_OUT) client.disconnect(true)
    }
  }

  /** The index of the version that a replica holds. */
  async #indexOf(client: Redis): Promise<DatasetIndex> {
    let version = await client.get(CURRENT_KEY)
    for (let tries = 0; ; tries++) {
      if (!version) throw new Error('it holds no dataset')
      const known = this.#indexes.get(version)
      if (known) return known
      const keys = [CURRENT_KEY, metaKey(version), indexKey(version), trieKey(version)]
      const [current, meta, index, trie] = await client.mgetBuffer(keys)
      // Of data in another format not everything may be there, and the index says which format it is.
      if (meta && index) {
        const loaded = new DatasetIndex(meta.toString(), index, trie ?? Buffer.alloc(0))
        if (loaded.version !== version) throw new Error(`its dataset ${version} says that it is ${loaded.version}`)
        this.#indexes.set(version, loaded)
        return loaded
      }
      // Another version has taken its place between the two readings, and what was of the old one is being removed.
      const next: string | undefined = current?.toString()
      if (next === version || tries === MAX_LOADS) throw new Error(`its dataset ${version} is not whole`)
      version = next ?? null
    }
  }

  #forgetUnusedIndexes(): void {
    const used = new Set([...this.#replicas.values()].map(({ index }) => index?.version))
    for (const version of this.#indexes.keys()) if (!used.has(version)) this.#indexes.delete(version)
  }

  /** Notes what went wrong; the same problem again is not logged again. */
  #problem(of: Replica | string, error: unknown): void {
    const name = typeof of === 'string' ? of : `replica ${nameOf(of)}`
    const problem = `${name}: ${(error as Error).message}`
    if (problem === this.#lastProblem) return
    this.#lastProblem = problem
    this.#log('warn', problem)
  }
}

const nameOf = ({ address: { host, port } }: Replica) => `${host}:${port}`

/** Whether a binary value begins with a text, which mostly is ASCII and so the same in both. */
const beginsWith = (value: string, start: string) => value.startsWith(start) || value.startsWith(toBinary(start))
