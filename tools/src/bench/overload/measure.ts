import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundledWords } from '../../../../service/src/dataset/words.ts'
import { SETTINGS } from '../../../../service/src/settings.ts'
import { RedisProxy } from '../../../../tests/chaos/proxy.ts'
import { buildK6 } from '../../../programs/go-tools.ts'
import type { Child } from '../../../support/child.ts'
import { UserError } from '../../../support/errors.ts'
import { inRoot } from '../../../support/paths.ts'
import { must } from '../../../support/process.ts'
import type { Progress } from '../../../support/progress.ts'
import { type Stack, startService } from '../../../support/stack.ts'
import { cpuSeconds } from '../cpu-time.ts'
import { randomFrom, shuffle, uniformPaths } from '../load.ts'
import { startK6 } from '../loadgen/generators.ts'
import { thisMachine } from '../machine.ts'
import { redisInfo } from '../memory.ts'
import { SEEDS, sampleTypings, targetsOf } from '../quality/noise.ts'
import type { Surroundings } from '../subject.ts'
import { type ServiceSettings, valuesOf, withStack } from '../with-stack.ts'
import { pause } from '../wrk.ts'
import { bindTo, type Cpus, shareCpus } from './cpus.ts'
import { type Probe, probe, recoverySeconds } from './probe.ts'
import {
  type Answers,
  type CaseName,
  type ChangedSetting,
  type MeasuredCase,
  OVERLOAD,
  type OverloadResult,
  overloadOf,
  type Step,
  titleOf,
} from './result.ts'

/** How much is measured. Loads last whole seconds. */
export interface OverloadEffort {
  /** How often every load is measured; medians count. */
  rounds: number
  search: {
    /** Requests a second that it begins with. */
    firstRate: number
    /** Seconds of that rate, while the service's code is compiled. */
    warmUpSeconds: number
    /** By how much the rate rises at first, for so many seconds each, and then, to find the peak. */
    coarse: { factor: number; seconds: number }
    fine: { factor: number; seconds: number }
  }
  /** Times the peak, the highest last, and how long each. */
  loads: { factors: readonly number[]; seconds: number }
  /** How long after the highest load it is watched whether all is well. */
  recoverySeconds: number
  /** How long every load begins before it counts. */
  skipSeconds: number
  settings: {
    /** One at a time. */
    values: readonly (readonly [name: LimitName, values: readonly number[]])[]
    /** How long the load at the peak lasts, and the part of it that does not count because the service has just started. */
    peakSeconds: number
    peakSkipSeconds: number
    /** How long the overload lasts. */
    seconds: number
  }
}

/** The effort of `npm run bench`: eight to nine minutes on two CPUs. */
export const FULL_EFFORT: OverloadEffort = {
  rounds: 3,
  search: {
    firstRate: 250,
    warmUpSeconds: 4,
    coarse: { factor: 2, seconds: 2 },
    fine: { factor: 1.25, seconds: 4 },
  },
  loads: { factors: [1, 2, OVERLOAD], seconds: 5 },
  recoverySeconds: 5,
  skipSeconds: 0.75,
  settings: {
    values: [
      ['RANKING_MAX_WAIT_MS', [25, 50, 100, 200]],
      // More than 2000 cannot be pending: there are not so many connections.
      ['RANKING_MAX_PENDING', [250, 500, 1000, 2000]],
      ['RANKING_BATCH_MAX_QUERIES', [16, 32, 64, 128, 256]],
      ['RANKING_BATCHES_PER_THREAD', [1, 2, 4, 8]],
      ['EVENT_LOOP_MAX_DELAY_MS', [25, 50, 100, 200, 400]],
    ],
    peakSeconds: 3,
    peakSkipSeconds: 1.25,
    seconds: 3,
  },
}

/** The settings that say what the service takes upon itself; everything is measured with their defaults. */
const LIMITS = [
  'RANKING_MAX_WAIT_MS',
  'RANKING_MAX_PENDING',
  'RANKING_BATCH_MAX_QUERIES',
  'RANKING_BATCHES_PER_THREAD',
  'EVENT_LOOP_MAX_DELAY_MS',
  'HTTP_MAX_CONNECTIONS',
] as const
export type LimitName = (typeof LIMITS)[number]
const DEFAULTS = Object.fromEntries(LIMITS.map((name) => [name, SETTINGS[name].default])) as Record<LimitName, number>

