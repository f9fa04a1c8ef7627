/**
 * The chart's values: types, defaults, descriptions, and JSON Schema in one definition.
 *
 * `chart/values.yaml` and `chart/values.schema.json` are generated from this definition, and presets use its types. No
 * object accepts unknown keys, so a mistyped key is an error. The service's settings come from the service itself.
 */
import Type from 'typebox'
import type { XStatic } from 'typebox/schema'
import { LATENCY_BOUNDS_SECONDS, SETTINGS, type SettingName, type SettingSchema } from '../../service/src/settings.ts'

/**
 * Allows null, which users set to remove a default. Depending on its version, Helm then passes on null or no value.
 * The static type does not include null, because presets may not remove values.
 */
const nullable = <S extends Type.TSchema>(schema: S): S => {
  const { type, enum: values } = schema as { type?: string | string[]; enum?: unknown[] }
  return { ...schema, ...(values ? { enum: [...values, null] } : { type: [type, 'null'].flat() }) }
}

const isNullable = (schema: object) => {
  const { type, enum: values } = schema as { type?: string | string[]; enum?: unknown[] }
  return (values ?? [type].flat()).includes(values ? null : 'null')
}

const object = <P extends Type.TProperties>(description: string, properties: P) => {
  const schema = Type.Object(properties, { description, additionalProperties: false })
  const required = ((schema.required ?? []) as string[]).filter((key) => !isNullable(properties[key] as object))
  return { ...schema, required } as unknown as typeof schema
}

const nullableObject = <P extends Type.TProperties>(description: string, properties: P) =>
  nullable(object(description, properties))

/** Returns the schema of a string. If the default is empty, null is also valid. */
const string = (description: string, value: string, options: Type.TStringOptions = {}) => {
  const schema = Type.String({ description, default: value, ...options })
  return value === '' ? nullable(schema) : schema
}

/**
 * Maximum of every integer. Helm reads numbers as floats, and prints 1,000,000 as 1e+06 unless a template converts it.
 */
const MAX_INTEGER = 999_999

const integer = (description: string, value: number, minimum: number, maximum = MAX_INTEGER) =>
  Type.Integer({ description, default: value, minimum, maximum })

/** Returns the schema of an integer that is null by default. */
const count = (description: string, minimum = 0, maximum = MAX_INTEGER) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], minimum, maximum, description, default: null })

/** Pattern for a part of an object name, which may be empty. */
const NAME_PART = '^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$'
/** Pattern for the beginning of an object name, which may be empty. The names of Services begin with a letter. */
const NAME_PREFIX = '^([a-z]([-a-z0-9]*[a-z0-9])?)?$'
/** Part of a DNS name between two dots. */
const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
/** Pattern for a host name, which may be empty. The last part has a letter, because IP addresses are not host names. */
const HOST_NAME = `^((\\*\\.)?(${LABEL}\\.)*([0-9][-0-9]*)?[a-z]([-a-z0-9]*[a-z0-9])?)?$`
/** Schema options for the name of an existing object, which may be empty. */
const OBJECT_NAME = { pattern: `^(${LABEL}(\\.${LABEL})*)?$`, maxLength: 253 }
/** Schema options for strings that may contain templates. The chart checks the rendered strings. */
const withTemplates = ({ pattern, ...others }: { pattern: string; maxLength?: number }) => ({
  ...others,
  pattern: `${pattern}|\\{\\{.*\\}\\}`,
})
/** Schema options for a key in a ConfigMap or Secret. */
const DATA_KEY = { pattern: '^[-._A-Za-z0-9]*$', maxLength: 253 }
const NAME = '[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?'
/** Pattern for the key of a label: a name, optionally preceded by a DNS name and a slash. */
const QUALIFIED_NAME = `^(${LABEL}(\\.${LABEL})*/)?${NAME}$`
/** Pattern for the key of an annotation. Unlike in labels, the DNS name may have capital letters. */
const ANNOTATION_KEY = `^(${NAME}/)?${NAME}$`
/** Pattern for the value of a label. */
const LABEL_VALUE = '^([A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$'
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
const IP_ADDRESS = `^(${IPV4_ADDRESS}|${IPV6_ADDRESS})$`
/** Pattern for a range of IP addresses. */
const IP_RANGE = `^(${IPV4_ADDRESS}/(3[0-2]|[12]?[0-9])|${IPV6_ADDRESS}/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))$`
/** Pattern for a host in the setting `REDIS_NODES` of the service, which may be empty. */
const REDIS_HOST = '^(\\[[0-9A-Fa-f:]+\\]|[0-9A-Fa-f:]+|[A-Za-z0-9_.-]+)?$'
/** Pattern for an image repository: registry, path, or both, without tag and digest. */
const IMAGE_REPOSITORY =
  '^([A-Za-z0-9][-A-Za-z0-9.]*(:[0-9]+)?/)?[a-z0-9]+([-._]+[a-z0-9]+)*(/[a-z0-9]+([-._]+[a-z0-9]+)*)*$'
/** Pattern for a registry, with or without a path. It may be empty. */
const IMAGE_REGISTRY = '^([A-Za-z0-9][-A-Za-z0-9.]*(:[0-9]+)?(/[a-z0-9]+([-._]+[a-z0-9]+)*)*/?)?$'
const IMAGE_DIGEST = 'sha256:[0-9a-f]{64}'
/** Pattern for an image tag, which may be empty or followed by a digest. */
const IMAGE_TAG = `^([A-Za-z0-9_][-A-Za-z0-9_.+]{0,127}(@${IMAGE_DIGEST})?)?$`

const boolean = (description: string, value: boolean) => Type.Boolean({ description, default: value })

const choice = <const T extends string[]>(description: string, value: T[number], values: T) =>
  Type.Enum(values, { description, default: value })

