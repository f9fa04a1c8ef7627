import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { costsProblems } from '../../../../generator/src/capacity/costs.ts'
import { NO_PROGRESS } from '../../../support/progress.ts'
import { ownTemporaryFolder } from '../../../support/temporary-folder.ts'
import type { LoadResult } from '../load.ts'
import { findNginx } from '../nginx.ts'
import { findWrk } from '../wrk.ts'
import { COSTS_FILE, toJson } from './costs.ts'
import { loadCosts, measureCosts } from './measure-costs.ts'

const direct = (requestsPerSecond: number, micros: number): LoadResult => ({
  requestsPerSecond,
  micros: { app: micros, mainThread: micros / 2, redis: micros / 10 },
  p50Ms: 1.2345,
  p95Ms: 4,
  p99Ms: 5.678,
  p999Ms: 9,
})
const through = (requestsPerSecond: number, ingress: number): LoadResult => ({
  requestsPerSecond,
  micros: { ingress },
  p50Ms: 1,
  p95Ms: 1.5,
  p99Ms: 2,
  p999Ms: 3,
})

describe('the rows', () => {
  const rows = (directOf: [number, LoadResult[]][], throughOf: [number, LoadResult[]][]) => {
    const lines: string[] = []
    return { rows: loadCosts(new Map(directOf), new Map(throughOf), (line) => lines.push(line)), lines }
  }

  it('are medians, rounded, with the rate that was reached', () => {
    const result = rows(
      [[100, [direct(98.6, 500.06), direct(99.2, 10), direct(97, 900)]]],
      [[100, [through(99, 80.06), through(99, 70), through(99, 90)]]],
    )
    expect(result).toEqual({
      rows: [
        {
          requestsPerSecond: 99,
          appMicros: 500.1,
          mainThreadMicros: 250,
          redisMicros: 50,
          ingressMicros: 80.1,
          p50Ms: 1.23,
          p99Ms: 5.68,
        },
      ],
      lines: [],
    })
  })

  it('a rate that was not reached is left out, and said', () => {
    const result = rows(
      [
        [100, [direct(100, 500)]],
        [8000, [direct(4000, 100), direct(5000, 100)]],
      ],
      [
        [100, [through(100, 80)]],
        [8000, [through(5000, 40)]],
      ],
    )
    expect(result.rows.map((row) => row.requestsPerSecond)).toEqual([100])
    expect(result.lines).toEqual(['left out 8000 requests/s: this machine reached 5000'])
  })

  it('rounds in which the rate was not reached do not count', () => {
    const { rows: of } = rows(
      [[100, [direct(100, 500), direct(60, 900), direct(96, 300)]]],
      [[100, [through(100, 80)]]],
    )
    expect(of).toMatchObject([{ requestsPerSecond: 98, appMicros: 400 }])
  })

  it('rounds in which nginx did not reach the rate do not count; without any the cost of the row before stands', () => {
    const result = rows(
      [
        [4000, [direct(4000, 200), direct(4000, 200)]],
        [8000, [direct(7800, 100), direct(7800, 100)]],
      ],
      [
        [4000, [through(4000, 50), through(2000, 20)]],
        [8000, [through(6000, 40), through(6000, 40)]],
      ],
    )
    expect(result.rows.map((row) => row.ingressMicros)).toEqual([50, 50])
    expect(result.lines).toEqual(['8000 requests/s were not reached through nginx: it has the cost of the row before'])
  })

  it('none, or no cost of nginx, is an error', () => {
    expect(() => rows([[100, [direct(10, 500)]]], [[100, [through(100, 80)]]])).toThrow(
      'this machine reached none of the rates',
    )
    expect(() => rows([[100, [direct(100, 500)]]], [[100, [through(10, 80)]]])).toThrow(
      'this machine did not reach 100 requests/s through nginx',
    )
  })
})

it.skipIf(process.platform !== 'linux')(
  'everything is measured, with real programs, and nothing is left behind',
  async ({ skip }) => {
    for (const find of [findWrk, findNginx]) {
      const problem = await find(NO_PROGRESS).then(
        () => undefined,
        (error: Error) => error.message,
      )
      if (problem) return skip(problem)
    }
    const folder = await ownTemporaryFolder()
    const lines: string[] = []
    const costs = await measureCosts(
      {
        rounds: 1,
        // Also a machine that runs other tests meanwhile reaches that.
        rates: [5],
        warmUpSeconds: 0,
        seconds: 1,
        nginxSeconds: 1,
        memoryRate: 5,
        memorySeconds: 1,
        entries: 20_000,
        httpConnections: 500,
        redisClients: 50,
      },
      { progress: NO_PROGRESS, onLine: (line) => lines.push(line), signal: new AbortController().signal },
    )
    expect(lines).toEqual([])
    expect(await readdir(folder)).toEqual([])

    expect(costs.measured).toEqual({
      date: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
      machine: expect.stringMatching(/, \d+ CPUs$/),
      os: expect.stringMatching(/^Linux \d+\.\d+$/),
      node: process.versions.node,
      redis: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      nginx: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      client: expect.stringMatching(/^wrk \d+\.\d+\.\d+$/),
      rounds: 1,
      entries: 99_646,
    })
    const [row] = costs.load
    expect(costs.load).toHaveLength(1)
    for (const [name, value] of Object.entries(row ?? {})) expect(value, name).toBeGreaterThan(0)
    expect(row?.mainThreadMicros).toBeLessThan(row?.appMicros as number)
    const { httpConnectionBytes, ...others } = costs.memory
    for (const [name, value] of Object.entries(others)) expect(value, name).toBeGreaterThan(0)
    expect(httpConnectionBytes).toBeGreaterThanOrEqual(0)

    const file = join(folder, 'costs.json')
    await writeFile(file, toJson(costs))
    const { $comment, ...written } = JSON.parse(await readFile(file, 'utf8'))
    expect($comment).toMatch(/^Written by `npm run bench/)
    expect(written).toEqual(costs)
    expect(costsProblems(written)).toEqual([])
    const committed = JSON.parse(await readFile(COSTS_FILE, 'utf8'))
    expect(Object.keys(committed)).toEqual(['$comment', ...Object.keys(costs)])
    expect(Object.keys(committed.measured)).toEqual(Object.keys(costs.measured))
    expect(Object.keys(committed.load[0])).toEqual(Object.keys(row ?? {}))
    expect(Object.keys(committed.memory)).toEqual(Object.keys(costs.memory))
  },
  120_000,
)
