import { definePreset } from '../define-preset.ts'
import { usersFor } from '../load-profile.ts'

const wait = { minSeconds: 0.05, maxSeconds: 0.2 }
const target = { qps: 400, p95Ms: 100, p99Ms: 250, errorRate: 0 }

/** The smallest thing that works: one pod of each, for a laptop. */
export default definePreset({
  name: 'dev',
  summary: 'a laptop: one pod of each, no autoscaling',
  cluster: {
    nodes: 1,
    cpu: '2',
    memory: '2Gi',
    platform: { cpu: '750m', memory: '170Mi', what: 'kube-system of Minikube' },
  },
  target,
  loadTest: {
    wait,
    timeoutSeconds: 120,
    connections: 12_000,
    defaultProfile: 'target',
    profiles: { target: { users: usersFor(target.qps, wait, 0.05), spawnRate: 10, runTime: '30s' } },
  },
  values: {
    app: {
      replicas: 1,
      resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { cpu: '1000m', memory: '512Mi' } },
      settings: { WEB_CONCURRENCY: 1, RANKING_THREADS: 1 },
    },
    redis: {
      replicas: 1,
      resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '512Mi' } },
    },
  },
})
