/**
 * Costs of a request, a process, and an entry. They are in `generator/costs.json`, as measured by
 * `npm run bench -- --write-costs`.
 */
import { PresetError } from '../preset-error.ts'

/**
 * Contents of `costs.json`, or the error from reading it. With a static import, a broken file would make every command
 * fail with a stack trace.
 */
const committed: Costs | Error = await import('../../costs.json', { with: { type: 'json' } }).then(
  ({ default: costs }) => costs,
  (error: Error) => error,
)

/** CPU time of a request, in microseconds, and latency, at a rate of `requestsPerSecond` per HTTP process. */
export interface LoadCost {
  /** Rate of each HTTP process, and of each worker of the ingress controller. */
  requestsPerSecond: number
  /** The HTTP process with its ranking threads. */
  appMicros: number
  /** The main thread's share of `appMicros`. */
  mainThreadMicros: number
  redisMicros: number
  /** nginx with keep-alive connections to the app. */
  ingressMicros: number
  p50Ms: number
  p99Ms: number
}

/** Measured memory use, in bytes. */
export interface MemoryCost {
  /** An HTTP process under load, without ranking threads. */
  httpProcessBytes: number
  rankingThreadBytes: number
  /** An open client connection of an HTTP process. */
  httpConnectionBytes: number
  /** A dataset entry in the index of an HTTP process, which its ranking threads share. */
  appEntryBytes: number
  /** Additional memory per entry while an index is loaded. */
  appLoadingBytes: number
  /** Redis without data. */
  redisBaseBytes: number
  redisEntryBytes: number
  /** A connected Redis client. */
  redisClientBytes: number
}

/** The measured costs, and the environment of the measurement. */
export interface Costs {
  measured: {
    date: string
    machine: string
    os: string
    node: string
    redis: string
    nginx: string
    client: string
    rounds: number
    entries: number
  }
  /** Sorted by rate. */
  load: LoadCost[]
  memory: MemoryCost
}

/** CPU use in CPUs: 0.5 is half a CPU. */
export interface CpuUse {
  app: number
  mainThread: number
  redis: number
  ingress: number
}

/**
 * Returns the committed costs.
 * @throws {PresetError} if the model cannot use them
 */
export function readCosts(): Costs {
  const fail = (problem: string) =>
    new PresetError(`generator/costs.json${problem}; measure again with npm run bench -- --write-costs`)
  if (committed instanceof Error) throw fail(' is missing, or is not JSON')
  const [problem] = costsProblems(committed)
  if (problem) throw fail(`: ${problem}`)
  return committed
}

const LOAD_KEYS = [
  ...['requestsPerSecond', 'appMicros', 'mainThreadMicros', 'redisMicros', 'ingressMicros', 'p50Ms', 'p99Ms'],
] as (keyof LoadCost)[]
const MEMORY_KEYS = [
  ...['httpProcessBytes', 'rankingThreadBytes', 'httpConnectionBytes', 'appEntryBytes', 'appLoadingBytes'],
  ...['redisBaseBytes', 'redisEntryBytes', 'redisClientBytes'],
] as (keyof MemoryCost)[]
const TEXT_KEYS = ['date', 'machine', 'os', 'node', 'redis', 'nginx', 'client'] as const
/** Highest plausible rate, latency in ms, or CPU time in µs. A higher value cannot be a measurement. */
const MAX_LOAD_VALUE = 1e6

/** Returns the reasons why the model cannot use the costs, one clause each. */
export function costsProblems(costs: Costs): string[] {
  const { measured, load, memory } = (costs ?? {}) as Partial<Costs>
  const shown = (value: unknown) => JSON.stringify(value) ?? 'nothing'
  const problems: string[] = []
  for (const key of TEXT_KEYS) {
    if (typeof measured?.[key] !== 'string')
      problems.push(`measured.${key} must be a string, got ${shown(measured?.[key])}`)
  }
  for (const key of MEMORY_KEYS) {
    if (!isAmount(memory?.[key])) problems.push(`memory.${key} must be 0 or more bytes, got ${shown(memory?.[key])}`)
  }
  if (!Array.isArray(load) || load.length === 0) return [...problems, 'no rate was measured']
  for (const [at, row] of load.entries()) {
    for (const key of LOAD_KEYS) {
      if (isAmount(row?.[key]) && row[key] <= MAX_LOAD_VALUE) continue
      problems.push(`load[${at}].${key} must be a number from 0 to ${MAX_LOAD_VALUE}, got ${shown(row?.[key])}`)
    }
  }
  if (problems.length > 0) return problems
  for (const [at, row] of load.entries()) {
    const before = load[at - 1]
    if (!(row.requestsPerSecond > 0 && row.mainThreadMicros > 0 && row.appMicros >= row.mainThreadMicros)) {
      problems.push(
        `load[${at}] must have requestsPerSecond and mainThreadMicros above 0, and appMicros of at least mainThreadMicros, got ${row.requestsPerSecond}, ${row.mainThreadMicros}, and ${row.appMicros}`,
      )
    } else if (before && !(row.requestsPerSecond > before.requestsPerSecond)) {
      problems.push(`the rates must be in ascending order, got ${before.requestsPerSecond}, ${row.requestsPerSecond}`)
    } else if (before && coresOf(row).app <= coresOf(before).app) {
      problems.push(
        `${row.requestsPerSecond} requests/s took no more CPU than ${before.requestsPerSecond}, so the machine was too busy to measure`,
      )
    }
  }
  return problems
}

const isAmount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0

/**
 * Returns the CPU use of an HTTP process, of Redis for the queries of this process, and of an ingress worker at a given
 * rate. Interpolates linearly between the measured rates. Below the lowest and above the highest measured rate, the cost
 * of a request is assumed to stay the same. In fact, it decreases as the rate rises, because more requests share a ranking
 * task and a round trip.
 * @param rate requests per second per HTTP process
 */
export function cpuUse({ load }: Costs, rate: number): CpuUse {
  const at = load.findIndex(({ requestsPerSecond }) => requestsPerSecond >= rate)
  if (at <= 0) {
    const row = load.at(at) as LoadCost
    return scale(coresOf(row), rate / row.requestsPerSecond)
  }
  const [below, above] = load.slice(at - 1, at + 1) as [LoadCost, LoadCost]
  const share = (rate - below.requestsPerSecond) / (above.requestsPerSecond - below.requestsPerSecond)
  return add(scale(coresOf(below), 1 - share), scale(coresOf(above), share))
}

const coresOf = (row: LoadCost): CpuUse => ({
  app: (row.requestsPerSecond * row.appMicros) / 1e6,
  mainThread: (row.requestsPerSecond * row.mainThreadMicros) / 1e6,
  redis: (row.requestsPerSecond * row.redisMicros) / 1e6,
  ingress: (row.requestsPerSecond * row.ingressMicros) / 1e6,
})

const scale = ({ app, mainThread, redis, ingress }: CpuUse, by: number): CpuUse => ({
  app: app * by,
  mainThread: mainThread * by,
  redis: redis * by,
  ingress: ingress * by,
})

const add = (a: CpuUse, b: CpuUse): CpuUse => ({
  app: a.app + b.app,
  mainThread: a.mainThread + b.mainThread,
  redis: a.redis + b.redis,
  ingress: a.ingress + b.ingress,
})
