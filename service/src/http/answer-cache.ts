import { LRUCache } from 'lru-cache'
import type { Answer } from '../ranking/pool.ts'
import type { BinaryText } from '../text/strings.ts'

/** What an entry takes besides the characters of its two strings, by the growth of the heap of Node.js 20: up to so much, for short ones. */
const ENTRY_OVERHEAD_BYTES = 184

/** How often the cache asks for the version of the data, in milliseconds: so long it may answer from data that has been replaced. */
const CHECK_MS = 1000

/** Answers that were given lately, by the request's address, as many as the memory for them holds. All are of one dataset version. */
export class AnswerCache {
  readonly #answers: LRUCache<string, BinaryText>
  #version = ''
  /** Whether nobody knows now if the version is still the one in use, so that answers may be stale. */
  isStale = false

  /** @param maxBytes what they may take together */
  constructor(maxBytes: number) {
    this.#answers = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (body, url) => body.length + url.length + ENTRY_OVERHEAD_BYTES,
    })
  }

  /** Of the answers. */
  get version(): string {
    return this.#version
  }

  /** How many there are. */
  get size(): number {
    return this.#answers.size
  }

  /** What they take, by the estimate that bounds it. */
  get bytes(): number {
    return this.#answers.calculatedSize
  }

  /** The body of the answer, when it is known. */
  get(url: string): BinaryText | undefined {
    return this.#answers.get(url)
  }

  /** Notes an answer. */
  set(url: string, { body, version }: Answer): void {
    this.useVersion(version)
    this.#answers.set(url, body)
  }

  /** Forgets everything that is of another version. */
  useVersion(version: string): void {
    if (version === this.#version) return
    this.#version = version
    this.#answers.clear()
  }
}

/** Asks for the version of the data again and again, and has the answers of others forgotten, or marked while there is none to be had. */
export function keepChecking(cache: AnswerCache, versionNow: () => Promise<string>): void {
  let isWaiting = false
  setInterval(() => {
    // Whoever is silent for so long may stay so.
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
