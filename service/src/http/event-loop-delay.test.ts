import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { EventLoopDelay } from './event-loop-delay.ts'

/** Keeps the event loop busy. */
function block(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

/** Far above what a busy machine does by itself. */
const LONG_MS = 1000

function measure(): EventLoopDelay {
  const delay = new EventLoopDelay()
  onTestFinished(() => delay.stop())
  return delay
}

it('is exceeded when the loop is late again and again, and no more when it is in time', async () => {
  const delay = measure()
  await sleep(20)
  block(2 * LONG_MS)
  expect(delay.exceeds(LONG_MS)).toBe(false)
  await sleep(1)
  // The turn after a long one is not late yet.
  expect(delay.exceeds(LONG_MS)).toBe(false)
  block(2 * LONG_MS)
  expect(delay.exceeds(LONG_MS)).toBe(true)
  expect(delay.exceeds(100 * LONG_MS)).toBe(false)
  while (delay.exceeds(LONG_MS)) await sleep(1)
  await sleep(50)
  block(2 * LONG_MS)
  // One pause alone is none.
  expect(delay.exceeds(LONG_MS)).toBe(false)
})

it('tells the longest delay once', async () => {
  const delay = measure()
  await sleep(20)
  block(2 * LONG_MS)
  await sleep(20)
  expect(delay.takeLongest()).toBeGreaterThan(LONG_MS)
  expect(delay.takeLongest()).toBeLessThan(LONG_MS)
})
