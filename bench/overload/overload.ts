import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundledWords } from '../../service/src/dataset/words.ts'
import { SETTINGS } from '../../service/src/settings.ts'
import { buildK6 } from '../../tools/programs/go-tools.ts'
import type { Child } from '../../tools/support/child.ts'
import { UserError } from '../../tools/support/errors.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { versionOf } from '../../tools/support/process.ts'
import { cpuSeconds } from '../../tools/support/processes.ts'
import { randomFrom, shuffle } from '../../tools/support/random.ts'
import { RedisProxy } from '../../tools/support/redis-proxy.ts'
import { startService } from '../../tools/support/stack.ts'
import { lineChart, pointsOf } from '../charts.ts'
import { bindTo, type Cpus, onOtherCpus, shareCpus } from '../cpus.ts'
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
  spreadOf,
} from '../harness.ts'
import { pause } from '../load.ts'
import { startK6 } from '../loadgen/generators.ts'
import { SEEDS, sampleTypings, targetsOf } from '../quality/noise.ts'
import { pathOf } from '../queries.ts'
import { UNCACHED, valuesOf, withStack } from '../stack.ts'
import { figure, label, tableOf } from '../tables.ts'
import { type Probe, probe, recoverySeconds } from './probe.ts'

/** The settings that limit the accepted load. All measurements use their defaults. */
const LIMITS = [
  'OVERLOAD_MAX_DELAY_MS',
  'RANKING_MAX_PENDING',
  'RANKING_BATCH_MAX_QUERIES',
  'HTTP_MAX_CONNECTIONS',
] as const
const DEFAULTS = Object.fromEntries(LIMITS.map((name) => [name, SETTINGS[name].default]))

/** The parameters of a measurement. Loads last whole seconds. */
interface OverloadEffort {
  rounds: number
  /**
   * The search for the peak: the first rate, the warm-up time at this rate, and the coarse and fine steps by which the
   * rate rises.
   */
  search: {
    firstRate: number
    warmUpSeconds: number
    coarse: { factor: number; seconds: number }
    fine: { factor: number; seconds: number }
    /** How many more times the best rate is measured. */
    repeats: number
  }
  loads: readonly PlannedLoad[]
  /** The duration of each load. */
  loadSeconds: number
  /** Seconds for which the service is probed after the last load. */
  recoverySeconds: number
  /** Seconds to ignore at the beginning of every load. */
  skipSeconds: number
  /** Path of a k6 binary with the extension. By default, it is built. */
  k6?: string
}

/** A load as a multiple of the peak, and the share of prefetches. The other queries are typed. */
interface PlannedLoad {
  factor: number
  prefetch: number
  /** Whether the load follows a second without load, and only its first second is counted. */
  isSpike?: boolean
}

const SPIKE: PlannedLoad = { factor: 1.4, prefetch: 0, isSpike: true }

const SCRIPT = inRoot('bench', 'overload', 'overload.mjs')
/** The time after which an answer is late. */
const BUDGET_MS = 250
/** The delay of every answer from Redis, in each case. */
const DELAYS_MS = [0, 5, 40]
/** The maximum number of requests in flight. */
const MAX_IN_FLIGHT = 2000
/** Fewer connections than the service accepts by default, to leave some for probes. */
const CONNECTIONS = 1900
/** Seconds to ignore at the end of every load. */
const END_SECONDS = 0.25
/** The service keeps up with a rate if at least this share of the answers is good. */
const MIN_GOOD_SHARE = 0.95
const PROBES_PER_SECOND = 50
/** The time from the first probe to the end of the load, in milliseconds. */
const PROBE_LEAD_MS = 500
/** The number of words for each kind of noise. */
const TYPINGS_PER_KIND = 2000

