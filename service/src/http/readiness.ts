/** Lets the primary process find out whether an HTTP process is ready, by messages between the processes. */
import cluster, { type Worker } from 'node:cluster'
import { RankingRejectedError } from '../ranking/pool.ts'

const TYPE = 'autocomplete:ready'

/** A question of the primary process, and the answer of an HTTP process. */
interface ReadinessMessage {
  type: typeof TYPE
  id: number
  /** The dataset version, if the HTTP process is ready. */
  version?: string
}

/** Answers the questions of the primary process. Call it in an HTTP process. */
export function answerReadiness(ready: () => Promise<string>): void {
  process.on('message', (message: ReadinessMessage) => {
    if (message?.type !== TYPE) return
    // If the primary process has ended, there is no one to answer.
    const answer = (version?: string) => process.send?.({ ...message, version }, undefined, undefined, () => {})
    ready().then(answer, () => answer())
  })
}

/** Asks the HTTP processes whether they are ready. Create one in the primary process. */
export class Readiness {
  readonly #timeoutMs: number
  readonly #takers = new Map<number, (version: string | undefined) => void>()
  #lastId = 0

  /** @param timeoutMs time limit for the answers, in milliseconds */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
    cluster.on('message', (_: Worker, message: ReadinessMessage) => {
      if (message?.type === TYPE) this.#takers.get(message.id)?.(message.version)
    })
  }

  /**
   * Resolves with the dataset version of the first HTTP process that is ready.
   * @throws {RankingRejectedError} if none is ready within the time limit
   */
  async any(): Promise<string> {
    this.#lastId += 1
    const id = this.#lastId
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected())
    let unanswered = workers.length
    let timer: NodeJS.Timeout | undefined
    const version = await new Promise<string | undefined>((resolve) => {
      if (unanswered === 0) resolve(undefined)
      timer = setTimeout(resolve, this.#timeoutMs, undefined)
      this.#takers.set(id, (version) => {
        unanswered -= 1
        if (version !== undefined || unanswered === 0) resolve(version)
      })
      // A process that has died does not answer in time.
      for (const worker of workers) worker?.send({ type: TYPE, id } satisfies ReadinessMessage, () => {})
    })
    clearTimeout(timer)
    this.#takers.delete(id)
    if (version === undefined) throw new RankingRejectedError('unavailable', 'no HTTP process is ready')
    return version
  }
}
