/** What the pods of a release request of the scheduler, and whether every one of them finds a node. */
import type { Values } from '../values.ts'
import { bytes, formatBytes, millicores } from './quantity.ts'

/** What pods of the platform request. */
export interface PlatformRequests {
  cpu: string
  memory: string
}

/** The cluster that a preset is made for. */
export interface Cluster {
  nodes: number
  /** Of each node. */
  cpu: string
  memory: string
  /** What the platform's own pods request: once in the cluster, and on every node. */
  platform: { once: PlatformRequests; perNode: PlatformRequests; what: string }
}

/** CPU in millicores and memory in bytes. */
export interface Resources {
  millicores: number
  bytes: number
}

/** What one component requests: `millicores` and `bytes` are of one pod. */
export interface BudgetLine extends Resources {
  component: 'app' | 'redis'
  minPods: number
  /** At the autoscaler's maximum, and in a rolling update. */
  maxPods: number
}

/** What a preset requests of its cluster, at the fewest and at the most pods, the platform included. */
export interface Budget {
  lines: BudgetLine[]
  platform: Resources
  min: Resources
  max: Resources
  capacity: Resources
}

/** Adds up what the values request; the most pods are the autoscaler's maximum and what a rolling update adds. */
export function budgetOf(values: Values, { nodes, cpu, memory, platform }: Cluster): Budget {
  const lines = (['app', 'redis'] as const).map((component): BudgetLine => {
    const { replicas, autoscaling, resources, rollingUpdate } = values[component]
    const [min, max] = autoscaling.enabled ? [autoscaling.minReplicas, autoscaling.maxReplicas] : [replicas, replicas]
    const isDeployed = component === 'app' || values.redis.mode === 'internal'
    return {
      component,
      minPods: isDeployed ? min : 0,
      maxPods: isDeployed ? max + rollingUpdate.maxSurge : 0,
      millicores: millicores(resources.requests.cpu),
      bytes: bytes(resources.requests.memory),
    }
  })
  const platformRequests = {
    millicores: millicores(platform.once.cpu) + nodes * millicores(platform.perNode.cpu),
    bytes: bytes(platform.once.memory) + nodes * bytes(platform.perNode.memory),
  }
  const sum = (pods: 'minPods' | 'maxPods') => ({
    millicores: lines.reduce((total, line) => total + line[pods] * line.millicores, platformRequests.millicores),
    bytes: lines.reduce((total, line) => total + line[pods] * line.bytes, platformRequests.bytes),
  })
  return {
    lines,
    platform: platformRequests,
    min: sum('minPods'),
    max: sum('maxPods'),
    capacity: { millicores: nodes * millicores(cpu), bytes: nodes * bytes(memory) },
  }
}

/**
 * Why some pod could find no node, in one sentence that says what to change, or undefined when each is sure to find one, in
 * whatever order the scheduler places them.
 *
 * A node is blocked for a pod once it has less left than the pod requests. With everything else placed, so many nodes can be
 * blocked as the requests of all others suffice for; if that is fewer than there are, one is free. On one node this is the plain sum.
 */
export function budgetProblem(values: Values, cluster: Cluster): string | undefined {
  const { lines, max, capacity } = budgetOf(values, cluster)
  const { nodes, platform } = cluster
  const left: Resources = {
    millicores: millicores(cluster.cpu) - millicores(platform.perNode.cpu),
    bytes: bytes(cluster.memory) - bytes(platform.perNode.memory),
  }
  const used = (unit: keyof Resources) => max[unit] - (capacity[unit] - nodes * left[unit])
  for (const pod of lines.filter(({ maxPods }) => maxPods > 0)) {
    const blocked = (unit: keyof Resources) => {
      const enough = left[unit] - pod[unit] + 1
      return enough <= 0 ? nodes : Math.min(nodes, Math.floor((used(unit) - pod[unit]) / enough))
    }
    const byCpu = blocked('millicores')
    const byMemory = blocked('bytes')
    if (byCpu + byMemory < nodes) continue
    const slack =
      nodes === 1
        ? ''
        : `, and ${nodes} nodes need room to spare for ${nodes - 1} more pod${nodes === 2 ? '' : 's'} of ${pod.component}`
    if (byCpu >= byMemory) {
      const over = max.millicores + (nodes - 1) * pod.millicores - capacity.millicores
      return `all pods together request ${max.millicores}m CPU of ${capacity.millicores}m${slack}: lower the requests or maxReplicas by ${Math.max(1, over)}m, or add CPUs`
    }
    const over = max.bytes + (nodes - 1) * pod.bytes - capacity.bytes
    return `all pods together request ${formatBytes(max.bytes)} memory of ${formatBytes(capacity.bytes)}${slack}: lower the requests or maxReplicas by ${formatBytes(Math.max(1, over))}, or add memory`
  }
  return undefined
}
