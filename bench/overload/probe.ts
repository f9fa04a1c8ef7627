import { Agent, get } from 'node:http'
import { pause } from '../load.ts'

/** Milliseconds that a probe waits for its answer: longer than the service's own timeout for a query. */
const TIMEOUT_MS = 3000

/** One request: the time of its answer (see `performance.now`), and whether it was 200 within the budget. */
export interface Probe {
  answeredAt: number
  isGood: boolean
}

/**
 * Where and when to send probes. `from` and `until` are times of `performance.now`. An answer is good if its status is
 * 200 and it arrives within `budgetMs`.
 */
export interface Probing {
  url: string
  /** The paths of the requests, in order. They are repeated if there are more probes than paths. */
  paths: readonly string[]
  from: number
  until: number
  perSecond: number
  budgetMs: number
}

/** Sends requests at even intervals, however slow the answers are. Resolves when all answers have arrived. */
export async function probe(
  { url, paths, from, until, perSecond, budgetMs }: Probing,
  signal: AbortSignal,
): Promise<Probe[]> {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true })
  const ask = (path: string) =>
    new Promise<Probe>((resolve) => {
      const asked = performance.now()
      const settle = (isOk: boolean) => {
        const answeredAt = performance.now()
        resolve({ answeredAt, isGood: isOk && answeredAt - asked <= budgetMs })
      }
      const request = get({ agent, hostname, port, path, timeout: TIMEOUT_MS }, (response) => {
        response.resume().once('end', () => settle(response.statusCode === 200))
        response.once('error', () => settle(false))
      })
      request.once('timeout', () => request.destroy())
      request.once('error', () => settle(false))
    })
  const probes: Promise<Probe>[] = []
  try {
    for (let due = from; due < until; due += 1000 / perSecond) {
      const left = due - performance.now()
      if (left > 0) await pause(left / 1000, signal)
      probes.push(ask(paths[probes.length % paths.length] as string))
    }
    return await Promise.all(probes)
  } finally {
    agent.destroy()
  }
}

/** Returns the seconds from `end` to the last answer that was not good, or 0 if all later answers were good. */
export function recoverySeconds(probes: readonly Probe[], end: number): number {
  const last = Math.max(end, ...probes.filter(({ isGood }) => !isGood).map(({ answeredAt }) => answeredAt))
  return (last - end) / 1000
}
