/** Values that the app and Redis have in common: images, Services, resources, probes, scheduling, and autoscaling. */
import Type from 'typebox'
import {
  annotations,
  boolean,
  CLUSTER_IP,
  choice,
  count,
  DEVICE_QUANTITY,
  DIGEST,
  IMAGE_REPOSITORY,
  IMAGE_TAG,
  IP_ADDRESS,
  IP_RANGE,
  integer,
  LABEL,
  LOAD_BALANCER_CLASS,
  labels,
  MAX_INTEGER,
  MEMORY,
  NAME,
  nullable,
  nullableObject,
  OBJECT_NAME,
  OPTIONAL_IP_ADDRESS,
  object,
  optionalBoolean,
  optionalInteger,
  optionalSettings,
  optionalText,
  PERCENTAGE,
  PORT,
  passThrough,
  passThroughList,
  pods,
  quantity,
  string,
} from './schema.ts'

export const image = (what: string, repository: string) =>
  object(`Image of ${what}.`, {
    repository: string('Image repository.', repository, { pattern: IMAGE_REPOSITORY }),
    tag: string("Image tag. If empty, the chart's `appVersion` is used.", '', { pattern: IMAGE_TAG }),
    digest: string('Image digest, `sha256:…`. Takes precedence over `tag`.', '', { pattern: DIGEST }),
    pullPolicy: nullable(choice('Image pull policy.', 'IfNotPresent', ['Always', 'IfNotPresent', 'Never'])),
  })

/** Lowest port that a container without root privileges can listen on in every cluster. */
export const LOWEST_CONTAINER_PORT = 1024

/** Default ports of the components. */
export const DEFAULT_PORTS = { app: 8000, redis: 6379 }

/** Returns the schema of a container's port. `fallback` is the default port of the component. */
export const containerPort = (fallback: number) =>
  Type.Unsafe<number | null>({
    type: ['integer', 'null'],
    description: `Port that the container listens on. If null, \`service.port\` is used, or ${fallback} if \`service.port\` is below ${LOWEST_CONTAINER_PORT}.`,
    default: null,
    ...PORT,
    minimum: LOWEST_CONTAINER_PORT,
  })

