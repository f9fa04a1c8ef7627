import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { publishDataset } from '../../service/src/dataset/publish.ts'
import { writeRdb } from '../../service/src/dataset/rdb.ts'
import { freePort } from '../../service/src/testing/free-port.ts'
import { Child } from '../../tools/support/child.ts'
import { UserError } from '../../tools/support/errors.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { RedisProxy } from '../../tools/support/redis-proxy.ts'
import { NODE_OPTIONS, SERVICE_MAIN } from '../../tools/support/service-build.ts'
import type { KnownData } from './known-data.ts'

const HOST = '127.0.0.1'
const REDIS_CONF = inRoot('service', 'redis-with-data', 'redis.conf')
const PRELOAD = inRoot('tests', 'chaos', 'preload.mjs')
/** A name that resolves to the addresses of all replicas, like a headless Service. All replicas use the same port. */
const REDIS_NAME = 'redis.chaos'
const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3']
/** A Redis user with all permissions, for injecting faults. */
const ADMIN = 'chaos'
const READY_TIMEOUT_MS = 60_000
/**
 * Maximum time to wait until a thread or process has been replaced, in ms. On a busy machine, a thread that leaks
 * memory needs most of this time to reach its limit.
 */
const REPLACED_TIMEOUT_MS = 60_000
/** How long Redis keeps the old version after a switch, in ms. The service loads the new one in less time. */
const KEEP_OLD_MS = 4000

/** The orders that can be sent to a thread or process of the service; see preload.mjs. */
export type Order = 'thread-crash' | 'thread-hang' | 'thread-leak' | 'http-leak'

/** Time for which the service still accepts requests after SIGTERM, in ms. */
export const SHUTDOWN_DELAY_MS = 2000
/** The settings of the service. Caches are small, so that memory growth shows early. */
const SETTINGS = {
  WEB_CONCURRENCY: '2',
  RANKING_THREADS: '1',
  CACHE_MAX_MIB: '2',
  // This cache is too small for all texts, so some texts are read from Redis.
  RANKING_TEXT_CACHE_MAX_MIB: '1',
  WARM_UP_REQUESTS: '300',
  MEMORY_LIMIT_BYTES: String(512 * 2 ** 20),
  // With the default, the service could reject queries on a busy machine, even if the fault does not affect them.
  OVERLOAD_MAX_DELAY_MS: '2000',
  SHUTDOWN_DELAY_SECONDS: String(SHUTDOWN_DELAY_MS / 1000),
}

/** One Redis with the proxy in front of it. */
export class ChaosRedis {
  readonly proxy: RedisProxy
  readonly port: number
  readonly #program: string
  readonly #folder: string
  #child: Child | undefined

  constructor(program: string, folder: string, port: number, proxy: RedisProxy) {
    this.#program = program
    this.#folder = folder
    this.port = port
    this.proxy = proxy
  }

  get pid(): number {
    return this.#child?.pid as number
  }