/** Measures how the service behaves under more load than it can handle. */
export const overload: Subject<OverloadEffort> = {
  name: 'overload',
  summary: 'answers and rejections at up to three times the load that the service can handle; 18 minutes',
  page: 'reliability.md',
  full: {
    rounds: 3,
    search: {
      ...{ firstRate: 250, warmUpSeconds: 4 },
      ...{ coarse: { factor: 2, seconds: 2 }, fine: { factor: 1.25, seconds: 4 }, repeats: 2 },
    },
    // In the last load, the rate of typed queries is half of the peak.
    loads: [
      SPIKE,
      ...[1, 2, 3].map((factor) => ({ factor, prefetch: 0 })),
      ...[1 / 2, 5 / 6].map((prefetch) => ({ factor: 3, prefetch })),
    ],
    loadSeconds: 5,
    recoverySeconds: 5,
    skipSeconds: 0.75,
  },
  quick: {
    rounds: 1,
    search: {
      ...{ firstRate: 500, warmUpSeconds: 1 },
      ...{ coarse: { factor: 16, seconds: 1 }, fine: { factor: 6, seconds: 1 }, repeats: 0 },
    },
    loads: [SPIKE, { factor: 3, prefetch: 0.5 }],
    loadSeconds: 1,
    recoverySeconds: 0.5,
    skipSeconds: 0.25,
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
      figure('all good again after s', 'recoverySeconds', 2),
    ]),
  }),
  charts: ({ rows }) => {
    const points = [...rowsOf(rows, 'search'), ...rowsOf(rows, 'load')].flatMap((row) => {
      const x = spreadOf(row.values.offered)?.median ?? 0
      return pointsOf(row, 'good', { panel: `${row.labels.case}`, series: 'good', x })
    })
    const title = `Answers with 200 within ${BUDGET_MS} ms, by load`
    return { overload: lineChart({ title, x: 'requests/s', y: 'good answers/s', independent: true }, points) }
  },
}

/** Returns the title of a load, with its factor and its share of prefetches. */
function titleOf({ factor, prefetch = 0, isSpike }: Row['labels']): string {
  const load = `${isSpike ? 'first second of ' : ''}${factor} × peak`
  return prefetch ? `${load}, ${Math.round(Number(prefetch) * 100)}% prefetches` : load
}

/** A Redis that answers in time, or with a certain delay. */
interface Case {
  title: string
  /** The URL of Redis, or of a proxy that delays its answers. */
  redis: string
  isLate: boolean
}

/** The paths of all requests, and a file with them. */
interface Paths {
  paths: readonly string[]
  file: string
}

/** The context that all parts of a measurement share. */
interface OverloadBench extends Bench, Paths {
  effort: OverloadEffort
  k6: string
  cpus: Cpus
}

/**
 * Measures the answers of the service on one CPU, with and without a delay of Redis. Everything else runs on the other
 * CPUs. Otherwise, the more requests k6 sends, the more CPU time it would take from the service.
 */
async function measureOverload(effort: OverloadEffort, bench: Bench) {
  const cpus = await shareCpus()
  const k6 = effort.k6 ?? (await buildK6(bench.progress))
  // The service of the stack stays idle. Each measured service is started separately with its own settings.
  return withStack(bench, UNCACHED, async (stack, bench) => {
    await bindTo(cpus.others, stack.redis.pid)
    const proxies: RedisProxy[] = []
    // The proxies run in this process, so bind it to the CPUs that the service does not use.
    return onOtherCpus(cpus, async () => {
      try {
        const cases: Case[] = []
        for (const delayMs of DELAYS_MS) {
          if (delayMs === 0) {
            cases.push({ title: 'Redis in time', redis: stack.redis.url, isLate: false })
            continue
          }
          const proxy = await RedisProxy.listen('127.0.0.1', 0, Number(new URL(stack.redis.url).port))
          proxy.set({ kind: 'slow', delayMs })
          proxies.push(proxy)
          const url = `redis://${proxy.host}:${proxy.port}`
          cases.push({ title: `Redis ${delayMs} ms late`, redis: url, isLate: true })
        }
        const rows = await measureCases(
          { ...bench, ...(await prepareMistypedQueries(bench.folder)), effort, k6, cpus },
          cases,
        )
        const facts = {
          k6: await versionOf(k6, 'version'),
          Redis: stack.redis.version,
          'most requests at a time': MAX_IN_FLIGHT,
          'seconds per load and round': effort.loadSeconds - effort.skipSeconds - END_SECONDS,
          entries: stack.entries,
          ...DEFAULTS,
        }
        return { facts, rows }
      } finally {
        for (const proxy of proxies) await proxy.close()
      }
    })
  })
}

/**
 * Writes the queries: words with one or two mistakes, typed letter by letter. They cost several times as much as other
 * queries.
 */
