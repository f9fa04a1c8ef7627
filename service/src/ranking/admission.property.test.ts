import { expect, it } from 'vitest'
import { Random } from '../testing/random.ts'
import { Admission, type Load } from './admission.ts'
import { CRITICALITIES } from './criticality.ts'

it('never rejects a query while it would accept a less critical one in the same state', () => {
  const random = new Random()
  const any = (max: number) => random.below(1 + random.below(1 + random.below(max + 1)))
  let mixed = 0
  for (let round = 0; round < 500; round++) {
    const maxPending = 100 + any(5000)
    const admission = new Admission(1 + any(500), maxPending)
    let now = any(1000)
    for (let step = 0; step < 40; step++) {
      now += any(300)
      const waiting = CRITICALITIES.map(() => any(500))
      if (random.oneIn(3)) admission.drained(any(200), any(100), now)
      if (random.oneIn(3)) admission.dequeued(random.below(CRITICALITIES.length), any(200), now)
      if (random.oneIn(3)) admission.observe(waiting, now)
      const oldestSince = waiting.map((count) => (count > 0 ? now - any(600) : now))
      const load: Load = { eventLoopMs: any(300), pending: any(maxPending * 2), waiting, oldestSince }
      const accepted = CRITICALITIES.map((criticality) => admission.rejection(criticality, load, now) === undefined)
      expect(accepted, `FUZZ_SEED=${random.seed}: ${JSON.stringify(load)}`).toEqual(
        accepted.toSorted((a, b) => Number(b) - Number(a)),
      )
      if (new Set(accepted).size > 1) mixed += 1
    }
  }
  // In many states, some criticalities must be accepted and others rejected. Otherwise, the test would check little.
  expect(mixed).toBeGreaterThan(1000)
})
