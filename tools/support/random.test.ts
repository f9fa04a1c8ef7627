import { expect, it } from 'vitest'
import { randomFrom, shuffle } from './random.ts'

it('random numbers are uniform from 0 to 1, and the same for the same seed', () => {
  const random = randomFrom(7)
  const drawn = Array.from({ length: 10_000 }, random)
  for (let tenth = 0; tenth < 10; tenth++) {
    const count = drawn.filter((number) => Math.floor(number * 10) === tenth).length
    expect(Math.abs(count - 1000)).toBeLessThan(150)
  }
  expect(Array.from({ length: 10 }, randomFrom(7))).toEqual(drawn.slice(0, 10))
})

it('a shuffled list has the same items in another order', () => {
  const items = [...'abcdefghijklmnop']
  const shuffled = shuffle(items, randomFrom(1))
  expect(shuffled).not.toEqual(items)
  expect(shuffled.toSorted()).toEqual(items)
})
