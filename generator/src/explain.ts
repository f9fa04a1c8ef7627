/** Describes a preset as text: its target, its resources, and how each value was computed. */
import { type BudgetLine, budgetOf } from './capacity/budget.ts'
import { CHECKS } from './capacity/checks.ts'
import { maxRate } from './capacity/plan.ts'
import { formatBytes, formatCpus, formatNumber, formatRate, millicores } from './capacity/quantity.ts'
import { memoryOf, usageOf } from './capacity/usage.ts'
import type { Preset } from './define-preset.ts'
import { REFERENCE_FIGURES } from './reference-report.ts'
import { textTable } from './table.ts'

/** Returns the target and the resources of a preset, as lines of text. */
export function describePreset(preset: Preset): string[] {
  const { values, cluster, target, spareReplicas } = preset
  const budget = budgetOf(values, cluster)
  const pods = budget.lines
    .filter(({ maxPods }) => maxPods > 0)
    .map((line) => `${podRange(line)} ${line.component} × (${line.millicores}m, ${formatBytes(line.bytes)})`)
  const { millicores: cpu, bytes } = budget.platform
  const unavailable =
    values.redis.mode === 'external'
      ? `${spareReplicas} replica of the app is`
      : `${spareReplicas} replica of the app and ${spareReplicas} of Redis are`
  const spare = spareReplicas > 0 ? `, while ${unavailable} unavailable` : ''
  return [
    `Planned for ${formatRate(target.qps)}, with 95% of the answers within ${target.p95Ms} ms and 99% within ${target.p99Ms} ms${spare}.`,
    maximumOf(preset),
    ...sizeNotes(preset),
    `Requests ${pods.join(' + ')} + platform (${cpu}m, ${formatBytes(bytes)}: ${cluster.platform.what})`,
    `  = at most ${budget.max.millicores}m CPU of ${budget.capacity.millicores}m and ${formatBytes(budget.max.bytes)} of ${formatBytes(budget.capacity.bytes)}, on ${nodesOf(preset)}.`,
    `Uses about ${formatCpus(coresInUse(preset), 1)} at ${formatRate(target.qps)}${ingressUse(preset)}.`,
  ]
}

/**
 * Expected error of a computed rate that is above all measured rates, as a share of the computed rate. The actual error
 * may be larger.
 */
const EXTRAPOLATION_ERROR = 0.2

/** Returns sentences that state the maximum rate, and how far it is above the measured rates. */
function maximumOf(preset: Preset): string {
  const { load, measured } = preset.costs
  const maximum = maxRate(preset)
  const text = `Maximum according to the costs measured on ${measured.date}: ${formatRate(maximum)}.`
  const highest = load.at(-1)?.requestsPerSecond ?? 0
  if (maximum <= highest) return text
  const factor = formatNumber(maximum / highest, 1)
  const howFar = factor === '1' ? 'slightly above' : `${factor} times`
  return `${text} That is ${howFar} the highest measured rate (one process), so allow for an error of ${EXTRAPOLATION_ERROR * 100}% or more until a load test on your cluster confirms it.`
}

/** A dataset that is larger than the measured one by more than this factor gets a note. */
const LARGE_DATASET_FACTOR = 2

/** If the dataset is much larger than the measured one, returns a line that warns of a higher CPU use. */
function sizeNotes({ entries, costs: { measured } }: Preset): string[] {
  if (entries <= measured.entries * LARGE_DATASET_FACTOR) return []
  return [
    `The CPU costs were measured with ${formatNumber(measured.entries)} entries. A search in ${formatNumber(entries)} entries costs more, so run a load test before you rely on this plan.`,
  ]
}

/**
 * Returns text that says how much CPU the ingress controller uses, and how much CPU is not requested by any pod. It is
 * empty if the requests on each node cover the controller's use.
 */
function ingressUse(preset: Preset): string {
  const { ingressCores } = usageOf(preset, 0)
  const { nodes, platform } = preset.cluster
  if (ingressCores <= (nodes * millicores(platform.perNode.cpu)) / 1000) return ''
  const { max, capacity } = budgetOf(preset.values, preset.cluster)
  return `; the ingress controller uses ${formatNumber(ingressCores, 1)} of them (computed from nginx without TLS), which is more than it requests. No pod requests the remaining ${capacity.millicores - max.millicores}m CPU`
}

/** Formats the number of pods of a component: `6-7`, or `1` if the number never changes. */
export function podRange({ minPods, maxPods }: BudgetLine): string {
  return minPods === maxPods ? `${minPods}` : `${minPods}-${maxPods}`
}

/**
 * Returns the CPUs that all components use at the target rate while all replicas are available, plus the platform's
 * requests.
 */
export function coresInUse(preset: Preset): number {
  const usage = usageOf(preset, 0)
  const { lines, platform } = budgetOf(preset.values, preset.cluster)
  const redis = lines.find(({ component }) => component === 'redis')
  return (
    usage.pods * usage.podCores +
    (redis?.minPods ?? 0) * usage.redisCores +
    usage.ingressCores +
    platform.millicores / 1000
  )
}

