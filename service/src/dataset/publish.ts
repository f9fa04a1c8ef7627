import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { CURRENT_KEY } from '../redis/dataset-keys.ts'
import type { Dataset } from './build.ts'

/** The lock key. Its value is the token of the publisher that holds the lock. */
export const LOCK_KEY = 'autocomplete:publishing'
/** The rights that a publisher needs. Keep in sync with service/README.md. */
export const PUBLISHER_RIGHTS = '~autocomplete:* -@all +get +set +exists +pexpire +unlink +scan +eval +info'
/**
 * Time in milliseconds after which the lock expires if its holder does not extend it, for example because the holder
 * has died.
 */
export const LOCK_MS = 30_000
/**
 * How long to keep the old version after the switch, in milliseconds. Services use it until they have loaded the new
 * one.
 */
export const KEEP_OLD_MS = 10_000
/** Interval at which a waiting publisher tries to take the lock, in milliseconds. */
const RETRY_MS = 250
/** A pipeline of write commands is sent when its values have this total length: characters of strings, bytes of buffers. */
const CHUNK = 1 << 20
/** Number of keys per EXISTS, SCAN, or UNLINK command. */
const STEP_KEYS = 1000
const KEY = /^autocomplete:([0-9a-f]{16}):/

export interface PublishOptions {
  /** Called with the number of keys written so far, and the number of all keys. */
  onProgress?: (written: number, total: number) => void
  /** Called once if this publisher must wait for another one to finish. */
  onWait?: () => void
  /** Called once the new version is in use, before the old one is removed. */
  onSwitched?: () => void
  /** How long to keep the old version after the switch, in milliseconds (default {@link KEEP_OLD_MS}). */
  keepOldMs?: number
  /**
   * Cancels publishing. Before the switch, the current version then stays in use. After the switch, the old version is
   * removed immediately.
   */
  signal?: AbortSignal
}

/**
 * Publishes a dataset to a running Redis: writes it next to the current one, switches to it atomically, and removes all
 * other versions after a delay. Services notice the switch within a second and load the new index. Until then, they
 * answer from the old version. An answer never mixes versions.
 *
 * Only one publisher works at a time, and others wait. Each publisher first removes what dead publishers have left
 * behind.
 * @throws {Error} if Redis rejects a command, if this publisher paused for so long before the switch that it lost its
 * lock, or if it is canceled before the switch. If an error occurs before the switch, the current version stays in use
 */
export async function publishDataset(redis: Redis, dataset: Dataset, options: PublishOptions = {}): Promise<void> {
  const lock = await PublishLock.take(redis, options)
  let isSwitched = false
  try {
    const current = await redis.get(CURRENT_KEY)
    await removeOthers(redis, lock, current)
    const keys = await write(redis, lock, dataset, options)
    await requireKeys(lock, keys)
    await lock.run('SET', CURRENT_KEY, dataset.meta.version)
    isSwitched = true
    options.onSwitched?.()
    if (current !== null && current !== dataset.meta.version) await keepOld(lock, options)
    await removeOthers(redis, lock, dataset.meta.version)
  } catch (error) {
    // The publisher that holds the lock now will remove the old version.
    if (isSwitched && error instanceof LockLostError) return
    // Removes the incomplete dataset to free memory. If this fails, the next publisher removes the dataset.
    const removeIncomplete = async () => removeOthers(redis, lock, await redis.get(CURRENT_KEY))
    await removeIncomplete().catch(() => {})
    throw error
  } finally {
    await lock.release().catch(() => {})
  }
}

/** Waits while services load the new version, or until the signal is aborted. */
async function keepOld(lock: PublishLock, { keepOldMs = KEEP_OLD_MS, signal }: PublishOptions): Promise<void> {
  const end = performance.now() + keepOldMs
  for (let left = keepOldMs; left > 0 && !signal?.aborted; left = end - performance.now()) {
    await sleep(Math.min(left, RETRY_MS))
    await lock.run()
  }
}

/** Writes all keys except the one with the current version. Returns the written keys. */
async function write(redis: Redis, lock: PublishLock, dataset: Dataset, options: PublishOptions): Promise<string[]> {
  const { onProgress, signal } = options
  const keys: string[] = []
  let size = 0
  let chunk: [key: string, value: string | Buffer][] = []
  const send = async () => {
    signal?.throwIfAborted()
    await lock.run()
    const pipeline = redis.pipeline()
    for (const [key, value] of chunk) pipeline.set(key, value)
    for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error
    for (const [key] of chunk) keys.push(key)
    onProgress?.(keys.length, dataset.keyCount)
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
  return keys
}

/** Throws if written keys are missing. Redis may have evicted them, or another client may have removed them. */
async function requireKeys(lock: PublishLock, keys: readonly string[]): Promise<void> {
  let missing = keys.length
  for (let at = 0; at < keys.length; at += STEP_KEYS) {
    missing -= (await lock.run('EXISTS', ...keys.slice(at, at + STEP_KEYS))) as number
  }
  if (missing > 0)
    throw new Error(
      `keys missing right after they were written: ${missing}; is Redis evicting keys, or is another client removing them?`,
    )
}

/** Removes the keys of all versions except the given one. */
async function removeOthers(redis: Redis, lock: PublishLock, version: string | null): Promise<void> {
  let cursor = '0'
  do {
    const [next, found] = await redis.scan(cursor, 'MATCH', 'autocomplete:*', 'COUNT', STEP_KEYS)
    cursor = next
    const others = found.filter((key) => (KEY.exec(key)?.[1] ?? version) !== version)
    // SCAN may return more keys than COUNT.
    for (let at = 0; at < others.length; at += STEP_KEYS) {
      await lock.run('UNLINK', ...others.slice(at, at + STEP_KEYS))
    }
    await lock.run()
  } while (cursor !== '0')
}

/**
 * Checks that the caller holds the lock, extends it, and runs a command, all atomically, so that no other publisher can
 * take the lock in between.
 */
const RUN_IF_HELD = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if ARGV[3] then return redis.call(unpack(ARGV, 3)) end
return true`

class LockLostError extends Error {
  override name = 'LockLostError'
}

/** A lock for publishers. It expires unless its holder extends it. */
class PublishLock {
  readonly #redis: Redis
  readonly #token = randomUUID()

  private constructor(redis: Redis) {
    this.#redis = redis
  }

  /** Waits until the lock is free, and takes it. */
  static async take(redis: Redis, { onWait, signal }: PublishOptions): Promise<PublishLock> {
    const lock = new PublishLock(redis)
    let isWaiting = false
    while ((await redis.set(LOCK_KEY, lock.#token, 'PX', LOCK_MS, 'NX')) === null) {
      if (!isWaiting) onWait?.()
      isWaiting = true
      signal?.throwIfAborted()
      await sleep(RETRY_MS)
    }
    return lock
  }

  /**
   * Extends the lock and runs a command, if any.
   * @throws {LockLostError} if the lock has expired
   */
  async run(...command: string[]): Promise<unknown> {
    const result = await this.#redis.eval(RUN_IF_HELD, 1, LOCK_KEY, this.#token, LOCK_MS, ...command)
    if (result === null) {
      throw new LockLostError(`the publisher paused for ${LOCK_MS / 1000} s or more, and its lock expired`)
    }
    return result
  }

  async release(): Promise<void> {
    await this.run('UNLINK', LOCK_KEY)
  }
}
