import type { Cluster } from './capacity/budget.ts'
import { CAPACITY_CHECKS, type Checked } from './capacity/checks.ts'
import { type Costs, readCosts } from './capacity/costs.ts'
import { type LoadTest, loadTestFor, runTimeSeconds, type Target } from './capacity/load-profile.ts'
import { type Derivation, type PlanInput, plan, smallestChanges, valueAt } from './capacity/plan.ts'
import { merge } from './merge.ts'
import { valuesProblems } from './validate.ts'
import { type DeepPartial, defaultValues, type Values } from './values.ts'

/** What a preset file says. */
export interface PresetDefinition<Name extends string = string> {
  name: Name
  /** One line: what it is for. */
  summary: string
  /** The preset whose target, cluster, values and so on are the base of this one's. */
  extends?: string
  /** What it carries; p95Ms is half of p99Ms and errorRate a thousandth where they are not said. */
  target?: Partial<Target> & Pick<Target, 'qps' | 'p99Ms'>
  /** The cluster it is made for; the platform's requests are those of Minikube where they are not said. */
  cluster?: Omit<Cluster, 'platform'> & Partial<Pick<Cluster, 'platform'>>
  /** Entries of the dataset; 100,000 where they are not said. */
  entries?: number
  /** Replicas of app and Redis that may be missing while the rest carries the target: 1, or 0 for a single one of each. */
  spareReplicas?: 0 | 1
  /** How long the two runs of the load test that reach the target take, such as `5m`. */
  runTime?: string
  /** Values that are not computed; they stand above the computed ones. */
  values?: DeepPartial<Values>
  /** A comment for the values file, by the path of the value: why it is what it is. */
  notes?: Record<string, string>
  /** Figures of another system that the preset follows, by the path of the value; where it departs, the values file says so. */
  reference?: Record<string, string | number | boolean>
}

/** A preset with everything it extends, and its values computed. */
export interface Preset extends Checked {
  name: string
  summary: string
  loadTest: LoadTest
  notes: Record<string, string>
  reference: Record<string, string | number | boolean>
  /** What its values file says. */
  overrides: DeepPartial<Values>
  /** What Helm makes of it: the overrides on the chart's defaults. */
  values: Values
  /** Where each computed value comes from. */
  derivations: Derivation[]
}

/** A preset that cannot be used; the message is one line for whoever wrote it. */
export class PresetError extends Error {
  override name = 'PresetError'
}

const DEFAULT_ENTRIES = 100_000
const DEFAULT_ERROR_RATE = 0.001
const DEFAULT_RUN_TIME = '15m'
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/** What Minikube's kube-system requests: etcd, API server, controller manager, scheduler and CoreDNS. */
const KUBE_SYSTEM = { cpu: 750, memory: 170 }
/** What its network plug-in kindnet requests on each of several nodes. */
const KINDNET = { cpu: 100, memory: 50 }
/** What the controller of ingress-nginx requests. */
const INGRESS_CONTROLLER = { cpu: 100, memory: 90 }

/** Declares a preset; the export of a file in `presets/`. */
export function definePreset<const Name extends string>(definition: PresetDefinition<Name>): PresetDefinition<Name> {
  return definition
}

/**
 * Resolves what presets extend, plans their values, and checks each.
 * @throws {PresetError} at the first preset that extends an unknown one or itself, has wrong values, or does not hold a check
 */
export function resolvePresets(definitions: readonly PresetDefinition[], costs: Costs = readCosts()): Preset[] {
  return definitions.map((definition) => resolvePreset(definition, definitions, costs))
}

/**
 * Resolves one preset, which may extend any of `known`.
 * @throws {PresetError} saying what is wrong with it
 */
