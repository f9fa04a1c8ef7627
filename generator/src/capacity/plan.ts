/** Computes the values that a preset does not set, based on its target, and explains each of them. */
import { isObject, merge, mergeIntoDefaults } from '../merge.ts'
import { type DeepPartial, defaultValues, type Values } from '../values.ts'
import { budgetProblem, type Cluster } from './budget.ts'
import {
  allowedIngressConnections,
  appConnections,
  type Checked,
  type CheckName,
  canHandle,
  isFeasible,
  type Problem,
  peakUsers,
  problemsOf,
} from './checks.ts'
import { type Costs, cpuUse } from './costs.ts'
import type { LoadTest, Target } from './load-profile.ts'
import {
  bytes,
  counted,
  formatBytes,
  formatCpus,
  formatNumber,
  formatRate,
  memoryQuantity,
  millicores,
  redisBytes,
} from './quantity.ts'
import {
  highestRate,
  ingressWorkers,
  MAX_UTILIZATION,
  memoryOf,
  processesOf,
  redisClients,
  redisConnectionsOf,
  replicasOf,
  type Sizing,
} from './usage.ts'

export interface PlanInput {
  target: Target
  cluster: Cluster
  /** Number of entries in the dataset. */
  entries: number
  /** Replicas of each component that are allowed to be unavailable: 1, or 0 for a plan without autoscaling. */
  spareReplicas: number
  loadTest: LoadTest
  /** Values that the preset sets. They take precedence over the computed values. */
  pinned: DeepPartial<Values>
  costs: Costs
}

/** How a value was computed. */
export interface Derivation {
  /** Path of the value, such as `app.replicas`. */
  path: string
  value: string | number | boolean
  /** Value that the model computes. It differs from `value` if the preset sets another value. */
  computed: string | number | boolean
  /** Explanation of the computed value, with the numbers that it depends on. */
  formula: string
}

/** The values of a release, and how they were computed. */
export interface Plan {
  /** Computed values, merged with the values that the preset sets. The latter take precedence. */
  overrides: DeepPartial<Values>
  /** The chart's defaults, merged with the overrides. */
  values: Values
  derivations: Derivation[]
  /** Failed checks; empty if the plan is feasible. */
  problems: Problem[]
}

/**
 * The autoscaler's CPU target, as a share of the request. In a first plan, an HTTP process or a Redis replica also uses
 * at most this many CPUs.
 */
const CPU_TARGET = 0.7
const MEMORY_TARGET = 0.75
/** As in the reference report, the autoscaler may add one pod for every six replicas, rounded up. */
const REPLICAS_PER_EXTRA_POD = 6
const MILLICORES_STEP = 50
const MEMORY_STEP_MI = 64
const ROUNDING_NOTE = `rounded up to a multiple of ${MEMORY_STEP_MI} MiB, which is also the minimum`
/** Minimum CPU request of a pod, in millicores. The kubelet's probes use some of it. */
const MIN_MILLICORES = 100
const MIN_REDIS_REPLICAS = 3
/** Minimums of the computed values. */
const MIN_HTTP_CONNECTIONS = 2000
const MIN_REDIS_CONNECTIONS = 200
const MIN_UPSTREAM_KEEPALIVE = 1000
const MIN_CLIENT_CONNECTIONS = 10_000
/**
 * nginx's default for `keepalive_timeout` of an upstream, in seconds (ngx_http_upstream_module). If the chart itself sets
 * the idle timeout of a controller, it sets 80% of HTTP_KEEP_ALIVE_SECONDS. With this margin, that is also 60 s.
 */
const INGRESS_IDLE_SECONDS = 60
const KEEP_ALIVE_MARGIN_SECONDS = 15
/**
 * Checks that may pass with fewer pods. With fewer pods, more requests share each ranking task, which saves CPU. If any
 * other check fails, more pods may help.
 */
const FIXABLE_WITH_FEWER_PODS: ReadonlySet<CheckName> = new Set(['requestsFit', 'nodesHandleTarget'])
/** Highest rate that the search tries, in requests per second. */
const MAX_RATE = 10_000_000
/** Factor by which the dataset may grow. */
const DATA_GROWTH = 1.5

