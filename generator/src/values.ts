/**
 * The chart's values: types, defaults, descriptions, and JSON Schema in one definition.
 *
 * `chart/values.yaml` and `chart/values.schema.json` are generated from this definition, and presets use its types.
 * Unknown keys are rejected, so that typos are reported. Only `global`, labels, annotations, and the parts that are
 * passed to Kubernetes unchanged accept other keys. The service's settings are imported from the service.
 */
import Type from 'typebox'
import { app } from './values/app.ts'
import { ingress } from './values/ingress.ts'
import { metrics } from './values/metrics.ts'
import { networkPolicy } from './values/network-policy.ts'
import { DEFAULT_PORTS, LOWEST_CONTAINER_PORT, resources } from './values/pods.ts'
import { redis } from './values/redis.ts'
import {
  annotations,
  boolean,
  IMAGE_REGISTRY,
  labels,
  NAME_PART,
  NAME_PREFIX,
  nullable,
  OBJECT_NAME,
  object,
  optionalInteger,
  optionalText,
  passThrough,
  passThroughList,
  pullSecrets,
  string,
} from './values/schema.ts'

/** Schema of `chart/values.yaml`. The schema for Helm is generated from it. */
export const valuesSchema = object('Values of the autocomplete chart.', {
  nameOverride: string(
    "Name that replaces the chart's name in object names. Labels stay the same, because the selectors of Deployments are immutable.",
    '',
    { pattern: NAME_PART },
  ),
  fullnameOverride: string(
    'Prefix for object names, instead of the release and chart names. If it is longer than 48 characters, it is truncated and a hash is appended.',
    '',
    { pattern: NAME_PREFIX },
  ),
  namespaceOverride: string('Namespace of all objects. If empty, the namespace of the release is used.', '', {
    pattern: NAME_PART,
    maxLength: 63,
  }),
  imagePullSecrets: pullSecrets('Secrets for pulling the images, by name or as `{name: …}`.'),
  commonLabels: labels(
    'Additional labels for all objects except `extraObjects`. The labels that select pods cannot be replaced.',
  ),
  commonAnnotations: annotations(
    'Additional annotations for all objects except `extraObjects` and pods of Deployments.',
  ),
  serviceAccount: object('ServiceAccount of the pods. It has no rights.', {
    create: boolean('Create a ServiceAccount.', true),
    name: string(
      'Name of the ServiceAccount. If empty, it is the common prefix of all object names, or `default` if `create` is false.',
      '',
      OBJECT_NAME,
    ),
    annotations: annotations('Annotations for the ServiceAccount.'),
    labels: labels('Additional labels for the ServiceAccount.'),
    automountServiceAccountToken: boolean(
      "Mount the ServiceAccount's token into the pods. The service does not need it, but some sidecars do.",
      false,
    ),
  }),
  extraObjects: nullable(
    Type.Unsafe<(object | string)[]>({
      type: 'array',
      items: { type: ['object', 'string'] },
      description:
        'Additional Kubernetes objects, as YAML or as strings. Templates in them are rendered. Without a namespace, they are created in the namespace of the release.',
      default: [],
    }),
  ),
  // A parent chart sets these values for all its subcharts. It may add keys for the other subcharts.
  global: nullable({
    ...object('Values that a parent chart shares with all its subcharts. Other keys are ignored.', {
      imageRegistry: string('Registry of all images. Takes precedence over the registry in `repository`.', '', {
        pattern: IMAGE_REGISTRY,
      }),
      imagePullSecrets: pullSecrets('Additional Secrets for pulling the images, by name or as `{name: …}`.'),
      nodeSelector: labels('Labels that a node must have to run the pods, in addition to those of a component.'),
      tolerations: passThroughList('Taints that the pods tolerate, unless a component has its own tolerations.', {
        value: optionalText,
        tolerationSeconds: optionalInteger,
      }),
      affinity: passThrough('Affinity rules of the pods, unless a component has its own.'),
      priorityClassName: string('PriorityClass of the pods, unless a component has its own.', '', OBJECT_NAME),
    }),
    additionalProperties: true,
  }),
  enabled: Type.Optional(
    nullable(
      Type.Boolean({
        description: 'Used only by a parent chart, as the `condition` of the dependency: false leaves this chart out.',
      }),
    ),
  ),
  app,
  redis,
  ingress,
  networkPolicy,
  metrics,
  test: object('Pod of `helm test`.', {
    resources: resources({ requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '500m', memory: '128Mi' } }),
  }),
})

export type Values = Type.Static<typeof valuesSchema>

/** A type whose properties are all optional, at any depth. Arrays must be complete. */
export type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> }
    : T

/** Part of a schema. Only the properties that the generator reads are listed. */
export interface SchemaNode {
  description?: string
  default?: unknown
  properties?: Record<string, SchemaNode> | undefined
}

/** Whether a node has a default. Values without a default are left out of `values.yaml`. */
export const hasDefault = ({ properties, default: value }: SchemaNode): boolean =>
  value !== undefined || Object.values(properties ?? {}).some(hasDefault)

function defaultsOf({ properties, default: value }: SchemaNode): unknown {
  if (value !== undefined || !properties) return value
  const known = Object.entries(properties).filter(([, child]) => hasDefault(child))
  return Object.fromEntries(known.map(([key, child]) => [key, defaultsOf(child)]))
}

/** Port that a component's container listens on, as in the template `autocomplete.containerPort`. */
export function containerPortOf(values: Values, component: 'app' | 'redis'): number {
  const { containerPort: port, service } = values[component]
  return port ?? (service.port >= LOWEST_CONTAINER_PORT ? service.port : DEFAULT_PORTS[component])
}

export const defaultValues = defaultsOf(valuesSchema as SchemaNode) as Values
