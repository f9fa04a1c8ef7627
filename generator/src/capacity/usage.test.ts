import { describe, expect, it } from 'vitest'
import { merge } from '../merge.ts'
import { COSTS } from '../testing/costs.ts'
import { type DeepPartial, defaultValues, type Values } from '../values.ts'
import { latencyAt, memoryOf, type Sizing } from './usage.ts'

const ENTRIES = 1_000_000
const CLUSTER = { cpu: '0', memory: '0' }

/** Returns the memory use with two processes per pod and this number of entries. */
function memory(entries: number, overrides: DeepPartial<Values> = {}) {
  const values = merge<Values>(merge<Values>(defaultValues, { app: { settings: { WEB_CONCURRENCY: 2 } } }), overrides)
  const sizing: Sizing = {
    values,
    cluster: { nodes: 1, cpu: '8', memory: '16Gi', platform: { once: CLUSTER, perNode: CLUSTER, what: 'nothing' } },
    qps: 1000,
    entries,
    spareReplicas: 1,
    costs: COSTS,
  }
  return memoryOf(sizing)
}

describe('latencyAt', () => {
  it('expects 5% of the requests above the p95 if latencies above the median are exponential', () => {
    const busiest = COSTS.load.at(-1)
    const { p95Ms, p99Ms } = latencyAt(COSTS, busiest?.requestsPerSecond as number)
    const p50Ms = busiest?.p50Ms as number
    // Half of the requests take longer than the median. Of these, a share of e^(-t / mean) exceeds the median by more
    // than t.
    const mean = (p99Ms - p50Ms) / Math.log(0.5 / 0.01)
    expect(0.5 * Math.exp(-(p95Ms - p50Ms) / mean)).toBeCloseTo(0.05)
  })
})

describe('the memory for entries', () => {
  const grown = (overrides?: DeepPartial<Values>) => memory(ENTRIES, overrides).pod - memory(0, overrides).pod
  const { appEntryBytes, appLoadingBytes, redisEntryBytes } = COSTS.memory

  it('in a pod is that of two indexes and of loading one, per process', () => {
    expect(grown()).toBe(2 * ENTRIES * (2 * appEntryBytes + appLoadingBytes))
  })

  it('in a pod does not grow with the number of ranking threads, which share the index', () => {
    expect(grown({ app: { settings: { RANKING_THREADS: 4 } } })).toBe(grown())
  })

  it('in Redis is that of two versions, because the old version stays until the new one is published', () => {
    expect(memory(ENTRIES).redisData - memory(0).redisData).toBe(2 * ENTRIES * redisEntryBytes)
  })
})
