import { definePreset } from '../define-preset.ts'

/** Twice the target rate of the reference report, with twice as many CPUs. */
export default definePreset({
  name: '16cpu-48k',
  summary: '48,000 requests/s on two nodes of 8 CPUs',
  target: { qps: 48_000, p99Ms: 50 },
  cluster: { nodes: 2, cpu: '8', memory: '16Gi' },
  values: { ingress: { enabled: true } },
})
