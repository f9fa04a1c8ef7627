import type { Logger } from 'pino'
import type { RankingRejectedError } from '../ranking/rejections.ts'

const INTERVAL_MS = 1000

/** Logs rejected queries at most once per second, with their number, because an outage rejects thousands. */
export class RejectionLog {
  readonly #logger: Logger
  #count = 0
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(logger: Logger) {
    this.#logger = logger
  }

  note({ rejection, message }: RankingRejectedError): void {
    // The stop itself is already logged.
    if (rejection === 'stopping') return
    this.#count += 1
    if (performance.now() - this.#loggedAt < INTERVAL_MS) return
    this.#logger.warn({ rejection, count: this.#count }, `queries rejected: ${message}`)
    this.#count = 0
    this.#loggedAt = performance.now()
  }
}