async function prepareMistypedQueries(folder: string): Promise<Paths> {
  const states = sampleTypings(targetsOf(await bundledWords()), TYPINGS_PER_KIND, SEEDS.load).flatMap(
    (typing) => typing.states,
  )
  const paths = states.filter(({ kind }) => kind === 'oneEdit' || kind === 'twoEdits').map(({ text }) => pathOf(text))
  const file = join(folder, 'paths.txt')
  await writeFile(file, shuffle(paths, randomFrom(SEEDS.load)).join('\n'))
  return { paths, file }
}

/** Finds the peak of every case, and measures every load in every round. */
async function measureCases(bench: OverloadBench, cases: readonly Case[]): Promise<Row[]> {
  const { loads, loadSeconds } = bench.effort
  const rows: Row[] = []
  const plans: Plan[] = []
  const services: Service[] = []
  try {
    for (const one of cases) {
      const service = await start(bench, one)
      services.push(service)
      const { peak, steps } = await peakOf(bench, one, service)
      rows.push(...steps)
      for (const { factor, prefetch, isSpike = false } of loads) {
        const load = {
          ...{ rate: peak * factor, prefetch },
          ...(isSpike ? { seconds: 2, skipSeconds: 0, countedSeconds: 1 } : { seconds: loadSeconds }),
        }
        const measure = async () => {
          if (isSpike) await pause(1, bench.signal)
          const isLast = factor === loads.at(-1)?.factor && prefetch === loads.at(-1)?.prefetch
          const found = isLast ? await offerAndMeasureRecovery(bench, service, load) : await offer(bench, service, load)
          return { peak, goodPercent: (found.good / peak) * 100, recoverySeconds: null, ...found }
        }
        const labels = { case: one.title, factor, prefetch, isSpike }
        plans.push({
          group: 'load',
          title: `${one.title}, ${titleOf(labels)}`,
          labels,
          measure,
        })
      }
    }
    rows.push(...(await measureRounds(plans, bench.effort, bench)))
  } finally {
    for (const { child } of services) await child.stop()
  }
  return rows
}

interface Service {
  url: string
  child: Child
}

async function start({ cpus, signal }: OverloadBench, { redis, isLate }: Case): Promise<Service> {
  // If Redis is late, turn off the cache of texts, so that every query reads from Redis.
  const texts = isLate ? { RANKING_TEXT_CACHE_MAX_MIB: 0 } : {}
  const { settings } = valuesOf({ ...DEFAULTS, ...UNCACHED, ...texts }).app
  // Queries are expected to be rejected here, so warnings about them are turned off.
  const service = await startService(settings, [redis], { port: 0, onLine: () => {}, signal })
  await service.child.ready(bindTo(cpus.server, service.child.pid))
  return service
}

/**
 * Finds the maximum number of good answers per second. The rate rises in large steps while the service keeps up. Then
 * it rises in small steps until the number of good answers no longer rises. The best rate is measured again, and the
 * median counts, because the highest of several measurements is usually higher than what the service can sustain.
 */
async function peakOf(bench: OverloadBench, one: Case, service: Service): Promise<{ peak: number; steps: Row[] }> {
  const { progress, effort } = bench
  const { firstRate, warmUpSeconds, coarse, fine, repeats } = effort.search
  progress.step(`${one.title}: looking for the peak`)
  let rate = firstRate
  await offer(bench, service, { rate, seconds: warmUpSeconds })
  for (;;) {
    const next = rate * coarse.factor
    const { good } = await offer(bench, service, { rate: next, seconds: coarse.seconds })
    if (good < next * MIN_GOOD_SHARE) break
    rate = next
  }
  const steps: Row[] = []
  const step = async (rate: number) => {
    const { offered, good } = await offer(bench, service, { rate, seconds: fine.seconds })
    steps.push(rowOf('search', `${one.title}, search`, { offered, good }, { case: one.title }))
    return { rate, good }
  }
  const best = await findPeak({ rate, factor: fine.factor }, step, ({ good }) => good)
  if (!best) throw new UserError(`${one.title}: no answer came within ${BUDGET_MS} ms, so nothing was measured`)
  const found = [best.good]
  for (let again = 0; again < repeats; again++) found.push((await step(best.rate)).good)
  return { peak: median(found), steps }
}

