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

/** Helm reads numbers as floats, and writes those of a million and more as 1e+06 where a template does not take care. */
const MAX_INTEGER = 999_999

const integer = (description: string, value: number, minimum: number, maximum = MAX_INTEGER) =>
  Type.Integer({ description, default: value, minimum, maximum })

/** A part of the names of objects, or nothing. */
const NAME_PART = '^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$'
const HOST_NAME = '^((\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$'
/** A registry, a path, or both, without tag and digest. */
const IMAGE_REPOSITORY = '^[a-z0-9][-a-z0-9._/]*(:[0-9]+/[-a-z0-9._/]+)?$'

const boolean = (description: string, value: boolean) => Type.Boolean({ description, default: value })

const choice = <const T extends string[]>(description: string, value: T[number], values: T) =>
  Type.Enum(values, { description, default: value })

/** A map of names to texts, such as labels. */
const stringMap = (description: string) => Type.Record(Type.String(), Type.String(), { description, default: {} })

/** What is handed on to Kubernetes as it is, which checks it itself. */
const passedOn = (description: string) =>
  Type.Object(
    {},
    { description: `${description} Handed on to Kubernetes as it is.`, default: {}, additionalProperties: true },
  )

const passedOnList = (description: string) =>
  Type.Array(Type.Object({}, { additionalProperties: true }), {
    description: `${description} Handed on to Kubernetes as it is.`,
    default: [],
  })

/** CPU as Kubernetes writes it, in cores or millicores. */
const cpu = (description: string, value: string) =>
  string(description, value, { pattern: '^([0-9]+m|[0-9]+(\\.[0-9]{1,3})?)$' })

/** Memory as Kubernetes writes it, in binary units. */
const memory = (description: string, value: string) => string(description, value, { pattern: '^[0-9]+(Ki|Mi|Gi)$' })

const image = (what: string, repository: string) =>
  object(`The image of ${what}.`, {
    repository: string('Where the image is.', repository, { pattern: IMAGE_REPOSITORY }),
    tag: string('Its tag.', 'latest', { minLength: 1 }),
    digest: string('Its digest, `sha256:…`; stands above the tag.', '', { pattern: '^(sha256:[0-9a-f]{64})?$' }),
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
    uniqueItems: true,
    default: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'],
  }),
})

const podDisruptionBudget = object('How many pods a voluntary disruption, such as a node drain, must leave.', {
  enabled: boolean('Whether there is one.', false),
  minAvailable: integer('Pods that must stay.', 1, 1),
})

/** What chart users expect to set on pods. */
const podOptions = {
  labels: stringMap("Labels for the pods besides the chart's own."),
  annotations: stringMap('Annotations for the pods.'),
  extraEnv: passedOnList("Environment variables besides the chart's own."),
  nodeSelector: stringMap('Labels that a node must have.'),
  tolerations: passedOnList('Taints that the pods put up with.'),
  affinity: passedOn('Where the pods would rather be.'),
  priorityClassName: string('Their PriorityClass; empty takes the default.', ''),
}

const autoscalingBehavior = object('How fast the autoscaler goes.', {
  scaleUp: object('Upwards.', {
    stabilizationWindowSeconds: integer('Seconds that it looks back, so that a short peak adds no pods.', 0, 0, 3600),
    pods: integer('Pods at most in a period.', 4, 1),
    periodSeconds: integer('The period.', 15, 1, 1800),
  }),
  scaleDown: object('Downwards.', {
    stabilizationWindowSeconds: integer(
      'Seconds that it looks back, so that a short calm removes no pods.',
      300,
      0,
      3600,
    ),
    pods: integer('Pods at most in a period.', 1, 1),
    periodSeconds: integer('The period.', 60, 1, 1800),
  }),
})

const utilization = (description: string, value: number) => integer(description, value, 1, 100)

