/** The load generators, and the server that counts their requests. */
import { join } from 'node:path'
import type { PythonEnvironment } from '../../tools/programs/python-environment.ts'
import { Child } from '../../tools/support/child.ts'
import { inRoot } from '../../tools/support/paths.ts'
import type { Bench } from '../harness.ts'
import { startConstant } from '../stack.ts'

const FOLDER = inRoot('bench', 'loadgen')
const WORDS = ['an', 'and', 'answer', 'another', 'any', 'animal', 'analysis', 'annual', 'anyone', 'announce']
/** The query of all requests. If answers are checked, each must contain it. */
const QUERY = 'an'
export const PATH = `/autocomplete?q=${QUERY}`
/** An answer with ten suggestions. */
export const ANSWER = JSON.stringify({
  query: QUERY,
  suggestions: WORDS.map((text, at) => ({ text, score: 1000 - at, match: 'prefix', highlight: [[0, QUERY.length]] })),
})

/** The display names of the generators. */
export const GENERATORS = {
  ours: 'k6/x/locust',
  k6: "k6's http.get",
  locust: 'Locust, FastHttpUser',
  locustHttp: 'Locust, HttpUser',
  wrk: 'wrk',
  vegeta: 'vegeta',
} as const
export type GeneratorName = keyof typeof GENERATORS

/** The paths of the programs. Locust may be missing. */
export interface Programs {
  k6: string
  wrk: string
  vegeta: string
  locust: PythonEnvironment | undefined
}

/** The number of users that each generator can start per second without delay. Others start all users at once. */
export const SPAWN_RATES: Partial<Record<GeneratorName, number>> = { ours: 5000, locust: 500, locustHttp: 500 }

/** The behavior of the users. */
export interface Load {
  users: number
  /** Limits, in seconds, of the uniformly distributed pause between a response and the user's next request. */
  pause: readonly [min: number, max: number]
  /** Users send their first request at a random moment within this many seconds. */
  spreadSeconds: number
  /** Whether the query in every answer is parsed and compared. */
  isChecked: boolean
  /**
   * Requests per second of an open loop. In this case, `users` limits the requests in flight of k6/x/locust. Only
   * k6/x/locust and vegeta use the rate. All other generators ignore it.
   */
  arrivalRate?: number
}

/** Returns a load of users who do not pause. */
export const withoutPauses = (users: number): Load => ({ users, pause: [0, 0], spreadSeconds: 0, isChecked: false })

/**
 * Returns a load of users who together send `requestsPerSecond` if responses take no time. Random delays and pauses
 * spread their requests evenly from the start.
 */
export function withSteadyRate(users: number, requestsPerSecond: number): Load {
  const pause = users / requestsPerSecond
  return { ...withoutPauses(users), pause: [pause / 2, pause * 1.5], spreadSeconds: pause }
}

/**
 * Returns an open loop: requests start at this rate, however slow the responses are.
 * @param maxSeconds response times above this limit cause dropped requests
 */
export const openLoop = (requestsPerSecond: number, maxSeconds: number): Load => ({
  ...withoutPauses(requestsPerSecond * maxSeconds),
  arrivalRate: requestsPerSecond,
})

/**
 * Starts a generator. The generator exits by itself. After wrong answers, k6 and Locust exit with a code other than 0.
 * @param seconds the minimum duration of the load, excluding the program's startup
 */
export function startGenerator(
  name: GeneratorName,
  load: Load,
  seconds: number,
  url: string,
  { k6, wrk, vegeta, locust }: Programs,
): Child {
  const { users, pause, arrivalRate } = load
  const spawnRate = Math.min(users, SPAWN_RATES[name] ?? users)
  const duration = `${Math.ceil(seconds)}s`
  if (name === 'wrk') {
    const script = ['-s', join(FOLDER, 'wrk.lua'), url + PATH, '--', ...pause.map((limit) => String(limit * 1000))]
    return new Child('wrk', wrk, [`-c${users}`, '-t1', `-d${duration}`, ...script])
  }
  if (name === 'vegeta') {
    const workers = arrivalRate ? '' : `-workers ${users} -max-workers ${users}`
    const attack = `"$0" attack -rate ${arrivalRate ?? 0} -duration ${duration} ${workers}`
    const script = `echo "GET $1" | ${attack} | "$0" report -type json; echo`
    return new Child('vegeta', 'sh', ['-c', script, vegeta, url + PATH])
  }
  if (name === 'k6') {
    return startK6(k6, join(FOLDER, 'k6.mjs'), { ...variablesOf(load), HOST: url, USERS: users, DURATION: duration })
  }
  if (name === 'ours') {
    const rate = arrivalRate && { ARRIVAL_RATE: arrivalRate, MAX_IN_FLIGHT: users }
    const run = rate || { LOCUST_USERS: users, LOCUST_SPAWN_RATE: spawnRate }
    const variables = { ...variablesOf(load), ...run, LOCUST_HOST: url, LOCUST_RUN_TIME: duration }
    return startK6(k6, join(FOLDER, 'ours.mjs'), variables)
  }
  const run = ['-u', users, '-r', spawnRate, '-t', duration, '-H', url].map(String)
  const quietOptions = ['--headless', '--only-summary', '--loglevel', 'ERROR']
  const client = { CLASS: name === 'locustHttp' ? 'HttpUser' : 'FastHttpUser', PYTHONDONTWRITEBYTECODE: '1' }
  const args = ['-f', join(FOLDER, 'locustfile.py'), ...quietOptions, ...run]
  return new Child('Locust', join((locust as PythonEnvironment).bin, 'locust'), args, {
    env: { PATH: process.env.PATH, ...client, ...variablesOf(load) },
  })
}

export function startK6(k6: string, script: string, environment: Record<string, string | number>): Child {
  const variables = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  // k6 and Locust variables in this process's environment would change the load.
  return new Child('k6', k6, ['run', '--quiet', '--no-usage-report', ...variables, script], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
  })
}

const variablesOf = ({ pause: [min, max], spreadSeconds, isChecked }: Load) => ({
  ASKED: PATH,
  MIN_WAIT: String(min),
  MAX_WAIT: String(max),
  SPREAD: String(spreadSeconds),
  EXPECTED: isChecked ? QUERY : '',
})

/** The server that answers the requests. */
export interface Target {
  url: string
  /** Returns the number of requests answered so far, excluding those to `/count`. */
  requests(): Promise<number>
}

/** Starts the server. */
export async function startTarget(bench: Pick<Bench, 'keep' | 'signal'>): Promise<Target> {
  const { url } = await startConstant(bench, 'bare.mjs', ANSWER)
  const requests = async () => Number(await (await fetch(`${url}/count`, { signal: bench.signal })).text())
  return { url, requests }
}