/** A rate in requests per second, and its duration. */
interface Load {
  rate: number
  seconds: number
  /** Seconds to ignore at the beginning (by default, as in the effort), and seconds to count. */
  skipSeconds?: number
  countedSeconds?: number
  /** The share of prefetches. */
  prefetch?: number
}

/** The outcomes of one kind of query: numbers of requests, and times in milliseconds. */
interface Outcomes extends Record<'good' | 'late' | 'rejected' | 'other', number> {
  goodMs: { p50: number; p99: number } | null
  rejectedMs: { p50: number; p99: number } | null
}

/** The output of overload.mjs. */
interface Printed {
  typed: Outcomes
  prefetch: Outcomes
  notSent: number
}

/**
 * Sends requests at a fixed rate, however slow the answers are.
 * @param onBegun called when the first request is sent
 * @returns the outcomes per second: `good` is 200 within the budget, `late` is 200 after it, `rejected` is 503, `other`
 * is any other outcome, and `notSent` counts requests that were left out because too many were in flight. The times of
 * rejections are those of typed queries or of prefetches, whichever are longer. `generatorCpus` is the number of CPUs
 * that the generator used. If this is all of its CPUs, the times include the generator's own delays.
 * @throws {UserError} if k6 fails or the service exits
 */
async function offer(
  { k6, cpus, effort, signal, file }: OverloadBench,
  { url, child: service }: Service,
  { rate, seconds, prefetch: share = 0, ...counting }: Load,
  onBegun?: () => void,
) {
  signal.throwIfAborted()
  const { skipSeconds = effort.skipSeconds, countedSeconds = seconds - skipSeconds - END_SECONDS } = counting
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
    PREFETCH: share,
  }
  const child = startK6(k6, SCRIPT, environment, ['taskset', '--cpu-list', cpus.others])
  try {
    await child.line(/msg=begun/, signal)
    onBegun?.()
    const before = cpuSeconds(child.pid)
    await pause(seconds - END_SECONDS, signal)
    if (child.hasEnded) throw new UserError(await child.ended)
    const generatorCpus = (cpuSeconds(child.pid) - before) / (seconds - END_SECONDS)
    const [line] = await child.line(/^\{"typed".*/, signal)
    await child.succeeded(signal)
    if (service.hasEnded) throw new UserError(await service.ended)
    const { typed, prefetch, notSent } = JSON.parse(line) as Printed
    const perSecond = (outcome: 'good' | 'late' | 'rejected' | 'other') =>
      (typed[outcome] + prefetch[outcome]) / countedSeconds
    const longest = (percentile: 'p50' | 'p99') => {
      const times = [typed, prefetch].flatMap(({ rejectedMs }) => rejectedMs?.[percentile] ?? [])
      return times.length > 0 ? Math.max(...times) : null
    }
    return {
      offered: rate,
      good: perSecond('good'),
      late: perSecond('late'),
      rejected: perSecond('rejected'),
      other: perSecond('other'),
      notSent: notSent / seconds,
      typedGoodPercent: goodPercent(typed),
      prefetchGoodPercent: goodPercent(prefetch),
      goodP99: typed.goodMs?.p99 ?? null,
      rejectedP50: longest('p50'),
      rejectedP99: longest('p99'),
      generatorCpus,
    }
  } finally {
    await child.stop()
  }
}

/** Returns the percentage of good answers, or null if there were no requests. */
function goodPercent({ good, late, rejected, other }: Outcomes): number | null {
  const all = good + late + rejected + other
  return all > 0 ? (good / all) * 100 : null
}

/** Like {@link offer}, but also returns the seconds from the end of the load to the last answer that was not good. */
async function offerAndMeasureRecovery(bench: OverloadBench, service: Service, load: Load) {
  const { effort, signal, paths } = bench
  let end = 0
  let probing: Promise<Probe[]> | undefined
  const found = await offer(bench, service, load, () => {
    end = performance.now() + load.seconds * 1000
    const [from, until] = [end - PROBE_LEAD_MS, end + effort.recoverySeconds * 1000]
    const asked = { url: service.url, paths, from, until, perSecond: PROBES_PER_SECOND, budgetMs: BUDGET_MS }
    probing = probe(asked, signal)
    // The promise is awaited below, unless the load fails first.
    probing.catch(() => {})
  })
  return { ...found, recoverySeconds: recoverySeconds((await probing) as Probe[], end) }
}