/** Returns the schema of an objective in percent. An objective of 100% would leave no error budget. */
const percent = (description: string, value: number) =>
  Type.Number({ description, default: value, minimum: 50, maximum: 99.999 })

/** Possible latency objectives, in seconds. Below 5 ms, the network would decide whether an objective is met. */
const LATENCY_SECONDS = LATENCY_BOUNDS_SECONDS.filter((bound) => bound >= 0.005)

/**
 * Returns the schema of a map of strings whose keys match a pattern. Keys whose value is null are left out. Uses
 * `patternProperties` instead of `propertyNames`, because only then does Helm's error for an invalid key have the right
 * path.
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

const labels = (description: string, value: Record<string, string> = {}) =>
  stringMap(description, value, QUALIFIED_NAME, { pattern: LABEL_VALUE })

const annotations = (description: string) => stringMap(description, {}, ANNOTATION_KEY, {})

/** Returns the schema of Secrets for pulling images. Each is a name or, as in Kubernetes, an object with a name. */
const pullSecrets = (description: string) =>
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

/** Returns the schema of an object that is passed to Kubernetes unchanged. Kubernetes checks it. */
const passedOn = (description: string, value: object = {}) =>
  nullable(
    Type.Object(
      {},
      { description: `${description} Passed to Kubernetes unchanged.`, default: value, additionalProperties: true },
    ),
  )

/** Returns the schema of a list of objects that are passed to Kubernetes unchanged. Only `properties` are checked. */
const passedOnList = (description: string, properties: Type.TProperties = {}) =>
  nullable(
    Type.Array(Type.Object(properties, { additionalProperties: true }), {
      description: `${description} Passed to Kubernetes unchanged.`,
      default: [],
    }),
  )

/** Pattern for a Kubernetes quantity, such as `500m`, `1.5Gi`, or `1e3`. */
const QUANTITY = '^([0-9]+\\.?[0-9]*|\\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?$'

/** Returns the schema of a resource quantity: a string or a number. The generator writes strings. */
const quantity = (description: string, value: string) =>
  Type.Unsafe<string>({
    type: ['string', 'number', 'null'],
    pattern: QUANTITY,
    minimum: 0,
    description: `${description} If null, none is set.`,
    default: value,
  })

/** Pattern for a percentage, which may exceed 100%. */
const PERCENTAGE = '^[0-9]+%$'
/** Pattern for a percentage of up to 100%. */
const SHARE = '^0*(100|[1-9]?[0-9])%$'

/** Returns the schema of a number or percentage of pods. The generator writes numbers. */
const pods = (description: string, value: number | null, minimum: number, pattern = SHARE) =>
  Type.Unsafe<number>({
    type: ['integer', 'string', 'null'],
    pattern,
    minimum,
    maximum: MAX_INTEGER,
    description,
    default: value,
  })

const image = (what: string, repository: string) =>
  object(`Image of ${what}.`, {
    repository: string('Image repository.', repository, { pattern: IMAGE_REPOSITORY }),
    tag: string("Image tag. If empty, the chart's `appVersion` is used.", '', { pattern: IMAGE_TAG }),
    digest: string('Image digest, `sha256:…`. Takes precedence over `tag`.', '', {
      pattern: `^(${IMAGE_DIGEST})?$`,
    }),
    pullPolicy: nullable(choice('Image pull policy.', 'IfNotPresent', ['Always', 'IfNotPresent', 'Never'])),
  })

/** Port of an IP protocol. */
const PORT = { minimum: 1, maximum: 65_535 }
/** Lowest port that a container can open on every cluster without running as root. */
const LOWEST_CONTAINER_PORT = 1024

/** Ports of the components unless a user chooses others. */
const USUAL_PORTS = { app: 8000, redis: 6379 }

/** Port of a component's container. `fallback` is the usual port. */
const containerPort = (fallback: number) =>
  Type.Unsafe<number | null>({
    type: ['integer', 'null'],
    description: `Port that the container listens on. If null, it is \`service.port\`, or ${fallback} if that is below ${LOWEST_CONTAINER_PORT}.`,
    default: null,
    ...PORT,
    minimum: LOWEST_CONTAINER_PORT,
  })

/** Fields that all Services have. */
const serviceFields = {
  annotations: annotations('Annotations for the Service.'),
  labels: labels('Additional labels for the Service.'),
  trafficDistribution: nullable(
    choice(
      "Which pods to prefer for a client's requests: those in the client's zone (`PreferClose`, `PreferSameZone`) or on the client's node (`PreferSameNode`). `PreferClose` requires Kubernetes 1.31 or later, and the other two require 1.34 or later. If empty, no pods are preferred.",
      '',
      ['', 'PreferClose', 'PreferSameZone', 'PreferSameNode'],
    ),
  ),
  ipFamilyPolicy: nullable(
    choice("Whether the Service has one or two IP families. If empty, the cluster's default applies.", '', [
      '',
      'SingleStack',
      'PreferDualStack',
      'RequireDualStack',
    ]),
  ),
  ipFamilies: nullable(
    Type.Array(Type.Enum(['IPv4', 'IPv6']), {
      description: "IP families of the Service, the preferred one first. If empty, the cluster's default applies.",
      uniqueItems: true,
      default: [],
    }),
  ),
}

