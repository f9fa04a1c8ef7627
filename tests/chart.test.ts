/** Tests the whole chart with Helm. Individual templates are tested in chart/tests. */
import { readdirSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { merge, mergeIntoDefaults } from '../generator/src/merge.ts'
import { loadPreset } from '../generator/src/presets.ts'
import { valuesProblems } from '../generator/src/validate.ts'
import { type DeepPartial, defaultValues, type Values } from '../generator/src/values.ts'
import { inRoot, ROOT } from '../tools/support/paths.ts'
import { capture } from '../tools/support/process.ts'

const PRESETS = readdirSync(inRoot('values'))
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => basename(file, '.yaml'))
/** Variables that the chart derives from values other than `app.settings`. */
const DERIVED = ['HOST', 'PORT', 'METRICS_PORT', 'REDIS_NODES']

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chart-'))
})
afterAll(() => rm(folder, { recursive: true }))

const helm = (...args: string[]) => runHelm(inject('helm'), args)

/** Runs Helm with its own home folder, so that it ignores this machine's plug-ins and repositories. */
const runHelm = (program: string, args: string[]) =>
  capture(program, args, {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      HELM_CONFIG_HOME: folder,
      HELM_CACHE_HOME: folder,
      HELM_DATA_HOME: folder,
    },
  })

async function template(chart: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await helm('template', 'autocomplete', chart, ...args)
  expect(code, stderr).toBe(0)
  return stdout
}

describe.each(PRESETS)('preset %s', (preset) => {
  const values = ['-f', `values/${preset}.yaml`]

  it('passes helm lint --strict', async () => {
    const { code, stdout, stderr } = await helm('lint', '--strict', 'chart', ...values)
    expect(code, stdout + stderr).toBe(0)
  })

  it('renders the same from the root as from chart/', async () => {
    expect(await template('.', ...values)).toBe(await template('chart', ...values))
  })

  it('renders the same objects with Helm 4', async () => {
    const { code, stdout, stderr } = await runHelm(inject('helm4'), ['template', 'autocomplete', 'chart', ...values])
    expect(code, stderr).toBe(0)
    const objects = (yaml: string) => parseAllDocuments(yaml).map((document) => document.toJS())
    expect(objects(stdout)).toEqual(objects(await template('chart', ...values)))
    const lint = await runHelm(inject('helm4'), ['lint', '--strict', 'chart', ...values])
    expect(lint.code, lint.stdout + lint.stderr).toBe(0)
  })

  it('matches its golden file (to update it, run npm test -- -u chart.test)', async () => {
    await expect(await template('chart', ...values)).toMatchFileSnapshot(
      inRoot('chart', 'tests', 'golden', `${preset}.yaml`),
    )
  })

  it('has no white space at the end of a line', async () => {
    expect(await template('chart', ...values)).not.toMatch(/[ \t]$/m)
  })

  it('renders only objects of this namespace and release', async () => {
    const documents = parseAllDocuments(await template('chart', ...values, '-n', 'search')).map((document) =>
      document.toJS(),
    )
    expect(documents.length).toBeGreaterThan(5)
    for (const { kind, metadata } of documents) {
      expect(metadata, kind).toMatchObject({
        namespace: 'search',
        name: expect.stringMatching(/^autocomplete(-|$)/),
        labels: { 'app.kubernetes.io/instance': 'autocomplete', 'app.kubernetes.io/managed-by': 'Helm' },
      })
    }
  })
})

