import type { Cluster } from './capacity/budget.ts'
import { CAPACITY_CHECKS, type Checked } from './capacity/checks.ts'
import { type Costs, readCosts } from './capacity/costs.ts'
import { type LoadTest, loadTestFor, runTimeSeconds, type Target } from './capacity/load-profile.ts'
import { type Derivation, type PlanInput, plan, valueAt } from './capacity/plan.ts'
import { quantity } from './capacity/quantity.ts'
import { smallestChanges } from './capacity/smallest-changes.ts'
import { merge, mergeIntoDefaults } from './merge.ts'
import { PresetError } from './preset-error.ts'
import { nearestKey, unknownKey, valuesProblems } from './validate.ts'
import { type DeepPartial, defaultValues, type Values } from './values.ts'

/** The definition in a preset file. */
export interface PresetDefinition<Name extends string = string> {
  name: Name
  /** Purpose of the preset, in one line. */
  summary: string
  /** Preset from which this one inherits its target, cluster, values, and so on. */
  extends?: string
  /** Target load. Defaults: p95Ms is half of p99Ms, and errorRate is 0.001. */
  target?: Partial<Target> & Pick<Target, 'qps' | 'p99Ms'>
  /**
   * Cluster of the preset. CPU and memory are what pods can use on each node, as Kubernetes quantities such as `7910m`
   * and `13Gi`: see `Allocatable` in the output of `kubectl describe node`.
   */
  cluster?: Pick<Cluster, 'nodes'> & {
    cpu: string | number
    memory: string | number
    /** Requests of the platform's own pods, or the name of a platform with known requests; `minikube` by default. */
    platform?: Cluster['platform'] | PlatformName
  }
  /** Number of entries in the dataset, from 1 to {@link MAX_ENTRIES}; 100,000 by default. */
  entries?: number
  /**
   * Replicas of the app and of Redis that are allowed to be unavailable while the others handle the target rate; 1 by
   * default. With 0, the plan has no autoscaling.
   */
  spareReplicas?: 0 | 1
  /** Run time of the two load test runs that test the target, such as `5m`. */
  runTime?: string
  /** Values that the preset sets. They take precedence over the computed values. */
  values?: DeepPartial<Values>
  /** Comments for the values file, keyed by the path of the value. */
  notes?: Record<string, string>
  /**
   * Figures of another system that the preset is modeled on, keyed by the path of the value. The values file mentions
   * figures that differ from computed values.
   */
  reference?: Record<string, string | number | boolean>
}

/** A preset with everything that it inherits, and its computed values. */
export interface Preset extends Checked {
  name: string
  summary: string
  loadTest: LoadTest
  notes: Record<string, string>
  reference: Record<string, string | number | boolean>
  /** The values that the preset's values file contains. */
  overrides: DeepPartial<Values>
  /** The overrides merged with the defaults of the chart, as in Helm. */
  values: Values
  /** How each value was computed. */
  derivations: Derivation[]
}

const DEFAULT_ENTRIES = 100_000
/** Maximum number of entries: the dataset builder keeps all texts in a Map, and V8 limits a Map to this many items. */
export const MAX_ENTRIES = 2 ** 24
const DEFAULT_ERROR_RATE = 0.001
const DEFAULT_RUN_TIME = '15m'
/** Pattern of preset names. Their length is checked separately. */
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const MAX_NAME = 63
/** The rule of {@link isPresetName}, as the end of a sentence such as "its name must have …". */
export const PRESET_NAME_RULE = `1 to ${MAX_NAME} lower-case letters, digits, and dashes, and start and end with a letter or digit`

/** Whether a preset may have this name. */
export const isPresetName = (name: unknown): name is string =>
  typeof name === 'string' && NAME.test(name) && name.length <= MAX_NAME

/**
 * A kind of cluster. {@link PLATFORMS} lists the requests of its own pods. In a managed cluster, the control plane runs
 * on other machines.
 */
export type PlatformName = keyof typeof PLATFORMS

interface PodRequests {
  what: string
  cpu: number
  memory: number
}

