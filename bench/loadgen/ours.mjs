// The load as a script for k6/x/locust. Environment: LOCUST_HOST, LOCUST_USERS, LOCUST_SPAWN_RATE, LOCUST_RUN_TIME;
// ASKED, the path; MIN_WAIT and MAX_WAIT, the limits of a user's pauses in seconds; SPREAD, seconds over which users
// send their first requests; EXPECTED, the query that every answer must contain, or empty for no check; ARRIVAL_RATE,
// requests per second of an open loop that replaces the users; MAX_IN_FLIGHT, its limit of requests in flight.
import locust, { HttpUser } from 'k6/x/locust'

const { ASKED, MIN_WAIT, MAX_WAIT, SPREAD, EXPECTED, ARRIVAL_RATE, MAX_IN_FLIGHT } = __ENV
const checked = {
  catchResponse: (response) => {
    if (response.json('query') !== EXPECTED) response.failure('another query')
  },
}
const request = EXPECTED ? checked : undefined

class Asker extends HttpUser {
  static tasks = { ask: 1 }
  waitTime = locust.between(Number(MIN_WAIT), Number(MAX_WAIT))
  async onStart() {
    if (SPREAD > 0) await this.sleep(Math.random() * SPREAD)
  }
  async ask() {
    await this.client.get(ASKED, request)
  }
}

export const options = {
  ...locust.options({
    userClasses: [Asker],
    ...(ARRIVAL_RATE && { arrivalRate: Number(ARRIVAL_RATE), maxInFlight: Number(MAX_IN_FLIGHT) }),
  }),
  thresholds: { http_req_failed: ['rate<=0'] },
  summaryTrendStats: ['med', 'p(95)', 'p(99)'],
}

export default locust.run

/** Prints one line of JSON instead of the summary, with times in milliseconds. */
export function handleSummary({ metrics }) {
  const { med: p50Ms, 'p(95)': p95Ms, 'p(99)': p99Ms } = metrics.http_req_duration.values
  return { stdout: `${JSON.stringify({ p50Ms, p95Ms, p99Ms })}\n` }
}
