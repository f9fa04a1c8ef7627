import { describe, expect, it } from 'vitest'
import { definePreset, type PresetDefinition, presetProblems, resolvePresets } from './define-preset.ts'
import { loadPreset, loadPresets } from './presets.ts'

const base = definePreset({
  name: 'base',
  summary: 'a base',
  cluster: { nodes: 1, cpu: '4', memory: '8Gi', platform: { cpu: '500m', memory: '200Mi', what: 'platform' } },
  target: { qps: 100, p95Ms: 50, p99Ms: 100, errorRate: 0 },
  loadTest: {
    wait: { minSeconds: 0.05, maxSeconds: 0.2 },
    timeoutSeconds: 120,
    connections: 1000,
    defaultProfile: 'all',
    profiles: { all: { users: 20, spawnRate: 10, runTime: '1m' } },
  },
  values: { app: { replicas: 3 } },
})

const resolveWith = (...more: PresetDefinition[]) => resolvePresets([base, ...more])

describe('resolvePresets', () => {
  it('lays a preset on the one it extends, and both on the defaults', () => {
    const [, child] = resolveWith({
      name: 'child',
      summary: 'a child',
      extends: 'base',
      values: { redis: { replicas: 5 } },
    })
    expect(child?.overrides).toEqual({ app: { replicas: 3 }, redis: { replicas: 5 } })
    expect(child?.values.app.service.port).toBe(8000)
    expect(child?.target).toEqual(base.target)
  })

  it.each<[string, Partial<PresetDefinition>, RegExp]>([
    ['extends an unknown one', { extends: 'nope' }, /^preset bad extends nope, which is unknown; known: base, bad$/],
    ['extends itself', { extends: 'bad' }, /^preset bad extends itself: bad -> bad$/],
    ['has no target', { cluster: base.cluster as never }, /^preset bad has no target, and extends none that has$/],
    [
      'has a mistyped key',
      { extends: 'base', values: { app: { replica: 1 } } as never },
      /^preset bad: unknown key app\.replica; did you mean app\.replicas\?$/,
    ],
    [
      'does not fit its cluster',
      { extends: 'base', values: { app: { resources: { requests: { cpu: '2' } } } } },
      /^preset bad: all pods together request \d+m CPU of 4000m/,
    ],
    [
      'has a load profile that cannot reach its target',
      { extends: 'base', target: { qps: 24_000, p95Ms: 50, p99Ms: 100, errorRate: 0 } },
      /^preset bad: 20 users can send at most 160 requests\/s, the target is 24000/,
    ],
    [
      'names an unknown load profile',
      { extends: 'base', loadTest: { ...(base.loadTest as never as object), defaultProfile: 'x' } as never },
      /^preset bad: the load profile x is unknown; known: all$/,
    ],
    [
      'has more users than connections',
      { extends: 'base', loadTest: { ...(base.loadTest as never as object), connections: 10 } as never },
      /^preset bad: the load profile all has 20 users, who share only 10 connections/,
    ],
    [
      'has a run time that is none',
      {
        extends: 'base',
        loadTest: {
          ...(base.loadTest as never as object),
          profiles: { all: { users: 20, spawnRate: 10, runTime: 'soon' } },
        } as never,
      },
      /^preset bad: the load profile all has the run time "soon"; it takes one like 90s, 5m or 1h30m$/,
    ],
    [
      'notes a value that it does not set',
      { extends: 'base', notes: { 'app.image.tag': 'why' } },
      /^preset bad: the note on app\.image\.tag is about no value that the preset sets$/,
    ],
  ])('refuses a preset that %s', (_, definition, message) => {
    expect(() => resolveWith({ name: 'bad', summary: 'bad', values: {}, ...definition })).toThrow(message)
  })
})

describe('the presets of the project', () => {
  it('are right', async () => {
    for (const preset of await loadPresets()) expect(presetProblems(preset)).toEqual([])
  })

  it('are listed when an unknown one is asked for', async () => {
    await expect(loadPreset('nope')).rejects.toThrow(/^unknown preset nope; known: 8cpu-24k, dev$/)
  })

  it("8cpu-24k keeps the report's figures", async () => {
    const { values, target, loadTest } = await loadPreset('8cpu-24k')
    expect(target.qps).toBe(24_000)
    const { app, redis, ingress } = values
    expect(app).toMatchObject({
      replicas: 6,
      resources: { requests: { memory: '1Gi' }, limits: { cpu: '1500m', memory: '2Gi' } },
      settings: { WEB_CONCURRENCY: 3, HTTP_MAX_CONNECTIONS: 2000 },
      service: { type: 'ClusterIP', port: 8000 },
      topologySpread: { enabled: true },
      autoscaling: {
        enabled: true,
        minReplicas: 6,
        maxReplicas: 7,
        targetCPUUtilizationPercentage: 70,
        targetMemoryUtilizationPercentage: 75,
      },
      podDisruptionBudget: { enabled: true, minAvailable: 4 },
    })
    expect(redis).toMatchObject({
      replicas: 3,
      image: { repository: 'redis-with-data', tag: 'latest' },
      resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '500m', memory: '1Gi' } },
      service: { port: 6379 },
      autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 4, targetCPUUtilizationPercentage: 70 },
      podDisruptionBudget: { enabled: true, minAvailable: 2 },
    })
    expect(ingress).toMatchObject({
      enabled: true,
      timeouts: { connectSeconds: 30, sendSeconds: 30, readSeconds: 30 },
      upstreamKeepalive: { connections: 1000, requests: 10_000 },
      proxyBuffering: { enabled: true },
      maxBodySize: '1m',
      http2: true,
      loadBalancing: 'round_robin',
      maxConnections: 10_000,
      retries: { conditions: ['error', 'timeout'] },
    })
    expect(loadTest).toMatchObject({
      wait: { minSeconds: 0.05, maxSeconds: 0.2 },
      timeoutSeconds: 120,
      connections: 12_000,
      profiles: {
        '100-users': { users: 100, spawnRate: 10, runTime: '5m' },
        '1000-users': { users: 1000, spawnRate: 50, runTime: '10m' },
        '2000-users': { users: 2000, spawnRate: 100, runTime: '15m' },
        target: { users: 3600 },
      },
    })
  })
})