/** Fields of a Service that may be reachable from outside the cluster. */
const publicServiceFields = {
  nodePort: nullable(
    Type.Unsafe<number>({
      type: 'integer',
      description: 'Node port, used with type `NodePort` or `LoadBalancer`. If null, Kubernetes chooses one.',
      default: null,
      ...PORT,
    }),
  ),
  ...serviceFields,
  clusterIP: string(
    'IP address inside the cluster, or `None` for a headless Service. If empty, Kubernetes chooses an address.',
    '',
    {
      pattern: `^$|^None$|${IP_ADDRESS}`,
    },
  ),
  externalIPs: nullable(
    Type.Array(Type.String({ pattern: IP_ADDRESS }), {
      description: 'IP addresses of nodes at which the Service is also reachable.',
      uniqueItems: true,
      default: [],
    }),
  ),
  loadBalancerClass: string("Implementation of the load balancer. If empty, the cluster's default applies.", '', {
    pattern: `^$|${QUALIFIED_NAME}`,
  }),
  loadBalancerIP: string('IP address of the load balancer, if the cloud provider lets you choose it.', '', {
    pattern: `^$|${IP_ADDRESS}`,
  }),
  loadBalancerSourceRanges: nullable(
    Type.Array(Type.String({ pattern: IP_RANGE }), {
      description: 'IP ranges, such as `10.0.0.0/8`, that can reach the load balancer. If empty, all addresses can.',
      uniqueItems: true,
      default: [],
    }),
  ),
  allocateLoadBalancerNodePorts: boolean(
    'Allocate node ports for the load balancer. Set this value to false if the load balancer reaches the pods directly.',
    true,
  ),
  healthCheckNodePort: nullable(
    Type.Unsafe<number>({
      type: 'integer',
      description:
        "Node port for the load balancer's health checks, used with `externalTrafficPolicy: Local`. If null, Kubernetes chooses one.",
      default: null,
      ...PORT,
    }),
  ),
  externalTrafficPolicy: nullable(
    choice(
      'How requests from outside the cluster are routed. `Local` uses only pods on the node that received the request, and keeps client addresses. If empty, `Cluster` applies.',
      '',
      ['', 'Cluster', 'Local'],
    ),
  ),
  internalTrafficPolicy: nullable(
    choice(
      "Pods that get requests from inside the cluster. `Local` uses only pods on the client's node. If empty, `Cluster` applies.",
      '',
      ['', 'Cluster', 'Local'],
    ),
  ),
  sessionAffinity: nullable(
    choice('`ClientIP` sends all requests from a client to the same pod. If empty, `None` applies.', '', [
      '',
      'None',
      'ClientIP',
    ]),
  ),
  sessionAffinityConfig: passedOn('Settings for `sessionAffinity: ClientIP`.'),
  extraPorts: passedOnList('Additional ports of the Service, such as those of sidecars.'),
}

interface ResourceDefaults {
  requests: { cpu: string; memory: string }
  limits: { cpu: string; memory: string }
}

/** Requests or limits. Other resources, such as `ephemeral-storage` or those of a device plug-in, have no default. */
const resourceList = (description: string, properties: Record<'cpu' | 'memory', ReturnType<typeof quantity>>) =>
  nullable({
    ...object(description, properties),
    patternProperties: {
      '^(ephemeral-storage|hugepages-[1-9][0-9]*[KMGTPE]i)$': quantity('', ''),
      [`^${LABEL}(\\.${LABEL})*/${NAME}$`]: {
        ...quantity('', ''),
        pattern: '^[0-9]+([kMGTPE]|[KMGTPE]i)?$',
        multipleOf: 1,
      },
    },
  })

const resources = ({ requests, limits }: ResourceDefaults) =>
  nullable(
    object('Resource requests and limits of a pod.', {
      requests: resourceList('Resources that the scheduler reserves.', {
        cpu: quantity('CPU request.', requests.cpu),
        memory: quantity('Memory request.', requests.memory),
      }),
      limits: resourceList('Resources that a pod may not exceed.', {
        cpu: quantity('CPU limit.', limits.cpu),
        memory: quantity('Memory limit. A pod that exceeds it is killed.', limits.memory),
      }),
    }),
  )

const replicas = nullable(
  integer(
    'Number of pods if autoscaling is off. If null, another tool, such as KEDA or `kubectl scale`, sets the number.',
    2,
    0,
  ),
)

interface ProbeDefaults {
  period: number
  timeout: number
  failures: number
}

/** Fields that all probes have. `maxSuccesses` limits `successThreshold`. */
const probeFields = ({ period, timeout, failures }: ProbeDefaults, maxSuccesses: number) => ({
  initialDelaySeconds: count(
    'Time from the start of the container to the first probe, in seconds. If null, the Kubernetes default, 0, applies.',
  ),
  periodSeconds: nullable(integer('Time between two probes, in seconds.', period, 1)),
  timeoutSeconds: nullable(integer('Timeout of a probe, in seconds.', timeout, 1)),
  successThreshold: count(
    `Number of consecutive successes after which a probe that has failed counts as successful again.${maxSuccesses === 1 ? ' Kubernetes allows only 1 here.' : ''} If null, the Kubernetes default, 1, applies.`,
    1,
    maxSuccesses,
  ),
  failureThreshold: nullable(
    integer('Number of consecutive failures after which the probe counts as failed.', failures, 1),
  ),
})

/** Probe whose failure restarts the container. */
const restartingProbe = (description: string, defaults: ProbeDefaults) =>
  nullableObject(description, {
    ...probeFields(defaults, 1),
    terminationGracePeriodSeconds: count(
      "How long a container may take to stop after a failed probe before it is killed, in seconds. If null, the pod's `terminationGracePeriodSeconds` applies.",
      1,
    ),
  })

const readinessProbe = (description: string, defaults: ProbeDefaults) =>
  nullableObject(description, probeFields(defaults, MAX_INTEGER))

const strategy = choice(
  'How an update replaces the pods. `Recreate` stops all old pods before it starts new ones, so no requests are answered in between.',
  'RollingUpdate',
  ['RollingUpdate', 'Recreate'],
)

const rollingUpdate = nullable(
  object('Rolling update. At least one of the two values must be above 0.', {
    maxSurge: pods('Number or percentage of additional pods that an update may start.', 1, 0, PERCENTAGE),
    maxUnavailable: pods('Number or percentage of replicas that may be unavailable during an update.', 0, 0),
  }),
)

