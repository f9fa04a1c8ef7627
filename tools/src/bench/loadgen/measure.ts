import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildK6 } from '../../../programs/go-tools.ts'
import { type PythonEnvironment, pythonEnvironment } from '../../../programs/python-environment.ts'
import type { Child } from '../../../support/child.ts'
import { UserError } from '../../../support/errors.ts'
import { inRoot } from '../../../support/paths.ts'
import { must } from '../../../support/process.ts'
import type { Progress } from '../../../support/progress.ts'
import { cpuSeconds, requireCpuTime } from '../cpu-time.ts'
import { thisMachine } from '../machine.ts'
import { pssBytes } from '../memory.ts'
import type { Surroundings } from '../subject.ts'
import { findWrk, runWrk, wrkVersion } from '../wrk.ts'
import { hurried, type Load, type Programs, startGenerator, startOpenLoop, steady } from './generators.ts'
import {
  type CostMeasurement,
  type CostName,
  type GeneratorName,
  type GrowthName,
  type IdleMeasurement,
  type IdleName,
  type Latencies,
  type LatencyMeasurement,
  type LatencyName,
  type LoadgenCircumstances,
  type LoadgenResult,
  loadgenOf,
  type Measured,
  type Measurements,
  type StallName,
  TITLES,
  titleOf,
} from './result.ts'
import { ANSWER, PATH, startTarget, type Target } from './target.ts'

/** How much is measured. */
export interface LoadgenEffort {
  /** How often everything is measured; medians count. */
  rounds: number
  /** Users who do not pause. */
  users: number
  /** Users who pause. */
  pausingUsers: number
  /** Seconds of load before each measurement of CPU time, of each, and of load behind it, because moments may come late. */
  warmUpSeconds: number
  seconds: number
  marginSeconds: number
  growth: {
    /** Requests a second of all users together. */
    requestsPerSecond: number
    seconds: number
    users: readonly (readonly [GeneratorName, readonly number[]])[]
  }
  idle: {
    users: readonly (readonly [GeneratorName, number])[]
    /** Seconds from the last user's request until memory is read. */
    settleSeconds: number
  }
  latencySeconds: number
  stall: {
    requestsPerSecond: number
    /** How long the load lasts, and how long of it, and when, the server does nothing. */
    seconds: number
    afterSeconds: number
    stallSeconds: number
    /** Users of the closed loop. */
    users: number
  }
}

/** The effort of `npm run bench:loadgen`: under eight minutes on two CPUs. */
export const FULL_EFFORT: LoadgenEffort = {
  rounds: 3,
  users: 64,
  pausingUsers: 250,
  warmUpSeconds: 1,
  seconds: 2,
  marginSeconds: 0.8,
  growth: {
    requestsPerSecond: 2000,
    seconds: 4,
    users: [
      ['ours', [100, 1000, 3000, 10_000]],
      ['locust', [100, 1000]],
    ],
  },
  idle: {
    users: [
      ['ours', 10_000],
      ['k6', 1000],
      ['locust', 1000],
    ],
    settleSeconds: 1,
  },
  latencySeconds: 2,
  stall: { requestsPerSecond: 500, seconds: 6, afterSeconds: 2, stallSeconds: 1, users: 10 },
}

/** Those of the tests, so that it is installed once. */
const LOCUST_REQUIREMENTS = inRoot('tests', 'locust', 'requirements.txt')
/** Seconds that users pause, in `pausing` as those of users.lua. */
const PAUSES = { hurried: [0, 0], pausing: [0.05, 0.2] } as const
/** Seconds that users pause who are to be idle until the end. */
const FOR_EVER = 3600
const MAX_START_SECONDS = 60
/** Users that start in a second: what each can do without being late. */
const SPAWN_RATES: Readonly<Record<GeneratorName, number>> = {
  ours: 5000,
  k6: Number.POSITIVE_INFINITY,
  locust: 500,
  locustShared: 500,
  wrk: Number.POSITIVE_INFINITY,
}

