/**
 * Tests upgrades of the chart. `charts/autocomplete-0.0.0.tgz` is the chart of commit 46ec579, which was the last one
 * before values, names, and probes changed for 0.1.0. Both charts run the images of this repository: the tests cover
 * the chart, not the compatibility of images or datasets.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { capture } from '../../tools/support/process.ts'
import { get, imageOptions, type KubernetesObject, Namespace, until, withLoad } from './cluster.ts'

const OLD_CHART = 'tests/cluster/charts/autocomplete-0.0.0.tgz'
const WAITING = ['--wait', '--timeout', '280s']

/** Values that the old and the new chart accept. The resource requests fit a laptop. */
const KEPT = {
  commonLabels: { team: 'search' },
  app: {
    replicas: 2,
    resources: { requests: { cpu: '100m' } },
    settings: { WARM_UP_REQUESTS: 100 },
    annotations: { example: 'old' },
    podDisruptionBudget: { enabled: true, minAvailable: 1 },
  },
  redis: { replicas: 2, resources: { requests: { cpu: '50m' } } },
  networkPolicy: { enabled: true },
}
/** Values that 0.1.0 no longer accepts. */
const OLD = {
  app: { settings: { RANKING_MAX_WAIT_MS: 20_000, EVENT_LOOP_MAX_DELAY_MS: 20_000, RANKING_BATCHES_PER_THREAD: 4 } },
  ingress: { enabled: true, host: 'search.example', tlsSecretName: 'certificate', gateway: { name: '' } },
  metrics: { prometheusRule: { errorRatio: 0.02, p99Seconds: 0.2 } },
}
/** `OLD` in the format of 0.1.0. With `--reset-then-reuse-values`, the nulls remove the old values of the release. */
const NEW = {
  app: {
    settings: {
      // On a busy machine, the service must not reject queries.
      OVERLOAD_MAX_DELAY_MS: 20_000,
      RANKING_MAX_WAIT_MS: null,
      EVENT_LOOP_MAX_DELAY_MS: null,
      RANKING_BATCHES_PER_THREAD: null,
    },
  },
  ingress: {
    enabled: true,
    hosts: [{ host: 'search.example' }],
    tls: [{ secretName: 'certificate', hosts: ['search.example'] }],
    host: null,
    tlsSecretName: null,
    gateway: { name: null },
  },
  metrics: { prometheusRule: { errorRatio: null, p99Seconds: null } },
}

/** Writes a values file for the current test. Returns its path. */
async function valuesFile(values: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'upgrade-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'values.yaml')
  await writeFile(file, JSON.stringify(values))
  return file
}

interface Deployment extends KubernetesObject {
  metadata: KubernetesObject['metadata'] & { uid: string; generation: number }
  spec: { replicas: number; selector: object }
}

const deployments = async (namespace: Namespace) =>
  (await get<{ items: Deployment[] }>('-n', namespace.name, 'deployments')).items

/**
 * Returns what an upgrade must not change: the identities and selectors of Deployments and Services, and the IP
 * addresses.
 */
async function identity(namespace: Namespace): Promise<object> {
  const { items } = await get<{ items: (KubernetesObject & { metadata: { uid: string } } & { spec: object })[] }>(
    ...['-n', namespace.name, 'deployments,services'],
  )
  return items.map(({ kind, metadata: { name, uid }, spec }) => {
    const { selector, clusterIP } = spec as { selector: object; clusterIP?: string }
    return { kind, name, uid, selector, clusterIP }
  })
}

const podNames = async (namespace: Namespace, component: string) =>
  (await namespace.pods(component)).map(({ metadata: { name } }) => name).sort()

// Pods can start only if the images are in the cluster.
describe.skipIf(!inject('appImage'))('an upgrade from the previous chart', () => {
  it('rejects replaced values and --reuse-values without a change, and loses no request once the values are replaced', async () => {
    const namespace = await Namespace.create('upgrade')
    const release = (chart: string, ...args: string[]) =>
      namespace.helm('upgrade', '--install', 'autocomplete', chart, ...args)
    const old = ['-f', await valuesFile(KEPT), '-f', await valuesFile(OLD)]
    const installed = await release(OLD_CHART, ...old, ...imageOptions(), ...WAITING)
    expect(installed.code, installed.stderr).toBe(0)
    const before = await identity(namespace)
    const generations = async () => (await deployments(namespace)).map(({ metadata }) => metadata.generation)
    const unchanged = await generations()

    const same = await release('chart', ...old, ...imageOptions())
    expect(same.code).not.toBe(0)
    const settings = Object.keys(OLD.app.settings)
    for (const name of [...settings, 'host', 'tlsSecretName', 'name', 'errorRatio', 'p99Seconds']) {
      expect(same.stderr).toMatch(new RegExp(`additional propert.*'${name}'`))
    }
    const reused = await release('chart', '--reuse-values', '-f', await valuesFile(NEW))
    expect(reused.code).not.toBe(0)
    expect(reused.stderr).toContain("don't meet the specifications of the schema")
    expect(await generations()).toEqual(unchanged)

    const result = await withLoad(
      'http://autocomplete-app:8000/autocomplete?q=app',
      async () => {
        const upgraded = await release('chart', '--reset-then-reuse-values', '-f', await valuesFile(NEW), ...WAITING)
        expect(upgraded.code, upgraded.stderr).toBe(0)
        expect(upgraded.stdout).toContain('/chart/README.md#notes-per-version')
      },
      { inPodOf: namespace },
    )
    expect(result.failures).toEqual([])
    expect(result.ok).toBeGreaterThan(100)
    expect(await identity(namespace)).toEqual(before)
    expect(await get('-n', namespace.name, 'ingress', 'autocomplete-app')).toMatchObject({
      metadata: { labels: { team: 'search' } },
      spec: { rules: [{ host: 'search.example' }], tls: [{ hosts: ['search.example'], secretName: 'certificate' }] },
    })
    const tested = await namespace.helm('test', 'autocomplete', '--timeout', '120s')
    expect(tested.code, tested.stdout + tested.stderr).toBe(0)
  }, 900_000)

  it('accepts a values file and --reset-then-reuse-values if no value was replaced', async () => {
    const namespace = await Namespace.create('upgrade')
    const kept = await valuesFile(KEPT)
    const before = await namespace.helm('install', 'autocomplete', OLD_CHART, '-f', kept)
    expect(before.code, before.stderr).toBe(0)
    for (const options of [['-f', kept], ['--reset-then-reuse-values']]) {
      const upgraded = await namespace.helm('upgrade', 'autocomplete', 'chart', ...options)
      expect(upgraded.code, upgraded.stderr).toBe(0)
      expect(await deployments(namespace)).toMatchObject([
        {
          metadata: { labels: { team: 'search' } },
          spec: { replicas: 2, template: { metadata: { annotations: { example: 'old' } } } },
        },
        { metadata: { labels: { team: 'search' } }, spec: { replicas: 2 } },
      ])
    }
  })
})

