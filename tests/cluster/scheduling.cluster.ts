/**
 * Checks that a preset fits its node. A real scheduler places the pods on a simulated node of 8 CPUs (kwok), which runs
 * no containers.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished, type TestContext } from 'vitest'
import { get, type KubernetesObject, Namespace, until } from './cluster.ts'

/** Restricts pods to simulated nodes. */
const TO_SIMULATED_NODE = ['app', 'redis'].flatMap((component) => [
  '--set',
  `${component}.nodeSelector.type=kwok,${component}.tolerations[0].operator=Exists,${component}.tolerations[0].key=kwok.x-k8s.io/node`,
])
/** Sets the minimum of each autoscaler to its maximum, because autoscalers have no metrics for simulated pods. */
const AT_MAXIMUM = ['--set', 'app.autoscaling.minReplicas=7,redis.autoscaling.minReplicas=4']

let simulated: KubernetesObject | undefined
beforeAll(async () => {
  const { items } = await get<{ items: (KubernetesObject & { status: { allocatable: { cpu: string } } })[] }>('nodes')
  const nodes = items.filter(({ metadata }) => metadata.annotations?.['kwok.x-k8s.io/node'] === 'fake')
  simulated = nodes.length === 1 && nodes[0]?.status.allocatable.cpu === '8' ? nodes[0] : undefined
})

/**
 * Creates a namespace for pods on the simulated node. One pod represents Minikube's own pods (750m) and the ingress
 * controller (100m).
 */
async function node({ skip }: TestContext): Promise<Namespace> {
  if (!simulated) skip('the cluster does not have exactly one simulated node, with 8 CPUs')
  const namespace = await Namespace.create('scheduling')
  await namespace.applyJson({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'platform' },
    spec: {
      nodeSelector: { type: 'kwok' },
      tolerations: [{ key: 'kwok.x-k8s.io/node', operator: 'Exists' }],
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'platform',
          image: 'platform',
          resources: { requests: { cpu: '850m', memory: '260Mi' } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  })
  await namespace.kubectlOrThrow('wait', '--for=condition=Ready', 'pod/platform', '--timeout=60s')
  return namespace
}

const unschedulable = (pods: KubernetesObject[]) =>
  pods.filter(({ status }) =>
    status.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable'),
  )

const running = async (namespace: Namespace, component: string) =>
  (await namespace.pods(component)).filter(({ status }) => status.phase === 'Running').length

async function installAtMaximum(namespace: Namespace, ...args: string[]): Promise<void> {
  await namespace.install('-f', 'values/8cpu-24k.yaml', ...TO_SIMULATED_NODE, ...AT_MAXIMUM, ...args)
}

describe('8cpu-24k on a node of 8 CPUs', () => {
  it("has room for every pod at the autoscaler's maximum, even during a rolling update", async (context) => {
    const namespace = await node(context)
    await installAtMaximum(namespace)
    await until(
      '7 app and 4 Redis pods run',
      90,
      async () => (await running(namespace, 'app')) === 7 && (await running(namespace, 'redis')) === 4,
    )
    expect(unschedulable(await namespace.pods())).toEqual([])

    await installAtMaximum(namespace, '--set-string', 'app.annotations.version=2,redis.annotations.version=2')
    const seen: string[] = []
    await until('every pod is of the new version', 180, async () => {
      const pods = (await namespace.pods()).filter(({ metadata }) => metadata.name !== 'platform')
      seen.push(...unschedulable(pods).map(({ metadata }) => metadata.name))
      return (
        pods.length === 11 &&
        pods.every(({ metadata, status }) => metadata.annotations?.version === '2' && status.phase === 'Running')
      )
    })
    // A new pod may wait briefly until the scheduler notices that an old one has terminated, but must not stay pending.
    expect(unschedulable(await namespace.pods())).toEqual([])
    expect(new Set(seen).size).toBeLessThanOrEqual(2)
  })

  it('rejects an eviction that would violate a disruption budget', async (context) => {
    const namespace = await node(context)
    await installAtMaximum(namespace)
    await until('all pods run', 90, async () => (await running(namespace, 'app')) === 7)
    await namespace.kubectlOrThrow('delete', 'hpa', '--all')
    // Keep exactly as many pods as the budget requires, so that none may be evicted.
    await namespace.kubectlOrThrow('scale', 'deployment', 'autocomplete-app', '--replicas=4')
    await until('4 app pods are left', 90, async () => (await namespace.pods('app')).length === 4)
    const [pod] = await namespace.pods('app')
    const { code, stderr } = await evict(namespace, pod as KubernetesObject)
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/TooManyRequests|disruption budget/)

    await namespace.kubectlOrThrow('scale', 'deployment', 'autocomplete-app', '--replicas=5')
    await until('5 app pods run', 60, async () => (await running(namespace, 'app')) === 5)
    await until('one eviction is allowed', 60, async () => (await evict(namespace, pod as KubernetesObject)).code === 0)
  })

  it('has no room for the CPU requests of the reference report: 7 × 1000m + 4 × 250m', async (context) => {
    const namespace = await node(context)
    await installAtMaximum(namespace, '--set', 'app.resources.requests.cpu=1000m')
    await until('a pod is Unschedulable', 60, async () => unschedulable(await namespace.pods()).length > 0)
    const [pod] = unschedulable(await namespace.pods())
    expect(pod?.status.conditions?.find(({ type }) => type === 'PodScheduled')?.message).toContain('Insufficient cpu')
  })
})

async function evict(namespace: Namespace, { metadata: { name } }: KubernetesObject) {
  const folder = await mkdtemp(join(tmpdir(), 'eviction-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'eviction.json')
  await writeFile(
    file,
    JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: namespace.name } }),
  )
  return namespace.kubectl('create', '--raw', `/api/v1/namespaces/${namespace.name}/pods/${name}/eviction`, '-f', file)
}
