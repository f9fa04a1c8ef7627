/** Values for the Prometheus operator and Grafana. */
import Type from 'typebox'
import { LATENCY_BOUNDS_SECONDS } from '../../../service/src/settings.ts'
import {
  annotations,
  boolean,
  integer,
  labels,
  NAME_PART,
  nullable,
  object,
  PROMETHEUS_DURATION,
  passThroughList,
  string,
} from './schema.ts'

/**
 * Possible latency objectives, in seconds. Objectives below 5 ms are excluded, because the network alone could cause
 * such a latency.
 */
const LATENCY_SECONDS = LATENCY_BOUNDS_SECONDS.filter((bound) => bound >= 0.005)

/** Returns the schema of an objective in percent. An objective of 100% would leave no error budget. */
const percent = (description: string, value: number) =>
  Type.Number({ description, default: value, minimum: 50, maximum: 99.999 })

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
  relabelings: passThroughList('Rules that change the labels of scrape targets, or drop targets, before a scrape.'),
  metricRelabelings: passThroughList('Rules that change or drop metrics after a scrape.'),
})

export const metrics = object(
  'Metrics for the Prometheus operator and Grafana. The service always serves `/metrics`.',
  {
    port: integer(
      'Port for `/metrics` and the readiness probe. If `WEB_CONCURRENCY` is 1, the other probes also use it. The ingress does not expose this port. If 0, `/metrics` and all probes use the query port.',
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
          description: 'Latency objective, in seconds: queries answered within this time meet the objective.',
          default: 0.1,
          enum: LATENCY_SECONDS,
        }),
      }),
      runbooks: string(
        "Base URL of the runbooks. The name of the alert and `.md` are appended. If empty, the runbooks in the project's repository are used.",
        '',
      ),
    }),
    dashboard: object("ConfigMap with a Grafana dashboard. Grafana's sidecar loads the dashboard.", {
      enabled: boolean('Create the ConfigMap with the dashboard.', false),
      labels: labels('Labels by which the sidecar finds the ConfigMap.', { grafana_dashboard: '1' }),
      annotations: annotations('Annotations for the ConfigMap, such as `grafana_folder`, the folder of the dashboard.'),
      namespace: monitoringNamespace('ConfigMap'),
    }),
  },
)
