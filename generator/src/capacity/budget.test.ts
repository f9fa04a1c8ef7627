import { array, assert, constant, constantFrom, integer, property, record, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { merge } from '../merge.ts'
import { type DeepPartial, defaultValues, type Values } from '../values.ts'
import { budgetOf, budgetProblem, type Cluster } from './budget.ts'

const cluster: Cluster = {
  nodes: 1,
  cpu: '8',
  memory: '16Gi',
  platform: {
    once: { cpu: '750m', memory: '170Mi' },
    perNode: { cpu: '100m', memory: '90Mi' },
    what: 'kube-system and ingress',
  },
}

/** Returns the topology of the reference report, with this CPU request for each app pod. */
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
  it('reports that the maximum number of pods of the reference report does not fit its 8 CPUs', () => {
    expect(budgetProblem(topology('1000m'), cluster)).toBe(
      'all pods together request 8850m CPU of 8000m: lower the requests or maxReplicas to save 850m, or add CPUs',
    )
  })

  it('reports memory requests above the capacity', () => {
    expect(budgetProblem(topology('850m'), { ...cluster, memory: '8Gi' })).toMatch(/9\.25 GiB memory of 8 GiB/)
  })

  it('accepts requests that fill one node exactly', () => {
    expect(budgetProblem(topology('850m'), { ...cluster, cpu: '7800m' })).toBeUndefined()
    expect(budgetProblem(topology('850m'), { ...cluster, cpu: '7799m' })).toMatch(/to save 1m, or add CPUs$/)
  })

  it('requires spare capacity on several nodes, because a pod may fit no node although the sum fits', () => {
    // All pods together request 7,900m of the nodes' 8,000m. Still, before the last app pod is placed, each node may
    // have less left than the 850m that this pod requests.
    const problem = budgetProblem(topology('850m'), { ...cluster, nodes: 2, cpu: '4' })
    expect(problem).toMatch(
      /^all pods together request 7900m CPU of 8000m, and 2 nodes need spare capacity for 1 more pod of app/,
    )
    expect(budgetProblem(topology('850m'), { ...cluster, nodes: 2, cpu: '4400m' })).toBeUndefined()
  })

  it('says how much to lower the CPU requests if CPU and memory together may leave no node with enough of both', () => {
    // The memory requests can fill one of the three nodes, and the CPU requests can fill the other two.
    const noSurge = { maxSurge: 0, maxUnavailable: 1 }
    const values = merge<Values>(defaultValues, {
      app: { replicas: 4, resources: { requests: { cpu: '1', memory: '1Gi' } }, rollingUpdate: noSurge },
      redis: { replicas: 1, resources: { requests: { cpu: '100m', memory: '256Mi' } }, rollingUpdate: noSurge },
    })
    const problem = (cpu: number) => {
      const platform = { once: { cpu: `${cpu}m`, memory: '6Gi' }, perNode: { cpu: '0', memory: '0' }, what: '' }
      return budgetProblem(values, { nodes: 3, cpu: '4', memory: '8Gi', platform })
    }
    expect(problem(3500)).toBe(
      'all pods together request 7600m CPU of 12000m and 10.25 GiB memory of 24 GiB, and 3 nodes need spare capacity for 2 more pods of app: lower the requests or replicas to save 599m, or add CPUs',
    )
    expect(problem(3500 - 598)).toBeDefined()
    expect(problem(3500 - 599)).toBeUndefined()
  })

  it('does not count an external Redis', () => {
    const values = merge<Values>(topology('1000m'), { redis: { mode: 'external' } })
    expect(budgetProblem(values, cluster)).toBeUndefined()
  })

  it('accepts only budgets with a node for every pod, whatever order and nodes the scheduler chooses', () => {
    const sizes = record({
      nodes: integer({ min: 1, max: 5 }),
      cpu: integer({ min: 1000, max: 8000 }),
      memory: integer({ min: 1024, max: 16_384 }),
      app: tuple(integer({ min: 100, max: 2000 }), integer({ min: 64, max: 4096 }), integer({ min: 1, max: 20 })),
      redis: tuple(integer({ min: 100, max: 1000 }), integer({ min: 64, max: 2048 }), integer({ min: 1, max: 5 })),
      choices: array(tuple(integer({ min: 0 }), integer({ min: 0 })), { minLength: 40, maxLength: 40 }),
      strategy: constantFrom('any', 'fullest', 'emptiest'),
      surge: constant(0),
    })
    let accepted = 0
    assert(
      property(sizes, ({ nodes, cpu, memory, app, redis, choices, strategy, surge }) => {
        const component = ([millicores, mebibytes, replicas]: [number, number, number]) => ({
          replicas,
          rollingUpdate: { maxSurge: surge, maxUnavailable: 1 },
          resources: { requests: { cpu: `${millicores}m`, memory: `${mebibytes}Mi` } },
        })
        const values = merge<Values>(defaultValues, { app: component(app), redis: component(redis) })
        const platform = { once: { cpu: '300m', memory: '100Mi' }, perNode: { cpu: '50m', memory: '20Mi' }, what: '' }
        if (budgetProblem(values, { nodes, cpu: `${cpu}m`, memory: `${memory}Mi`, platform }) !== undefined) return
        accepted += 1
        const free = Array.from({ length: nodes }, () => ({ cpu: cpu - 50, memory: memory - 20 }))
        const [first] = free as [(typeof free)[0]]
        first.cpu -= 300
        first.memory -= 100
        const waiting = [...Array(app[2]).fill(app), ...Array(redis[2]).fill(redis)] as [number, number, number][]
        for (let turn = 0; waiting.length > 0; turn++) {
          const [which, where] = choices[turn % choices.length] as [number, number]
          const [[millicores, mebibytes]] = waiting.splice(which % waiting.length, 1) as [[number, number, number]]
          const open = free
            .filter((node) => node.cpu >= millicores && node.memory >= mebibytes)
            .sort((a, b) => (strategy === 'any' ? 0 : strategy === 'fullest' ? a.cpu - b.cpu : b.cpu - a.cpu))
          expect(open.length).toBeGreaterThan(0)
          const node = open[strategy === 'any' ? where % open.length : 0] as (typeof free)[0]
          node.cpu -= millicores
          node.memory -= mebibytes
        }
      }),
      { numRuns: 2000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })
})
