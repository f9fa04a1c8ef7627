import { assert, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_ENTRIES } from '../define-preset.ts'
import { COSTS } from '../testing/costs.ts'
import { planInput } from '../testing/plan-input.ts'
import { valuesProblems } from '../validate.ts'
import { canHandle } from './checks.ts'
import { maxRate, plan } from './plan.ts'

/** Random requests, most of which are feasible. */
const requests = record({
  qps: integer({ min: 1, max: 120_000 }),
  nodes: integer({ min: 1, max: 6 }),
  cpus: integer({ min: 1, max: 16 }),
  gibibytes: integer({ min: 1, max: 32 }),
  p99Ms: integer({ min: 3, max: 200 }),
  entries: integer({ min: 1, max: MAX_ENTRIES }),
  spareReplicas: integer({ min: 0, max: 1 }),
})

const inputOf = ({ qps, nodes, cpus, gibibytes, p99Ms, entries, spareReplicas }: RequestOf) =>
  planInput({
    target: { qps, p99Ms },
    cluster: { nodes, cpu: String(cpus), memory: `${gibibytes}Gi` },
    entries,
    spareReplicas: spareReplicas as 0 | 1,
  })
type RequestOf = {
  qps: number
  nodes: number
  cpus: number
  gibibytes: number
  p99Ms: number
  entries: number
  spareReplicas: number
}

