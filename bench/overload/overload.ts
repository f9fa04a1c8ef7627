import { bundledWords } from '../../service/src/dataset/words.ts'
import { SETTINGS } from '../../service/src/settings.ts'
import { buildK6 } from '../../tools/programs/go-tools.ts'
import { UserError } from '../../tools/support/errors.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { versionOf } from '../../tools/support/process.ts'
import { cpuSeconds } from '../../tools/support/processes.ts'
import { randomFrom, shuffle } from '../../tools/support/random.ts'
import { RedisProxy } from '../../tools/support/redis-proxy.ts'
import { lineChart, pointsOf } from '../charts.ts'
import { reserveCpu } from '../cpus.ts'
import {
  type Bench,
  findPeak,
  measureRounds,
  median,
  type Plan,
  type Row,
  rowOf,
  rowsOf,
  type Subject,
} from '../harness.ts'
import { pause } from '../load.ts'
import { startK6 } from '../loadgen/generators.ts'
import { SEEDS, sampleTypings, targetsOf } from '../quality/noise.ts'
import { pathOf, writePaths } from '../queries.ts'
import { type Server, startBenchStack, startOtherService, UNCACHED } from '../stack.ts'
import { figure, label, tableOf } from '../tables.ts'

/** The settings that limit the accepted load. All measurements use their defaults. */
const LIMITS = [
  'OVERLOAD_MAX_DELAY_MS',
  'RANKING_MAX_PENDING',
  'RANKING_BATCH_MAX_QUERIES',
  'RANKING_TIMEOUT_MS',
  'HTTP_MAX_CONNECTIONS',
] as const
const DEFAULTS = Object.fromEntries(LIMITS.map((name) => [name, SETTINGS[name].default]))

const SCRIPT = inRoot('bench', 'overload', 'overload.mjs')
/** The time after which an answer is late. */
const BUDGET_MS = 250
/** The delay of every answer from Redis, in each case. */
const DELAYS_MS = [0, 5, 40]
/** The maximum number of requests in flight. */
const MAX_IN_FLIGHT = 2000
/** Fewer connections than the service accepts by default. */
const CONNECTIONS = 1900
/** Seconds to ignore at the end of every load. */
const END_SECONDS = 0.25
/** The number of words for each kind of noise. */
const TYPINGS_PER_KIND = 2000

/** A load as a multiple of the peak, and the share of prefetches. The other queries are typed. */
interface PlannedLoad {
  factor: number
  prefetch: number
  /** Whether the load begins after a second without load. If so, only its first second is counted. */
  isSpike: boolean
}

const plannedLoad = (factor: number, prefetch = 0, isSpike = false): PlannedLoad => ({ factor, prefetch, isSpike })
const SPIKE = plannedLoad(1.4, 0, true)

/** The parameters of a measurement whose figures are published. Every load takes a whole number of seconds. */
const FULL = {
  rounds: 3,
  warmUpSeconds: 0.75,
  seconds: 5,
  /**
   * The search for the peak: the first rate, the factor and the seconds of each step, and how many more times the best
   * rate is measured.
   */
  search: { rate: 500, factor: 1.25, seconds: 4, repeats: 2 },
  // In the last load, the rate of typed queries is half of the peak.
  loads: [SPIKE, ...[1, 2, 3].map((factor) => plannedLoad(factor)), plannedLoad(3, 1 / 2), plannedLoad(3, 5 / 6)],
}
/** `k6` is the path of a k6 binary with the extension. By default, it is built. */
type OverloadEffort = typeof FULL & { k6?: string }

