import { describe, expect, it } from 'vitest'
import { problemsOf } from './capacity/checks.ts'
import { definePreset, type PresetDefinition, resolvePreset, resolvePresets } from './define-preset.ts'
import { loadPreset, loadPresets, withLocalImages } from './presets.ts'
import { REFERENCE_FIGURES } from './reference-report.ts'
import { COSTS } from './testing/costs.ts'

const base = definePreset({
  name: 'base',
  summary: 'a base',
  cluster: { nodes: 1, cpu: '4', memory: '8Gi' },
  target: { qps: 1000, p95Ms: 50, p99Ms: 100, errorRate: 0 },
  values: { app: { replicas: 3 } },
  notes: { 'app.replicas': 'Three for luck.' },
})

const resolveWith = (...more: PresetDefinition[]) => resolvePresets([base, ...more], COSTS)

describe('resolvePresets', () => {
  it('merges defaults, computed values, the extended preset, and the preset, in this order', () => {
    const [, child] = resolveWith({
      name: 'child',
      summary: 'a child',
      extends: 'base',
      values: { redis: { replicas: 5 } },
    })
    expect(child?.values.app.replicas).toBe(3)
    expect(child?.values.redis.replicas).toBe(5)
    expect(child?.values.redis.autoscaling.enabled).toBe(false)
    expect(child?.values.app.service.port).toBe(8000)
    expect(child?.overrides.app?.service).toBeUndefined()
    expect(child?.target).toEqual(base.target)
    expect(child?.notes).toEqual(base.notes)
  })

  it.each<[string, Partial<PresetDefinition>, RegExp]>([
    ['extends an unknown preset', { extends: 'nope' }, /^preset bad extends nope, which is unknown; known: base, bad$/],
    ['extends itself', { extends: 'bad' }, /^preset bad extends itself: bad -> bad$/],
    [
      'has no target',
      { cluster: { nodes: 1, cpu: '8', memory: '8Gi' } },
      /^preset bad: it has no target, and inherits none$/,
    ],
    ['has no cluster', { target: { qps: 1, p99Ms: 50 } }, /^preset bad: it has no cluster, and inherits none$/],
    ...([
      [{ entires: 5 }, 'entires; did you mean entries?'],
      [{ spareReplica: 0 }, 'spareReplica; did you mean spareReplicas?'],
      [{ target: { qps: 1, p99Ms: 50, p95: 20 } }, 'target.p95; did you mean target.p95Ms?'],
      [{ cluster: { nodes: 1, cpu: '4', memory: '8Gi', cpus: '8' } }, 'cluster.cpus; did you mean cluster.cpu?'],
      [{ target: { qps: 1, p99Ms: 50, maximumLatency: 20 } }, 'target.maximumLatency'],
    ].map(([over, problem]) => [
      `has an unknown key: ${problem}`,
      { extends: 'base', ...(over as object) },
      new RegExp(`^preset bad: unknown key ${(problem as string).replaceAll(/[.?]/g, '\\$&')}$`),
    ]) as [string, Partial<PresetDefinition>, RegExp][]),
    [
      'has a target that is not a number',
      { extends: 'base', target: { qps: Number.NaN, p99Ms: 50 } },
      /^preset bad: target\.qps must be an integer from 1 to 10000000, got NaN$/,
    ],
    ...['app.replicas', 'redis.rollingUpdate.maxSurge'].map((path): [string, Partial<PresetDefinition>, RegExp] => {
      const values = path.split('.').reduceRight<unknown>((value, key) => ({ [key]: value }), null)
      return [
        `sets ${path} to null`,
        { extends: 'base', values: values as never },
        new RegExp(`^preset bad: ${path.replaceAll('.', '\\.')} must be a number in a preset, got null$`),
      ]
    }),
    [
      'has a percentage of pods',
      { extends: 'base', values: { app: { rollingUpdate: { maxUnavailable: '25%' } } } as never },
      /^preset bad: app\.rollingUpdate\.maxUnavailable must be a number in a preset, got "25%"$/,
    ],
    [
      'has no limits',
      { extends: 'base', values: { redis: { resources: { limits: null } } } as never },
      /^preset bad: redis\.resources\.limits\.cpu must be a quantity in a preset, got null$/,
    ],
    [
      'has a budget of unavailable pods',
      { extends: 'base', values: { app: { podDisruptionBudget: { maxUnavailable: 1 } } } },
      /^preset bad: app\.podDisruptionBudget\.maxUnavailable must be null in a preset: set minAvailable instead$/,
    ],
    ...[0, 3.5, -1, 2 ** 24 + 1, 1e10, Number.NaN, '100'].map(
      (entries) =>
        [
          `has ${entries} entries`,
          { extends: 'base', entries: entries as number },
          /^preset bad: entries must be an integer from 1 to 16777216, got ("100"|[-\d.]+|NaN)$/,
        ] as [string, Partial<PresetDefinition>, RegExp],
    ),
    ...['8GB', '1.5 Gi', '0', '-1Gi', 'Infinity', ''].map(
      (memory) =>
        [
          `has ${JSON.stringify(memory)} of memory`,
          { extends: 'base', cluster: { nodes: 1, cpu: '4', memory } },
          /^preset bad: cluster\.memory must be an amount of memory from 1Mi to 1Pi, such as 16Gi or 16G, got ".*"$/,
        ] as [string, Partial<PresetDefinition>, RegExp],
    ),
    [
      'requests more CPUs than any quantity',
      { extends: 'base', values: { app: { resources: { requests: { cpu: '1e100' } } } } },
      /^preset bad: app\.resources\.requests\.cpu must be a quantity in a preset, got "1e100"$/,
    ],
    [
      'has no replicas of the app',
      { extends: 'base', values: { app: { replicas: 0 } } },
      /^preset bad: app\.replicas must be at least 1 in a preset, got 0$/,
    ],
    [
      'has no replicas of Redis',
      { extends: 'base', values: { redis: { replicas: 0 } } },
      /^preset bad: redis\.replicas must be at least 1 in a preset, got 0$/,
    ],
    [
      'has no CPUs',
      { extends: 'base', cluster: { nodes: 1, cpu: 0, memory: '8Gi' } },
      /^preset bad: cluster\.cpu must be a number of CPUs up to 10000, such as 8, 7\.5, or 7500m, got 0$/,
    ],
    [
      'has half a node',
      { extends: 'base', cluster: { nodes: 0.5, cpu: 4, memory: '8Gi' } },
      /^preset bad: cluster\.nodes must be an integer from 1 to 1000, got 0\.5$/,
    ],
    [
      'has a malformed platform',
      {
        extends: 'base',
        cluster: {
          nodes: 1,
          cpu: 4,
          memory: '8Gi',
          platform: { once: { cpu: '1', memory: '1GB' }, perNode: { cpu: '0', memory: '0' }, what: 'mine' },
        },
      },
      /^preset bad: cluster\.platform\.once\.memory must be an amount of memory .*, got "1GB"$/,
    ],
    [
      'has a p95 above its p99',
      { extends: 'base', target: { qps: 1, p95Ms: 60, p99Ms: 50 } },
      /^preset bad: target\.p95Ms must be a number from 0\.1 to 50, got 60$/,
    ],
    [
      'tolerates more errors than requests',
      { extends: 'base', target: { qps: 1, p99Ms: 50, errorRate: 1.5 } },
      /^preset bad: target\.errorRate must be a number from 0 to 1, got 1\.5$/,
    ],
    [
      'has a summary of two lines',
      { extends: 'base', summary: 'a\nb: 1' },
      /^preset bad: its summary must be one line of text, got "a\\nb: 1"$/,
    ],
    ['has no name', { extends: 'base', name: undefined as never }, /^preset undefined: its name must have 1 to 63/],
    [
      'has a malformed run time',
      { extends: 'base', runTime: 'soon' },
      /^preset bad: its run time must be a time such as 90s, 5m, or 1h30m, got "soon"$/,
    ],
    [
      'has a mistyped key',
      { extends: 'base', values: { app: { replica: 1 } } as never },
      /^preset bad: unknown key app\.replica; did you mean app\.replicas\?$/,
    ],
    [
      'does not fit its cluster, with the smallest change that helps',
      { extends: 'base', target: { qps: 24_000, p99Ms: 100 } },
      /^preset bad: all pods together request \d+m CPU of 4000m: .*; the smallest change that helps: --cpus \d+, or --qps \d+$/,
    ],
    [
      'does not fit its cluster because of a value that it sets itself',
      { extends: 'base', values: { app: { resources: { requests: { cpu: '2' } } } } },
      /^preset bad: all pods together request \d+m CPU of 4000m/,
    ],
    [
      'cannot become feasible by a single change',
      { extends: 'base', target: { qps: 24_000, p99Ms: 1 }, cluster: { nodes: 1, cpu: '2', memory: '8Gi' } },
      /^preset bad: .*; no single change to the CPUs, memory, latency, or rate helps$/,
    ],
    [
      'lets no pod stop because of its own values',
      { extends: 'base', values: { app: { podDisruptionBudget: { minAvailable: 3 } } } },
      /lower app\.podDisruptionBudget\.minAvailable to 2$/,
    ],
    [
      'lets a node drain stop more pods than the target allows',
      {
        extends: 'base',
        target: { qps: 6000, p95Ms: 6, p99Ms: 6 },
        values: { app: { podDisruptionBudget: { minAvailable: 1 } } },
      },
      /^preset bad: the disruption budget of app keeps only 1 of 3 pods, which do not meet the target: raise app\.podDisruptionBudget\.minAvailable, or add replicas; the smallest change that helps: .*$/,
    ],
    [
      'notes a value that it does not set',
      { extends: 'base', notes: { 'app.image.tag': 'why' } },
      /^preset bad: the note on app\.image\.tag must be about a value that the preset sets$/,
    ],
    [
      'has a name that is not a valid file name',
      { extends: 'base', name: '../bad' },
      /^preset \.\.\/bad: its name must have 1 to 63 lower-case letters, digits, and dashes/,
    ],
  ])('rejects a preset that %s', (_, definition, message) => {
    expect(() => resolveWith({ name: 'bad', summary: 'bad', ...definition })).toThrow(message)
  })
})

