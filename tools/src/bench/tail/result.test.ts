import { expect, it } from 'vitest'
import { renderSvg } from '../../../../generator/src/plot.ts'
import { type MeasuredMode, type TailResult, tailOf } from './result.ts'
import { tailChart, tailTables, tailText } from './view.ts'

const load = (p50Ms: number, p99Ms: number) => ({
  requestsPerSecond: 7000.4,
  micros: { mainThread: 100 },
  p50Ms,
  p95Ms: p99Ms / 2,
  p99Ms,
  p999Ms: p99Ms * 2,
})
const mode = (cache: 'off' | 'on', p99: number): MeasuredMode => ({
  cache,
  capacity: { requestsPerSecond: 10_000, mainThreadShare: 0.98765, withoutPauses: 12_000 },
  loads: [
    { share: 0.3, measurements: [load(0.5, 2), load(0.5, 2)] },
    { share: 0.7, measurements: [load(1, p99), load(2, p99), load(1, p99 + 1)] },
  ],
})
const modes = [mode('off', 10), mode('on', 12)]
const result: TailResult = {
  measured: {
    date: '2030-01-02',
    machine: 'Some CPU, 2 CPUs',
    os: 'Linux 6.1',
    node: '20.19.0',
    redis: '7.0.15',
    client: 'wrk 4.1.0',
    rounds: 3,
    seconds: 8,
    entries: 99_646,
    queries: 300_000,
  },
  ...tailOf(modes),
}

it('loads are medians with their range, p99 compared with p50 in each round', () => {
  expect(result.modes[0]?.capacity.mainThreadShare).toBe(0.988)
  expect(result.modes[0]?.loads[1]).toEqual({
    share: 0.7,
    requestsPerSecond: { median: 7000, min: 7000, max: 7000 },
    p50Ms: { median: 1, min: 1, max: 2 },
    p95Ms: { median: 5, min: 5, max: 5.5 },
    p99Ms: { median: 10, min: 10, max: 11 },
    p999Ms: { median: 20, min: 20, max: 22 },
    p99ToP50: { median: 10, min: 5, max: 11 },
  })
})

it('the goal is for the load of 70 %', () => {
  expect(result.goals.map(({ text, reached }) => [text, reached])).toEqual([
    ['p99 to p50 at 70 % of the capacity, cache off', true],
    ['p99 to p50 at 70 % of the capacity, cache on', false],
  ])
  const [first] = modes as [MeasuredMode]
  expect(tailOf([{ ...first, loads: first.loads.slice(0, 1) }]).goals[0]?.reached).toBeNull()
})

it('a terminal and the docs show all of it', async () => {
  const text = tailText(result)
  expect(text).toMatch(/^off +10,000 +99 % +12,000$/m)
  expect(text).toMatch(/^on +70 % +7,000 +1\.00 \(1\.00–2\.00\) +6\.00/m)
  const tables = tailTables(result)
  expect(Object.keys(tables)).toEqual(['tail-capacity', 'tail', 'tail-goals'])
  expect(tables.tail).toContain('| off | 30 % | 7,000 | 0.50 | 1.00 | 2.00 | 4.00 | 4.0 |')
  expect(tables['tail-goals']).toContain('| at most 10 | 12.00 (6.00–13.00) | not reached |')
  const svg = await renderSvg(tailChart(result))
  for (const label of ['cache off', 'cache on', 'p50', 'p99.9']) expect(svg).toContain(`>${label}<`)
})
