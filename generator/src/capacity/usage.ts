/** What the parts of a release use of CPU and memory when it carries a rate. */
import type { Values } from '../values.ts'
import type { Cluster } from './budget.ts'
import { type Costs, cpuUse } from './costs.ts'
import { bytes, millicores, redisBytes } from './quantity.ts'

/**
 * How busy a CPU may be. Of the time that a request waits for one, 1 / (1 - utilization) is a factor (M/M/1), which from here on
 * grows faster than capacity does.
 */
export const MAX_UTILIZATION = 0.9

/** What the model needs to know. */
export interface Sizing {
  values: Values
  cluster: Cluster
  /** Requests a second. */
  qps: number
  /** Entries of the dataset. */
  entries: number
  /** Replicas of app and Redis that may be missing while the rest carries the rate: 1, or 0 for a single one. */
  spareReplicas: number
  costs: Costs
}

/** What carries the rate while the spare replicas are missing. CPUs are in cores. */
export interface Usage {
  /** App pods left, and the rate of each of their HTTP processes. */
  pods: number
  processRate: number
  /** Of one app pod, of the main thread and of one ranking thread of a process. */
  podCores: number
  mainThreadCores: number
  rankingThreadCores: number
  /** Of one Redis replica. */
  redisCores: number
  /** Of the whole ingress controller. */
  ingressCores: number
  /** Of the busiest node, the platform's requests included. */
  nodeCores: number
  /** Latency, in milliseconds. */
  p95Ms: number
  p99Ms: number
}

/** The replicas that are there at least. */
export function replicasOf({ replicas, autoscaling }: Values['app'] | Values['redis']): number {
  return autoscaling.enabled ? autoscaling.minReplicas : replicas
}

/** The replicas that there can be, the one more of a rolling update included. */
export function maxReplicasOf({ replicas, autoscaling, rollingUpdate }: Values['app'] | Values['redis']): number {
  return (autoscaling.enabled ? autoscaling.maxReplicas : replicas) + rollingUpdate.maxSurge
}

/** HTTP processes of a pod; 0 means one for each CPU of its limit, as the service does it. */
export function processesOf({ settings, resources }: Values['app']): number {
  return settings.WEB_CONCURRENCY || Math.max(1, Math.floor(millicores(resources.limits.cpu) / 1000))
}

/** Worker processes of the ingress controller: nginx has one for each CPU, and the model one controller on each node. */
export function ingressWorkers({ nodes, cpu }: Cluster): number {
  return Math.max(1, Math.floor((nodes * millicores(cpu)) / 1000))
}

/**
 * The use at a rate, with `missing` replicas of each component gone.
 *
 * Latency is the least p99 that was measured, and on top of it the time in an M/M/1 queue for the main thread, whose quantile p is
 * -ln(1 - p) x service time / (1 - utilization).
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
  const queue = (quantile: number) =>
    use.mainThread < 1
      ? (-Math.log(1 - quantile) * (use.mainThread / processRate) * 1000) / (1 - use.mainThread)
      : Infinity
  const floorMs = Math.min(...costs.load.map(({ p99Ms }) => p99Ms))
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
      ingressCores / cluster.nodes +
      platform / 1000,
    p95Ms: floorMs + queue(0.95),
    p99Ms: floorMs + queue(0.99),
  }
}

/** Memory in bytes. */
export interface MemoryUse {
  /** Of an app pod with all the connections that it may hold. */
  pod: number
  /** Of Redis for data and clients, which `maxmemory` bounds, and besides. */
  redisData: number
  redisBase: number
}

/** What the memory is used for; several HTTP processes have a primary beside them, counted as one more. */
export function memoryOf({ values: { app, redis }, entries, costs: { memory } }: Sizing): MemoryUse {
  const { HTTP_MAX_CONNECTIONS, RANKING_THREADS } = app.settings
  const processes = processesOf(app)
  const thread = memory.rankingThreadBytes + entries * memory.appEntryBytes
  const process = memory.httpProcessBytes + HTTP_MAX_CONNECTIONS * memory.httpConnectionBytes + RANKING_THREADS * thread
  return {
    pod: processes * process + (processes > 1 ? memory.httpProcessBytes : 0),
    redisData: entries * memory.redisEntryBytes + redisClients(app) * memory.redisClientBytes,
    redisBase: redis.mode === 'external' ? 0 : memory.redisBaseBytes,
  }
}

/** Connections that a pod keeps to Redis: every thread has one to each of so many replicas. */
export function redisConnectionsOf({ settings }: Values['app'], processes: number): number {
  return processes * settings.RANKING_THREADS * settings.REDIS_CONNECTION_POOL_SIZE
}

/** The most clients that one Redis replica can see: one of every ranking thread, two while they are renewed. */
export function redisClients(app: Values['app']): number {
  return 2 * maxReplicasOf(app) * processesOf(app) * app.settings.RANKING_THREADS
}

/** Bytes of a pod's memory limit and of `maxmemory`. */
export const limitBytes = (component: Values['app'] | Values['redis']): number =>
  bytes(component.resources.limits.memory)
export const maxmemoryBytes = (redis: Values['redis']): number => redisBytes(redis.config.maxmemory)

/**
 * The highest rate that `carries` holds for, found by bisection; it must hold for all rates below one and none above.
 * @param precision of the result, as a share of it
 */
export function highestRate(carries: (qps: number) => boolean, atMost: number, precision = 0.001): number {
  let low = 0
  let high = atMost
  while (high - low > Math.max(1, low * precision)) {
    const middle = (low + high) / 2
    if (carries(middle)) low = middle
    else high = middle
  }
  return Math.floor(low)
}
