import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { CURRENT_KEY } from '../redis/dataset-keys.ts'
import type { Dataset } from './build.ts'

/** Held by the one that publishes; it bears its token. */
export const LOCK_KEY = 'autocomplete:publishing'
/** The rights that a publisher needs, as in service/README.md. */
export const PUBLISHER_RIGHTS = '~autocomplete:* -@all +get +set +exists +pexpire +unlink +scan +eval +info'
/** How long it is held after the last sign of life, in milliseconds: of one that died it is free then. */
const LOCK_MS = 30_000
/** How long the old version stays after the switch, in milliseconds: services answer from it until they have loaded the new one. */
export const KEEP_OLD_MS = 10_000
/** How often one that waits looks whether it is free. */
const RETRY_MS = 250
/** How much is sent before an answer is waited for, in characters. */
const CHUNK = 1 << 20
/** Keys that are looked at, or removed, in one step. */
const STEP_KEYS = 1000
const KEY = /^autocomplete:([0-9a-f]{16}):/

/** How a dataset is published. */
export interface PublishOptions {
  /** Gets how many of the keys are written. */
  onProgress?: (written: number, total: number) => void
  /** Called once when another publish has to end first. */
  onWait?: () => void
  /** Called once when the new version is in use, and the old one is about to be removed. */
  onSwitched?: () => void
  /** How long the old version stays after that, in milliseconds; {@link KEEP_OLD_MS} by default. */
  keepOldMs?: number
  /** Stops it half-way: the version in use stays in use. */
  signal?: AbortSignal
}

/**
 * Puts a dataset next to the one that a running Redis holds, lets it take over in one step, and removes all others a while later.
 * Services notice within a second and load the new index; until then they answer from the version that they know, and an answer is
 * always of one version.
 *
 * One publish at a time: another waits. What one that died has left is removed by the next.
 * @throws {Error} when Redis refuses, or this one stood still so long that another took its place; the version in use stays in use then
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
    // Another that has taken its place since removes what is left.
    if (isSwitched && error instanceof LockLostError) return
    // Half of a dataset is of no use, and may be what there is no room for. What cannot be removed now the next one removes.
    const removeHalf = async () => removeOthers(redis, lock, await redis.get(CURRENT_KEY))
    await removeHalf().catch(() => {})
    throw error
  } finally {
    await lock.release().catch(() => {})
  }
}

/** Waits until services have had time to load the new version; no longer than it takes to be told to stop. */
async function keepOld(lock: PublishLock, { keepOldMs = KEEP_OLD_MS, signal }: PublishOptions): Promise<void> {
  const end = performance.now() + keepOldMs
  for (let left = keepOldMs; left > 0 && !signal?.aborted; left = end - performance.now()) {
    await sleep(Math.min(left, RETRY_MS))
    await lock.run()
  }
}

/** Writes all keys but the one that names the version; returns them. */
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

/** Fails when keys that were written are not there any more: by a Redis that evicts, or somebody who knows nothing of the lock. */
async function requireKeys(lock: PublishLock, keys: readonly string[]): Promise<void> {
  let missing = keys.length
  for (let at = 0; at < keys.length; at += STEP_KEYS) {
    missing -= (await lock.run('EXISTS', ...keys.slice(at, at + STEP_KEYS))) as number
  }
  if (missing > 0) throw new Error(`${missing} of its keys are gone again: is something else removing keys?`)
}

/** Removes the keys of all versions but one. */
async function removeOthers(redis: Redis, lock: PublishLock, version: string | null): Promise<void> {
  let cursor = '0'
  do {
    const [next, found] = await redis.scan(cursor, 'MATCH', 'autocomplete:*', 'COUNT', STEP_KEYS)
    cursor = next
    const others = found.filter((key) => (KEY.exec(key)?.[1] ?? version) !== version)
    // Redis may find more than it was asked for.
    for (let at = 0; at < others.length; at += STEP_KEYS) {
      await lock.run('UNLINK', ...others.slice(at, at + STEP_KEYS))
    }
    await lock.run()
  } while (cursor !== '0')
}

/**
 * Runs a command only for the one that holds the lock, and prolongs it: in one step, so nobody can take it in between. A token that
 * is still there has been there all the time, as nobody takes a lock twice.
 */
const RUN_IF_HELD = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if ARGV[3] then return redis.call(unpack(ARGV, 3)) end
return true`

class LockLostError extends Error {
  override name = 'LockLostError'
}

/** The right to write, which one publisher has at a time, as long as it shows signs of life. */
class PublishLock {
  readonly #redis: Redis
  readonly #token = randomUUID()

  private constructor(redis: Redis) {
    this.#redis = redis
  }

  /** Waits until it is free. */
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
   * Runs a command, none being a sign of life, while it is held.
   * @throws {LockLostError} when another has it
   */
  async run(...command: string[]): Promise<unknown> {
    const result = await this.#redis.eval(RUN_IF_HELD, 1, LOCK_KEY, this.#token, LOCK_MS, ...command)
    if (result === null) {
      throw new LockLostError(`it stood still for ${LOCK_MS / 1000} s or more, and another publish has taken its place`)
    }
    return result
  }

  async release(): Promise<void> {
    await this.run('UNLINK', LOCK_KEY)
  }
}
