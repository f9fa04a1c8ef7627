import { describe, expect, it } from 'vitest'
import { Admission, type Load } from './admission.ts'
import { CRITICALITIES, type Criticality, levelOf } from './criticality.ts'

const MAX_DELAY_MS = 100
const MAX_PENDING = 1000

/** Returns a load without queries, changed by the given properties. */
const loadOf = (load: Partial<Load>): Load => ({
  eventLoopMs: 0,
  pending: 0,
  waiting: [0, 0, 0, 0],
  oldestSince: CRITICALITIES.map(() => Number.POSITIVE_INFINITY),
  ...load,
})

/**
 * Returns an admission whose queue drains at this rate, in queries per millisecond, and was last empty at time 0. The
 * rate was measured at `measuredAt`; by default, it is never outdated.
 */
function admissionAt(queriesPerMs: number, measuredAt = Number.POSITIVE_INFINITY): Admission {
  const admission = new Admission(MAX_DELAY_MS, MAX_PENDING)
  admission.drained(1000 * queriesPerMs, 1000, measuredAt)
  return admission
}

describe('a query is', () => {
  it('accepted if nothing waits, whatever the queue was like before', () => {
    const admission = admissionAt(0.001)
    for (const criticality of CRITICALITIES) expect(admission.rejection(criticality, loadOf({}), 5000)).toBeUndefined()
  })

  it('accepted in a burst that the queue can drain within the maximum delay', () => {
    const admission = admissionAt(2)
    expect(admission.rejection('typed', loadOf({ waiting: [200, 0, 0, 0] }), 1)).toBeUndefined()
    expect(admission.rejection('typed', loadOf({ waiting: [201, 0, 0, 0] }), 1)).toBe('wait')
  })

  it('accepted only up to three quarters of the maximum delay while the queue does not empty', () => {
    const admission = admissionAt(2)
    expect(admission.rejection('typed', loadOf({ waiting: [150, 0, 0, 0] }), MAX_DELAY_MS + 1)).toBeUndefined()
    expect(admission.rejection('typed', loadOf({ waiting: [151, 0, 0, 0] }), MAX_DELAY_MS + 1)).toBe('wait')
    admission.observe([0, 0, 0, 0], 500)
    expect(admission.rejection('typed', loadOf({ waiting: [151, 0, 0, 0] }), 501)).toBeUndefined()
  })

  it('not delayed by less critical queries', () => {
    const admission = admissionAt(2)
    const load = loadOf({ waiting: [5, 0, 900, 0], oldestSince: [499, 0, 1, 0] })
    expect(admission.rejection('typed', load, 500)).toBeUndefined()
    expect(admission.rejection('retry', load, 500)).toBeUndefined()
    expect(admission.rejection('prefetch', load, 500)).toBe('wait')
    expect(admission.rejection('background', load, 500)).toBe('wait')
  })

  it('accepted only if the capacity that more critical queries leave is enough', () => {
    const admission = admissionAt(4)
    const accepts = (waiting: number, now: number) =>
      admission.rejection('prefetch', loadOf({ waiting: [0, 0, waiting, 0] }), now) === undefined
    const typed = levelOf('typed')
    for (let now = 0; now <= 1000; now++) admission.dequeued(typed, 1, now)
    admission.observe([0, 0, 0, 0], 1000)
    expect(accepts(290, 1000)).toBe(true)
    expect(accepts(310, 1000)).toBe(false)
    for (let now = 1001; now <= 2000; now++) admission.dequeued(typed, 4, now)
    admission.observe([0, 0, 0, 0], 2000)
    // Half of the drain rate always counts as available.
    expect(accepts(190, 2000)).toBe(true)
    expect(accepts(210, 2000)).toBe(false)
    admission.observe([0, 0, 0, 0], 3000)
    expect(accepts(390, 3000)).toBe(true)
  })

  it('allowed its own burst, even if less critical queries always wait', () => {
    const admission = admissionAt(2)
    admission.observe([0, 0, 10, 0], 1000)
    expect(admission.rejection('typed', loadOf({ waiting: [160, 0, 10, 0] }), 1001)).toBeUndefined()
    expect(admission.rejection('prefetch', loadOf({ waiting: [160, 0, 10, 0] }), 1001)).toBe('wait')
  })

  it('rejected if the oldest query is stuck, even if the rate was high before', () => {
    const admission = admissionAt(1000)
    const load = loadOf({ waiting: [1, 0, 0, 0], oldestSince: [1, 0, 0, 0] })
    expect(admission.rejection('typed', load, MAX_DELAY_MS + 1)).toBeUndefined()
    expect(admission.rejection('typed', load, MAX_DELAY_MS + 2)).toBe('wait')
  })

  it.each([
    ['typed', 1],
    ['retry', 0.75],
    ['prefetch', 0.5],
    ['background', 0.25],
  ] as const)('rejected at %s’s share of the limits, %d', (criticality, share) => {
    const admission = admissionAt(1)
    const rejection = (load: Partial<Load>) => admission.rejection(criticality, loadOf(load), 1)
    expect(rejection({ eventLoopMs: MAX_DELAY_MS * share })).toBeUndefined()
    expect(rejection({ eventLoopMs: MAX_DELAY_MS * share + 1 })).toBe('event_loop')
    expect(rejection({ pending: MAX_PENDING * share - 1 })).toBeUndefined()
    expect(rejection({ pending: MAX_PENDING * share })).toBe('pending')
  })
})