describe.each(['helm', 'helm4'] as const)('the number of pods with %s', (program) => {
  /** Installs or upgrades a release on simulated nodes, where pods need no images. */
  async function release(namespace: Namespace, chart: string, ...set: string[]): Promise<void> {
    const onSimulatedNode = ['app', 'redis'].flatMap((component) => [
      `${component}.nodeSelector.type=kwok`,
      `${component}.tolerations[0].operator=Exists,${component}.tolerations[0].key=kwok.x-k8s.io/node`,
    ])
    const settings = [...onSimulatedNode, ...set].flatMap((setting) => ['--set', setting])
    const args = ['upgrade', '--install', 'autocomplete', chart, '-n', namespace.name, ...settings, ...WAITING]
    const { code, stderr } = await capture(inject(program), args)
    expect(code, stderr).toBe(0)
  }

  const ON = 'autoscaling.enabled=true'

  it.each(['app', 'redis'])('of %s is kept when autoscaling is switched on, off, and on again', async (component) => {
    const namespace = await Namespace.create('replicas')
    const expectSamePods = async (names: string[]) => {
      const deployment = await get<Deployment>('-n', namespace.name, 'deployment', `autocomplete-${component}`)
      expect(deployment.spec.replicas).toBe(names.length)
      expect(await podNames(namespace, component)).toEqual(names)
    }
    await release(namespace, 'chart', `${component}.replicas=3`)
    const pods = await podNames(namespace, component)
    expect(pods).toHaveLength(3)
    await release(namespace, 'chart', `${component}.${ON}`)
    await namespace.kubectlOrThrow('get', 'hpa', `autocomplete-${component}`)
    await expectSamePods(pods)

    // Do what the autoscaler would do if it had metrics for simulated pods.
    await namespace.kubectlOrThrow('scale', 'deployment', `autocomplete-${component}`, '--replicas=4')
    await until('there are 4 pods', 60, async () => (await podNames(namespace, component)).length === 4)
    const scaled = await podNames(namespace, component)
    await release(namespace, 'chart', `${component}.${ON}`, `${component}.deploymentAnnotations.example=changed`)
    await expectSamePods(scaled)
    await release(namespace, 'chart', `${component}.replicas=4`)
    await expectSamePods(scaled)
    await release(namespace, 'chart', `${component}.replicas=null`)
    await expectSamePods(scaled)
    await release(namespace, 'chart', `${component}.${ON}`)
    await expectSamePods(scaled)
  })

  it('is kept when the upgrade from the previous chart switches autoscaling on', async () => {
    const namespace = await Namespace.create('replicas')
    await release(namespace, OLD_CHART, 'app.replicas=3')
    await release(namespace, 'chart', `app.${ON}`)
    expect(await deployments(namespace)).toMatchObject([{ spec: { replicas: 3 } }, { spec: { replicas: 2 } }])
  })

  it('is left to the autoscaler from the start if autoscaling is on at the installation', async () => {
    const namespace = await Namespace.create('replicas')
    await release(namespace, 'chart', `app.${ON}`)
    await namespace.kubectlOrThrow('scale', 'deployment', 'autocomplete-app', '--replicas=3')
    await until('there are 3 pods', 60, async () => (await podNames(namespace, 'app')).length === 3)
    const pods = await podNames(namespace, 'app')
    await release(namespace, 'chart', `app.${ON}`, 'app.deploymentAnnotations.example=changed')
    expect(await podNames(namespace, 'app')).toEqual(pods)
    const { stdout } = await namespace.helm('get', 'manifest', 'autocomplete')
    expect(stdout.match(/^ {2}replicas:/gm)).toHaveLength(1)
  })
})
