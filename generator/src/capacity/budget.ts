/** Adds up the resource requests of all pods in a release, and checks whether every pod fits on a node. */
import type { Values } from '../values.ts'
import { bytes, counted, formatBytes, MEMORY_UNITS, millicores } from './quantity.ts'
import { maxReplicasOf, replicasOf } from './usage.ts'

/** Resource requests of platform pods. */
export interface PlatformRequests {
  cpu: string
  memory: string
}

/** Nodes of a preset's cluster, and the requests of the pods that already run there. */
export interface Cluster {
  nodes: number
  /** CPU and memory of each node. */
  cpu: string
  memory: string
  /**
   * Requests of the platform pods that run once per cluster, and of those that run on every node. `what` names the pods.
   */
  platform: { once: PlatformRequests; perNode: PlatformRequests; what: string }
}

const GIBIBYTES_PER_CPU = 2

/** Returns the CPU per node, rounded down, for a cluster with a total of `cpus`. */
export function nodeCpu(nodes: number, cpus: number): string {
  const each = Math.floor((cpus * 1000) / nodes)
  return each % 1000 === 0 ? String(each / 1000) : `${each}m`
}

/** Returns the memory per node, rounded down, for a cluster with a total of `gibibytes` GiB. */
export function nodeMemory(nodes: number, gibibytes: number): string {
  const each = Math.floor((gibibytes * 1024) / nodes)
  return each % 1024 === 0 ? `${each / 1024}Gi` : `${each}Mi`
}

/** Returns the assumed memory of a cluster, in GiB, if only its CPUs are known. */
export const defaultGibibytes = (cpus: number): number => Math.ceil(cpus * GIBIBYTES_PER_CPU)

/** CPU in millicores and memory in bytes. */
export interface Resources {
  millicores: number
  bytes: number
}

/** Requests of a component; `millicores` and `bytes` are the requests of one pod. */
export interface BudgetLine extends Resources {
  component: 'app' | 'redis'
  minPods: number
  /** Maximum number of replicas, plus the pods that a rolling update adds. */
  maxPods: number
}

/** All requests of a preset, including those of the platform, with the fewest and with the most pods. */
export interface Budget {
  lines: BudgetLine[]
  platform: Resources
  min: Resources
  max: Resources
  capacity: Resources
}

/** Adds up all requests, with the fewest and with the most pods. */
export function budgetOf(values: Values, { nodes, cpu, memory, platform }: Cluster): Budget {
  const lines = (['app', 'redis'] as const).map((component): BudgetLine => {
    const { resources } = values[component]
    const isDeployed = component === 'app' || values.redis.mode === 'internal'
    return {
      component,
      minPods: isDeployed ? replicasOf(values[component]) : 0,
      maxPods: isDeployed ? maxReplicasOf(values[component]) : 0,
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
 * Returns one sentence that says what to change if a pod might not fit on any node. Returns undefined if every pod
 * fits, regardless of the order in which the scheduler places the pods.
 *
 * A node is blocked for a pod if the node has less left than the pod requests. The requests of all other pods can block
 * only a limited number of nodes. If they cannot block all nodes at once, the pod fits on one of them. With one node,
 * every pod fits if the sum of all requests does not exceed the resources of the node.
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
    const [unit, byOther] = byCpu >= byMemory ? (['millicores', byMemory] as const) : (['bytes', byCpu] as const)
    // The number of nodes that are blocked because of the other resource. If each resource blocks all nodes, this is 0,
    // because the message then names only one resource.
    const blockedByOther = byOther < nodes ? byOther : 0
    const cpuRequests = `${max.millicores}m CPU of ${capacity.millicores}m`
    const memoryRequests = `${formatBytes(max.bytes)} memory of ${formatBytes(capacity.bytes)}`
    const requests =
      blockedByOther > 0 ? `${cpuRequests} and ${memoryRequests}` : unit === 'bytes' ? memoryRequests : cpuRequests
    const slack =
      nodes === 1
        ? ''
        : `, and ${nodes} nodes need spare capacity for ${counted(nodes - 1, 'more pod')} of ${pod.component}`
    const most = nodes - 1 - blockedByOther
    const over = used(unit) - pod[unit] + 1 - (most + 1) * (left[unit] - pod[unit] + 1)
    const remedy =
      unit === 'bytes'
        ? `${formatBytes(Math.ceil(over / MEMORY_UNITS.Mi) * MEMORY_UNITS.Mi)}, or add memory`
        : `${over}m, or add CPUs`
    const isScaled = values.app.autoscaling.enabled || values.redis.autoscaling.enabled
    return `all pods together request ${requests}${slack}: lower the requests or ${isScaled ? 'maxReplicas' : 'replicas'} to save ${remedy}`
  }
  return undefined
}
