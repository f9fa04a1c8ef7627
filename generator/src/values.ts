/**
 * The chart's values: types, defaults, descriptions and JSON Schema in one definition.
 *
 * `chart/values.yaml` and `chart/values.schema.json` are written from it, and presets are typed by it. Every object is closed, so
 * that a mistyped key is an error and not a setting that silently does nothing.
 */
import Type from 'typebox'

const object = <P extends Type.TProperties>(description: string, properties: P) =>
  Type.Object(properties, { description, additionalProperties: false })

const string = (description: string, value: string, options: Type.TStringOptions = {}) =>
  Type.String({ description, default: value, ...options })

const integer = (description: string, value: number, minimum: number, maximum?: number) =>
  Type.Integer({ description, default: value, minimum, ...(maximum !== undefined && { maximum }) })

const boolean = (description: string, value: boolean) => Type.Boolean({ description, default: value })

const choice = <const T extends string[]>(description: string, value: T[number], values: T) =>
  Type.Enum(values, { description, default: value })

/** CPU as Kubernetes writes it, in cores or millicores. */
const cpu = (description: string, value: string) =>
  string(description, value, { pattern: '^([0-9]+m|[0-9]+(\\.[0-9]{1,3})?)$' })

/** Memory as Kubernetes writes it, in binary units. */
const memory = (description: string, value: string) => string(description, value, { pattern: '^[0-9]+(Ki|Mi|Gi)$' })

const image = (what: string, repository: string) =>
  object(`The image of ${what}.`, {
    repository: string('Where the image is.', repository, { minLength: 1 }),
    tag: string('Its tag.', 'latest', { minLength: 1 }),
    pullPolicy: choice('When the kubelet pulls it.', 'IfNotPresent', ['Always', 'IfNotPresent', 'Never']),
  })

interface ResourceDefaults {
  requests: { cpu: string; memory: string }
  limits: { cpu: string; memory: string }
}

const resources = ({ requests, limits }: ResourceDefaults) =>
  object('What a pod asks for and what it may use.', {
    requests: object('What the scheduler sets aside.', {
      cpu: cpu('CPU set aside.', requests.cpu),
      memory: memory('Memory set aside.', requests.memory),
    }),
    limits: object('What it may not exceed.', {
      cpu: cpu('CPU at most.', limits.cpu),
      memory: memory('Memory at most; beyond it the pod is killed.', limits.memory),
    }),
  })

const probe = (description: string, value: { period: number; timeout: number; failures: number }) =>
  object(description, {
    periodSeconds: integer('Seconds between two probes.', value.period, 1),
    timeoutSeconds: integer('Seconds that one probe may take.', value.timeout, 1),
    failureThreshold: integer('Failures in a row that count.', value.failures, 1),
  })

const rollingUpdate = object('How a rolling update goes; at least one of the two must be above 0.', {
  maxSurge: integer('Pods above the replicas while it goes.', 1, 0),
  maxUnavailable: integer('Pods below the replicas while it goes.', 0, 0),
})

const topologySpread = object('How pods spread over nodes and zones.', {
  enabled: boolean('Whether they spread.', true),
  maxSkew: integer('By how many pods two nodes, or two zones, may differ.', 1, 1),
  whenUnsatisfiable: choice('What to do with a pod that would break it.', 'ScheduleAnyway', [
    'ScheduleAnyway',
    'DoNotSchedule',
  ]),
  topologyKeys: Type.Array(Type.String({ minLength: 1 }), {
    description: 'The node labels to spread over.',
    default: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'],
  }),
})

const podDisruptionBudget = object('How many pods a voluntary disruption, such as a node drain, must leave.', {
  enabled: boolean('Whether there is one.', false),
  minAvailable: integer('Pods that must stay.', 1, 1),
})

const utilization = (description: string, value: number) => integer(description, value, 1, 100)

