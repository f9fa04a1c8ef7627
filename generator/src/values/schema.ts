/** Schema builders and string patterns for the chart's values. */
import Type from 'typebox'

/**
 * Allows null, which users set to remove a default. Depending on its version, Helm then passes on null or no value.
 * The static type does not include null, because presets may not remove values.
 */
export const nullable = <S extends Type.TSchema>(schema: S): S => {
  const { type, enum: values } = schema as { type?: string | string[]; enum?: unknown[] }
  return { ...schema, ...(values ? { enum: [...values, null] } : { type: [type, 'null'].flat() }) }
}

const isNullable = (schema: object) => {
  const { type, enum: values } = schema as { type?: string | string[]; enum?: unknown[] }
  return (values ?? [type].flat()).includes(values ? null : 'null')
}

export const object = <P extends Type.TProperties>(description: string, properties: P) => {
  const schema = Type.Object(properties, { description, additionalProperties: false })
  const required = ((schema.required ?? []) as string[]).filter((key) => !isNullable(properties[key] as object))
  return { ...schema, required } as unknown as typeof schema
}

export const nullableObject = <P extends Type.TProperties>(description: string, properties: P) =>
  nullable(object(description, properties))

/** Returns the schema of a string. If the default is empty, null is also valid. */
export const string = (description: string, value: string, options: Type.TStringOptions = {}) => {
  const schema = Type.String({ description, default: value, ...options })
  return value === '' ? nullable(schema) : schema
}

/**
 * Maximum of every integer. Helm reads numbers as floats, and prints 1,000,000 as 1e+06 unless a template converts it.
 */
export const MAX_INTEGER = 999_999

export const integer = (description: string, value: number, minimum: number, maximum = MAX_INTEGER) =>
  Type.Integer({ description, default: value, minimum, maximum })

/** Returns the schema of an integer that is null by default. */
export const count = (description: string, minimum = 0, maximum = MAX_INTEGER) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum, maximum, description, default: null })

/** Pattern for a part of an object name. The part may be empty. */
export const NAME_PART = '^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$'
/** Pattern for the beginning of an object name. It may be empty. Service names must begin with a letter. */
export const NAME_PREFIX = '^([a-z]([-a-z0-9]*[a-z0-9])?)?$'
/** Pattern for a DNS label, that is, the part of a DNS name between two dots. */
export const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
/** Pattern for a host name. It may be empty. The last label must contain a letter, so IP addresses do not match. */
export const HOST_NAME = `^((\\*\\.)?(${LABEL}\\.)*([0-9][-0-9]*)?[a-z]([-a-z0-9]*[a-z0-9])?)?$`
/** Schema options for the name of an existing object. The name may be empty. */
export const OBJECT_NAME = { pattern: `^(${LABEL}(\\.${LABEL})*)?$`, maxLength: 253 }
/** Schema options for strings that may contain templates. The chart checks the rendered strings. */
export const withTemplates = ({ pattern, ...others }: { pattern: string; maxLength?: number }) => ({
  ...others,
  pattern: `${pattern}|\\{\\{.*\\}\\}`,
})
/** Schema options for a key in a ConfigMap or Secret. */
export const DATA_KEY = { pattern: '^[-._A-Za-z0-9]*$', maxLength: 253 }
export const NAME = '[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?'
/** Pattern for the key of a label: a name, optionally preceded by a DNS name and a slash. */
export const QUALIFIED_NAME = `^(${LABEL}(\\.${LABEL})*/)?${NAME}$`
/** Pattern for the key of an annotation. Unlike in labels, the DNS name may have capital letters. */
const ANNOTATION_KEY = (() => {
  const label = LABEL.replaceAll('a-z', 'A-Za-z')
  return `^(${label}(\\.${label})*/)?${NAME}$`
})()
/** Pattern for the value of a label. */
export const LABEL_VALUE = '^([A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$'
const IPV4_ADDRESS = (() => {
  const byte = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
  return `${byte}(\\.${byte}){3}`
})()
/** An IPv6 address has 8 groups. `::` stands for one or more groups of zeros. */
const IPV6_ADDRESS = (() => {
  const group = '[0-9A-Fa-f]{1,4}'
  const shortened = Array.from({ length: 8 }, (_, left) => {
    const before = left === 0 ? ':' : `(${group}:){${left}}`
    const right = 7 - left
    return `${before}:${right === 0 ? '' : `(${group}(:${group}){0,${right - 1}})?`}`
  })
  return `(${[`(${group}:){7}${group}`, ...shortened].join('|')})`
})()
/** Pattern for an IP address. */
export const IP_ADDRESS = `^(${IPV4_ADDRESS}|${IPV6_ADDRESS})$`
/** Pattern for an IP address. It may be empty. */
export const OPTIONAL_IP_ADDRESS = `^$|${IP_ADDRESS}`
/** Pattern for the address of a Service. It may be empty or `None`. */
export const CLUSTER_IP = `^$|^None$|${IP_ADDRESS}`
/** Pattern for the class of a load balancer. It may be empty. */
export const LOAD_BALANCER_CLASS = `^$|${QUALIFIED_NAME}`
/** Pattern for a range of IP addresses. */
export const IP_RANGE = `^(${IPV4_ADDRESS}/(3[0-2]|[12]?[0-9])|${IPV6_ADDRESS}/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))$`
/** Pattern for a host in the service's setting `REDIS_NODES`. It may be empty. */
export const REDIS_HOST = '^(\\[[0-9A-Fa-f:]+\\]|[0-9A-Fa-f:]+|[A-Za-z0-9_.-]+)?$'
/** Pattern for an image repository: registry, path, or both, without tag and digest. */
export const IMAGE_REPOSITORY =
  '^([A-Za-z0-9][-A-Za-z0-9.]*(:[0-9]+)?/)?[a-z0-9]+([-._]+[a-z0-9]+)*(/[a-z0-9]+([-._]+[a-z0-9]+)*)*$'
