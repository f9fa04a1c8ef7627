/** What the load generators cost, from what was measured in each round. */
import { type Goal, ratioGoal, roundedSpread, toGoal } from '../goals.ts'
import type { Machine } from '../machine.ts'
import { ratioOf, type Spread, spreadOf } from '../statistics.ts'

/** CPU of a request: that of others, as a multiple of ours. */
const MIN_TIMES_LOCUST = 5
const MIN_TIMES_K6 = 3
/** CPU of a request: the dearest number of users, as a multiple of the cheapest. */
const MAX_GROWTH = 1.3
const MAX_IDLE_KIB = 50
/** The p99 of the open loop, as a share of what the stall makes of it by arithmetic. */
const MIN_STALL_SHARE = 0.9

/** What makes the load. */
export type GeneratorName = 'ours' | 'k6' | 'locust' | 'locustShared' | 'wrk'

/** How they are called in tables. */
export const TITLES: Readonly<Record<GeneratorName, string>> = {
  ours: 'k6/x/locust',
  k6: "k6's http.get",
  locust: 'Locust, FastHttpUser',
  locustShared: 'Locust, FastHttpUser, one pool',
  wrk: 'wrk',
}

/** Whether users ask as soon as they are answered, or pause. */
export type Pace = 'hurried' | 'pausing'

/** A load whose CPU time is measured. */
export interface CostName {
  generator: GeneratorName
  pace: Pace
  /** Whether the JSON of every answer is read and compared. */
  isChecked: boolean
}

/** A row's name for people. */
export function titleOf({ generator, pace, isChecked }: CostName): string {
  return `${TITLES[generator]}${pace === 'pausing' ? ', with pauses' : ''}${isChecked ? ', JSON checked' : ''}`
}

/** A number of users who together ask at one rate. */
export interface GrowthName {
  generator: GeneratorName
  users: number
}

/** One measurement of the CPU time. */
export interface CostMeasurement {
  /** CPU microseconds of one request, of all processes of the generator. */
  micros: number
  requestsPerSecond: number
}

/** Users who have asked once and do nothing. */
export interface IdleName {
  generator: GeneratorName
  users: number
}

/** One measurement of the memory. */
export interface IdleMeasurement {
  /** PSS with one user, and what every other one adds. */
  baseBytes: number
  userBytes: number
}

/** What a generator says of the response times. */
export interface LatencyName {
  generator: 'ours' | 'wrk'
  pace: Pace
}

/** Percentiles of response times, in milliseconds. */
export interface Latencies {
  p50Ms: number
  p95Ms: number
  p99Ms: number
}

/** One measurement of the response times. */
export interface LatencyMeasurement extends Latencies {
  requestsPerSecond: number
}

/** A load on a server that does nothing for a while. */
export interface StallName {
  loop: 'open' | 'closed'
}

/** A row as it was measured, with a measurement of each round. */
export type Measured<Name, Measurement> = Name & { measurements: readonly Measurement[] }

/** The same row as medians with their range. */
type Summed<Name, Measurement> = Name & { [Value in keyof Measurement]: Spread }

export type CostRow = Summed<CostName, CostMeasurement> & {
  /** CPU of a request as a multiple of what it is of ours with the same script and pace; null where that is not measured. */
  timesOurs: Spread | null
}
export type GrowthRow = Summed<GrowthName, CostMeasurement>
export type IdleRow = Summed<IdleName, IdleMeasurement>
export type LatencyRow = Summed<LatencyName, LatencyMeasurement>
export type StallRow = Summed<StallName, LatencyMeasurement>

/** All that was measured. */
export interface Measurements {
  costs: readonly Measured<CostName, CostMeasurement>[]
  growth: readonly Measured<GrowthName, CostMeasurement>[]
  idle: readonly Measured<IdleName, IdleMeasurement>[]
  latencies: readonly Measured<LatencyName, LatencyMeasurement>[]
  stalls: readonly Measured<StallName, LatencyMeasurement>[]
}

/** The load on the server that stalls. */
export interface StallCircumstances {
  requestsPerSecond: number
  /** How long the load lasts, and how long of it the server does nothing. */
  seconds: number
  stallSeconds: number
  /** Users of the closed loop. */
  users: number
}

/** Under what circumstances everything was measured. */
export interface LoadgenCircumstances extends Machine {
  k6: string
  /** Null where Locust could not be had. */
  locust: string | null
  python: string | null
  wrk: string
  rounds: number
  /** Seconds that count of each cost in each round, and of each number of users. */
  seconds: number
  growthSeconds: number
  /** Users who do not pause, each on a connection of its own, and users who do. */
  users: number
  pausingUsers: number
  /** Requests a second of any number of users. */
  growthRate: number
  stall: StallCircumstances
  answerBytes: number
}

/** What `npm run bench:loadgen` finds out. */
export interface LoadgenResult {
  measured: LoadgenCircumstances
  costs: CostRow[]
  growth: GrowthRow[]
  idle: IdleRow[]
  latencies: LatencyRow[]
  stalls: StallRow[]
  /** By arithmetic, what the stall makes of the percentiles when it hides from nobody. */
  expectedStall: Latencies
  goals: Goal[]
}

