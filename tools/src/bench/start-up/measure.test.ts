import { readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { NO_PROGRESS } from '../../../support/progress.ts'
import { ownTemporaryFolder } from '../../../support/temporary-folder.ts'
import { processTree, requireCpuTime } from '../cpu-time.ts'
import { measureStartUp } from './measure.ts'

it.skipIf(process.platform !== 'linux')('is measured, with real programs, and nothing is left behind', async () => {
  requireCpuTime()
  const temporary = await ownTemporaryFolder()
  const before = processTree(process.pid)
  const lines: string[] = []
  const { measured, readyMs, loads } = await measureStartUp(
    { rounds: 1, rates: [100], seconds: 2 },
    { progress: NO_PROGRESS, onLine: (line) => lines.push(line), signal: new AbortController().signal },
  )
  expect(lines).toEqual([])
  expect(processTree(process.pid)).toEqual(before)
  expect((await readdir(temporary)).filter((name) => name.startsWith('autocomplete-'))).toEqual([])

  expect(measured).toMatchObject({ rounds: 1, entries: 99_646, seconds: 2, redis: expect.stringMatching(/^\d+\./) })
  for (const { min, max } of Object.values(readyMs)) {
    expect(min).toBeGreaterThan(0)
    expect(max).toBeGreaterThanOrEqual(min)
  }
  expect(loads.map(({ variant, requestsPerSecond }) => [variant, requestsPerSecond])).toEqual([
    ['warm-up', 100],
    ['no warm-up', 100],
  ])
  for (const { firstSecond, lastSecond, windows } of loads) {
    for (const { p50Ms, p99Ms, maxMs } of [firstSecond, lastSecond]) {
      expect(p50Ms).toBeGreaterThan(0)
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms)
      expect(maxMs).toBeGreaterThanOrEqual(p99Ms)
    }
    expect(windows.length).toBeGreaterThan(15)
    expect(windows.length).toBeLessThanOrEqual(20)
  }
})