/** Values that enable all optional objects. */
const EVERYTHING: DeepPartial<Values> = {
  fullnameOverride: '',
  app: { autoscaling: { enabled: true, maxReplicas: 9 }, podDisruptionBudget: { enabled: true } },
  redis: { autoscaling: { enabled: true, maxReplicas: 9 }, podDisruptionBudget: { enabled: true } },
  ingress: { enabled: true, hosts: [{ host: 'search.example' }] },
  networkPolicy: { enabled: true },
  metrics: { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true }, dashboard: { enabled: true } },
}
const IN_FLIGHT = { requestsInFlight: { enabled: true } }
const RATE = { requestRate: { enabled: true } }
const parentRefs = [{ name: 'public' }]
const CONTROLLERS: DeepPartial<Values>[] = [
  { ingress: { controller: 'ingress-nginx', tls: [{ secretName: 'tls', hosts: ['search.example'] }], guard: RATE } },
  { ingress: { controller: 'nginx', guard: { ...IN_FLIGHT, ...RATE } } },
  { ingress: { controller: 'nginx' } },
  { ingress: { controller: 'traefik', guard: { ...IN_FLIGHT, ...RATE } } },
  { ingress: { controller: 'haproxy', guard: { ...IN_FLIGHT, ...RATE } } },
  { ingress: { controller: 'haproxy-ingress', guard: IN_FLIGHT } },
  { ingress: { controller: 'contour', guard: IN_FLIGHT } },
  { ingress: { controller: 'gateway', gateway: { parentRefs } } },
  {
    ingress: {
      controller: 'gateway',
      gateway: { parentRefs, implementation: 'envoy-gateway' },
      guard: { ...IN_FLIGHT, ...RATE },
    },
  },
  { ingress: { controller: 'gateway', gateway: { parentRefs, implementation: 'istio' }, guard: IN_FLIGHT } },
  { ingress: { controller: 'gateway', gateway: { parentRefs, implementation: 'nginx-gateway-fabric' }, guard: RATE } },
  { ingress: { controller: 'other' } },
]
const EXTERNAL: DeepPartial<Values> = {
  redis: {
    mode: 'external',
    external: { host: 'redis.example', existingSecret: 'login', tls: { enabled: true, caSecret: 'authority' } },
  },
}

/** Renders the chart with these values. Returns undefined if a guard of the chart rejects them. */
async function render(values: DeepPartial<Values>): Promise<string | undefined> {
  // Checking the schema here and not in Helm halves the time that Helm takes.
  expect(valuesProblems(mergeIntoDefaults<Values>(defaultValues, values))).toEqual([])
  const file = join(await mkdtemp(join(folder, 'values-')), 'values.yaml')
  await writeFile(file, JSON.stringify(values))
  const { code, stdout, stderr } = await helm(
    ...['template', 'autocomplete', 'chart', '-f', file, '--skip-schema-validation'],
  )
  if (code === 0) return stdout
  if (stderr.includes('guards.yaml')) return undefined
  throw new Error(stderr)
}

/** Values that affect only NOTES.txt, because no controller supports them per ingress. See notes_test.yaml. */
const ONLY_IN_NOTES = ['ingress.http2']

describe('every controller', () => {
  it.each(
    CONTROLLERS.filter(({ ingress }) => ingress?.controller !== 'nginx' || ingress.guard).map(
      (over) => [over.ingress?.gateway?.implementation || (over.ingress?.controller as string), over] as const,
    ),
  )('%s: the objects match the golden file', async (controller, over) => {
    const { overrides } = await loadPreset('8cpu-24k')
    const values = merge<DeepPartial<Values>>(
      overrides,
      merge<DeepPartial<Values>>(over, { ingress: { hosts: [{ host: 'search.example' }] } }),
    )
    const documents = parseAllDocuments((await render(values)) as string)
      .map((document) => document.toString())
      .filter((text) =>
        /(kind: (Ingress|Middleware|ServersTransport|HTTPRoute|\w+Policy|DestinationRule)\n)|serverstransport|projectcontour/.test(
          text,
        ),
      )
      .filter((text) => !text.includes('kind: NetworkPolicy\n'))
    await expect(documents.join('')).toMatchFileSnapshot(
      inRoot('chart', 'tests', 'golden', `ingress-${controller}.yaml`),
    )
  })
})

