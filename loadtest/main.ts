/**
 * The load test. Users type real words letter by letter, as in the reference report, and the preset sets the
 * requirements.
 *
 *     k6 run loadtest/ [-e TARGET=http://…] [-e PRESET=dev] [-e PROFILE=target] [-e CRITICALITY=prefetch] [-e LOCUST_USERS=… -e LOCUST_SPAWN_RATE=… -e LOCUST_RUN_TIME=…]
 *     k6 x locust -u 2000 -r 100 -t 15m -H http://… loadtest/
 */
import { SharedArray } from 'k6/data'
import http from 'k6/http'
import { Counter } from 'k6/metrics'
import type { Options } from 'k6/options'
import locust, { HttpUser, type LocustOptions, type Requirements, type ResponseToJudge } from 'k6/x/locust'
import { answerProblem } from './answer.ts'
import { presets } from './presets.gen.ts'
import { misspelledSetting } from './settings.ts'

const misspelled = misspelledSetting(locust.variables(), Object.keys(__ENV))
if (misspelled) reject(misspelled)
const TARGET = (__ENV.LOCUST_HOST || __ENV.TARGET || 'http://127.0.0.1:8000').replace(/\/+$/, '')
const PRESET = __ENV.PRESET || 'dev'
const preset = pick('PRESET', presets, PRESET)
const PROFILE = __ENV.PROFILE || preset.defaultProfile
const profile = pick('PROFILE', preset.profiles, PROFILE)
const isOverridden = Boolean(__ENV.LOCUST_USERS || __ENV.LOCUST_SPAWN_RATE || __ENV.LOCUST_RUN_TIME)
/** The criticality of all queries. If it is empty, the queries have the default criticality, that of typing users. */
const CRITICALITY = __ENV.CRITICALITY ? `&criticality=${encodeURIComponent(__ENV.CRITICALITY)}` : ''
/** A common name for all URLs. Otherwise, the statistics would have a row for each text that users type. */
const NAME = '/autocomplete'

const words = new SharedArray('words', () =>
  open('./words.gen.txt')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')),
)

/** The three kinds of failure: no answer, a status other than 200, and a body that does not answer the query. */
const connectionErrors = new Counter('connection_errors')
const statusErrors = new Counter('status_errors')
const jsonErrors = new Counter('json_errors')

/** Types word after word, one letter at a time. */
class Typist extends HttpUser {
  static override tasks = { typeLetter: 1 }
  static override poolSize = preset.connections
  static override connectionTimeout = preset.timeoutSeconds
  static override networkTimeout = preset.timeoutSeconds
  static override headers = {
    Accept: 'application/json',
    Connection: 'keep-alive',
    'Keep-Alive': `timeout=${preset.timeoutSeconds}`,
  }
  override waitTime = locust.between(preset.wait.minSeconds, preset.wait.maxSeconds)
  letters: string[] = []
  typed = ''

  async typeLetter(): Promise<void> {
    if (this.letters.length === 0) {
      this.letters = [...(words[Math.floor(Math.random() * words.length)] as string)]
      this.typed = ''
    }
    this.typed += this.letters.shift()
    const query = this.typed
    await this.client.get(`/autocomplete?q=${encodeURIComponent(query)}${CRITICALITY}`, {
      name: NAME,
      catchResponse: (response) => judge(response, query),
    })
  }
}

function judge(response: ResponseToJudge, query: string): void {
  if (response.statusCode === 0) fail(connectionErrors, response.error)
  else if (response.statusCode !== 200) fail(statusErrors, `status ${response.statusCode}`)
  else {
    const problem = answerProblem(response, query)
    if (problem) fail(jsonErrors, problem)
  }

  function fail(kind: Counter, reason: string): void {
    kind.add(1)
    response.failure(reason)
    console.debug(`${JSON.stringify(query)}: ${reason}`)
  }
}