describe('the drain rate', () => {
  it('does not count after a time in which the queue was not full, such as after an outage', () => {
    const admission = admissionAt(0.001, 0)
    const load = (now: number) => loadOf({ waiting: [20, 0, 0, 0], oldestSince: [now, 0, 0, 0] })
    expect(admission.rejection('typed', load(MAX_DELAY_MS), MAX_DELAY_MS)).toBe('wait')
    expect(admission.rejection('typed', load(MAX_DELAY_MS + 1), MAX_DELAY_MS + 1)).toBeUndefined()
  })

  it('of an outage does not count in a later measurement', () => {
    const admission = admissionAt(0.001, 0)
    const [start, end] = [MAX_DELAY_MS + 1, MAX_DELAY_MS + 11]
    admission.observe([0, 0, 0, 0], start)
    admission.drained(20, end - start, end)
    expect(admission.rejection('typed', loadOf({ waiting: [199, 0, 0, 0] }), end)).toBeUndefined()
    expect(admission.rejection('typed', loadOf({ waiting: [201, 0, 0, 0] }), end)).toBe('wait')
  })

  it('follows a change within a few times the maximum delay', () => {
    const admission = admissionAt(10)
    for (let ms = 0; ms < 3 * MAX_DELAY_MS; ms += 10) admission.drained(10, 10, ms)
    expect(admission.rejection('typed', loadOf({ waiting: [90, 0, 0, 0] }), 1)).toBeUndefined()
    expect(admission.rejection('typed', loadOf({ waiting: [160, 0, 0, 0] }), 1)).toBe('wait')
  })
})

describe('the limit of a batch', () => {
  it('does not exist before anything was measured', () => {
    expect(new Admission(MAX_DELAY_MS, MAX_PENDING).batchLimit(0)).toBe(Number.POSITIVE_INFINITY)
  })

  it('does not exist after a time in which the queue was not full, such as after an outage', () => {
    const admission = admissionAt(0.001, 0)
    expect(admission.batchLimit(MAX_DELAY_MS)).toBe(4)
    expect(admission.batchLimit(MAX_DELAY_MS + 1)).toBe(Number.POSITIVE_INFINITY)
  })

  it.each([
    [8, 100],
    [0.8, 10],
    [0.001, 4],
  ])('is, at %d queries per millisecond, %d queries', (queriesPerMs, limit) => {
    expect(admissionAt(queriesPerMs).batchLimit(0)).toBe(limit)
  })
})

