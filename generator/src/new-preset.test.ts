import { expect, it } from 'vitest'
import { NewPresetError, presetFor } from './new-preset.ts'

it.each([
  [{ qps: 1, cpus: 1 }, '1 request/s on one node of 1 CPU'],
  [{ qps: 400, cpus: 1 }, '400 requests/s on one node of 1 CPU'],
  [{ qps: 400, cpus: 0.5 }, '400 requests/s on one node of 0.5 CPUs'],
  [{ qps: 4000, cpus: 2, nodes: 2 }, '4,000 requests/s on 2 nodes of 1 CPU'],
  [{ qps: 4000, cpus: 16, nodes: 2 }, '4,000 requests/s on 2 nodes of 8 CPUs'],
])('summarizes the preset for %j', (request, summary) => {
  expect(presetFor(request).summary).toBe(summary)
})

it.each([
  [{ p99Ms: 0.5 }, '--p99 must be from 1ms to 60s, got 0.5ms'],
  [{ cpus: 0 }, '--cpus must be a number from 0.001 to 10000, got 0'],
  [{ qps: 0.5 }, '--qps must be an integer from 1 to 1000000, got 0.5'],
  [
    { memory: '2048Pi', nodes: 2 },
    '--memory must be an amount such as 16Gi, 512Mi, or 16G, from 1Mi to 1Pi per node, got 2048Pi',
  ],
  [
    { name: 'Dev' },
    '--name must have 1 to 63 lower-case letters, digits, and dashes, and start and end with a letter or digit, got "Dev"',
  ],
])('rejects %j', (over, message) => {
  const request = { qps: 400, cpus: 1, ...over }
  expect(() => presetFor(request)).toThrow(new NewPresetError(message))
})
