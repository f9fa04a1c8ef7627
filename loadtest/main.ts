/**
 * The load test: users who type real words letter by letter, as the report's did, and the thresholds of a preset.
 *
 *     k6 run loadtest/ [-e TARGET=http://…] [-e PRESET=dev] [-e PROFILE=target] [-e LOCUST_USERS=… -e LOCUST_SPAWN_RATE=… -e LOCUST_RUN_TIME=…]
 */
import { sleep } from 'k6'
import { SharedArray } from 'k6/data'
import http from 'k6/http'
import { Counter, Rate, Trend } from 'k6/metrics'
import type { Options } from 'k6/options'
import locust from 'k6/x/locust'
import { answerProblem } from './answer.ts'
import { type ArrivalProfile, presets } from './presets.gen.ts'

const TARGET = (__ENV.TARGET || 'http://127.0.0.1:8000').replace(/\/+$/, '')
const preset = pick('PRESET', presets, 'dev')
const PROFILE = __ENV.PROFILE || preset.defaultProfile
const profile = pick('PROFILE', preset.profiles, PROFILE)
const isOverridden = Boolean(__ENV.LOCUST_USERS || __ENV.LOCUST_SPAWN_RATE || __ENV.LOCUST_RUN_TIME)

const words = new SharedArray('words', () =>
  open('./words.gen.txt')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')),
)
const wait = locust.between(preset.wait.minSeconds, preset.wait.maxSeconds)

/** Requests that failed in any way, as a share of all. */
const failedRequests = new Rate('failed_requests')
/** The three ways: no answer at all, another status than 200, and a body that is not the answer to the query. */
const connectionErrors = new Counter('connection_errors')
const statusErrors = new Counter('status_errors')
const jsonErrors = new Counter('json_errors')
/** Requests of the users, without those of set-up. */
const queries = new Counter('queries')
const queryDuration = new Trend('query_duration', true)

const { target } = preset
export const options = {
  ...('arrivalRate' in profile
    ? arrivals(profile)
    : locust.options({ users: profile.users, spawnRate: profile.spawnRate, runTime: profile.runTime })),
  thresholds: {
    failed_requests: [`rate<=${target.errorRate}`],
    query_duration: [`p(95)<=${target.p95Ms}`, `p(99)<=${target.p99Ms}`],
    // Other users or another time than the profile's do not promise its rate.
    queries: profile.minMeanQps && !isOverridden ? [`rate>=${profile.minMeanQps}`] : ['count>0'],
  },
  summaryTrendStats: ['avg', 'min', 'med', 'p(95)', 'p(99)', 'max'],
}

const params = {
  headers: { Accept: 'application/json', Connection: 'keep-alive', 'Keep-Alive': `timeout=${preset.timeoutSeconds}` },
  timeout: `${preset.timeoutSeconds}s`,
  // One name for all addresses: a metric for every word would be thousands.
  tags: { name: '/autocomplete' },
}

/** Asks the target once, so that a wrong address is one error and not thousands. */
export function setup(): void {
  const { status, error } = http.get(`${TARGET}/ready`, { timeout: '10s', tags: { name: '/ready' } })
  if (status !== 200) {
    throw new Error(
      `${TARGET}/ready answered ${status || error}; start the service with npm start, or name another with -e TARGET=`,
    )
  }
}

/** One user types one word. */
export default function typeWord(): void {
  let typed = ''
  for (const letter of randomWord()) {
    typed += letter
    query(typed)
    sleep(wait())
  }
}

/** The options of an open loop: letters start at a fixed rate, however slow the answers. */
function arrivals({ arrivalRate, maxInFlight, runTime }: ArrivalProfile): Options {
  if (__ENV.LOCUST_USERS || __ENV.LOCUST_SPAWN_RATE) {
    throw new Error(
      `the load profile ${PROFILE} has a rate and no users: leave LOCUST_USERS and LOCUST_SPAWN_RATE out, or take -e PROFILE=${preset.defaultProfile}`,
    )
  }
  return {
    scenarios: {
      arrivals: {
        executor: 'constant-arrival-rate',
        exec: 'typeLetter',
        rate: arrivalRate,
        timeUnit: '1s',
        duration: __ENV.LOCUST_RUN_TIME || runTime,
        preAllocatedVUs: maxInFlight,
        maxVUs: maxInFlight,
      },
    },
  }
}

let letters: string[] = []
let typed = ''

/** One letter more of the word that this virtual user types. */
export function typeLetter(): void {
  if (letters.length === 0) {
    letters = [...randomWord()]
    typed = ''
  }
  typed += letters.shift()
  query(typed)
}

function randomWord(): string {
  return words[Math.floor(Math.random() * words.length)] as string
}

function query(text: string): void {
  const response = http.get(`${TARGET}/autocomplete?q=${encodeURIComponent(text)}`, params)
  queries.add(1)
  queryDuration.add(response.timings.duration)
  const problem = answerProblem(response.body, text)
  if (response.status === 0) failed(connectionErrors, text, response.error)
  else if (response.status !== 200) failed(statusErrors, text, `status ${response.status}`)
  else if (problem) failed(jsonErrors, text, problem)
  else failedRequests.add(false)
}

function failed(kind: Counter, text: string, reason: string): void {
  failedRequests.add(true)
  kind.add(1)
  console.debug(`${JSON.stringify(text)}: ${reason}`)
}

function pick<T>(variable: string, known: Record<string, T>, fallback: string): T {
  const name = __ENV[variable] || fallback
  const value = Object.hasOwn(known, name) ? known[name] : undefined
  if (value === undefined) throw new Error(`unknown ${variable} ${name}; known: ${Object.keys(known).join(', ')}`)
  return value
}