const appSettings = object(
  'The environment of the service: every key is the variable of that name. `service/src/settings.ts` checks them.',
  {
    LOG_LEVEL: choice('What is logged.', 'info', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    WEB_CONCURRENCY: integer('HTTP processes of a pod.', 1, 1, 64),
    RANKING_THREADS: integer('Ranking threads of each HTTP process.', 1, 1, 64),
    RANKING_BATCHES_PER_THREAD: integer('Batches that one ranking thread works on at a time.', 4, 1, 64),
    RANKING_MAX_PENDING: integer(
      'Queries of one HTTP process that may wait or be ranked; one more is answered 503.',
      2000,
      1,
    ),
    RANKING_TIMEOUT_MS: integer('Milliseconds after which a query is answered 503.', 2000, 1, 120_000),
    HTTP_MAX_CONNECTIONS: integer('Connections that one HTTP process holds.', 2000, 1),
    HTTP_KEEP_ALIVE_SECONDS: integer(
      'Seconds that an idle connection stays open; longer than the ingress controller keeps its own.',
      75,
      1,
      3600,
    ),
    REDIS_CONNECTION_POOL_SIZE: integer('Redis connections of one ranking thread, each to another replica.', 4, 1, 64),
    REDIS_MAX_CONNECTIONS: integer('Redis connections of a pod at most.', 200, 1),
    REDIS_SOCKET_KEEPALIVE: boolean('Whether Redis connections use TCP keep-alive.', true),
    REDIS_CONNECT_TIMEOUT_MS: integer('Milliseconds that connecting to Redis may take.', 1000, 1, 120_000),
    REDIS_COMMAND_TIMEOUT_MS: integer('Milliseconds after which another replica is asked.', 500, 1, 120_000),
    SHUTDOWN_DELAY_SECONDS: integer(
      'Seconds that a stopping pod goes on answering, so that load balancers notice.',
      5,
      0,
      600,
    ),
    SHUTDOWN_TIMEOUT_SECONDS: integer('Seconds that requests in flight may take after that.', 20, 1, 600),
  },
)

const app = object('The autocomplete service.', {
  image: image('the service', 'autocomplete-system'),
  replicas: integer('Pods, when autoscaling is off.', 2, 0),
  resources: resources({ requests: { cpu: '250m', memory: '256Mi' }, limits: { cpu: '1000m', memory: '512Mi' } }),
  settings: appSettings,
  service: object('The Service in front of the pods.', {
    type: choice('Its type.', 'ClusterIP', ['ClusterIP', 'NodePort', 'LoadBalancer']),
    port: integer('Its port; the pods listen on the same.', 8000, 1024, 65535),
  }),
  probes: object(
    'How the kubelet asks the pods. `/health` says that a process is alive, `/ready` that it can answer queries.',
    {
      startup: probe('Until it succeeds the other probes wait.', { period: 1, timeout: 2, failures: 60 }),
      liveness: probe('When it fails the pod is restarted.', { period: 10, timeout: 3, failures: 3 }),
      readiness: probe('While it fails the pod gets no requests.', { period: 5, timeout: 3, failures: 2 }),
    },
  ),
  terminationGracePeriodSeconds: integer(
    'Seconds from the stop signal to the kill; longer than both SHUTDOWN settings.',
    45,
    1,
  ),
  rollingUpdate,
  topologySpread,
  autoscaling: object('The HorizontalPodAutoscaler.', {
    enabled: boolean('Whether there is one.', false),
    minReplicas: integer('Pods at least.', 2, 1),
    maxReplicas: integer('Pods at most.', 4, 1),
    targetCPUUtilizationPercentage: utilization('CPU use, in percent of the request, that it aims at.', 70),
    targetMemoryUtilizationPercentage: utilization('Memory use, in percent of the request, that it aims at.', 75),
  }),
  podDisruptionBudget,
})

const redis = object('Redis with the dataset inside, read-only.', {
  image: image('Redis with the dataset', 'redis-with-data'),
  replicas: integer('Pods, when autoscaling is off.', 2, 0),
  resources: resources({ requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '512Mi' } }),
  config: object('Directives of redis.conf: every key is the directive of that name.', {
    maxmemory: string('Memory for the data; above what the dataset needs and below the limit.', '384mb', {
      pattern: '^[0-9]+(kb|mb|gb)$',
    }),
    maxclients: integer('Connections at most.', 1000, 1),
    'tcp-keepalive': integer('Seconds between TCP keep-alive probes.', 60, 0),
    'io-threads': integer('Threads that read and write sockets.', 1, 1, 16),
  }),
  dataset: object('The dataset in the image.', {
    version: string('The version that the PostStart check asks for; empty takes any.', '', {
      pattern: '^([0-9a-f]{16})?$',
    }),
  }),
  service: object('The Service in front of the pods; the app itself uses the headless one beside it.', {
    port: integer('Its port; the pods listen on the same.', 6379, 1024, 65535),
  }),
  probes: object('How the kubelet asks the pods: `redis-cli ping`.', {
    startup: probe('Until it succeeds the other probes wait.', { period: 1, timeout: 2, failures: 120 }),
    liveness: probe('When it fails the pod is restarted.', { period: 10, timeout: 5, failures: 3 }),
    readiness: probe('While it fails the pod gets no queries.', { period: 5, timeout: 3, failures: 2 }),
  }),
  preStopSeconds: integer('Seconds that a stopping pod goes on answering, so that the service notices.', 5, 0),
  terminationGracePeriodSeconds: integer('Seconds from the stop to the kill; longer than preStopSeconds.', 30, 1),
  rollingUpdate,
  topologySpread,
  autoscaling: object('The HorizontalPodAutoscaler.', {
    enabled: boolean('Whether there is one.', false),
    minReplicas: integer('Pods at least.', 2, 1),
    maxReplicas: integer('Pods at most.', 4, 1),
    targetCPUUtilizationPercentage: utilization('CPU use, in percent of the request, that it aims at.', 70),
  }),
  podDisruptionBudget,
})