const roundUp = (value: number, step: number) => Math.ceil(Number((value / step).toFixed(6))) * step

/**
 * Plans a release. If the first plan is infeasible, tries plans with fewer and with more pods.
 * @returns a feasible plan, or the first plan with its problems
 */
export function plan(input: PlanInput): Plan {
  const defaults = mergeIntoDefaults<Values>(defaultValues, input.pinned)
  const first = decisionsFor(input, defaults)
  const problems = problemsOf(checkedFor(input, first))
  const [problem] = problems
  if (!problem) return planOf(first)
  const replicas = replicasOf(first.values.app)
  const fewer = Array.from({ length: Math.max(0, replicas - 1 - input.spareReplicas) }, (_, at) => replicas - 1 - at)
  const more = Array.from({ length: 2 * (replicas + 1) }, (_, at) => replicas + 1 + at)
  const others = FIXABLE_WITH_FEWER_PODS.has(problem.check) ? [...fewer, ...more] : [...more, ...fewer]
  for (const count of others) {
    const other = decisionsFor(input, defaults, count)
    if (isFeasible(checkedFor(input, other))) return planOf(other)
  }
  return planOf(first, problems)
}

const planOf = ({ overrides, values, derivations }: Decisions, problems: Problem[] = []): Plan => ({
  overrides,
  values,
  derivations,
  problems,
})

const checkedFor = (input: PlanInput, { values }: Decisions): Checked => ({
  ...input,
  values,
  qps: input.target.qps,
})

/** Returns the highest rate that a preset's values can handle according to the model, in requests per second. */
export function maxRate(preset: Checked): number {
  return highestRate((qps) => canHandle(preset, qps), MAX_RATE)
}

/**
 * Decides the values that the preset does not set.
 * @param defaults the chart's defaults with the values that the preset sets
 * @param appReplicas number of app pods; by default, the lowest number that may be enough
 */
function decisionsFor(input: PlanInput, defaults: Values, appReplicas?: number): Decisions {
  const { target, cluster, spareReplicas, costs } = input
  const { qps } = target
  const decisions = new Decisions(input.pinned, defaults)
  const sizing = (): Sizing => checkedFor(input, decisions)

  const limit = appThreads(decisions, costs)
  decisions.decide(
    'app.settings.WEB_CONCURRENCY',
    Math.max(1, Math.floor(limit.cores / limit.coresPerProcess)),
    () =>
      `the CPU limit of a pod, ${formatNumber(limit.cores, 2)}, divided by the ${formatCpus(limit.coresPerProcess)} that a process and its ranking threads can use, rounded down, but at least 1; with more processes, fewer queries would share a round trip`,
  )
  // A preset can pin WEB_CONCURRENCY to 0, which means one process for each CPU.
  const processes = processesOf(decisions.values.app)

  const mostUse = (limit.cores * MAX_UTILIZATION) / processes
  const enough = appReplicas ?? Math.max(1 + spareReplicas, Math.ceil(processesFor(qps, costs, mostUse) / processes))
  const podUse = (replicas: number) => cpuUse(costs, qps / replicas / processes).app * processes
  const wanted = decisions.decide(
    'app.replicas',
    enough,
    () =>
      `each pod serves ${formatNumber(qps / enough)} of ${formatRate(qps)} and uses ${formatCpus(podUse(enough))}${spareReplicas > 0 ? '; one pod is allowed to be unavailable' : ''}`,
  )
  autoscaling(decisions, 'app', wanted, spareReplicas > 0, autoscalingNote(spareReplicas))
  // A preset can pin the autoscaler's minimum to a different number.
  const replicas = replicasOf(decisions.values.app)
  disruption(decisions, 'app', replicas, spareReplicas)

  redisReplicas(decisions, input, replicas * processes)
  connections(decisions, input)
  memory(decisions, sizing)
  appRequest(decisions, cluster, podUse(replicas), qps / replicas)
  return decisions
}