/** Simulates a server with a fixed rate and a queue per criticality, in steps of 1 ms. */
function simulate(ms: number, arrivals: (at: number) => Partial<Record<Criticality, number>>, perMs: number) {
  const admission = new Admission(MAX_DELAY_MS, 100_000)
  const queue = CRITICALITIES.map(() => [] as number[])
  const outcomes = CRITICALITIES.map(() => ({ accepted: 0, rejected: 0, waits: [] as number[] }))
  for (let now = 0; now < ms; now++) {
    for (const [level, criticality] of CRITICALITIES.entries()) {
      for (let count = arrivals(now)[criticality] ?? 0; count > 0; count--) {
        const waiting = queue.map(({ length }) => length)
        const load = loadOf({ waiting, oldestSince: queue.map(([first = now]) => first) })
        const outcome = outcomes[level] as (typeof outcomes)[number]
        if (admission.rejection(criticality, load, now)) outcome.rejected += 1
        else {
          outcome.accepted += 1
          queue[level]?.push(now)
        }
      }
    }
    let left = perMs
    const taken = queue.map((queries, level) => {
      const first = queries.splice(0, left)
      left -= first.length
      for (const since of first) outcomes[level]?.waits.push(now - since)
      return first.length
    })
    for (const [level, count] of taken.entries()) admission.dequeued(level, count, now)
    if (left === 0) admission.drained(perMs, 1, now)
    admission.observe(
      queue.map(({ length }) => length),
      now,
    )
  }
  return Object.fromEntries(CRITICALITIES.map((criticality, level) => [criticality, outcomes[level]])) as Record<
    Criticality,
    (typeof outcomes)[number]
  >
}

describe('in a simulation,', () => {
  it('all typed queries are answered immediately while three times the peak arrives, most of it prefetches', () => {
    const { typed, prefetch } = simulate(3000, () => ({ typed: 5, prefetch: 25 }), 10)
    expect(typed.rejected).toBe(0)
    expect(Math.max(...typed.waits)).toBeLessThanOrEqual(1)
    // Other queries use all capacity that typed queries do not need.
    expect(prefetch.waits.length).toBeGreaterThan(0.99 * 3000 * 5)
  })

  it('an overload of typed queries leaves a short queue and loses no capacity', () => {
    const { typed } = simulate(3000, () => ({ typed: 14 }), 10)
    expect(typed.waits.length).toBeGreaterThan(0.99 * 3000 * 10)
    expect(Math.max(...typed.waits)).toBeLessThanOrEqual(MAX_DELAY_MS)
    expect(Math.max(...typed.waits.slice(-10_000))).toBeLessThanOrEqual(0.75 * MAX_DELAY_MS + 1)
  })

  it('a burst that fits into the maximum delay is answered completely', () => {
    const { typed } = simulate(1000, (at) => ({ typed: at === 500 ? 900 : 1 }), 10)
    expect(typed.rejected).toBe(0)
  })

  it('less critical queries that are accepted are answered within the maximum delay', () => {
    for (const typed of [2, 4, 5]) {
      const { prefetch } = simulate(3000, () => ({ typed, prefetch: 25 }), 10)
      // Leave out the first queries, which arrive before the drain rate is known.
      const waits = prefetch.waits.slice(-1000)
      expect(Math.max(...waits)).toBeLessThanOrEqual(MAX_DELAY_MS)
      expect(prefetch.waits.length + MAX_DELAY_MS * (10 - typed)).toBeGreaterThanOrEqual(prefetch.accepted)
    }
  })

  it('less critical queries get the capacity back soon after more critical ones stop arriving', () => {
    const { prefetch } = simulate(2000, (at) => ({ typed: at < 1000 ? 20 : 0, prefetch: 15 }), 10)
    const typedWaitingAtTheEnd = 0.75 * MAX_DELAY_MS * 10
    expect(prefetch.waits.length).toBeGreaterThan(0.99 * (1000 * 10 - typedWaitingAtTheEnd))
  })

  it('the service accepts everything again as soon as the overload ends', () => {
    const { typed } = simulate(2000, (at) => ({ typed: at < 1000 ? 30 : 9 }), 10)
    expect(typed.accepted).toBeGreaterThan(1000 * 10 + 999 * 9 - 100)
  })
})
