import { budgetOf, budgetProblem, type Cluster } from './budget.ts'
import { type LoadProfile, reachableRate, runTimeSeconds, type Wait } from './load-profile.ts'
import { merge } from './merge.ts'
import { valuesProblems } from './validate.ts'
import { type DeepPartial, defaultValues, type Values } from './values.ts'

/** What a preset promises, and what its load test checks. */
export interface Target {
  /** Requests a second. */
  qps: number
  /** Latencies that 95 % and 99 % of the requests stay under, in milliseconds. */
  p95Ms: number
  p99Ms: number
  /** Failed requests at most, as a share of all. */
  errorRate: number
}

/** How the load test types, and the runs to choose from. */
export interface LoadTest {
  wait: Wait
  /** Seconds that connecting and that answering may take. */
  timeoutSeconds: number
  /** Connections that all users share. */
  connections: number
  /** The profile that runs when none is named. */
  defaultProfile: string
  profiles: Record<string, LoadProfile>
}

/** What a preset file says. */
export interface PresetDefinition<Name extends string = string> {
  name: Name
  /** One line: what it is for. */
  summary: string
  /** The preset whose values, cluster, target and load test are the base of this one's. */
  extends?: string
  cluster?: Cluster
  target?: Target
  loadTest?: LoadTest
  /** Values that differ from the chart's defaults. */
  values: DeepPartial<Values>
  /** A comment for the values file, by the path of the value: why it is what it is. */
  notes?: Record<string, string>
}

/** A preset with everything it extends. */
export interface Preset extends Required<Omit<PresetDefinition, 'extends' | 'values'>> {
  /** What its values file says. */
  overrides: DeepPartial<Values>
  /** What Helm makes of it: the overrides on the chart's defaults. */
  values: Values
}

/** A preset that cannot be used; the message is one line for whoever wrote it. */
export class PresetError extends Error {
  override name = 'PresetError'
}

/** Declares a preset; the export of a file in `presets/`. */
export function definePreset<const Name extends string>(definition: PresetDefinition<Name>): PresetDefinition<Name> {
  return definition
}

/**
 * Resolves what presets extend, and checks each.
 * @throws {PresetError} at the first preset that extends an unknown one or itself, has wrong values, does not fit its cluster, or
 * has a default load profile that could not reach its target
 */
export function resolvePresets(definitions: readonly PresetDefinition[]): Preset[] {
  return definitions.map((definition) => {
    const preset = resolve(definition, definitions, [])
    const [problem] = presetProblems(preset)
    if (problem) throw new PresetError(`preset ${preset.name}: ${problem}`)
    return preset
  })
}

function resolve(definition: PresetDefinition, all: readonly PresetDefinition[], seen: readonly string[]): Preset {
  const { name } = definition
  if (seen.includes(name)) throw new PresetError(`preset ${name} extends itself: ${[...seen, name].join(' -> ')}`)
  const base = definition.extends === undefined ? undefined : all.find((other) => other.name === definition.extends)
  if (definition.extends !== undefined && !base) {
    throw new PresetError(
      `preset ${name} extends ${definition.extends}, which is unknown; known: ${all.map((other) => other.name).join(', ')}`,
    )
  }
  const parent = base && resolve(base, all, [...seen, name])
  const part = <K extends 'cluster' | 'target' | 'loadTest'>(key: K): NonNullable<PresetDefinition[K]> => {
    const value = definition[key] ?? parent?.[key]
    if (!value) throw new PresetError(`preset ${name} has no ${key}, and extends none that has`)
    return value
  }
  const overrides = merge<DeepPartial<Values>>(parent?.overrides ?? {}, definition.values)
  return {
    name,
    summary: definition.summary,
    cluster: part('cluster'),
    target: part('target'),
    loadTest: part('loadTest'),
    notes: { ...parent?.notes, ...definition.notes },
    overrides,
    values: merge<Values>(defaultValues, overrides),
  }
}

/** Everything that is wrong with a preset, a sentence each. */
export function presetProblems({ values, cluster, target, loadTest, notes, overrides }: Preset): string[] {
  const problems = valuesProblems(values)
  if (problems.length > 0) return problems
  const over = budgetProblem(budgetOf(values, cluster))
  if (over) problems.push(over)
  for (const path of Object.keys(notes)) {
    if (!hasPath(overrides, path.split('.')))
      problems.push(`the note on ${path} is about no value that the preset sets`)
  }
  return [...problems, ...loadTestProblems(loadTest, target)]
}

function loadTestProblems({ profiles, defaultProfile, wait, connections }: LoadTest, target: Target): string[] {
  const problems: string[] = []
  for (const [name, { users, runTime }] of Object.entries(profiles)) {
    if (!runTimeSeconds(runTime)) {
      problems.push(`the load profile ${name} has the run time "${runTime}"; it takes one like 90s, 5m or 1h30m`)
    }
    // A user who waits for an answer holds a connection.
    if (users > connections) {
      problems.push(
        `the load profile ${name} has ${users} users, who share only ${connections} connections: raise connections`,
      )
    }
  }
  const profile = profiles[defaultProfile]
  if (!profile) {
    problems.push(`the load profile ${defaultProfile} is unknown; known: ${Object.keys(profiles).join(', ')}`)
  } else {
    const most = Math.floor(reachableRate(profile.users, wait, 0))
    if (most < target.qps) {
      problems.push(
        `${profile.users} users can send at most ${most} requests/s, the target is ${target.qps}: the load profile ${defaultProfile} needs more users`,
      )
    }
  }
  return problems
}

function hasPath(value: unknown, [key, ...rest]: string[]): boolean {
  if (key === undefined) return true
  return (
    typeof value === 'object' && value !== null && Object.hasOwn(value, key) && hasPath((value as never)[key], rest)
  )
}
