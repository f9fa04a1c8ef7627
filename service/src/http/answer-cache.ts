import { LRUCache } from 'lru-cache'
import type { Answer } from '../ranking/pool.ts'

/** What an entry takes besides the characters of its two strings, by the growth of the heap of Node.js 20: up to so much, for short ones. */
const ENTRY_OVERHEAD_BYTES = 184

/** Answers that were given lately, by the request's address, as many as the memory for them holds. All are of one dataset version. */
export class AnswerCache {
  readonly #answers: LRUCache<string, string>
  #version = ''

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

  /** The body of the answer, when it is known. */
  get(url: string): string | undefined {
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
