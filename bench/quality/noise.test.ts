import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../tools/support/random.ts'
import { keysOf, neighbors, shown } from './keyboard.ts'
import {
  CLEAN_FACTOR,
  KINDS,
  MIXTURE,
  NOISES,
  type Noise,
  prefixDistance,
  sampleTypings,
  statesOf,
  targetsOf,
  withEdits,
} from './noise.ts'

const WORDS = ['the', 'hello', 'apple', 'tomorrow', 'necessary', '장바구니', '삼성', '사과', '까치', '특별시', '값']
const TARGETS = targetsOf(WORDS.map((text, at) => ({ text, weight: 100 - at })))
const target = (text: string) => TARGETS.find(({ key }) => key === text) as (typeof TARGETS)[number]
const texts = (noise: Noise, text: string) => statesOf(noise, target(text), randomFrom(1)).map((state) => state.text)

const syllable = fc.integer({ min: 0xac00, max: 0xd7a3 }).map((code) => String.fromCharCode(code))
const koreanWord = fc.string({ unit: syllable, minLength: 1, maxLength: 6 })
const latinWord = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'), minLength: 4, maxLength: 14 })

describe('the keyboard', () => {
  it('types words of a single layout with their keys, and rejects others', () => {
    const keys = ['삼성', '까치', '과', 'hello'].map((text) => keysOf(text)?.keys)
    expect(keys).toEqual(['tkatjd', 'Rkcl', 'rhk', 'hello'])
    for (const text of ['mp3', 'Apple', '삼성tv', 'a b', '']) expect(keysOf(text)).toBeUndefined()
  })

  it('shows every Korean word after its keys are typed', () => {
    const property = fc.property(koreanWord, (word) => shown(keysOf(word)?.keys as string, 'hangul') === word)
    fc.assert(property)
  })

  it.each([
    ['wkdqkr', '장박'],
    ['hello', 'ㅗ디ㅣㅐ'],
    ['hkd', 'ㅘㅇ'],
    ['rkqtk', '갑사'],
    ['rkqt', '값'],
    ['rkqtr', '값ㄱ'],
    ['rkE', '가ㄸ'],
    ['wqr', 'ㅈㅂㄱ'],
  ])('shows %s on the Hangul layout as %s', (keys, text) => expect(shown(keys, 'hangul')).toBe(text))

  it('has neighbors, and keeps Shift if it types a different letter', () => {
    expect(neighbors('g').sort()).toEqual(['b', 'f', 'h', 't', 'v', 'y'])
    expect(neighbors('q').sort()).toEqual(['a', 'w'])
    expect(neighbors('R').sort()).toEqual(['E', 'T', 'd', 'f'])
    for (const key of 'qwertyuiopasdfghjklzxcvbnm')
      for (const other of neighbors(key)) expect(neighbors(other)).toContain(key)
  })
})

describe('edits', () => {
  it.each([
    ['', 0],
    ['app', 0],
    ['apl', 1],
    ['aplpe', 1],
    ['apply', 1],
    ['appple', 1],
    ['alppe', 2],
    ['applex', 1],
    ['ba', 1],
  ])('between %s and a prefix of apple: at least %i', (typed, edits) =>
    expect(prefixDistance(typed, 'apple')).toBe(edits))

  it.each([1, 2])('number exactly %i, and none is at the first letter', (edits) => {
    fc.assert(
      fc.property(latinWord, fc.integer(), (word, seed) => {
        const mistyped = withEdits(word, edits, randomFrom(seed))
        if (mistyped === undefined) return
        expect(prefixDistance(mistyped, word)).toBe(edits)
        expect(mistyped[0]).toBe(word[0])
        expect(Math.abs(mistyped.length - word.length)).toBeLessThanOrEqual(edits)
      }),
    )
  })
})