it.each([
  [4, '8G', '8G'],
  ['4.5', '8589934592', '8589934592'],
  [4.5, '8.5Gi', '8.5Gi'],
])('%j CPUs and %j of memory per node are accepted', (cpu, memory, shown) => {
  const [preset] = resolvePresets([{ ...base, cluster: { nodes: 1, cpu, memory } }], COSTS)
  expect(preset?.cluster).toMatchObject({ cpu: String(cpu), memory: shown })
})

it('managed clusters have no control plane on their nodes', () => {
  const cluster = { nodes: 2, cpu: 4, memory: '8Gi', platform: 'managed' } as const
  const [preset] = resolvePresets([{ ...base, cluster }], COSTS)
  expect(preset?.cluster.platform).toEqual({
    once: { cpu: '200m', memory: '140Mi' },
    perNode: { cpu: '200m', memory: '100Mi' },
    what: 'two pods of CoreDNS (200m, 140Mi), on each node kube-proxy and a network plug-in (200m, 100Mi)',
  })
  expect(() => resolvePresets([{ ...base, cluster: { ...cluster, platform: 'mainframe' as never } }], COSTS)).toThrow(
    'preset base: cluster.platform must be minikube, managed, or an object, got "mainframe"',
  )
})

describe('the presets of the project', () => {
  it('resolve without errors', async () => {
    for (const preset of await loadPresets()) expect(problemsOf(preset)).toEqual([])
  })

  it('are listed in the error about an unknown preset', async () => {
    await expect(loadPreset('nope')).rejects.toThrow(/^unknown preset nope; known: .*8cpu-24k.*, dev.*$/)
  })

  it('may set quantities in any form', () => {
    const [, preset] = resolveWith({
      name: 'numbers',
      summary: 'quantities as numbers',
      extends: 'base',
      values: { app: { resources: { limits: { cpu: 2, memory: '2G' }, requests: { memory: 1.5e9 } } } as never },
    })
    expect(preset?.values.app.resources).toMatchObject({ limits: { cpu: 2, memory: '2G' } })
  })

  it('use the images that users build', async () => {
    const { overrides, notes } = await loadPreset('dev')
    expect(overrides).toMatchObject({ app: { image: { tag: 'latest' } }, redis: { image: { tag: 'latest' } } })
    expect(notes['app.image.tag']).toMatch(/^The image that you build/)
  })

  it('may set or inherit other images', () => {
    const definition = { name: 'own', summary: 'own', values: { redis: { image: { tag: '1.2.0' } } } }
    const own = withLocalImages(definition)
    expect(own.values).toEqual({ app: { image: { tag: 'latest' } }, redis: { image: { tag: '1.2.0' } } })
    expect(Object.keys(own.notes ?? {})).toEqual(['app.image.tag'])
    const child = { ...definition, extends: 'own' }
    expect(withLocalImages(child)).toBe(child)
  })

  it('8cpu-24k keeps these figures of the reference report', async () => {
    const { values, target, loadTest } = await loadPreset('8cpu-24k')
    expect(target.qps).toBe(24_000)
    const { app, redis, ingress } = values
    expect(app).toMatchObject({
      replicas: 6,
      resources: { requests: { memory: '1Gi' }, limits: { cpu: '1500m', memory: '2Gi' } },
      settings: { HTTP_MAX_CONNECTIONS: 2000 },
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

  it('8cpu-24k differs from the reference report only where a note says why', async () => {
    const { derivations, notes } = await loadPreset('8cpu-24k')
    const departs = derivations.filter(({ path, value }) => (REFERENCE_FIGURES[path] ?? value) !== value)
    expect(departs.map(({ path }) => path).sort()).toEqual([
      'app.resources.requests.cpu',
      'app.settings.WEB_CONCURRENCY',
    ])
    for (const { path } of departs) expect(notes[path]).toBeTruthy()
  })

  it('dev fits a laptop, with one pod of the app and of Redis', async () => {
    const { values, cluster, spareReplicas } = await loadPreset('dev')
    expect(cluster).toMatchObject({ nodes: 1, cpu: '2', memory: '2Gi' })
    expect([values.app.replicas, values.redis.replicas, spareReplicas]).toEqual([1, 1, 0])
    expect([values.app.autoscaling.enabled, values.app.podDisruptionBudget.enabled]).toEqual([false, false])
  })

  it('scale: twice the rate of 8cpu-24k on two nodes, 200,000 requests/s on eight', async () => {
    for (const [name, nodes, qps] of [
      ['16cpu-48k', 2, 48_000],
      ['64cpu-200k', 8, 200_000],
    ] as const) {
      const preset = await loadPreset(name)
      expect([preset.cluster.nodes, preset.cluster.cpu, preset.target.qps]).toEqual([nodes, '8', qps])
    }
  })

  it('depend on the measured costs: 8cpu-24k is rejected with ten times the CPU time per request', async () => {
    const { costs } = await loadPreset('8cpu-24k')
    const expensive = { ...costs, load: costs.load.map((row) => ({ ...row, appMicros: row.appMicros * 10 })) }
    const { default: definition } = await import('./presets/8cpu-24k.ts')
    expect(() => resolvePreset(definition, [], expensive)).toThrow(
      /^preset 8cpu-24k: all pods together request \d+m CPU of 8000m: /,
    )
  })
})
