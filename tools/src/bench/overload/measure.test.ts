import { readdir } from 'node:fs/promises'
import { expect, inject, it } from 'vitest'
import { NO_PROGRESS } from '../../../support/progress.ts'
import { ownTemporaryFolder } from '../../../support/temporary-folder.ts'
import { processTree } from '../cpu-time.ts'
import { shareCpus } from './cpus.ts'
import { measureOverload, type OverloadEffort } from './measure.ts'
import { overload } from './overload.ts'

const TINY: OverloadEffort = {
  rounds: 1,
  search: {
    firstRate: 500,
    warmUpSeconds: 1,
    coarse: { factor: 16, seconds: 1 },
    fine: { factor: 6, seconds: 1 },
  },
  loads: { factors: [3], seconds: 1 },
  recoverySeconds: 0.5,
  skipSeconds: 0.25,
  settings: { values: [['RANKING_MAX_PENDING', [20, 2000]]], peakSeconds: 1, peakSkipSeconds: 0.25, seconds: 1 },
}
const hasCpus = await shareCpus().then(
  () => true,
  () => false,
)

it.skipIf(!hasCpus)(
  'both cases are measured, with every setting, and nothing is left behind',
  async () => {
    const folder = await ownTemporaryFolder()
    const before = processTree(process.pid)
    const lines: string[] = []
    const surroundings = {
      progress: NO_PROGRESS,
      onLine: (line: string) => lines.push(line),
      signal: new AbortController().signal,
    }
    const result = await measureOverload(TINY, surroundings, async () => inject('k6'))
    expect(lines).toEqual([])
    expect(await readdir(folder)).toEqual([])
    expect(processTree(process.pid).filter((pid) => !before.includes(pid))).toEqual([])

    expect(result.measured).toMatchObject({ client: 'k6 2.1.0', rounds: 1, seconds: 0.5 })
    expect(result.cases.map(({ name }) => name)).toEqual(['redis', 'cpu'])
    for (const { peak, search, loads, settings } of result.cases) {
      expect(peak).toBe(Math.max(...search.map(({ good }) => good)))
      const [load] = loads
      expect(load?.offered.median).toBeGreaterThan(2.9 * peak)
      const answered = load ? load.goodShare.median * peak + load.late.median + load.refused.median : 0
      expect(answered).toBeGreaterThan(0)
      // The default is not measured twice.
      expect(settings.map(({ changed }) => changed)).toEqual([null, { name: 'RANKING_MAX_PENDING', value: 20 }])
    }
    expect(result.goals).toHaveLength(6)
    expect(overload.text(result)).toContain('RANKING_MAX_PENDING 20')
  },
  120_000,
)