/** Measures how the service behaves under more load than it can handle. */
export const overload: Subject<OverloadEffort> = {
  name: 'overload',
  summary: 'answers and rejections at up to three times the load that the service can handle; 18 minutes',
  page: 'reliability.md',
  full: FULL,
  quick: {
    seconds: 1,
    search: { rate: 50, factor: 6, seconds: 1, repeats: 0 },
    loads: [SPIKE, plannedLoad(3, 0.5)],
  },
  measure: measureOverload,
  tables: ({ rows }) => ({
    overload: tableOf(rowsOf(rows, 'load'), [
      label('case'),
      figure('peak/s', 'peak', 0),
      ['load', ({ labels }) => titleOf(labels)],
      figure('good, % of the peak', 'goodPercent', 0),
      figure('good, % of typed queries', 'typedGoodPercent', 1),
      figure('good, % of prefetches', 'prefetchGoodPercent', 0),
      figure('503/s', 'rejected', 0),
      figure('p99 of typed queries answered in time, ms', 'goodP99', 0),
      figure('503, p50 ms', 'rejectedP50', 1),
      figure('503, p99 ms', 'rejectedP99', 1),
      figure('late/s', 'late', 0),
      figure('other/s', 'other', 1),
      figure('not sent/s', 'notSent', 0),
      figure('CPUs of k6', 'generatorCpus', 1),
    ]),
  }),
  charts: ({ rows }) => {
    const points = [...rowsOf(rows, 'search'), ...rowsOf(rows, 'load')].flatMap((row) =>
      pointsOf(row, 'good', { panel: `${row.labels.case}`, series: 'good', x: row.values.offered?.[0] ?? 0 }),
    )
    const title = `Answers with 200 within ${BUDGET_MS} ms, by load`
    return { overload: lineChart({ title, x: 'requests/s', y: 'good answers/s', independent: true }, points) }
  },
}

/** Returns the title of a load, with its factor and its share of prefetches. */
function titleOf({ factor, prefetch = 0, isSpike }: Row['labels'] | PlannedLoad): string {
  const load = `${isSpike ? 'first second of ' : ''}${factor} × peak`
  return prefetch ? `${load}, ${Math.round(Number(prefetch) * 100)}% prefetches` : load
}

/** The context that all parts of a measurement share. */
interface OverloadBench extends Bench<OverloadEffort> {
  k6: string
  /** A file with the paths of all requests. */
  paths: string
}

/**
 * Measures the answers of the service on one CPU, with and without a delay of Redis. Everything else runs on the other
 * CPUs. Otherwise, the more requests k6 sends, the more CPU time it would take from the service. Finds the peak of every
 * case, and then measures every load in every round.
 */
async function measureOverload(context: Bench<OverloadEffort>): Promise<Row[]> {
  const { effort, progress, facts } = context
  const k6 = effort.k6 ?? (await buildK6(progress))
  const bindServer = await reserveCpu(context)
  // Queries are expected to be rejected here, so warnings about them are turned off.
  const bench = { ...context, onLine: () => {}, k6, paths: await writeMistypedPaths(context) }
  // The service of the stack stays idle. Each measured service is started separately with its own settings.
  const stack = await startBenchStack(bench, UNCACHED)
  Object.assign(facts, {
    k6: await versionOf(k6, 'version'),
    'most requests at a time': MAX_IN_FLIGHT,
    'seconds per load and round': effort.seconds - effort.warmUpSeconds - END_SECONDS,
    entries: stack.entries,
    ...DEFAULTS,
  })
  const rows: Row[] = []
  const plans: Plan[] = []
  for (const delayMs of DELAYS_MS) {
    const title = delayMs === 0 ? 'Redis in time' : `Redis ${delayMs} ms late`
    const redis = delayMs === 0 ? stack.redis.url : await startLateRedis(bench, stack.redis.url, delayMs)
    // If Redis is late, turn off the cache of texts, so that every query reads from Redis.
    const texts = delayMs === 0 ? {} : { RANKING_TEXT_CACHE_MAX_MIB: 0 }
    const service = await startOtherService(bench, { ...DEFAULTS, ...UNCACHED, ...texts }, redis)
    await bindServer(service)
    progress.step(`${title}: looking for the peak`)
    const { peak, steps } = await peakOf(bench, service, title)
    rows.push(...steps)
    for (const load of effort.loads) {
      const measure = async () => {
        if (load.isSpike) await pause(1, bench.signal)
        const found = await offer(bench, service, peak * load.factor, effort.seconds, load)
        return { peak, goodPercent: (found.good / peak) * 100, ...found }
      }
      plans.push({ group: 'load', title: `${title}, ${titleOf(load)}`, labels: { case: title, ...load }, measure })
    }
  }
  return [...rows, ...(await measureRounds(bench, plans))]
}

/**
 * Writes the paths of the queries: words with one or two mistakes, typed letter by letter. They cost several times as
 * much as other queries.
 */