const SCRIPT = inRoot('tools', 'src', 'bench', 'overload', 'scripts', 'overload.mjs')
/** An answer that takes longer is late. */
const BUDGET_MS = 250
/** How late every answer of the slow Redis comes. */
const DELAY_MS = 40
/** Requests that are under way at once at most; one more is not sent. */
const MAX_IN_FLIGHT = 2000
/** Of the connections that the service takes by default some are left for probes. */
const CONNECTIONS = 1900
/** How long every load goes on after what counts. */
const END_SECONDS = 0.25
/** The service keeps up with a rate when it answers so much of it well. */
const KEPT_UP = 0.95
/** The search ends when so many steps in a row did not raise the rate of good answers by this factor: one may be a disturbance. */
const GAIN = 1.03
const STEPS_WITHOUT_GAIN = 2
/** Probes: how many a second, and how long before the end of the load they begin. */
const PROBES_PER_SECOND = 50
const PROBE_LEAD_MS = 500
/** Lines of queries, and words of each kind of mistake in them. */
const PATHS = 50_000
const TYPINGS = 2000

/**
 * Measures what the service answers when more is asked than it can do, with its own limits: when Redis is slow, and when it has
 * one CPU.
 * @param findK6 what gets the k6 with the extension
 * @throws {UserError} when a program cannot be had, there is only one CPU, or something ended by itself
 */
export async function measureOverload(
  effort: OverloadEffort,
  surroundings: Surroundings,
  findK6: (progress: Progress) => Promise<string> = buildK6,
): Promise<OverloadResult> {
  const cpus = await shareCpus()
  const { progress } = surroundings
  const k6 = await findK6(progress)
  const folder = await mkdtemp(join(tmpdir(), 'autocomplete-bench-'))
  try {
    // Its own service does nothing: those that are measured start beside it, each with its settings.
    return await withStack(surroundings, { CACHE_MAX_MIB: 0 }, async (stack, signal) => {
      const redis = stack.redis[0] as string
      await bindTo(cpus.others, stack.pids.redis[0] as number)
      const proxy = await RedisProxy.listen('127.0.0.1', 0, Number(new URL(redis).port))
      proxy.set({ kind: 'slow', delayMs: DELAY_MS })
      try {
        const slowRedis = `redis://${proxy.host}:${proxy.port}`
        const cases = await casesOf(folder, redis, slowRedis)
        const measured = await measureCases({ ...surroundings, signal, effort, k6, cpus }, cases)
        return { measured: await circumstancesOf(effort, stack, k6), ...overloadOf(measured, DELAY_MS) }
      } finally {
        await proxy.close()
      }
    })
  } finally {
    progress.end()
    await rm(folder, { recursive: true, force: true })
  }
}

/** What all parts of a measurement share. */
interface Bench extends Surroundings {
  effort: OverloadEffort
  k6: string
  cpus: Cpus
}

/** What is overloaded, and by what. */
interface Case {
  name: CaseName
  title: string
  paths: readonly string[]
  /** A file of them. */
  file: string
  /** What the service reads from. */
  redis: string
  /** Whether the service has one CPU, and the load the others. */
  isBound: boolean
}

async function casesOf(folder: string, redis: string, slowRedis: string): Promise<Case[]> {
  const words = await bundledWords()
  const random = randomFrom(SEEDS.load)
  const prefixes = uniformPaths(
    words.map(({ text }) => text),
    PATHS,
    random,
  )
  const cases: Omit<Case, 'title' | 'file'>[] = [
    { name: 'redis', paths: prefixes, redis: slowRedis, isBound: false },
    { name: 'cpu', paths: shuffle(mistypedPaths(words), random), redis, isBound: true },
  ]
  return Promise.all(
    cases.map(async (one) => {
      const file = join(folder, `${one.name}.txt`)
      await writeFile(file, one.paths.join('\n'))
      return { ...one, file, title: titleOf(one.name, DELAY_MS) }
    }),
  )
}

/** Requests for words with one or two mistakes, which cost several times what others do. */
function mistypedPaths(words: Parameters<typeof targetsOf>[0]): string[] {
  const typings = sampleTypings(targetsOf(words), TYPINGS, SEEDS.load)
  const states = typings.flatMap((typing) => typing.states)
  const mistyped = states.filter(({ kind }) => kind === 'oneEdit' || kind === 'twoEdits')
  return mistyped.map(({ text }) => `/autocomplete?q=${encodeURIComponent(text)}`)
}

