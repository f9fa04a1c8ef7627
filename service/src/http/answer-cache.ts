import { LRUCache } from 'lru-cache'
import type { Answer } from '../ranking/batch-queues.ts'
import type { Checked } from '../ranking/pool.ts'
import type { BinaryText } from '../text/strings.ts'

/** Memory of a cached answer besides the characters of its two strings, measured as heap growth for short answers. */
const ENTRY_OVERHEAD_BYTES = 184

/**
 * Time between two checks of the dataset version, in milliseconds. Between checks, the cache may answer from old data.
 */
const CHECK_MS = 1000
/** Time since the start of the last successful check, in milliseconds, after which answers count as stale. */
const STALE_AFTER_MS = 1900

/**
 * Caches the most recently used answers by the key of their query (`keyOf`), within a memory limit. All answers come
 * from the same dataset version.
 */
export class AnswerCache {
  readonly #answers: LRUCache<string, BinaryText>
  #version = ''
  /** Whether the current dataset version is unknown, so that answers may be stale. */
  isStale = false

  /** @param maxBytes memory for all answers */
  constructor(maxBytes: number) {
    this.#answers = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (body, key) => body.length + 2 * key.length + ENTRY_OVERHEAD_BYTES,
    })
  }

  /** The dataset version of the cached answers. */
  get version(): string {
    return this.#version
  }

  /** Number of cached answers. */
  get size(): number {
    return this.#answers.size
  }

  /** Estimated memory of all cached answers, in bytes. */
  get bytes(): number {
    return this.#answers.calculatedSize
  }

  /** Returns the body of an answer, if it is cached. */
  get(key: string): BinaryText | undefined {
    return this.#answers.get(key)
  }

  /** Adds an answer. If its dataset version is new, removes all other answers first. */
  set(key: string, { body, version }: Answer): void {
    this.useVersion(version)
    this.#answers.set(key, body)
  }

  /** Sets the dataset version, and removes all answers from any other version. */
  useVersion(version: string): void {
    if (version === this.#version) return
    this.#version = version
    this.#answers.clear()
  }
}

/**
 * Checks the dataset version every second. Removes answers from other versions, and marks answers as stale after a
 * failed check, or if the last successful check began too long ago. The time at which the result of a check arrives
 * does not count, because a result can arrive late, when all replicas have already been lost.
 */
export function keepChecking(cache: AnswerCache, check: () => Promise<Checked>): void {
  let since = performance.now()
  const update = () => {
    cache.isStale = performance.now() - since > STALE_AFTER_MS
  }
  setInterval(() => {
    if (!cache.isStale) update()
    void check().then(
      (checked) => {
        cache.useVersion(checked.version)
        since = checked.since
        update()
      },
      () => {
        cache.isStale = true
      },
    )
  }, CHECK_MS)
}