const topologySpread = nullableObject('How pods are spread across nodes and zones.', {
  enabled: boolean('Spread the pods across nodes and zones.', true),
  maxSkew: integer('Maximum difference in the number of pods between two nodes or two zones.', 1, 1),
  whenUnsatisfiable: choice(
    'Whether a pod that would exceed `maxSkew` is scheduled anyway or stays pending.',
    'ScheduleAnyway',
    ['ScheduleAnyway', 'DoNotSchedule'],
  ),
  topologyKeys: Type.Array(Type.String({ minLength: 1 }), {
    description: 'Node labels that define the groups of nodes to spread across.',
    uniqueItems: true,
    default: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'],
  }),
  constraints: passedOnList(
    'Topology spread constraints to use instead of the values above. The chart adds a `labelSelector` to those that have none.',
  ),
})

const podDisruptionBudget = nullableObject(
  'PodDisruptionBudget, which limits voluntary disruptions such as node drains.',
  {
    enabled: boolean('Create a PodDisruptionBudget.', false),
    minAvailable: pods('Number or percentage of pods that must stay available.', 1, 1),
    maxUnavailable: pods(
      'Number or percentage of pods that may be unavailable. Takes precedence over `minAvailable`.',
      null,
      1,
    ),
    unhealthyPodEvictionPolicy: nullable(
      choice(
        'Whether pods that are not ready can be evicted: `AlwaysAllow` lets node drains remove them. If empty, the Kubernetes default, `IfHealthyBudget`, applies.',
        '',
        ['', 'IfHealthyBudget', 'AlwaysAllow'],
      ),
    ),
  },
)

/** Values that decide which node runs a pod. */
const scheduling = {
  nodeSelector: labels('Labels that a node must have to run the pods.'),
  tolerations: passedOnList('Taints that the pods tolerate. If empty, `global.tolerations` applies.'),
  affinity: passedOn('Affinity rules of the pods. If empty, `global.affinity` applies.'),
  priorityClassName: string(
    'PriorityClass of the pods. If empty, `global.priorityClassName` applies or, if that is empty too, the Kubernetes default.',
    '',
    OBJECT_NAME,
  ),
}

