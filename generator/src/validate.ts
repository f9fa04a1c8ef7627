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

/** Names that `helm create` and other common charts use for values of this chart. A name may be a whole path. */
const NAMES_IN_OTHER_CHARTS = new Map([
  ['additionalLabels', 'labels'],
  ['automount', 'automountServiceAccountToken'],
  ['create', 'enabled'],
  ['egress', 'extraEgress'],
  ['env', 'extraEnv'],
  ['externalRedis', 'external'],
  ['extraDeploy', 'extraObjects'],
  ['extraEnvVars', 'extraEnv'],
  ['extraInitContainers', 'initContainers'],
  ['extraManifests', 'extraObjects'],
  ['hostname', 'hosts'],
  ['hpa', 'autoscaling'],
  ['ingress', 'extraIngress'],
  ['ingressClass', 'className'],
  ['ingressClassName', 'className'],
  ['livenessProbe', 'liveness'],
  ['paths', 'hosts'],
  ['pathType', 'hosts'],
  ['pdb', 'podDisruptionBudget'],
  ['pullSecrets', 'imagePullSecrets'],
  ['readinessProbe', 'readiness'],
  ['redis.enabled', 'mode'],
  ['replicaCount', 'replicas'],
  ['securityContext', 'containerSecurityContext'],
  ['sidecars', 'extraContainers'],
  ['startupProbe', 'startup'],
  ['targetCPU', 'targetCPUUtilizationPercentage'],
  ['targetMemory', 'targetMemoryUtilizationPercentage'],
  ['targetPort', 'containerPort'],
  ['tlsSecretName', 'tls'],
  ['topologySpreadConstraints', 'constraints'],
  ['updateStrategy', 'strategy'],
  ['volumeMounts', 'extraVolumeMounts'],
  ['volumes', 'extraVolumes'],
])
/** The maximum number of edits in a mistyped key: a share of its length, but at least `edits`. */
interface TypoLimit {
  share: number
  edits: number
}
const TYPO: TypoLimit = { share: 0.5, edits: 2 }
/** If a key has at most this many edits, it is suggested instead of a value in another part of the chart. */
const SMALL_TYPO: TypoLimit = { share: 0.25, edits: 1 }
/** Maximum number of paths that are suggested for a key in the wrong place. */
const MAX_SUGGESTIONS = 3
/** Maximum number of keys that are listed for a value that must be an object. */
const MAX_KEYS = 6
/** The paths of all values, except those in lists. */
const VALUE_PATHS = pathsBelow(valuesSchema as SchemaNode, '')

function pathsBelow({ properties = {} }: SchemaNode, prefix: string): string[] {
  return Object.entries(properties).flatMap(([key, child]) => [
    `${prefix}${key}`,
    ...pathsBelow(child, `${prefix}${key}.`),
  ])
}

/**
 * Checks the YAML of a values file as Helm 3 and Helm 4 do. Merges the values with the chart's defaults, and checks the
 * result against the schema.
 * @returns one sentence for each error; if empty, Helm 3 and Helm 4 accept the file and read the same values
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

/** Describes an unknown key, and the keys that are probably meant. */
export const unknownKey = (key: string, meant: readonly string[]): string =>
  `unknown key ${key}${meant.length > 0 ? `; did you mean ${meant.join(' or ')}?` : ''}`

function toSentence(error: ErrorObject): string {
  const path = error.instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')
  const at = (key: string) => `${path ? `${path}.` : ''}${/^[\w./-]+$/.test(key) ? key : JSON.stringify(key)}`
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params.additionalProperty)
      const meant = suggestionsFor(key, path, Object.keys((error.parentSchema as SchemaNode).properties ?? {}))
      return unknownKey(at(key), meant)
    }
    case 'required':
      return `${at(String(error.params.missingProperty))} is missing`
    case 'enum':
      return `${path} must be one of ${(error.params.allowedValues as unknown[]).join(', ')}, got ${shownInError(error.data)}`
    case 'type': {
      const keys = Object.keys((error.parentSchema as SchemaNode).properties ?? {})
      const shape = keys.length > 0 && keys.length <= MAX_KEYS ? ` (keys: ${keys.join(', ')})` : ''
      return `${path || 'the values'} must be of type ${[error.params.type].flat().join(' or ')}${shape}, got ${shownInError(error.data)}`
    }
    case 'pattern': {
      const meaning = PATTERN_MEANINGS.get(error.params.pattern)
      return `${path} must ${meaning === undefined ? `match pattern ${error.params.pattern}` : `be ${meaning}`}, got ${shownInError(error.data)}`
    }
    default:
      return `${path || 'the values'} ${error.message}, got ${shownInError(error.data)}`
  }
}

/**
 * Returns the paths of values that an unknown key may stand for. There are several if the chart has several values with
 * the same name.
 * @param path the path of the object that contains the key; empty for the values as a whole
 * @param known the keys that this object may have
 */
function suggestionsFor(key: string, path: string, known: readonly string[]): string[] {
  const prefix = path ? `${path}.` : ''
  const [component] = path.split('.')
  const alias = NAMES_IN_OTHER_CHARTS.get(`${prefix}${key}`) ?? NAMES_IN_OTHER_CHARTS.get(key)
  const named = (name: string | undefined, root: string) => {
    const paths = VALUE_PATHS.filter(
      (value) => value.startsWith(root) && value.split('.').at(-1)?.toLowerCase() === name?.toLowerCase(),
    )
    return paths.length > 0 && paths.length <= MAX_SUGGESTIONS ? paths : undefined
  }
  const similar = (limit: TypoLimit) => {
    const nearest = nearestKey(key, known, limit)
    return nearest === undefined ? undefined : [`${prefix}${nearest}`]
  }
  return (
    named(key, prefix) ??
    named(alias, prefix) ??
    similar(SMALL_TYPO) ??
    // Keys deep in the values, such as `name`, are rarely meant for another component.
    named(key, path.includes('.') ? `${component}.` : '') ??
    named(alias, `${component}.`) ??
    named(alias, '') ??
    similar(TYPO) ??
    []
  )
}

/** Returns the known key that is most similar to a mistyped one, if any is similar enough. */
export function nearestKey(key: string, known: readonly string[], { share, edits } = TYPO): string | undefined {
  const scored = known
    .map((candidate) => ({ candidate, edits: distance(key.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)
  const [best] = scored
  return best && best.edits <= Math.max(edits, key.length * share) ? best.candidate : undefined
}