/** Requests of the platforms' own pods, in millicores and Mi: once per cluster, and on each node. */
const PLATFORMS = {
  minikube: {
    // etcd, API server, controller manager, scheduler, and CoreDNS.
    once: { what: 'kube-system of Minikube', cpu: 750, memory: 170 },
    // The network plug-in runs only in clusters with several nodes.
    perNode: (nodes: number): PodRequests[] => (nodes > 1 ? [{ what: 'kindnet', cpu: 100, memory: 50 }] : []),
  },
  managed: {
    once: { what: 'two pods of CoreDNS', cpu: 200, memory: 140 },
    perNode: (): PodRequests[] => [{ what: 'kube-proxy, a network plug-in', cpu: 200, memory: 100 }],
  },
}
export const PLATFORM_NAMES = Object.keys(PLATFORMS) as PlatformName[]
/** Requests of the ingress-nginx controller. */
const INGRESS_CONTROLLER: PodRequests = { what: 'an ingress controller', cpu: 100, memory: 90 }

/** Returns the definition unchanged. TypeScript checks it, and infers the type of its name. */
export function definePreset<const Name extends string>(definition: PresetDefinition<Name>): PresetDefinition<Name> {
  return definition
}

/**
 * Resolves inheritance, plans the values of all presets, and checks them.
 * @throws {PresetError} at the first preset that extends an unknown preset or itself, has invalid values, or fails a
 * check
 */
export function resolvePresets(definitions: readonly PresetDefinition[], costs: Costs = readCosts()): Preset[] {
  return definitions.map((definition) => resolvePreset(definition, definitions, costs))
}

/**
 * Resolves one preset, which may extend any of `known`.
 * @param hasDefaultMemory whether the memory of the cluster is derived from its CPUs; see {@link smallestChanges}
 * @throws {PresetError} if the preset is invalid or infeasible
 */
export function resolvePreset(
  definition: PresetDefinition,
  known: readonly PresetDefinition[] = [],
  costs: Costs = readCosts(),
  hasDefaultMemory = false,
): Preset {
  const complete = inherit(definition, known, [])
  const { name } = complete
  const presetError = (problem: string) => new PresetError(`preset ${name}: ${problem}`)
  if (!isPresetName(name)) throw presetError(`its name must have ${PRESET_NAME_RULE}`)
  checkKeys(complete, presetError)
  checkTexts(complete, presetError)
  const [wrongValue] = valuesProblems(mergeIntoDefaults<Values>(defaultValues, complete.values))
  if (wrongValue) throw presetError(wrongValue)
  const unplannable = unplannableValue(complete.values)
  if (unplannable) throw presetError(unplannable)
  const input = planInputOf(complete, costs)
  const { overrides, values, derivations, problems } = plan(input)
  const [problem] = problems
  if (problem) {
    const changes = smallestChanges(input, hasDefaultMemory)
    const remedy =
      changes.length > 0
        ? `; the smallest change that helps: ${changes.join(', or ')}`
        : CAPACITY_CHECKS.has(problem.check)
          ? '; no single change to the CPUs, memory, latency, or rate helps'
          : ''
    throw presetError(`${problem.message}${remedy}`)
  }
  for (const path of Object.keys(complete.notes ?? {})) {
    if (valueAt(overrides, path.split('.')) === undefined) {
      throw presetError(`the note on ${path} must be about a value that the preset sets`)
    }
  }
  const { target, cluster, entries, spareReplicas, loadTest } = input
  return {
    name,
    summary: complete.summary,
    target,
    qps: target.qps,
    cluster,
    entries,
    spareReplicas,
    loadTest,
    costs,
    notes: complete.notes ?? {},
    reference: complete.reference ?? {},
    overrides,
    values,
    derivations,
  }
}

/** Merges a definition with the one that it extends. */
function inherit(
  definition: PresetDefinition,
  known: readonly PresetDefinition[],
  seen: readonly string[],
): PresetDefinition & { values: DeepPartial<Values> } {
  const { name } = definition
  if (seen.includes(name)) throw new PresetError(`preset ${name} extends itself: ${[...seen, name].join(' -> ')}`)
  let base: ReturnType<typeof inherit> | undefined
  if (definition.extends !== undefined) {
    const parent = known.find((other) => other.name === definition.extends)
    if (!parent) {
      const names = known.map((other) => other.name).join(', ')
      throw new PresetError(`preset ${name} extends ${definition.extends}, which is unknown; known: ${names}`)
    }
    base = inherit(parent, known, [...seen, name])
  }
  return {
    ...base,
    ...definition,
    notes: { ...base?.notes, ...definition.notes },
    reference: { ...base?.reference, ...definition.reference },
    values: merge<DeepPartial<Values>>(base?.values ?? {}, definition.values),
  }
}

/**
 * Returns the planner's input for a definition that already contains everything that it inherits.
 * @throws {PresetError} if something is missing or out of range
 */
