import { expect, it } from 'vitest'
import { latencyBetween, latencyWindows } from './latency.ts'
import type { TimedRequest } from './load.ts'

/** 100 requests in the first 100 ms that take 1 to 100 ms, and two later ones. */
const REQUESTS: TimedRequest[] = [
  ...Array.from({ length: 100 }, (_, at): TimedRequest => [at, 100 - at]),
  [250, 5.006],
  [299.9, 7],
]

it('the latency of the requests that were sent in a time', () => {
  expect(latencyBetween(REQUESTS, 0, 100)).toEqual({ p50Ms: 50, p99Ms: 99, maxMs: 100 })
  expect(latencyBetween(REQUESTS, 250, 299.9)).toEqual({ p50Ms: 5.01, p99Ms: 5.01, maxMs: 5.01 })
  expect(latencyBetween(REQUESTS, 100, 250)).toBeUndefined()
})

it('windows without requests are left out', () => {
  expect(latencyWindows(REQUESTS, 0.3, 100)).toEqual([
    { atMs: 0, p50Ms: 50, p99Ms: 99, maxMs: 100 },
    { atMs: 200, p50Ms: 5.01, p99Ms: 7, maxMs: 7 },
  ])
})