/** Decides the number of threads per process, and the CPU limit that lets one process use them. */
function appThreads(decisions: Decisions, costs: Costs) {
  const busiest = costs.load.at(-1)
  if (!busiest) throw new Error('no costs were measured')
  const ranking = busiest.appMicros - busiest.mainThreadMicros
  const threads = decisions.decide(
    'app.settings.RANKING_THREADS',
    Math.max(1, Math.ceil(ranking / busiest.mainThreadMicros)),
    () =>
      `a request takes ${busiest.mainThreadMicros} µs in the main thread and ${formatNumber(ranking, 1)} µs in a ranking thread`,
  )
  // A process is limited by its main thread or by its ranking threads, whichever are saturated first.
  const coresPerProcess = Math.min(1 + ranking / busiest.mainThreadMicros, 1 + threads)
  const computed = roundUp(coresPerProcess * 1000, 100)
  const cpu = decisions.decide(
    'app.resources.limits.cpu',
    `${computed}m`,
    () => `one CPU for the main thread, and ${formatNumber(coresPerProcess - 1, 2)} for ranking`,
  )
  return { cores: millicores(cpu) / 1000, coresPerProcess }
}

/** A low CPU limit does not raise the number of processes above this, because computing large plans takes long. */
const MAX_LIMITED_PROCESSES = 100

/**
 * Returns the minimum number of HTTP processes at which no process exceeds the autoscaler's CPU target.
 * @param mostUse how many CPUs the CPU limit lets a process use; with a low limit, more processes are necessary
 */
function processesFor(qps: number, costs: Costs, mostUse: number): number {
  let processes = 1
  const use = () => cpuUse(costs, qps / processes).app
  while (use() > CPU_TARGET) processes += 1
  while (use() > mostUse && processes < MAX_LIMITED_PROCESSES) processes += 1
  return processes
}

function autoscaling(
  decisions: Decisions,
  component: 'app' | 'redis',
  replicas: number,
  isUseful: boolean,
  reason: Formula,
): void {
  const path = `${component}.autoscaling` as const
  const enabled = decisions.decide(`${path}.enabled`, isUseful, reason)
  if (!enabled) return
  const min = decisions.decide(
    `${path}.minReplicas`,
    replicas,
    'needed for the target; the autoscaler adds pods if the load exceeds the target, but never goes below this number',
  )
  const extra = Math.ceil(min / REPLICAS_PER_EXTRA_POD)
  decisions.decide(
    `${path}.maxReplicas`,
    min + extra,
    `the minimum plus one pod for every ${REPLICAS_PER_EXTRA_POD} replicas, rounded up`,
  )
}

function disruption(decisions: Decisions, component: 'app' | 'redis', replicas: number, spareReplicas: number): void {
  const [surge, unavailable] = spareReplicas > 0 ? [0, 1] : [1, 0]
  const reason =
    spareReplicas > 0
      ? 'one pod is allowed to be unavailable, so a rolling update needs no additional pod'
      : 'no pod may be unavailable, so the new pod starts first'
  decisions.decide(`${component}.rollingUpdate.maxSurge`, surge, reason)
  decisions.decide(`${component}.rollingUpdate.maxUnavailable`, unavailable, reason)
  const path = `${component}.podDisruptionBudget` as const
  if (!decisions.decide(`${path}.enabled`, spareReplicas > 0, availabilityNote(spareReplicas))) return
  decisions.decide(
    `${path}.minAvailable`,
    Math.max(1, replicas - spareReplicas),
    `${counted(replicas, 'replica')} minus the ${spareReplicas} allowed to be unavailable, even during node drains`,
  )
}