describe('the text in the box', () => {
  it('is a prefix or a half-typed syllable without noise', () => {
    const states = statesOf('none', target('삼성'), randomFrom(1))
    expect(states.map(({ kind, text }) => `${text} ${kind}`)).toEqual([
      'ㅅ halfTyped',
      '사 halfTyped',
      '삼 clean',
      '삼ㅅ halfTyped',
      '삼서 halfTyped',
      '삼성 clean',
    ])
    expect(states.map(({ length }) => length)).toEqual([1, 2, 3, 4, 5, 6])
    expect(texts('none', 'the')).toEqual(['t', 'th', 'the'])
  })

  it('consists of initials, or is the word on the other layout', () => {
    expect(texts('initials', '장바구니')).toEqual(['ㅈ', 'ㅈㅂ', 'ㅈㅂㄱ', 'ㅈㅂㄱㄴ'])
    expect(texts('hangulOnLatin', '삼성')).toEqual(['t', 'tk', 'tka', 'tkat', 'tkatj', 'tkatjd'])
    expect(texts('latinOnHangul', 'hello')).toEqual(['ㅗ', 'ㅗㄷ', 'ㅗ디', 'ㅗ디ㅣ', 'ㅗ디ㅣㅐ'])
  })

  it('mixes initials with syllables only where an input method does not combine them', () => {
    for (let seed = 0; seed < 50; seed++) {
      for (const { text, length } of statesOf('mixed', target('특별시'), randomFrom(seed))) {
        expect(text).toMatch(/[ㄱ-ㅎ]/)
        expect(text).toMatch(/[가-힣]/)
        expect(length).toBeGreaterThanOrEqual(text.length)
        // A consonant after an open syllable would become its final consonant.
        expect(text).not.toMatch(/시[ㄱ-ㅎ]/)
      }
    }
    expect(statesOf('mixed', target('값'), randomFrom(1))).toEqual([])
  })

  it('contains exactly one or exactly two mistakes', () => {
    for (const [noise, edits] of [
      ['oneEdit', 1],
      ['twoEdits', 2],
    ] as const)
      for (let seed = 0; seed < 50; seed++)
        for (const { text } of statesOf(noise, target('necessary'), randomFrom(seed)))
          expect(prefixDistance(text, 'necessary')).toBe(edits)
    expect([...texts('oneEdit', 'the'), ...texts('twoEdits', 'hello')]).toEqual([])
  })
})

describe('the sample', () => {
  const sample = sampleTypings(TARGETS, 20, 1)

  it('depends only on the seed', () => {
    expect(sampleTypings(TARGETS, 20, 1)).toEqual(sample)
    expect(sampleTypings(TARGETS, 20, 2)).not.toEqual(sample)
  })

  it('has the same number of words for every noise, more words without noise, and all kinds', () => {
    for (const noise of NOISES) {
      const wanted = noise === 'none' ? 20 * CLEAN_FACTOR : 20
      expect(sample.filter((typing) => typing.noise === noise)).toHaveLength(wanted)
    }
    const kinds = new Set(sample.flatMap(({ states }) => states.map(({ kind }) => kind)))
    expect([...kinds].sort()).toEqual([...KINDS].sort())
    expect(NOISES.reduce((sum, noise) => sum + MIXTURE[noise], 0)).toBeCloseTo(1, 10)
  })

  it('draws words in proportion to their weights, with one entry per spelling', () => {
    const weights = { oftentimes: 900, seldomness: 100, 장바구니특별시: 1 }
    const targets = targetsOf(Object.entries(weights).map(([text, weight]) => ({ text, weight })))
    const latin = sampleTypings(targets, 1000, 1).filter(({ target }) => target.layout === 'latin')
    const often = latin.filter(({ target }) => target.key === 'oftentimes').length / latin.length
    expect(often).toBeCloseTo(0.9, 1)
    const twice = ['The', 'the', 'mp3'].map((text, at) => ({ text, weight: at + 1 }))
    expect(targetsOf(twice)).toEqual([{ key: 'the', weight: 2, keys: 'the', layout: 'latin' }])
  })
})