/** In what order they are shown. */
const COSTS: readonly CostName[] = [
  ...(['ours', 'k6', 'locust', 'locustShared', 'wrk'] as const).map(
    (generator): CostName => ({ generator, pace: 'hurried', isChecked: false }),
  ),
  ...(['ours', 'k6', 'locust'] as const).map(
    (generator): CostName => ({ generator, pace: 'hurried', isChecked: true }),
  ),
  { generator: 'ours', pace: 'pausing', isChecked: false },
  { generator: 'k6', pace: 'pausing', isChecked: false },
]
const LATENCIES: readonly LatencyName[] = (['hurried', 'pausing'] as const).flatMap((pace) =>
  (['ours', 'wrk'] as const).map((generator) => ({ generator, pace })),
)
const STALLS: readonly StallName[] = [{ loop: 'open' }, { loop: 'closed' }]

/**
 * Compares what the extension, k6 itself, Locust and wrk take to make the same load on the same server, in rounds that visit all
 * rows, and what they say of the response times.
 * @param findK6 what gets the k6 with the extension
 * @throws {UserError} when a program other than Locust cannot be had, or a request failed
 */
export async function measureLoadgen(
  effort: LoadgenEffort,
  surroundings: Surroundings,
  findK6: (progress: Progress) => Promise<string> = buildK6,
): Promise<LoadgenResult> {
  requireCpuTime()
  const { progress, signal } = surroundings
  const programs: Programs = {
    k6: await findK6(progress),
    wrk: await findWrk(progress),
    locust: await findLocust(surroundings),
  }
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-bench-'))
  try {
    const paths = join(folder, 'paths.txt')
    await writeFile(paths, `${PATH}\n`)
    const target = await startTarget(signal)
    try {
      const { measurements, visits } = rowsOf({ effort, programs, target, paths, signal })
      await visitAll(effort.rounds, visits, surroundings)
      return { measured: await circumstancesOf(effort, programs), ...loadgenOf(measurements, effort.stall) }
    } finally {
      await target.stop()
    }
  } finally {
    progress.end()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Locust; where it cannot be had there is a line. */
async function findLocust({ progress, onLine, signal }: Surroundings): Promise<PythonEnvironment | undefined> {
  try {
    return await pythonEnvironment('locust', LOCUST_REQUIREMENTS, progress, signal)
  } catch (error) {
    if (!(error instanceof UserError) || signal.aborted) throw error
    onLine(`Locust is left out: ${error.message}`)
    return undefined
  }
}

/** What all measurements share. */
interface Bench {
  effort: LoadgenEffort
  programs: Programs
  target: Target
  /** A file with the path that is asked, for wrk. */
  paths: string
  signal: AbortSignal
}

/** Measures a row once, and keeps what it finds with the row. */
interface Visit {
  title: string
  run(): Promise<void>
}

/** All rows, without a measurement, and what measures them. */
function rowsOf(bench: Bench): { measurements: Measurements; visits: Visit[] } {
  const { growth, idle } = bench.effort
  const visits: Visit[] = []
  const row = <Name extends object, Measurement>(
    name: Name,
    title: string,
    measure: () => Promise<Measurement>,
  ): Measured<Name, Measurement> => {
    const measurements: Measurement[] = []
    visits.push({ title, run: async () => void measurements.push(await measure()) })
    return { ...name, measurements }
  }
  const isThere = ({ generator }: { generator: GeneratorName }) =>
    bench.programs.locust !== undefined || !generator.startsWith('locust')
  const growthNames = growth.users.flatMap(([generator, counts]) => counts.map((users) => ({ generator, users })))
  const idleNames = idle.users.map(([generator, users]) => ({ generator, users }))
  const measurements: Measurements = {
    costs: COSTS.filter(isThere).map((name) => row(name, titleOf(name), () => measureCost(bench, name))),
    growth: growthNames
      .filter(isThere)
      .map((name) => row(name, `${TITLES[name.generator]}, ${name.users} users`, () => measureGrowth(bench, name))),
    idle: idleNames
      .filter(isThere)
      .map((name) => row(name, `${TITLES[name.generator]}, ${name.users} idle users`, () => measureIdle(bench, name))),
    latencies: LATENCIES.map((name) =>
      row(name, `response times of ${TITLES[name.generator]}`, () => measureLatencies(bench, name)),
    ),
    stalls: STALLS.map((name) =>
      row(name, `response times of a stall, ${name.loop} loop`, () => measureStall(bench, name)),
    ),
  }
  return { measurements, visits }
}

/** Visits everything in every round, every other time backwards, so that nothing always comes behind the same other. */
async function visitAll(rounds: number, visits: readonly Visit[], { progress, signal }: Surroundings): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    for (const { title, run } of round % 2 === 1 ? visits : visits.toReversed()) {
      signal.throwIfAborted()
      progress.step(`round ${round} of ${rounds}: ${title}`)
      await run()
    }
  }
}

