/** What is found out about the tail, from what was measured in each round. */
import { type RatioGoal, ratioGoal, roundedSpread } from '../goals.ts'
import type { LoadResult } from '../load.ts'
import type { Machine } from '../machine.ts'
import { ratioOf, round, type Spread, spreadOf } from '../statistics.ts'

/** The share of the capacity at which the tail has a limit, and how many times p50 p99 may be there. */
const GOAL = { share: 0.7, limit: 10 }

/** Whether the service keeps answers. */
export type CacheMode = 'off' | 'on'

/** How much a service can do. */
export interface Capacity {
  /** The most that users who type were answered. */
  requestsPerSecond: number
  /** How much of the time the service's main thread was busy then: near 1, the service and not the client was the limit. */
  mainThreadShare: number
  /** What users were answered who do not pause. */
  withoutPauses: number
}

/** What was measured of one service, each load once in a round. */
export interface MeasuredMode {
  cache: CacheMode
  capacity: Capacity
  loads: { share: number; measurements: LoadResult[] }[]
}

/** How long answers take under one load: medians, with their range. */
export interface TailLoad {
  /** Of the capacity. */
  share: number
  requestsPerSecond: Spread
  p50Ms: Spread
  p95Ms: Spread
  p99Ms: Spread
  p999Ms: Spread
  /** p99 by p50, of each round. */
  p99ToP50: Spread
}

/** One service. */
export interface TailMode {
  cache: CacheMode
  capacity: Capacity
  loads: TailLoad[]
}

/** What `npm run bench -- tail` finds out. */
export interface TailResult {
  measured: Machine & {
    redis: string
    /** The load generator. */
    client: string
    rounds: number
    /** Seconds that count of each load in each round. */
    seconds: number
    /** Entries of the dataset. */
    entries: number
    /** Lines of queries of each round. */
    queries: number
  }
  modes: TailMode[]
  goals: RatioGoal[]
}

/** Medians of all loads, with their range, and whether the goal is reached. */
export function tailOf(measured: readonly MeasuredMode[]): Pick<TailResult, 'modes' | 'goals'> {
  const modes = measured.map(({ cache, capacity, loads }) => ({
    cache,
    capacity: { ...capacity, mainThreadShare: round(capacity.mainThreadShare, 3) },
    loads: loads.map(tailLoad),
  }))
  const goals = modes.map(({ cache, loads }) => {
    const ratio = loads.find(({ share }) => share === GOAL.share)?.p99ToP50 ?? null
    return ratioGoal(
      `p99 to p50 at ${GOAL.share * 100} % of the capacity, cache ${cache}`,
      ratio,
      'at most',
      GOAL.limit,
    )
  })
  return { modes, goals }
}

function tailLoad({ share, measurements }: MeasuredMode['loads'][number]): TailLoad {
  const all = (value: (load: LoadResult) => number) => measurements.map(value)
  const p50 = all(({ p50Ms }) => p50Ms)
  const p99 = all(({ p99Ms }) => p99Ms)
  return {
    share,
    requestsPerSecond: roundedSpread(spreadOf(all(({ requestsPerSecond }) => requestsPerSecond)), 0),
    p50Ms: roundedSpread(spreadOf(p50), 2),
    p95Ms: roundedSpread(spreadOf(all(({ p95Ms }) => p95Ms)), 2),
    p99Ms: roundedSpread(spreadOf(p99), 2),
    p999Ms: roundedSpread(spreadOf(all(({ p999Ms }) => p999Ms)), 2),
    p99ToP50: roundedSpread(ratioOf(p99, p50), 3),
  }
}
