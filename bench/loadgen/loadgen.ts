import { writeFile } from 'node:fs/promises'
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
import { barChart, barsOf, lineChart, pointsOf } from '../charts.ts'
import {
  type Bench,
  findRow,
  measureRounds,
  optional,
  type Plan,
  type Row,
  ratioOf,
  rowOf,
  rowsOf,
  type Subject,
} from '../harness.ts'
import { measureLoad, pause } from '../load.ts'
import { type Column, figure, label, tableOf, titles, withRange } from '../tables.ts'
import {
  ANSWER,
  GENERATORS,
  type GeneratorName,
  type Load,
  openLoop,
  PATH,
  type Programs,
  startGenerator,
  startTarget,
  type Target,
  withoutPauses,
  withSteadyRate,
} from './generators.ts'

/** The parameters of a measurement. */
interface LoadgenEffort {
  rounds: number
  /** The number of users who do not pause, the numbers of users who pause, and the rates of open loops. */
  users: number
  pausingUsers: readonly number[]
  arrivalRates: readonly number[]
  /**
   * Seconds of load before, during, and after each measurement of CPU time. The load after it allows for samples that
   * are taken late.
   */
  warmUpSeconds: number
  seconds: number
  marginSeconds: number
  growth: { requestsPerSecond: number; seconds: number; users: readonly (readonly [GeneratorName, number])[] }
  /** Numbers of idle users, and seconds between the last user's request and reading the memory. */
  idle: { users: readonly (readonly [GeneratorName, number])[]; settleSeconds: number }
  latencySeconds: number
  /**
   * The length of the load, and the start and length of the stall. `users` is the number of users of the closed loop.
   */
  stall: { requestsPerSecond: number; seconds: number; afterSeconds: number; stallSeconds: number; users: number }
  /** Path of a k6 binary with the extension. By default, it is built. */
  k6?: string
}

const LOCUST_REQUIREMENTS = inRoot('tests', 'locust', 'requirements.txt')
/** The minimum and maximum pauses of users, in seconds. `pausing` is the same as in users.lua. */
const PAUSES = { nonstop: [0, 0], pausing: [0.05, 0.2] } as const
type Pace = keyof typeof PAUSES
const USERS: Readonly<Record<Pace, string>> = { nonstop: 'do not pause', pausing: 'pause' }
/** The pause of users who stay idle until the end, in seconds. */
const IDLE_PAUSE_SECONDS = 3600
const MAX_START_SECONDS = 60
/** The response time up to which an open loop drops no requests, in seconds. */
const MAX_SECONDS = 0.25
/** The number of users that each generator can start per second without delay. */
const SPAWN_RATES: Readonly<Record<GeneratorName, number>> = {
  ours: 5000,
  oursSingle: 5000,
  k6: Number.POSITIVE_INFINITY,
  locust: 500,
  locustShared: 500,
  locustHttp: 500,
  wrk: Number.POSITIVE_INFINITY,
  vegeta: Number.POSITIVE_INFINITY,
}

/** Returns the loads in the table of CPU time, each with the part of the row's title that describes the load. */
function costLoads({ users, pausingUsers, arrivalRates }: LoadgenEffort) {
  const kind = (what: string, load: Load, generators: readonly GeneratorName[]) => ({ what, load, generators })
  return [
    kind('', withoutPauses(users), Object.keys(GENERATORS) as GeneratorName[]),
    kind(', JSON checked', { ...withoutPauses(users), isChecked: true }, ['ours', 'k6', 'locust']),
    ...pausingUsers.map((count) =>
      kind(`, ${formatNumber(count)} users with pauses`, { ...withoutPauses(count), pause: PAUSES.pausing }, [
        ...(['ours', 'oursSingle', 'k6', 'locust', 'locustHttp', 'wrk'] as const),
      ]),
    ),
    ...arrivalRates.map((rate) =>
      kind(`, ${formatNumber(rate)} requests/s`, openLoop(rate, MAX_SECONDS), ['ours', 'vegeta']),
    ),
  ]
}

const GENERATOR: Column = ['generator', ({ labels }) => GENERATORS[labels.generator as GeneratorName]]
const MICROS = figure('CPU µs', 'micros', 1)
const RATE = figure('requests/s', 'requestsPerSecond', 0)
const LATENCIES = [50, 95, 99].map((one) => figure(`p${one} ms`, `p${one}Ms`, 2))

