/** Load by wrk, and the CPU time that servers use meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from '../tools/support/child.ts'
import { UserError } from '../tools/support/errors.ts'
import { inRoot } from '../tools/support/paths.ts'

const SCRIPT = inRoot('bench', 'users.lua')
/** The mean pause of users who type: the script's is 0.05 to 0.2 s. */
const PAUSE_SECONDS = 0.125

/** A load of `connections` users who do not pause, or of users who type and together make `requestsPerSecond`. */
export type Pace = { connections: number } | { requestsPerSecond: number }

/** A load and its users. */
export interface LoadOptions {
  /** The path of wrk. */
  wrk: string
  /** Scheme, host and port. */
  url: string
  /** A file of request paths, one a line. */
  paths: string
  /** The line to start at; the first by default. */
  startLine?: number
  /** Seconds of load before the part that is measured, and of that part. */
  warmUpSeconds: number
  seconds: number
  signal: AbortSignal
}

/** What users saw. The type has an index signature because these are figures of a row. */
export type LoadFigures = Record<'requestsPerSecond' | 'p50Ms' | 'p95Ms' | 'p99Ms' | 'p999Ms', number>

/** Readers of the CPU seconds used so far, by the name of the figure. */
export type CpuReaders = Readonly<Record<string, () => number>>

/**
 * The connections that make a rate when answers take no time.
 * @param requestsPerSecond of users who type
 */
export function connectionsFor(requestsPerSecond: number): number {
  return Math.max(1, Math.round(requestsPerSecond * PAUSE_SECONDS))
}

/**
 * Runs a load, and takes a sample at both ends of the part that is measured.
 * @throws {UserError} if wrk does not start, or if a request fails: an error costs less than an answer
 */
export async function runLoad<T>(
  { wrk, url, paths, startLine = 0, warmUpSeconds, seconds, signal, ...pace }: LoadOptions & Pace,
  sample: () => T,
): Promise<{ figures: LoadFigures; before: T; after: T; seconds: number }> {
  signal.throwIfAborted()
  const isTyping = 'requestsPerSecond' in pace
  const connections = isTyping ? connectionsFor(pace.requestsPerSecond) : pace.connections
  const options = [`-c${connections}`, '-t1', `-d${Math.ceil(warmUpSeconds + seconds)}s`, '--timeout', '10s']
  const script = ['-s', SCRIPT, url, '--', paths, String(startLine), isTyping ? 'typing' : 'hurried']
  const child = new Child('wrk', wrk, [...options, ...script])
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
 * The line that users.lua prints at the end.
 * @param load named in errors
 * @throws {UserError} if a request failed
 */
export function parseWrk(line: string, load: string): LoadFigures {
  const printed = JSON.parse(line) as Record<string, number>
  const of = (name: string) => printed[name] as number
  if (of('status') + of('socket') > 0) {
    const failed = `${of('status')} error responses and ${of('socket')} requests without a response`
    throw new UserError(`${load}: ${failed}, so nothing was measured`)
  }
  const [p50Ms, p95Ms, p99Ms, p999Ms] = ['p50', 'p95', 'p99', 'p999'].map((name) => of(name) / 1000)
  const requestsPerSecond = of('requests') / (of('micros') / 1e6)
  return { requestsPerSecond, p50Ms, p95Ms, p99Ms, p999Ms } as LoadFigures
}

/**
 * Runs a load, and counts the CPU time that is used meanwhile.
 * @returns what users saw, and CPU microseconds of a request by the reader's name
 * @throws {UserError} as {@link runLoad} does
 */
export async function measureLoad<Cpu extends CpuReaders>(
  options: LoadOptions & Pace,
  cpu: Cpu,
): Promise<LoadFigures & Record<keyof Cpu, number>> {
  const names = Object.keys(cpu) as (keyof Cpu)[]
  const run = await runLoad(options, () => names.map((name) => cpu[name]?.() ?? 0))
  const { figures, before, after, seconds } = run
  const micros = names.map((name, at) => {
    const used = (after[at] as number) - (before[at] as number)
    return [name, (used / (figures.requestsPerSecond * seconds)) * 1e6]
  })
  return { ...figures, ...(Object.fromEntries(micros) as Record<keyof Cpu, number>) }
}

/** Waits; an abort rejects with the signal's own reason. */
export async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted())
}
