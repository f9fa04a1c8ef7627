import { readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { NO_PROGRESS } from '../../../support/progress.ts'
import { ownTemporaryFolder } from '../../../support/temporary-folder.ts'
import { findWrk } from '../wrk.ts'
import { measureCatalogue } from './measure.ts'
import { TITLE_KINDS } from './queries.ts'
import { catalogueGoals, catalogueTables, catalogueText } from './view.ts'

it.skipIf(process.platform !== 'linux')(
  'is measured, with real programs, and nothing is left behind',
  async ({ skip }) => {
    if (!(await findWrk(NO_PROGRESS).catch(() => undefined))) return skip('wrk cannot be had here')
    const folder = await ownTemporaryFolder()
    const lines: string[] = []
    const result = await measureCatalogue(
      {
        rounds: 1,
        sizes: [5000],
        queries: 100,
        warmUpSeconds: 0,
        seconds: 0.5,
        reference: { titles: 300, queries: 2 },
      },
      { progress: NO_PROGRESS, onLine: (line) => lines.push(line), signal: new AbortController().signal },
    )
    expect(await readdir(folder)).toEqual([])
    const [size] = result.sizes
    expect(size?.entries).toBeGreaterThan(4900)
    for (const bytes of [size?.redisBytes, size?.indexBytes]) expect(bytes).toBeGreaterThan(20)
    expect(size?.kinds.map(({ kind }) => kind)).toEqual(TITLE_KINDS)
    for (const { kind, queries, medianMicros, p99Micros, requestMicros } of [...(size?.kinds ?? []), result.initials]) {
      expect(queries, kind).toBeGreaterThan(10)
      expect(medianMicros).toBeGreaterThan(0)
      expect(p99Micros).toBeGreaterThanOrEqual(medianMicros)
      expect(requestMicros.median).toBeGreaterThan(0)
    }
    expect(result.reference).toEqual({ answers: 12, same: 12 })

    const goals = catalogueGoals(result)
    expect(goals.find(({ what }) => what === '5,000 titles: Redis for each entry')?.wanted).toBe('≤ 150 bytes')
    expect(goals.at(-1)).toMatchObject({ wanted: '12', measured: '12', isReached: true })
    expect(catalogueText(result)).toContain('any order')
    expect(Object.keys(catalogueTables(result))).toEqual(['catalogue-goals', 'catalogue-sizes', 'catalogue-queries'])
    expect(lines).toEqual([])
  },
  120_000,
)