/** Pattern for a registry, with or without a path. It may be empty. */
export const IMAGE_REGISTRY = '^([A-Za-z0-9][-A-Za-z0-9.]*(:[0-9]+)?(/[a-z0-9]+([-._]+[a-z0-9]+)*)*/?)?$'
const IMAGE_DIGEST = 'sha256:[0-9a-f]{64}'
/** Pattern for an image digest. It may be empty. */
export const DIGEST = `^(${IMAGE_DIGEST})?$`
/** Pattern for an image tag. It may be empty or followed by a digest. */
export const IMAGE_TAG = `^([A-Za-z0-9_][-A-Za-z0-9_.+]{0,127}(@${IMAGE_DIGEST})?)?$`

export const boolean = (description: string, value: boolean) => Type.Boolean({ description, default: value })

export const choice = <const T extends string[]>(description: string, value: T[number], values: T) =>
  Type.Enum(values, { description, default: value })

/**
 * Returns the schema of a map of strings whose keys match a pattern. Keys whose value is null are left out. Uses
 * `patternProperties`, because with `propertyNames`, Helm's error for an invalid key would have the wrong path.
 */
const stringMap = (description: string, value: Record<string, string>, key: string, options: Type.TStringOptions) =>
  nullable(
    Type.Unsafe<Record<string, string>>({
      type: 'object',
      patternProperties: { [key]: { type: ['string', 'null'], ...options } },
      additionalProperties: false,
      description,
      default: value,
    }),
  )

export const labels = (description: string, value: Record<string, string> = {}) =>
  stringMap(description, value, QUALIFIED_NAME, { pattern: LABEL_VALUE })

export const annotations = (description: string) => stringMap(description, {}, ANNOTATION_KEY, {})

/** Returns the schema of Secrets for pulling images. Each is a name or, as in Kubernetes, an object with a name. */
export const pullSecrets = (description: string) =>
  nullable(
    Type.Unsafe<(string | { name: string })[]>({
      type: 'array',
      items: {
        type: ['string', 'object'],
        minLength: 1,
        ...OBJECT_NAME,
        properties: { name: { type: 'string', minLength: 1, ...OBJECT_NAME } },
        required: ['name'],
        additionalProperties: false,
      },
      description,
      default: [],
    }),
  )