/** Measures the costs of generating a load. */
export const loadgen: Subject<LoadgenEffort> = {
  name: 'loadgen',
  summary: "CPU time and memory of load generators: k6/x/locust, k6's http.get, Locust, wrk, and vegeta; 12 minutes",
  full: {
    rounds: 3,
    users: 64,
    pausingUsers: [250, 1000],
    arrivalRates: [2000, 8000],
    warmUpSeconds: 1,
    seconds: 2,
    marginSeconds: 0.8,
    growth: {
      requestsPerSecond: 2000,
      seconds: 4,
      users: [...[100, 1000, 3000, 10_000].map((one) => ['ours', one] as const), ['locust', 100], ['locust', 1000]],
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
  },
  quick: {
    rounds: 1,
    users: 8,
    pausingUsers: [20],
    arrivalRates: [100],
    warmUpSeconds: 0,
    seconds: 0.5,
    marginSeconds: 1,
    growth: {
      requestsPerSecond: 100,
      seconds: 0.5,
      users: [
        ['ours', 5],
        ['ours', 20],
        ['locust', 5],
      ],
    },
    idle: {
      users: [
        ['ours', 500],
        ['locust', 5],
      ],
      settleSeconds: 0,
    },
    latencySeconds: 1,
    stall: { requestsPerSecond: 200, seconds: 2, afterSeconds: 0.5, stallSeconds: 0.5, users: 1 },
  },
  usesWrk: true,
  measure: measureLoadgen,
  tables: ({ rows }) => {
    const relativeToOurs = (row: Row) =>
      ratioOf(row, findRow(rows, 'cost', { ...row.labels, generator: 'ours' }), ['micros'])
    return {
      loadgen: tableOf(rowsOf(rows, 'cost'), [
        titles('generator'),
        MICROS,
        [`relative to ${GENERATORS.ours}`, (row) => withRange(relativeToOurs(row), 2)],
        RATE,
      ]),
      'loadgen-growth': tableOf(rowsOf(rows, 'growth'), [GENERATOR, figure('users', 'users', 0), MICROS, RATE]),
      'loadgen-idle': tableOf(rowsOf(rows, 'idle'), [
        GENERATOR,
        figure('idle users', 'users', 0),
        figure('KiB per user', 'userBytes', 1, 2 ** 10),
        figure('MiB with 1 user', 'baseBytes', 0, 2 ** 20),
      ]),
      'loadgen-latencies': tableOf(rowsOf(rows, 'latency'), [
        ['users', ({ labels: { pace } }) => USERS[pace as Pace] ?? `${pace}`],
        ['reported by', ({ labels }) => GENERATORS[labels.generator as GeneratorName]],
        RATE,
        ...LATENCIES,
      ]),
      'loadgen-stall': tableOf(
        [...rowsOf(rows, 'stall'), ...rowsOf(rows, 'expected')],
        [label('loop'), RATE, ...LATENCIES],
      ),
    }
  },
  charts: ({ rows }) => {
    const bars = rowsOf(rows, 'cost').flatMap((row) =>
      barsOf(row, 'micros', row.title.startsWith(GENERATORS.ours) ? GENERATORS.ours : 'others'),
    )
    const points = rowsOf(rows, 'growth').flatMap((row) => {
      const { generator, users } = row.labels
      const series = GENERATORS[generator as GeneratorName]
      return pointsOf(row, 'micros', { panel: 'all users at one rate', series, x: users as number })
    })
    const axes = {
      title: 'CPU time of one request, of the generator',
      x: 'users',
      y: 'microseconds',
      log: 'both' as const,
    }
    return {
      loadgen: barChart(axes.title, 'microseconds, user and system', bars, 'µs'),
      'loadgen-growth': lineChart(axes, points),
    }
  },
}

/** The context that all measurements share. */
interface LoadgenBench extends Bench {
  effort: LoadgenEffort
  programs: Programs
  target: Target
}

/** Puts the same load on the same server with each generator, and compares their costs and reported response times. */
async function measureLoadgen(effort: LoadgenEffort, bench: Bench) {
  const { progress, signal } = bench
  const programs: Programs = {
    k6: effort.k6 ?? (await buildK6(progress)),
    wrk: await findWrk(progress),
    vegeta: await goTool('vegeta', progress),
    locust: await optional('Locust', pythonEnvironment('locust', LOCUST_REQUIREMENTS, progress, signal), bench),
  }
  const target = await startTarget(signal)
  try {
    await writeFile(join(bench.folder, 'paths.txt'), `${PATH}\n`)
    const rows = await measureRounds(plansOf({ ...bench, effort, programs, target }), effort, bench)
    const facts = {
      k6: await versionOf(programs.k6, 'version'),
      Locust: programs.locust ? await versionOf(join(programs.locust.bin, 'locust'), '--version') : 'missing',
      Python: programs.locust?.version ?? 'missing',
      'users without pauses': effort.users,
      'seconds per row and round': effort.seconds,
      'size of an answer, bytes': Buffer.byteLength(ANSWER),
    }
    return {
      facts,
      rows: [...rows, rowOf('expected', 'computed', expectedLatencies(effort.stall), { loop: 'computed' })],
    }
  } finally {
    await target.stop()
  }
}

/**
 * Returns the latency percentiles of requests at a constant rate if the server stalls once. Requests during the stall
 * wait for its end, so their waits are uniformly distributed. Other requests do not wait.
 */
export function expectedLatencies({ seconds, stallSeconds }: LoadgenEffort['stall']) {
  const waitOf = (share: number) => Math.max(0, stallSeconds - (1 - share) * seconds) * 1000
  return { p50Ms: waitOf(0.5), p95Ms: waitOf(0.95), p99Ms: waitOf(0.99) }
}

function plansOf(bench: LoadgenBench): Plan[] {
  const { growth, idle, stall, warmUpSeconds, arrivalRates } = bench.effort
  const costs = costLoads(bench.effort).flatMap(({ what, load, generators }) =>
    generators.map((generator): Plan => {
      const measure = () => measureCpu(bench, generator, load, bench.effort)
      return { group: 'cost', title: GENERATORS[generator] + what, labels: { generator, load: what }, measure }
    }),
  )
  const growths = growth.users.map(([generator, users]): Plan => {
    const spawnRate = SPAWN_RATES[generator]
    const load = withSteadyRate(users, growth.requestsPerSecond, spawnRate)
    const time = { warmUpSeconds: users / spawnRate + load.spreadSeconds + warmUpSeconds, seconds: growth.seconds }
    const measure = async () => ({ users, ...(await measureCpu(bench, generator, load, time)) })
    return { group: 'growth', title: `${GENERATORS[generator]}, ${users} users`, labels: { generator, users }, measure }
  })
  const idles = idle.users.map(([generator, users]): Plan => {
    const measure = async () => {
      const baseBytes = await idleBytes(bench, generator, 1)
      return { users, baseBytes, userBytes: ((await idleBytes(bench, generator, users)) - baseBytes) / (users - 1) }
    }
    return { group: 'idle', title: `${GENERATORS[generator]}, ${users} idle users`, labels: { generator }, measure }
  })
  const latencies = (['nonstop', 'pausing'] as const).flatMap((pace) =>
    (['ours', 'wrk'] as const).map((generator): Plan => {
      const title = `response times of ${GENERATORS[generator]}`
      const measure = () => (generator === 'ours' ? latenciesOfOurs(bench, pace) : latenciesOfWrk(bench, pace))
      return { group: 'latency', title, labels: { generator, pace }, measure }
    }),
  )
  const openLatencies = arrivalRates.flatMap((rate) =>
    (['ours', 'vegeta'] as const).map((generator): Plan => {
      const title = `response times of ${GENERATORS[generator]}, ${rate} requests/s`
      const labels = { generator, pace: `open loop, ${formatNumber(rate)} requests/s` }
      const measure = () => latenciesOfOpenLoop(bench, generator, rate)
      return { group: 'latency', title, labels, measure }
    }),
  )
  const stalls = (['open', 'closed'] as const).map((loop): Plan => {
    const measure = async () => {
      const target = await startTarget(bench.signal, stall)
      const { programs } = bench
      try {
        const load =
          loop === 'open'
            ? openLoop(stall.requestsPerSecond, 2 * stall.stallSeconds)
            : withSteadyRate(stall.users, stall.requestsPerSecond, stall.users)
        const child = startGenerator('ours', load, stall.seconds, target.url, programs)
        return await latenciesOf(child, stall.seconds, target, bench.signal)
      } finally {
        await target.stop()
      }
    }
    return { group: 'stall', title: `response times of a stall, ${loop} loop`, labels: { loop }, measure }
  })
  const all = [...costs, ...growths, ...idles, ...latencies, ...openLatencies, ...stalls]
  return bench.programs.locust ? all : all.filter(({ labels }) => !`${labels?.generator}`.startsWith('locust'))
}

/**
 * Measures the CPU time of a generator between two moments of a load, divided by the number of requests that the server
 * received in this time.
 * @throws {UserError} if the generator failed or got a wrong answer
 */
async function measureCpu(
  { effort: { marginSeconds }, programs, target, signal }: LoadgenBench,
  generator: GeneratorName,
  load: Load,
  { warmUpSeconds, seconds }: { warmUpSeconds: number; seconds: number },
) {
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
    return { micros, requestsPerSecond: (requests / (after.at - before.at)) * 1000 }
  } finally {
    await child.stop()
  }
}

