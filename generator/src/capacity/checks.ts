/**
 * The checks of a preset. The comment on each check states the requirement. A check returns undefined if the preset
 * meets the requirement, or else a sentence that says what to change.
 */
import { valuesProblems } from '../validate.ts'
import type { Values } from '../values.ts'
import { budgetProblem } from './budget.ts'
import { type LoadTest, reachableRate, runTimeSeconds, type Target } from './load-profile.ts'
import { bytes, counted, formatBytes, formatCpus, formatNumber, formatRate, millicores } from './quantity.ts'
import {
  limitBytes,
  MAX_UTILIZATION,
  maxmemoryBytes,
  memoryOf,
  processesOf,
  redisClients,
  redisConnectionsOf,
  replicasOf,
  replicasPath,
  type Sizing,
  usageOf,
  withReplicas,
} from './usage.ts'

/** The parts of a preset that the checks read. */
export interface Checked extends Sizing {
  target: Target
  loadTest: LoadTest
}

export type Check = (preset: Checked) => string | undefined

const COMPONENTS = ['app', 'redis'] as const
const percent = (share: number) => `${Math.round(share * 100)}%`

/** Formats the pods that are available: `each of 3 app pods`, `the only available app pod`. */
const eachOf = (count: number, noun: string) =>
  count === 1 ? `the only available ${noun}` : `each of ${counted(count, noun)}`

const isDeployed = ({ redis }: Values, component: (typeof COMPONENTS)[number]) =>
  component === 'app' || redis.mode === 'internal'

/** Each component has more replicas than are allowed to be unavailable. Later checks divide by the difference. */
export const hasSpareReplicas: Check = ({ values, spareReplicas }) => {
  for (const component of COMPONENTS) {
    const replicas = replicasOf(values[component])
    if (isDeployed(values, component) && replicas <= spareReplicas) {
      return `${component} has ${counted(replicas, 'replica')}, but spareReplicas is ${spareReplicas}: raise its replicas to ${spareReplicas + 1}, or set spareReplicas to 0`
    }
  }
  return undefined
}

/** The maximum of each autoscaler is not below its minimum. */
export const autoscalersHaveRange: Check = ({ values }) => {
  for (const component of COMPONENTS) {
    const { enabled, minReplicas, maxReplicas } = values[component].autoscaling
    if (isDeployed(values, component) && enabled && minReplicas > maxReplicas) {
      return `${component}.autoscaling.minReplicas is ${minReplicas}, above maxReplicas ${maxReplicas}: raise maxReplicas or lower minReplicas`
    }
  }
  return undefined
}

/** The requests of all pods fit on the nodes, even at the autoscaler's maximum and during a rolling update. */
export const requestsFit: Check = ({ values, cluster }) => budgetProblem(values, cluster)

/**
 * The busiest node has enough CPU: with all replicas, with spare replicas unavailable, and at the maximum of the app's
 * autoscaler.
 */
export const nodesHandleTarget: Check = (preset) => {
  const capacity = (millicores(preset.cluster.cpu) / 1000) * MAX_UTILIZATION
  const { app } = preset.values
  const usages = [usageOf(preset, 0)]
  if (preset.spareReplicas > 0) usages.push(usageOf(preset))
  // Also check the autoscaler's maximum, because the total CPU use grows with the number of pods.
  if (app.autoscaling.enabled) usages.push(usageOf(withReplicas(preset, 'app', app.autoscaling.maxReplicas), 0))
  for (const { nodeCores } of usages) {
    if (nodeCores > capacity) {
      return `${rateWithVerb(preset, 'use')} ${formatCpus(nodeCores)} of a node's ${formatCpus(capacity)} (${percent(MAX_UTILIZATION)} of ${preset.cluster.cpu}): add CPUs, or lower the target`
    }
  }
  return undefined
}

/**
 * While spare replicas are unavailable, the app pods handle the target rate. A pod uses at most MAX_UTILIZATION of its
 * CPU limit, and a thread at most MAX_UTILIZATION of one CPU.
 */
export const podsHandleTarget: Check = (preset) => {
  const { values } = preset
  const usage = usageOf(preset)
  const limit = (millicores(values.app.resources.limits.cpu) / 1000) * MAX_UTILIZATION
  const each = eachOf(usage.pods, 'app pod')
  const replicas = replicasPath(values, 'app')
  if (usage.podCores > limit) {
    return `${rateWithVerb(preset, 'use')} ${formatCpus(usage.podCores)} in ${each} (limit per pod: ${formatCpus(limit)}): raise app.resources.limits.cpu or ${replicas}`
  }
  if (usage.mainThreadCores > MAX_UTILIZATION) {
    return `${rateWithVerb(preset, 'keep')} the main threads of ${each} ${percent(usage.mainThreadCores)} busy: raise app.settings.WEB_CONCURRENCY or ${replicas}`
  }
  if (usage.rankingThreadCores > MAX_UTILIZATION) {
    return `${rateWithVerb(preset, 'keep')} the ranking threads of ${each} ${percent(usage.rankingThreadCores)} busy: raise app.settings.RANKING_THREADS or ${replicas}`
  }
  return undefined
}