describe('values and templates agree', () => {
  /** Returns every value that is not an object, with its path. */
  function leaves(value: unknown, path: string[] = []): [string[], unknown][] {
    const isNode = typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
    return isNode ? Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key])) : [[path, value]]
  }

  /** Returns the files in chart/templates, with their texts. */
  async function templates(): Promise<[string, string][]> {
    const files = await readdir(inRoot('chart', 'templates'), { recursive: true })
    return Promise.all(
      files
        .filter((file) => file.includes('.'))
        .map(async (file) => [file, await readFile(inRoot('chart', 'templates', file), 'utf8')] as [string, string]),
    )
  }

  /** Returns another value of the same kind that the schema allows. */
  function other(path: string[], value: unknown): unknown {
    const key = path.at(-1) as string
    // The default of these values is null.
    if (value === null) return /port$/i.test(key) ? 30_000 : 1
    if (typeof value === 'boolean') return !value
    if (key === 'latencySeconds') return 0.25
    if (typeof value === 'number') return key.endsWith('Percent') ? value - 1 : value + 1
    if (Array.isArray(value))
      return (
        {
          imagePullSecrets: [{ name: 'other' }],
          topologyKeys: ['other'],
          conditions: ['http_502'],
          extraEnv: [{ name: 'A', value: 'b' }],
          drop: ['OTHER'],
          extraObjects: [{ kind: 'Secret', metadata: { name: 'other' } }],
          ipFamilies: ['IPv6'],
          loadBalancerSourceRanges: ['10.0.0.0/8'],
          hosts: [{ host: 'other.example' }],
          tls: [{ hosts: ['*.example'] }],
          dnsPorts: [8053],
          targetLabels: ['team'],
          podTargetLabels: ['team'],
          externalIPs: ['192.0.2.1'],
          extraArgs: ['--loglevel'],
        }[key] ?? [{ key: 'other' }]
      )
    if (typeof value === 'object') return { other: 'value' }
    const text = value as string
    const choices: Record<string, string> = {
      type: 'NodePort',
      whenUnsatisfiable: 'DoNotSchedule',
      pullPolicy: 'Never',
      LOG_LEVEL: 'warn',
      CORS_ORIGINS: 'https://shop.example',
      controller: 'nginx',
      loadBalancing: 'least_connections',
      mode: 'external',
      implementation: 'envoy-gateway',
      version: '0123456789abcdef',
      digest: `sha256:${'0'.repeat(64)}`,
      interval: '5s',
      scrapeTimeout: '3s',
      trafficDistribution: 'PreferClose',
      maxmemory: '1mb',
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selectPolicy: 'Min',
      ipFamilyPolicy: 'RequireDualStack',
      strategy: 'Recreate',
      clusterIP: '10.0.0.1',
      loadBalancerIP: '192.0.2.1',
      externalTrafficPolicy: 'Local',
      internalTrafficPolicy: 'Local',
      sessionAffinity: 'ClientIP',
      dnsPolicy: 'Default',
    }
    if (choices[key]) return choices[key]
    if (/^\d+[A-Za-z]*$/.test(text)) return text.replace(/^\d+/, (digits) => String(Number(digits) + 1))
    return `${text}other`
  }

  it('every value changes the rendered chart', async () => {
    const [controller, ...others] = CONTROLLERS as [DeepPartial<Values>, ...DeepPartial<Values>[]]
    const all = (...overs: DeepPartial<Values>[]) => overs.map((over) => merge<DeepPartial<Values>>(EVERYTHING, over))
    // Only `ingress` depends on the controller, so the other controllers come last. The defaults (`{}`) have no
    // autoscaler, with which `replicas` would have no effect.
    const settings = [
      ...all(controller, EXTERNAL, { serviceAccount: { create: false } }),
      ...[{}, { app: { service: { type: 'LoadBalancer' as const } } }],
      ...all({ metrics: { serviceMonitor: { enabled: false }, podMonitor: { enabled: true } } }, ...others),
    ]
    const rendered = await Promise.all(settings.map((values) => render(values)))
    expect(rendered).not.toContain(undefined)
    const isUsed = async (path: string[], value: unknown) => {
      for (const [at, base] of settings.entries()) {
        const current = path.reduce<unknown>(
          (node, key) => (node as Record<string, unknown>)?.[key],
          merge<object>(defaultValues, base),
        )
        const changed = path.reduceRight<unknown>((node, key) => ({ [key]: node }), other(path, current ?? value))
        const result = await render(merge<DeepPartial<Values>>(base, changed as DeepPartial<Values>))
        // A change that a guard rejects also shows that the chart uses the value.
        if (result !== rendered[at]) return true
      }
      return false
    }
    const unused: string[] = []
    const untested = leaves(defaultValues).values()
    const testNext = async () => {
      for (const [path, value] of untested) if (!(await isUsed(path, value))) unused.push(path.join('.'))
    }
    await Promise.all(Array.from({ length: availableParallelism() }, testNext))
    unused.sort((a, b) => ONLY_IN_NOTES.indexOf(a) - ONLY_IN_NOTES.indexOf(b))
    expect(unused).toEqual(ONLY_IN_NOTES)
  }, 360_000)

  it('values.yaml has every value that a template refers to by its full path', async () => {
    const missing: string[] = []
    for (const [file, text] of await templates()) {
      for (const [, path] of text.matchAll(/\.Values\.([\w.]+\w)/g)) {
        let node: unknown = defaultValues
        for (const key of (path as string).split('.')) node = (node as Record<string, unknown> | undefined)?.[key]
        if (node === undefined) missing.push(`${file}: ${path}`)
      }
    }
    expect(missing).toEqual([])
  })

  it('settings that a template uses cannot come from another object', async () => {
    const used = (await templates()).flatMap(([, text]) =>
      [...text.matchAll(/settings\.([A-Z]\w+)/g)].map(([, name]) => name as string),
    )
    expect(used).toContain('WEB_CONCURRENCY')
    const valueFrom = { configMapKeyRef: { name: 'shop', key: 'x' } }
    for (const name of new Set(used)) {
      const extraEnv = JSON.stringify([{ name, valueFrom }])
      const { stderr } = await helm('template', 'autocomplete', 'chart', '--set-json', `app.extraEnv=${extraEnv}`)
      expect(stderr).toContain(`app.extraEnv has the variable ${name}, which would replace app.settings.${name}: `)
    }
  })
})