function measureCost(bench: Bench, { generator, pace, isChecked }: CostName): Promise<CostMeasurement> {
  const { effort } = bench
  const users = pace === 'hurried' ? effort.users : effort.pausingUsers
  const load = { ...hurried(users), pause: PAUSES[pace], isChecked }
  return measureCpu(bench, generator, load, effort)
}

/** Users that make one rate, however many they are: the more, the longer they pause. */
function measureGrowth(bench: Bench, { generator, users }: GrowthName): Promise<CostMeasurement> {
  const { growth, warmUpSeconds } = bench.effort
  const spawnRate = SPAWN_RATES[generator]
  const load = steady(users, growth.requestsPerSecond, spawnRate)
  const startSeconds = users / spawnRate + load.spreadSeconds
  return measureCpu(bench, generator, load, {
    warmUpSeconds: startSeconds + warmUpSeconds,
    seconds: growth.seconds,
  })
}

/**
 * The CPU time that a generator uses between two moments of a load, by the requests that the server sees between them.
 * @throws {UserError} when the generator failed, or found an answer wrong
 */
async function measureCpu(
  { effort: { marginSeconds }, programs, target, signal }: Bench,
  generator: GeneratorName,
  load: Load,
  { warmUpSeconds, seconds }: { warmUpSeconds: number; seconds: number },
): Promise<CostMeasurement> {
  const earlier = await target.requests()
  const child = startGenerator(generator, load, warmUpSeconds + seconds + marginSeconds, target.url, programs)
  const sample = async () => {
    const requests = await target.requests()
    if (child.hasEnded) throw new UserError(`before its CPU time was read, ${await child.ended}`)
    return { requests, cpu: cpuSeconds(child.pid), at: performance.now() }
  }
  try {
    await requestsReach(earlier + 1, child, target, signal)
    await pause(warmUpSeconds, signal)
    const before = await sample()
    await pause(seconds, signal)
    const after = await sample()
    await requireSuccess(child, signal)
    const requests = after.requests - before.requests
    if (requests === 0) throw new UserError(`${TITLES[generator]} made no request within ${seconds} s`)
    return {
      micros: ((after.cpu - before.cpu) / requests) * 1e6,
      requestsPerSecond: (requests / (after.at - before.at)) * 1000,
    }
  } finally {
    await child.stop()
  }
}

async function measureIdle(bench: Bench, { generator, users }: IdleName): Promise<IdleMeasurement> {
  const baseBytes = await idleBytes(bench, generator, 1)
  return { baseBytes, userBytes: ((await idleBytes(bench, generator, users)) - baseBytes) / (users - 1) }
}

/** Memory of a generator when every user has asked once and pauses. */
async function idleBytes(
  { effort, programs, target, signal }: Bench,
  generator: GeneratorName,
  users: number,
): Promise<number> {
  const earlier = await target.requests()
  const load: Load = { ...hurried(users), spawnRate: SPAWN_RATES[generator], pause: [FOR_EVER, FOR_EVER] }
  const child = startGenerator(generator, load, FOR_EVER, target.url, programs)
  try {
    await requestsReach(earlier + users, child, target, signal)
    await pause(effort.idle.settleSeconds, signal)
    return pssBytes(child.pid)
  } finally {
    await child.stop()
  }
}

