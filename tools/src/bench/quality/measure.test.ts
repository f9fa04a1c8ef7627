import { readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { renderSvg } from '../../../../generator/src/plot.ts'
import { bundledWords } from '../../../../service/src/dataset/words.ts'
import { NO_PROGRESS } from '../../../support/progress.ts'
import { ownTemporaryFolder } from '../../../support/temporary-folder.ts'
import { withStack } from '../with-stack.ts'
import { findWrk } from '../wrk.ts'
import { measureQuality } from './measure.ts'
import { SEEDS, sampleTypings, targetsOf } from './noise.ts'
import { quality } from './quality.ts'
import { COST_KINDS } from './result.ts'
import { askService, keyedEntries, miniSearch, plainSort, REDIS_ARGUMENTS, sortedSet } from './systems.ts'

const surroundings = () => ({ progress: NO_PROGRESS, onLine: () => {}, signal: new AbortController().signal })

it.skipIf(process.platform !== 'linux')(
  'every kind is asked and its cost measured, and nothing left behind',
  async ({ skip }) => {
    if (!(await findWrk(NO_PROGRESS).catch(() => undefined))) return skip('wrk cannot be had here')
    const folder = await ownTemporaryFolder()
    const lines: string[] = []
    const result = await measureQuality(
      {
        typings: 15,
        tuningTypings: 3,
        seed: SEEDS.tuning,
        rounds: 1,
        warmUpSeconds: 0,
        settleSeconds: 0,
        seconds: 0.5,
        phrases: 500,
        costTypings: 100,
      },
      { ...surroundings(), onLine: (line) => lines.push(line) },
    )
    expect(lines).toEqual([])
    expect(await readdir(folder)).toEqual([])
    const [all] = result.rows
    expect(all).toMatchObject({ kind: 'all', length: null })
    // Whoever types a word without a mistake finds it in the end.
    const clean = result.rows.find(({ kind, length }) => kind === 'clean' && length === null)
    for (const scores of Object.values(clean?.systems ?? {})) expect(scores.hits10).toBeGreaterThan(0.3)
    expect(result.exact.same).toBe(result.exact.queries)
    expect(result.exact.queries).toBeGreaterThan(30)
    expect(result.costs.map(({ kind }) => kind)).toEqual(COST_KINDS)
    for (const { app } of result.costs) expect(app.median).toBeGreaterThan(0)
    expect(quality.text(result)).toContain('MiniSearch 7.2.0')
    for (const table of Object.values(quality.tables(result))) expect(table).toMatch(/^\|.*\|\n\|---/)
    for (const chart of Object.values(quality.charts(result))) expect(await renderSvg(chart)).toContain('<svg')
  },
  180_000,
)

it('beginnings are answered as by a plain sort by weight, and in a sorted set too', async () => {
  const words = await bundledWords()
  const entries = keyedEntries(words)
  const typings = sampleTypings(targetsOf(words), 40, SEEDS.tuning).filter(({ noise }) => noise === 'none')
  const clean = typings.flatMap(({ states }) => states.filter(({ kind }) => kind === 'clean').map(({ text }) => text))
  await withStack(
    surroundings(),
    {},
    async ({ url, redis }) => {
      const set = await sortedSet(redis[0] as string, entries)
      try {
        const ask = askService(url)
        for (const text of new Set(clean)) {
          const wanted = plainSort(
            entries.filter(({ key }) => key.startsWith(text)),
            text,
          ).slice(0, 10)
          expect(await set.ask(text)).toEqual(wanted)
          expect((await ask(text)).slice(0, wanted.length), text).toEqual(wanted)
        }
      } finally {
        await set.close()
      }
    },
    undefined,
    REDIS_ARGUMENTS,
  )
})

it('MiniSearch forgives mistakes in the middle of a word, and prefers what weighs more', async () => {
  const ask = miniSearch([
    { key: 'apple', weight: 10 },
    { key: 'apply', weight: 20 },
    { key: 'new york', weight: 5 },
    { key: '사과', weight: 1 },
  ])('weight')
  expect(await ask('app')).toEqual(['apply', 'apple'])
  expect(await ask('aple')).toContain('apple')
  expect(await ask('사')).toEqual(['사과'])
  expect(await ask('york ne')).toEqual(['york new'])
  expect(await ask('ㅅㄱ')).toEqual([])
})