describe('the root of the repository as a chart', () => {
  it('packages the same files as chart/, except the README', async () => {
    const names = async (chart: string) => {
      const target = await mkdtemp(join(folder, 'package-'))
      const { code, stderr } = await helm('package', chart, '-d', target)
      expect(code, stderr).toBe(0)
      const { stdout } = await capture('tar', ['tzf', join(target, 'autocomplete-0.1.0.tgz')])
      // Leave out .helmignore: the two folders contain different files to ignore.
      return stdout
        .split('\n')
        .filter((name) => name !== '' && !name.endsWith('.helmignore'))
        .sort()
    }
    expect(await names('.')).toEqual((await names('chart')).filter((name) => name !== 'autocomplete/README.md'))
  })
})

describe('the schema in Helm', () => {
  it.each([
    ['app.replica=3', /replica/],
    ['app.settings.WEB_CONCURENCY=3', /WEB_CONCURENCY/],
    ['app.replicas=three', /replicas/],
    ['redis.resources.limits.memory=1GB', /memory/],
  ])('rejects --set %s and names the key', async (set, message) => {
    const { code, stderr } = await helm('template', 'autocomplete', 'chart', '--set', set)
    expect(code).not.toBe(0)
    expect(stderr).toMatch(message)
  })
})

describe('the settings of the service', () => {
  it('reach the pods, together with the variables that the chart derives', async () => {
    const [configMap] = parseAllDocuments(await template('chart', '-s', 'templates/app-configmap.yaml'))
    expect(Object.keys(configMap?.toJS().data).sort()).toEqual(
      [...Object.keys(defaultValues.app.settings), ...DERIVED].sort(),
    )
  })
})

describe('values files of users', () => {
  it('get the closest valid key from npm run gen-values -- --validate', async () => {
    const file = join(folder, 'mine.yaml')
    await writeFile(file, 'app:\n  replica: 3\n')
    const { code, stderr } = await capture(process.execPath, ['tools/run.mjs', 'gen-values', '--validate', file], {
      cwd: ROOT,
    })
    expect([code, stderr]).toEqual([1, `${file}: unknown key app.replica; did you mean app.replicas?\n`])
  })

  it('the presets and the defaults of the chart are valid', async () => {
    for (const preset of PRESETS) {
      const { code, stderr } = await capture(
        process.execPath,
        ['tools/run.mjs', 'gen-values', '--validate', `values/${preset}.yaml`],
        { cwd: ROOT },
      )
      expect([code, stderr]).toEqual([0, ''])
    }
    expect(valuesProblems(parse(await readFile(inRoot('chart', 'values.yaml'), 'utf8')))).toEqual([])
  })
})
