/** Checks the manifests with a real API server. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { inRoot, ROOT } from '../../tools/support/paths.ts'
import { capture } from '../../tools/support/process.ts'
import { get, kubectlOrThrow, Namespace } from './cluster.ts'
import { installDefinitions } from './definitions.ts'

const EVERYTHING = [
  'networkPolicy.enabled=true',
  'metrics.serviceMonitor.enabled=true',
  'metrics.prometheusRule.enabled=true',
  'metrics.dashboard.enabled=true',
].flatMap((set) => ['--set', set])

let folder: string
let removeDefinitions: () => Promise<void>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'api-server-'))
  removeDefinitions = await installDefinitions()
})
afterAll(async () => {
  await removeDefinitions()
  await rm(folder, { recursive: true, force: true })
})

/**
 * Renders the manifests and sends them to the API server as a dry run with strict validation. Leaves out the `helm
 * test` pod, because its service account would have to exist.
 */
async function dryRun(namespace: Namespace, ...args: string[]) {
  const rendered = await capture(
    inject('helm'),
    ['template', 'autocomplete', 'chart', '--no-hooks', '-n', namespace.name, ...args],
    {
      cwd: ROOT,
    },
  )
  if (rendered.code !== 0) return rendered
  const file = join(folder, 'manifests.yaml')
  await writeFile(file, rendered.stdout)
  return namespace.kubectl('apply', '--dry-run=server', '--validate=strict', '-f', file)
}

