import { expect, it } from 'vitest'
import { NO_PROGRESS } from '../../../../support/progress.ts'
import { redisCommand, redisInfo } from '../../memory.ts'
import { withStack } from '../../with-stack.ts'
import { bestByPrefix, loadSortedSets, REDIS_ARGUMENTS, urlForReportStack } from './sorted-sets.ts'

it('every prefix has its best entries, and of equal keys the heaviest', () => {
  const best = bestByPrefix([
    { text: 'am', weight: 1 },
    { text: 'An', weight: 3 },
    { text: 'an', weight: 2 },
    { text: '사과', weight: 4 },
  ])
  expect(Object.fromEntries([...best].map(([prefix, entries]) => [prefix, entries.map(({ text }) => text)]))).toEqual({
    a: ['An', 'am'],
    am: ['am'],
    an: ['An'],
    사: ['사과'],
    사과: ['사과'],
  })
})

it('no prefix has more than can be asked for', () => {
  const entries = Array.from({ length: 60 }, (_, at) => ({ text: `a${at}`, weight: at }))
  const list = bestByPrefix(entries).get('a') ?? []
  expect([list.length, list[0]?.weight, list.at(-1)?.weight]).toEqual([50, 59, 10])
})

it('they go into the Redis of the service, where only their user reads them', async () => {
  const { signal } = new AbortController()
  const use = async ({ redis: [redis] }: { redis: string[] }) => {
    const url = redis as string
    const before = Number(/keys=(\d+)/.exec(await redisInfo(url, 'db0'))?.[1])
    const sets = new Map([
      ['a', [{ text: 'an apple', weight: 2.5 }]],
      ['사', [{ text: '사과', weight: 1 }]],
    ])
    await loadSortedSets(url, sets, signal)
    const after = Number(/keys=(\d+)/.exec(await redisInfo(url, 'db0'))?.[1])
    expect(after - before).toBe(2)
    await expect(redisCommand(url, 'ZCARD z:a')).rejects.toThrow('Redis answered -NOPERM')
    const refused = new Map([['a', [{ text: 'a', weight: Number.NaN }]]])
    await expect(loadSortedSets(url, refused, signal)).rejects.toThrow(/did not take.*not a valid float/)
    expect(urlForReportStack(url)).toBe(url.replace('redis://', 'redis://report:none@'))
  }
  await withStack({ progress: NO_PROGRESS, onLine: () => {}, signal }, {}, use, undefined, REDIS_ARGUMENTS)
})
