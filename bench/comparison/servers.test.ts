import { expect, it } from 'vitest'
import { NO_PROGRESS } from '../../tools/support/progress.ts'
import { redisCommand, redisInfo } from '../../tools/support/redis-command.ts'
import { ownTemporaryFolder } from '../../tools/support/temporary-folder.ts'
import { scoped } from '../harness.ts'
import { startBenchStack } from '../stack.ts'
import { bestByPrefix, loadSortedSets } from './servers.ts'

it('finds the best entries of every prefix, one per spelling, up to the limit of a query', () => {
  const best = bestByPrefix([
    { text: 'am', weight: 1 },
    { text: 'An', weight: 3 },
    { text: 'an', weight: 2 },
    { text: '사과', weight: 4 },
  ])
  const texts = [...best].map(([prefix, entries]) => [prefix, entries.map(({ text }) => text).join()])
  expect(Object.fromEntries(texts)).toEqual({ a: 'An,am', am: 'am', an: 'An', 사: '사과', 사과: '사과' })
  const many = bestByPrefix(Array.from({ length: 60 }, (_, at) => ({ text: `a${at}`, weight: at }))).get('a') ?? []
  expect([many.length, many[0]?.weight, many.at(-1)?.weight]).toEqual([50, 59, 10])
})

it('stores sorted sets in the Redis of the service, where only the user of the benchmark can read them', async () => {
  const { signal } = new AbortController()
  const context = { progress: NO_PROGRESS, onLine() {}, signal, facts: {}, folder: await ownTemporaryFolder() }
  await scoped(context, async (bench) => {
    const { url } = (await startBenchStack(bench, {})).redis
    const keys = async () => Number(/keys=(\d+)/.exec(await redisInfo(url, 'db0'))?.[1])
    const before = await keys()
    const sets = { a: [{ text: 'an apple', weight: 2.5 }], 사: [{ text: '사과', weight: 1 }] }
    await loadSortedSets(url, new Map(Object.entries(sets)))
    expect((await keys()) - before).toBe(2)
    await expect(redisCommand(url, 'ZCARD z:a')).rejects.toThrow('Redis answered -NOPERM')
    const refused = new Map([['a', [{ text: 'a', weight: Number.NaN }]]])
    await expect(loadSortedSets(url, refused)).rejects.toThrow('not a valid float')
  })
})
