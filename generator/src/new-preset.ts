/** Creates a preset from command-line arguments. */
import { defaultGibibytes, nodeCpu, nodeMemory } from './capacity/budget.ts'
import { formatCpus, formatRate, MEMORY_UNITS, millicores, quantity } from './capacity/quantity.ts'
import {
  isPresetName,
  MAX_ENTRIES,
  PLATFORM_NAMES,
  type PlatformName,
  PRESET_NAME_RULE,
  type PresetDefinition,
} from './define-preset.ts'

/** The command-line arguments. CPUs and memory are totals of what pods can use in the whole cluster. */
export interface NewPresetRequest {
  qps: number
  cpus: number
  /** Memory quantity, such as `16Gi` or `16G`; 2 GiB per CPU by default. */
  memory?: string | undefined
  nodes?: number | undefined
  /** Name of a platform, such as `managed`. */
  platform?: string | undefined
  p99Ms?: number | undefined
  entries?: number | undefined
  name?: string | undefined
}

/** Thrown if an argument is invalid. The message is one line. */
export class NewPresetError extends Error {
  override name = 'NewPresetError'
}

const DEFAULT_P99_MS = 50
const MAX_P99_MS = 60_000

/**
 * Returns the definition of a preset for a request.
 * @param taken names of existing presets. A generated name differs from all of them.
 * @throws {NewPresetError} if an argument is invalid
 */
export function presetFor(request: NewPresetRequest, taken: readonly string[] = []): PresetDefinition {
  const { qps, cpus, nodes = 1, p99Ms = DEFAULT_P99_MS, entries, memory = `${defaultGibibytes(cpus)}Gi` } = request
  for (const [option, value, least, most] of [
    ['--qps', qps, 1, 1_000_000],
    ['--cpus', cpus, 0.001, 10_000],
    ['--nodes', nodes, 1, 1000],
    ['--entries', entries ?? 1, 1, MAX_ENTRIES],
  ] as const) {
    const isInteger = option === '--nodes' || option === '--qps' || option === '--entries'
    if (!(value >= least && value <= most) || (isInteger && !Number.isInteger(value))) {
      throw new NewPresetError(
        `${option} must be ${isInteger ? 'an integer' : 'a number'} from ${least} to ${most}, got ${value}`,
      )
    }
  }
  if (!(p99Ms >= 1 && p99Ms <= MAX_P99_MS)) {
    throw new NewPresetError(`--p99 must be from 1ms to ${MAX_P99_MS / 1000}s, got ${p99Ms}ms`)
  }
  const { name, platform } = request
  if (name !== undefined && !isPresetName(name)) {
    throw new NewPresetError(`--name must have ${PRESET_NAME_RULE}, got ${JSON.stringify(name)}`)
  }
  if (platform !== undefined && !PLATFORM_NAMES.includes(platform as PlatformName)) {
    throw new NewPresetError(`--platform must be ${PLATFORM_NAMES.join(' or ')}, got ${platform}`)
  }
  const gibibytes = (quantity(memory) ?? 0) / MEMORY_UNITS.Gi
  const mebibytesPerNode = (gibibytes * 1024) / nodes
  if (mebibytesPerNode < 1 || mebibytesPerNode >= 2 ** 30 + 1) {
    throw new NewPresetError(
      `--memory must be an amount such as 16Gi, 512Mi, or 16G, from 1Mi to 1Pi per node, got ${memory}`,
    )
  }
  const cpu = nodeCpu(nodes, cpus)
  if (millicores(cpu) < 1)
    throw new NewPresetError(`--cpus must be at least 0.001 per node, got ${cpus} for ${nodes} nodes`)
  const where =
    nodes === 1 ? `one node of ${formatCpus(cpus, 3)}` : `${nodes} nodes of ${formatCpus(millicores(cpu) / 1000, 3)}`
  return {
    name: name ?? unusedName(`${cpus}cpu-${qps >= 1000 ? `${qps / 1000}k` : qps}`.replaceAll('.', '-'), taken),
    summary: `${formatRate(qps)} on ${where}`,
    target: { qps, p99Ms },
    cluster: {
      nodes,
      cpu,
      memory: nodeMemory(nodes, gibibytes),
      ...(platform !== undefined && { platform: platform as PlatformName }),
    },
    ...(entries !== undefined && { entries }),
    values: { ingress: { enabled: true } },
  }
}

function unusedName(name: string, taken: readonly string[]): string {
  let candidate = name
  for (let count = 2; taken.includes(candidate); count++) candidate = `${name}-${count}`
  return candidate
}

/** Returns the source file of a preset in `presets/`. */
export function presetSource({ name, summary, target, cluster, entries }: PresetDefinition): string {
  const objectLiteral = (value: object | undefined) =>
    `{ ${Object.entries(value ?? {})
      .map(([key, part]) => `${key}: ${typeof part === 'number' ? numberLiteral(part) : `'${part}'`}`)
      .join(', ')} }`
  return `import { definePreset } from '../define-preset.ts'

/** Added by npm run gen-values. Edit it, and run npm run gen-values again. */
export default definePreset({
  name: '${name}',
  summary: '${summary}',
  target: ${objectLiteral(target)},
  cluster: ${objectLiteral(cluster)},
${entries === undefined ? '' : `  entries: ${numberLiteral(entries)},\n`}  values: { ingress: { enabled: true } },
})
`
}

/** Returns a number literal in TypeScript: `24_000`. */
const numberLiteral = (value: number) =>
  value < 10_000 ? String(value) : value.toLocaleString('en-US').replaceAll(',', '_')
