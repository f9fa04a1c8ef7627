import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'
import { type BuildOptions, buildDataset } from '../dataset/build.ts'
import type { Entry } from '../dataset/entry.ts'
import { writeRdb } from '../dataset/rdb.ts'
import { readSettings } from '../read-settings.ts'
import { connectTo } from '../redis/connect.ts'
import { readIndex } from '../redis/dataset-reader.ts'
import type { DatasetSource } from '../redis/replicas.ts'
import { datasetOf } from '../redis/thread-indexes.ts'
import { freePort } from './free-port.ts'

const CONF = fileURLToPath(new URL('../../redis-with-data/redis.conf', import.meta.url))

/** A real Redis server, with the configuration from the image. */
export class TestRedis {
  readonly port: number
  readonly folder: string
  #process: ChildProcess | undefined

  private constructor(port: number, folder: string) {
    this.port = port
    this.folder = folder
  }

  /** Starts a Redis server with the given entries, or without data. */
  static async start(entries?: readonly Entry[], options?: BuildOptions): Promise<TestRedis> {
    const redis = new TestRedis(await freePort(), await mkdtemp(join(tmpdir(), 'redis-')))
    if (entries) await redis.setData(entries, options)
    await redis.run()
    return redis
  }

  get node(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Writes the data that Redis loads at its next start. Returns the dataset version. */
  async setData(entries: readonly Entry[], options?: BuildOptions): Promise<string> {
    const dataset = buildDataset(entries, options)
    await writeRdb(join(this.folder, 'dump.rdb'), dataset.keys(), dataset.keyCount)
    return dataset.meta.version
  }

  /** Starts Redis, for example after {@link kill}. Resolves when it accepts connections. */
  async run(options: string[] = ['--port', String(this.port)]): Promise<void> {
    const args = [CONF, '--bind', '127.0.0.1', ...options]
    const child = spawn(inject('redisServer'), args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'inherit'] })
    this.#process = child
    const lines = createInterface({ input: child.stdout })
    for await (const line of lines) if (line.includes('Ready to accept connections')) break
    child.stdout.resume()
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await once(child, 'exit')
  }

  /** Stops Redis and removes its files. */
  async close(): Promise<void> {
    await this.kill()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Reads each index in the calling thread, over a separate connection. The service uses a loader thread instead. */
export const DIRECT_SOURCE: DatasetSource = {
  async get(version, address) {
    const redis = connectTo(address, readSettings({}))
    try {
      await once(redis, 'ready')
      return datasetOf(version, await readIndex(redis, version))
    } finally {
      redis.disconnect()
    }
  },
  keepOnly() {},
}