export function planInputOf(definition: PresetDefinition, costs: Costs = readCosts()): PlanInput {
  const {
    name,
    target: wanted,
    cluster: nodes,
    values = {},
    spareReplicas = 1,
    runTime = DEFAULT_RUN_TIME,
  } = definition
  const presetError = (problem: string) => new PresetError(`preset ${name}: ${problem}`)
  if (!wanted) throw presetError('it has no target, and inherits none')
  if (!nodes) throw presetError('it has no cluster, and inherits none')
  const entries = definition.entries ?? DEFAULT_ENTRIES
  const target: Target = { p95Ms: wanted.p99Ms / 2, errorRate: DEFAULT_ERROR_RATE, ...definedOf(wanted) }
  for (const [what, value, least, most] of [
    ['target.qps', target.qps, 1, 10_000_000],
    ['cluster.nodes', nodes.nodes, 1, 1000],
    ['entries', entries, 1, MAX_ENTRIES],
    ['spareReplicas', spareReplicas, 0, 1],
  ] as const) {
    if (!(Number.isInteger(value) && value >= least && value <= most)) {
      throw presetError(`${what} must be an integer from ${least} to ${most}, got ${shown(value)}`)
    }
  }
  for (const [what, value, least, most] of [
    ['target.p99Ms', target.p99Ms, 1, 3_600_000],
    ['target.p95Ms', target.p95Ms, 0.1, target.p99Ms],
    ['target.errorRate', target.errorRate, 0, 1],
  ] as const) {
    if (!(typeof value === 'number' && value >= least && value <= most)) {
      throw presetError(`${what} must be a number from ${least} to ${most}, got ${shown(value)}`)
    }
  }
  if (typeof runTime !== 'string' || !runTimeSeconds(runTime)) {
    throw presetError(`its run time must be a time such as 90s, 5m, or 1h30m, got ${shown(runTime)}`)
  }
  checkQuantities(nodes, presetError)
  const hasIngress = values.ingress?.enabled ?? defaultValues.ingress.enabled
  return {
    target,
    cluster: {
      nodes: nodes.nodes,
      cpu: String(nodes.cpu),
      memory: String(nodes.memory),
      platform:
        typeof nodes.platform === 'object'
          ? nodes.platform
          : platformOf(nodes.platform ?? 'minikube', nodes.nodes, hasIngress),
    },
    entries,
    spareReplicas,
    loadTest: loadTestFor(target, runTime),
    pinned: values,
    costs,
  }
}

/**
 * Values of each component that the planner uses in calculations. For these values, the chart also accepts null and
 * percentages, but the planner does not.
 */
const PLANNED_VALUES = [
  ...['replicas', 'rollingUpdate.maxSurge', 'rollingUpdate.maxUnavailable', 'podDisruptionBudget.minAvailable'],
  'autoscaling.targetCPUUtilizationPercentage',
].map((path) => [path, 'number'] as const)
const PLANNED_QUANTITIES = ['requests', 'limits'].flatMap((kind) =>
  ['cpu', 'memory'].map((resource) => [`resources.${kind}.${resource}`, 'quantity'] as const),
)

/**
 * If there is a value that the chart accepts but the planner does not, returns one sentence about the first such value.
 */
function unplannableValue(overrides: DeepPartial<Values> | undefined): string | undefined {
  const values = merge<Values>(defaultValues, overrides)
  const required = [
    ...['app', 'redis'].flatMap((component) =>
      [...PLANNED_VALUES, ...PLANNED_QUANTITIES].map(([path, kind]) => [`${component}.${path}`, kind] as const),
    ),
    ['app.autoscaling.targetMemoryUtilizationPercentage', 'number'] as const,
    ['ingress.maxConnections', 'number'] as const,
  ]
  for (const [path, kind] of required) {
    const value = valueAt(values, path.split('.'))
    const isPlannable = kind === 'quantity' ? quantity(value) !== undefined : typeof value === 'number'
    if (!isPlannable) return `${path} must be a ${kind} in a preset, got ${JSON.stringify(value ?? null)}`
    if (path.endsWith('.replicas') && value === 0) return `${path} must be at least 1 in a preset, got 0`
  }
  const budget = ['app', 'redis'].find((component) =>
    valueAt(values, [component, 'podDisruptionBudget', 'maxUnavailable']),
  )
  return budget && `${budget}.podDisruptionBudget.maxUnavailable must be null in a preset: set minAvailable instead`
}

type CreateError = (problem: string) => PresetError

