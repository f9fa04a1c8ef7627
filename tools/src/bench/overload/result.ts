/** What is found out about overload, from what was measured in each round. */
import { type Goal, roundedSpread, withRange } from '../goals.ts'
import type { Machine } from '../machine.ts'
import { round, type Spread, spreadOf } from '../statistics.ts'

/** Times the peak at which there are goals. */
export const OVERLOAD = 3
/** The share of the peak that is to be left then, how soon a 503 is to come, and how soon all is well when the load has ended. */
const GOALS = { goodShare: 0.9, refusedMs: 5, recoverySeconds: 2 }

/** What the service cannot do more of: its answers wait for a slow Redis, or it has one CPU. */
export type CaseName = 'redis' | 'cpu'

/** What became of the requests of one load, a second. */
export interface Answers {
  /** How many should have been sent. */
  offered: number
  /** 200 within the budget. */
  good: number
  /** 200 after it. */
  late: number
  /** 503. */
  refused: number
  /** Other statuses, and connections that failed. */
  other: number
  /** Left out, as too many were under way. */
  notSent: number
  /** How long they took; null when there were none. */
  goodMs: Percentiles | null
  refusedMs: Percentiles | null
  /** CPUs that the generator used: when it has no more of them, its own lateness is in the times. */
  generatorCpus: number
}

/** Milliseconds. */
export interface Percentiles {
  p50: number
  p99: number
}

/** Good answers a second at one step of the search for the peak. */
export type Step = Pick<Answers, 'offered' | 'good'>

/** A setting that is not the default. */
export interface ChangedSetting {
  name: string
  value: number
}

/** What was measured of one case. */
export interface MeasuredCase {
  name: CaseName
  search: readonly Step[]
  /** The most good answers a second. */
  peak: number
  loads: { factor: number; measurements: Answers[] }[]
  /** After the highest of the loads, in each round. */
  recoverySeconds: number[]
  /** With each setting, and with the defaults, where it is null, at the peak and at so many times it. */
  settings: { changed: ChangedSetting | null; atPeak: Answers; overloaded: Answers }[]
}

/** One load: medians, with their range. */
export interface OverloadLoad {
  /** Times the peak that was asked. */
  factor: number
  offered: Spread
  /** Of the peak. */
  goodShare: Spread
  /** Null where there were none in any round. */
  goodP99Ms: Spread | null
  refusedP50Ms: Spread | null
  refusedP99Ms: Spread | null
  /** A second. */
  late: Spread
  refused: Spread
  other: Spread
  notSent: Spread
  generatorCpus: Spread
}

/** What one setting changes. Shares are of the peak with the defaults. */
export interface SettingRow {
  changed: ChangedSetting | null
  goodShareAtPeak: number
  goodShareOverloaded: number
  /** All of these when overloaded. */
  goodP99Ms: number | null
  refusedP50Ms: number | null
  refusedP99Ms: number | null
}

/** One case. */
export interface OverloadCase {
  name: CaseName
  search: Step[]
  peak: number
  loads: OverloadLoad[]
  recoverySeconds: Spread
  settings: SettingRow[]
}

/** What `npm run bench -- overload` finds out. */
export interface OverloadResult {
  measured: Machine & {
    redis: string
    /** The load generator. */
    client: string
    rounds: number
    /** Seconds that count of each load in each round. */
    seconds: number
    /** Entries of the dataset. */
    entries: number
    /** An answer that takes longer is late. */
    budgetMs: number
    /** How late Redis answers where it is slow. */
    delayMs: number
    /** Requests that are under way at once at most. */
    maxInFlight: number
    /** The service's own limits, by the names of its environment variables. */
    defaults: Record<string, number>
  }
  cases: OverloadCase[]
  goals: Goal[]
}

/** What a case is called. */
export const titleOf = (name: CaseName, delayMs: number): string =>
  name === 'redis' ? `Redis ${delayMs} ms late` : 'one CPU'