/** Formats the nodes of a preset: `2 nodes of 8 CPUs and 16Gi`. */
export function nodesOf({ cluster: { nodes, cpu, memory } }: Preset): string {
  return `${nodes} node${nodes === 1 ? '' : 's'} of ${formatCpus(millicores(cpu) / 1000, 3)} and ${memory}`
}

/** Returns the output of `--explain` as data. */
export function explanation(preset: Preset) {
  const { name, summary, target, cluster, entries, spareReplicas, costs, loadTest } = preset
  return {
    name,
    summary,
    target,
    cluster,
    entries,
    spareReplicas,
    maxQps: maxRate(preset),
    budget: budgetOf(preset.values, cluster),
    usage: { allReplicas: usageOf(preset, 0), sparesUnavailable: usageOf(preset) },
    memory: memoryOf(preset),
    values: preset.derivations.map((derivation) => ({
      ...derivation,
      reference: REFERENCE_FIGURES[derivation.path] ?? null,
    })),
    checks: Object.keys(CHECKS),
    loadTest,
    costs,
  }
}

/** Returns the output of `--explain` as text. `heading` formats a heading. Tables are at most `width` columns wide. */
export function explain(preset: Preset, heading = (text: string) => text, width?: number): string {
  const { derivations, costs, values } = preset
  const isRedisDeployed = values.redis.mode === 'internal'
  const states = [usageOf(preset, 0), ...(preset.spareReplicas > 0 ? [usageOf(preset)] : [])]
  const { pod, redisData, redisBase } = memoryOf(preset)
  const row = (what: string, show: (usage: (typeof states)[number]) => string) => [what, ...states.map(show)]
  return [
    heading(`${preset.name}: ${preset.summary}`),
    ...describePreset(preset),
    '',
    heading('Values'),
    textTable(
      ['value', 'is', 'computed', 'reference report', 'how'],
      derivations.map(({ path, value, computed, formula }) => [
        path,
        String(value),
        value === computed ? '' : String(computed),
        String(REFERENCE_FIGURES[path] ?? ''),
        formula,
      ]),
      width,
    ),
    'If a value differs from the computed one, the preset sets it.',
    '',
    heading('Use at the target'),
    textTable(
      ['', 'all replicas', ...(states.length > 1 ? ['one unavailable'] : [])],
      [
        row('app pods', ({ pods }) => formatNumber(pods)),
        row('requests/s of an HTTP process', ({ processRate }) => formatNumber(processRate)),
        row('CPUs of an app pod', ({ podCores }) => formatNumber(podCores, 2)),
        row('  of its main thread', ({ mainThreadCores }) => formatNumber(mainThreadCores, 2)),
        row('  of a ranking thread', ({ rankingThreadCores }) => formatNumber(rankingThreadCores, 2)),
        ...(isRedisDeployed ? [row('CPUs of a Redis replica', ({ redisCores }) => formatNumber(redisCores, 2))] : []),
        row('CPUs of the ingress controller', ({ ingressCores }) => formatNumber(ingressCores, 2)),
        row('CPUs of the busiest node', ({ nodeCores }) => formatNumber(nodeCores, 2)),
        row('p95, p99 in ms', ({ p95Ms, p99Ms }) => `${formatNumber(p95Ms, 1)}, ${formatNumber(p99Ms, 1)}`),
        row('memory of an app pod', () => formatBytes(pod)),
        ...(isRedisDeployed ? [row('memory of Redis, data and base', () => formatBytes(redisData + redisBase))] : []),
      ],
    ),
    '',
    heading('Cost of a request'),
    textTable(
      ['requests/s of a process', 'app µs', 'main thread µs', 'Redis µs', 'ingress µs'],
      costs.load.map((load) => [
        load.requestsPerSecond,
        load.appMicros,
        load.mainThreadMicros,
        load.redisMicros,
        load.ingressMicros,
      ]),
    ),
    `CPU microseconds, measured on ${costs.measured.date}: ${costs.measured.machine}, Node.js ${costs.measured.node}, Redis ${costs.measured.redis}, nginx ${costs.measured.nginx}.`,
    '',
    `All ${Object.keys(CHECKS).length} checks pass: ${Object.keys(CHECKS).join(', ')}.`,
  ].join('\n')
}

/** A value that differs between two presets. */
export interface Difference {
  path: string
  a: unknown
  b: unknown
}

/** Returns how two presets differ in their targets, clusters, entries, spare replicas, values, and load tests. */
export function differences(a: Preset, b: Preset): Difference[] {
  const parts = ({ target, cluster, entries, spareReplicas, values, loadTest }: Preset) =>
    flatten({ target, cluster, entries, spareReplicas, values, loadTest }, '')
  const [left, right] = [parts(a), parts(b)]
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((path) => left.get(path) !== right.get(path))
    .map((path) => ({ path, a: left.get(path) ?? null, b: right.get(path) ?? null }))
}

function flatten(value: unknown, path: string): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return new Map([[path, Array.isArray(value) ? JSON.stringify(value) : value]])
  }
  return new Map(Object.entries(value).flatMap(([key, child]) => [...flatten(child, path ? `${path}.${key}` : key)]))
}