function redisReplicas(decisions: Decisions, { target, costs, spareReplicas }: PlanInput, processes: number): void {
  if (decisions.values.redis.mode === 'external') return
  const total = cpuUse(costs, target.qps / processes).redis * processes
  const wanted = decisions.decide(
    'redis.replicas',
    Math.max(spareReplicas > 0 ? MIN_REDIS_REPLICAS : 1, Math.ceil(total / CPU_TARGET) + spareReplicas),
    () =>
      `all queries together use ${formatCpus(total, 3)} in Redis, and a replica may use at most ${CPU_TARGET} CPUs${spareReplicas > 0 ? `; one replica is allowed to be unavailable; the minimum is ${MIN_REDIS_REPLICAS} replicas` : ''}`,
  )
  const useOf = (replicas: number) => (total / replicas) * 1000
  const isBusy = useOf(wanted) / CPU_TARGET > MIN_MILLICORES
  const idle = () =>
    `each replica uses only ${formatNumber(useOf(wanted))}m of CPU, so an autoscaler would never add a replica`
  autoscaling(
    decisions,
    'redis',
    wanted,
    spareReplicas > 0 && isBusy,
    spareReplicas === 0 || isBusy ? autoscalingNote(spareReplicas) : idle,
  )
  const replicas = replicasOf(decisions.values.redis)
  const use = useOf(replicas)
  disruption(decisions, 'redis', replicas, spareReplicas)
  const request = Math.max(MIN_MILLICORES, roundUp(use / CPU_TARGET, MILLICORES_STEP))
  decisions.decide(
    'redis.resources.requests.cpu',
    `${request}m`,
    () =>
      `${formatNumber(use)}m per replica, divided by the CPU target ${CPU_TARGET}; the minimum is ${MIN_MILLICORES}m`,
  )
  decisions.decide(
    'redis.resources.limits.cpu',
    `${Math.max(500, 2 * request)}m`,
    `twice the request, but at least 500m; a replica uses more CPU at start${spareReplicas > 0 ? ' and while another replica is unavailable' : ''}`,
  )
}

const autoscalingNote = (spareReplicas: number) =>
  spareReplicas === 0 ? 'no spare replicas are planned' : 'more than one replica is planned'

const availabilityNote = (spareReplicas: number) =>
  spareReplicas === 0 ? 'no spare replicas are planned' : 'one replica is allowed to be unavailable'

/** Decides connection pools and limits between the ingress, the app, and Redis. */
function connections(decisions: Decisions, { target, cluster, loadTest, spareReplicas }: PlanInput): void {
  const { app, redis, ingress } = decisions.values
  if (ingress.enabled) {
    const workers = ingressWorkers(cluster)
    const inFlight = Math.ceil((target.qps * target.p99Ms) / 1000 / workers)
    decisions.decide(
      'ingress.upstreamKeepalive.connections',
      Math.max(MIN_UPSTREAM_KEEPALIVE, roundUp(inFlight, 100)),
      () =>
        `${counted(inFlight, 'request')} in flight in each of ${counted(workers, 'worker')} (${formatNumber(target.qps)}/s × ${target.p99Ms} ms), rounded up; the minimum is ${formatNumber(MIN_UPSTREAM_KEEPALIVE)}`,
    )
    const allowed = allowedIngressConnections(ingress)
    const wanted = Math.max(MIN_CLIENT_CONNECTIONS, roundUp(peakUsers(loadTest), 1000))
    decisions.decide(
      'ingress.maxConnections',
      Math.min(wanted, allowed),
      () =>
        `the load test opens up to ${counted(peakUsers(loadTest), 'connection')} from one address, one for each user; ${wanted > allowed ? `rounded up, but ${ingress.controller} allows at most ${formatNumber(allowed)}` : `rounded up, but at least ${formatNumber(MIN_CLIENT_CONNECTIONS)}`}`,
    )
    decisions.decide(
      'app.settings.HTTP_KEEP_ALIVE_SECONDS',
      INGRESS_IDLE_SECONDS + KEEP_ALIVE_MARGIN_SECONDS,
      `the ingress controller closes idle connections after ${INGRESS_IDLE_SECONDS} s, and must do so before the app does`,
    )
  }
  const values = decisions.values
  const processes = (replicasOf(app) - spareReplicas) * processesOf(values.app)
  const incoming = appConnections({ values, loadTest })
  decisions.decide(
    'app.settings.HTTP_MAX_CONNECTIONS',
    Math.max(MIN_HTTP_CONNECTIONS, roundUp(incoming / Math.max(1, processes), 100)),
    () =>
      `${counted(incoming, 'connection')} divided by ${counted(processes, 'process')}, rounded up; the minimum is ${formatNumber(MIN_HTTP_CONNECTIONS)}`,
  )
  const maxRedisReplicas = redis.autoscaling.enabled ? redis.autoscaling.maxReplicas : redis.replicas
  const pool = decisions.decide(
    'app.settings.REDIS_CONNECTION_POOL_SIZE',
    redis.mode === 'external' ? defaultValues.app.settings.REDIS_CONNECTION_POOL_SIZE : Math.min(64, maxRedisReplicas),
    'every ranking thread connects to every Redis replica',
  )
  const { RANKING_THREADS } = values.app.settings
  const processesPerPod = processesOf(values.app)
  const connectionsPerPod = redisConnectionsOf(values.app, processesPerPod)
  decisions.decide(
    'app.settings.REDIS_MAX_CONNECTIONS',
    Math.max(MIN_REDIS_CONNECTIONS, connectionsPerPod),
    () =>
      `${counted(processesPerPod, 'process')} × ${counted(RANKING_THREADS, 'thread')} × ${counted(pool, 'connection')} = ${connectionsPerPod}; the minimum is ${MIN_REDIS_CONNECTIONS}`,
  )
  if (redis.mode === 'external') return
  const clients = redisClients(decisions.values.app)
  decisions.decide(
    'redis.config.maxclients',
    Math.max(1000, roundUp(2 * clients, 1000)),
    () =>
      `twice the maximum of ${formatNumber(clients)} connections, rounded up to the next 1,000: each ranking thread of all app pods has one connection, or two while a connection is being replaced`,
  )
}

