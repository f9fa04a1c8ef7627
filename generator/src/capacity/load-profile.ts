/** How many users a load test needs. A user sends a request, waits for its answer, pauses, and sends the next. */

/** A Locust-style run, a closed loop: users appear at `spawnRate` a second until there are `users`; it ends after `runTime`. */
export interface UsersProfile {
  users: number
  spawnRate: number
  /** As Locust and k6 write it, such as `5m` or `30s`. */
  runTime: string
}

/** An open loop: `arrivalRate` requests start each second, whether or not others were answered. */
export interface ArrivalProfile {
  arrivalRate: number
  /** Requests that may be waiting for their answers at once. */
  maxInFlight: number
  runTime: string
}

export type LoadProfile = UsersProfile | ArrivalProfile

/** The pause between two letters, uniform from min to max, in seconds. */
export interface Wait {
  minSeconds: number
  maxSeconds: number
}

/** How the load test types, and the runs to choose from. */
export interface LoadTest {
  wait: Wait
  /** Seconds that connecting and that answering may take. */
  timeoutSeconds: number
  /** Connections that all users share. */
  connections: number
  /** The profile that runs when none is named. */
  defaultProfile: string
  profiles: Record<string, LoadProfile>
}

/** What a preset promises, and what its load test checks. */
export interface Target {
  /** Requests a second. */
  qps: number
  /** Latencies that 95 % and 99 % of the requests stay under, in milliseconds. */
  p95Ms: number
  p99Ms: number
  /** Failed requests at most, as a share of all. */
  errorRate: number
}

/** Load test of the reference report: its pause, its pool of connections, its timeout, and its three runs. */
const REFERENCE = {
  wait: { minSeconds: 0.05, maxSeconds: 0.2 },
  timeoutSeconds: 120,
  connections: 12_000,
  runs: {
    '100-users': { users: 100, spawnRate: 10, runTime: '5m' },
    '1000-users': { users: 1000, spawnRate: 50, runTime: '10m' },
    '2000-users': { users: 2000, spawnRate: 100, runTime: '15m' },
  },
}

/** Names of the runs of the reference report, which every preset has. */
export const REFERENCE_RUNS: readonly string[] = Object.keys(REFERENCE.runs)

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
export function meanRate(qps: number, { users, spawnRate, runTime }: UsersProfile): number {
  const seconds = runTimeSeconds(runTime) ?? 0
  const ramp = users / spawnRate
  return ramp >= seconds ? 0 : Math.floor(qps * (1 - ramp / 2 / seconds))
}

/**
 * The load test of a target: the three runs of the reference report, one with users enough for the target (a closed loop), and one that sends the
 * target's rate whatever the latency (an open loop). The closed loop allows for a mean latency of half the p95.
 * @param runTime of the two last
 */
export function loadTestFor({ qps, p95Ms, p99Ms }: Target, runTime: string): LoadTest {
  const { wait, runs, timeoutSeconds } = REFERENCE
  const users = usersFor(qps, wait, p95Ms / 2 / 1000)
  // A twentieth of the run brings the users up, but never slower than ten a second.
  const spawnRate = Math.max(10, Math.ceil(users / ((runTimeSeconds(runTime) as number) / 20) / 10) * 10)
  return {
    wait,
    timeoutSeconds,
    connections: Math.max(REFERENCE.connections, users),
    defaultProfile: 'target',
    profiles: {
      ...runs,
      target: { users, spawnRate, runTime },
      'arrival-rate': { arrivalRate: qps, maxInFlight: Math.ceil((qps * p99Ms) / 1000) + 1, runTime },
    },
  }
}