describe('the API server', () => {
  const PRESETS = ['dev', '8cpu-24k', '16cpu-48k', '64cpu-200k']
  const IN_FLIGHT = ',ingress.guard.requestsInFlight.enabled=true'
  const RATE = ',ingress.guard.requestRate.enabled=true'
  const OBJECTS: (readonly [preset: string, controller: string, sets: string])[] = [
    ...PRESETS.flatMap((preset) =>
      ['ingress-nginx', 'nginx', 'traefik', 'gateway', 'other'].map((controller) => [preset, controller, ''] as const),
    ),
    ['8cpu-24k', 'ingress-nginx', RATE],
    ['8cpu-24k', 'nginx', IN_FLIGHT + RATE],
    ['8cpu-24k', 'traefik', IN_FLIGHT + RATE],
    ['8cpu-24k', 'haproxy', IN_FLIGHT + RATE],
    ['8cpu-24k', 'haproxy-ingress', IN_FLIGHT],
    ['8cpu-24k', 'contour', IN_FLIGHT],
    ['8cpu-24k', 'gateway', `,ingress.gateway.implementation=envoy-gateway${IN_FLIGHT}${RATE}`],
    ['8cpu-24k', 'gateway', `,ingress.gateway.implementation=istio${IN_FLIGHT}`],
  ]
  it.each(OBJECTS)('accepts all objects of %s with %s%s', async (preset, controller, sets) => {
    const namespace = await Namespace.create('api')
    const { code, stdout, stderr } = await dryRun(
      namespace,
      '-f',
      `values/${preset}.yaml`,
      ...EVERYTHING,
      '--set',
      `ingress.enabled=true,ingress.controller=${controller},ingress.hosts[0].host=search.example,ingress.gateway.parentRefs[0].name=public${sets}`,
    )
    expect(code, stderr).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toMatch(controller === 'gateway' ? /httproute.*created/ : /ingress.*created/)
    expect(stdout).toMatch(/prometheusrule.*created/)
  })

  it.each([
    ['PreferClose', 31],
    ['PreferSameZone', 34],
    ['PreferSameNode', 34],
  ])('accepts trafficDistribution %s if the chart does, as of Kubernetes 1.%i', async (value, least) => {
    const namespace = await Namespace.create('api')
    const { serverVersion } = JSON.parse(await kubectlOrThrow('version', '-o', 'json'))
    const args = ['--kube-version', serverVersion.gitVersion, '--set', `app.service.trafficDistribution=${value}`]
    const { code, stderr } = await dryRun(namespace, ...args)
    if (Number.parseInt(serverVersion.minor, 10) >= least) expect(code, stderr).toBe(0)
    else expect(stderr).toContain(`requires Kubernetes 1.${least} or later`)
  })

  it('accepts monitoring objects in another namespace', async () => {
    const namespace = await Namespace.create('api')
    const monitoring = await Namespace.create('monitoring')
    const sets = ['serviceMonitor', 'prometheusRule', 'dashboard'].map(
      (object) => `metrics.${object}.enabled=true,metrics.${object}.namespace=${monitoring.name}`,
    )
    await namespace.install('--set', ['app.replicas=0,redis.replicas=0', ...sets].join(','))
    const { items } = await get('-n', monitoring.name, 'servicemonitor,prometheusrule,configmap')
    const releaseItems = items.filter(
      ({ metadata }) => metadata.labels?.['app.kubernetes.io/instance'] === 'autocomplete',
    )
    expect(releaseItems.map(({ kind }) => kind).sort()).toEqual(['ConfigMap', 'PrometheusRule', 'ServiceMonitor'])
  })

  it('accepts an external Redis with its Secrets', async () => {
    const namespace = await Namespace.create('api')
    const { code, stderr } = await dryRun(
      namespace,
      '--set',
      'redis.mode=external,redis.external.host=redis.example,redis.external.existingSecret=login,redis.external.tls.enabled=true,redis.external.tls.caSecret=ca',
    )
    expect(code, stderr).toBe(0)
  })

  it('accepts the examples in the README of the chart', async () => {
    const text = await readFile(inRoot('chart', 'README.md'), 'utf8')
    const examples = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = '']) => yaml)
    // Leave out examples for parent charts, Argo CD, and Flux, and examples that need KEDA's resources or a dual-stack
    // cluster.
    const values = examples.filter((yaml) => !/^(autocomplete|dependencies|apiVersion):|keda|ipFamil/m.test(yaml))
    expect(values.length).toBeGreaterThan(4)
    for (const yaml of values) {
      const namespace = await Namespace.create('api')
      const file = join(folder, 'example.yaml')
      // The namespaces of the examples do not exist.
      await writeFile(file, yaml.replace(/\b(namespace|namespaceOverride): \w+/g, `$1: ${namespace.name}`))
      const { code, stderr } = await dryRun(namespace, '-f', file)
      expect(code, `${yaml}\n${stderr}`).toBe(0)
    }
  })

  it.each([
    ['ingress.enabled=true,ingress.hosts[0].host=UPPER_CASE', /UPPER_CASE/],
    [
      'ingress.enabled=true,ingress.hosts[0].host=search.example,ingress.tls[0].hosts[0]=search.example,ingress.tls[0].secretName=A B',
      /'A B' does not match pattern/,
    ],
    ['app.labels.a=b c', /'b c' does not match pattern/],
    ['app.nodeSelector.-a-=b', /additional properties '-a-' not allowed/],
    ['app.affinity.nodeAfinity=x', /unknown field "spec.template.spec.affinity.nodeAfinity"/],
    ['app.tolerations[0].operator=Perhaps', /Unsupported value: "Perhaps"|Invalid value: "Perhaps"/],
    ['app.extraEnv[0].value=x', /env\[\d\].name: Required value/],
    ['app.replica=3', /replica/],
    ['app.resources.requests.cpu=1GHz', /cpu/],
    [
      'app.podDisruptionBudget.enabled=true,app.podDisruptionBudget.minAvailable=2',
      /no node with these pods could be drained/,
    ],
  ])('rejects --set %s and names the wrong field', async (set, message) => {
    const namespace = await Namespace.create('api')
    const { code, stdout, stderr } = await dryRun(namespace, '--set', set)
    expect(code).not.toBe(0)
    expect(stdout + stderr).toMatch(message)
  })
})