export function resolvePreset(
  definition: PresetDefinition,
  known: readonly PresetDefinition[] = [],
  costs: Costs = readCosts(),
): Preset {
  const whole = inherit(definition, known, [])
  const { name } = whole
  const wrong = (problem: string) => new PresetError(`preset ${name}: ${problem}`)
  if (!NAME.test(name) || name.length > 63) {
    throw wrong('its name takes lower-case letters, digits and dashes, 63 at most, a letter or digit first and last')
  }
  const [wrongValue] = valuesProblems(merge<Values>(defaultValues, whole.values))
  if (wrongValue) throw wrong(wrongValue)
  const input = planInputOf(whole, costs)
  const { overrides, values, derivations, problems } = plan(input)
  const [problem] = problems
  if (problem) {
    const changes = smallestChanges(input)
    const remedy =
      changes.length > 0
        ? `; the smallest change that would do: ${changes.join(', or ')}`
        : CAPACITY_CHECKS.has(problem.check)
          ? '; no single change of CPUs, memory, latency or rate would do'
          : ''
    throw wrong(`${problem.message}${remedy}`)
  }
  for (const path of Object.keys(whole.notes ?? {})) {
    if (valueAt(overrides, path.split('.')) === undefined) {
      throw wrong(`the note on ${path} is about no value that the preset sets`)
    }
  }
  const { target, cluster, entries, spareReplicas, loadTest } = input
  return {
    name,
    summary: whole.summary,
    target,
    qps: target.qps,
    cluster,
    entries,
    spareReplicas,
    loadTest,
    costs,
    notes: whole.notes ?? {},
    reference: whole.reference ?? {},
    overrides,
    values,
    derivations,
  }
}

/** Lays a definition on the one that it extends. */
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
 * What the planner starts from; `definition` is whole, and extends nothing.
 * @throws {PresetError} when something is missing or out of range
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
  const wrong = (problem: string) => new PresetError(`preset ${name}: ${problem}`)
  if (!wanted) throw wrong('it has no target, and extends none that has')
  if (!nodes) throw wrong('it has no cluster, and extends none that has')
  const entries = definition.entries ?? DEFAULT_ENTRIES
  for (const [what, value, least] of [
    ['target.qps', wanted.qps, 1],
    ['target.p99Ms', wanted.p99Ms, 1],
    ['cluster.nodes', nodes.nodes, 1],
    ['entries', entries, 0],
  ] as const) {
    if (!(Number.isFinite(value) && value >= least))
      throw wrong(`${what} is ${value}; it takes a number from ${least} on`)
  }
  if (!runTimeSeconds(runTime)) throw wrong(`its run time is "${runTime}"; it takes one like 90s, 5m or 1h30m`)
  const target: Target = { p95Ms: wanted.p99Ms / 2, errorRate: DEFAULT_ERROR_RATE, ...wanted }
  const hasIngress = values.ingress?.enabled ?? defaultValues.ingress.enabled
  return {
    target,
    cluster: { ...nodes, platform: nodes.platform ?? minikube(nodes.nodes, hasIngress) },
    entries,
    spareReplicas,
    loadTest: loadTestFor(target, runTime),
    pinned: values,
    costs,
  }
}

/** What Minikube's own pods request, and an ingress controller on each node. */
function minikube(nodes: number, hasIngress: boolean): Cluster['platform'] {
  const parts = [nodes > 1 && KINDNET, hasIngress && INGRESS_CONTROLLER].filter((part) => part !== false)
  const sum = (unit: 'cpu' | 'memory') => parts.reduce((total, part) => total + part[unit], 0)
  const each = [nodes > 1 && 'kindnet', hasIngress && 'an ingress controller'].filter(Boolean).join(' and ')
  return {
    once: { cpu: `${KUBE_SYSTEM.cpu}m`, memory: `${KUBE_SYSTEM.memory}Mi` },
    perNode: { cpu: `${sum('cpu')}m`, memory: `${sum('memory')}Mi` },
    what: `kube-system of Minikube (${KUBE_SYSTEM.cpu}m, ${KUBE_SYSTEM.memory}Mi)${
      each ? `${nodes > 1 ? ', on each node' : ' and'} ${each} (${sum('cpu')}m, ${sum('memory')}Mi)` : ''
    }`,
  }
}