/** The latency targets are met while spare replicas are unavailable. */
export const latencyMeetsTarget: Check = (preset) => {
  const { p95Ms, p99Ms } = usageOf(preset)
  const { target } = preset
  for (const [name, expected, allowed] of [
    ['p95', p95Ms, target.p95Ms],
    ['p99', p99Ms, target.p99Ms],
  ] as const) {
    if (expected > allowed) {
      return `${rateWithVerb(preset, 'have')} a ${name} of ${formatNumber(expected, 1)} ms, but the target is ${formatNumber(allowed, 1)} ms: raise ${replicasPath(preset.values, 'app')} or the target's latency`
    }
  }
  return undefined
}

/** While spare replicas are unavailable, Redis handles the target rate. Each replica executes commands on one CPU. */
export const redisHandlesTarget: Check = (preset) => {
  const { values, spareReplicas } = preset
  const { redis } = values
  if (redis.mode === 'external') return undefined
  const limit = Math.min(1, millicores(redis.resources.limits.cpu) / 1000) * MAX_UTILIZATION
  const { redisCores } = usageOf(preset)
  if (redisCores <= limit) return undefined
  const limitHelps = limit < MAX_UTILIZATION
  return `${rateWithVerb(preset, 'use')} ${formatCpus(redisCores)} in ${eachOf(replicasOf(redis) - spareReplicas, 'Redis replica')} (limit per replica: ${formatCpus(limit)}): raise ${limitHelps ? 'redis.resources.limits.cpu or ' : ''}${replicasPath(values, 'redis')}`
}

/** An app pod with all its connections stays below its memory limit, and below the autoscaler's memory target. */
export const podMemorySuffices: Check = (preset) => {
  const { app } = preset.values
  const { pod } = memoryOf(preset)
  const { autoscaling, resources } = app
  if (pod > limitBytes(app)) {
    return `an app pod needs ${formatBytes(pod)} of memory, but its limit is ${formatBytes(limitBytes(app))}: raise app.resources.limits.memory`
  }
  const request = bytes(resources.requests.memory)
  const target = autoscaling.targetMemoryUtilizationPercentage / 100
  if (autoscaling.enabled && pod > request * target) {
    return `an app pod needs ${formatBytes(pod)} of memory, over ${percent(target)} of its request of ${formatBytes(request)}, so the autoscaler would always add pods: raise app.resources.requests.memory`
  }
  return undefined
}

/** The maxmemory, memory request, and memory limit of Redis are high enough for the dataset and all clients. */
export const redisHoldsDataset: Check = (preset) => {
  const { redis } = preset.values
  if (redis.mode === 'external') return undefined
  const { redisData, redisBase } = memoryOf(preset)
  const data = `${counted(preset.entries, 'entry')} in two versions and ${counted(redisClients(preset.values.app), 'client')} need ${formatBytes(redisData)}`
  const maxmemory = maxmemoryBytes(redis)
  if (redisData > maxmemory) {
    return `${data} in Redis, but maxmemory is ${formatBytes(maxmemory)}: raise redis.config.maxmemory`
  }
  const request = bytes(redis.resources.requests.memory)
  if (redisData + redisBase > request) {
    return `${data}, and Redis itself needs ${formatBytes(redisBase)}, but its request is ${formatBytes(request)}: raise redis.resources.requests.memory`
  }
  if (maxmemory + redisBase > limitBytes(redis)) {
    return `Redis may take ${formatBytes(maxmemory)} (maxmemory) and ${formatBytes(redisBase)} for itself, but its limit is ${formatBytes(limitBytes(redis))}: raise redis.resources.limits.memory or lower redis.config.maxmemory`
  }
  return undefined
}

/** Each disruption budget allows the eviction of at least one pod. */
export const disruptionBudgetLeavesRoom: Check = ({ values }) => {
  for (const component of COMPONENTS) {
    const { podDisruptionBudget } = values[component]
    const replicas = replicasOf(values[component])
    if (isDeployed(values, component) && podDisruptionBudget.enabled && podDisruptionBudget.minAvailable >= replicas) {
      return `the disruption budget of ${component} keeps ${podDisruptionBudget.minAvailable} of ${replicas} pods, so no node could be drained: lower ${component}.podDisruptionBudget.minAvailable to ${replicas - 1}`
    }
  }
  return undefined
}