/** Measures the memory of a generator after every user has sent one request, while all users pause. */
async function idleBytes({ effort, programs, target, signal }: LoadgenBench, generator: GeneratorName, users: number) {
  const earlier = await target.requests()
  const load: Load = {
    ...withoutPauses(users),
    spawnRate: SPAWN_RATES[generator],
    pause: [IDLE_PAUSE_SECONDS, IDLE_PAUSE_SECONDS],
  }
  const child = startGenerator(generator, load, IDLE_PAUSE_SECONDS, target.url, programs)
  try {
    await waitForRequests(earlier + users, child, target, signal)
    await pause(effort.idle.settleSeconds, signal)
    return pssBytes(child.pid)
  } finally {
    await child.stop()
  }
}

function latenciesOfWrk({ effort, target, signal, folder }: LoadgenBench, pace: Pace) {
  const users = pace === 'nonstop' ? { connections: effort.users } : { requestsPerSecond: effort.users / 0.125 }
  const paths = join(folder, 'paths.txt')
  const time = { warmUpSeconds: 0, seconds: effort.latencySeconds }
  return measureLoad({ ...users, ...time, url: target.url, paths, signal }, {})
}

function latenciesOfOurs({ effort, programs, target, signal }: LoadgenBench, pace: Pace) {
  // Spread the first requests over the longest pause. Users of wrk also pause before their first request.
  const load = { ...withoutPauses(effort.users), pause: PAUSES[pace], spreadSeconds: PAUSES[pace][1] }
  const child = startGenerator('ours', load, effort.latencySeconds, target.url, programs)
  return latenciesOf(child, effort.latencySeconds, target, signal)
}