/** Fields that all Services have. */
export const serviceFields = {
  annotations: annotations('Annotations for the Service.'),
  labels: labels('Additional labels for the Service.'),
  trafficDistribution: nullable(
    choice(
      "Which pods to prefer for a client's requests: pods in the client's zone (`PreferClose`, `PreferSameZone`) or pods on the client's node (`PreferSameNode`). `PreferClose` requires Kubernetes 1.31 or later, and the other two require 1.34 or later. If empty, no pods are preferred.",
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
export const publicServiceFields = {
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
    { pattern: CLUSTER_IP },
  ),
  externalIPs: nullable(
    Type.Array(Type.String({ pattern: IP_ADDRESS }), {
      description:
        'Additional IP addresses at which nodes accept traffic for the Service. Kubernetes does not manage them.',
      uniqueItems: true,
      default: [],
    }),
  ),
  loadBalancerClass: string("Implementation of the load balancer. If empty, the cluster's default applies.", '', {
    pattern: LOAD_BALANCER_CLASS,
  }),
  loadBalancerIP: string('IP address of the load balancer, if the cloud provider lets you choose it.', '', {
    pattern: OPTIONAL_IP_ADDRESS,
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
  sessionAffinityConfig: passThrough('Settings for `sessionAffinity: ClientIP`.'),
  extraPorts: passThroughList('Additional ports of the Service, such as ports of sidecars.'),
}

interface ResourceDefaults {
  requests: { cpu: string; memory: string }
  limits: { cpu: string; memory: string }
}

/** Returns the schema of requests or limits. Resources other than CPU and memory, such as devices, have no default. */
const resourceList = (description: string, properties: Record<'cpu' | 'memory', ReturnType<typeof quantity>>) =>
  nullable({
    ...object(description, properties),
    patternProperties: {
      '^(ephemeral-storage|hugepages-[1-9][0-9]*[KMGTPE]i)$': quantity('', ''),
      [`^${LABEL}(\\.${LABEL})*/${NAME}$`]: {
        ...quantity('', ''),
        pattern: DEVICE_QUANTITY,
        multipleOf: 1,
      },
    },
  })

export const resources = ({ requests, limits }: ResourceDefaults) =>
  nullable(
    object('Resource requests and limits of a pod.', {
      requests: resourceList('Resources that the scheduler reserves.', {
        cpu: quantity('CPU request.', requests.cpu),
        memory: quantity('Memory request.', requests.memory, MEMORY),
      }),
      limits: resourceList('Resource limits of a pod.', {
        cpu: quantity('CPU limit.', limits.cpu),
        memory: quantity('Memory limit. A pod that exceeds it is killed.', limits.memory, MEMORY),
      }),
    }),
  )

export const replicas = nullable(
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
export const restartingProbe = (description: string, defaults: ProbeDefaults) =>
  nullableObject(description, {
    ...probeFields(defaults, 1),
    terminationGracePeriodSeconds: count(
      "How long a container may take to stop after a failed probe before it is killed, in seconds. If null, the pod's `terminationGracePeriodSeconds` applies.",
      1,
    ),
  })

export const readinessProbe = (description: string, defaults: ProbeDefaults) =>
  nullableObject(description, probeFields(defaults, MAX_INTEGER))

export const strategy = choice(
  'How an update replaces the pods. `Recreate` stops all old pods before it starts new ones, so no requests are answered in between.',
  'RollingUpdate',
  ['RollingUpdate', 'Recreate'],
)

export const rollingUpdate = nullable(
  object('Rolling update. At least one of the two values must be above 0.', {
    maxSurge: pods('Number or percentage of additional pods that an update may start.', 1, 0, PERCENTAGE),
    maxUnavailable: pods('Number or percentage of replicas that may be unavailable during an update.', 0, 0),
  }),
)

export const topologySpread = nullableObject('How pods are spread across nodes and zones.', {
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
  constraints: passThroughList(
    'Topology spread constraints to use instead of the values above. The chart adds a `labelSelector` to constraints that have none.',
  ),
})

export const podDisruptionBudget = nullableObject(
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
  tolerations: passThroughList('Taints that the pods tolerate. If empty, `global.tolerations` applies.', {
    value: optionalText,
    tolerationSeconds: optionalInteger,
  }),
  affinity: passThrough('Affinity rules of the pods. If empty, `global.affinity` applies.'),
  priorityClassName: string(
    'PriorityClass of the pods. If empty, `global.priorityClassName` applies. If that is also empty, the Kubernetes default applies.',
    '',
    OBJECT_NAME,
  ),
}

/** Fields of the security contexts of pods and containers. */
const users = { runAsUser: optionalInteger, runAsGroup: optionalInteger, runAsNonRoot: optionalBoolean }

/** Options that the pods of all components have. `user` is the ID of the user and group in the image. */
export const podOptions = (user: number) => ({
  podSecurityContext: passThrough(
    'Security context of the pods. Set a field to null to let the cluster choose its value, for example on OpenShift.',
    {
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: user,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    { ...users, fsGroup: optionalInteger },
  ),
  containerSecurityContext: passThrough(
    'Security context of the container.',
    {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    {
      ...users,
      allowPrivilegeEscalation: optionalBoolean,
      privileged: optionalBoolean,
      readOnlyRootFilesystem: optionalBoolean,
    },
  ),
  labels: labels('Additional labels for the pods.'),
  annotations: annotations('Annotations for the pods.'),
  extraEnv: passThroughList('Additional environment variables.', { value: optionalText }),
  extraEnvFrom: passThroughList('ConfigMaps and Secrets with additional environment variables.'),
  initContainers: passThroughList('Init containers of the pods.', { env: optionalSettings }),
  extraContainers: passThroughList('Additional containers of the pods, such as sidecars.', { env: optionalSettings }),
  extraVolumes: passThroughList('Additional volumes of the pods.'),
  extraVolumeMounts: passThroughList('Additional volume mounts of the container.'),
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
  hostAliases: passThroughList('Additional host names and addresses in the hosts file of the pods.'),
  dnsPolicy: nullable(
    choice(
      'DNS policy of the pods. If empty, `ClusterFirst` applies, or `ClusterFirstWithHostNet` with `hostNetwork`.',
      '',
      ['', 'ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
    ),
  ),
  dnsConfig: passThrough('Additional DNS settings of the pods.', {}, { options: optionalSettings }),
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
      integer(
        'Stabilization window, in seconds: the autoscaler also considers its recommendations from this period.',
        window,
        0,
        3600,
      ),
    ),
    pods: nullable(
      integer(
        'Maximum number of pods that are added or removed per scaling period. If null, this policy is omitted.',
        pods,
        1,
      ),
    ),
    periodSeconds: integer('Length of the scaling period, in seconds.', period, 1, 1800),
    policies: passThroughList('Scaling policies to use instead of `pods` and `periodSeconds`.'),
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

/** Returns the schema of a target utilization. It may exceed 100%, because a pod may use more than it requests. */
export const utilization = (resource: string, value: number) =>
  nullable(
    integer(
      `Target ${resource} use, as a percentage of the ${resource} request. Every container of a pod needs a ${resource} request or limit. If null, pods are not scaled by ${resource} use.`,
      value,
      1,
    ),
  )

/**
 * Returns the schema of an autoscaler.
 * @param utilizations the schemas of its target utilizations
 */
export const autoscaler = <P extends Type.TProperties>(utilizations: P) =>
  nullableObject('HorizontalPodAutoscaler.', {
    enabled: boolean('Create a HorizontalPodAutoscaler.', false),
    minReplicas: integer('Minimum number of pods.', 2, 1),
    maxReplicas: integer('Maximum number of pods.', 4, 1),
    ...utilizations,
    extraMetrics: passThroughList('Additional metrics to scale by.'),
    behavior: autoscalingBehavior,
  })
