import { join } from 'node:path'
import { formatNumber } from '../../generator/src/capacity/quantity.ts'
import { buildK6, goTool } from '../../tools/programs/go-tools.ts'
import { pythonEnvironment } from '../../tools/programs/python-environment.ts'
import { findWrk } from '../../tools/programs/wrk.ts'
import type { Child } from '../../tools/support/child.ts'
import { UserError } from '../../tools/support/errors.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { versionOf } from '../../tools/support/process.ts'
import { cpuSeconds, pssBytes } from '../../tools/support/processes.ts'
import { barChart, barsOf } from '../charts.ts'
import {
  type Bench,
  findRow,
  measureRounds,
  optional,
  type Plan,
  type Row,
  ratioOf,
  rowsOf,
  type Subject,
} from '../harness.ts'
import { pause } from '../load.ts'
import { type Column, figure, tableOf, titles, withRange } from '../tables.ts'
import {
  ANSWER,
  GENERATORS,
  type GeneratorName,
  type Load,
  openLoop,
  type Programs,
  SPAWN_RATES,
  startGenerator,
  startTarget,
  type Target,
  withoutPauses,
  withSteadyRate,
} from './generators.ts'

/** The parameters of a measurement whose figures are published. */
const FULL = {
  rounds: 3,
  warmUpSeconds: 1,
  seconds: 3,
  /** Seconds of load after each measurement, to allow for samples that are taken late. */
  marginSeconds: 0.8,
  /** The number of users who do not pause, the numbers of users who pause, and the rates of open loops. */
  users: 64,
  pausingUsers: [250, 1000],
  arrivalRates: [2000, 8000],
  /** The numbers of users who together send the same rate of requests. */
  steady: { requestsPerSecond: 2000, users: [100, 1000, 3000, 10_000] },
  /** Numbers of idle users, and seconds between the last user's request and reading the memory. */
  idle: { users: { ours: 10_000, k6: 1000, locust: 1000 }, settleSeconds: 1 },
}
/** `k6` is the path of a k6 binary with the extension. By default, it is built. */
type LoadgenEffort = typeof FULL & { k6?: string }

const LOCUST_REQUIREMENTS = inRoot('tests', 'locust', 'requirements.txt')
/** The minimum and maximum pauses of users, in seconds. */
const PAUSES = [0.05, 0.2] as const
/** The pause of users who stay idle until the end, in seconds. */
const IDLE_PAUSE_SECONDS = 3600
const MAX_START_SECONDS = 60
/** Only k6/x/locust is measured with more users. */
const MOST_LOCUST_USERS = 1000
/** The response time up to which an open loop drops no requests, in seconds. */
const MAX_SECONDS = 0.25

/** Returns the loads, each with the part of the row's title that describes the load. */
function loadsOf({ users, pausingUsers, arrivalRates, steady }: LoadgenEffort) {
  const kind = (what: string, load: Load, generators: readonly GeneratorName[]) => ({ what, load, generators })
  return [
    kind('', withoutPauses(users), Object.keys(GENERATORS) as GeneratorName[]),
    kind(', JSON checked', { ...withoutPauses(users), isChecked: true }, ['ours', 'k6', 'locust']),
    ...pausingUsers.map((count) => {
      const load = { ...withoutPauses(count), pause: PAUSES }
      return kind(`, ${formatNumber(count)} users with pauses`, load, ['ours', 'k6', 'locust', 'locustHttp', 'wrk'])
    }),
    ...arrivalRates.map((rate) =>
      kind(`, ${formatNumber(rate)} requests/s`, openLoop(rate, MAX_SECONDS), ['ours', 'vegeta']),
    ),
    ...steady.users.map((count) => {
      const what = `, ${formatNumber(count)} users at ${formatNumber(steady.requestsPerSecond)} requests/s`
      const load = withSteadyRate(count, steady.requestsPerSecond)
      return kind(what, load, count > MOST_LOCUST_USERS ? ['ours'] : ['ours', 'locust'])
    }),
  ]
}

