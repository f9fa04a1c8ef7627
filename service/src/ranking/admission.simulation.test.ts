/**
 * Compares `Admission` with fixed limits. Simulates a service on one CPU, so that other load does not affect the
 * result.
 */
import { expect, it } from 'vitest'
import { Random } from '../testing/random.ts'
import { Admission } from './admission.ts'
import { CRITICALITIES } from './criticality.ts'

/** The length of a simulation step, and the CPU times of a rejection, an accepted query, and a batch. */
const STEP_MS = 0.25
const REJECT_MS = 0.025
const ACCEPT_MS = 0.06
const BATCH_MS = 0.3
const POLL_MS = 2
const UNSEARCHED = 2
const IN_FLIGHT = 32
const MAX_BATCH = 64
const MAX_DELAY_MS = 100
const BUDGET_MS = 250
const WARM_UP_MS = 500
const MEASURED_MS = 1500

/** Decides which queries to accept, and limits batches. */
interface Policy {
  accepts(waiting: readonly number[], now: number): boolean
  batchLimit(now: number): number
  took(queries: number, blockedMs: number | undefined, waiting: number, now: number): void
}

function adaptive(): Policy {
  const admission = new Admission(MAX_DELAY_MS, 2000)
  const [typed, ...others] = CRITICALITIES.map(() => 0)
  return {
    accepts: ({ length, 0: oldest = 0 }, now) => {
      const load = {
        eventLoopMs: 0,
        pending: length,
        waiting: [length, ...others],
        oldestSince: [oldest, ...others],
      }
      return admission.rejection('typed', load, now) === undefined
    },
    batchLimit: (now) => Math.min(MAX_BATCH, admission.batchLimit(now)),
    took: (queries, blockedMs, waiting, now) => {
      if (blockedMs !== undefined) admission.drained(queries, blockedMs, now)
      admission.dequeued(typed as number, queries, now)
      admission.observe([waiting, ...others], now)
    },
  }
}

const fixed = (queue: number, batch: number): Policy => ({
  accepts: ({ length }) => length < queue,
  batchLimit: () => batch,
  took: () => {},
})

/** Returns the number of answers per second that arrive in time. */
function goodAt(
  perSecond: number,
  { searchMs, redisMs }: { searchMs: number; redisMs: number },
  policy: Policy,
): number {
  const source = new Random(1)
  const random = () => source.below(2 ** 31) / 2 ** 31
  /** The arrival time of each waiting query. */
  const waiting: number[] = []
  /** Batches that have not been searched, oldest first, each with its remaining work. */
  const unsearched: { arrived: number[]; workMs: number }[] = []
  const inFlight: { arrived: number[]; doneAt: number }[] = []
  let good = 0
  let due = 0
  let blockedSince: number | undefined
  let rankMs = 0
  let nextPoll = 0
  /** The number of unsearched batches that the HTTP thread knows of. */
  let known = 0
  for (let now = 0; now < WARM_UP_MS + MEASURED_MS; now += STEP_MS) {
    rankMs = Math.min(rankMs + STEP_MS, STEP_MS)
    for (; due <= now; due += (-Math.log(1 - random()) * 1000) / perSecond) {
      const isAccepted = policy.accepts(waiting, now)
      if (isAccepted) waiting.push(now)
      rankMs -= isAccepted ? ACCEPT_MS : REJECT_MS
    }
    while (inFlight[0] && inFlight[0].doneAt <= now) {
      const { arrived } = inFlight.shift() as (typeof inFlight)[0]
      if (now >= WARM_UP_MS) good += arrived.filter((at) => now - at <= BUDGET_MS).length
    }
    if (now >= nextPoll) {
      nextPoll = now + POLL_MS
      known = unsearched.length
    }
    while (waiting.length > 0 && known < UNSEARCHED && unsearched.length + inFlight.length < IN_FLIGHT) {
      const arrived = waiting.splice(0, policy.batchLimit(now))
      // Search times are exponentially distributed, because the times of real searches also vary widely.
      const workMs = arrived.reduce((sum) => sum - searchMs * Math.log(1 - random()), BATCH_MS)
      unsearched.push({ arrived, workMs })
      known += 1
      policy.took(arrived.length, blockedSince === undefined ? undefined : now - blockedSince, waiting.length, now)
      blockedSince = waiting.length > 0 && known >= UNSEARCHED ? now : undefined
    }
    for (let batch = unsearched[0]; batch && rankMs > 0; batch = unsearched[0]) {
      const workMs = Math.min(rankMs, batch.workMs)
      batch.workMs -= workMs
      rankMs -= workMs
      if (batch.workMs > 0) break
      unsearched.shift()
      inFlight.push({ arrived: batch.arrived, doneAt: now + redisMs })
    }
  }
  return (good * 1000) / MEASURED_MS
}

const QUEUES = [16, 64, 128, 256]
const BATCHES = [4, 16, 64]
const LATENCIES_MS = [0, 5, 40]
/** The average time of a search, and the peak in queries per second. */
const COSTS = [
  [0.44, 1800],
  [0.1, 5000],
] as const

it.each(
  COSTS.flatMap(([searchMs, peak]) => LATENCIES_MS.map((redisMs) => ({ searchMs, peak, redisMs }))),
)('if Redis is $redisMs ms late and a search takes $searchMs ms, admission gives more than 95% as many good answers as the best fixed limits', ({
  searchMs,
  peak,
  redisMs,
}) => {
  for (const factor of [1, 1.4, 2, 3]) {
    const goodWith = (policy: Policy) => goodAt(peak * factor, { searchMs, redisMs }, policy)
    const best = Math.max(...QUEUES.flatMap((queue) => BATCHES.map((batch) => goodWith(fixed(queue, batch)))))
    expect(goodWith(adaptive()), `${factor} × peak`).toBeGreaterThan(0.95 * best)
  }
})