function memory(decisions: Decisions, sizing: () => Sizing): void {
  const { pod } = memoryOf(sizing())
  const request = decisions.decide(
    'app.resources.requests.memory',
    memoryQuantity(pod / MEMORY_TARGET, MEMORY_STEP_MI),
    () =>
      `${formatBytes(pod)} with all connections, divided by ${MEMORY_TARGET}, so that the autoscaler does not add pods because of memory alone; ${ROUNDING_NOTE}`,
  )
  decisions.decide(
    'app.resources.limits.memory',
    memoryQuantity(2 * bytes(request), MEMORY_STEP_MI),
    'twice the request',
  )
  if (decisions.values.redis.mode === 'external') return
  const { redisData, redisBase } = memoryOf(sizing())
  const maxmemory = decisions.decide(
    'redis.config.maxmemory',
    `${Math.max(MEMORY_STEP_MI, roundUp((redisData * DATA_GROWTH) / 2 ** 20, MEMORY_STEP_MI))}mb`,
    () =>
      `${formatBytes(redisData)} for ${counted(sizing().entries, 'entry')} in two versions and for all clients, × ${DATA_GROWTH} for growth; ${ROUNDING_NOTE}`,
  )
  const redisRequest = decisions.decide(
    'redis.resources.requests.memory',
    memoryQuantity(redisBytes(maxmemory) + redisBase, MEMORY_STEP_MI),
    () => `${formatBytes(redisBase)} for Redis itself, plus maxmemory; ${ROUNDING_NOTE}`,
  )
  decisions.decide(
    'redis.resources.limits.memory',
    memoryQuantity(2 * bytes(redisRequest), MEMORY_STEP_MI),
    'twice the request',
  )
}

/**
 * Decides the CPU request. If the nodes have enough CPU, the request is high enough that the autoscaler adds no pods at
 * the target rate. The request is at least a pod's CPU use, but never above the CPU limit.
 */