async function writeMistypedPaths(bench: Bench): Promise<string> {
  const typings = sampleTypings(targetsOf(await bundledWords()), TYPINGS_PER_KIND, SEEDS.load)
  const mistyped = typings
    .flatMap(({ states }) => states)
    .filter(({ kind }) => kind === 'oneEdit' || kind === 'twoEdits')
  const paths = mistyped.map(({ text }) => pathOf(text))
  return writePaths(bench, shuffle(paths, randomFrom(SEEDS.load)))
}

/** Starts a proxy that delays every answer of Redis, and returns its URL. */
async function startLateRedis({ keep }: Bench, redis: string, delayMs: number): Promise<string> {
  const proxy = await RedisProxy.listen('127.0.0.1', 0, Number(new URL(redis).port))
  keep({ stop: () => proxy.close() })
  proxy.set({ kind: 'slow', delayMs })
  return `redis://${proxy.host}:${proxy.port}`
}

/**
 * Finds the maximum number of good answers per second. The rate rises until the number of good answers no longer rises.
 * The best rate is measured again, and the median counts, because the highest of several measurements is usually higher
 * than what the service can sustain.
 */
async function peakOf(bench: OverloadBench, service: Server, title: string): Promise<{ peak: number; steps: Row[] }> {
  const { repeats, seconds, ...search } = bench.effort.search
  const steps: Row[] = []
  const step = async (rate: number) => {
    const { offered, good } = await offer(bench, service, rate, seconds)
    steps.push(rowOf('search', `${title}, search`, { offered, good }, { case: title }))
    return { rate, good }
  }
  await offer(bench, service, search.rate, seconds)
  const best = await findPeak(search, step, ({ good }) => good)
  if (!best) throw new UserError(`${title}: no answer came within ${BUDGET_MS} ms, so nothing was measured`)
  const found = [best.good]
  for (let again = 0; again < repeats; again++) found.push((await step(best.rate)).good)
  return { peak: median(found), steps }
}

/** The output of overload.mjs. All figures are per second, except `notSent`, percentages, and times in milliseconds. */
type Printed = Record<'good' | 'late' | 'rejected' | 'other' | 'notSent', number> &
  Record<'typedGoodPercent' | 'prefetchGoodPercent' | 'goodP99' | 'rejectedP50' | 'rejectedP99', number | null>

/**
 * Sends requests at a fixed rate, however slow the answers are.
 * @returns the outcomes per second: `good` is 200 within the budget, `late` is 200 after it, `rejected` is 503, `other`
 * is any other outcome, and `notSent` counts requests that were left out because too many were in flight. The times of
 * rejections are those of typed queries or of prefetches, whichever are longer. `generatorCpus` is the number of CPUs
 * that the generator used. If this is all of its CPUs, the times include the generator's own delays.
 * @throws {UserError} if k6 fails or the service exits
 */
async function offer(
  { k6, paths, effort, signal }: OverloadBench,
  { url }: Server,
  rate: number,
  plannedSeconds: number,
  { prefetch, isSpike }: Omit<PlannedLoad, 'factor'> = { prefetch: 0, isSpike: false },
) {
  const seconds = isSpike ? 2 : plannedSeconds
  const skipSeconds = isSpike ? 0 : effort.warmUpSeconds
  const countedSeconds = isSpike ? 1 : seconds - skipSeconds - END_SECONDS
  const child = startK6(k6, SCRIPT, {
    LOCUST_HOST: url,
    LOCUST_RUN_TIME: `${seconds}s`,
    ARRIVAL_RATE: rate,
    MAX_IN_FLIGHT,
    CONNECTIONS,
    PATHS: paths,
    PREFETCH: prefetch,
    BUDGET_MS,
    SKIP_SECONDS: skipSeconds,
    COUNTED_SECONDS: countedSeconds,
  })
  try {
    await child.line(/msg=begun/, signal)
    const before = cpuSeconds(child.pid)
    await pause(seconds - END_SECONDS, signal)
    if (child.hasEnded) throw new UserError(await child.ended)
    const generatorCpus = (cpuSeconds(child.pid) - before) / (seconds - END_SECONDS)
    const [line] = await child.line(/^\{"good".*/, signal)
    await child.succeeded(signal)
    const printed = JSON.parse(line) as Printed
    return { offered: rate, ...printed, notSent: printed.notSent / seconds, generatorCpus }
  } finally {
    await child.stop()
  }
}
