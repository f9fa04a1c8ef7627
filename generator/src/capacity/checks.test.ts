import { describe, expect, it } from 'vitest'
import { planInputOf, resolvePreset } from '../define-preset.ts'
import { merge } from '../merge.ts'
import { COSTS } from '../testing/costs.ts'
import type { DeepPartial, Values } from '../values.ts'
import { CHECKS, type Checked, type CheckName, problemsOf } from './checks.ts'
import { loadTestFor } from './load-profile.ts'

/** A preset that passes every check, with the target and the node of the reference report. */
const PRESET = resolvePreset(
  {
    name: 'base',
    summary: 'a base',
    target: { qps: 24_000, p99Ms: 50 },
    cluster: { nodes: 1, cpu: '8', memory: '16Gi' },
    values: { ingress: { enabled: true } },
  },
  [],
  COSTS,
)

const withValues = (over: DeepPartial<Values>): Checked => ({ ...PRESET, values: merge<Values>(PRESET.values, over) })
const { profiles } = PRESET.loadTest
const NOTHING = { cpu: '0', memory: '0' }
const EMPTY = { platform: { once: NOTHING, perNode: NOTHING, what: 'nothing' } }

describe('problemsOf', () => {
  it('returns no problems for a planned preset', () => {
    expect(problemsOf(PRESET)).toEqual([])
  })

  const broken: [CheckName, string, Checked, RegExp][] = [
    [
      'loadTestReachesTarget',
      'has only the 2,000 users of the reference report',
      { ...PRESET, loadTest: { ...PRESET.loadTest, defaultProfile: '2000-users' } },
      /^2,000 users can send at most 16,000 requests\/s, but the target is 24,000: the load profile 2000-users needs more users$/,
    ],
    [
      'loadTestReachesTarget',
      'names an unknown load profile',
      { ...PRESET, loadTest: { ...PRESET.loadTest, defaultProfile: 'x' } },
      /^the load profile x is unknown; known: 100-users, 1000-users, 2000-users, target, arrival-rate$/,
    ],
    [
      'loadTestReachesTarget',
      'has more users than connections',
      { ...PRESET, loadTest: { ...PRESET.loadTest, connections: 1000 } },
      /^the load profile 2000-users has 2,000 users, who share only 1,000 connections: raise connections$/,
    ],
    [
      'loadTestReachesTarget',
      'has a malformed run time',
      {
        ...PRESET,
        loadTest: { ...PRESET.loadTest, profiles: { ...profiles, odd: { users: 1, spawnRate: 1, runTime: 'soon' } } },
      },
      /^the load profile odd has the run time "soon"; it must be a time such as 90s, 5m, or 1h30m$/,
    ],
    [
      'hasSpareReplicas',
      'has a single replica although one is allowed to be unavailable',
      withValues({ redis: { autoscaling: { minReplicas: 1 } } }),
      /^redis has 1 replica, but spareReplicas is 1: raise its replicas to 2, or set spareReplicas to 0$/,
    ],
    [
      'autoscalersHaveRange',
      'has an autoscaler whose maximum is below its minimum',
      withValues({ app: { autoscaling: { maxReplicas: 5 } } }),
      /^app\.autoscaling\.minReplicas is 6, above maxReplicas 5: raise maxReplicas or lower minReplicas$/,
    ],
    [
      'requestsFit',
      'requests more than its node has',
      withValues({ app: { resources: { requests: { cpu: '1000m' } } } }),
      /^all pods together request \d+m CPU of 8000m: lower the requests or maxReplicas to save \d+m, or add CPUs$/,
    ],
    [
      'nodesHandleTarget',
      'uses more than its node has',
      { ...PRESET, qps: 40_000, values: merge(PRESET.values, { app: { autoscaling: { minReplicas: 10 } } }) },
      /^40,000 requests\/s use [\d.]+ CPUs of a node's 7\.2 CPUs \(90% of 8\): add CPUs, or lower the target$/,
    ],
    [
      'nodesHandleTarget',
      // More app pods do not reduce the load of the three Redis replicas.
      'uses more than a node has at the maximum of the autoscaler',
      {
        ...withValues({
          app: { autoscaling: { minReplicas: 8, maxReplicas: 16 } },
          redis: { replicas: 3, autoscaling: { enabled: false } },
          ingress: { enabled: false },
        }),
        qps: 8000,
        spareReplicas: 0,
        cluster: { ...EMPTY, nodes: 8, cpu: '1500m', memory: '16Gi' },
        costs: { ...COSTS, load: COSTS.load.map((row) => ({ ...row, redisMicros: 300 })) },
      },
      /^8,000 requests\/s use 1\.4 CPUs of a node's 1\.35 CPUs/,
    ],
    [
      'podsHandleTarget',
      'has a CPU limit that is too low',
      withValues({ app: { resources: { limits: { cpu: '800m' } } } }),
      /^24,000 requests\/s use [\d.]+ CPUs in each of 5 app pods \(limit per pod: 0\.72 CPUs\): raise app\.resources\.limits\.cpu or app\.autoscaling\.minReplicas$/,
    ],
    [
      'podsHandleTarget',
      'has only one pod available, and no autoscaler',
      withValues({ app: { replicas: 2, autoscaling: { enabled: false } } }),
      /^24,000 requests\/s use [\d.]+ CPUs in the only available app pod \(limit per pod: [\d.]+ CPUs\): raise app\.resources\.limits\.cpu or app\.replicas$/,
    ],
    [
      'latencyMeetsTarget',
      'has no autoscaler, and a lower target latency than was ever measured',
      {
        ...withValues({ app: { replicas: 6, autoscaling: { enabled: false } } }),
        target: { ...PRESET.target, p99Ms: 2, p95Ms: 2 },
      },
      /^24,000 requests\/s have a p95 of [\d.]+ ms, but the target is 2 ms: raise app\.replicas or the target's latency$/,
    ],
    [
      'connectionsFit',
      'has only one pod available, which allows too few connections',
      withValues({ app: { replicas: 2, autoscaling: { enabled: false }, settings: { HTTP_MAX_CONNECTIONS: 100 } } }),
      /, but 1 pod allows 100: raise app\.settings\.HTTP_MAX_CONNECTIONS$/,
    ],
    [
      'podsHandleTarget',
      'keeps its main threads too busy',
      {
        ...withValues({ app: { autoscaling: { minReplicas: 3 }, resources: { limits: { cpu: '4' } } } }),
        qps: 26_000,
      },
      /^26,000 requests\/s keep the main threads of each of 2 app pods 98% busy: raise app\.settings\.WEB_CONCURRENCY/,
    ],
    [
      'latencyMeetsTarget',
      'has a lower target latency than was ever measured',
      { ...PRESET, target: { ...PRESET.target, p99Ms: 2, p95Ms: 2 } },
      /^24,000 requests\/s have a p95 of [\d.]+ ms, but the target is 2 ms: raise app\.autoscaling\.minReplicas or the target's latency$/,
    ],
    [
      'redisHandlesTarget',
      'has a CPU limit of Redis that is too low',
      withValues({ redis: { resources: { limits: { cpu: '100m' } } } }),
      /^24,000 requests\/s use [\d.]+ CPUs in each of 2 Redis replicas \(limit per replica: 0\.09 CPUs\): raise redis\.resources\.limits\.cpu or redis\.autoscaling\.minReplicas$/,
    ],
    [
      'redisHandlesTarget',
      'has only one Redis replica available, and no autoscaler for Redis',
      {
        ...withValues({ redis: { replicas: 2, autoscaling: { enabled: false }, resources: { limits: { cpu: '2' } } } }),
        costs: { ...COSTS, load: COSTS.load.map((row) => ({ ...row, redisMicros: 50 })) },
      },
      /^24,000 requests\/s use 1\.2 CPUs in the only available Redis replica \(limit per replica: 0\.9 CPUs\): raise redis\.replicas$/,
    ],
    [
      'podMemorySuffices',
      'has a memory limit that its pods would exceed',
      withValues({ app: { resources: { limits: { memory: '64Mi' } } } }),
      /^an app pod needs [\d.]+ MiB of memory, but its limit is 64 MiB: raise app\.resources\.limits\.memory$/,
    ],
    [
      'podMemorySuffices',
      'has pods that make the autoscaler add pods by their memory use alone',
      withValues({ app: { resources: { requests: { memory: '128Mi' } } } }),
      /^an app pod needs [\d.]+ MiB of memory, over 75% of its request of 128 MiB, so the autoscaler would always add pods/,
    ],
    [
      'redisHoldsDataset',
      'has more entries than fit in maxmemory',
      { ...PRESET, entries: 10_000_000 },
      /^10,000,000 entries in two versions and \d+ clients need [\d.]+ MiB in Redis, but maxmemory is 64 MiB: raise redis\.config\.maxmemory$/,
    ],
    [
      'redisHoldsDataset',
      'has a maxmemory above the memory limit',
      withValues({ redis: { config: { maxmemory: '4gb' } } }),
      /^Redis may take 4 GiB \(maxmemory\) and [\d.]+ MiB for itself, but its limit is [\d.]+ MiB/,
    ],
    [
      'redisHoldsDataset',
      'requests less memory than its data needs',
      withValues({ redis: { resources: { requests: { memory: '8Mi' } } } }),
      /and Redis itself needs 7\.63 MiB, but its request is 8 MiB: raise redis\.resources\.requests\.memory$/,
    ],
    [
      'disruptionBudgetLeavesRoom',
      'has a disruption budget that lets no pod stop',
      withValues({ app: { podDisruptionBudget: { minAvailable: 6 } } }),
      /^the disruption budget of app keeps 6 of 6 pods, so no node could be drained: lower app\.podDisruptionBudget\.minAvailable to 5$/,
    ],
    [
      'disruptionBudgetKeepsTarget',
      'has a disruption budget that lets too many pods stop',
      withValues({ app: { podDisruptionBudget: { minAvailable: 1 } } }),
      /^the disruption budget of app keeps only 1 of 6 pods, which do not meet the target: raise app\.podDisruptionBudget\.minAvailable, or add replicas$/,
    ],
    [
      'rolloutKeepsReplicas',
      'has a rolling update that stops two pods at once',
      withValues({ redis: { rollingUpdate: { maxUnavailable: 2 } } }),
      /^a rolling update stops 2 pods of redis, but spareReplicas is 1: lower redis\.rollingUpdate\.maxUnavailable to 1$/,
    ],
    [
      'connectionsFit',
      'allows a client fewer connections than the load test has users',
      withValues({ ingress: { maxConnections: 100 } }),
      /^3,300 users of the load test share one address, but the ingress allows 100 connections per address: raise ingress\.maxConnections$/,
    ],
    [
      'connectionsFit',
      'allows a client more connections than the chart accepts for ingress-nginx',
      withValues({ ingress: { maxConnections: 65_536 } }),
      /^ingress\.maxConnections is 65,536, but ingress-nginx allows at most 65,535: lower it$/,
    ],
    [
      'connectionsFit',
      'has more users than ingress-nginx allows connections of one address',
      { ...PRESET, loadTest: loadTestFor({ ...PRESET.target, qps: 500_000 }, '15m') },
      /^68,750 users of the load test share one address, but ingress-nginx allows at most 65,535 connections per address: lower the target$/,
    ],
    [
      'connectionsFit',
      'allows fewer connections to the app than the ingress opens',
      withValues({ app: { settings: { HTTP_MAX_CONNECTIONS: 1000 } } }),
      /^up to 6,600 connections reach the app \(3,300 users, doubled because the workers of the ingress share no idle connections\), but 5 pods allow 5,000: raise app\.settings\.HTTP_MAX_CONNECTIONS$/,
    ],
    [
      'connectionsFit',
      'opens more connections to Redis than REDIS_MAX_CONNECTIONS allows',
      withValues({ app: { settings: { REDIS_MAX_CONNECTIONS: 2 } } }),
      /^a pod opens 4 connections to Redis, but REDIS_MAX_CONNECTIONS is 2: raise it to 4$/,
    ],
    [
      'connectionsFit',
      'has a Redis that allows fewer clients than connect to it',
      withValues({ redis: { config: { maxclients: 10 } } }),
      /^up to 14 clients connect to a Redis replica, but maxclients is 10: raise redis\.config\.maxclients$/,
    ],
    [
      'requestsWithinLimits',
      'requests more than its limit',
      withValues({ redis: { resources: { limits: { memory: '64Mi' } } } }),
      /^redis requests 128Mi of memory, above its limit of 64Mi: raise redis\.resources\.limits\.memory$/,
    ],
    [
      'valuesMatchSchema',
      'has values that the schema rejects',
      withValues({ ingress: { maxConnections: 1_000_000 } }),
      /^ingress\.maxConnections must be <= 999999, got 1000000: lower the target$/,
    ],
  ]
  it('names a rate of 1 request/s in the singular', () => {
    const [problem] = problemsOf({ ...PRESET, qps: 1, cluster: { ...PRESET.cluster, cpu: '10m' } }).filter(
      ({ check }) => check === 'nodesHandleTarget',
    )
    expect(problem?.message).toMatch(/^1 request\/s uses /)
  })

  it.each(broken)('%s: a preset that %s', (check, _, preset, message) => {
    expect(problemsOf(preset)).toContainEqual({ check, message: expect.stringMatching(message) })
  })

  it('accepts a disruption budget of Redis that lets more pods stop than the app has', () => {
    const preset = withValues({
      app: {
        autoscaling: { minReplicas: 3 },
        podDisruptionBudget: { minAvailable: 2 },
        settings: { HTTP_MAX_CONNECTIONS: 4000 },
      },
      redis: { replicas: 4, autoscaling: { enabled: false }, podDisruptionBudget: { minAvailable: 1 } },
    })
    expect(problemsOf({ ...preset, qps: 2000 })).toEqual([])
  })

  it('has an example of every check', () => {
    expect(new Set(broken.map(([check]) => check))).toEqual(new Set(Object.keys(CHECKS)))
  })

  it('does not check a Redis that the chart does not deploy', () => {
    const preset = withValues({
      redis: { mode: 'external', autoscaling: { minReplicas: 1 }, config: { maxclients: 1 } },
    })
    expect(problemsOf({ ...preset, entries: 100_000_000 }).map(({ check }) => check)).toEqual(['podMemorySuffices'])
  })
})

describe('planInputOf', () => {
  it('sets platform, latency, and error rate if a definition does not', () => {
    const { target, cluster } = planInputOf({
      name: 'two',
      summary: '',
      target: { qps: 100, p99Ms: 40 },
      cluster: { nodes: 2, cpu: '4', memory: '8Gi' },
    })
    expect(target).toEqual({ qps: 100, p99Ms: 40, p95Ms: 20, errorRate: 0.001 })
    expect(cluster.platform).toMatchObject({
      once: { cpu: '750m', memory: '170Mi' },
      perNode: { cpu: '100m', memory: '50Mi' },
    })
  })
})