/** The target is met even if draining nodes stops as many pods as the disruption budgets allow. */
export const disruptionBudgetKeepsTarget: Check = (preset) => {
  for (const component of COMPONENTS) {
    const { podDisruptionBudget } = preset.values[component]
    const replicas = replicasOf(preset.values[component])
    const missing = replicas - podDisruptionBudget.minAvailable
    if (!isDeployed(preset.values, component) || !podDisruptionBudget.enabled || missing <= preset.spareReplicas)
      continue
    const during = withReplicas(preset, component, podDisruptionBudget.minAvailable + preset.spareReplicas)
    const checks = component === 'app' ? [podsHandleTarget, latencyMeetsTarget] : [redisHandlesTarget]
    if (checks.some((check) => check(during) !== undefined)) {
      return `the disruption budget of ${component} keeps only ${podDisruptionBudget.minAvailable} of ${replicas} pods, which do not meet the target: raise ${component}.podDisruptionBudget.minAvailable, or add replicas`
    }
  }
  return undefined
}

/** A rolling update never stops more pods than are allowed to be unavailable. */
export const rolloutKeepsReplicas: Check = ({ values, spareReplicas }) => {
  for (const component of COMPONENTS) {
    const { maxUnavailable } = values[component].rollingUpdate
    if (isDeployed(values, component) && maxUnavailable > spareReplicas) {
      return `a rolling update stops ${maxUnavailable} pods of ${component}, but spareReplicas is ${spareReplicas}: lower ${component}.rollingUpdate.maxUnavailable to ${spareReplicas}`
    }
  }
  return undefined
}

/** The connections to the ingress, the app, and Redis stay within their limits. */
export const connectionsFit: Check = (preset) => {
  const { values } = preset
  const { app, ingress, redis } = values
  const users = peakUsers(preset.loadTest)
  const allowed = allowedIngressConnections(ingress)
  if (ingress.enabled && users > allowed) {
    return `${counted(users, 'user')} of the load test share one address, but ${ingress.controller} allows at most ${formatNumber(allowed)} connections per address: lower the target`
  }
  if (ingress.enabled && ingress.maxConnections > allowed) {
    return `ingress.maxConnections is ${formatNumber(ingress.maxConnections)}, but ${ingress.controller} allows at most ${formatNumber(allowed)}: lower it`
  }
  if (ingress.enabled && users > ingress.maxConnections) {
    return `${counted(users, 'user')} of the load test share one address, but the ingress allows ${formatNumber(ingress.maxConnections)} connections per address: raise ingress.maxConnections`
  }
  const processes = processesOf(app)
  const pods = replicasOf(app) - preset.spareReplicas
  const needed = appConnections(preset)
  const accepted = pods * processes * app.settings.HTTP_MAX_CONNECTIONS
  if (needed > accepted) {
    return `up to ${formatNumber(needed)} connections reach the app (${counted(users, 'user')}${ingress.enabled ? ', doubled because the workers of the ingress share no idle connections' : ''}), but ${counted(pods, 'pod')} ${pods === 1 ? 'allows' : 'allow'} ${formatNumber(accepted)}: raise app.settings.HTTP_MAX_CONNECTIONS`
  }
  const each = redisConnectionsOf(app, processes)
  if (each > app.settings.REDIS_MAX_CONNECTIONS) {
    return `a pod opens ${each} connections to Redis, but REDIS_MAX_CONNECTIONS is ${app.settings.REDIS_MAX_CONNECTIONS}: raise it to ${each}`
  }
  const clients = redisClients(app)
  if (redis.mode === 'internal' && clients > redis.config.maxclients) {
    return `up to ${formatNumber(clients)} clients connect to a Redis replica, but maxclients is ${formatNumber(redis.config.maxclients)}: raise redis.config.maxclients`
  }
  return undefined
}

/** The users of the load test can reach the target rate, and have enough connections to share. */
export const loadTestReachesTarget: Check = ({ loadTest, target }) => {
  const { profiles, defaultProfile, wait, connections } = loadTest
  for (const [name, profile] of Object.entries(profiles)) {
    if (!runTimeSeconds(profile.runTime)) {
      return `the load profile ${name} has the run time "${profile.runTime}"; it must be a time such as 90s, 5m, or 1h30m`
    }
    // A user occupies a connection while waiting for an answer.
    if ('users' in profile && profile.users > connections) {
      return `the load profile ${name} has ${counted(profile.users, 'user')}, who share only ${counted(connections, 'connection')}: raise connections`
    }
  }
  const profile = profiles[defaultProfile]
  if (!profile) return `the load profile ${defaultProfile} is unknown; known: ${Object.keys(profiles).join(', ')}`
  if ('users' in profile) {
    const most = Math.floor(reachableRate(profile.users, wait, 0))
    if (most < target.qps) {
      return `${counted(profile.users, 'user')} can send at most ${formatRate(most)}, but the target is ${formatNumber(target.qps)}: the load profile ${defaultProfile} needs more users`
    }
  }
  return undefined
}