const appSettings = object(
  'The environment of the service: every key is the variable of that name. `service/src/settings.ts` checks them.',
  {
    LOG_LEVEL: choice('What is logged.', 'info', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    WEB_CONCURRENCY: integer('HTTP processes of a pod; 0 is one for each CPU of its limit.', 1, 0, 64),
    RANKING_THREADS: integer('Ranking threads of each HTTP process.', 1, 1, 64),
    RANKING_BATCHES_PER_THREAD: integer('Batches that one ranking thread works on at a time.', 4, 1, 64),
    RANKING_BATCH_MAX_QUERIES: integer(
      'Different queries of a batch at most; equal ones are ranked once.',
      64,
      1,
      10_000,
    ),
    RANKING_BATCH_WAIT_MS: integer(
      'Milliseconds that a batch gathers queries; 0 is to the end of the turn of the event loop.',
      0,
      0,
      1000,
    ),
    RANKING_MAX_PENDING: integer(
      'Queries of one HTTP process that may wait or be ranked; one more is answered 503.',
      2000,
      1,
    ),
    RANKING_MAX_WAIT_MS: integer(
      'Milliseconds that a query may wait for a thread, by how long batches take now; one that would wait longer is answered 503 at once.',
      25,
      1,
      120_000,
    ),
    EVENT_LOOP_MAX_DELAY_MS: integer(
      'Milliseconds that the event loop of an HTTP process may be late; while it is later, what the cache does not know is answered 503 at once.',
      200,
      1,
      120_000,
    ),
    RANKING_TIMEOUT_MS: integer('Milliseconds after which a query is answered 503.', 2000, 1, 120_000),
    CACHE_MAX_MIB: integer('MiB that the answers which an HTTP process keeps may take; 0 keeps none.', 64, 0, 65_536),
    WARM_UP_REQUESTS: integer('Requests that a process answers itself before it is ready.', 2000, 0, 100_000),
    CACHE_CONTROL_MAX_AGE_SECONDS: integer('Seconds that browsers and proxies use an answer again.', 10, 0, 86_400),
    CACHE_CONTROL_STALE_WHILE_REVALIDATE_SECONDS: integer(
      'Seconds that they may use it after that, while they ask anew.',
      20,
      0,
      86_400,
    ),
    CORS_ORIGINS: string(
      'Other origins whose pages may read the answers, separated by commas; empty is none, `*` all.',
      '',
      { pattern: '^(\\*|https?://[^,\\s]+(,https?://[^,\\s]+)*)?$' },
    ),
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
      'Seconds that a stopping pod goes on answering, so that load balancers notice; a busy ingress controller needs more than 5.',
      10,
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
    behavior: autoscalingBehavior,
  }),
  podDisruptionBudget,
  ...podOptions,
})

const redis = object('Redis with the dataset inside, read-only.', {
  mode: choice('`internal` deploys it; `external` uses one that is there already and holds a dataset.', 'internal', [
    'internal',
    'external',
  ]),
  external: object('The Redis to use when `mode` is external.', {
    host: string('Its host name; resolved to all its addresses.', ''),
    port: integer('Its port.', 6379, 1, 65535),
    existingSecret: string('The Secret with user name and password; empty when it asks for none.', ''),
    usernameKey: string('The key of the user name in that Secret; empty for the default user.', 'username'),
    passwordKey: string('The key of the password in that Secret.', 'password', { minLength: 1 }),
    tls: object('Whether and how connections are encrypted.', {
      enabled: boolean('Whether they are.', false),
      caSecret: string('The Secret with the certificate authority; empty trusts the usual ones.', ''),
      caKey: string('The key of the certificate in that Secret.', 'ca.crt', { minLength: 1 }),
    }),
  }),
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
  preStopSeconds: integer(
    'Seconds that a stopping pod goes on answering; longer than name servers keep its address, which is 30 on most clusters.',
    35,
    0,
  ),
  terminationGracePeriodSeconds: integer('Seconds from the stop to the kill; longer than preStopSeconds.', 60, 1),
  rollingUpdate,
  topologySpread,
  autoscaling: object('The HorizontalPodAutoscaler.', {
    enabled: boolean('Whether there is one.', false),
    minReplicas: integer('Pods at least.', 2, 1),
    maxReplicas: integer('Pods at most.', 4, 1),
    targetCPUUtilizationPercentage: utilization('CPU use, in percent of the request, that it aims at.', 70),
    behavior: autoscalingBehavior,
  }),
  podDisruptionBudget,
  ...podOptions,
})

