import { definePreset } from '../define-preset.ts'
import { usersFor } from '../load-profile.ts'

const wait = { minSeconds: 0.05, maxSeconds: 0.2 }
const target = { qps: 24_000, p95Ms: 50, p99Ms: 100, errorRate: 0.001 }
/** The mean latency that the number of users allows for, in seconds. */
const ALLOWED_LATENCY_SECONDS = 0.025

/** The topology of the report: 24,000 requests/s on one Minikube node of 8 CPUs. */
export default definePreset({
  name: '8cpu-24k',
  summary: '24,000 requests/s on one node of 8 CPUs',
  cluster: {
    nodes: 1,
    cpu: '8',
    memory: '16Gi',
    platform: {
      cpu: '850m',
      memory: '260Mi',
      what: 'kube-system of Minikube (750m, 170Mi) and the ingress controller (100m, 90Mi)',
    },
  },
  target,
  loadTest: {
    wait,
    timeoutSeconds: 120,
    connections: 12_000,
    defaultProfile: 'target',
    profiles: {
      '100-users': { users: 100, spawnRate: 10, runTime: '5m' },
      '1000-users': { users: 1000, spawnRate: 50, runTime: '10m' },
      '2000-users': { users: 2000, spawnRate: 100, runTime: '15m' },
      target: { users: usersFor(target.qps, wait, ALLOWED_LATENCY_SECONDS), spawnRate: 100, runTime: '15m' },
    },
  },
  values: {
    app: {
      replicas: 6,
      resources: { requests: { cpu: '850m', memory: '1Gi' }, limits: { cpu: '1500m', memory: '2Gi' } },
      settings: {
        WEB_CONCURRENCY: 3,
        RANKING_THREADS: 1,
        HTTP_MAX_CONNECTIONS: 2000,
        REDIS_CONNECTION_POOL_SIZE: 4,
        REDIS_MAX_CONNECTIONS: 200,
        REDIS_SOCKET_KEEPALIVE: true,
      },
      service: { type: 'ClusterIP', port: 8000 },
      rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
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
      config: { maxmemory: '768mb', maxclients: 10_000 },
      service: { port: 6379 },
      rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
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
      "The report asks for 1000m. With it the autoscaler's maximum, 7 x 1000m + 4 x 250m, is all of the 8 CPUs, and with what the platform itself requests (850m) the seventh pod stays Pending.",
    'app.settings.WEB_CONCURRENCY': "The report's three Gunicorn workers.",
    'app.settings.HTTP_MAX_CONNECTIONS': "The report's 2,000 worker connections.",
    'app.rollingUpdate': 'There is no room on the node for a pod more, so one goes before its successor comes.',
    'redis.rollingUpdate': 'As for the app.',
    'ingress.upstreamKeepalive':
      'ingress-nginx takes these two and http2 only from the ConfigMap of its controller: see values/controllers/ingress-nginx-8cpu-24k.yaml.',
  },
})
