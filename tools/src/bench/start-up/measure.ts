import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from '../../../support/child.ts'
import { UserError } from '../../../support/errors.ts'
import { freePort } from '../../../support/free-port.ts'
import { inRoot, ROOT } from '../../../support/paths.ts'
import { NODE_OPTIONS, SERVICE_MAIN } from '../../../support/service-build.ts'
import { randomFrom, wordsByWeight, zipfPaths } from '../load.ts'
import { type Machine, thisMachine } from '../machine.ts'
import { redisInfo } from '../memory.ts'
import { round, type Spread, spreadOf } from '../statistics.ts'
import type { Surroundings } from '../subject.ts'
import { withStack } from '../with-stack.ts'
import type { ClientOptions, ClientResult } from './client.ts'
import { type Latency, type LatencyWindow, latencyBetween, latencyWindows } from './latency.ts'
import type { TimedRequest } from './load.ts'

const CLIENT = inRoot('tools', 'src', 'bench', 'start-up', 'client.ts')
const HOST = '127.0.0.1'
const SEED = 1
const PATHS = 100_000
const WINDOW_MS = 100

/** How the service is started: with its defaults, or without what it does to be as fast at first as later. */
export const VARIANTS = ['warm-up', 'no warm-up'] as const
export type Variant = (typeof VARIANTS)[number]

const SETTINGS: Record<Variant, Record<string, string>> = {
  'warm-up': {},
  'no warm-up': { WARM_UP_REQUESTS: '0' },
}

/** How much is measured. */
export interface StartUpEffort {
  /** How often everything is measured. */
  rounds: number
  /** Requests a second from the moment on at which the service is ready. */
  rates: readonly number[]
  /** Seconds of load. */
  seconds: number
}

/** The effort of `npm run bench`: about five minutes with ten rounds. */
export const FULL_EFFORT: StartUpEffort = { rounds: 10, rates: [500, 2000], seconds: 5 }

/** How long a start takes, and how fast answers are after it. */
export interface StartUp {
  measured: Machine & { redis: string; rounds: number; entries: number; seconds: number }
  /** Milliseconds from the start of the process to the first 200 of `/ready`. */
  readyMs: Record<Variant, Spread>
  loads: StartUpLoad[]
}

/** Latency of requests of all rounds together, by the time since the service was ready. */
export interface StartUpLoad {
  variant: Variant
  requestsPerSecond: number
  firstSecond: Latency
  lastSecond: Latency
  windows: LatencyWindow[]
}

/** What all parts of a measurement share. */
interface Bench extends Surroundings {
  effort: StartUpEffort
  /** The file of the paths that are asked for. */
  paths: string
  /** The URL of the Redis that every started service reads. */
  redis: string
}

/**
 * Starts the service again and again, with the words that come with the project, and lets users type from the moment on at which
 * it is ready.
 * @throws {UserError} when it does not start, or a request failed
 */
export async function measureStartUp(effort: StartUpEffort, surroundings: Surroundings): Promise<StartUp> {
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-bench-'))
  try {
    const paths = join(folder, 'paths.txt')
    await writeFile(paths, zipfPaths(await wordsByWeight(), PATHS, randomFrom(SEED)).join('\n'))
    return await withStack(surroundings, {}, async (stack, signal) => {
      const redis = stack.redis[0] as string
      const starts = await measureStarts({ ...surroundings, signal, effort, paths, redis })
      return {
        measured: {
          ...thisMachine(),
          redis: await redisInfo(redis, 'redis_version'),
          rounds: effort.rounds,
          entries: stack.entries,
          seconds: effort.seconds,
        },
        ...toResult(starts, effort),
      }
    })
  } finally {
    surroundings.progress.end()
    await rm(folder, { recursive: true, force: true })
  }
}

/** One start of the service. */
interface Start {
  variant: Variant
  requestsPerSecond: number
  readyMs: number
  requests: TimedRequest[]
}

/** In turn, so that what disturbs the machine for a while does not fall on one variant alone. */
async function measureStarts(bench: Bench): Promise<Start[]> {
  const { rounds, rates } = bench.effort
  const starts: Start[] = []
  for (let round = 1; round <= rounds; round++) {
    for (const requestsPerSecond of rates) {
      for (const variant of VARIANTS) {
        bench.progress.step(`round ${round} of ${rounds}: ${variant}, ${requestsPerSecond} requests/s`)
        starts.push(await measureStart(bench, variant, requestsPerSecond, round))
      }
    }
  }
  return starts
}

async function measureStart(
  { effort, paths, redis, signal }: Bench,
  variant: Variant,
  requestsPerSecond: number,
  seed: number,
): Promise<Start> {
  signal.throwIfAborted()
  const port = await freePort()
  const options: ClientOptions = {
    url: `http://${HOST}:${port}`,
    paths,
    requestsPerSecond,
    seconds: effort.seconds,
    seed,
  }
  // In the root, where tsx is found.
  const client = new Child('the client', process.execPath, ['--import', 'tsx', CLIENT, JSON.stringify(options)], {
    cwd: ROOT,
  })
  let service: Child | undefined
  try {
    await client.line(/^started$/, signal)
    const startedAt = performance.timeOrigin + performance.now()
    service = new Child('the service', process.execPath, [...NODE_OPTIONS, SERVICE_MAIN], {
      env: {
        PATH: process.env.PATH,
        HOST,
        PORT: String(port),
        REDIS_NODES: new URL(redis).host,
        ...SETTINGS[variant],
      },
    })
    const failed = service.ended.then((how) => Promise.reject(new UserError(how)))
    const [line] = await Promise.race([client.line(/^\{"readyAt".*/, signal), failed])
    const { readyAt, requests, errors } = JSON.parse(line) as ClientResult
    if (errors > 0) throw new UserError(`at ${requestsPerSecond} requests/s after the start ${errors} requests failed`)
    return { variant, requestsPerSecond, readyMs: readyAt - startedAt, requests }
  } finally {
    await client.stop()
    await service?.stop()
  }
}

function toResult(starts: readonly Start[], { rates, seconds }: StartUpEffort): Pick<StartUp, 'readyMs' | 'loads'> {
  const readyOf = (variant: Variant) =>
    spreadOf(starts.filter((start) => start.variant === variant).map(({ readyMs }) => round(readyMs, 0)))
  const loads = rates.flatMap((requestsPerSecond) =>
    VARIANTS.map((variant): StartUpLoad => {
      const requests = starts
        .filter((start) => start.variant === variant && start.requestsPerSecond === requestsPerSecond)
        .flatMap((start) => start.requests)
      return {
        variant,
        requestsPerSecond,
        firstSecond: someLatency(requests, 0, 1000),
        lastSecond: someLatency(requests, (seconds - 1) * 1000, seconds * 1000),
        windows: latencyWindows(requests, seconds, WINDOW_MS),
      }
    }),
  )
  return { readyMs: { 'warm-up': readyOf('warm-up'), 'no warm-up': readyOf('no warm-up') }, loads }
}

function someLatency(requests: readonly TimedRequest[], fromMs: number, toMs: number): Latency {
  const latency = latencyBetween(requests, fromMs, toMs)
  if (!latency) throw new UserError(`no request was sent from ${fromMs} to ${toMs} ms after the service was ready`)
  return latency
}
