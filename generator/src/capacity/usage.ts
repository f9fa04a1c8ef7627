/** CPU and memory use of each component of a release at a given rate. */
import type { Values } from '../values.ts'
import type { Cluster } from './budget.ts'
import { type Costs, cpuUse, type LoadCost } from './costs.ts'
import { bytes, millicores, redisBytes } from './quantity.ts'

/**
 * Maximum utilization of a CPU. Waiting times grow with 1 / (1 - utilization) (M/M/1), which rises steeply beyond this
 * value.
 */
export const MAX_UTILIZATION = 0.9

const MEBIBYTE = 2 ** 20
/** Dataset versions in memory. During the switch to a new version, Redis and the HTTP processes keep both. */
const VERSIONS_DURING_SWITCH = 2

/** Input of the model. */
export interface Sizing {
  values: Values
  cluster: Cluster
  /** Requests per second. */
  qps: number
  /** Number of entries in the dataset. */
  entries: number
  /**
   * Replicas of each component that are allowed to be unavailable while the others handle the rate: 0 or 1.
   */
  spareReplicas: number
  costs: Costs
}

/** CPU use, in cores, and latency at a given rate. */
export interface Usage {
  /** Number of available app pods, and the rate of each of their HTTP processes. */
  pods: number
  processRate: number
  /** CPU use of an app pod, a main thread, and a ranking thread. */
  podCores: number
  mainThreadCores: number
  rankingThreadCores: number
  /** CPU use of a Redis replica. */
  redisCores: number
  /** CPU use of all ingress controllers together. */
  ingressCores: number
  /** CPU use of the busiest node, including the platform's requests. */
  nodeCores: number
  /** Latency, in milliseconds. */
  p95Ms: number
  p99Ms: number
}

/** Returns the minimum number of replicas. */
export function replicasOf({ replicas, autoscaling }: Values['app'] | Values['redis']): number {
  return autoscaling.enabled ? autoscaling.minReplicas : replicas
}

/** Returns the path of the value that sets the minimum number of replicas. */
export const replicasPath = (values: Values, component: 'app' | 'redis'): string =>
  `${component}.${values[component].autoscaling.enabled ? 'autoscaling.minReplicas' : 'replicas'}`

/** Returns the maximum number of replicas, including those that a rolling update adds. */
export function maxReplicasOf({ replicas, autoscaling, rollingUpdate }: Values['app'] | Values['redis']): number {
  return (autoscaling.enabled ? autoscaling.maxReplicas : replicas) + rollingUpdate.maxSurge
}

/** Returns a copy of the preset in which a component has a fixed number of replicas, and no autoscaler. */
export function withReplicas<T extends Sizing>(preset: T, component: 'app' | 'redis', replicas: number): T {
  const { autoscaling } = preset.values[component]
  const changed = { ...preset.values[component], replicas, autoscaling: { ...autoscaling, enabled: false } }
  return { ...preset, values: { ...preset.values, [component]: changed } }
}

/** Returns the number of HTTP processes per pod. As in the service, a setting of 0 means one per CPU in the limit. */
export function processesOf({ settings, resources }: Values['app']): number {
  return settings.WEB_CONCURRENCY || Math.max(1, Math.floor(millicores(resources.limits.cpu) / 1000))
}

/**
 * Maximum number of ingress controllers. More controllers would mostly be idle and could not share idle connections.
 */
const MAX_INGRESS_CONTROLLERS = 16

/** Returns the number of ingress controllers: one per node, up to a maximum. */
export const ingressControllers = ({ nodes }: Cluster): number => Math.min(nodes, MAX_INGRESS_CONTROLLERS)

/** Returns the number of worker processes of all ingress controllers: one per CPU of their nodes, as in nginx. */
export function ingressWorkers(cluster: Cluster): number {
  return Math.max(1, Math.floor((ingressControllers(cluster) * millicores(cluster.cpu)) / 1000))
}

/**
 * Returns the CPU use and latency at a given rate while `missing` replicas of each component are unavailable. The
 * latency depends on the resulting rate of each HTTP process.
 */
export function usageOf({ values, cluster, qps, spareReplicas, costs }: Sizing, missing = spareReplicas): Usage {
  const { app, redis, ingress } = values
  const pods = replicasOf(app) - missing
  const processes = processesOf(app)
  const processRate = qps / (pods * processes)
  const use = cpuUse(costs, processRate)
  const redisTotal = use.redis * pods * processes
  const redisCores = redis.mode === 'external' ? 0 : redisTotal / (replicasOf(redis) - missing)
  const workers = ingressWorkers(cluster)
  const ingressCores = ingress.enabled ? cpuUse(costs, qps / workers).ingress * workers : 0
  const onNode = (replicas: number) => Math.ceil(replicas / cluster.nodes)
  const platform = millicores(cluster.platform.once.cpu) + millicores(cluster.platform.perNode.cpu)
  return {
    pods,
    processRate,
    podCores: use.app * processes,
    mainThreadCores: use.mainThread,
    rankingThreadCores: (use.app - use.mainThread) / app.settings.RANKING_THREADS,
    redisCores,
    ingressCores,
    nodeCores:
      onNode(pods) * use.app * processes +
      (redis.mode === 'external' ? 0 : onNode(replicasOf(redis) - missing) * redisCores) +
      ingressCores / ingressControllers(cluster) +
      platform / 1000,
    ...latencyAt(costs, processRate),
  }
}

