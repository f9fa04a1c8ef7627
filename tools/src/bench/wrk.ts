import { setTimeout as sleep } from 'node:timers/promises'
import { canInstallDebianPackages, installDebianPackage } from '../../programs/debian.ts'
import { Child } from '../../support/child.ts'
import { UserError } from '../../support/errors.ts'
import { inRoot } from '../../support/paths.ts'
import { capture, findInPath } from '../../support/process.ts'
import type { Progress } from '../../support/progress.ts'

const HOW_TO_GET =
  'install it with your package manager (apt install wrk, brew install wrk), or run this command as root on Debian or Ubuntu'
const SCRIPT = inRoot('tools', 'src', 'bench', 'users.lua')
/** The mean of the script's pause, which is 0.05 to 0.2 s. */
const PAUSE_SECONDS = 0.125

/** What wrk saw. */
export interface WrkResult {
  requests: number
  /** How long it ran. */
  seconds: number
  /** Milliseconds that 50, 90, 95, 99 and 99.9 % of the requests did not exceed. */
  p50Ms: number
  p90Ms: number
  p95Ms: number
  p99Ms: number
  p999Ms: number
  /** Answers of status 400 and above. */
  statusErrors: number
  /** Connections that could not be opened, read, or written, and requests without an answer in time. */
  socketErrors: number
}

/** One run of wrk, with a sample of something at both ends of the window that counts. */
export interface WrkRun<T> {
  result: WrkResult
  before: T
  after: T
  /** From the one sample to the other. */
  seconds: number
}

export interface WrkOptions<T> {
  /** The program. */
  wrk: string
  /** Scheme, host and port. */
  url: string
  /** A file of paths, one a line. */
  paths: string
  /** The line of it to start at; the first when it is not said. */
  startLine?: number
  /** Whether the users pause like people who type, or ask again as soon as they are answered. */
  pace: 'typing' | 'hurried'
  connections: number
  /** Seconds of load before the first sample. */
  warmUpSeconds: number
  /** Seconds of load between the samples. */
  seconds: number
  sample: () => T
  signal: AbortSignal
}

/**
 * The path of wrk: the one in PATH, else Debian's when this is root on Debian or Ubuntu.
 * @throws {UserError} saying how to get it
 */
export async function findWrk(progress: Progress): Promise<string> {
  const inPath = await findInPath('wrk')
  if (inPath) return inPath
  if (await canInstallDebianPackages()) {
    progress.step('installing wrk')
    await installDebianPackage('wrk')
    const installed = await findInPath('wrk')
    if (installed) return installed
  }
  throw new UserError(`wrk is missing; ${HOW_TO_GET}`)
}

/** Its version, such as 4.1.0. */
export async function wrkVersion(wrk: string): Promise<string> {
  // It prints its usage after that, and fails.
  return parseWrkVersion((await capture(wrk, ['--version'])).stdout)
}

/** The version in the first line of `wrk --version`. */
export function parseWrkVersion(text: string): string {
  return /\d+(\.\d+)+/.exec(text)?.[0] ?? 'unknown'
}

/** The connections that make a rate: the users who type pause, and are answered in no time worth counting. */
export function connectionsFor(requestsPerSecond: number): number {
  return Math.max(1, Math.round(requestsPerSecond * PAUSE_SECONDS))
}

/**
 * Lets users ask (users.lua), each on a connection of its own.
 * @throws {UserError} when wrk does not start
 */
export async function runWrk<T>(options: WrkOptions<T>): Promise<WrkRun<T>> {
  const { wrk, url, paths, startLine = 0, pace, connections, warmUpSeconds, seconds, sample, signal } = options
  signal.throwIfAborted()
  const duration = Math.ceil(warmUpSeconds + seconds)
  const load = [`-c${connections}`, '-t1', `-d${duration}s`, '--timeout', '10s']
  const args = [...load, '-s', SCRIPT, url, '--', paths, String(startLine), pace]
  const child = new Child('wrk', wrk, args)
  try {
    await child.line(/^started$/, signal)
    await pause(warmUpSeconds, signal)
    const started = performance.now()
    const before = sample()
    await pause(seconds, signal)
    const after = sample()
    const measured = (performance.now() - started) / 1000
    const [line] = await child.line(/^\{"requests".*/, signal)
    return { result: parseWrk(line), before, after, seconds: measured }
  } finally {
    await child.stop()
  }
}

/** The line that users.lua prints at the end. */
export function parseWrk(line: string): WrkResult {
  const printed = JSON.parse(line) as Record<string, number>
  const number = (name: string) => printed[name] as number
  return {
    requests: number('requests'),
    seconds: number('micros') / 1e6,
    p50Ms: number('p50') / 1000,
    p90Ms: number('p90') / 1000,
    p95Ms: number('p95') / 1000,
    p99Ms: number('p99') / 1000,
    p999Ms: number('p999') / 1000,
    statusErrors: number('status'),
    socketErrors: number('connect') + number('read') + number('write') + number('timeout'),
  }
}

/** Waits; an abort rejects with the signal's own reason. */
export async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted())
}
