import { describe, expect, it } from 'vitest'
import { type PresetDefinition, planInputOf } from '../define-preset.ts'
import { type NewPresetRequest, presetFor } from '../new-preset.ts'
import { planInput } from '../testing/plan-input.ts'
import { loadTestFor } from './load-profile.ts'
import { type PlanInput, plan } from './plan.ts'
import { smallestChanges } from './smallest-changes.ts'

describe('smallestChanges', () => {
  /** Applies a change such as `--cpus 12`, with `by` added to its number. Returns the problems of the new plan. */
  function changed(wanted: PlanInput, change: string, by: number) {
    const value = (option: string) => {
      const [, number] = new RegExp(`--${option} ([\\d.]+)`).exec(change) ?? []
      return number === undefined ? undefined : Number(number) + by
    }
    const { cluster, target } = wanted
    const [cpus, gibibytes, p99Ms, qps] = ['cpus', 'memory', 'p99', 'qps'].map(value)
    const changedTarget = { ...target, ...(p99Ms && { p99Ms, p95Ms: p99Ms / 2 }), ...(qps && { qps }) }
    return plan({
      ...wanted,
      cluster: { ...cluster, ...(cpus && { cpu: String(cpus) }), ...(gibibytes && { memory: `${gibibytes}Gi` }) },
      target: changedTarget,
      loadTest: loadTestFor(changedTarget, '15m'),
    }).problems
  }

  it.each<[string, Partial<PresetDefinition>, RegExp[]]>([
    ['too few CPUs', { cluster: { nodes: 1, cpu: '4', memory: '16Gi' } }, [/^--cpus \d+$/, /^--qps \d+$/]],
    ['too little memory', { cluster: { nodes: 1, cpu: '8', memory: '1Gi' } }, [/^--memory \d+Gi$/]],
    [
      'more users than the ingress can have connections',
      { target: { qps: 120_000, p99Ms: 60_000 }, cluster: { nodes: 1, cpu: '128', memory: '256Gi' } },
      [/^--qps 4\d00$/],
    ],
    ['too little time', { target: { qps: 24_000, p99Ms: 1 } }, [/^--p99 \d+ms$/]],
    [
      'too few CPUs and too little memory',
      { cluster: { nodes: 1, cpu: '2', memory: '1Gi' } },
      [/^--cpus \d+ with --memory \d+Gi$/],
    ],
  ])('for %s are sufficient and no larger than needed', (_, over, expected) => {
    const wanted = planInput(over)
    const changes = smallestChanges(wanted)
    expect(changes).toEqual(expected.map((pattern) => expect.stringMatching(pattern)))
    for (const change of changes) {
      expect(changed(wanted, change, 0), change).toEqual([])
      if (!change.startsWith('--qps')) expect(changed(wanted, change, -1), `less than ${change}`).not.toEqual([])
    }
  })

  it('change only the p95 if the preset sets a lower one than half of the p99, and misses nothing else', () => {
    const target = { qps: 24_000, p99Ms: 50, p95Ms: 1, errorRate: 0 }
    const problems = (p95Ms: number) => plan(planInput({ target: { ...target, p95Ms } })).problems
    const changes = smallestChanges(planInput({ target })).filter((change) => /p9[59]/.test(change))
    expect(changes).toEqual([expect.stringMatching(/^a target\.p95Ms of \d+$/)])
    const p95Ms = Number(changes[0]?.split(' ').at(-1))
    expect(problems(p95Ms)).toEqual([])
    expect(problems(p95Ms - 1)).not.toEqual([])
  })

  it('change both percentiles if the preset misses both', () => {
    const target = { qps: 24_000, p99Ms: 3, p95Ms: 1 }
    expect(smallestChanges(planInput({ target }))).toContainEqual(expect.stringMatching(/^--p99 \d+ms$/))
  })

  it.each<[NewPresetRequest, string]>([
    [{ cpus: 16, qps: 160_000, nodes: 2 }, '--cpus 20'],
    [{ cpus: 100, qps: 1, nodes: 100 }, '--cpus 106'],
    [{ cpus: 1, qps: 500 }, '--cpus 2'],
    [{ cpus: 15, qps: 20_000, nodes: 3, memory: '2Gi' }, '--memory 4Gi'],
  ])('for %j suggests %s, the least that the command accepts', (request, expected) => {
    const problems = (changed: NewPresetRequest) => plan(planInputOf(presetFor(changed))).problems
    const [change] = smallestChanges(planInputOf(presetFor(request)), request.memory === undefined)
    expect(change).toBe(expected)
    const [, option, amount] = /^--(cpus|memory) (\d+)/.exec(expected) ?? []
    const apply = (value: number) => ({ ...request, [option as string]: option === 'cpus' ? value : `${value}Gi` })
    expect(problems(apply(Number(amount)))).toEqual([])
    expect(problems(apply(Number(amount) - 1))).not.toEqual([])
  })
})
