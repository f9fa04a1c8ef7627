/** Finds the changes to a target or a cluster that make an infeasible preset feasible. */
import { type Cluster, defaultGibibytes, nodeCpu, nodeMemory } from './budget.ts'
import { type LoadProfile, loadTestFor, type Target } from './load-profile.ts'
import { type PlanInput, plan } from './plan.ts'
import { bytes, millicores } from './quantity.ts'
import { highestRate } from './usage.ts'

/** Memory of a node, in GiB, that is always enough for a plan. */
const ENOUGH_GIBIBYTES = 100_000

/** A change to a target or a cluster: command-line options such as `--cpus 12`, or words if there is no option. */
export type Change = string

/**
 * For each kind of change, finds the smallest change that makes a target feasible. Returns these changes, smallest
 * first. If neither more CPUs nor more memory is enough, the search increases both.
 * @param hasDefaultMemory whether the memory of the cluster is derived from its CPUs, and so grows with them
 */
export function smallestChanges(input: PlanInput, hasDefaultMemory = false): Change[] {
  const { target, cluster, loadTest } = input
  const { nodes } = cluster
  const { runTime } = loadTest.profiles[loadTest.defaultProfile] as LoadProfile
  const feasible = (over: Partial<PlanInput>) => plan({ ...input, ...over }).problems.length === 0
  const cpus = (nodes * millicores(cluster.cpu)) / 1000
  const gibibytes = (nodes * bytes(cluster.memory)) / 2 ** 30
  const fits = (size: Partial<Pick<Cluster, 'cpu' | 'memory'>>) => feasible({ cluster: { ...cluster, ...size } })
  const reaches = (over: Partial<Target>) => {
    const changed = { ...target, ...over }
    return feasible({ target: changed, loadTest: loadTestFor(changed, runTime) })
  }
  const changes: { change: Change; factor: number }[] = []
  const suggest = (change: Change, factor: number) => changes.push({ change, factor })

  const moreCpus = smallestAbove(
    Math.floor(cpus),
    (each) =>
      fits({
        cpu: nodeCpu(nodes, each),
        ...(hasDefaultMemory && { memory: nodeMemory(nodes, defaultGibibytes(each)) }),
      }),
    nodes,
  )
  const moreMemory = smallestAbove(Math.floor(gibibytes), (each) => fits({ memory: nodeMemory(nodes, each) }), nodes)
  if (moreCpus) suggest(`--cpus ${moreCpus}`, moreCpus / cpus)
  if (moreMemory) suggest(`--memory ${moreMemory}Gi`, moreMemory / gibibytes)
  if (!moreCpus && !moreMemory) {
    const enough = `${ENOUGH_GIBIBYTES}Gi`
    const both = smallestAbove(Math.floor(cpus), (each) => fits({ cpu: nodeCpu(nodes, each), memory: enough }), nodes)
    const withMemory =
      both &&
      smallestAbove(
        Math.floor(gibibytes),
        (each) => fits({ cpu: nodeCpu(nodes, both), memory: nodeMemory(nodes, each) }),
        nodes,
      )
    if (withMemory) {
      suggest(`--cpus ${both} with --memory ${withMemory}Gi`, (both / cpus) * (withMemory / gibibytes))
    }
  }
  // A preset may set a p95 below half of its p99. If only this p95 is missed, the p99 need not change.
  const highestP95 = target.p99Ms / 2
  const slowerP95 =
    target.p95Ms < highestP95
      ? smallestAbove(Math.floor(target.p95Ms), (p95Ms) => reaches({ p95Ms: Math.min(p95Ms, highestP95) }))
      : undefined
  if (slowerP95) {
    const p95Ms = Math.min(slowerP95, highestP95)
    suggest(`a target.p95Ms of ${p95Ms}`, p95Ms / target.p95Ms)
  } else {
    const slower = smallestAbove(Math.floor(target.p99Ms), (p99Ms) =>
      reaches({ p99Ms, p95Ms: Math.max(target.p95Ms, p99Ms / 2) }),
    )
    if (slower) suggest(`--p99 ${slower}ms`, slower / target.p99Ms)
  }
  const qps = highestRate((qps) => reaches({ qps }), target.qps)
  // Round down to a number that is easy to read.
  const rounded = qps >= 1000 ? Math.floor(qps / 100) * 100 : qps
  if (rounded > 0) suggest(`--qps ${rounded}`, target.qps / rounded)
  return changes.toSorted((a, b) => a.factor - b.factor).map(({ change }) => change)
}

/**
 * Returns the smallest integer above `from` for which `isEnough` returns true, or undefined if there is none up to
 * 1,000 times the larger of `from` and `scale`.
 */
function smallestAbove(from: number, isEnough: (value: number) => boolean, scale = 1): number | undefined {
  let high = Math.max(1, from)
  const limit = Math.max(scale, from) * 1000
  do high = Math.min(limit, high * 2)
  while (high < limit && !isEnough(high))
  if (!isEnough(high)) return undefined
  let low = from
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (isEnough(middle)) high = middle
    else low = middle
  }
  return high
}
