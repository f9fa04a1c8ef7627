import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { entriesOfBlock, TextBlock } from '../index/text-blocks.ts'
import type { Settings } from '../settings.ts'
import { compareCodeUnits } from '../text/strings.ts'
import { type Address, addressKey, CLOSED, connectTo, reasonOf } from './connect.ts'
import { CURRENT_KEY, textsKey } from './dataset-keys.ts'
import type { ThreadDataset } from './thread-indexes.ts'

/** Interval for resolving host names and checking the replicas' versions, in milliseconds. */
const REFRESH_MS = 1000
/** How long to wait for DNS before the last known addresses of a host are used, in milliseconds. */
const LOOKUP_MS = 1000
/** The first and the longest delay before a failed load is retried, in milliseconds. The delay doubles each time. */
const [MIN_RETRY_MS, MAX_RETRY_MS] = [250, 16_000]
/** ioredis's message for a command that exceeded `commandTimeout`. Nothing else identifies this error. */
const COMMAND_TIMED_OUT = 'Command timed out'
/**
 * The maximum number of blocks in one command. The output buffer limit in redis.conf is high enough for the reply.
 */
const MAX_BLOCKS = 128
/** How long other replicas are preferred after a failure, in milliseconds. */
const AVOID_MS = 30_000
/** The maximum number of problems that are remembered for each replica. Messages from Redis can vary without limit. */
const MAX_PROBLEMS = 10
/** Possible reasons for {@link CLOSED} if the version of the replica has never been read. */
const WHY_CLOSED = 'it may require TLS (REDIS_TLS), or have too many clients (maxclients)'
/** The problem of a replica that accepts a connection, but has not become ready by the second check. */
const NOT_READY = 'it is connected, but not ready; Redis may still be loading its data, or does not answer'
/** ioredis's message if a connection takes too long. With TLS, a server that does not use TLS may be the cause. */
const CONNECT_TIMED_OUT = 'connect ETIMEDOUT'
const WHY_NO_TLS = 'it may not use TLS (REDIS_TLS)'

type Log = (level: 'info' | 'warn', message: string, details?: Record<string, unknown>) => void

/** The number of replicas in each state: able to answer, connected without a loaded dataset, and disconnected. */
export interface ReplicaStates {
  ready: number
  connected: number
  disconnected: number
}

/** Provides the datasets that replicas hold. */
export interface DatasetSource {
  /** Returns the dataset of a version that the replica at an address holds. */
  get(version: string, address: Address): Promise<ThreadDataset>
  /** Drops all versions except the given ones. */
  keepOnly(versions: ReadonlySet<string>): void
}

/** A Redis replica and the dataset that it holds. */
interface Replica {
  address: Address
  client: Redis
  /** Undefined while the replica must not be used: before its index is loaded, and after a failure. */
  dataset: ThreadDataset | undefined
  /** The version that the replica held at the last check. */
  version: string | undefined
  /** How many loads of that version have failed in a row, and when to retry, as returned by `performance.now`. */
  failures: number
  retryAt: number
  /** The load in progress. */
  loading: Promise<void> | undefined
  /** How many times in a row a check found the connection open, but not ready. */
  unreadyChecks: number
}

/** Returns the numbers of the blocks to read, given the dataset of the chosen replica. */
type SelectBlocks = (dataset: ThreadDataset) => Iterable<number> | Promise<Iterable<number>>

/** The result of {@link Replicas.read}: blocks of texts, all from one dataset version. */
export interface Reading {
  dataset: ThreadDataset
  blocks: Map<number, TextBlock>
  /** The number of replicas that were tried in vain, because they failed or had just switched to another dataset. */
  retries: number
}

/** Thrown if no replica can answer. */
export class NoReplicaError extends Error {
  override name = 'NoReplicaError'
}

/**
 * A ranking thread's connections to the Redis replicas.
 *
 * Normally, all replicas hold the same data. A read uses any replica that is ready, and the next one if that fails. Each
 * connection has the index of the version that its replica holds, so an answer never mixes versions, even during a
 * switch to newer data.
 */