describe('plan', () => {
  it('computes the topology of the reference report for its target', () => {
    const { values, problems } = plan(planInput())
    expect(problems).toEqual([])
    expect(values.app).toMatchObject({
      replicas: 6,
      autoscaling: { enabled: true, minReplicas: 6, maxReplicas: 7 },
      podDisruptionBudget: { enabled: true, minAvailable: 5 },
      settings: { WEB_CONCURRENCY: 1, RANKING_THREADS: 1, HTTP_MAX_CONNECTIONS: 2000, REDIS_CONNECTION_POOL_SIZE: 4 },
    })
    expect(values.redis).toMatchObject({
      replicas: 3,
      autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 4 },
      podDisruptionBudget: { enabled: true, minAvailable: 2 },
    })
  })

  it('lets node drains stop no more pods than are allowed to be unavailable, even if there are many pods', () => {
    const { values, problems } = plan(
      planInput({ target: { qps: 150_000, p99Ms: 50 }, cluster: { nodes: 8, cpu: '8', memory: '16Gi' } }),
    )
    expect(problems).toEqual([])
    for (const { replicas, podDisruptionBudget } of [values.app, values.redis]) {
      expect(podDisruptionBudget).toMatchObject({ enabled: true, minAvailable: replicas - 1 })
    }
  })

  it('creates no autoscaler for Redis replicas that are almost idle', () => {
    const { values, derivations } = plan(planInput({ target: { qps: 8000, p99Ms: 50 } }))
    expect(values.redis.autoscaling.enabled).toBe(false)
    expect(derivations.find(({ path }) => path === 'redis.autoscaling.enabled')?.formula).toMatch(
      /^each replica uses only \d+m of CPU, so an autoscaler would never add a replica$/,
    )
  })

  it('gives the ingress no more connections than ingress-nginx allows', () => {
    const { values, derivations, problems } = plan(
      planInput({ target: { qps: 475_000, p99Ms: 50 }, cluster: { nodes: 60, cpu: '10', memory: '20Gi' } }),
    )
    expect(problems).toEqual([])
    expect(values.ingress.maxConnections).toBe(65_535)
    expect(derivations.find(({ path }) => path === 'ingress.maxConnections')?.formula).toBe(
      'the load test opens up to 65,313 connections from one address, one for each user; rounded up, but ingress-nginx allows at most 65,535',
    )
  })

  it('explains why small values are rounded up to a minimum', () => {
    const { derivations } = plan(planInput({ target: { qps: 1, p99Ms: 50 }, entries: 1 }))
    const formula = (path: string) => derivations.find((derivation) => derivation.path === path)?.formula
    const rounded = 'rounded up to a multiple of 64 MiB, which is also the minimum'
    expect(formula('redis.config.maxmemory')).toMatch(
      new RegExp(`^[\\d.]+ MiB for 1 entry in two versions and for all clients, × 1.5 for growth; ${rounded}$`),
    )
    expect(formula('redis.resources.requests.memory')).toMatch(
      new RegExp(`for Redis itself, plus maxmemory; ${rounded}$`),
    )
    expect(formula('app.resources.requests.memory')).toMatch(new RegExp(`because of memory alone; ${rounded}$`))
    expect(formula('app.resources.requests.cpu')).toMatch(/ and rounded up, this is 100m, the minimum$/)
    expect(formula('app.replicas')).toMatch(/^each pod serves 1 of 1 request\/s and uses /)
  })

  it('explains each value, and keeps a pinned value', () => {
    const { values, derivations } = plan(
      planInput({ values: { ingress: { enabled: true }, app: { autoscaling: { maxReplicas: 9 } } } }),
    )
    expect(values.app.autoscaling.maxReplicas).toBe(9)
    const max = derivations.find(({ path }) => path === 'app.autoscaling.maxReplicas')
    expect(max).toEqual({
      path: 'app.autoscaling.maxReplicas',
      value: 9,
      computed: 7,
      formula: 'the minimum plus one pod for every 6 replicas, rounded up',
    })
  })

  it('plans the other values for a pinned minimum of the autoscaler', () => {
    const twelve = { ingress: { enabled: true }, app: { autoscaling: { minReplicas: 12 } } }
    const { values, problems } = plan(planInput({ values: twelve, cluster: { nodes: 1, cpu: '16', memory: '32Gi' } }))
    expect(problems).toEqual([])
    expect(values.app).toMatchObject({
      autoscaling: { minReplicas: 12, maxReplicas: 14 },
      podDisruptionBudget: { minAvailable: 11 },
    })
  })

  it('plans more pods for a pinned CPU limit that is low', () => {
    const low = { app: { resources: { limits: { cpu: '300m' } } } }
    const { values, problems } = plan(
      planInput({ values: low, target: { qps: 8000, p99Ms: 50 }, cluster: { nodes: 2, cpu: '8', memory: '16Gi' } }),
    )
    expect(problems).toEqual([])
    expect(values.app.autoscaling.minReplicas).toBeGreaterThan(8000 / 900)
    expect(values.app.resources).toMatchObject({ requests: { cpu: '300m' }, limits: { cpu: '300m' } })
  })

  it('plans the memory of Redis for a pinned maxmemory', () => {
    const { values, problems } = plan(
      planInput({ values: { ingress: { enabled: true }, redis: { config: { maxmemory: '2gb' } } } }),
    )
    expect(problems).toEqual([])
    expect(values.redis.resources.requests.memory).toBe('2112Mi')
  })

  it('lowers the CPU request until all pods fit, but not below the use of a pod', () => {
    const { values, derivations } = plan(
      planInput({
        values: {
          ingress: { enabled: true },
          app: { replicas: 6 },
          redis: { resources: { requests: { cpu: '250m' } } },
        },
      }),
    )
    expect(values.app.resources.requests.cpu).toBe('850m')
    expect(derivations.find(({ path }) => path === 'app.resources.requests.cpu')?.formula).toBe(
      'a pod uses 680m at 4,000 requests/s; divided by the CPU target 0.7 and rounded up, this is 1000m, but with the maximum number of pods, only 850m per pod fits on the nodes',
    )
  })

  it('plans for a pod with one process for each CPU of its limit', () => {
    const { values, problems } = plan(
      planInput({ values: { ingress: { enabled: true }, app: { settings: { WEB_CONCURRENCY: 0 } } } }),
    )
    expect(problems).toEqual([])
    expect(values.app.settings.WEB_CONCURRENCY).toBe(0)
  })

  it('needs no more memory with more CPUs', () => {
    const memory = (cpu: string) =>
      plan(planInput({ target: { qps: 1000, p99Ms: 50 }, cluster: { nodes: 1, cpu, memory: '2Gi' } })).problems
    expect(memory('4')).toEqual([])
    expect(memory('64')).toEqual([])
  })

  it('grows with the dataset: 3 million entries still fit 1 GiB of Redis', () => {
    const { values, problems } = plan(planInput({ entries: 3_000_000 }))
    expect(problems).toEqual([])
    expect(values.redis.config.maxmemory).toBe('320mb')
  })

  it('is feasible only if the schema accepts the values and every check passes, whatever the request', () => {
    let feasible = 0
    assert(
      property(requests, (request) => {
        const { values, problems } = plan(inputOf(request))
        expect(valuesProblems(values)).toEqual([])
        if (problems.length === 0) feasible += 1
      }),
      { numRuns: 300 },
    )
    expect(feasible).toBeGreaterThan(30)
    expect(feasible).toBeLessThan(300)
  })

  it('adds up, whatever the request', () => {
    // Do not use the functions of the checks, so that errors in them are detected. Plans use only the units below.
    const number = (quantity: string | number) => {
      const [, digits, unit = ''] = /^([\d.]+)(m|Mi|Gi|mb)?$/.exec(String(quantity)) ?? []
      return Number(digits) * ({ m: 0.001, Mi: 2 ** 20, Gi: 2 ** 30, mb: 2 ** 20 }[unit] ?? 1)
    }
    let feasible = 0
    assert(
      property(requests, (request) => {
        const wanted = inputOf(request)
        const { values, problems } = plan(wanted)
        if (problems.length > 0) return
        feasible += 1
        const { once, perNode } = wanted.cluster.platform
        const sums = { cpu: 0, memory: 0 }
        for (const unit of ['cpu', 'memory'] as const)
          sums[unit] = number(once[unit]) + request.nodes * number(perNode[unit])
        for (const { replicas, autoscaling, rollingUpdate, resources, podDisruptionBudget } of [
          values.app,
          values.redis,
        ]) {
          const { requests, limits } = resources
          const most = (autoscaling.enabled ? autoscaling.maxReplicas : replicas) + rollingUpdate.maxSurge
          for (const unit of ['cpu', 'memory'] as const) {
            sums[unit] += most * number(requests[unit])
            expect(number(requests[unit])).toBeLessThanOrEqual(number(limits[unit]))
          }
          expect(replicas).toBeGreaterThan(request.spareReplicas)
          if (autoscaling.enabled) expect(autoscaling.minReplicas).toBe(replicas)
          if (autoscaling.enabled) expect(autoscaling.maxReplicas).toBeGreaterThan(replicas)
          expect(podDisruptionBudget.enabled).toBe(request.spareReplicas > 0)
          if (podDisruptionBudget.enabled) expect(podDisruptionBudget.minAvailable).toBe(replicas - 1)
          expect(rollingUpdate.maxSurge + rollingUpdate.maxUnavailable).toBe(1)
        }
        expect(sums.cpu).toBeLessThanOrEqual(request.nodes * request.cpus + 1e-9)
        expect(sums.memory).toBeLessThanOrEqual(request.nodes * request.gibibytes * 2 ** 30)
        const { redisEntryBytes, redisBaseBytes } = COSTS.memory
        const maxmemory = number(values.redis.config.maxmemory)
        expect(maxmemory).toBeGreaterThan(2 * request.entries * redisEntryBytes)
        expect(number(values.redis.resources.requests.memory)).toBeGreaterThanOrEqual(maxmemory + redisBaseBytes)
      }),
      { numRuns: 300 },
    )
    expect(feasible).toBeGreaterThan(30)
  })

  it.each([
    ['CPUs', (request: RequestOf) => ({ ...request, cpus: request.cpus + 1 })],
    ['memory', (request: RequestOf) => ({ ...request, gibibytes: request.gibibytes + 1 })],
    ['time per answer', (request: RequestOf) => ({ ...request, p99Ms: request.p99Ms + 5 })],
    ['room, through a lower target', (request: RequestOf) => ({ ...request, qps: Math.ceil(request.qps * 0.9) })],
  ])('more %s never makes a feasible request infeasible', (_, more) => {
    assert(
      property(requests, (request) => {
        if (plan(inputOf(request)).problems.length > 0) return
        expect(plan(inputOf(more(request))).problems).toEqual([])
      }),
      // The target is feasible with fewer pods than first planned, but 90% of the target requires more pods.
      {
        numRuns: 150,
        examples: [[{ qps: 52_531, nodes: 2, cpus: 11, gibibytes: 6, p99Ms: 6, entries: 1, spareReplicas: 0 }]],
      },
    )
  })
})

describe('maxRate', () => {
  it('is the maximum rate of the values, and at least the target', () => {
    const wanted = planInput()
    const { values } = plan(wanted)
    const preset = { ...wanted, values, qps: wanted.target.qps }
    const most = maxRate(preset)
    expect(most).toBeGreaterThanOrEqual(24_000)
    expect(canHandle(preset, most)).toBe(true)
    expect(canHandle(preset, most * 1.01)).toBe(false)
  })
})
