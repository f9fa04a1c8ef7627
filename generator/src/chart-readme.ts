import { defaultValues, type SchemaNode, valuesSchema } from './values.ts'

/** `chart/README.md`: what the chart deploys, and a table of all values. */
export function renderChartReadme(header: string): string {
  return `<!-- ${header} -->
# The autocomplete chart

Deploys the autocomplete service and its Redis. Kubernetes 1.27 or newer; Helm 3 or 4.

\`\`\`sh
helm install autocomplete chart -f values/8cpu-24k.yaml
helm test autocomplete
\`\`\`

| object | what for |
|---|---|
| Deployment, Service, ConfigMap \`…-app\` | the service on port 8000; \`app.settings\` is its environment |
| Deployment, Service \`…-redis\` | Redis with the data in its image, which clients may only read; a PostStart hook checks that the data is there and, with \`redis.dataset.version\`, the right one. A pod with other data is restarted, never takes traffic, and says why in its status |
| Service \`…-redis-headless\` | resolves to all replicas; the service spreads its connections over them |
| HorizontalPodAutoscaler, PodDisruptionBudget of both | when their \`enabled\` is true |
| Ingress, or HTTPRoute, \`…-app\` | when \`ingress.enabled\` is true |
| NetworkPolicy of both | when \`networkPolicy.enabled\` is true: only the app reaches Redis |
| ServiceMonitor, PrometheusRule, dashboard | when their \`enabled\` is true; each alert has a [runbook](../docs/runbooks/README.md) |
| ServiceAccount | without rights, its token not mounted |

Pods meet the Pod Security Standard \`restricted\` and spread over nodes and zones. The images are \`autocomplete-system\` and
\`redis-with-data\`; the README of the repository says how to build them. With \`redis.mode: external\` the chart deploys no Redis and
uses one that holds a dataset already, with TLS and a login from a Secret of yours.

The schema is closed: a key that it does not know is an error. Values that contradict each other fail with a sentence that says what
to change.

## Ways in

The values of \`ingress\` are the same for every controller; \`ingress.controller\` says in whose words they are written.

| value | \`ingress-nginx\` | \`nginx\` (F5) | \`traefik\` | \`gateway\` |
|---|---|---|---|---|
| \`timeouts\` | annotations | annotations | ServersTransport; not \`sendSeconds\` | \`readSeconds\` |
| \`upstreamKeepalive.connections\` | controller's ConfigMap | annotation | ServersTransport | no field |
| \`upstreamKeepalive.requests\` | controller's ConfigMap | none | none | no field |
| \`proxyBuffering\` | annotations | annotations | none | no field |
| \`maxBodySize\` | annotation | annotation | Middleware | no field |
| \`http2\` | controller's ConfigMap | controller's ConfigMap | entry point | no field |
| \`loadBalancing\` | annotation; no \`least_connections\` | annotation | round robin | the implementation's |
| \`maxConnections\` | annotation, for a client address | annotation, for a pod | Middleware, requests in flight for a client address | no field |
| \`retries\` | annotations | annotations | Middleware; when a pod cannot be reached | no field |

What stands in the controller's own ConfigMap is written to \`values/controllers/ingress-nginx-<preset>.yaml\` for the chart of that
controller. ingress-nginx was retired in March 2026 and its maintainers say not to deploy it anew: it is what the report ran on, and its
words still work where it is installed. To move, install another controller and change \`ingress.controller\` and
\`ingress.className\`.

## Who may reach whom

Without policies every pod of the cluster reaches the app and Redis. They are off by default, as the chart cannot know where your
ingress controller and your Prometheus run, and do nothing without a network plug-in that enforces them. On, with who may ask, besides
the pod of \`helm test\`, and who may read the metrics:

\`\`\`yaml
networkPolicy:
  enabled: true
  from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ingress-nginx } } }]
  metricsFrom: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: monitoring } } }]
\`\`\`

## Upgrades

The labels by which Deployments select their pods never change. A new version of the chart alone replaces no pod; new settings or
images do, one after another, without a lost request: a stopping pod of the app goes on answering for
\`app.settings.SHUTDOWN_DELAY_SECONDS\`, and one of Redis for \`redis.preStopSeconds\`, which must be longer than name servers keep its
address.

## Values

| value | default | |
|---|---|---|
${rows(valuesSchema as SchemaNode, defaultValues, '').join('\n')}
`
}

function rows(schema: SchemaNode, value: unknown, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const childPath = path ? `${path}.${key}` : key
    if (!schema.required?.includes(key)) return []
    const childValue = (value as Record<string, unknown>)[key]
    const isGroup = Object.keys(child.properties ?? {}).length > 0
    if (isGroup) return rows(child, childValue, childPath)
    const shown = JSON.stringify(childValue).replaceAll('|', '\\|')
    return [`| \`${childPath}\` | \`${shown}\` | ${(child.description ?? '').replaceAll('|', '\\|')} |`]
  })
}