/** Finds the peak of every case, measures every load once in each round, and then what other settings change. */
async function measureCases(bench: Bench, cases: readonly Case[]): Promise<MeasuredCase[]> {
  const measured: MeasuredCase[] = []
  const services: Service[] = []
  try {
    for (const one of cases) {
      const service = await start(bench, one, {})
      services.push(service)
      measured.push(await findPeak(bench, one, service))
    }
    await measureLoads(bench, cases, services, measured)
  } finally {
    for (const { child } of services) await child.stop()
  }
  for (const [at, one] of cases.entries()) await measureSettings(bench, one, measured[at] as MeasuredCase)
  return measured
}

/** A service that runs. */
interface Service {
  url: string
  child: Child
}

async function start({ cpus, signal }: Bench, { redis, isBound }: Case, changed: ServiceSettings): Promise<Service> {
  const { settings } = valuesOf({ ...DEFAULTS, CACHE_MAX_MIB: 0, ...changed }).app
  // It warns of what it refuses, which is what is measured.
  const service = await startService(settings, [redis], { port: 0, onLine: () => {}, signal })
  if (isBound) {
    await bindTo(cpus.service, service.child.pid).catch(async (error) => {
      await service.child.stop()
      throw error
    })
  }
  return service
}

/**
 * Finds the most good answers a second: first the rate is doubled while the service keeps up, then it rises from there until that
 * does not give more good answers.
 */
async function findPeak(bench: Bench, one: Case, service: Service): Promise<MeasuredCase> {
  const { progress, effort } = bench
  const { firstRate, warmUpSeconds, coarse, fine } = effort.search
  progress.step(`${one.title}: looking for the peak`)
  let rate = firstRate
  await offer(bench, one, service, { rate, seconds: warmUpSeconds })
  for (;;) {
    const next = rate * coarse.factor
    const { good, offered } = await offer(bench, one, service, { rate: next, seconds: coarse.seconds })
    if (good < offered * KEPT_UP) break
    rate = next
  }
  const search: Step[] = []
  let peak = 0
  for (let withoutGain = 0; withoutGain < STEPS_WITHOUT_GAIN; rate *= fine.factor) {
    const step = await offer(bench, one, service, { rate, seconds: fine.seconds })
    search.push(step)
    withoutGain = step.good > peak * GAIN ? 0 : withoutGain + 1
    peak = Math.max(peak, step.good)
  }
  if (peak === 0) throw new UserError(`${one.title}: no answer came within ${BUDGET_MS} ms, so nothing was measured`)
  const loads = effort.loads.factors.map((factor) => ({ factor, measurements: [] }))
  return { name: one.name, search, peak, loads, recoverySeconds: [], settings: [] }
}

async function measureLoads(
  bench: Bench,
  cases: readonly Case[],
  services: readonly Service[],
  measured: readonly MeasuredCase[],
): Promise<void> {
  const { progress, effort } = bench
  const { factors, seconds } = effort.loads
  for (let round = 1; round <= effort.rounds; round++) {
    for (const [at, factor] of factors.entries()) {
      for (const [index, one] of cases.entries()) {
        progress.step(`round ${round} of ${effort.rounds}: ${one.title}, ${factor} times the peak`)
        const { peak, loads, recoverySeconds } = measured[index] as MeasuredCase
        const load = { rate: peak * factor, seconds }
        const service = services[index] as Service
        const isLast = at === factors.length - 1
        const { answers, recovered } = isLast
          ? await offerAndRecover(bench, one, service, load)
          : { answers: await offer(bench, one, service, load), recovered: undefined }
        loads[at]?.measurements.push(answers)
        if (recovered !== undefined) recoverySeconds.push(recovered)
      }
    }
  }
}