/** Options that the pods of all components have. `user` is the ID of the user and group in the image. */
const podOptions = (user: number) => ({
  podSecurityContext: passedOn(
    'Security context of the pods. Set a field to null to let the cluster choose its value, for example on OpenShift.',
    {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      seccompProfile: { type: 'RuntimeDefault' },
    },
  ),
  containerSecurityContext: passedOn('Security context of the container.', {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  }),
  labels: labels('Additional labels for the pods.'),
  annotations: annotations('Annotations for the pods.'),
  extraEnv: passedOnList('Additional environment variables.', {
    // YAML reads an unquoted value such as 5 or true as a number or a boolean, which Kubernetes rejects.
    value: Type.Optional(nullable(Type.String())),
  }),
  extraEnvFrom: passedOnList('ConfigMaps and Secrets with additional environment variables.'),
  initContainers: passedOnList('Init containers of the pods.'),
  extraContainers: passedOnList('Additional containers of the pods, such as sidecars.'),
  extraVolumes: passedOnList('Additional volumes of the pods.'),
  extraVolumeMounts: passedOnList('Additional volume mounts of the container.'),
  ...scheduling,
  schedulerName: string('Scheduler of the pods. If empty, the Kubernetes default applies.', '', OBJECT_NAME),
  runtimeClassName: string('RuntimeClass of the pods. If empty, the Kubernetes default applies.', '', OBJECT_NAME),
  hostNetwork: boolean(
    'Use the network of the node. Each node can then run only one pod per port, and NetworkPolicies might not apply.',
    false,
  ),
  hostUsers: boolean(
    "Run the pods in the node's user namespace. False gives each pod its own user namespace, and requires Kubernetes 1.33 or later.",
    true,
  ),
  shareProcessNamespace: boolean("Let the containers of a pod see each other's processes.", false),
  hostAliases: passedOnList('Additional host names and addresses in the hosts file of the pods.'),
  dnsPolicy: nullable(
    choice(
      'DNS policy of the pods. If empty, `ClusterFirst` applies, or `ClusterFirstWithHostNet` with `hostNetwork`.',
      '',
      ['', 'ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
    ),
  ),
  dnsConfig: passedOn('Additional DNS settings of the pods.'),
  deploymentAnnotations: annotations('Annotations for the Deployment.'),
  revisionHistoryLimit: count(
    'Number of old revisions to keep for rollbacks. If null, the Kubernetes default, 10, applies.',
  ),
  progressDeadlineSeconds: count(
    'Time after which an update without progress counts as failed, in seconds. It must be longer than `minReadySeconds`. If null, the Kubernetes default, 600, applies.',
    1,
  ),
  minReadySeconds: count(
    'How long a new pod must be ready before an update continues, in seconds. If null, the Kubernetes default, 0, applies.',
  ),
})

const scaling = (description: string, { window, pods, period }: { window: number; pods: number; period: number }) =>
  nullableObject(description, {
    stabilizationWindowSeconds: nullable(
      integer('How long the autoscaler takes past recommendations into account, in seconds.', window, 0, 3600),
    ),
    pods: nullable(
      integer(
        'Maximum number of pods that are added or removed per scaling period. If null, this policy is omitted.',
        pods,
        1,
      ),
    ),
    periodSeconds: integer('Length of the scaling period, in seconds.', period, 1, 1800),
    policies: passedOnList('Scaling policies to use instead of `pods` and `periodSeconds`.'),
    selectPolicy: nullable(
      choice(
        'Which scaling policy applies if there are several. `Disabled` turns off scaling in this direction. If empty, the Kubernetes default, `Max`, applies.',
        '',
        ['', 'Max', 'Min', 'Disabled'],
      ),
    ),
  })

const autoscalingBehavior = nullableObject('How fast the autoscaler adds and removes pods.', {
  scaleUp: scaling('How fast the autoscaler adds pods.', { window: 0, pods: 4, period: 15 }),
  scaleDown: scaling('How fast the autoscaler removes pods.', { window: 300, pods: 1, period: 60 }),
})

/** Target use of a resource. It may exceed 100%, because a pod may use more than it requests. */
const utilization = (resource: string, value: number) =>
  nullable(
    integer(
      `Target ${resource} use, as a percentage of the ${resource} request. If null, pods are not scaled by ${resource} use.`,
      value,
      1,
    ),
  )

const extraMetrics = passedOnList('Additional metrics to scale by.')

/** Service settings that the templates derive from other values. */
const DERIVED_SETTINGS = [
  'HOST',
  'PORT',
  'METRICS_PORT',
  'CPU_LIMIT_MILLICORES',
  'MEMORY_LIMIT_BYTES',
  'REDIS_NODES',
  'REDIS_USERNAME',
  'REDIS_PASSWORD',
  'REDIS_TLS',
  'REDIS_TLS_CA_FILE',
] as const satisfies SettingName[]

type AppSettings = {
  [N in Exclude<SettingName, (typeof DERIVED_SETTINGS)[number]>]: XStatic<(typeof SETTINGS)[N]>
}

/**
 * Defaults that only a cluster needs: a busy ingress controller may send requests to a pod for more than 5 seconds
 * after the pod has begun to stop.
 */
const CLUSTER_DEFAULTS: Partial<AppSettings> = { SHUTDOWN_DELAY_SECONDS: 10, SHUTDOWN_TIMEOUT_SECONDS: 20 }

function appSettings() {
  const isDerived = (name: string) => (DERIVED_SETTINGS as readonly string[]).includes(name)
  const own = Object.entries<SettingSchema>(SETTINGS).filter(([name]) => !isDerived(name))
  const properties = own.map(([name, schema]) => [
    name,
    {
      ...schema,
      default: CLUSTER_DEFAULTS[name as keyof AppSettings] ?? schema.default,
      ...(schema.maximum !== undefined && { maximum: Math.min(schema.maximum, MAX_INTEGER) }),
    },
  ])
  return Type.Unsafe<AppSettings>(
    object('Environment variables of the service, by name.', Object.fromEntries(properties)),
  )
}

const app = object('Autocomplete service.', {
  image: image('the service', 'autocomplete-system'),
  replicas,
  resources: resources({ requests: { cpu: '250m', memory: '256Mi' }, limits: { cpu: '1000m', memory: '512Mi' } }),
  settings: appSettings(),
  containerPort: containerPort(USUAL_PORTS.app),
  service: object('Service in front of the pods.', {
    type: choice('Type of the Service.', 'ClusterIP', ['ClusterIP', 'NodePort', 'LoadBalancer']),
    port: integer('Port of the Service.', USUAL_PORTS.app, PORT.minimum, PORT.maximum),
    ...publicServiceFields,
  }),
  probes: nullableObject(
    'Probes of the pods. `/health` succeeds while a process is alive, and `/ready` while the process can answer queries.',
    {
      startup: restartingProbe('Startup probe. Once it succeeds, the other probes start.', {
        period: 1,
        timeout: 2,
        failures: 60,
      }),
      liveness: restartingProbe('Liveness probe. A failure restarts the pod.', {
        period: 10,
        timeout: 3,
        failures: 3,
      }),
      readiness: readinessProbe('Readiness probe. While it fails, the pod gets no requests.', {
        period: 5,
        timeout: 3,
        failures: 2,
      }),
    },
  ),
  terminationGracePeriodSeconds: nullable(
    integer(
      'How long a stopping pod may take before it is killed, in seconds. It must exceed the sum of `SHUTDOWN_DELAY_SECONDS` and `SHUTDOWN_TIMEOUT_SECONDS`. If null, the Kubernetes default, 30, applies.',
      45,
      1,
    ),
  ),
  strategy,
  rollingUpdate,
  topologySpread,
  autoscaling: nullableObject('HorizontalPodAutoscaler.', {
    enabled: boolean('Create a HorizontalPodAutoscaler.', false),
    minReplicas: integer('Minimum number of pods.', 2, 1),
    maxReplicas: integer('Maximum number of pods.', 4, 1),
    targetCPUUtilizationPercentage: utilization('CPU', 70),
    targetMemoryUtilizationPercentage: utilization('memory', 75),
    extraMetrics,
    behavior: autoscalingBehavior,
  }),
  podDisruptionBudget,
  lifecycle: passedOn('Lifecycle hooks of the container.'),
  ...podOptions(1000),
})

const redis = object('Redis with the dataset, read-only.', {
  mode: choice(
    'Which Redis to use. `internal` deploys one; `external` uses an existing one that contains a dataset.',
    'internal',
    ['internal', 'external'],
  ),
  external: object(
    'Existing Redis, used if `mode` is `external`. Templates in the host name and in the names of Secrets are rendered.',
    {
      host: string('Host name or IP address of Redis. The service connects to all addresses of a host name.', '', {
        ...withTemplates({ pattern: REDIS_HOST }),
      }),
      port: integer('Port of Redis.', USUAL_PORTS.redis, PORT.minimum, PORT.maximum),
      existingSecret: string(
        'Secret with the user name and the password. Leave it empty if Redis requires neither.',
        '',
        withTemplates(OBJECT_NAME),
      ),
      usernameKey: string(
        'Key of the user name in the Secret. If empty, the default user is used.',
        'username',
        DATA_KEY,
      ),
      passwordKey: string('Key of the password in the Secret.', 'password', { ...DATA_KEY, minLength: 1 }),
      tls: object('Encryption of connections to Redis.', {
        enabled: boolean('Encrypt connections to Redis with TLS.', false),
        caSecret: string(
          'Secret with the CA certificate for Redis. If empty, the certificate authorities that Node.js trusts are used.',
          '',
          withTemplates(OBJECT_NAME),
        ),
        caKey: string('Key of the certificate in the Secret.', 'ca.crt', { ...DATA_KEY, minLength: 1 }),
      }),
    },
  ),
  image: image('Redis with the dataset', 'redis-with-data'),
  replicas,
  resources: resources({ requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '512Mi' } }),
  config: object('Directives of redis.conf, by name.', {
    maxmemory: string(
      'Memory for the data. It must exceed the size of the dataset and stay below the memory limit.',
      '384mb',
      {
        pattern: '^[0-9]+(kb|mb|gb)$',
      },
    ),
    maxclients: integer('Maximum number of connections.', 1000, 1),
    'tcp-keepalive': integer('Time between TCP keep-alive probes, in seconds.', 60, 0),
    'io-threads': integer('Number of threads that read and write sockets.', 1, 1, 16),
  }),
  extraArgs: nullable(
    Type.Array(Type.String({ minLength: 1 }), {
      description: 'Additional arguments of redis-server, such as `[--loglevel, warning]`.',
      default: [],
    }),
  ),
  dataset: object('Dataset in the image.', {
    version: string(
      'Version that the PostStart check requires. Answers contain it as `version`. If empty, any version is accepted.',
      '',
      {
        pattern: '^([0-9a-f]{16})?$',
      },
    ),
  }),
  containerPort: containerPort(USUAL_PORTS.redis),
  service: object('The Service in front of the pods, and the headless Service that the app uses.', {
    port: integer(
      'Port of the Service. The headless Service uses the port of the container instead.',
      USUAL_PORTS.redis,
      PORT.minimum,
      PORT.maximum,
    ),
    ...serviceFields,
  }),
  probes: nullableObject('Probes of the pods. Each probe runs `redis-cli ping`.', {
    startup: restartingProbe('Startup probe. Once it succeeds, the other probes start.', {
      period: 1,
      timeout: 2,
      failures: 120,
    }),
    liveness: restartingProbe('Liveness probe. A failure restarts the pod.', {
      period: 10,
      timeout: 5,
      failures: 3,
    }),
    readiness: readinessProbe('Readiness probe. While it fails, the pod gets no queries.', {
      period: 5,
      timeout: 3,
      failures: 2,
    }),
  }),
  preStopSeconds: integer(
    'How long a stopping pod continues to answer, in seconds. Clients may use a cached DNS answer with the address of the pod for some time (30 seconds in most clusters). The value must exceed this time.',
    35,
    0,
  ),
  terminationGracePeriodSeconds: nullable(
    integer(
      'How long a stopping pod may take before it is killed, in seconds. It must be longer than `preStopSeconds`. If null, the Kubernetes default, 30, applies.',
      60,
      1,
    ),
  ),
  strategy,
  rollingUpdate,
  topologySpread,
  autoscaling: nullableObject('HorizontalPodAutoscaler.', {
    enabled: boolean('Create a HorizontalPodAutoscaler.', false),
    minReplicas: integer('Minimum number of pods.', 2, 1),
    maxReplicas: integer('Maximum number of pods.', 4, 1),
    targetCPUUtilizationPercentage: utilization('CPU', 70),
    extraMetrics,
    behavior: autoscalingBehavior,
  }),
  podDisruptionBudget,
  ...podOptions(999),
})

