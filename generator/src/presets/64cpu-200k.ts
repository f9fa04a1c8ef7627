import { definePreset } from '../define-preset.ts'

export default definePreset({
  name: '64cpu-200k',
  summary: '200,000 requests/s on eight nodes of 8 CPUs',
  target: { qps: 200_000, p99Ms: 50 },
  cluster: { nodes: 8, cpu: '8', memory: '16Gi' },
  values: { ingress: { enabled: true } },
})
