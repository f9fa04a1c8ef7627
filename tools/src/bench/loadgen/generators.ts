/** The load generators, and how each is told to make the same load. */
import { join } from 'node:path'
import type { PythonEnvironment } from '../../../programs/python-environment.ts'
import { Child } from '../../../support/child.ts'
import { inRoot } from '../../../support/paths.ts'
import type { GeneratorName } from './result.ts'
import { PATH, QUERY, SCRIPTS } from './target.ts'

/** The programs. */
export interface Programs {
  k6: string
  wrk: string
  /** Undefined where it could not be had. */
  locust: PythonEnvironment | undefined
}

/** What users do. */
export interface Load {
  users: number
  /** Users that start in a second; k6's own and wrk's all start at once. */
  spawnRate: number
  /** Seconds from an answer to the user's next request, drawn evenly between the two. */
  pause: readonly [min: number, max: number]
  /** Seconds within which users ask for the first time, at a random moment. */
  spreadSeconds: number
  /** Whether the query that every answer names is read and compared. */
  isChecked: boolean
}

/** Users who ask as soon as they are answered, from the start. */
export const hurried = (users: number): Load => ({
  users,
  spawnRate: users,
  pause: [0, 0],
  spreadSeconds: 0,
  isChecked: false,
})

/** Users who together make a rate if they are answered at once, spread evenly over the time from the start. */
export function steady(users: number, requestsPerSecond: number, spawnRate: number): Load {
  const pause = users / requestsPerSecond
  return { ...hurried(users), spawnRate, pause: [pause / 2, pause * 1.5], spreadSeconds: pause }
}

/**
 * Starts a generator; it ends by itself, with code 0 if every request was answered as it should be.
 * @param seconds how long the load lasts at least, the start of the program left out
 */
export function startGenerator(
  name: GeneratorName,
  load: Load,
  seconds: number,
  url: string,
  { k6, wrk, locust }: Programs,
): Child {
  const { users, spawnRate } = load
  const duration = `${Math.ceil(seconds)}s`
  switch (name) {
    case 'ours':
      return startK6(k6, inRoot(...SCRIPTS, 'ours.mjs'), {
        ...environmentOf(load),
        LOCUST_HOST: url,
        LOCUST_USERS: users,
        LOCUST_SPAWN_RATE: spawnRate,
        LOCUST_RUN_TIME: duration,
      })
    case 'k6':
      return startK6(k6, inRoot(...SCRIPTS, 'k6.mjs'), {
        ...environmentOf(load),
        HOST: url,
        USERS: users,
        DURATION: duration,
      })
    case 'wrk':
      return new Child('wrk', wrk, [`-c${users}`, '-t1', `-d${duration}`, url + PATH])
    default: {
      const { bin } = locust as PythonEnvironment
      const file = inRoot(...SCRIPTS, 'locustfile.py')
      const run = ['-u', users, '-r', spawnRate, '-t', duration, '-H', url].map(String)
      const quiet = ['--headless', '--only-summary', '--loglevel', 'ERROR']
      return new Child('Locust', join(bin, 'locust'), ['-f', file, ...quiet, ...run], {
        env: {
          PATH: process.env.PATH,
          PYTHONDONTWRITEBYTECODE: '1',
          POOL: name === 'locustShared' ? String(users) : '',
          ...environmentOf(load),
        },
      })
    }
  }
}

/** Starts the extension with an open loop: so many requests a second, however slow the answers. */
export function startOpenLoop(arrivalRate: number, seconds: number, url: string, { k6 }: Programs): Child {
  return startK6(k6, inRoot(...SCRIPTS, 'ours.mjs'), {
    ...environmentOf(hurried(1)),
    ARRIVAL_RATE: arrivalRate,
    LOCUST_HOST: url,
    LOCUST_RUN_TIME: `${seconds}s`,
  })
}

/**
 * Starts a script of k6.
 * @param wrapper a program with its arguments that runs it
 */
export function startK6(
  k6: string,
  script: string,
  environment: Record<string, string | number>,
  wrapper: readonly string[] = [],
): Child {
  const variables = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const [program = k6, ...args] = [...wrapper, k6, 'run', '--quiet', '--no-usage-report', ...variables, script]
  // Variables of k6 and Locust in this process's environment would change the load.
  return new Child('k6', program, args, { env: { PATH: process.env.PATH, HOME: process.env.HOME } })
}

const environmentOf = ({ pause: [min, max], spreadSeconds, isChecked }: Load) => ({
  ASKED: PATH,
  MIN_WAIT: String(min),
  MAX_WAIT: String(max),
  SPREAD: String(spreadSeconds),
  EXPECTED: isChecked ? QUERY : '',
})