/** No pod requests more than its limit. */
export const requestsWithinLimits: Check = ({ values }) => {
  for (const component of COMPONENTS) {
    const { requests, limits } = values[component].resources
    if (millicores(requests.cpu) > millicores(limits.cpu)) {
      return `${component} requests ${requests.cpu} CPU, above its limit of ${limits.cpu}: raise ${component}.resources.limits.cpu`
    }
    if (bytes(requests.memory) > bytes(limits.memory)) {
      return `${component} requests ${requests.memory} of memory, above its limit of ${limits.memory}: raise ${component}.resources.limits.memory`
    }
  }
  return undefined
}

/** The schema of the chart accepts the values. */
export const valuesMatchSchema: Check = ({ values }) => {
  const [problem] = valuesProblems(values)
  return problem && `${problem}: lower the target`
}

/** All checks by name. If several checks fail, the first of them gives the most helpful message. */
export const CHECKS = {
  loadTestReachesTarget,
  hasSpareReplicas,
  autoscalersHaveRange,
  requestsFit,
  podsHandleTarget,
  nodesHandleTarget,
  latencyMeetsTarget,
  redisHandlesTarget,
  podMemorySuffices,
  redisHoldsDataset,
  disruptionBudgetLeavesRoom,
  disruptionBudgetKeepsTarget,
  rolloutKeepsReplicas,
  connectionsFit,
  requestsWithinLimits,
  valuesMatchSchema,
} satisfies Record<string, Check>

export type CheckName = keyof typeof CHECKS

/** Checks that can fail because the cluster lacks capacity for the target. */
export const CAPACITY_CHECKS: ReadonlySet<CheckName> = new Set([
  'requestsFit',
  'podsHandleTarget',
  'nodesHandleTarget',
  'latencyMeetsTarget',
  'redisHandlesTarget',
])

/** A failed check. */
export interface Problem {
  check: CheckName
  message: string
}

/** Returns all failed checks. If there are not enough replicas, all later checks are skipped. */
export function problemsOf(preset: Checked): Problem[] {
  const problems: Problem[] = []
  for (const [name, check] of Object.entries(CHECKS) as [CheckName, Check][]) {
    const message = check(preset)
    if (message === undefined) continue
    problems.push({ check: name, message })
    if (name === 'hasSpareReplicas') break
  }
  return problems
}

/** Whether all checks pass. Stops at the first check that fails. */
export function isFeasible(preset: Checked): boolean {
  return Object.values<Check>(CHECKS).every((check) => check(preset) === undefined)
}

/** Maximum of `ingress.maxConnections` that the chart accepts for the ingress controller. */
export const allowedIngressConnections = ({ controller }: Values['ingress']): number =>
  controller === 'ingress-nginx' ? 65_535 : Number.POSITIVE_INFINITY

/** Number of users in the default run of a preset; 0 if that run is an open loop. */
export function peakUsers({ profiles, defaultProfile }: LoadTest): number {
  const profile = profiles[defaultProfile]
  return profile && 'users' in profile ? profile.users : 0
}

/**
 * Maximum number of connections to all app pods in the default run: one per user, or two with an ingress, because its
 * workers do not share idle connections.
 */
export function appConnections({ values: { ingress }, loadTest }: Pick<Checked, 'values' | 'loadTest'>): number {
  return peakUsers(loadTest) * (ingress.enabled ? 2 : 1)
}

/** Whether the CPU use and the latency of a preset stay within their limits at a rate. */
export function canHandle(preset: Checked, qps: number): boolean {
  const presetAtRate = { ...preset, qps }
  return [podsHandleTarget, nodesHandleTarget, latencyMeetsTarget, redisHandlesTarget].every(
    (check) => check(presetAtRate) === undefined,
  )
}

/** Formats the rate of a preset, followed by a verb: `1 request/s uses`, `2 requests/s use`. */
const rateWithVerb = ({ qps }: Sizing, verb: 'use' | 'keep' | 'have') =>
  `${formatRate(qps)} ${qps === 1 ? { use: 'uses', keep: 'keeps', have: 'has' }[verb] : verb}`
