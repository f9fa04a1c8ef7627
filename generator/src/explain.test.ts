import { describe, expect, it } from 'vitest'
import { resolvePreset } from './define-preset.ts'
import { describePreset, explain } from './explain.ts'
import { COSTS } from './testing/costs.ts'
import type { DeepPartial, Values } from './values.ts'

const presetWith = (values: DeepPartial<Values>) =>
  resolvePreset(
    {
      name: 'shop',
      summary: 'a shop',
      target: { qps: 8000, p99Ms: 50 },
      cluster: { nodes: 2, cpu: '4', memory: '8Gi' },
      values,
    },
    [],
    COSTS,
  )

describe('the description of a preset', () => {
  it('says how many replicas of the app and of Redis may be unavailable', () => {
    const preset = presetWith({})
    expect(describePreset(preset)[0]).toMatch(/, while 1 replica of the app and 1 of Redis are unavailable\.$/)
    expect(explain(preset)).toMatch(/^CPUs of a Redis replica/m)
  })

  it('contains nothing about the replicas of an external Redis, which the plan does not include', () => {
    const preset = presetWith({ redis: { mode: 'external', external: { host: 'redis.example' } } })
    expect(describePreset(preset)[0]).toMatch(/, while 1 replica of the app is unavailable\.$/)
    expect(explain(preset)).not.toMatch(/^(CPUs of a Redis replica|memory of Redis)/m)
  })
})
