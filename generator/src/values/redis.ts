/** Values of Redis. */
import Type from 'typebox'
import {
  autoscaler,
  containerPort,
  DEFAULT_PORTS,
  image,
  podDisruptionBudget,
  podOptions,
  readinessProbe,
  replicas,
  resources,
  restartingProbe,
  rollingUpdate,
  serviceFields,
  strategy,
  topologySpread,
  utilization,
} from './pods.ts'
import {
  boolean,
  choice,
  DATA_KEY,
  DATASET_VERSION,
  integer,
  nullable,
  nullableObject,
  OBJECT_NAME,
  object,
  PORT,
  REDIS_HOST,
  REDIS_MEMORY,
  string,
  withTemplates,
} from './schema.ts'

export const redis = object('Redis with the dataset, read-only.', {
  mode: choice(
    'Which Redis to use. `internal` deploys Redis with the dataset. `external` uses an existing Redis that contains a dataset.',
    'internal',
    ['internal', 'external'],
  ),
  external: object(
    'Existing Redis, used if `mode` is `external`. Templates in the host name and in the names of Secrets are rendered.',
    {
      host: string('Host name or IP address of Redis. The service connects to all addresses of a host name.', '', {
        ...withTemplates({ pattern: REDIS_HOST }),
      }),
      port: integer('Port of Redis.', DEFAULT_PORTS.redis, PORT.minimum, PORT.maximum),
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
      { pattern: REDIS_MEMORY },
    ),
    maxclients: integer('Maximum number of connections.', 1000, 1),
    'tcp-keepalive': integer('Time between TCP keep-alive probes, in seconds.', 60, 0),
    'io-threads': integer('Number of threads that write to sockets, including the main thread.', 1, 1, 16),
  }),
  extraArgs: nullable(
    Type.Array(Type.String(), {
      description: 'Additional arguments of redis-server, such as `[--loglevel, warning]`.',
      default: [],
    }),
  ),
  dataset: object('Dataset in the image.', {
    version: string(
      'Dataset version that the PostStart check requires. Answers contain this version as `version`. If empty, any version is accepted.',
      '',
      { pattern: DATASET_VERSION },
    ),
  }),
  containerPort: containerPort(DEFAULT_PORTS.redis),
  service: object('The Service in front of the pods, and the headless Service that the app uses.', {
    port: integer(
      'Port of the Service. The headless Service uses the port of the container instead.',
      DEFAULT_PORTS.redis,
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
    liveness: restartingProbe('Liveness probe. A failure restarts the container.', {
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
  autoscaling: autoscaler({
    targetCPUUtilizationPercentage: utilization('CPU', 70),
  }),
  podDisruptionBudget,
  ...podOptions(999),
})