/** Timeout that an ingress controller applies, in seconds. */
const controllerTimeout = (description: string) =>
  nullable(integer(`${description}, in seconds. If null, the controller decides.`, 30, 1, 86_400))

const ingress = object('Access from outside the cluster. The values are the same for all controllers.', {
  enabled: boolean('Create an Ingress or, with `gateway`, an HTTPRoute.', false),
  controller: choice(
    'Controller whose objects and annotations are used: `ingress-nginx` (retired in March 2026), `nginx` (by F5), `traefik`, `haproxy` (by HAProxy Technologies), `haproxy-ingress`, `contour`, `gateway` for any implementation of the Gateway API, or `other`, which uses only `annotations`.',
    'ingress-nginx',
    ['ingress-nginx', 'nginx', 'traefik', 'haproxy', 'haproxy-ingress', 'contour', 'gateway', 'other'],
  ),
  className: nullable(
    string("IngressClass. If empty, the cluster's default applies. `gateway` does not use it.", 'nginx', OBJECT_NAME),
  ),
  hosts: nullable(
    Type.Array(
      object('Host.', {
        host: string('Host name, such as `search.example` or `*.example`. If empty, any host is accepted.', '', {
          ...withTemplates({ pattern: HOST_NAME }),
          maxLength: 253,
        }),
        paths: Type.Optional(
          nullable(
            Type.Array(
              object('Path.', {
                path: Type.String({
                  description: 'Path of the requests. It is passed to the pods unchanged.',
                  pattern: '^/',
                }),
                pathType: Type.Optional(
                  choice('How the path is matched. The default is `Prefix`.', 'Prefix', [
                    'Prefix',
                    'Exact',
                    'ImplementationSpecific',
                  ]),
                ),
              }),
              { description: 'Paths of the host, as `{path, pathType}`. If empty, `/` and all paths below it.' },
            ),
          ),
        ),
      }),
      {
        description:
          'Hosts, as `{host, paths: [{path, pathType}]}`. Without `paths`, requests for all paths go to the app. If empty, any host is accepted. Templates in host names are rendered.',
        default: [],
      },
    ),
  ),
  tls: nullable(
    Type.Array(
      object('Certificate.', {
        secretName: Type.Optional(
          string(
            "Secret with the certificate. If empty, the controller's default certificate is used.",
            '',
            withTemplates(OBJECT_NAME),
          ),
        ),
        hosts: Type.Optional(
          nullable(
            Type.Array(Type.String({ minLength: 1, maxLength: 253, ...withTemplates({ pattern: HOST_NAME }) }), {
              description: 'Host names in the certificate. If empty, the controller decides.',
            }),
          ),
        ),
      }),
      {
        description:
          'Certificates, as `{secretName, hosts}`. If empty, the app is served over plain HTTP. With `gateway`, the Gateway holds the certificates. Templates are rendered.',
        default: [],
      },
    ),
  ),
  extraRules: passedOnList('Additional rules of the Ingress or of each HTTPRoute, such as those for other Services.'),
  gateway: object('Gateways of the HTTPRoute, used if `controller` is `gateway`.', {
    implementation: nullable(
      choice(
        'Gateway API implementation to create policies for. If empty, only objects that every implementation accepts are created.',
        '',
        ['', 'envoy-gateway', 'istio', 'nginx-gateway-fabric'],
      ),
    ),
    parentRefs: passedOnList(
      'Gateways that the HTTPRoute attaches to, as `{name, namespace, sectionName}`. `namespace` defaults to the namespace of the release.',
    ),
    filters: passedOnList('Filters for requests to the app, such as `{type: RequestHeaderModifier, …}`.'),
  }),
  labels: labels('Additional labels for the Ingress or the HTTPRoutes.'),
  annotations: annotations(
    "Additional annotations. They take precedence over the chart's annotations; lists of Traefik middlewares are joined.",
  ),
  timeouts: nullableObject(
    'Timeouts that the controller applies to requests to a pod. If null, the controller decides all of them.',
    {
      connectSeconds: controllerTimeout('Timeout for connecting to a pod'),
      sendSeconds: controllerTimeout('Timeout for sending a request'),
      readSeconds: controllerTimeout('Timeout for reading an answer'),
    },
  ),
  upstreamKeepalive: object('Idle connections from the controller to the pods.', {
    connections: integer('Maximum number of idle connections.', 1000, 1),
    requests: integer('Number of requests after which a connection is closed.', 10_000, 1),
  }),
  proxyBuffering: object('Buffering of answers in the controller.', {
    enabled: boolean('Buffer answers in the controller.', true),
    // Beyond these limits, nginx rejects its whole configuration.
    bufferSize: string('Size of a buffer.', '8k', { pattern: '^([1-9][0-9]{0,5}k|[1-9][0-9]{0,2}m)$' }),
    buffers: integer('Number of buffers per connection.', 8, 3),
  }),
  maxBodySize: nullable(
    string('Maximum size of a request body. If null, the controller decides.', '1m', { pattern: '^[0-9]{1,9}[km]$' }),
  ),
  http2: boolean('Allow clients to use HTTP/2.', true),
  loadBalancing: choice('How requests are distributed among the pods.', 'round_robin', [
    'round_robin',
    'least_connections',
  ]),
  maxConnections: nullable(
    integer(
      'Limit whose meaning depends on the controller. With `ingress-nginx` and `traefik`, it is the maximum number of requests in flight per client address. With `haproxy-ingress`, it is the maximum number of connections per client address. With `nginx`, it is the maximum number of connections from each pod of the controller to each pod of the app, unless `guard.requestsInFlight.enabled` is true. Other controllers ignore it. If null, there is no limit.',
      10_000,
      1,
    ),
  ),
  guard: object('Limits in the controller that protect the pods from more requests than they can answer.', {
    requestsInFlight: object('Limit on concurrent requests.', {
      enabled: boolean('Limit the number of requests in flight.', false),
      perPod: integer(
        'Maximum number of requests in flight per pod. With the preset `8cpu-24k`, at most 400 are expected: 4,000 requests/s, each answered within 100 ms.',
        500,
        1,
      ),
    }),
    requestRate: object('Limit on the request rate of each client address.', {
      enabled: boolean(
        "Limit the request rate of each client address. The controller must see the clients' addresses, not that of a load balancer.",
        false,
      ),
      perSecond: integer(
        'Maximum number of requests per second. A person who types fast sends about 10, but many people may share an address.',
        100,
        1,
      ),
      burst: integer(
        'Number of requests by which a client may briefly exceed the rate, if the controller supports bursts.',
        200,
        1,
      ),
    }),
  }),
  retries: object('Retries on another pod.', {
    conditions: Type.Array(Type.Enum(['error', 'timeout', 'http_502', 'http_503', 'http_504']), {
      description: 'Conditions that cause a retry. If empty, nothing is retried.',
      default: ['error', 'timeout'],
    }),
    attempts: integer('Maximum number of pods to try.', 3, 1, 100),
  }),
})

