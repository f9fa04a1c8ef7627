/**
 * Checks that the fit check of the capacity model agrees with a real scheduler. Each preset has its own simulated nodes
 * (kwok).
 */
import { describe, expect, it, onTestFinished } from 'vitest'
import { budgetProblem, type Cluster } from '../../generator/src/capacity/budget.ts'
import { plan } from '../../generator/src/capacity/plan.ts'
import { planInputOf } from '../../generator/src/define-preset.ts'
import { loadPreset } from '../../generator/src/presets.ts'
import type { Values } from '../../generator/src/values.ts'
import { randomFrom } from '../../tools/support/random.ts'
import { applyJson, get, type KubernetesObject, kubectlOrThrow, Namespace, until } from './cluster.ts'

const PRESETS = 56
/** The number of presets that are tested concurrently, each on its own nodes. */
const CONCURRENCY = 4
const TAINT = { key: 'autocomplete.test/fit', value: 'true', effect: 'NoSchedule' }
const LABEL = 'autocomplete.test/fit'

interface Case {
  name: string
  values: Values
  cluster: Cluster
}

/** Returns plans for random targets and one node of 8 CPUs. Some of them do not fit. */
function generatedCases(): Case[] {
  const random = randomFrom(20_261_123)
  const between = (low: number, high: number) => Math.round(low + random() * (high - low))
  return Array.from({ length: PRESETS }, (_, at) => {
    const memory = between(1, 8)
    const input = planInputOf({
      name: `fit-${at}`,
      summary: '',
      target: { qps: between(100, 40_000), p99Ms: between(5, 100) },
      cluster: { nodes: 1, cpu: '8', memory: `${memory}Gi` },
      entries: between(0, 3_000_000),
      values: { ingress: { enabled: random() < 0.5 } },
    })
    return { name: `fit-${at}`, values: plan(input).values, cluster: input.cluster }
  })
}

/** Creates simulated nodes for one case. They are deleted after the test. */
async function createNodes({ name, cluster }: Case): Promise<void> {
  const resources = { cpu: cluster.cpu, memory: cluster.memory, pods: '110' }
  for (let at = 0; at < cluster.nodes; at++) {
    await applyJson({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: `${name}-${at}`,
        annotations: { 'kwok.x-k8s.io/node': 'fake', 'node.alpha.kubernetes.io/ttl': '0' },
        // Leave out the operating-system label, so that the cluster's own DaemonSets do not place pods here.
        labels: { [LABEL]: name, 'kubernetes.io/hostname': `${name}-${at}` },
      },
      spec: { taints: [TAINT] },
      status: { allocatable: resources, capacity: resources },
    })
  }
}

/** Creates the pods of the platform: one pod per node, and one that represents the pods that exist once per cluster. */
async function createPlatform(namespace: Namespace, { name, cluster }: Case): Promise<void> {
  const pod = (suffix: string, requests: object, nodeSelector: object) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name}-platform-${suffix}`, labels: { [LABEL]: name } },
    spec: {
      nodeSelector,
      tolerations: [{ operator: 'Exists' }],
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'platform',
          image: 'platform',
          resources: { requests },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  })
  const { once, perNode } = cluster.platform
  await namespace.applyJson(pod('once', once, { [LABEL]: name }))
  for (let at = 0; at < cluster.nodes; at++) {
    await namespace.applyJson(pod(`node-${at}`, perNode, { 'kubernetes.io/hostname': `${name}-${at}` }))
  }
}

/**
 * Installs the chart on the case's nodes with the case's values. The number of pods is the maximum from the start,
 * because the autoscaler has no metrics for simulated pods.
 * @returns the number of pods
 */
async function install(namespace: Namespace, { name, values }: Case): Promise<number> {
  const component = (kind: 'app' | 'redis') => {
    const { autoscaling, replicas } = values[kind]
    return {
      ...values[kind],
      replicas: autoscaling.enabled ? autoscaling.maxReplicas : replicas,
      autoscaling: { enabled: false },
      podDisruptionBudget: { enabled: false },
      labels: { [LABEL]: name },
      nodeSelector: { [LABEL]: name },
      tolerations: [{ operator: 'Exists' }],
    }
  }
  const overrides = JSON.stringify({ ...values, app: component('app'), redis: component('redis'), ingress: {} })
  const { code, stderr } = await namespace.helmWithValues(name, overrides)
  if (code !== 0) throw new Error(stderr)
  return component('app').replicas + component('redis').replicas
}

/** Waits until the scheduler has tried to place every pod of a case. Returns whether every pod has a node. */
async function allScheduled(namespace: Namespace, { name, cluster }: Case, pods: number): Promise<boolean> {
  let waiting: KubernetesObject[] = []
  await until(`the scheduler has decided on all pods of ${name}`, 120, async () => {
    const { items } = await get('-n', namespace.name, 'pods', '-l', `${LABEL}=${name}`)
    const condition = ({ status }: KubernetesObject) => status.conditions?.find(({ type }) => type === 'PodScheduled')
    waiting = items.filter((pod) => condition(pod)?.status !== 'True')
    return items.length === pods + cluster.nodes + 1 && items.every((pod) => condition(pod) !== undefined)
  })
  return waiting.length === 0
}

async function agrees(cases: Case[]): Promise<{ name: string; fits: boolean; scheduled: boolean }[]> {
  const namespace = await Namespace.create('fit')
  onTestFinished(async () => {
    await kubectlOrThrow('delete', 'nodes', '-l', LABEL, '--wait=false')
  })
  const decide = async (one: Case) => {
    await createNodes(one)
    await createPlatform(namespace, one)
    const pods = await install(namespace, one)
    const fits = budgetProblem(one.values, one.cluster) === undefined
    const scheduled = await allScheduled(namespace, one, pods)
    // Uninstall each release right away. Deleting a namespace with hundreds of pods would take too long.
    await namespace.helm('uninstall', one.name)
    return { name: one.name, fits, scheduled }
  }
  const waiting = [...cases]
  const results: Awaited<ReturnType<typeof decide>>[] = []
  const lane = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) results.push(await decide(one))
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, lane))
  return results
}

describe('the fit check', () => {
  it(`agrees with the scheduler on ${PRESETS} feasible and infeasible presets for a node of 8 CPUs`, async () => {
    const results = await agrees(generatedCases())
    expect(results.filter(({ fits, scheduled }) => fits !== scheduled)).toEqual([])
    expect(results.filter(({ fits }) => fits).length).toBeGreaterThan(15)
    expect(results.filter(({ fits }) => !fits).length).toBeGreaterThan(15)
  }, 900_000)

  it.each(['16cpu-48k', '64cpu-200k'])('is right about %s on several nodes', async (preset) => {
    const { name, values, cluster } = await loadPreset(preset)
    // The name of a Service must begin with a letter.
    const one = { name: `p-${name}`, values, cluster }
    expect(await agrees([one])).toEqual([{ name: one.name, fits: true, scheduled: true }])
  })
})