const ingress = object(
  'The way in from outside the cluster: one set of values, written for the controller that you have.',
  {
    enabled: boolean('Whether there is one.', false),
    controller: choice(
      'Who reads it: `ingress-nginx` (retired in March 2026), `nginx` (of F5), `traefik`, or `gateway` for any implementation of the Gateway API.',
      'ingress-nginx',
      ['ingress-nginx', 'nginx', 'traefik', 'gateway'],
    ),
    className: string('The IngressClass; not used by `gateway`.', 'nginx', { minLength: 1 }),
    host: string('The host name it answers to; empty answers to any.', '', { pattern: HOST_NAME }),
    tlsSecretName: string(
      'The Secret with the certificate for the host; empty serves plain HTTP. With `gateway` the Gateway holds it.',
      '',
    ),
    gateway: object('The Gateway that the HTTPRoute belongs to, with `controller: gateway`.', {
      name: string('Its name.', ''),
      namespace: string('Its namespace; empty is the one of the release.', ''),
      sectionName: string('One of its listeners; empty is all.', ''),
    }),
    annotations: stringMap("Annotations besides the chart's own."),
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
      bufferSize: string('One buffer.', '8k', { pattern: '^[0-9]+[km]$' }),
      buffers: integer('Buffers for a connection.', 8, 1),
    }),
    maxBodySize: string('The largest request body.', '1m', { pattern: '^[0-9]+[km]$' }),
    http2: boolean('Whether clients may use HTTP/2.', true),
    loadBalancing: choice('How requests are spread over the pods.', 'round_robin', [
      'round_robin',
      'least_connections',
    ]),
    maxConnections: integer('Connections of one client address at most.', 10_000, 1),
    retries: object('When another pod is tried.', {
      conditions: Type.Array(Type.Enum(['error', 'timeout', 'http_502', 'http_503', 'http_504']), {
        description: 'What makes it try again; empty never does.',
        default: ['error', 'timeout'],
      }),
      attempts: integer('Pods that are tried at most.', 3, 1),
    }),
  },
)

const metrics = object(
  'What the Prometheus operator and Grafana are given. The service serves `/metrics` in any case.',
  {
    port: integer(
      'The port of `/metrics`, which no ingress leads to; 0 serves it on the port of the service, to whoever reaches that.',
      9090,
      0,
      65535,
    ),
    serviceMonitor: object('A ServiceMonitor, so that Prometheus asks every pod.', {
      enabled: boolean('Whether there is one.', false),
      labels: stringMap('Labels by which your Prometheus finds it.'),
      interval: string('How often it asks.', '15s', { pattern: '^[0-9]+(s|m)$' }),
    }),
    prometheusRule: object('A PrometheusRule with alerts.', {
      enabled: boolean('Whether there is one.', false),
      labels: stringMap('Labels by which your Prometheus finds it.'),
      errorRatio: Type.Number({
        description: 'Share of 5xx answers that alerts.',
        default: 0.01,
        minimum: 0,
        maximum: 1,
      }),
      p99Seconds: Type.Number({
        description: 'Latency that 1 % of the requests may exceed, in seconds; above it alerts.',
        default: 0.1,
        minimum: 0,
      }),
      runbooks: string(
        'Where the runbooks are, an address or a path; the name of the alert and `.md` follow.',
        'docs/runbooks',
      ),
    }),
    dashboard: object("A ConfigMap with a Grafana dashboard, for Grafana's sidecar.", {
      enabled: boolean('Whether there is one.', false),
      labels: Type.Record(Type.String(), Type.String(), {
        description: 'Labels by which the sidecar finds it.',
        default: { grafana_dashboard: '1' },
      }),
    }),
  },
)

const networkPolicy = object('Who may reach whom. Only a network plug-in that enforces it makes it so.', {
  enabled: boolean(
    'Whether there are NetworkPolicies: only the app reaches Redis, and the app reaches only Redis and DNS.',
    false,
  ),
  from: passedOnList('Who may reach the app; empty is anyone.'),
  metricsFrom: passedOnList('Who may reach the port of its metrics; empty is whoever may reach the app.'),
})

/** The schema of `chart/values.yaml`; what Helm checks is written from it. */
export const valuesSchema = object('Values of the autocomplete chart.', {
  nameOverride: string("Stands for the chart's name in the names of objects.", '', { pattern: NAME_PART }),
  fullnameOverride: string('Stands for the release and chart name in the names of objects.', '', {
    pattern: NAME_PART,
  }),
  imagePullSecrets: Type.Array(Type.Object({ name: Type.String({ minLength: 1 }) }, { additionalProperties: false }), {
    description: 'Secrets with which images are pulled.',
    default: [],
  }),
  commonLabels: stringMap("Labels for every object besides the chart's own."),
  serviceAccount: object('The account that the pods run under. It has no rights, and its token is not mounted.', {
    create: boolean('Whether the chart makes one.', true),
    name: string('Its name; empty is the one of the release, or `default` when none is made.', ''),
    annotations: stringMap('Annotations for it.'),
  }),
  // A parent chart hands it to every chart it contains.
  global: Type.Optional(Type.Object({}, { description: 'Shared with parent charts; not used.' })),
  app,
  redis,
  ingress,
  networkPolicy,
  metrics,
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
