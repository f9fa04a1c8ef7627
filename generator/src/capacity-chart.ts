/** `docs/capacity.svg`: the maximum planned rate of a cluster, by its number of CPUs. */
import { type PlanInput, plan } from './capacity/plan.ts'
import { millicores } from './capacity/quantity.ts'
import { highestRate } from './capacity/usage.ts'
import { type Preset, planInputOf } from './define-preset.ts'
import { renderSvg } from './plot.ts'

const CPUS = [4, 6, 8, 12, 16, 24, 32, 48, 64]
const CPUS_PER_NODE = 8
/** Result of the reference report: CPUs of the cluster, and the rate that it reached, in requests/s. */
const REFERENCE = { cpus: 8, reached: 9000 }
/** Highest rate that the search tries, in requests/s per CPU. */
const MAX_RATE_PER_CPU = 10_000
/** Precision of the search, as a fraction of the rate. It is finer than the line width of the chart. */
const PRECISION = 0.01

/**
 * Returns the maximum planned rate of a cluster with this number of CPUs, an ingress, and one spare replica, in
 * requests per second.
 */
function plannedRate(cpus: number): number {
  const nodes = Math.ceil(cpus / CPUS_PER_NODE)
  const input = (qps: number): PlanInput =>
    planInputOf({
      name: 'chart',
      summary: '',
      target: { qps: Math.floor(qps), p99Ms: 50 },
      cluster: { nodes, cpu: String(cpus / nodes), memory: '16Gi' },
      values: { ingress: { enabled: true } },
    })
  return highestRate((qps) => qps < 1 || plan(input(qps)).problems.length === 0, cpus * MAX_RATE_PER_CPU, PRECISION)
}

/** Draws the chart, with a point for each preset and for the reference report. */
export function renderCapacityChart(presets: readonly Preset[]): Promise<string> {
  const line = CPUS.map((cpus) => ({ cpus, qps: plannedRate(cpus) }))
  const points = [
    ...presets.map(({ name, cluster, target }) => ({
      cpus: (cluster.nodes * millicores(cluster.cpu)) / 1000,
      qps: target.qps,
      label: name,
    })),
    { cpus: REFERENCE.cpus, qps: REFERENCE.reached, label: 'the reference report reached 9,000' },
  ]
  const x = {
    field: 'cpus',
    type: 'quantitative' as const,
    title: 'CPUs of the cluster (nodes of 8)',
    scale: { type: 'log' as const, base: 2, domain: [1.5, 100] },
    axis: { values: [2, 4, 8, 16, 32, 64], format: 'd' },
  }
  const y = {
    field: 'qps',
    type: 'quantitative' as const,
    title: 'requests/s',
    scale: { type: 'log' as const, base: 10, domain: [300, 500_000] },
    axis: { values: [300, 1000, 3000, 10_000, 30_000, 100_000, 300_000], format: ',' },
  }
  return renderSvg({
    width: 560,
    height: 340,
    title: 'Rates that a cluster can be planned for, according to the measured costs',
    layer: [
      { data: { values: line }, mark: { type: 'line', point: { filled: true, size: 30 } }, encoding: { x, y } },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, size: 90, shape: 'diamond', color: '#c33' },
        encoding: { x, y },
      },
      {
        data: { values: points },
        mark: { type: 'text', align: 'left', dx: 9, dy: 5, fontSize: 12 },
        encoding: { x, y, text: { field: 'label' } },
      },
    ],
  })
}
