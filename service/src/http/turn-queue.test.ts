import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { TurnQueue } from './turn-queue.ts'

it('handles the queries of a turn by criticality, and equally critical ones in order', async () => {
  const queue = new TurnQueue()
  const handled: string[] = []
  const queries = ['background', 'prefetch', 'typed', 'prefetch', 'retry', 'typed'] as const
  for (const [at, criticality] of queries.entries()) queue.run(criticality, () => handled.push(`${criticality} ${at}`))
  expect(handled).toEqual(['typed 2', 'retry 4', 'typed 5'])
  await nextTurn()
  expect(handled.slice(3)).toEqual(['prefetch 1', 'prefetch 3', 'background 0'])
})

it('lets typed queries go first if the others need more than one turn', async () => {
  const queue = new TurnQueue()
  const slow = 30
  let handled = 0
  const work = () => {
    const until = performance.now() + 0.5
    while (performance.now() < until);
    handled += 1
  }
  for (let at = 0; at < slow; at++) queue.run('prefetch', work)
  let turns = 0
  for (; handled < slow; turns++) {
    await nextTurn()
    const before = handled
    queue.run('typed', work)
    expect(handled).toBe(before + 1)
    handled -= 1
  }
  expect(turns).toBeGreaterThan(2)
})