  /** Starts Redis with a database file or without data. */
  async start(rdb: string | undefined): Promise<void> {
    const dump = join(this.#folder, 'dump.rdb')
    if (rdb) await copyFile(rdb, dump)
    else await rm(dump, { force: true })
    const admin = ['--user', ADMIN, 'on', 'nopass', '~*', '+@all']
    const args = [REDIS_CONF, '--bind', HOST, '--port', String(this.port), ...admin]
    const child = new Child('redis-server', this.#program, args, { cwd: this.#folder })
    this.#child = child
    await child.line(/Ready to accept connections/, undefined)
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#child && !this.#child.hasEnded) process.kill(this.#child.pid, signal)
  }

  /** Kills Redis. Does nothing if it has already exited. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#child?.ended
  }

  /** Runs an action as a user with all permissions, bypassing the proxy. */
  async asAdmin<T>(use: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis({ port: this.port, username: ADMIN, password: 'any' })
    try {
      return await use(redis)
    } finally {
      redis.disconnect()
    }
  }
}

/** Three Redis replicas, one pod of the service with two HTTP processes, and methods that break them. */
export class ChaosStack {
  readonly redis: ChaosRedis[] = []
  url = ''
  readonly #folder: string
  readonly #versions: readonly KnownData[]
  readonly #redisServer: string
  #redisPort = 0
  #port = 0
  #service: Child | undefined
  /** The last lines of the service's log. {@link replaced} clears it. */
  readonly log: string[] = []

  private constructor(folder: string, redisServer: string, versions: readonly KnownData[]) {
    this.#folder = folder
    this.#redisServer = redisServer
    this.#versions = versions
  }

  /**
   * Starts everything with the first dataset. The service must be built.
   * @throws {UserError} if something does not start; in this case, everything is stopped again
   */
  static async start(redisServer: string, versions: readonly KnownData[]): Promise<ChaosStack> {
    const stack = new ChaosStack(await mkdtemp(join(tmpdir(), 'autocomplete-chaos-')), redisServer, versions)
    try {
      await stack.#start()
      return stack
    } catch (error) {
      await stack.stop()
      throw error
    }
  }

  /** Returns the database file of a dataset. */
  rdbOf({ version }: KnownData): string {
    return join(this.#folder, `${version}.rdb`)
  }

  /** The process that was started as the service. */
  get servicePid(): number {
    return this.#service?.pid as number
  }

  async #start(): Promise<void> {
    for (const data of this.#versions) await writeRdb(this.rdbOf(data), data.dataset.keys(), data.dataset.keyCount)
    for (const address of ADDRESSES) {
      const port = await freePort()
      const proxy = await RedisProxy.listen(address, this.#redisPort, port).catch((error: Error) => {
        throw new UserError(
          `cannot listen on ${address}; only Linux allows all addresses in 127.0.0.0/8: ${error.message}`,
        )
      })
      this.#redisPort = proxy.port
      const folder = join(this.#folder, address)
      await mkdir(folder)
      const redis = new ChaosRedis(this.#redisServer, folder, port, proxy)
      this.redis.push(redis)
      await redis.start(this.rdbOf(this.#versions[0] as KnownData))
    }
    await this.resolveTo([0, 1, 2])
    this.#port = await freePort()
    this.url = `http://${HOST}:${this.#port}`
    await this.startService()
  }

  /** Sets the replicas to which the common name resolves. The replicas are given by number. */
  async resolveTo(replicas: readonly number[]): Promise<void> {
    const file = join(this.#folder, 'addresses.json')
    // Replace the file in one step, because the service may be reading it.
    await writeFile(`${file}.new`, JSON.stringify(replicas.map((replica) => ADDRESSES[replica])))
    await rename(`${file}.new`, file)
  }

  /** Starts the service, and waits until it is ready. */
  async startService(): Promise<void> {
    const service = new Child('the service', process.execPath, [...NODE_OPTIONS, '--import', PRELOAD, SERVICE_MAIN], {
      // Core dumps are written to this folder.
      cwd: this.#folder,
      env: {
        ...SETTINGS,
        PATH: process.env.PATH,
        CHAOS_FOLDER: this.#folder,
        HOST,
        PORT: String(this.#port),
        REDIS_NODES: `${REDIS_NAME}:${this.#redisPort}`,
      },
      onLine: (line) => {
        this.log.push(line)
        if (this.log.length > 200) this.log.shift()
      },
    })
    this.#service = service
    await service.line(/"listening"/, undefined)
    const deadline = performance.now() + READY_TIMEOUT_MS
    while (
      !(await fetch(`${this.url}/ready`).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (service.hasEnded) throw new UserError(await service.ended)
      if (performance.now() > deadline) throw new UserError('the service was not ready within a minute')
      await sleep(50)
    }
  }

  /** Sends the service a signal and waits until it has exited. Returns how it exited. */
  async endService(signal: NodeJS.Signals): Promise<string> {
    process.kill(this.servicePid, signal)
    return (await this.#service?.ended) as string
  }

  /** Sends an order to one thread or process of the service; see preload.mjs. */
  async order(name: Order): Promise<void> {
    await writeFile(join(this.#folder, name), '')
  }

  /**
   * Calls `harm`, which breaks a thread or process, and waits until this thread or process has been replaced.
   * @returns whether it was replaced in time
   */
  async replaced(what: 'thread' | 'process', harm: () => Promise<void> | void): Promise<boolean> {
    const sign = what === 'thread' ? /"replica ready"/ : /"listening"/
    this.log.length = 0
    await harm()
    const deadline = performance.now() + REPLACED_TIMEOUT_MS
    while (!this.log.some((line) => sign.test(line))) {
      if (performance.now() > deadline) return false
      await sleep(50)
    }
    return true
  }

  /** Publishes a dataset to one Redis after another. */
  async publish({ dataset }: KnownData, to: readonly ChaosRedis[] = this.redis): Promise<void> {
    for (const redis of to) {
      await redis.asAdmin((client) => publishDataset(client, dataset, { keepOldMs: KEEP_OLD_MS }))
    }
  }

  /** Stops everything and removes its files. */
  async stop(): Promise<void> {
    await this.#service?.stop()
    for (const redis of this.redis) {
      await redis.kill()
      await redis.proxy.close()
    }
    await rm(this.#folder, { recursive: true, force: true })
  }
}
