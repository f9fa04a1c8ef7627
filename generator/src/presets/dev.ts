import { definePreset } from '../define-preset.ts'

/** The smallest deployment, for a laptop: one app pod and one Redis pod. */
export default definePreset({
  name: 'dev',
  summary: 'one pod of the app and one of Redis on a laptop, without autoscaling',
  target: { qps: 400, p95Ms: 100, p99Ms: 250, errorRate: 0 },
  cluster: { nodes: 1, cpu: '2', memory: '2Gi' },
  spareReplicas: 0,
  runTime: '30s',
})