/** Measures the costs of generating a load. */
export const loadgen: Subject<LoadgenEffort> = {
  name: 'loadgen',
  summary: "CPU time and memory of load generators: k6/x/locust, k6's http.get, Locust, wrk, and vegeta; 12 minutes",
  full: FULL,
  quick: {
    warmUpSeconds: 0,
    seconds: 0.5,
    marginSeconds: 1,
    users: 8,
    pausingUsers: [20],
    arrivalRates: [100],
    steady: { requestsPerSecond: 100, users: [5, 20] },
    idle: { users: { ours: 500, k6: 5, locust: 5 }, settleSeconds: 0 },
  },
  usesWrk: true,
  measure: measureLoadgen,
  tables: ({ rows }) => {
    const generator: Column = ['generator', ({ labels }) => GENERATORS[labels.generator as GeneratorName]]
    const relativeToOurs = (row: Row) =>
      ratioOf(row, findRow(rows, 'cost', { ...row.labels, generator: 'ours' }), 'micros')
    return {
      loadgen: tableOf(rowsOf(rows, 'cost'), [
        titles('generator'),
        figure('CPU µs', 'micros', 1),
        [`relative to ${GENERATORS.ours}`, (row) => withRange(relativeToOurs(row), 2)],
        figure('requests/s', 'requestsPerSecond', 0),
        ...[50, 95, 99].map((one) => figure(`p${one} ms`, `p${one}Ms`, 2)),
      ]),
      'loadgen-idle': tableOf(rowsOf(rows, 'idle'), [
        generator,
        figure('idle users', 'users', 0),
        figure('KiB per user', 'userBytes', 1, 2 ** 10),
        figure('MiB with 1 user', 'baseBytes', 0, 2 ** 20),
      ]),
    }
  },
  charts: ({ rows }) => {
    const bars = rowsOf(rows, 'cost').flatMap((row) =>
      barsOf(row, 'micros', row.title.startsWith(GENERATORS.ours) ? GENERATORS.ours : 'others'),
    )
    const title = 'CPU time of one request, of the generator'
    return { loadgen: barChart(title, 'microseconds, user and system', bars, 'µs') }
  },
}

/** The context that all measurements share. */
interface LoadgenBench extends Bench<LoadgenEffort> {
  programs: Programs
  target: Target
}

/** Puts the same load on the same server with each generator, and compares their costs and reported response times. */
async function measureLoadgen(context: Bench<LoadgenEffort>): Promise<Row[]> {
  const { effort, facts, progress, signal } = context
  const programs: Programs = {
    k6: effort.k6 ?? (await buildK6(progress)),
    wrk: await findWrk(progress),
    vegeta: await goTool('vegeta', progress),
    locust: await optional('Locust', pythonEnvironment('locust', LOCUST_REQUIREMENTS, progress, signal), context),
  }
  Object.assign(facts, {
    k6: await versionOf(programs.k6, 'version'),
    Locust: programs.locust ? await versionOf(join(programs.locust.bin, 'locust'), '--version') : 'missing',
    Python: programs.locust?.version ?? 'missing',
    'users without pauses': effort.users,
    'seconds per row and round': effort.seconds,
    'size of an answer, bytes': Buffer.byteLength(ANSWER),
  })
  const bench = { ...context, programs, target: await startTarget(context) }
  return measureRounds(bench, plansOf(bench))
}

function plansOf(bench: LoadgenBench): Plan[] {
  const { idle, warmUpSeconds } = bench.effort
  const costs = loadsOf(bench.effort).flatMap(({ what, load, generators }) =>
    generators.map((generator): Plan => {
      const start = load.users / (SPAWN_RATES[generator] ?? Number.POSITIVE_INFINITY) + load.spreadSeconds
      const measure: Plan['measure'] = ({ seconds }) =>
        measureRun(bench, generator, load, start + warmUpSeconds, seconds)
      return { group: 'cost', title: GENERATORS[generator] + what, labels: { generator, load: what }, measure }
    }),
  )
  const idles = (Object.entries(idle.users) as [GeneratorName, number][]).map(([generator, users]): Plan => {
    const measure = async () => {
      const baseBytes = await idleBytes(bench, generator, 1)
      return { users, baseBytes, userBytes: ((await idleBytes(bench, generator, users)) - baseBytes) / (users - 1) }
    }
    return { group: 'idle', title: `${GENERATORS[generator]}, ${users} idle users`, labels: { generator }, measure }
  })
  const all = [...costs, ...idles]
  return bench.programs.locust ? all : all.filter(({ labels }) => !`${labels?.generator}`.startsWith('locust'))
}

