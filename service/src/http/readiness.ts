/** Lets the primary process find out whether the HTTP processes are ready, by exchanging messages with them. */
import cluster, { type Worker } from 'node:cluster'
import { RankingRejectedError } from '../ranking/rejections.ts'

const TYPE = 'autocomplete:ready'

/** A question from the primary process, or the answer from an HTTP process. */
interface ReadinessMessage {
  type: typeof TYPE
  id: number
  /** The dataset version, if the HTTP process is ready. */
  version?: string
}

/** Answers questions from the primary process. Must be called in each HTTP process. */
export function answerReadiness(ready: () => Promise<string>): void {
  process.on('message', (message: ReadinessMessage) => {
    if (message?.type !== TYPE) return
    // Ignore the error that occurs if the primary process has ended.
    const answer = (version?: string) => process.send?.({ ...message, version }, undefined, undefined, () => {})
    ready().then(answer, () => answer())
  })
}

/** Asks the HTTP processes whether they are ready. Must be created before the primary process starts them. */
export class Readiness {
  readonly #processes: number
  readonly #timeoutMs: number
  readonly #pending = new Map<number, (version: string | undefined) => void>()
  /** The processes that listen. Only they get connections. */
  readonly #listening = new Set<Worker>()
  /** Whether all processes have listened at the same time at least once. */
  #isStarted = false
  #lastId = 0

  /**
   * @param processes the number of HTTP processes
   * @param timeoutMs timeout for the answers, in milliseconds
   */
  constructor(processes: number, timeoutMs: number) {
    this.#processes = processes
    this.#timeoutMs = timeoutMs
    cluster.on('message', (_: Worker, message: ReadinessMessage) => {
      if (message?.type === TYPE) this.#pending.get(message.id)?.(message.version)
    })
    cluster.on('listening', (worker) => {
      this.#listening.add(worker)
      this.#isStarted ||= this.#listening.size === processes
    })
    // If a connection was being passed to a process that dies, there is no event `disconnect`.
    for (const event of ['disconnect', 'exit']) {
      cluster.on(event, (worker: Worker) => this.#listening.delete(worker))
    }
  }

  /**
   * Resolves with the dataset version if all HTTP processes that listen are ready. A process that is being replaced
   * does not count, because it gets no connections.
   * @throws {RankingRejectedError} if any is not ready within the timeout, or if not all processes have started
   */
  async all(): Promise<string> {
    const workers = [...this.#listening]
    if (!this.#isStarted)
      throw unavailable(`not all HTTP processes are listening (${workers.length} of ${this.#processes})`)
    const versions = await Promise.all(workers.map((worker) => this.#versionOf(worker)))
    const answers = versions.filter((_, at) => this.#listening.has(workers[at] as Worker))
    const ready = answers.filter((version) => version !== undefined)
    if (ready.length < answers.length)
      throw unavailable(`not all HTTP processes are ready (${ready.length} of ${answers.length})`)
    const [version] = ready
    if (version === undefined) throw unavailable('no HTTP process is listening')
    return version
  }

  /** Resolves with the dataset version of an HTTP process, or with undefined if it is not ready. */
  async #versionOf(worker: Worker): Promise<string | undefined> {
    this.#lastId += 1
    const id = this.#lastId
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    const end = () => resolve(undefined)
    const timer = setTimeout(end, this.#timeoutMs)
    worker.once('disconnect', end).once('exit', end)
    this.#pending.set(id, resolve)
    worker.send({ type: TYPE, id } satisfies ReadinessMessage, () => {})
    const version = await promise
    clearTimeout(timer)
    worker.off('disconnect', end).off('exit', end)
    this.#pending.delete(id)
    return version
  }
}

const unavailable = (message: string) => new RankingRejectedError('unavailable', message)