export class Replicas {
  readonly #settings: Settings
  readonly #log: Log
  /** Makes threads start at different replicas, to spread the load. */
  readonly #seed: number
  readonly #replicas = new Map<string, Replica>()
  readonly #datasets: DatasetSource
  readonly #timer: NodeJS.Timeout
  /** For each host, the addresses that were found last. */
  readonly #found = new Map<string, readonly string[]>()
  /** The lookups in progress, by host. There is at most one for each host. */
  readonly #lookups = new Map<string, Promise<unknown>>()
  #isRefreshing = false
  #isClosed = false
  /** For replicas that failed, the time until which others are preferred, as returned by `performance.now`. */
  readonly #avoidUntil = new Map<string, number>()
  #next = 0
  #onReady = () => {}
  #lastProblem = 'no replica is connected yet'
  /** The problems of each replica or host since it was last ready or resolved. */
  readonly #problems = new Map<string, Set<string>>()

  constructor(settings: Settings, datasets: DatasetSource, seed: number, log: Log) {
    this.#settings = settings
    this.#datasets = datasets
    this.#seed = seed
    this.#log = log
    this.#timer = setInterval(() => void this.#refresh(), REFRESH_MS)
    void this.#refresh()
  }

  /**
   * Reads blocks of texts. Blocks that are not cached come from one replica, nearly always in one round trip.
   * @throws {NoReplicaError} if all replicas fail
   */
  async read(selectBlocks: SelectBlocks): Promise<Reading> {
    const ready = [...this.#replicas.values()].filter(({ client, dataset }) => dataset && client.status === 'ready')
    const start = this.#next++
    const replaced: Replica[] = []
    for (let attempt = 0; attempt < ready.length; attempt++) {
      const replica = ready[(start + attempt) % ready.length] as Replica
      const reading = await this.#readFrom(replica, selectBlocks)
      if (reading === 'replaced') replaced.push(replica)
      else if (reading) return { ...reading, retries: attempt }
    }
    for (const replica of replaced) {
      // A load that began before the switch can return the old version, so try twice.
      for (let tries = 0; tries < 2; tries++) {
        await this.#load(replica)
        const reading = await this.#readFrom(replica, selectBlocks)
        if (reading && reading !== 'replaced') return { ...reading, retries: ready.length }
      }
    }
    throw new NoReplicaError(this.#lastProblem)
  }

  /** Returns the dataset of any replica that is ready. */
  anyDataset(): ThreadDataset | undefined {
    return [...this.#replicas.values()].find(({ dataset }) => dataset)?.dataset
  }

  /** Counts the replicas in each state. */
  states(): ReplicaStates {
    const states = { ready: 0, connected: 0, disconnected: 0 }
    for (const { client, dataset } of this.#replicas.values()) {
      states[client.status !== 'ready' ? 'disconnected' : dataset ? 'ready' : 'connected'] += 1
    }
    return states
  }

  /** Resolves when a replica is ready, or after `timeoutMs` milliseconds. */
  ready(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onReady = resolve
      setTimeout(resolve, timeoutMs)
    })
  }

  /** Closes all connections. */
  close(): void {
    this.#isClosed = true
    clearInterval(this.#timer)
    for (const { client } of this.#replicas.values()) client.disconnect()
    this.#replicas.clear()
  }

  /**
   * Reads from one replica.
   * @returns `replaced` if the replica has switched to a version whose index is not loaded yet and has dropped the old
   * one; undefined if it failed
   */
  async #readFrom(
    replica: Replica,
    selectBlocks: SelectBlocks,
  ): Promise<Omit<Reading, 'retries'> | 'replaced' | undefined> {
    const { dataset, client } = replica
    if (!dataset) return undefined
    const { version } = dataset
    // Search outside of the try block, because a failed search must not count against the replica.
    const { blocks, missing } = cachedBlocks(await selectBlocks(dataset), dataset)
    if (blocks.size > 0 && missing.length === 0) {
      // Node.js delivers waiting batches before it handles timers and sockets. Without this pause, timers and sockets
      // would have to wait until no batch is left.
      await nextTurn()
      // The check that runs every second notices a switch to another version.
      return { dataset, blocks }
    }
    // Read one block even if nothing was found, to verify that the version still exists.
    if (missing.length === 0) missing.push(0)
    try {
      let isReplaced = false
      const values: (Buffer | null)[] = []
      while (values.length < missing.length) {
        const some = missing.slice(values.length, values.length + MAX_BLOCKS)
        const keys = some.map((block) => textsKey(version, block))
        const [current, ...read] = await client.mgetBuffer([CURRENT_KEY, ...keys])
        isReplaced ||= current?.toString() !== version
        values.push(...read)
      }
      // Keep using the old version until the new index is loaded.
      if (isReplaced) void this.#load(replica)
      // The keys contain the version, so a complete set of blocks comes from that version.
      if (addBlocks(blocks, missing, values, dataset)) return { dataset, blocks }
      if (isReplaced) return 'replaced'
      this.#problem(replica, new Error(`values of dataset ${version} are missing or damaged`))
    } catch (error) {
      replica.dataset = undefined
      this.#problem(replica, error)
    }
    return undefined
  }

  async #refresh(): Promise<void> {
    for (const replica of this.#replicas.values()) {
      const { status } = replica.client
      if (status === 'ready') void this.#load(replica)
      replica.unreadyChecks = status === 'connect' ? replica.unreadyChecks + 1 : 0
      // Each new connection is in this state for a moment, so ignore the first check.
      if (replica.unreadyChecks === 2) this.#problem(replica, new Error(NOT_READY))
    }
    // If DNS is slow, refreshes would pile up.
    if (this.#isRefreshing) return
    this.#isRefreshing = true
    try {
      await this.#refreshAddresses()
    } catch (error) {
      this.#problem('replicas', error)
    } finally {
      this.#isRefreshing = false
    }
  }

  /** Connects to new addresses, and disconnects from replicas that left. */
  async #refreshAddresses(): Promise<void> {
    const wanted = await this.#wantedAddresses()
    if (this.#isClosed) return
    for (const [key, address] of wanted) if (!this.#replicas.has(key)) this.#connect(key, address)
    // Replicas that left DNS can still answer for a while. Drop them only once a current replica is ready.
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

  /**
   * Resolves the nodes to at most REDIS_CONNECTION_POOL_SIZE addresses. Addresses that failed recently are used only if
   * there are not enough others.
   */
  async #wantedAddresses(): Promise<Map<string, Address>> {
    const all = new Map<string, Address>()
    const nodes = this.#settings.REDIS_NODES
    const addresses = await Promise.all(nodes.map(({ host, port }) => this.#resolve(host, port)))
    for (const address of addresses.flat()) all.set(addressKey(address), address)
    for (const key of this.#avoidUntil.keys()) if (!all.has(key)) this.#avoidUntil.delete(key)
    const sorted = [...all].sort(([a], [b]) => compareCodeUnits(a, b))
    const first = sorted.length === 0 ? 0 : this.#seed % sorted.length
    const rotated = [...sorted.slice(first), ...sorted.slice(0, first)]
    const failedRecently = ([key]: [string, Address]) => performance.now() < (this.#avoidUntil.get(key) ?? 0)
    const best = [...rotated.filter((entry) => !failedRecently(entry)), ...rotated.filter(failedRecently)]
    return new Map(best.slice(0, this.#settings.REDIS_CONNECTION_POOL_SIZE))
  }

  /** Resolves a host. If this fails or takes long, returns the last known addresses, which are probably still right. */
  async #resolve(host: string, port: number): Promise<Address[]> {
    if (isIP(host)) return [{ host, port, name: host }]
    const running = this.#lookups.get(host) ?? this.#lookUp(host).finally(() => this.#lookups.delete(host))
    this.#lookups.set(host, running)
    const end = new AbortController()
    const late = sleep(LOOKUP_MS, new Error('DNS does not answer'), { signal: end.signal }).catch(() => undefined)
    const problem = await Promise.race([running, late])
    end.abort()
    const name = `host ${host}`
    if (problem === undefined) this.#problems.delete(name)
    else this.#problem(name, problem)
    return (this.#found.get(host) ?? []).map((address) => ({ host: address, port, name: host }))
  }

  /** Looks up the addresses of a host. Resolves with the error, if any. */
  async #lookUp(host: string): Promise<unknown> {
    try {
      const found = await lookup(host, { all: true })
      this.#found.set(
        host,
        found.map(({ address }) => address),
      )
      return undefined
    } catch (error) {
      return error
    }
  }

  #connect(key: string, address: Address): void {
    const client = connectTo(address, this.#settings)
    const replica: Replica = {
      address,
      client,
      dataset: undefined,
      version: undefined,
      failures: 0,
      retryAt: 0,
      loading: undefined,
      unreadyChecks: 0,
    }
    // Whether the latest attempt to connect has succeeded, or has reported an error.
    let isExplained = false
    client.on('ready', () => {
      isExplained = true
      this.#avoidUntil.delete(key)
      replica.retryAt = 0
      void this.#load(replica)
    })
    client.on('close', () => {
      replica.dataset = undefined
      // A replica that is no longer in the map was disconnected by this process.
      if (this.#replicas.get(key) !== replica) return
      this.#avoidUntil.set(key, performance.now() + AVOID_MS)
      if (!isExplained) this.#problem(replica, new Error(CLOSED))
      isExplained = false
    })
    client.on('error', (error: Error) => {
      isExplained = true
      this.#problem(replica, error)
    })
    this.#replicas.set(key, replica)
  }

  /** Checks which version the replica holds, and loads its index if it is new. */
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
      // A connection that times out may be dead without having been closed, so reconnect.
      if ((error as Error).message === COMMAND_TIMED_OUT) client.disconnect(true)
    }
  }

  /** Loads the index of a replica's new version. The old dataset stays in use until the load succeeds. */
  async #loadVersion(replica: Replica, version: string): Promise<void> {
    if (replica.version !== version) {
      replica.version = version
      replica.failures = 0
    } else if (replica.failures > 0 && performance.now() < replica.retryAt) return
    try {
      const dataset = await this.#datasets.get(version, replica.address)
      // The replica may have disconnected or left during the load.
      if (replica.client.status !== 'ready') return
      // Reads and loads use different commands, and Redis may reject the command for reads. Without this check, a replica
      // that rejects it would become ready again every second.
      const [stored] = await replica.client.mgetBuffer([CURRENT_KEY, textsKey(version, 0)])
      const current = stored?.toString()
      // Meanwhile, the replica may have switched back to the version that it had.
      if (current && current === replica.dataset?.version) {
        replica.version = current
        return
      }
      // The replica may have disconnected since then.
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

  /** Records a problem, and logs it unless it is already known. */
  #problem(of: Replica | string, error: unknown): void {
    const name = typeof of === 'string' ? of : nameOf(of)
    const reason = reasonOf(error as Error)
    const isNew = typeof of !== 'string' && of.version === undefined
    const why = isNew ? this.#explain(reason) : undefined
    const problem = why === undefined ? reason : `${reason}; ${why}`
    this.#lastProblem = `${name}: ${problem}`
    const known = this.#problems.get(name) ?? new Set()
    if (known.has(problem)) return
    if (known.size >= MAX_PROBLEMS) known.clear()
    this.#problems.set(name, known.add(problem))
    this.#log('warn', this.#lastProblem)
  }

  /**
   * Returns the probable cause of a problem, or undefined if it is unknown. Used only until the version of the replica
   * has been read.
   */
  #explain(reason: string): string | undefined {
    if (reason === CLOSED) return WHY_CLOSED
    return this.#settings.REDIS_TLS && reason === CONNECT_TIMED_OUT ? WHY_NO_TLS : undefined
  }
}

const nameOf = ({ address }: Replica) => `replica ${addressKey(address)}`

/** Returns the wanted blocks that are cached, and the numbers of those that are not. */
function cachedBlocks(wanted: Iterable<number>, { texts }: ThreadDataset) {
  const blocks = new Map<number, TextBlock>()
  const missing: number[] = []
  for (const number of wanted) {
    const block = texts?.get(number)
    if (block) blocks.set(number, block)
    else missing.push(number)
  }
  return { blocks, missing }
}

/** Adds the blocks that were read, and caches them. Returns false if a value is missing or not the expected block. */
function addBlocks(
  blocks: Map<number, TextBlock>,
  numbers: readonly number[],
  values: readonly (Buffer | null)[],
  dataset: ThreadDataset,
): boolean {
  for (const [at, number] of numbers.entries()) {
    const value = values[at]
    const block = value ? TextBlock.decode(number, value, entriesOfBlock(number, dataset.meta)) : undefined
    if (!block) return false
    blocks.set(number, block)
    dataset.texts?.set(number, block)
  }
  return true
}