const ingress = object('The way in from outside the cluster.', {
  enabled: boolean('Whether there is one.', false),
  className: string('The IngressClass.', 'nginx', { minLength: 1 }),
  host: string('The host name it answers to; empty answers to any.', ''),
  tlsSecretName: string('The Secret with the certificate for the host; empty serves plain HTTP.', ''),
  timeouts: object('Seconds that the controller waits for a pod.', {
    connectSeconds: integer('To connect.', 30, 1),
    sendSeconds: integer('To take the request.', 30, 1),
    readSeconds: integer('To answer.', 30, 1),
  }),
  upstreamKeepalive: object('Connections that the controller keeps open to the pods.', {
    connections: integer('How many stay open.', 1000, 1),
    requests: integer('Requests after which one is closed.', 10_000, 1),
  }),
  proxyBuffering: object('Where the controller puts answers before it sends them on.', {
    enabled: boolean('Whether it does.', true),
    bufferSize: string('The first buffer, for the headers.', '8k', { pattern: '^[0-9]+[km]$' }),
    buffers: integer('Buffers for a connection.', 8, 1),
  }),
  maxBodySize: string('The largest request body.', '1m', { pattern: '^[0-9]+[km]$' }),
  http2: boolean('Whether clients may use HTTP/2.', true),
  loadBalancing: choice('How requests are spread over the pods.', 'round_robin', ['round_robin', 'ewma']),
  maxConnections: integer('Connections of one client address at most.', 10_000, 1),
  retries: object('When another pod is tried.', {
    conditions: Type.Array(Type.Enum(['error', 'timeout', 'http_502', 'http_503', 'http_504']), {
      description: 'What makes it try again.',
      default: ['error', 'timeout'],
    }),
    attempts: integer('Pods that are tried at most.', 3, 1),
  }),
})

/** The schema of `chart/values.yaml`; what Helm checks is written from it. */
export const valuesSchema = object('Values of the autocomplete chart.', {
  nameOverride: string("Stands for the chart's name in the names of objects.", ''),
  fullnameOverride: string('Stands for the release and chart name in the names of objects.', ''),
  imagePullSecrets: Type.Array(Type.Object({ name: Type.String({ minLength: 1 }) }, { additionalProperties: false }), {
    description: 'Secrets with which images are pulled.',
    default: [],
  }),
  // Helm hands a chart these two even where nobody set them.
  global: Type.Optional(Type.Object({}, { description: 'Shared with parent charts; not used.' })),
  app,
  redis,
  ingress,
})

/** The chart's values, all of them. */
export type Values = Type.Static<typeof valuesSchema>

/** Any part of a type, at any depth; arrays only whole. */
export type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> }
    : T

/** A schema node, as far as the generator walks it. */
export interface SchemaNode {
  description?: string
  default?: unknown
  properties?: Record<string, SchemaNode> | undefined
  required?: readonly string[] | undefined
}

function defaultsOf({ properties, required = [], default: value }: SchemaNode): unknown {
  if (!properties) return value
  return Object.fromEntries(required.map((key) => [key, defaultsOf(properties[key] as SchemaNode)]))
}

/** The values of a release that sets none itself. */
export const defaultValues = defaultsOf(valuesSchema as SchemaNode) as Values