/**
 * Returns the schema of an object that is passed to Kubernetes unchanged. Kubernetes validates it. Only `properties` are
 * validated here.
 */
export const passThrough = (description: string, value: object = {}, properties: Type.TProperties = {}) =>
  nullable(
    Type.Unsafe<object>(
      Type.Object(properties, {
        description: `${description} Passed to Kubernetes unchanged.`,
        default: value,
        additionalProperties: true,
      }),
    ),
  )

/** Returns the schema of a list of objects that are passed to Kubernetes unchanged. Only `properties` are checked. */
export const passThroughList = (description: string, properties: Type.TProperties = {}) =>
  nullable(
    Type.Unsafe<object[]>({
      type: 'array',
      items: Type.Object(properties, { additionalProperties: true }),
      description: `${description} Passed to Kubernetes unchanged.`,
      default: [],
    }),
  )

/**
 * Text in an object that is passed to Kubernetes unchanged. YAML reads an unquoted value such as 5 or true as a number or
 * a boolean, which Kubernetes rejects.
 */
export const optionalText = Type.Optional(nullable(Type.String()))

/**
 * Numbers and booleans in an object that is passed to Kubernetes unchanged. Some tools write them as strings, which
 * Kubernetes rejects.
 */
export const optionalInteger = Type.Optional(nullable(Type.Integer()))
export const optionalBoolean = Type.Optional(nullable(Type.Boolean()))

/** Objects with a text `value` in an object that is passed to Kubernetes unchanged. */
export const optionalSettings = Type.Optional(
  nullable(Type.Array(Type.Object({ value: optionalText }, { additionalProperties: true }))),
)

/** Pattern for a Kubernetes quantity, such as `500m`, `1.5Gi`, or `1e3`. */
export const QUANTITY = '^([0-9]+\\.?[0-9]*|\\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?$'

/**
 * Pattern for an amount of memory. The unit m is one thousandth of a byte. Some tools print large amounts with this unit,
 * but a small amount such as `512m` is a mistake for `512M` or `512Mi`.
 */
export const MEMORY = '^(([0-9]+\\.?[0-9]*|\\.[0-9]+)([kMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?|[0-9]{9,}m)$'

/** Returns the schema of a resource quantity: a string or a number. The generator writes strings. */
export const quantity = (description: string, value: string, pattern = QUANTITY) =>
  Type.Unsafe<string>({
    type: ['string', 'number', 'null'],
    pattern,
    minimum: 0,
    description: `${description} If null, none is set.`,
    default: value,
  })

/** Pattern for a whole number of devices, with or without a unit. */
export const DEVICE_QUANTITY = '^[0-9]+([kMGTPE]|[KMGTPE]i)?$'
/** Pattern for an amount of memory in redis.conf. */
export const REDIS_MEMORY = '^0*[1-9][0-9]*(kb|mb|gb)$'
/** Pattern for a dataset version. It may be empty. */
export const DATASET_VERSION = '^([0-9a-f]{16})?$'
/** Pattern for the size of a buffer. Beyond these limits, nginx rejects its whole configuration. */
export const BUFFER_SIZE = '^([1-9][0-9]{0,5}k|[1-9][0-9]{0,2}m)$'
/** Pattern for the size of a request body. */
export const BODY_SIZE = '^[0-9]{1,9}[km]$'
/** Pattern for a Prometheus duration, such as `1m30s`. It may be empty. */
export const PROMETHEUS_DURATION = '^([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$'

/** Pattern for a percentage, which may exceed 100%. */
export const PERCENTAGE = '^[0-9]+%$'
/** Pattern for a percentage of up to 100%. */
export const SHARE = '^0*(100|[1-9]?[0-9])%$'

/** Returns the schema of a number or percentage of pods. The generator writes numbers. */
export const pods = (description: string, value: number | null, minimum: number, pattern = SHARE) =>
  Type.Unsafe<number>({
    type: ['integer', 'string', 'null'],
    pattern,
    minimum,
    maximum: MAX_INTEGER,
    description,
    default: value,
  })

/** Schema options for a port number. */
export const PORT = { minimum: 1, maximum: 65_535 }