/** What k6/x/locust, wrk, and vegeta print. The latencies of vegeta are in nanoseconds. */
type Reported = Record<'p50Ms' | 'p95Ms' | 'p99Ms', number> | VegetaReport
interface VegetaReport {
  latencies: Record<'50th' | '95th' | '99th', number>
  success: number
}

/**
 * Measures the CPU time of a generator between two moments of a load, divided by the number of requests that the server
 * received in this time. Returns it with the response times that the generator reports for the whole run.
 * @param warmUpSeconds the seconds of load before the measurement
 * @throws {UserError} if the generator failed or got a wrong answer
 */
async function measureRun(
  { effort: { marginSeconds }, programs, target, signal }: LoadgenBench,
  generator: GeneratorName,
  load: Load,
  warmUpSeconds: number,
  seconds: number,
): Promise<Record<string, number>> {
  const earlier = await target.requests()
  const child = startGenerator(generator, load, warmUpSeconds + seconds + marginSeconds, target.url, programs)
  const sample = async () => {
    const requests = await target.requests()
    if (child.hasEnded) throw new UserError(`before its CPU time was read, ${await child.ended}`)
    return { requests, cpu: cpuSeconds(child.pid), at: performance.now() }
  }
  try {
    await waitForRequests(earlier + 1, child, target, signal)
    await pause(warmUpSeconds, signal)
    const before = await sample()
    await pause(seconds, signal)
    const after = await sample()
    await child.succeeded(signal)
    const requests = after.requests - before.requests
    if (requests === 0) throw new UserError(`${GENERATORS[generator]} sent no request within ${seconds} s`)
    const micros = ((after.cpu - before.cpu) / requests) * 1e6
    const requestsPerSecond = (requests / (after.at - before.at)) * 1000
    return { micros, requestsPerSecond, ...(await reportedLatencies(generator, child, signal)) }
  } finally {
    await child.stop()
  }
}

/** Reads the response times from the output of a generator. Returns nothing for generators that do not print them. */
async function reportedLatencies(generator: GeneratorName, child: Child, signal: AbortSignal) {
  if (!['ours', 'wrk', 'vegeta'].includes(generator)) return {}
  const [line] = await child.line(/^\{"(p50Ms|latencies)".*/, signal)
  const reported = JSON.parse(line) as Reported
  if ('p50Ms' in reported) return reported
  if (reported.success < 1) throw new UserError('a request of vegeta failed, so nothing was measured')
  const { '50th': p50, '95th': p95, '99th': p99 } = reported.latencies
  return { p50Ms: p50 / 1e6, p95Ms: p95 / 1e6, p99Ms: p99 / 1e6 }
}

/** Measures the memory of a generator after every user has sent one request, while all users pause. */
async function idleBytes({ effort, programs, target, signal }: LoadgenBench, generator: GeneratorName, users: number) {
  const earlier = await target.requests()
  const load: Load = { ...withoutPauses(users), pause: [IDLE_PAUSE_SECONDS, IDLE_PAUSE_SECONDS] }
  const child = startGenerator(generator, load, IDLE_PAUSE_SECONDS, target.url, programs)
  try {
    await waitForRequests(earlier + users, child, target, signal)
    await pause(effort.idle.settleSeconds, signal)
    return pssBytes(child.pid)
  } finally {
    await child.stop()
  }
}

/** Waits until the server has answered the given number of requests. */
async function waitForRequests(wanted: number, child: Child, target: Target, signal: AbortSignal): Promise<void> {
  const until = performance.now() + MAX_START_SECONDS * 1000
  while ((await target.requests()) < wanted) {
    if (child.hasEnded) throw new UserError(await child.ended)
    if (performance.now() > until) throw new UserError(`not all users sent a request within ${MAX_START_SECONDS} s`)
    await pause(0.05, signal)
  }
}
