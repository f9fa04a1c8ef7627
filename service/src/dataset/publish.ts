import type { Redis } from 'ioredis'
import type { Dataset } from './build.ts'
import { CURRENT_KEY } from './layout.ts'

/** How much is sent before an answer is waited for, in characters. */
const CHUNK = 1 << 20
/** Keys that are looked at in one step when old versions are removed. */
const SCAN_COUNT = 1000
const KEY = /^autocomplete:([0-9a-f]{16}):/

/** How a dataset is published. */
export interface PublishOptions {
  /** Gets how many of the keys are written. */
  onProgress?: (written: number, total: number) => void
  /** Stops it half-way: the version in use stays in use. */
  signal?: AbortSignal
}

/**
 * Puts a dataset beside the one that a running Redis holds, lets it take over in one step, and removes all others. Services notice
 * with their next reading; until then they answer from the version they know, and an answer is always of one version.
 * @returns the number of keys of other versions that were removed
 * @throws {Error} when Redis refuses; the version in use stays in use then
 */
export async function publishDataset(redis: Redis, dataset: Dataset, options: PublishOptions = {}): Promise<number> {
  const { onProgress, signal } = options
  let written = 0
  let size = 0
  let chunk: [key: string, value: string | Buffer][] = []
  const send = async () => {
    signal?.throwIfAborted()
    const pipeline = redis.pipeline()
    for (const [key, value] of chunk) pipeline.set(key, value)
    for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error
    written += chunk.length
    onProgress?.(written, dataset.keyCount)
    chunk = []
    size = 0
  }
  for (const [key, value] of dataset.keys()) {
    if (key === CURRENT_KEY) continue
    chunk.push([key, value])
    size += value.length
    if (size >= CHUNK) await send()
  }
  await send()
  const { version } = dataset.meta
  await redis.set(CURRENT_KEY, version)
  return await removeOthers(redis, version)
}

async function removeOthers(redis: Redis, version: string): Promise<number> {
  let removed = 0
  for await (const keys of redis.scanStream({ match: 'autocomplete:*', count: SCAN_COUNT }) as AsyncIterable<
    string[]
  >) {
    const others = keys.filter((key) => (KEY.exec(key)?.[1] ?? version) !== version)
    if (others.length > 0) removed += await redis.unlink(...others)
  }
  return removed
}
