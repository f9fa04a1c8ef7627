import { LRUCache } from 'lru-cache'
import type { Answer } from '../ranking/pool.ts'
import type { BinaryText } from '../text/strings.ts'

/** Memory of a cached answer besides the characters of its two strings, measured as heap growth for short answers. */
const ENTRY_OVERHEAD_BYTES = 184

/** Time between two checks of the dataset version, in milliseconds. Until then, the cache may answer from replaced data. */
const CHECK_MS = 1000

/** Keeps the latest answers by the address of the request, within a memory limit. All have the same dataset version. */
export class AnswerCache {
  readonly #answers: LRUCache<string, BinaryText>
  #version = ''
  /** Whether the current dataset version is unknown, so that answers may be stale. */
  isStale = false

  /** @param maxBytes memory for all answers */
  constructor(maxBytes: number) {
    this.#answers = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (body, url) => body.length + url.length + ENTRY_OVERHEAD_BYTES,
    })
  }

  /** The dataset version of the answers. */
  get version(): string {
    return this.#version
  }

  /** Number of answers. */
  get size(): number {
    return this.#answers.size
  }

  /** Estimated memory of all answers, in bytes. */
  get bytes(): number {
    return this.#answers.calculatedSize
  }

  /** The body of an answer, if it is cached. */
  get(url: string): BinaryText | undefined {
    return this.#answers.get(url)
  }

  /** Adds an answer. */
  set(url: string, { body, version }: Answer): void {
    this.useVersion(version)
    this.#answers.set(url, body)
  }

  /** Removes all answers of other versions. */
  useVersion(version: string): void {
    if (version === this.#version) return
    this.#version = version
    this.#answers.clear()
  }
}

/** Checks the dataset version every second. Removes answers of other versions, and marks answers as stale while no version is known. */
export function keepChecking(cache: AnswerCache, versionNow: () => Promise<string>): void {
  let isWaiting = false
  setInterval(() => {
    // The last check is still unanswered.
    if (isWaiting) cache.isStale = true
    isWaiting = true
    void versionNow()
      .then(
        (version) => {
          cache.useVersion(version)
          cache.isStale = false
        },
        () => {
          cache.isStale = true
        },
      )
      .finally(() => {
        isWaiting = false
      })
  }, CHECK_MS)
}
