import { expect, it } from 'vitest'
import { presetFor } from './new-preset.ts'

it.each([
  [{ qps: 400, cpus: 1 }, '400 requests/s on one node of 1 CPU'],
  [{ qps: 400, cpus: 0.5 }, '400 requests/s on one node of 0.5 CPUs'],
  [{ qps: 4000, cpus: 2, nodes: 2 }, '4,000 requests/s on 2 nodes of 1 CPU'],
  [{ qps: 4000, cpus: 16, nodes: 2 }, '4,000 requests/s on 2 nodes of 8 CPUs'],
])('summarizes the preset for %j', (request, summary) => {
  expect(presetFor(request).summary).toBe(summary)
})
