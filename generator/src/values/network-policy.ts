/** Values of the network policies. */
import Type from 'typebox'
import { boolean, nullable, object, PORT, passThroughList } from './schema.ts'

export const networkPolicy = object('Network access. A network plug-in must enforce it.', {
  enabled: boolean(
    'Create NetworkPolicies: only the app can reach Redis, and the app can reach only Redis and DNS. They also let the pod of `helm test` reach the app.',
    false,
  ),
  from: passThroughList('Sources that can reach the app. If empty, all sources can.'),
  metricsFrom: passThroughList(
    'Sources that can reach the metrics port. If empty, all sources that can reach the app can also reach the metrics port.',
  ),
  dnsPorts: nullable(
    Type.Array(Type.Integer(PORT), {
      description:
        'Ports on which the app can reach DNS servers. Some network plug-ins check the port of the DNS pods (5353 on OpenShift) instead of the port of the DNS Service. If empty, DNS is blocked.',
      uniqueItems: true,
      default: [53, 5353],
    }),
  ),
  extraIngress: passThroughList('Additional rules for connections to the app.'),
  extraEgress: passThroughList('Additional rules for connections from the app and from the pod of `helm test`.'),
  redis: object('NetworkPolicy of Redis.', {
    extraIngress: passThroughList('Additional rules for connections to Redis, for example from a publisher.'),
    extraEgress: passThroughList('Additional rules for connections from Redis.'),
  }),
})
