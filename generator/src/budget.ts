import { bytes, formatBytes, millicores } from './quantity.ts'
import type { Values } from './values.ts'

/** The cluster that a preset is made for. */
export interface Cluster {
  nodes: number
  /** Of each node. */
  cpu: string
  memory: string
  /** What the platform's own pods request, all together. */
  platform: { cpu: string; memory: string; what: string }
}

/** What one component requests: `millicores` and `bytes` are of one pod. */
export interface BudgetLine {
  component: 'app' | 'redis'
  minPods: number
  maxPods: number
  millicores: number
  bytes: number
}

/** What a preset requests of its cluster, at the fewest and at the most pods, the platform included. */
export interface Budget {
  lines: BudgetLine[]
  min: { millicores: number; bytes: number }
  max: { millicores: number; bytes: number }
  capacity: { millicores: number; bytes: number }
}

/** Adds up what the values request; the most pods are the autoscaler's maximum and what a rolling update adds. */
export function budgetOf(values: Values, { nodes, cpu, memory, platform }: Cluster): Budget {
  const lines = (['app', 'redis'] as const).map((component): BudgetLine => {
    const { replicas, autoscaling, resources, rollingUpdate } = values[component]
    const [min, max] = autoscaling.enabled ? [autoscaling.minReplicas, autoscaling.maxReplicas] : [replicas, replicas]
    return {
      component,
      minPods: min,
      maxPods: max + rollingUpdate.maxSurge,
      millicores: millicores(resources.requests.cpu),
      bytes: bytes(resources.requests.memory),
    }
  })
  const sum = (pods: 'minPods' | 'maxPods') => ({
    millicores: lines.reduce((total, line) => total + line[pods] * line.millicores, millicores(platform.cpu)),
    bytes: lines.reduce((total, line) => total + line[pods] * line.bytes, bytes(platform.memory)),
  })
  return {
    lines,
    min: sum('minPods'),
    max: sum('maxPods'),
    capacity: { millicores: nodes * millicores(cpu), bytes: nodes * bytes(memory) },
  }
}

/** Why a budget does not fit its cluster, in one sentence that says what to change, or undefined when it does. */
export function budgetProblem({ max, capacity }: Budget): string | undefined {
  const cpuOver = max.millicores - capacity.millicores
  if (cpuOver > 0) {
    return `all pods together request ${max.millicores}m CPU of ${capacity.millicores}m: lower the requests or maxReplicas by ${cpuOver}m`
  }
  const memoryOver = max.bytes - capacity.bytes
  if (memoryOver > 0) {
    return `all pods together request ${formatBytes(max.bytes)} memory of ${formatBytes(capacity.bytes)}: lower the requests or maxReplicas by ${formatBytes(memoryOver)}`
  }
  return undefined
}