/** What a generator says of the response times, of users with a connection each. */
async function measureLatencies(bench: Bench, { generator, pace }: LatencyName): Promise<LatencyMeasurement> {
  const { effort, programs, target, signal, paths } = bench
  const { users, latencySeconds: seconds } = effort
  if (generator === 'wrk') {
    const { result } = await runWrk({
      wrk: programs.wrk,
      url: target.url,
      paths,
      pace: pace === 'hurried' ? 'hurried' : 'typing',
      connections: users,
      warmUpSeconds: 0,
      seconds,
      sample: () => undefined,
      signal,
    })
    const { p50Ms, p95Ms, p99Ms, statusErrors, socketErrors } = result
    if (statusErrors + socketErrors > 0) throw new UserError(`wrk got ${statusErrors + socketErrors} errors`)
    return { requestsPerSecond: result.requests / result.seconds, p50Ms, p95Ms, p99Ms }
  }
  // wrk's users pause before their first request too.
  const load = { ...hurried(users), pause: PAUSES[pace], spreadSeconds: PAUSES[pace][1] }
  return latenciesOf(startGenerator('ours', load, seconds, target.url, programs), seconds, target, signal)
}

/** What the extension says of the response times when the server does nothing for a while. */
async function measureStall({ effort, programs, signal }: Bench, { loop }: StallName): Promise<LatencyMeasurement> {
  const { requestsPerSecond, seconds, users } = effort.stall
  const target = await startTarget(signal, effort.stall)
  try {
    const child =
      loop === 'open'
        ? startOpenLoop(requestsPerSecond, seconds, target.url, programs)
        : startGenerator('ours', steady(users, requestsPerSecond, users), seconds, target.url, programs)
    return await latenciesOf(child, seconds, target, signal)
  } finally {
    await target.stop()
  }
}

/** Waits for a run of the extension to end, and reads what it says. */
async function latenciesOf(
  child: Child,
  seconds: number,
  target: Target,
  signal: AbortSignal,
): Promise<LatencyMeasurement> {
  try {
    const earlier = await target.requests()
    const [line] = await child.line(/^\{"p50Ms".*/, signal)
    await requireSuccess(child, signal)
    const requests = (await target.requests()) - earlier
    return { requestsPerSecond: requests / seconds, ...(JSON.parse(line) as Latencies) }
  } finally {
    await child.stop()
  }
}

/** Waits until the server has seen so many requests. */
async function requestsReach(wanted: number, child: Child, target: Target, signal: AbortSignal): Promise<void> {
  const until = performance.now() + MAX_START_SECONDS * 1000
  while ((await target.requests()) < wanted) {
    if (child.hasEnded) throw new UserError(await child.ended)
    if (performance.now() > until) throw new UserError(`not all users have asked within ${MAX_START_SECONDS} s`)
    await pause(0.05, signal)
  }
}

/** Waits for a generator to end by itself. */
async function requireSuccess(child: Child, signal: AbortSignal): Promise<void> {
  while (!child.hasEnded) await pause(0.05, signal)
  const how = await child.ended
  if (!how.includes(' ended (code 0)')) throw new UserError(how)
}

/** Waits; an abort rejects with the signal's own reason. */
async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted())
}

async function circumstancesOf(effort: LoadgenEffort, programs: Programs): Promise<LoadgenCircumstances> {
  const { rounds, seconds, growth, users, pausingUsers, stall } = effort
  const versionOf = async (program: string, ...args: string[]) => parseVersion((await must(program, args)).stdout)
  return {
    ...thisMachine(),
    k6: await versionOf(programs.k6, 'version'),
    locust: programs.locust ? await versionOf(join(programs.locust.bin, 'locust'), '--version') : null,
    python: programs.locust?.version ?? null,
    wrk: await wrkVersion(programs.wrk),
    rounds,
    seconds,
    growthSeconds: growth.seconds,
    users,
    pausingUsers,
    growthRate: growth.requestsPerSecond,
    stall: {
      requestsPerSecond: stall.requestsPerSecond,
      seconds: stall.seconds,
      stallSeconds: stall.stallSeconds,
      users: stall.users,
    },
    answerBytes: Buffer.byteLength(ANSWER),
  }
}

/** The first version in a text, such as 1.8.1. */
const parseVersion = (text: string): string => /\d+(\.\d+)+/.exec(text)?.[0] ?? 'unknown'
