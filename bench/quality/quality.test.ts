import { expect, it } from 'vitest'
import { bundledWords } from '../../service/src/dataset/words.ts'
import { NO_PROGRESS } from '../../tools/support/progress.ts'
import { ownTemporaryFolder } from '../../tools/support/temporary-folder.ts'
import { scoped } from '../harness.ts'
import { startBenchStack } from '../stack.ts'
import { estimate, rankOf, scoresOf } from './metrics.ts'
import { SEEDS, sampleTypings, type Typing, targetsOf } from './noise.ts'
import { rankRows } from './quality.ts'
import { askService, keyedEntries, miniSearch, sortedSet } from './systems.ts'

it('counts ranks from 1 to 10, and computes scores as their weighted means', () => {
  const suggestions = Array.from({ length: 12 }, (_, at) => `word${at}`)
  expect(['word0', 'word9', 'word10', 'word'].map((word) => rankOf(word, suggestions))).toEqual([1, 10, 0, 0])
  const scores = scoresOf([1, 2, 4, 0].map((rank) => ({ rank, weight: 1 })))
  expect(scores).toEqual({ mrr: (1 + 1 / 2 + 1 / 4) / 4, hits1: 0.25, hits3: 0.5, hits10: 0.75 })
  const weighted = scoresOf([
    { rank: 1, weight: 3 },
    { rank: 5, weight: 1 },
  ])
  expect(weighted).toEqual({ mrr: (3 + 1 / 5) / 4, hits1: 0.75, hits3: 0.75, hits10: 1 })
})

it('computes 1.96 standard errors of a mean, with all queries of a word as one cluster', () => {
  const estimateOf = (values: number[]) => estimate(values.map((value, cluster) => ({ value, weight: 1, cluster })))
  // The standard deviation of 0, 0, 1, 1 is the square root of 1/3. The standard error is half of that.
  expect(estimateOf([0, 0, 1, 1]).mean).toBe(0.5)
  expect(estimateOf([0, 0, 1, 1]).error).toBeCloseTo(1.96 * Math.sqrt(1 / 3 / 4), 10)
  expect(estimateOf([0.5, 0.5])).toEqual({ mean: 0.5, error: 0 })
  const three = [0, 1].flatMap((value, cluster) => [1, 2, 3].map(() => ({ value, weight: 1, cluster })))
  expect(estimate(three).error).toBeCloseTo(estimateOf([0, 1]).error, 10)
})

it('weights each noise by its share, and groups long queries', () => {
  const typing = (noise: 'none' | 'oneEdit', length: number): Typing => ({
    noise,
    target: { key: 'word', weight: 1, keys: 'word', layout: 'latin' },
    states: [{ kind: noise === 'none' ? 'clean' : noise, length, text: noise }],
  })
  const [found, missing] = [new Map([['none', ['word']]]), new Map([['oneEdit', ['word']]])]
  const answers = { service: found, miniSearch: missing, sortedSet: new Map() }
  const rows = rankRows([typing('none', 3), typing('none', 15), typing('oneEdit', 20)], answers)
  expect(rows.map(({ labels }) => `${labels.kind} ${labels.length}`)).toEqual([
    'all all',
    'all 3',
    'all 12',
    'clean all',
    'clean 3',
    'clean 12',
    'oneEdit all',
    'oneEdit 12',
  ])
  expect(rows[0]?.values['service.mrr']?.[0]).toBeCloseTo(0.8 / 0.89, 10)
  expect(rows[0]?.values['miniSearch.difference']?.[0]).toBeCloseTo((0.8 - 0.09) / 0.89, 10)
})

it('the service and the sorted set answer prefixes in the order of the weights', async () => {
  const words = await bundledWords()
  const entries = keyedEntries(words)
  const typings = sampleTypings(targetsOf(words), 40, SEEDS.tuning).filter(({ noise }) => noise === 'none')
  const clean = typings.flatMap(({ states }) => states.filter(({ kind }) => kind === 'clean').map(({ text }) => text))
  const { signal } = new AbortController()
  const context = { progress: NO_PROGRESS, onLine() {}, signal, facts: {}, folder: await ownTemporaryFolder() }
  await scoped(context, async (bench) => {
    const { url } = await startBenchStack(bench, {})
    const [ask, askSet] = [askService(url), sortedSet(entries)]
    for (const text of new Set(clean)) {
      const wanted = await askSet(text)
      expect((await ask(text)).slice(0, wanted.length), text).toEqual(wanted)
    }
  })
})

it('the sorted set finds the key that equals the query, and then the keys with the highest weights', async () => {
  const weights = { app: 1, apple: 10, apply: 20, appeal: 10, able: 30 }
  const ask = sortedSet(Object.entries(weights).map(([key, weight]) => ({ key, weight })))
  expect(await ask('App')).toEqual(['app', 'apply', 'appeal', 'apple'])
  expect(await ask('x')).toEqual([])
})

it('MiniSearch tolerates mistakes in a word, and prefers heavier entries', async () => {
  const weights = { apple: 10, apply: 20, 'new york': 5, 사과: 1 }
  const ask = miniSearch(Object.entries(weights).map(([key, weight]) => ({ key, weight })))
  expect(await ask('app')).toEqual(['apply', 'apple'])
  expect(await ask('aple')).toContain('apple')
  expect(await ask('사')).toEqual(['사과'])
  expect(await ask('york ne')).toEqual(['york new'])
  expect(await ask('ㅅㄱ')).toEqual([])
})
