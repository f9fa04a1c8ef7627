// The load as a plain k6 script. Environment: as in ours.mjs, with HOST, USERS, and DURATION instead of LOCUST_*.
import { sleep } from 'k6'
import http from 'k6/http'
import { Counter } from 'k6/metrics'

const { HOST, USERS, DURATION, ASKED, MIN_WAIT, MAX_WAIT, SPREAD, EXPECTED } = __ENV
const url = HOST + ASKED
const [min, max] = [Number(MIN_WAIT), Number(MAX_WAIT)]
const wrong = new Counter('wrong')

export const options = {
  scenarios: { ask: { executor: 'constant-vus', vus: Number(USERS), duration: DURATION, gracefulStop: '1s' } },
  thresholds: { http_req_failed: ['rate<=0'], wrong: ['count<=0'] },
}

export default function ask() {
  if (__ITER === 0 && SPREAD > 0) sleep(Math.random() * SPREAD)
  const response = http.get(url)
  if (EXPECTED && response.json('query') !== EXPECTED) wrong.add(1)
  if (max > 0) sleep(min + Math.random() * (max - min))
}
