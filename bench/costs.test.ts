import { describe, expect, it } from 'vitest'
import { costsOf } from './costs.ts'
import { type Figures, type Row, rowOf } from './harness.ts'

const one = {
  process: 200e6,
  httpConnection: 5215,
  redisPss: 12e6,
  redisClient: 38_000,
  redisBytes: 2e6,
  indexBytes: 6e6,
  entries: 1e5,
}
const memory = [
  rowOf('memory', 'one', one, { threads: 1 }),
  rowOf('memory', 'three', { process: 280e6 }, { threads: 3 }),
  rowOf('dataset', 'titles', { entries: 1e6, redisBytes: 38e6, indexBytes: 70e6, loadingBytes: 40e6 }),
]

/**
 * A planned rate, and the measured figures, each with one value per round: the rate that was reached without nginx, the
 * CPU time of the service at this rate, the rate that was reached through nginx, and the CPU time of nginx.
 */
type Rate = [rate: number, reached: number[], app: number[], through: number[], ingress: number[]]

function costs(...rates: Rate[]) {
  const lines: string[] = []
  const rows = rates.flatMap(([rate, reached, app, through, ingress]): Row[] => {
    const other = app.map((micros) => micros / 10)
    const ms = app.map(() => 1.2345)
    const values = { requestsPerSecond: reached, app, mainThread: other, redis: other, p50Ms: ms, p99Ms: ms }
    return [
      { group: 'direct', title: '', labels: { rate }, values },
      { group: 'ingress', title: '', labels: { rate }, values: { requestsPerSecond: through, ingress } },
    ]
  })
  const machine = { date: '2026-11-28', machine: 'CPU', os: 'Linux', node: '24.21.0', commit: 'abc' }
  const facts = { Redis: '7.0', nginx: '1.22', wrk: '4.1', entries: 1e5 }
  const figures: Figures = { subject: 'costs', ...machine, rounds: 3, facts, rows: [...rows, ...memory] }
  return { ...costsOf(figures, (line) => lines.push(line)), lines }
}

it('splits memory into parts', () => {
  expect(costs([100, [99], [500], [99], [80]]).memory).toEqual({
    httpProcessBytes: 154e6,
    rankingThreadBytes: 40e6,
    httpConnectionBytes: 5215,
    appEntryBytes: 70,
    appLoadingBytes: 40,
    redisBaseBytes: 10e6,
    redisEntryBytes: 40,
    redisClientBytes: 38_000,
  })
})

describe('the rates', () => {
  it('have the medians of the rounds that reached them', () => {
    const { load, measured, lines } = costs([100, [98.6, 60, 97], [500.06, 9, 300], [99, 20, 99], [80.06, 9, 90]])
    const row = { requestsPerSecond: 98, appMicros: 400, mainThreadMicros: 40, redisMicros: 40, ingressMicros: 85 }
    expect(load).toEqual([{ ...row, p50Ms: 1.23, p99Ms: 1.23 }])
    expect(measured).toMatchObject({ node: '24.21.0', redis: '7.0', nginx: '1.22', client: 'wrk 4.1', entries: 1e5 })
    expect(lines).toEqual([])
  })

  it('are left out and reported if they were not reached, directly or through nginx', () => {
    const { load, lines } = costs(
      [100, [100], [500], [100], [80]],
      [4000, [4000], [9], [3000], [4]],
      [8000, [5000], [9], [5000], [4]],
    )
    expect(load).toHaveLength(1)
    expect(lines).toEqual([
      'left out 4000 requests/s: this machine reached 4000, through nginx 3000',
      'left out 8000 requests/s: this machine reached 5000, through nginx 5000',
    ])
  })

  it('are an error if none was reached', () => {
    expect(() => costs([100, [10], [500], [100], [80]])).toThrow('this machine reached none of the rates')
  })
})
