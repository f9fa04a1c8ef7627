import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Requests that come when they come, whether or not those before have been answered. */
export interface OpenLoop {
  /** Scheme, host and port. */
  url: string
  /** Asked for in turn. */
  paths: readonly string[]
  requestsPerSecond: number
  seconds: number
  /** Numbers from 0 to 1. */
  random: () => number
}

/** One request: when it was sent, in milliseconds since the first could be, and how many its answer took. */
export type TimedRequest = [sentMs: number, latencyMs: number]

/** What became of an {@link OpenLoop}. */
export interface OpenLoopResult {
  requests: TimedRequest[]
  /** Requests that were not answered with 200. */
  errors: number
}

/**
 * Sends requests at random times, as many users do who know nothing of each other, on connections that are kept; resolves when all
 * are answered.
 */
export async function runOpenLoop({
  url,
  paths,
  requestsPerSecond,
  seconds,
  random,
}: OpenLoop): Promise<OpenLoopResult> {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true })
  const result: OpenLoopResult = { requests: [], errors: 0 }
  const pending: Promise<void>[] = []
  const started = performance.now()
  const send = (path: string) =>
    new Promise<void>((resolve) => {
      const sent = performance.now()
      const fail = () => {
        result.errors += 1
        resolve()
      }
      get({ agent, hostname, port, path }, (response) => {
        response.resume().once('error', fail)
        response.once('end', () => {
          if (response.statusCode !== 200) return fail()
          result.requests.push([sent - started, performance.now() - sent])
          resolve()
        })
      }).once('error', fail)
    })
  // The times between independent arrivals are distributed exponentially.
  const pause = () => (-Math.log(1 - random()) / requestsPerSecond) * 1000
  let due = pause()
  while (due < seconds * 1000) {
    for (const now = performance.now() - started; due <= now && due < seconds * 1000; due += pause()) {
      pending.push(send(paths[pending.length % paths.length] as string))
    }
    await sleep(1)
  }
  await Promise.all(pending)
  agent.destroy()
  return result
}
