import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../../support/errors.ts'
import type { Stack } from '../../../support/stack.ts'
import { requireCpuTime, threadCpuSeconds } from '../cpu-time.ts'
import { type LoadResult, measureLoad, measureSaturated, randomFrom, wordsByWeight, zipfPaths } from '../load.ts'
import { thisMachine } from '../machine.ts'
import { openFilesLimit, redisInfo } from '../memory.ts'
import type { Surroundings } from '../subject.ts'
import { withStack } from '../with-stack.ts'
import { connectionsFor, findWrk, wrkVersion } from '../wrk.ts'
import { type CacheMode, type Capacity, type MeasuredMode, type TailResult, tailOf } from './result.ts'

/** How much is measured. */
export interface TailEffort {
  /** How often every load is measured; medians count. */
  rounds: number
  /** Seconds of load before each measurement, and of each. */
  warmUpSeconds: number
  seconds: number
  /** Seconds of each load by which the capacity is looked for. */
  searchSeconds: number
  /** The loads, as shares of the capacity. */
  shares: readonly number[]
  /** Lines of queries for each round. */
  paths: number
}

/** The effort of `npm run bench`: about eight minutes on two CPUs. */
export const FULL_EFFORT: TailEffort = {
  rounds: 5,
  warmUpSeconds: 1,
  seconds: 8,
  searchSeconds: 3,
  shares: [0.3, 0.5, 0.7, 0.85],
  paths: 300_000,
}

/** Users without pauses, whose rate the search begins with. */
const HURRIED_CONNECTIONS = 64
/** The search begins at this share of that rate, and goes up by this factor. */
const FIRST_SHARE = 0.4
const STEP = 1.2
/** The search ends when so many steps in a row did not raise the rate of answers by this factor: one may be a disturbance. */
const GAIN = 1.03
const STEPS_WITHOUT_GAIN = 2
/** Files that wrk needs besides its connections, and this program besides them. */
const OTHER_FILES = 200
/** Above what the search makes, so that nothing is refused while it overloads the service. */
const LIMITS = { HTTP_MAX_CONNECTIONS: 100_000, RANKING_MAX_PENDING: 100_000 }
const MODES: readonly CacheMode[] = ['off', 'on']

/**
 * Measures how long answers take users who type, by how busy the service is.
 * @throws {UserError} when a program cannot be had, a request failed, or too few connections can be opened
 */
export async function measureTail(effort: TailEffort, surroundings: Surroundings): Promise<TailResult> {
  requireCpuTime()
  const { progress } = surroundings
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-bench-'))
  try {
    const wrk = await findWrk(progress)
    const words = await wordsByWeight()
    const paths = join(folder, 'paths.txt')
    const writePaths = (round: number) => writeFile(paths, zipfPaths(words, effort.paths, randomFrom(round)).join('\n'))
    return await withStack(surroundings, { ...LIMITS, CACHE_MAX_MIB: 0 }, (cacheOff, signal) =>
      withStack({ ...surroundings, signal }, LIMITS, async (cacheOn, signal) => {
        const bench: Bench = { ...surroundings, signal, effort, wrk, paths, writePaths }
        const modes = await measureModes(bench, { off: cacheOff, on: cacheOn })
        const measured = {
          ...thisMachine(),
          redis: await redisInfo(cacheOff.redis[0] as string, 'redis_version'),
          client: `wrk ${await wrkVersion(wrk)}`,
          rounds: effort.rounds,
          seconds: effort.seconds,
          entries: cacheOff.entries,
          queries: effort.paths,
        }
        return { measured, ...tailOf(modes) }
      }),
    )
  } finally {
    progress.end()
    await rm(folder, { recursive: true, force: true })
  }
}

/** What all parts of a measurement share. */
interface Bench extends Surroundings {
  effort: TailEffort
  wrk: string
  /** The file of the paths that are asked for. */
  paths: string
  /** Writes the queries of a round, so that no round asks what another has left in the cache. */
  writePaths(round: number): Promise<void>
}

/** Finds both capacities, and measures every load once in each round. */
async function measureModes(bench: Bench, stacks: Readonly<Record<CacheMode, Stack>>): Promise<MeasuredMode[]> {
  const { effort, progress, writePaths } = bench
  await writePaths(0)
  const modes: MeasuredMode[] = []
  for (const cache of MODES) {
    progress.step(`looking for the capacity with the cache ${cache}`)
    const capacity = await findCapacity(bench, stacks[cache])
    modes.push({ cache, capacity, loads: effort.shares.map((share) => ({ share, measurements: [] })) })
  }
  for (let round = 1; round <= effort.rounds; round++) {
    await writePaths(round)
    for (const [at, share] of effort.shares.entries()) {
      for (const { cache, capacity, loads } of modes) {
        progress.step(`round ${round} of ${effort.rounds}: ${share * 100} % of the capacity with the cache ${cache}`)
        const rate = capacity.requestsPerSecond * share
        // The loads of a round ask for different parts of the file.
        const startLine = Math.floor((effort.paths / effort.shares.length) * at)
        const { warmUpSeconds, seconds } = effort
        const load = await measureTyping(bench, stacks[cache], rate, { warmUpSeconds, seconds, startLine })
        loads[at]?.measurements.push(load)
      }
    }
  }
  return modes
}

/**
 * Finds the most requests a second that the service answers users who type: there are more of them at every step, until that does
 * not raise the rate of answers any more, and the highest rate of answers counts. Users without pauses only tell where to begin.
 */
async function findCapacity(bench: Bench, stack: Stack): Promise<Capacity> {
  const { wrk, paths, effort, signal } = bench
  const seconds = effort.searchSeconds
  const load = { wrk, paths, signal, url: stack.url, connections: HURRIED_CONNECTIONS, warmUpSeconds: 1, seconds }
  // The first time the code of the service is still being compiled.
  await measureSaturated(load, {})
  const hurried = await measureSaturated(load, {})
  let best: LoadResult | undefined
  let withoutGain = 0
  // Each step goes on behind the queries of the one before, for those are in the cache.
  let startLine = Math.round(hurried.requestsPerSecond * seconds)
  const mostConnections = openFilesLimit() - OTHER_FILES
  for (
    let rate = hurried.requestsPerSecond * FIRST_SHARE;
    withoutGain < STEPS_WITHOUT_GAIN && connectionsFor(rate) <= mostConnections;
    rate *= STEP
  ) {
    const load = await measureTyping(bench, stack, rate, { warmUpSeconds: 1, seconds, startLine })
    startLine += Math.round(load.requestsPerSecond * (1 + seconds))
    const gained = !best || load.requestsPerSecond > best.requestsPerSecond * GAIN
    withoutGain = gained ? 0 : withoutGain + 1
    if (!best || load.requestsPerSecond > best.requestsPerSecond) best = load
  }
  if (!best)
    throw new UserError(`${mostConnections} connections are too few; raise the limit of open files (ulimit -n)`)
  const { requestsPerSecond, micros } = best
  return {
    requestsPerSecond: Math.round(requestsPerSecond),
    mainThreadShare: ((micros.mainThread as number) * requestsPerSecond) / 1e6,
    withoutPauses: Math.round(hurried.requestsPerSecond),
  }
}

function measureTyping(
  { wrk, paths, signal }: Bench,
  { url, pids }: Stack,
  requestsPerSecond: number,
  run: { warmUpSeconds: number; seconds: number; startLine: number },
): Promise<LoadResult> {
  const cpu = { mainThread: () => threadCpuSeconds(pids.service) }
  return measureLoad({ wrk, paths, signal, url, requestsPerSecond, ...run }, cpu)
}
