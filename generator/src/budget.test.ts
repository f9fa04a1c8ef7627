import { describe, expect, it } from 'vitest'
import { budgetOf, budgetProblem, type Cluster } from './budget.ts'
import { merge } from './merge.ts'
import { type DeepPartial, defaultValues, type Values } from './values.ts'

const cluster: Cluster = {
  nodes: 1,
  cpu: '8',
  memory: '16Gi',
  platform: { cpu: '850m', memory: '260Mi', what: 'kube-system and ingress' },
}

/** The topology of the report with a CPU request of the app to choose. */
const topology = (appCpu: string): Values => {
  const noSurge = { maxSurge: 0, maxUnavailable: 1 }
  const over: DeepPartial<Values> = {
    app: {
      resources: { requests: { cpu: appCpu, memory: '1Gi' } },
      autoscaling: { enabled: true, minReplicas: 6, maxReplicas: 7 },
      rollingUpdate: noSurge,
    },
    redis: {
      resources: { requests: { cpu: '250m', memory: '512Mi' } },
      autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 4 },
      rollingUpdate: noSurge,
    },
  }
  return merge<Values>(defaultValues, over)
}

describe('budgetOf', () => {
  it('adds up all pods and the platform', () => {
    const { min, max, capacity } = budgetOf(topology('850m'), cluster)
    expect(min.millicores).toBe(6 * 850 + 3 * 250 + 850)
    expect(max.millicores).toBe(7 * 850 + 4 * 250 + 850)
    expect(max.bytes).toBe((7 * 1024 + 4 * 512 + 260) * 2 ** 20)
    expect(capacity.millicores).toBe(8000)
  })

  it('counts the pods that a rolling update adds', () => {
    const values = merge<Values>(topology('850m'), { app: { rollingUpdate: { maxSurge: 2 } } })
    expect(budgetOf(values, cluster).max.millicores).toBe(9 * 850 + 4 * 250 + 850)
  })
})

describe('budgetProblem', () => {
  it("finds that the report's own maximum does not fit its 8 CPUs", () => {
    expect(budgetProblem(budgetOf(topology('1000m'), cluster))).toBe(
      'all pods together request 8850m CPU of 8000m: lower the requests or maxReplicas by 850m',
    )
  })

  it('finds too much memory', () => {
    expect(budgetProblem(budgetOf(topology('850m'), { ...cluster, memory: '8Gi' }))).toMatch(
      /9\.25 GiB memory of 8 GiB/,
    )
  })

  it('accepts what just fits', () => {
    expect(budgetProblem(budgetOf(topology('850m'), { ...cluster, cpu: '7800m' }))).toBeUndefined()
    expect(budgetProblem(budgetOf(topology('850m'), { ...cluster, cpu: '7799m' }))).toMatch(/by 1m$/)
  })
})
