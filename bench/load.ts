/** Generates load with wrk, and measures the CPU time of servers under this load. */
import { setTimeout as sleep } from 'node:timers/promises'
import { findWrk } from '../tools/programs/wrk.ts'
import { Child } from '../tools/support/child.ts'
import { UserError } from '../tools/support/errors.ts'
import { inRoot } from '../tools/support/paths.ts'
import { NO_PROGRESS } from '../tools/support/progress.ts'
import type { Bench, Rounds } from './harness.ts'

const SCRIPT = inRoot('bench', 'users.lua')
/** The mean pause of typing users, in seconds. Each pause in users.lua takes 0.05 to 0.2 s. */
const PAUSE_SECONDS = 0.125

/** `connections` users who do not pause, or typing users who send `requestsPerSecond` in total. */
export type Pace = { connections: number } | { requestsPerSecond: number }

/** The target, the queries, and the duration of a load. */
export interface LoadOptions {
  /** Scheme, host, and port. */
  url: string
  /** A file with a request path on each line. */
  paths: string
  /** The line to start at; the first by default. */
  startLine?: number
  /** Seconds of the measurement. */
  seconds: number
  /**
   * Seconds of load before the measurement; by default, those of the effort. Typing users start one after another in
   * these seconds.
   */
  warmUpSeconds?: number
}

/** The parts of the context that a load needs. */
type LoadContext = Pick<Bench<Rounds>, 'effort' | 'signal'>

/**
 * The results for the users. This is a type, because an interface cannot be assigned to other types of figures.
 */
export type LoadFigures = Record<'requestsPerSecond' | 'p50Ms' | 'p95Ms' | 'p99Ms' | 'p999Ms', number>

/** Functions that return the CPU seconds used so far, keyed by figure name. */
export type CpuReaders = Readonly<Record<string, () => number>>

/**
 * Returns the number of connections that reach a rate if answers take no time.
 * @param requestsPerSecond the rate of typing users
 */
export function connectionsFor(requestsPerSecond: number): number {
  return Math.max(1, Math.round(requestsPerSecond * PAUSE_SECONDS))
}

/**
 * Runs a load, and takes a sample at the beginning and the end of the measurement.
 * @throws {UserError} if wrk does not start, or if a request fails, because an error costs less than an answer
 */
export async function runLoad<T>(
  { effort, signal }: LoadContext,
  { url, paths, startLine = 0, seconds, warmUpSeconds = effort.warmUpSeconds ?? 0, ...pace }: LoadOptions & Pace,
  sample: () => T,
): Promise<{ figures: LoadFigures; before: T; after: T; seconds: number }> {
  signal.throwIfAborted()
  const isTyping = 'requestsPerSecond' in pace
  const connections = isTyping ? connectionsFor(pace.requestsPerSecond) : pace.connections
  const options = [`-c${connections}`, '-t1', `-d${Math.ceil(warmUpSeconds + seconds)}s`, '--timeout', '10s']
  const users = isTyping ? ['typing', String(connections), String(warmUpSeconds)] : ['nonstop']
  const script = ['-s', SCRIPT, url, '--', paths, String(startLine), ...users]
  const child = new Child('wrk', await findWrk(NO_PROGRESS), [...options, ...script])
  try {
    await child.line(/^started$/, signal)
    await pause(warmUpSeconds, signal)
    const started = performance.now()
    const before = sample()
    await pause(seconds, signal)
    const after = sample()
    const measured = (performance.now() - started) / 1000
    const [line] = await child.line(/^\{"requests".*/, signal)
    return { figures: parseWrk(line, `${connections} connections to ${url}`), before, after, seconds: measured }
  } finally {
    await child.stop()
  }
}

/**
 * Parses the line that users.lua prints at the end.
 * @param load the description of the load in error messages
 * @throws {UserError} if a request failed
 */
export function parseWrk(line: string, load: string): LoadFigures {
  const printed = JSON.parse(line) as Record<string, number>
  const figureOf = (name: string) => printed[name] as number
  if (figureOf('status') + figureOf('socket') > 0) {
    const failed = `${figureOf('status')} error responses and ${figureOf('socket')} requests without a response`
    throw new UserError(`${load}: ${failed}, so nothing was measured`)
  }
  const [p50Ms, p95Ms, p99Ms, p999Ms] = ['p50', 'p95', 'p99', 'p999'].map((name) => figureOf(name) / 1000)
  const requestsPerSecond = figureOf('requests') / (figureOf('micros') / 1e6)
  return { requestsPerSecond, p50Ms, p95Ms, p99Ms, p999Ms } as LoadFigures
}

/**
 * Runs a load, and measures the CPU time that servers use during the load.
 * @returns the results for the users, and the CPU microseconds per request, keyed by reader name
 * @throws {UserError} like {@link runLoad}
 */
export async function measureLoad<Cpu extends CpuReaders>(
  context: LoadContext,
  options: LoadOptions & Pace,
  cpu: Cpu,
): Promise<LoadFigures & Record<keyof Cpu, number>> {
  const names = Object.keys(cpu) as (keyof Cpu)[]
  const run = await runLoad(context, options, () => names.map((name) => cpu[name]?.() ?? 0))
  const { figures, before, after, seconds } = run
  const micros = names.map((name, at) => {
    const used = (after[at] as number) - (before[at] as number)
    return [name, (used / (figures.requestsPerSecond * seconds)) * 1e6]
  })
  return { ...figures, ...(Object.fromEntries(micros) as Record<keyof Cpu, number>) }
}

/** Waits. If the signal is aborted, rejects with its reason. */
export async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted())
}
