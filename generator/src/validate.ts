import { isDeepStrictEqual } from 'node:util'
import { Ajv, type ErrorObject } from 'ajv'
import { distance } from 'fastest-levenshtein'
import { readValues, YamlError } from './helm-yaml.ts'
import { mergeIntoDefaults } from './merge.ts'
import { shownInError } from './preset-error.ts'
import { PATTERN_MEANINGS } from './values/pattern-meanings.ts'
import { defaultValues, type SchemaNode, type Values, valuesSchema } from './values.ts'

const validateSchema = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile<Values>(valuesSchema)

const SEVERAL_DOCUMENTS =
  'the file has several YAML documents: Helm 3 reads only the first one, and Helm 4 merges all of them; write one document'

/** Names that `helm create` and other common charts use for values of this chart. */
const NAMES_IN_OTHER_CHARTS = new Map([
  ['env', 'extraEnv'],
  ['extraEnvVars', 'extraEnv'],
  ['hpa', 'autoscaling'],
  ['livenessProbe', 'probes'],
  ['pdb', 'podDisruptionBudget'],
  ['readinessProbe', 'probes'],
  ['replicaCount', 'replicas'],
  ['securityContext', 'containerSecurityContext'],
  ['startupProbe', 'probes'],
  ['volumeMounts', 'extraVolumeMounts'],
  ['volumes', 'extraVolumes'],
])
/** Maximum number of edits between a mistyped key and the suggested one, as a share of the mistyped key's length. */
const MAX_TYPO_SHARE = 0.5
/** Maximum number of paths that are suggested for a key in the wrong place. */
const MAX_SUGGESTIONS = 3
/** The paths of all values, except those in lists. */
const VALUE_PATHS = pathsBelow(valuesSchema as SchemaNode, '')

function pathsBelow({ properties = {} }: SchemaNode, prefix: string): string[] {
  return Object.entries(properties).flatMap(([key, child]) => [
    `${prefix}${key}`,
    ...pathsBelow(child, `${prefix}${key}.`),
  ])
}

/**
 * Checks a values file as Helm 3 and Helm 4 do: its YAML, and its values, merged with the chart's defaults, against the
 * schema.
 * @returns one sentence for each error; empty if Helm 3 and Helm 4 accept the file
 */
export function fileProblems(file: Uint8Array): string[] {
  const problems: string[] = []
  try {
    const readings = readValues(file, (sentence) => problems.push(sentence))
    const [forHelm3, forHelm4 = forHelm3] = readings
    problems.push(...readings.flatMap((values) => valuesProblems(mergeIntoDefaults<object>(defaultValues, values))))
    if (!isDeepStrictEqual(forHelm3, forHelm4)) problems.push(SEVERAL_DOCUMENTS)
    return [...new Set(problems)]
  } catch (error) {
    if (error instanceof YamlError) return [...new Set([...problems, error.message])]
    throw error
  }
}

/**
 * Checks complete values against the schema.
 * @returns one sentence for each error, with the path of the value; empty if the values are valid
 */
export function valuesProblems(values: unknown): string[] {
  if (validateSchema(values)) return []
  return [...new Set((validateSchema.errors ?? []).map(toSentence))]
}

function toSentence(error: ErrorObject): string {
  const path = error.instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')
  const at = (key: string) => `${path ? `${path}.` : ''}${/^[\w./-]+$/.test(key) ? key : JSON.stringify(key)}`
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params.additionalProperty)
      const elsewhere =
        [key, NAMES_IN_OTHER_CHARTS.get(key) ?? key]
          .map((name) => pathsOf(name, path))
          .find((paths) => paths.length > 0) ?? []
      const nearest = nearestKey(key, Object.keys((error.parentSchema as SchemaNode).properties ?? {}))
      const meant = elsewhere.length > 0 ? elsewhere.join(' or ') : nearest && at(nearest)
      return meant ? `unknown key ${at(key)}; did you mean ${meant}?` : `unknown key ${at(key)}`
    }
    case 'required':
      return `${at(String(error.params.missingProperty))} is missing`
    case 'enum':
      return `${path} must be one of ${(error.params.allowedValues as unknown[]).join(', ')}, got ${shownInError(error.data)}`
    case 'type':
      return `${path || 'the values'} must be of type ${[error.params.type].flat().join(' or ')}, got ${shownInError(error.data)}`
    case 'pattern': {
      const meaning = PATTERN_MEANINGS.get(error.params.pattern)
      return `${path} must ${meaning === undefined ? `match pattern ${error.params.pattern}` : `be ${meaning}`}, got ${shownInError(error.data)}`
    }
    default:
      return `${path || 'the values'} ${error.message}, got ${shownInError(error.data)}`
  }
}

/**
 * Returns the paths of the values with this name: those below the given path or, if there are none, all of them.
 * Returns an empty array if there are too many for a suggestion.
 */
function pathsOf(name: string, path: string): string[] {
  const all = VALUE_PATHS.filter((candidate) => candidate.split('.').at(-1) === name)
  const below = path === '' ? [] : all.filter((candidate) => candidate.startsWith(`${path}.`))
  const paths = below.length > 0 ? below : all
  return paths.length <= MAX_SUGGESTIONS ? paths : []
}

/** Returns the known key that is most similar to a mistyped one, if any is similar enough. */
export function nearestKey(key: string, known: readonly string[]): string | undefined {
  const scored = known
    .map((candidate) => ({ candidate, edits: distance(key.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)
  const [best] = scored
  return best && best.edits <= Math.max(2, key.length * MAX_TYPO_SHARE) ? best.candidate : undefined
}