/** Pattern for a Prometheus duration, such as `1m30s`. It may be empty. */
const PROMETHEUS_DURATION = '^([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$'

const monitoringNamespace = (kind: string) =>
  string(
    `Namespace of the ${kind}. If empty, the namespace of the release is used. If you set a different namespace, the namespace of the release is appended to the name of the ${kind}.`,
    '',
    { pattern: NAME_PART, maxLength: 63 },
  )

/** Values that a ServiceMonitor and a PodMonitor have in common. */
const monitor = (kind: string) => ({
  enabled: boolean(`Create a ${kind}.`, false),
  labels: labels(`Labels by which your Prometheus finds the ${kind}.`),
  annotations: annotations(`Annotations for the ${kind}.`),
  namespace: monitoringNamespace(kind),
  interval: nullable(
    string('Time between two scrapes, such as `15s` or `1m30s`. If empty, the Prometheus default applies.', '15s', {
      pattern: PROMETHEUS_DURATION,
    }),
  ),
  scrapeTimeout: string(
    'Timeout of a scrape. It must not exceed `interval`. If empty, the Prometheus default applies.',
    '',
    { pattern: PROMETHEUS_DURATION },
  ),
  honorLabels: boolean("Keep a metric's own labels if they conflict with labels that Prometheus adds.", false),
  relabelings: passedOnList('Rules that change the labels of the pods before a scrape.'),
  metricRelabelings: passedOnList('Rules that change or drop metrics after a scrape.'),
})