/** Medians of all loads, with their range, and whether the goals are reached. */
export function overloadOf(
  measured: readonly MeasuredCase[],
  delayMs: number,
): Pick<OverloadResult, 'cases' | 'goals'> {
  const cases = measured.map(({ name, search, peak, loads, recoverySeconds, settings }) => ({
    name,
    search: search.map(({ offered, good }) => ({ offered: Math.round(offered), good: Math.round(good) })),
    peak: Math.round(peak),
    loads: loads.map((load) => overloadLoad(load, peak)),
    recoverySeconds: roundedSpread(spreadOf(recoverySeconds), 2),
    settings: settings.map((setting) => settingRow(setting, peak)),
  }))
  return { cases, goals: cases.flatMap((one) => goalsOf(one, titleOf(one.name, delayMs))) }
}

function overloadLoad({ factor, measurements }: MeasuredCase['loads'][number], peak: number): OverloadLoad {
  const all = (value: (answers: Answers) => number, decimals = 0) =>
    roundedSpread(spreadOf(measurements.map(value)), decimals)
  const milliseconds = (value: (answers: Answers) => number | undefined) => {
    const values = measurements.map(value).filter((ms) => ms !== undefined)
    return values.length > 0 ? roundedSpread(spreadOf(values), 2) : null
  }
  return {
    factor,
    offered: all(({ offered }) => offered),
    goodShare: all(({ good }) => good / peak, 3),
    goodP99Ms: milliseconds(({ goodMs }) => goodMs?.p99),
    refusedP50Ms: milliseconds(({ refusedMs }) => refusedMs?.p50),
    refusedP99Ms: milliseconds(({ refusedMs }) => refusedMs?.p99),
    late: all(({ late }) => late),
    refused: all(({ refused }) => refused),
    other: all(({ other }) => other, 1),
    notSent: all(({ notSent }) => notSent),
    generatorCpus: all(({ generatorCpus }) => generatorCpus, 2),
  }
}

function settingRow({ changed, atPeak, overloaded }: MeasuredCase['settings'][number], peak: number): SettingRow {
  const milliseconds = (ms: number | undefined) => (ms === undefined ? null : round(ms, 2))
  return {
    changed,
    goodShareAtPeak: round(atPeak.good / peak, 3),
    goodShareOverloaded: round(overloaded.good / peak, 3),
    goodP99Ms: milliseconds(overloaded.goodMs?.p99),
    refusedP50Ms: milliseconds(overloaded.refusedMs?.p50),
    refusedP99Ms: milliseconds(overloaded.refusedMs?.p99),
  }
}

function goalsOf({ loads, recoverySeconds }: OverloadCase, title: string): Goal[] {
  const load = loads.find(({ factor }) => factor === OVERLOAD)
  const { goodShare, refusedP50Ms, refusedP99Ms } = load ?? { goodShare: null, refusedP50Ms: null, refusedP99Ms: null }
  const when = `${OVERLOAD} times the peak, ${title}`
  return [
    {
      what: `good answers at ${when}`,
      wanted: `at least ${GOALS.goodShare * 100} % of the peak`,
      measured: goodShare ? `${percent(goodShare)} %` : '',
      isReached: goodShare && goodShare.median >= GOALS.goodShare,
    },
    {
      what: `99 % of the 503 at ${when}`,
      wanted: `within ${GOALS.refusedMs} ms`,
      measured:
        refusedP99Ms && refusedP50Ms ? `${withRange(refusedP99Ms, 1)} ms; half: ${withRange(refusedP50Ms, 1)} ms` : '',
      isReached: refusedP99Ms && refusedP99Ms.median <= GOALS.refusedMs,
    },
    {
      what: `all answers good after ${when}`,
      wanted: `within ${GOALS.recoverySeconds} s`,
      measured: load ? `${withRange(recoverySeconds, 2)} s` : '',
      isReached: load ? recoverySeconds.median <= GOALS.recoverySeconds : null,
    },
  ]
}

/** A share in percent, with its range. */
export const percent = ({ median, min, max }: Spread): string =>
  withRange({ median: median * 100, min: min * 100, max: max * 100 }, 0)
