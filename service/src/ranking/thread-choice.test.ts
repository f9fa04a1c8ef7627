import { expect, it } from 'vitest'
import { chooseThread } from './thread-choice.ts'

const MAX_BATCHES = 4

/**
 * Returns the id of the thread that gets the next batch. `usages` lists how many batches each of the threads 0, 1, …
 * has.
 */
const chosen = (usages: number[], bulkThreads: number[] = []) =>
  chooseThread(
    usages.map((currentUsage, id) => ({ id, currentUsage })),
    new Set(bulkThreads),
    MAX_BATCHES,
  )?.id

it('chooses the thread with the fewest batches', () => {
  expect(chosen([2, 1, 3])).toBe(1)
  expect(chosen([0, 0])).toBe(0)
})

it('avoids threads with bulk batches, unless the others have much more to do', () => {
  expect(chosen([1, 1], [0])).toBe(1)
  expect(chosen([1, 2], [0])).toBe(1)
  expect(chosen([1, 4], [0])).toBe(0)
  expect(chosen([1, 1, 1], [0, 2])).toBe(1)
  expect(chosen([2, 1], [0, 1])).toBe(1)
})

it('chooses no thread that has the maximum number of batches', () => {
  expect(chosen([4, 3], [1])).toBe(1)
  expect(chosen([4, 4])).toBeUndefined()
  expect(chosen([])).toBeUndefined()
})
