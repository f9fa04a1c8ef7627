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

/** Maximum number of edits between a mistyped key and the suggested one, as a share of the mistyped key's length. */
const MAX_TYPO_SHARE = 0.5

/**
 * Checks a values file as Helm 3 and Helm 4 do: its YAML, and its values, merged with the chart's defaults, against the
 * schema.
 * @returns one sentence for each error; empty if Helm 3 and Helm 4 accept the file
 */
export function fileProblems(file: Uint8Array): string[] {
  try {
    const readings = readValues(file)
    const [forHelm3, forHelm4 = forHelm3] = readings
    const problems = readings.flatMap((values) => valuesProblems(mergeIntoDefaults<object>(defaultValues, values)))
    if (!isDeepStrictEqual(forHelm3, forHelm4)) problems.push(SEVERAL_DOCUMENTS)
    return [...new Set(problems)]
  } catch (error) {
    if (error instanceof YamlError) return [error.message]
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
      const nearest = nearestKey(key, Object.keys((error.parentSchema as SchemaNode).properties ?? {}))
      return nearest ? `unknown key ${at(key)}; did you mean ${at(nearest)}?` : `unknown key ${at(key)}`
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

/** Returns the known key that is most similar to a mistyped one, if any is similar enough. */
export function nearestKey(key: string, known: readonly string[]): string | undefined {
  const scored = known
    .map((candidate) => ({ candidate, edits: distance(key.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)
  const [best] = scored
  return best && best.edits <= Math.max(2, key.length * MAX_TYPO_SHARE) ? best.candidate : undefined
}