const { target } = preset
export const options: Options = {
  ...locust.options({ userClasses: [Typist], host: TARGET, requirements: requirements(), ...load() }),
  thresholds: {
    // The first three thresholds make k6's summary repeat parts of the verdict. They do not apply to the request of
    // setup().
    [`http_req_failed{name:${NAME}}`]: [`rate<=${target.errorRate}`],
    [`http_req_duration{name:${NAME}}`]: [`p(95)<=${target.p95Ms}`, `p(99)<=${target.p99Ms}`],
    [`http_reqs{name:${NAME}}`]: ['count>0'],
    // locust.options() sets the same threshold, but this object replaces its thresholds.
    requirements: ['rate>=1'],
  },
  summaryTrendStats: ['avg', 'min', 'med', 'p(95)', 'p(99)', 'max'],
}

export default locust.run

/**
 * Checks the target once, so that a wrong URL causes one error instead of thousands. Does nothing in a worker, which
 * gets its target from its master.
 */
export function setup(): { isReady: boolean } {
  if (__ENV.LOCUST_MODE_WORKER) return { isReady: true }
  const problem = readiness()
  if (problem) {
    reject(`${TARGET}/ready ${problem}; start the service with npm start, or set another URL with -e TARGET=`)
  }
  return { isReady: true }
}

/** Returns why the target is not ready. Returns an empty string if it is ready. */
function readiness(): string {
  // Without `throw`, k6 would also log a warning. The types of k6 do not declare `throw`.
  const params = { timeout: '10s', tags: { name: '/ready' }, throw: true }
  try {
    const { status } = http.get(`${TARGET}/ready`, params)
    return status === 200 ? '' : `answered ${status}`
  } catch (error) {
    // k6's message begins with the URL.
    return `did not answer: ${(error as Error).message.replace(/^Get "[^"]*": /, '')}`
  }
}

/**
 * Prints no summary if setup() failed. Otherwise, the summary would show that thresholds were met, although no request
 * was sent.
 */
export function handleSummary(data: {
  setup_data?: unknown
  metrics?: Record<string, { values?: { count?: number } }>
}): Record<string, string> | undefined {
  const count = data.metrics?.[`http_reqs{name:${NAME}}`]?.values?.count
  return data.setup_data === undefined && count === 0 ? {} : undefined
}

/** Returns the load of the profile: users who wait for answers, or an open loop with a fixed request rate. */
function load(): Partial<LocustOptions> {
  if (!('arrivalRate' in profile)) {
    return { users: profile.users, spawnRate: profile.spawnRate, runTime: profile.runTime }
  }
  if (__ENV.LOCUST_USERS || __ENV.LOCUST_SPAWN_RATE) {
    reject(
      `the load profile ${PROFILE} is an open loop without users: remove LOCUST_USERS and LOCUST_SPAWN_RATE, or use -e PROFILE=${preset.defaultProfile}`,
    )
  }
  return { arrivalRate: profile.arrivalRate, maxInFlight: profile.maxInFlight, runTime: profile.runTime }
}

/**
 * Returns the requirements of the preset. A rate is required only if the profile defines one, and only if the load and
 * the run time of the profile are not overridden.
 */
function requirements(): Requirements {
  const { errorRate, p95Ms, p99Ms, qps } = target
  const promised = { of: `preset ${PRESET}, load profile ${PROFILE}`, errorRate, p95Ms, p99Ms }
  return profile.minMeanQps && !isOverridden ? { ...promised, rate: qps } : promised
}

function pick<T>(variable: string, known: Record<string, T>, name: string): T {
  const value = Object.hasOwn(known, name) ? known[name] : undefined
  return value ?? reject(`unknown ${variable} ${name}; known: ${Object.keys(known).join(', ')}`)
}

/** Throws an error that k6 prints in one line, without a stack. */
function reject(message: string): never {
  throw Object.assign(new Error(message), { name: 'InvalidSetting' })
}
