/** Values for access from outside the cluster. */
import Type from 'typebox'
import {
  annotations,
  BODY_SIZE,
  BUFFER_SIZE,
  boolean,
  choice,
  HOST_NAME,
  integer,
  labels,
  nullable,
  nullableObject,
  OBJECT_NAME,
  object,
  passThroughList,
  string,
  withTemplates,
} from './schema.ts'

/** Returns the schema of a timeout that the ingress controller applies, in seconds. */
const controllerTimeout = (description: string) =>
  nullable(integer(`${description}, in seconds. If null, the controller's default applies.`, 30, 1, 86_400))

export const ingress = object('Access from outside the cluster. The values are the same for all controllers.', {
  enabled: boolean('Create an Ingress or, with `gateway`, an HTTPRoute.', false),
  controller: choice(
    'Controller whose objects and annotations are used: `ingress-nginx` (retired in March 2026), `nginx` (by F5), `traefik`, `haproxy` (by HAProxy Technologies), `haproxy-ingress`, `contour`, `gateway` for any implementation of the Gateway API, or `other`, which uses only `annotations`.',
    'ingress-nginx',
    ['ingress-nginx', 'nginx', 'traefik', 'haproxy', 'haproxy-ingress', 'contour', 'gateway', 'other'],
  ),
  className: nullable(
    string(
      "IngressClass of the controller. The default suits `ingress-nginx` and `nginx`. If empty, the cluster's default applies. `gateway` does not use it.",
      'nginx',
      OBJECT_NAME,
    ),
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
  extraRules: passThroughList(
    'Additional rules of the Ingress or of each HTTPRoute, such as rules for other Services.',
  ),
  gateway: object('Gateways of the HTTPRoute, used if `controller` is `gateway`.', {
    implementation: nullable(
      choice('Gateway API implementation to create policies for. If empty, no policies are created.', '', [
        '',
        'envoy-gateway',
        'istio',
        'nginx-gateway-fabric',
      ]),
    ),
    parentRefs: passThroughList(
      'Gateways that the HTTPRoute attaches to, as `{name, namespace, sectionName}`. `namespace` defaults to the namespace of the release.',
    ),
    filters: passThroughList('Filters for requests to the app, such as `{type: RequestHeaderModifier, …}`.'),
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
    connections: integer('Maximum number of idle connections to the pods.', 1000, 1),
    requests: integer('Number of requests after which a connection is closed.', 10_000, 1),
  }),
  proxyBuffering: object('Buffering of answers in the controller.', {
    enabled: boolean('Buffer answers in the controller.', true),
    bufferSize: string('Size of a buffer.', '8k', { pattern: BUFFER_SIZE }),
    buffers: integer('Number of buffers per connection.', 8, 3),
  }),
  maxBodySize: nullable(
    string("Maximum size of a request body. If null, the controller's default applies.", '1m', { pattern: BODY_SIZE }),
  ),
  http2: boolean('Allow clients to use HTTP/2.', true),
  loadBalancing: choice('How requests are distributed among the pods.', 'round_robin', [
    'round_robin',
    'least_connections',
  ]),
  maxConnections: nullable(
    integer(
      'Maximum number of requests or connections. What is counted depends on the controller. With `ingress-nginx` and `traefik`, it is the maximum number of requests in flight per client address. With `haproxy-ingress`, it is the maximum number of connections per client address. With `nginx`, it is the maximum number of connections from each pod of the controller to each pod of the app, unless `guard.requestsInFlight.enabled` is true. Other controllers ignore it. If null, there is no limit.',
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
        "Limit the request rate of each client address. The controller must see the clients' addresses, not the address of a load balancer.",
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