function appRequest(decisions: Decisions, cluster: Cluster, use: number, rate: number): void {
  const path = 'app.resources.requests.cpu'
  // The check podsHandleTarget reports pods that need more than their limit.
  const limit = millicores(decisions.values.app.resources.limits.cpu)
  const wanted = Math.min(limit, Math.max(MIN_MILLICORES, roundUp((use / CPU_TARGET) * 1000, MILLICORES_STEP)))
  const lowest = Math.min(wanted, Math.max(MIN_MILLICORES, roundUp(use * 1000, MILLICORES_STEP)))
  const { app } = decisions.values
  const fits = (request: number) => {
    const requests = { ...app.resources.requests, cpu: `${request}m` }
    const values = { ...decisions.values, app: { ...app, resources: { ...app.resources, requests } } }
    return budgetProblem(values, cluster) === undefined
  }
  // If not even the lowest request fits, there is no need to try the others.
  let request = fits(lowest) ? wanted : lowest
  while (request > lowest && !fits(request)) request = Math.max(lowest, request - MILLICORES_STEP)
  const explanation = () =>
    `a pod uses ${formatNumber(use * 1000)}m at ${formatRate(rate)}; divided by the CPU target ${CPU_TARGET} and rounded up, this is ${wanted}m${wanted === MIN_MILLICORES ? ', the minimum' : ''}`
  decisions.decide(path, `${request}m`, () =>
    request === wanted
      ? explanation()
      : `${explanation()}, but with the maximum number of pods, only ${request}m per pod fits on the nodes`,
  )
}

/** The path of a scalar value, such as `app.replicas`. */
type ValuePath<T = Values> = {
  [K in keyof T & string]: T[K] extends Scalar ? K : T[K] extends readonly unknown[] ? never : `${K}.${ValuePath<T[K]>}`
}[keyof T & string]

type Scalar = string | number | boolean

/** The type of the value at a path. */
type ValueAt<P extends string, T = Values> = P extends `${infer K}.${infer Rest}`
  ? K extends keyof T
    ? ValueAt<Rest, T[K]>
    : never
  : P extends keyof T
    ? T[P]
    : never

/** An explanation, or a function that returns it. Formatting is slow, so only the final plan calls its functions. */
type Formula = string | (() => string)

/** Collects the decided values. A pinned value takes precedence over the computed one. */
class Decisions {
  /** The values decided so far. */
  readonly values: Values
  readonly #pinned: DeepPartial<Values>
  readonly #decisions: (Omit<Derivation, 'formula'> & { keys: readonly string[]; formula: Formula })[] = []

  constructor(pinned: DeepPartial<Values>, defaults: Values) {
    this.#pinned = pinned
    this.values = copyOf(defaults)
  }

  get overrides(): DeepPartial<Values> {
    const computed: DeepPartial<Values> = {}
    for (const decision of this.#decisions) setAt(computed, decision.keys, decision.computed)
    return merge<DeepPartial<Values>>(computed, this.#pinned)
  }

  get derivations(): Derivation[] {
    return this.#decisions.map(({ path, value, computed, formula }) => ({
      path,
      value,
      computed,
      formula: typeof formula === 'string' ? formula : formula(),
    }))
  }

  /** Decides a value. Returns the pinned value if there is one, or else the computed value. */
  decide<P extends ValuePath>(path: P, computed: ValueAt<P> & Scalar, formula: Formula): ValueAt<P> & Scalar {
    const keys = path.split('.')
    const pinned = valueAt(this.#pinned, keys) as (ValueAt<P> & Scalar) | undefined
    if (pinned === undefined) setAt(this.values, keys, computed)
    const value = pinned ?? computed
    this.#decisions.push({ path, keys, value, computed, formula })
    return value
  }
}

/** Returns a deep copy, except that arrays are shared. Much faster than structuredClone. */
function copyOf<T>(value: T): T {
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copyOf(part)])) as T
}

function setAt(target: object, keys: readonly string[], value: unknown): void {
  let inner = target as Record<string, object>
  for (const key of keys.slice(0, -1)) {
    inner[key] ??= {}
    inner = inner[key] as Record<string, object>
  }
  inner[keys.at(-1) as string] = value as object
}

/** Returns the value at a path, or undefined if there is none. */
export function valueAt(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return value
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? valueAt((value as Record<string, unknown>)[key], rest)
    : undefined
}
