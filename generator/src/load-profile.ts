/** How many users a load test needs. A user sends a request, waits for its answer, pauses, and sends the next. */

/** A Locust-style run: users appear at `spawnRate` a second until there are `users`; it ends after `runTime`. */
export interface LoadProfile {
  users: number
  spawnRate: number
  /** As Locust and k6 write it, such as `5m` or `30s`. */
  runTime: string
}

/** The pause between two letters, uniform from min to max, in seconds. */
export interface Wait {
  minSeconds: number
  maxSeconds: number
}

const meanSeconds = ({ minSeconds, maxSeconds }: Wait) => (minSeconds + maxSeconds) / 2

/**
 * The most requests a second that so many users can send, by Little's law: users / (mean pause + latency).
 * @param latencySeconds the mean time an answer takes; 0 gives the bound that no system can pass
 */
export function reachableRate(users: number, wait: Wait, latencySeconds: number): number {
  return users / (meanSeconds(wait) + latencySeconds)
}

/** The fewest users that can send `rate` requests a second; the inverse of {@link reachableRate}. */
export function usersFor(rate: number, wait: Wait, latencySeconds: number): number {
  // Rounded first: 24000 * 0.15 is 3600.0000000000005 in floating point.
  return Math.ceil(Number((rate * (meanSeconds(wait) + latencySeconds)).toFixed(6)))
}

const RUN_TIME = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/

/** Seconds of a run time as Locust writes it: `90s`, `5m`, `1h30m`; undefined when it is none. */
export function runTimeSeconds(runTime: string): number | undefined {
  const match = RUN_TIME.exec(runTime)
  if (!match || runTime === '') return undefined
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return hours * 3600 + minutes * 60 + seconds
}

/**
 * The mean rate over a whole run whose steady rate is `qps`: while users appear, half of it on average.
 * @returns requests a second, rounded down; 0 when the run ends before all users are there
 */
export function meanRate(qps: number, { users, spawnRate, runTime }: LoadProfile): number {
  const seconds = runTimeSeconds(runTime) ?? 0
  const ramp = users / spawnRate
  return ramp >= seconds ? 0 : Math.floor(qps * (1 - ramp / 2 / seconds))
}
