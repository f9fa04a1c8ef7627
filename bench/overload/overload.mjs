// Requests the paths in a file in an open loop, as a script for k6/x/locust. Environment: LOCUST_HOST, LOCUST_RUN_TIME;
// ARRIVAL_RATE, requests per second; MAX_IN_FLIGHT, the maximum number of requests in flight; CONNECTIONS, the maximum
// number of connections; PATHS, a file with a path on each line; BUDGET_MS, the time after which an answer is late;
// SKIP_SECONDS, the time before requests are counted; COUNTED_SECONDS, the time for which they are counted; PREFETCH,
// the share of prefetches. Prints `begun` when the load begins.
import locust, { HttpUser } from 'k6/x/locust'

const { ARRIVAL_RATE, MAX_IN_FLIGHT, CONNECTIONS, PATHS, BUDGET_MS, SKIP_SECONDS, COUNTED_SECONDS, PREFETCH } = __ENV
const paths = open(PATHS).split('\n')
const budgetMs = Number(BUDGET_MS)
const fromMs = SKIP_SECONDS * 1000
const untilMs = fromMs + COUNTED_SECONDS * 1000

const catchResponse = (response) => {
  if (response.statusCode === 200 && response.responseTime > budgetMs) response.failure('late')
}
const typed = { name: 'typed', catchResponse }
const prefetch = { name: 'prefetch', catchResponse, headers: { Priority: 'u=6' } }
const before = { name: 'not counted' }

// Each JavaScript runtime starts at a random path.
let at = Math.floor(Math.random() * paths.length)
let begun = 0

class Asker extends HttpUser {
  static tasks = { ask: 1 }
  static poolSize = Number(CONNECTIONS)
  async ask() {
    const now = Date.now()
    if (begun === 0) {
      begun = now
      console.log('begun')
    }
    const isCounted = now - begun >= fromMs && now - begun < untilMs
    at = (at + 1) % paths.length
    const kind = Math.random() < Number(PREFETCH) ? prefetch : typed
    await this.client.get(paths[at], isCounted ? kind : { ...before, headers: kind.headers })
  }
}

const KINDS = [typed.name, prefetch.name]
/** Returns the tags that select all requests of a kind, and the tags that select those with each outcome. */
const tagsOf = (name) => ({
  all: `{name:${name}}`,
  good: `{name:${name},status:200,expected_response:true}`,
  late: `{name:${name},status:200,expected_response:false}`,
  rejected: `{name:${name},status:503}`,
})

export const options = {
  ...locust.options({
    userClasses: [Asker],
    arrivalRate: Number(ARRIVAL_RATE),
    maxInFlight: Number(MAX_IN_FLIGHT),
    // Wait for the answers to requests that are sent before the end, so that they are counted.
    stopTimeout: '3s',
  }),
  // These thresholds are always met. Without them, k6 does not pass the metrics by tag to handleSummary.
  thresholds: Object.fromEntries(
    KINDS.map(tagsOf).flatMap(({ all, good, late, rejected }) => [
      ...[all, good, late, rejected].map((tags) => [`http_reqs${tags}`, ['count>=0']]),
      ...[good, rejected].map((tags) => [`http_req_duration${tags}`, ['p(99)>=0']]),
    ]),
  ),
  summaryTrendStats: ['med', 'p(99)'],
}

export default locust.run

/** Prints one line of JSON instead of the summary. */
export function handleSummary({ metrics }) {
  const count = (tags) => metrics[`http_reqs${tags}`]?.values.count ?? 0
  const time = (tags, name) => (count(tags) > 0 ? metrics[`http_req_duration${tags}`].values[name] : null)
  const perSecond = (outcome) => KINDS.reduce((sum, kind) => sum + count(tagsOf(kind)[outcome]), 0) / COUNTED_SECONDS
  const goodPercent = ({ all, good }) => (count(all) > 0 ? (count(good) / count(all)) * 100 : null)
  const longest = (name) => {
    const times = KINDS.map((kind) => time(tagsOf(kind).rejected, name)).filter((one) => one !== null)
    return times.length > 0 ? Math.max(...times) : null
  }
  const [good, late, rejected] = ['good', 'late', 'rejected'].map(perSecond)
  const figures = {
    good,
    late,
    rejected,
    other: perSecond('all') - good - late - rejected,
    typedGoodPercent: goodPercent(tagsOf(typed.name)),
    prefetchGoodPercent: goodPercent(tagsOf(prefetch.name)),
    goodP99: time(tagsOf(typed.name).good, 'p(99)'),
    rejectedP50: longest('med'),
    rejectedP99: longest('p(99)'),
    // This covers the whole run, because dropped iterations have no name to filter them by.
    notSent: metrics.dropped_iterations?.values.count ?? 0,
  }
  return { stdout: `${JSON.stringify(figures)}\n` }
}