const metrics = object('Metrics for the Prometheus operator and Grafana. The service always serves `/metrics`.', {
  port: integer(
    'Port for `/metrics`, and for the probes if a pod has one HTTP process. The ingress does not expose this port. If 0, `/metrics` and the probes use the query port.',
    9090,
    0,
    65535,
  ),
  serviceMonitor: object('ServiceMonitor that lets Prometheus scrape every pod.', {
    ...monitor('ServiceMonitor'),
    targetLabels: nullable(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'Labels that Prometheus copies from the Service to the metrics.',
        uniqueItems: true,
        default: [],
      }),
    ),
  }),
  podMonitor: object('PodMonitor that lets Prometheus scrape every pod without using the Service.', {
    ...monitor('PodMonitor'),
    podTargetLabels: nullable(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'Labels that Prometheus copies from the pods to the metrics.',
        uniqueItems: true,
        default: [],
      }),
    ),
  }),
  prometheusRule: object('PrometheusRule with alerts.', {
    enabled: boolean(
      'Create a PrometheusRule. Its alerts need the labels `job` and `namespace` that the ServiceMonitor and the PodMonitor set.',
      false,
    ),
    labels: labels('Labels by which your Prometheus finds the PrometheusRule.'),
    annotations: annotations('Annotations for the PrometheusRule.'),
    namespace: monitoringNamespace('PrometheusRule'),
    objectives: object('Service level objectives. Alerts fire if queries miss them too often.', {
      availabilityPercent: percent(
        'Percentage of queries that get an answer other than 5xx. Rejections of queries that are less critical than `typed` are not counted.',
        99.9,
      ),
      latencyPercent: percent('Percentage of queries that are answered within `latencySeconds`.', 99),
      latencySeconds: Type.Number({
        description: 'Maximum latency of a query that meets the latency objective, in seconds.',
        default: 0.1,
        enum: LATENCY_SECONDS,
      }),
    }),
    runbooks: string(
      "Base URL of the runbooks. The name of the alert and `.md` are appended. If empty, the runbooks in the project's repository are used.",
      '',
    ),
  }),
  dashboard: object("ConfigMap with a Grafana dashboard, which Grafana's sidecar loads.", {
    enabled: boolean('Create the ConfigMap with the dashboard.', false),
    labels: labels('Labels by which the sidecar finds the ConfigMap.', { grafana_dashboard: '1' }),
    annotations: annotations('Annotations for the ConfigMap, such as `grafana_folder`, the folder of the dashboard.'),
    namespace: monitoringNamespace('ConfigMap'),
  }),
})

const networkPolicy = object('Network access. A network plug-in must enforce it.', {
  enabled: boolean(
    'Create NetworkPolicies: only the app can reach Redis, and the app can reach only Redis and DNS.',
    false,
  ),
  from: passedOnList('Sources that can reach the app. If empty, all sources can.'),
  metricsFrom: passedOnList(
    'Sources that can reach the metrics port. If empty, these are the sources that can reach the app.',
  ),
  dnsPorts: nullable(
    Type.Array(Type.Integer(PORT), {
      description:
        'Ports on which the app can reach DNS servers. Some network plug-ins check the port of the DNS pods (5353 on OpenShift) instead of the port of the DNS Service. If empty, DNS is blocked.',
      uniqueItems: true,
      default: [53, 5353],
    }),
  ),
  extraIngress: passedOnList('Additional rules for connections to the app.'),
  extraEgress: passedOnList('Additional rules for connections from the app.'),
  redis: object('NetworkPolicy of Redis.', {
    extraIngress: passedOnList('Additional rules for connections to Redis, such as those of a publisher.'),
    extraEgress: passedOnList('Additional rules for connections from Redis.'),
  }),
})

/** Schema of `chart/values.yaml`. The schema for Helm is generated from it. */
export const valuesSchema = object('Values of the autocomplete chart.', {
  nameOverride: string(
    "Name that replaces the chart's name in object names. Labels stay the same, because the selectors of Deployments are immutable.",
    '',
    { pattern: NAME_PART },
  ),
  fullnameOverride: string(
    'Name that replaces the names of the release and the chart in object names. If it has more than 48 characters, it is shortened and ends with a hash.',
    '',
    { pattern: NAME_PREFIX },
  ),
  namespaceOverride: string('Namespace of all objects. If empty, the namespace of the release is used.', '', {
    pattern: NAME_PART,
    maxLength: 63,
  }),
  imagePullSecrets: pullSecrets('Secrets for pulling the images, by name or as `{name: …}`.'),
  commonLabels: labels('Additional labels for all objects.'),
  commonAnnotations: annotations('Additional annotations for all objects except pods.'),
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
      description: 'Additional Kubernetes objects, as YAML or as strings. Templates in them are rendered.',
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
      tolerations: passedOnList('Taints that the pods tolerate, unless a component has its own tolerations.'),
      affinity: passedOn('Affinity rules of the pods, unless a component has its own.'),
      priorityClassName: string('PriorityClass of the pods, unless a component has its own.', '', OBJECT_NAME),
    }),
    additionalProperties: true,
  }),
  enabled: Type.Optional(
    Type.Boolean({
      description: 'Used only by a parent chart, as the `condition` of the dependency: false leaves this chart out.',
    }),
  ),
  app,
  redis,
  ingress,
  networkPolicy,
  metrics,
})

/** All values of the chart. */
export type Values = Type.Static<typeof valuesSchema>

/** Any part of a type, at any depth. Arrays must be complete. */
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
  return port ?? (service.port >= LOWEST_CONTAINER_PORT ? service.port : USUAL_PORTS[component])
}

/** Default values of the chart. */
export const defaultValues = defaultsOf(valuesSchema as SchemaNode) as Values
