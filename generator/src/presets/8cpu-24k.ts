import { definePreset } from '../define-preset.ts'
import { REFERENCE_FIGURES } from '../reference-report.ts'

/**
 * The topology of the reference report: 24,000 requests/s on one Minikube node with 8 CPUs. All values that are not set
 * here are computed.
 */
export default definePreset({
  name: '8cpu-24k',
  summary: '24,000 requests/s on one node of 8 CPUs',
  target: { qps: 24_000, p95Ms: 50, p99Ms: 100 },
  cluster: { nodes: 1, cpu: '8', memory: '16Gi' },
  values: {
    app: {
      replicas: 6,
      resources: { requests: { memory: '1Gi' }, limits: { cpu: '1500m', memory: '2Gi' } },
      settings: { HTTP_MAX_CONNECTIONS: 2000, REDIS_MAX_CONNECTIONS: 200, REDIS_SOCKET_KEEPALIVE: true },
      service: { type: 'ClusterIP', port: 8000 },
      topologySpread: { enabled: true },
      autoscaling: {
        enabled: true,
        minReplicas: 6,
        maxReplicas: 7,
        targetCPUUtilizationPercentage: 70,
        targetMemoryUtilizationPercentage: 75,
      },
      podDisruptionBudget: { enabled: true, minAvailable: 4 },
    },
    redis: {
      replicas: 3,
      resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '500m', memory: '1Gi' } },
      config: { maxmemory: '768mb' },
      service: { port: 6379 },
      autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 4, targetCPUUtilizationPercentage: 70 },
      podDisruptionBudget: { enabled: true, minAvailable: 2 },
    },
    ingress: {
      enabled: true,
      controller: 'ingress-nginx',
      className: 'nginx',
      timeouts: { connectSeconds: 30, sendSeconds: 30, readSeconds: 30 },
      upstreamKeepalive: { connections: 1000, requests: 10_000 },
      proxyBuffering: { enabled: true, bufferSize: '8k', buffers: 8 },
      maxBodySize: '1m',
      http2: true,
      loadBalancing: 'round_robin',
      maxConnections: 10_000,
      retries: { conditions: ['error', 'timeout'], attempts: 3 },
    },
  },
  notes: {
    'app.resources.requests.cpu':
      'With 1000m, the maximum number of pods (7 × 1000m + 4 × 250m) would request all 8 CPUs. The platform requests another 850m, so the seventh pod would stay Pending.',
    'app.settings.WEB_CONCURRENCY': 'One Node.js process and its ranking thread can already use more than this limit.',
    'app.podDisruptionBudget.minAvailable':
      'As in the reference report. According to the measured costs, four pods still meet the target during a node drain.',
    'redis.autoscaling.enabled':
      'As in the reference report. Redis uses a small part of its request, so this autoscaler adds a replica only under unusually high load.',
    'redis.config.maxmemory':
      'Three quarters of the memory limit, so that the dataset can grow to millions of entries.',
    'ingress.upstreamKeepalive':
      'ingress-nginx reads these two values and http2 only from the ConfigMap of its controller; see values/controllers/ingress-nginx-8cpu-24k.yaml.',
  },
  reference: REFERENCE_FIGURES,
})