/**
 * Returns the p95 and p99 in milliseconds at a given rate of one HTTP process. The p99 is interpolated linearly between
 * the measured values. If a value is lower than one that was measured at a lower rate, the higher value is used. Beyond
 * the highest measured rate, the p99 grows with 1 / (1 - utilization) of the main thread, as in an M/M/1 queue.
 * Latencies above the median are assumed to be distributed exponentially. Of the half above the median, a tenth is
 * above the p95 and a fiftieth is above the p99, so the p95 is ln(10) / ln(50) of the way from the median to the p99.
 */
export function latencyAt(costs: Costs, rate: number): { p95Ms: number; p99Ms: number } {
  let highest = 0
  const rows = costs.load.map((row) => {
    highest = Math.max(highest, row.p99Ms)
    return { ...row, p99Ms: highest }
  })
  const at = rows.findIndex(({ requestsPerSecond }) => requestsPerSecond >= rate)
  const above = rows.at(at) as LoadCost
  const below = at > 0 ? (rows[at - 1] as LoadCost) : above
  const span = above.requestsPerSecond - below.requestsPerSecond
  const share = span === 0 ? 1 : (rate - below.requestsPerSecond) / span
  const idleShare = (processRate: number) => Math.max(0, 1 - cpuUse(costs, processRate).mainThread)
  const growth = at < 0 ? idleShare(above.requestsPerSecond) / idleShare(rate) : 1
  const p99Ms = (at < 0 ? above.p99Ms : below.p99Ms + share * (above.p99Ms - below.p99Ms)) * growth
  const p50Ms = Math.min(above.p50Ms, p99Ms)
  return { p95Ms: p50Ms + ((p99Ms - p50Ms) * Math.log(10)) / Math.log(50), p99Ms }
}

/** Maximum memory use, in bytes. */
export interface MemoryUse {
  /** Memory of an app pod with all connections and a full cache, while it loads a new dataset version. */
  pod: number
  /**
   * Memory of Redis while a new version is published: the part for data and clients, which `maxmemory` limits, and the
   * rest.
   */
  redisData: number
  redisBase: number
}

/** Returns the maximum memory use. With several HTTP processes, the primary process counts as an additional one. */
export function memoryOf({ values: { app, redis }, entries, costs: { memory } }: Sizing): MemoryUse {
  const { HTTP_MAX_CONNECTIONS, RANKING_THREADS, RANKING_TEXT_CACHE_MAX_MIB, CACHE_MAX_MIB } = app.settings
  const processes = processesOf(app)
  const indexes = entries * (VERSIONS_DURING_SWITCH * memory.appEntryBytes + memory.appLoadingBytes)
  const connections = HTTP_MAX_CONNECTIONS * memory.httpConnectionBytes
  const texts = VERSIONS_DURING_SWITCH * RANKING_TEXT_CACHE_MAX_MIB * MEBIBYTE
  const threads = RANKING_THREADS * (memory.rankingThreadBytes + texts)
  const process = memory.httpProcessBytes + CACHE_MAX_MIB * MEBIBYTE + connections + threads + indexes
  return {
    pod: processes * process + (processes > 1 ? memory.httpProcessBytes : 0),
    redisData: VERSIONS_DURING_SWITCH * entries * memory.redisEntryBytes + redisClients(app) * memory.redisClientBytes,
    redisBase: redis.mode === 'external' ? 0 : memory.redisBaseBytes,
  }
}

/** Returns the number of Redis connections of a pod. Every ranking thread has its own connection pool. */
export function redisConnectionsOf({ settings }: Values['app'], processes: number): number {
  return processes * settings.RANKING_THREADS * settings.REDIS_CONNECTION_POOL_SIZE
}

/**
 * Returns the maximum number of clients of a Redis replica: two per ranking thread, because a new connection may exist
 * in addition to the one that it replaces.
 */
export function redisClients(app: Values['app']): number {
  return 2 * maxReplicasOf(app) * processesOf(app) * app.settings.RANKING_THREADS
}

/** Returns the memory limit of a pod, in bytes. */
export const limitBytes = (component: Values['app'] | Values['redis']): number =>
  bytes(component.resources.limits.memory)
/** Returns the `maxmemory` of Redis, in bytes. */
export const maxmemoryBytes = (redis: Values['redis']): number => redisBytes(redis.config.maxmemory)

/**
 * Returns the highest rate for which `canHandle` returns true, found by bisection. `canHandle` must return true up to some
 * rate, and false above it.
 * @param precision fraction by which the result may be too low
 */
export function highestRate(canHandle: (qps: number) => boolean, atMost: number, precision = 0.001): number {
  let low = 0
  let high = atMost
  while (high - low > Math.max(1, low * precision)) {
    const middle = (low + high) / 2
    if (canHandle(middle)) low = middle
    else high = middle
  }
  return Math.floor(low)
}