/** Measures one case with every setting, each by a service that has just started. */
async function measureSettings(bench: Bench, one: Case, { peak, settings }: MeasuredCase): Promise<void> {
  const { progress, effort } = bench
  const { values, peakSeconds, peakSkipSeconds, seconds } = effort.settings
  const others = values.flatMap(([name, values]) =>
    values.filter((value) => value !== DEFAULTS[name]).map((value): ChangedSetting => ({ name, value })),
  )
  for (const changed of [null, ...others]) {
    progress.step(`${one.title}: ${changed ? `${changed.name} ${changed.value}` : 'the defaults'}`)
    const service = await start(bench, one, changed ? { [changed.name]: changed.value } : {})
    try {
      const load = { rate: peak, seconds: peakSeconds, skipSeconds: peakSkipSeconds }
      const atPeak = await offer(bench, one, service, load)
      const overloaded = await offer(bench, one, service, { rate: peak * OVERLOAD, seconds })
      settings.push({ changed, atPeak, overloaded })
    } finally {
      await service.child.stop()
    }
  }
}

/** So many requests a second for so long, of which the beginning does not count. */
interface Load {
  rate: number
  seconds: number
  skipSeconds?: number
}

/**
 * Sends requests at a rate, however slow the answers.
 * @param onBegun called when the first is sent
 * @throws {UserError} when k6 or the service ended
 */
async function offer(
  { k6, cpus, effort, signal }: Bench,
  { file, isBound }: Case,
  { url, child: service }: Service,
  { rate, seconds, skipSeconds = effort.skipSeconds }: Load,
  onBegun?: () => void,
): Promise<Answers> {
  signal.throwIfAborted()
  const countedSeconds = seconds - skipSeconds - END_SECONDS
  const environment = {
    LOCUST_HOST: url,
    LOCUST_RUN_TIME: `${seconds}s`,
    ARRIVAL_RATE: rate,
    MAX_IN_FLIGHT,
    CONNECTIONS,
    PATHS: file,
    BUDGET_MS,
    SKIP_SECONDS: skipSeconds,
    COUNTED_SECONDS: countedSeconds,
  }
  const child = startK6(k6, SCRIPT, environment, isBound ? ['taskset', '--cpu-list', cpus.others] : [])
  try {
    await child.line(/msg=begun/, signal)
    onBegun?.()
    const before = cpuSeconds(child.pid)
    await pause(seconds - END_SECONDS, signal)
    if (child.hasEnded) throw new UserError(await child.ended)
    const generatorCpus = (cpuSeconds(child.pid) - before) / (seconds - END_SECONDS)
    const [line] = await child.line(/^\{"good".*/, signal)
    const how = await child.ended
    if (!how.includes(' ended (code 0)')) throw new UserError(how)
    if (service.hasEnded) throw new UserError(await service.ended)
    const { goodMs, refusedMs, notSent, ...counts } = JSON.parse(line) as Answers
    const [good, late, refused, other] = [counts.good, counts.late, counts.refused, counts.other].map(
      (count) => count / countedSeconds,
    ) as [number, number, number, number]
    return { offered: rate, good, late, refused, other, notSent: notSent / seconds, goodMs, refusedMs, generatorCpus }
  } finally {
    await child.stop()
  }
}

/** The same, and how many seconds after its end the last answer came that was not good. */
async function offerAndRecover(
  bench: Bench,
  one: Case,
  service: Service,
  load: Load,
): Promise<{ answers: Answers; recovered: number }> {
  const { effort, signal } = bench
  let end = 0
  let probing: Promise<Probe[]> | undefined
  const answers = await offer(bench, one, service, load, () => {
    end = performance.now() + load.seconds * 1000
    const [from, until] = [end - PROBE_LEAD_MS, end + effort.recoverySeconds * 1000]
    const asked = { url: service.url, paths: one.paths, from, until, perSecond: PROBES_PER_SECOND, budgetMs: BUDGET_MS }
    probing = probe(asked, signal)
    // It is awaited below, unless the load has failed before.
    probing.catch(() => {})
  })
  return { answers, recovered: recoverySeconds((await probing) as Probe[], end) }
}

async function circumstancesOf(
  { rounds, loads, skipSeconds }: OverloadEffort,
  { redis, entries }: Stack,
  k6: string,
): Promise<OverloadResult['measured']> {
  const { stdout } = await must(k6, ['version'])
  return {
    ...thisMachine(),
    redis: await redisInfo(redis[0] as string, 'redis_version'),
    client: `k6 ${/\d+(\.\d+)+/.exec(stdout)?.[0] ?? 'unknown'}`,
    rounds,
    seconds: loads.seconds - skipSeconds - END_SECONDS,
    entries,
    budgetMs: BUDGET_MS,
    delayMs: DELAY_MS,
    maxInFlight: MAX_IN_FLIGHT,
    defaults: DEFAULTS,
  }
}