function latenciesOfOpenLoop(
  { effort, programs, target, signal }: LoadgenBench,
  generator: GeneratorName,
  rate: number,
) {
  const load = openLoop(rate, MAX_SECONDS)
  const child = startGenerator(generator, load, effort.latencySeconds, target.url, programs)
  return latenciesOf(child, effort.latencySeconds, target, signal)
}

/** What the extension and vegeta print. The latencies of vegeta are in nanoseconds. */
type Reported = Record<'p50Ms' | 'p95Ms' | 'p99Ms', number> | VegetaReport
interface VegetaReport {
  latencies: Record<'50th' | '95th' | '99th', number>
  success: number
}

/** Waits until a run of the extension or vegeta ends, and parses the response times in its output. */
async function latenciesOf(child: Child, seconds: number, target: Target, signal: AbortSignal) {
  try {
    const earlier = await target.requests()
    const [line] = await child.line(/^\{"(p50Ms|latencies)".*/, signal)
    await child.succeeded(signal)
    const requestsPerSecond = ((await target.requests()) - earlier) / seconds
    const reported = JSON.parse(line) as Reported
    if ('p50Ms' in reported) return { requestsPerSecond, ...reported }
    if (reported.success < 1) throw new UserError('a request of vegeta failed, so nothing was measured')
    const { '50th': p50, '95th': p95, '99th': p99 } = reported.latencies
    return { requestsPerSecond, p50Ms: p50 / 1e6, p95Ms: p95 / 1e6, p99Ms: p99 / 1e6 }
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
