/** Values of the app. The schemas of its settings are imported from the service. */
import Type from 'typebox'
import type { XStatic } from 'typebox/schema'
import { SETTINGS, type SettingName, type SettingSchema } from '../../../service/src/settings.ts'
import {
  autoscaler,
  containerPort,
  DEFAULT_PORTS,
  image,
  podDisruptionBudget,
  podOptions,
  publicServiceFields,
  readinessProbe,
  replicas,
  resources,
  restartingProbe,
  rollingUpdate,
  strategy,
  topologySpread,
  utilization,
} from './pods.ts'
import {
  choice,
  integer,
  MAX_INTEGER,
  nullable,
  nullableObject,
  object,
  PORT,
  passThrough,
  passThroughList,
} from './schema.ts'

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
 * Defaults that are higher in a cluster, because a busy ingress controller may send requests to a pod for more than 5
 * seconds after the pod has begun to stop.
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

export const app = object('Autocomplete service.', {
  image: image('the service', 'autocomplete-system'),
  replicas,
  resources: resources({ requests: { cpu: '250m', memory: '256Mi' }, limits: { cpu: '1000m', memory: '512Mi' } }),
  settings: appSettings(),
  containerPort: containerPort(DEFAULT_PORTS.app),
  service: object('Service in front of the pods.', {
    type: choice('Type of the Service.', 'ClusterIP', ['ClusterIP', 'NodePort', 'LoadBalancer']),
    port: integer('Port of the Service.', DEFAULT_PORTS.app, PORT.minimum, PORT.maximum),
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
      liveness: restartingProbe('Liveness probe. A failure restarts the container.', {
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
      'How long a stopping pod may take before it is killed, in seconds. It must exceed the sum of `SHUTDOWN_DELAY_SECONDS`, `SHUTDOWN_TIMEOUT_SECONDS`, and the `sleep` of `lifecycle.preStop`. If null, the Kubernetes default, 30, applies.',
      45,
      1,
    ),
  ),
  strategy,
  rollingUpdate,
  topologySpread,
  autoscaling: autoscaler({
    targetCPUUtilizationPercentage: utilization('CPU', 70),
    targetMemoryUtilizationPercentage: utilization('memory', 75),
  }),
  podDisruptionBudget,
  lifecycle: passThrough('Lifecycle hooks of the container.'),
  ...podOptions(1000),
  extraEnvFrom: passThroughList(
    'ConfigMaps and Secrets with additional environment variables. They must not contain variables that the chart rejects in `extraEnv`. The chart cannot check this.',
  ),
})
