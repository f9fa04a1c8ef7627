import { expect, it } from 'vitest'
import { randomFrom } from '../load.ts'
import { type CostData, costPaths, phrasesOf, toJsonl } from './cost-data.ts'
import { sampleTypings, targetsOf } from './noise.ts'
import { COST_KINDS } from './result.ts'

const WORDS = ['hello', 'apple', 'tomorrow', 'necessary', '장바구니', '삼성', '사과', '특별시의회'].map((text, at) => ({
  text,
  weight: 100 * (at + 1),
}))
const phrases = phrasesOf(WORDS, 10, randomFrom(1))
const typings = sampleTypings(targetsOf(WORDS), 10, 1)
const pathsOf = (kind: (typeof COST_KINDS)[number]) =>
  costPaths(kind, { typings, phrases, hasMany: (text) => text.length < 3 }, randomFrom(1)).map(decodeURIComponent)

it('phrases are two words of one language, wanted less than either', () => {
  expect(new Set(phrases.map(({ text }) => text)).size).toBe(10)
  for (const { text, weight } of phrases) {
    const words = text.split(' ').map((word) => WORDS.find(({ text }) => text === word))
    expect(words).toHaveLength(2)
    for (const word of words) expect(weight).toBeLessThan(word?.weight as number)
    expect(text).toMatch(/^([a-z]+ [a-z]+|[가-힣]+ [가-힣]+)$/)
  }
})

it('the data has what a feature needs', () => {
  const linesOf = (data: CostData) =>
    toJsonl(data, WORDS.slice(3, 5), [{ text: 'an apple', weight: 1 }])
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  const words = [
    { text: 'necessary', weight: 400 },
    { text: '장바구니', weight: 500 },
  ]
  expect(linesOf('words')).toEqual(words)
  expect(linesOf('contexts')).toEqual([
    { ...words[0], contexts: { language: ['en'], class: ['word'] } },
    { ...words[1], contexts: { language: ['ko'], class: ['word'] } },
    { text: 'an apple', weight: 1, contexts: { language: ['en'], class: ['phrase'] } },
  ])
  expect(linesOf('aliases').map(({ aliases }) => aliases)).toEqual([['zqxnecessary'], ['zqx장바구니']])
  expect(linesOf('payloads')[1]).toEqual({ ...words[1], payload: { id: 1, path: '/items/1' } })
})

it('every feature is asked what hits it', () => {
  for (const kind of COST_KINDS) expect(pathsOf(kind).length, kind).toBeGreaterThan(0)
  const [first, second] = (phrases[0]?.text as string).split(' ') as [string, string]
  const words = costPaths('words', { typings, phrases: phrases.slice(0, 1), hasMany: () => true }, randomFrom(1))
  expect(words[0]).toBe(`/autocomplete?q=${encodeURIComponent(`${second} ${first[0]}`)}`)
  for (const path of pathsOf('filter'))
    expect(path).toMatch(/q=([a-z]+&filter=language:en|[가-힣]+&filter=language:ko)$/)
  for (const path of pathsOf('filters')) expect(path).toMatch(/&filter=language:(en|ko)&filter=class:word$/)
  for (const path of pathsOf('boost')) expect(path).toMatch(/&boost=language:(en|ko):2$/)
  expect(pathsOf('alias')).toEqual(pathsOf('clean').map((path) => path.replace('q=', 'q=zqx')))
  expect(pathsOf('explain')).toEqual(pathsOf('clean').map((path) => `${path}&explain=1`))
  expect(pathsOf('popular')).toEqual(['/popular'])
})

it('beginnings are parted by whether many entries have them', () => {
  const textOf = (path: string) => path.replace('/autocomplete?q=', '')
  for (const path of pathsOf('clean')) expect(textOf(path).length).toBeLessThan(3)
  for (const path of pathsOf('few')) expect(textOf(path).length).toBeGreaterThanOrEqual(3)
  expect(pathsOf('plain')).toEqual(pathsOf('clean'))
})
