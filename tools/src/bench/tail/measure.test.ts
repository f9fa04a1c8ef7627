import { readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { NO_PROGRESS } from '../../../support/progress.ts'
import { ownTemporaryFolder } from '../../../support/temporary-folder.ts'
import { findWrk } from '../wrk.ts'
import { measureTail } from './measure.ts'
import { tail } from './tail.ts'

it.skipIf(process.platform !== 'linux')(
  'the capacity is found, every load measured, and nothing left behind',
  async ({ skip }) => {
    if (!(await findWrk(NO_PROGRESS).catch(() => undefined))) return skip('wrk cannot be had here')
    const folder = await ownTemporaryFolder()
    const lines: string[] = []
    const result = await measureTail(
      { rounds: 1, warmUpSeconds: 0, seconds: 1, searchSeconds: 0.5, shares: [0.3, 0.7], paths: 2000 },
      { progress: NO_PROGRESS, onLine: (line) => lines.push(line), signal: new AbortController().signal },
    )
    expect(lines).toEqual([])
    expect(await readdir(folder)).toEqual([])
    expect(result.modes.map(({ cache }) => cache)).toEqual(['off', 'on'])
    for (const { capacity, loads } of result.modes) {
      for (const [name, value] of Object.entries(capacity)) expect(value, name).toBeGreaterThan(0)
      expect(loads.map(({ share }) => share)).toEqual([0.3, 0.7])
      for (const { p50Ms, p99Ms } of loads) expect(p99Ms.median).toBeGreaterThanOrEqual(p50Ms.median)
    }
    expect(result.goals.map(({ ratio }) => ratio === null)).toEqual([false, false])
    expect(tail.text(result)).toContain('wrk 4.')
  },
  120_000,
)
