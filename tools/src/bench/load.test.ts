import { describe, expect, it } from 'vitest'
import { randomFrom, randomTexts, readWords, typedPaths, uniformPaths, wordsByWeight, zipfPaths } from './load.ts'

describe('typed paths', () => {
  it('are the words letter by letter, encoded', () => {
    expect(typedPaths(['am', '사과'], 4, () => 0.99)).toEqual([
      '/autocomplete?q=a',
      '/autocomplete?q=am',
      '/autocomplete?q=%EC%82%AC',
      '/autocomplete?q=%EC%82%AC%EA%B3%BC',
    ])
  })

  it('come in another order every time, and the same for the same seed', () => {
    const words = [...'abcdefghijklmnop']
    const [first, second] = [typedPaths(words, 16, randomFrom(1)), typedPaths(words, 32, randomFrom(1))]
    expect(second.slice(0, 16)).toEqual(first)
    expect(second.slice(16)).not.toEqual(first)
    expect(second.slice(16).sort()).toEqual(first.sort())
    expect(typedPaths(words, 16, randomFrom(2))).not.toEqual(first)
  })

  it('end at their number, in the middle of a word', () => {
    expect(typedPaths(['apple'], 7, () => 0)).toHaveLength(7)
  })

  it('there are English and Korean words, and no comments', async () => {
    const words = await readWords()
    expect(words.length).toBeGreaterThan(2900)
    expect(words.filter((word) => /[\s#]/.test(word))).toEqual([])
    expect(words.some((word) => /^[가-힣]+$/.test(word))).toBe(true)
  })
})

it('of words by Zipf the first is typed twice as often as the second', () => {
  const paths = zipfPaths(['a', 'b', 'c', 'd'], 10_000, randomFrom(1))
  const count = (letter: string) => paths.filter((path) => path.endsWith(`=${letter}`)).length
  expect(count('a') / count('b')).toBeCloseTo(2, 0)
  expect(count('a') / count('d')).toBeCloseTo(4, 0)
  expect(zipfPaths(['am'], 3, () => 0)).toEqual(['/autocomplete?q=a', '/autocomplete?q=am', '/autocomplete?q=a'])
})

it('of uniform prefixes each comes as often as any other, however many words have it', () => {
  const paths = uniformPaths(['am', 'an', 'as'], 10_000, randomFrom(1))
  const counts = ['a', 'am', 'an', 'as'].map((prefix) => paths.filter((path) => path.endsWith(`=${prefix}`)).length)
  for (const count of counts) expect(Math.abs(count - 2500)).toBeLessThan(200)
})

it('the heaviest of the words that come with the project are first', async () => {
  const words = await wordsByWeight()
  expect(words.length).toBeGreaterThan(90_000)
  expect(words.slice(0, 5)).toContain('you')
})

it('random texts are distinct, pronounceable and the same for the same seed', () => {
  const texts = randomTexts(20_000, randomFrom(1))
  expect(new Set(texts).size).toBe(20_000)
  expect(texts.filter((text) => !/^([b-z][aeiou]){2,4}$/.test(text))).toEqual([])
  expect(randomTexts(10, randomFrom(1))).toEqual(texts.slice(0, 10))
})

it('random numbers are even between 0 and 1', () => {
  const random = randomFrom(7)
  const drawn = Array.from({ length: 10_000 }, random)
  for (let tenth = 0; tenth < 10; tenth++) {
    const count = drawn.filter((number) => Math.floor(number * 10) === tenth).length
    expect(Math.abs(count - 1000)).toBeLessThan(150)
  }
})
