import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { randomFrom } from '../../tools/support/random.ts'
import { type Judge, type Outcome, STALE_HEADER } from './judge.ts'

/** The number of popular prefixes. Most queries use only these, so their answers are soon cached. */
const FAVORITES = 300
const FAVORITES_SHARE = 0.6
const MAX_LIMIT = 50
/** The share of requests that users cancel if no answer arrives within a random time of at most `CANCEL_WITHIN_MS`. */
const CANCELLED_SHARE = 0.03
const CANCEL_WITHIN_MS = 8
const PAUSE_MS = 25
/**
 * The time after which a request is late, in ms: the service's timeout for a query, plus an allowance for a busy
 * machine.
 */
export const DEADLINE_MS = 2000 + 1500
/** The time that a user waits after a refused connection, in ms. */
const RETRY_MS = 50

/** The outcome of one request. */
export interface Observation {
  outcome: Outcome
  /** When the outcome became known, as returned by `performance.now`. */
  at: number
  ms: number
  /** Why the request was rejected or the answer is wrong. */
  reason?: string | undefined
}

export interface UsersOptions {
  url: string
  judge: Judge
  prefixes: readonly string[]
  count: number
  onObservation(observation: Observation): void
}

/** Users who constantly send queries over kept-alive connections. They cancel some requests early. */
export class Users {
  readonly #options: UsersOptions
  readonly #agent = new Agent({ keepAlive: true })
  readonly #done: Promise<unknown>
  #stopping = false
  /** Resolves when users may continue. */
  #paused: Promise<void> | undefined
  #go = () => {}
  readonly #idle = new Set<number>()
  /** The number of canceled requests. */
  cancelled = 0

  constructor(options: UsersOptions) {
    this.#options = options
    this.#done = Promise.all(Array.from({ length: options.count }, (_, user) => this.#use(user, randomFrom(user + 1))))
  }

  /** Pauses all users until {@link resume}. Resolves when all pending requests are done. */
  async pause(): Promise<void> {
    this.#paused = new Promise((resolve) => {
      this.#go = resolve
    })
    while (this.#idle.size < this.#options.count) await sleep(5)
  }

  resume(): void {
    this.#paused = undefined
    this.#go()
  }

  /** Stops all users. Resolves when all pending requests are done. */
  async stop(): Promise<void> {
    this.resume()
    this.#stopping = true
    await this.#done
    this.#agent.destroy()
  }

  async #use(user: number, random: () => number): Promise<void> {
    const { prefixes, onObservation } = this.#options
    while (!this.#stopping) {
      if (this.#paused) {
        this.#idle.add(user)
        await this.#paused
        this.#idle.delete(user)
        continue
      }
      const isFavorite = random() < FAVORITES_SHARE
      const among = isFavorite ? Math.min(FAVORITES, prefixes.length) : prefixes.length
      const query = prefixes[Math.floor(random() * among)] as string
      const limit = isFavorite ? 10 : 1 + Math.floor(random() * MAX_LIMIT)
      const cancelMs = random() < CANCELLED_SHARE ? random() * CANCEL_WITHIN_MS : undefined
      const observation = await this.#ask(query, limit, cancelMs)
      if (observation) onObservation(observation)
      else this.cancelled += 1
      await sleep(observation?.outcome === 'unreachable' ? RETRY_MS : random() * 2 * PAUSE_MS)
    }
  }

  /** Sends a query. Returns undefined if the request was canceled. */
  #ask(query: string, limit: number, cancelMs: number | undefined): Promise<Observation | undefined> {
    const { url, judge } = this.#options
    const at = performance.now()
    return new Promise((resolve) => {
      const end = (outcome?: Outcome, reason?: string) => {
        clearTimeout(timer)
        const now = performance.now()
        resolve(outcome && { outcome, at: now, ms: now - at, reason })
      }
      const request = get(`${url}/autocomplete?q=${query}&limit=${limit}`, { agent: this.#agent }, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text
        })
        response.on('error', () => end('reset'))
        response.on('end', () => {
          const isMarkedStale = response.headers[STALE_HEADER] !== undefined
          const status = response.statusCode as number
          end(...judge.judge({ query, limit, at }, { status, body, isMarkedStale }))
        })
      })
      const giveUp = () => {
        end(cancelMs === undefined ? 'late' : undefined)
        request.destroy()
      }
      const timer = setTimeout(giveUp, cancelMs ?? DEADLINE_MS)
      request.on('error', ({ code }: NodeJS.ErrnoException) => end(code === 'ECONNREFUSED' ? 'unreachable' : 'reset'))
    })
  }
}
