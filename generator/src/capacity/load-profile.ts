/** Load tests, and how many users they need. A user sends a request, waits for the answer, pauses, and repeats this. */

/**
 * A closed loop, as in Locust: each second, `spawnRate` users start, until `users` are running. The run ends after
 * `runTime`.
 */
export interface UsersProfile {
  users: number
  spawnRate: number
  /** Duration in the notation of Locust and k6, such as `5m` or `30s`. */
  runTime: string
}

/** An open loop: `arrivalRate` requests start each second, even if earlier ones are still in flight. */
export interface ArrivalProfile {
  arrivalRate: number
  /** Maximum number of requests in flight. */
  maxInFlight: number
  runTime: string
}

export type LoadProfile = UsersProfile | ArrivalProfile

/** Pause between two letters that a user types, in seconds. It is uniformly distributed from min to max. */
export interface Wait {
  minSeconds: number
  maxSeconds: number
}

/** Typing behavior and runs of a load test. */
export interface LoadTest {
  wait: Wait
  /** Timeout in seconds. It applies separately to connecting and to each request. */
  timeoutSeconds: number
  /** Number of connections that all users share. */
  connections: number
  /** Profile that runs by default. */
  defaultProfile: string
  profiles: Record<string, LoadProfile>
}

/** Target of a preset, which its load test checks. */
export interface Target {
  /** Requests per second. */
  qps: number
  /** 95th and 99th percentile of the latency, in milliseconds. */
  p95Ms: number
  p99Ms: number
  /** Maximum share of failed requests. */
  errorRate: number
}

/** Load test of the reference report: pause, connection pool, timeout, and three runs. */
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

/** Names of the reference report's runs, which every preset has. */
export const REFERENCE_RUNS: readonly string[] = Object.keys(REFERENCE.runs)

const meanSeconds = ({ minSeconds, maxSeconds }: Wait) => (minSeconds + maxSeconds) / 2

/**
 * Returns the maximum rate that `users` can reach, in requests per second, by Little's law: users / (mean pause +
 * latency).
 * @param latencySeconds mean latency; 0 gives the upper limit for any system
 */
export function reachableRate(users: number, wait: Wait, latencySeconds: number): number {
  return users / (meanSeconds(wait) + latencySeconds)
}

/**
 * Returns the minimum number of users that can send `rate` requests per second. This is the inverse of {@link
 * reachableRate}.
 */
export function usersFor(rate: number, wait: Wait, latencySeconds: number): number {
  // Remove floating-point errors first: 24000 * 0.15 is 3600.0000000000005, which would be rounded up to 3601.
  return Math.ceil(Number((rate * (meanSeconds(wait) + latencySeconds)).toFixed(6)))
}

const RUN_TIME = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/

/** Converts a run time such as `90s`, `5m`, or `1h30m` to seconds. Returns undefined if it is malformed. */
export function runTimeSeconds(runTime: string): number | undefined {
  const match = RUN_TIME.exec(runTime)
  if (!match || runTime === '') return undefined
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return hours * 3600 + minutes * 60 + seconds
}

/**
 * Returns the mean rate over a whole run whose final rate is `qps`. While users are being started, the mean rate is
 * half of `qps`.
 * @returns requests per second, rounded down; 0 if the run ends before all users have started
 */
export function meanRate(qps: number, { users, spawnRate, runTime }: UsersProfile): number {
  const seconds = runTimeSeconds(runTime) ?? 0
  const ramp = users / spawnRate
  return ramp >= seconds ? 0 : Math.floor(qps * (1 - ramp / 2 / seconds))
}

/**
 * Returns the load test for a target: the three runs of the reference report, a closed loop with enough users for the
 * target, and an open loop at the target rate. The closed loop assumes a mean latency of half the p95.
 * @param runTime run time of the closed loop and of the open loop for the target
 */
export function loadTestFor({ qps, p95Ms, p99Ms }: Target, runTime: string): LoadTest {
  const { wait, runs, timeoutSeconds } = REFERENCE
  const users = usersFor(qps, wait, p95Ms / 2 / 1000)
  // Start all users within the first twentieth of the run.
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
