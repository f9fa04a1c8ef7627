import type { Logger } from 'pino'
import type { RankingRefusedError } from '../ranking/pool.ts'

const INTERVAL_MS = 1000

/** Logs rejected queries at most once per second, with their number, because an outage rejects thousands. */
export class RefusalLog {
  readonly #logger: Logger
  #count = 0
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(logger: Logger) {
    this.#logger = logger
  }

  note({ refusal, message }: RankingRefusedError): void {
    // The stop itself is already logged.
    if (refusal === 'stopping') return
    this.#count += 1
    if (performance.now() - this.#loggedAt < INTERVAL_MS) return
    this.#logger.warn({ refusal, count: this.#count }, `queries refused: ${message}`)
    this.#count = 0
    this.#loggedAt = performance.now()
  }
}
