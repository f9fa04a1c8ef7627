import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { EventLoopDelay } from './event-loop-delay.ts'

/** Keeps the event loop busy. */
function block(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

/** Far longer than the delays on a busy machine. */
const LONG_MS = 1000

function measure(): EventLoopDelay {
  const delay = new EventLoopDelay()
  onTestFinished(() => delay.stop())
  return delay
}

it('the delay is sustained while the loop is late repeatedly, and ends once the loop is on time', async () => {
  const delay = measure()
  await sleep(20)
  block(2 * LONG_MS)
  expect(delay.sustained).toBeLessThan(LONG_MS)
  await sleep(1)
  // A single late turn does not count.
  expect(delay.sustained).toBeLessThan(LONG_MS)
  block(2 * LONG_MS)
  expect(delay.sustained).toBeGreaterThan(LONG_MS)
  expect(delay.sustained).toBeLessThan(100 * LONG_MS)
  while (delay.sustained > LONG_MS) await sleep(1)
  await sleep(50)
  block(2 * LONG_MS)
  // A single pause is not overload.
  expect(delay.sustained).toBeLessThan(LONG_MS)
})

it('the longest delay is reported once', async () => {
  const delay = measure()
  await sleep(20)
  block(2 * LONG_MS)
  await sleep(20)
  expect(delay.takeLongest()).toBeGreaterThan(LONG_MS)
  expect(delay.takeLongest()).toBeLessThan(LONG_MS)
})