/** Medians of all rows, with their range, and which goals are reached. */
export function loadgenOf(measurements: Measurements, stall: StallCircumstances): Omit<LoadgenResult, 'measured'> {
  const { costs, growth, idle, latencies, stalls } = measurements
  const expectedStall = expectedLatencies(stall)
  return {
    costs: costs.map((row) => ({ ...summed(row, 2), timesOurs: timesOurs(row, costs) })),
    growth: growth.map((row) => summed(row, 2)),
    idle: idle.map((row) => summed(row, 0)),
    latencies: latencies.map((row) => summed(row, 3)),
    stalls: stalls.map((row) => summed(row, 3)),
    expectedStall,
    goals: goalsOf(measurements, expectedStall),
  }
}

/**
 * The percentiles of requests that start at a constant rate, when the server does nothing once: the requests of that time wait
 * between all of it and not at all, evenly, and the others not at all.
 */
export function expectedLatencies({ seconds, stallSeconds }: StallCircumstances): Latencies {
  const waitOf = (share: number) => Math.max(0, stallSeconds - (1 - share) * seconds) * 1000
  return { p50Ms: waitOf(0.5), p95Ms: waitOf(0.95), p99Ms: waitOf(0.99) }
}

function summed<Name extends object, Measurement extends object>(
  { measurements, ...name }: Measured<Name, Measurement>,
  decimals: number,
): Summed<Name, Measurement> {
  const [first] = measurements as readonly [Measurement]
  const values = Object.keys(first).map((key) => {
    const spread = spreadOf(measurements.map((measurement) => measurement[key as keyof Measurement] as number))
    return [key, roundedSpread(spread, decimals)]
  })
  return { ...name, ...Object.fromEntries(values) }
}

const micros = ({ measurements }: { measurements: readonly CostMeasurement[] }) =>
  measurements.map(({ micros }) => micros)

function timesOurs(row: Measurements['costs'][number], costs: Measurements['costs']): Spread | null {
  const ours = findCost(costs, { ...row, generator: 'ours' })
  return ours ? roundedSpread(ratioOf(micros(row), micros(ours)), 2) : null
}

function findCost(costs: Measurements['costs'], { generator, pace, isChecked }: CostName) {
  return costs.find((row) => row.generator === generator && row.pace === pace && row.isChecked === isChecked)
}

function goalsOf({ costs, growth, idle, stalls }: Measurements, expected: Latencies): Goal[] {
  const times = (generator: GeneratorName) => {
    const row = findCost(costs, { generator, pace: 'hurried', isChecked: false })
    return row ? timesOurs(row, costs) : null
  }
  const ours = growth.filter(({ generator }) => generator === 'ours')
  const counts = ours.map(({ users }) => users)
  const range = `${Math.min(...counts).toLocaleString('en-US')} to ${Math.max(...counts).toLocaleString('en-US')}`
  const open = stalls.find(({ loop }) => loop === 'open')
  return [
    toGoal(
      ratioGoal(
        `CPU of a request of ${TITLES.locust}, to that of ${TITLES.ours}`,
        times('locust'),
        'at least',
        MIN_TIMES_LOCUST,
      ),
    ),
    toGoal(
      ratioGoal(`CPU of a request of ${TITLES.k6}, to that of ${TITLES.ours}`, times('k6'), 'at least', MIN_TIMES_K6),
    ),
    toGoal(
      ratioGoal(
        `CPU of a request of ${TITLES.ours} with ${range} users at one rate, the dearest to the cheapest`,
        growthRatio(ours),
        'at most',
        MAX_GROWTH,
      ),
    ),
    idleGoal(idle.find(({ generator }) => generator === 'ours')),
    toGoal(
      ratioGoal(
        'p99 of an open loop when the server stalls, to what it is by arithmetic',
        open ? ratioOf(...p99Ratio(open, expected)) : null,
        'at least',
        MIN_STALL_SHARE,
      ),
    ),
  ]
}

/** The dearest to the cheapest, of each round. */
function growthRatio(rows: Measurements['growth']): Spread | null {
  const [first] = rows
  if (!first) return null
  const ofRound = (round: number) => rows.map((row) => micros(row)[round] as number)
  return spreadOf(first.measurements.map((_, round) => Math.max(...ofRound(round)) / Math.min(...ofRound(round))))
}

function idleGoal(ours: Measurements['idle'][number] | undefined): Goal {
  const kib = ours && spreadOf(ours.measurements.map(({ userBytes }) => userBytes / 1024))
  return {
    what: `memory of an idle user of ${TITLES.ours}${ours ? `, of ${ours.users.toLocaleString('en-US')}` : ''}`,
    wanted: `at most ${MAX_IDLE_KIB} KiB`,
    measured: kib ? `${kib.median.toFixed(1)} KiB` : '',
    isReached: kib ? kib.median <= MAX_IDLE_KIB : null,
  }
}

const p99Ratio = (row: Measurements['stalls'][number], { p99Ms }: Latencies): [number[], number[]] => [
  row.measurements.map((measurement) => measurement.p99Ms),
  row.measurements.map(() => p99Ms),
]