const shown = (value: unknown) => (typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing'))

/** Returns only the properties that are defined. */
const definedOf = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T

/** The keys of a definition and its parts. Node.js runs TypeScript without checking types, so misspelled keys get here. */
const KEYS = {
  '': {
    name: true,
    summary: true,
    extends: true,
    target: true,
    cluster: true,
    entries: true,
    spareReplicas: true,
    runTime: true,
    values: true,
    notes: true,
    reference: true,
  } satisfies Record<keyof PresetDefinition, true>,
  target: { qps: true, p95Ms: true, p99Ms: true, errorRate: true } satisfies Record<keyof Target, true>,
  cluster: { nodes: true, cpu: true, memory: true, platform: true } satisfies Record<keyof Cluster, true>,
}

/** Checks that a definition has no unknown keys. */
function checkKeys(definition: PresetDefinition, presetError: CreateError): void {
  const parts = [
    ['', definition],
    ['target', definition.target],
    ['cluster', definition.cluster],
  ] as const
  for (const [part, object] of parts) {
    const known = Object.keys(KEYS[part])
    const prefix = part && `${part}.`
    for (const key of Object.keys(object ?? {}).filter((key) => !known.includes(key))) {
      const nearest = nearestKey(key, known)
      throw presetError(unknownKey(prefix + key, nearest === undefined ? [] : [prefix + nearest]))
    }
  }
}

/** Checks the CPU and memory of a node, and of the platform. */
function checkQuantities(
  { cpu, memory, platform }: NonNullable<PresetDefinition['cluster']>,
  presetError: CreateError,
): void {
  const check = (what: string, value: unknown, least: number, most: number, form: string) => {
    const amount = quantity(value)
    if (amount !== undefined && amount >= least && amount <= most) return
    throw presetError(`cluster.${what} must be ${form}, got ${shown(value)}`)
  }
  check('cpu', cpu, 0.001, 10_000, 'a number of CPUs up to 10000, such as 8, 7.5, or 7500m')
  check('memory', memory, 2 ** 20, 2 ** 50, 'an amount of memory from 1Mi to 1Pi, such as 16Gi or 16G')
  if (platform === undefined || PLATFORM_NAMES.includes(platform as PlatformName)) return
  if (typeof platform !== 'object' || platform === null) {
    throw presetError(`cluster.platform must be ${PLATFORM_NAMES.join(', ')}, or an object, got ${shown(platform)}`)
  }
  for (const part of ['once', 'perNode'] as const) {
    check(`platform.${part}.cpu`, platform[part]?.cpu, 0, 10_000, 'a number of CPUs up to 10000, such as 750m')
    check(`platform.${part}.memory`, platform[part]?.memory, 0, 2 ** 50, 'an amount of memory up to 1Pi, such as 170Mi')
  }
  if (typeof platform.what !== 'string')
    throw presetError(`cluster.platform.what must be a string, got ${shown(platform.what)}`)
}

/** Checks the strings that end up in comments and tables. */
function checkTexts({ summary, notes = {}, reference = {} }: PresetDefinition, presetError: CreateError): void {
  if (typeof summary !== 'string' || /[\p{Cc}\u2028\u2029]/u.test(summary)) {
    throw presetError(`its summary must be one line of text, got ${shown(summary)}`)
  }
  for (const [path, note] of Object.entries(notes)) {
    if (typeof note !== 'string') throw presetError(`the note on ${path} must be a string, got ${shown(note)}`)
  }
  for (const [path, figure] of Object.entries(reference)) {
    if (!['string', 'number', 'boolean'].includes(typeof figure)) {
      throw presetError(
        `the reference figure of ${path} must be a string, a number, or a boolean, got ${shown(figure)}`,
      )
    }
  }
}

/** Returns the resource requests of a platform's own pods, and of an ingress controller on each node. */
function platformOf(name: PlatformName, nodes: number, hasIngress: boolean): Cluster['platform'] {
  const { once, perNode } = PLATFORMS[name]
  const parts = [...perNode(nodes), ...(hasIngress ? [INGRESS_CONTROLLER] : [])]
  const sum = (unit: 'cpu' | 'memory') => parts.reduce((total, part) => total + part[unit], 0)
  const each = parts
    .map(({ what }) => what)
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' and ')
  return {
    once: { cpu: `${once.cpu}m`, memory: `${once.memory}Mi` },
    perNode: { cpu: `${sum('cpu')}m`, memory: `${sum('memory')}Mi` },
    what: `${once.what} (${once.cpu}m, ${once.memory}Mi)${
      each ? `${nodes > 1 ? ', on each node' : ' and'} ${each} (${sum('cpu')}m, ${sum('memory')}Mi)` : ''
    }`,
  }
}
