import type { PlanInput } from '../capacity/plan.ts'
import { type PresetDefinition, planInputOf } from '../define-preset.ts'
import { COSTS } from './costs.ts'

/** Returns the input for planning a preset like 8cpu-24k, with some properties overridden. */
export const planInput = (over: Partial<PresetDefinition> = {}): PlanInput =>
  planInputOf(
    {
      name: 'planned',
      summary: '',
      target: { qps: 24_000, p99Ms: 100, p95Ms: 50 },
      cluster: { nodes: 1, cpu: '8', memory: '16Gi' },
      values: { ingress: { enabled: true } },
      ...over,
    },
    COSTS,
  )
