import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../load.ts'
import { keysOf, neighbours, shown } from './keyboard.ts'
import {
  KINDS,
  MIXTURE,
  NOISES,
  type Noise,
  PLAIN_FACTOR,
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

const koreanWord = fc.string({
  unit: fc.integer({ min: 0xac00, max: 0xd7a3 }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 6,
})
const latinWord = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'), minLength: 4, maxLength: 14 })

describe('the keyboard', () => {
  it.each([
    ['삼성', 'tkatjd'],
    ['까치', 'Rkcl'],
    ['과', 'rhk'],
    ['hello', 'hello'],
  ])('types %s with the keys %s', (text, keys) => expect(keysOf(text)?.keys).toBe(keys))

  it('types no digits, capitals, or two layouts in one word', () => {
    for (const text of ['mp3', 'Apple', '삼성tv', 'a b', '']) expect(keysOf(text)).toBeUndefined()
  })

  it('shows every Korean word again that it typed', () => {
    fc.assert(
      fc.property(koreanWord, (word) => {
        expect(shown(keysOf(word)?.keys as string, 'hangul')).toBe(word)
      }),
    )
    expect(shown('wkdqkr', 'hangul')).toBe('장박')
  })

  it.each([
    ['hello', 'ㅗ디ㅣㅐ'],
    ['hkd', 'ㅘㅇ'],
    ['rkqtk', '갑사'],
    ['rkqt', '값'],
    ['rkqtr', '값ㄱ'],
    ['rkE', '가ㄸ'],
    ['wqr', 'ㅈㅂㄱ'],
  ])('shows %s on the Hangul layout as %s', (keys, text) => {
    expect(shown(keys, 'hangul')).toBe(text)
  })

  it('has neighbours, with Shift held where it makes a letter', () => {
    expect(neighbours('g').sort()).toEqual(['b', 'f', 'h', 't', 'v', 'y'])
    expect(neighbours('q').sort()).toEqual(['a', 'w'])
    expect(neighbours('R').sort()).toEqual(['E', 'T', 'd', 'f'])
    for (const key of 'qwertyuiopasdfghjklzxcvbnm') {
      for (const other of neighbours(key)) expect(neighbours(other)).toContain(key)
    }
  })
})

describe('edits', () => {
  it.each([
    ['', 'apple', 0],
    ['app', 'apple', 0],
    ['apl', 'apple', 1],
    ['aplpe', 'apple', 1],
    ['apply', 'apple', 1],
    ['appple', 'apple', 1],
    ['alppe', 'apple', 2],
    ['applex', 'apple', 1],
    ['ba', 'apple', 1],
  ])('between %s and a beginning of %s are %i', (typed, word, edits) => expect(prefixDistance(typed, word)).toBe(edits))

  it.each([1, 2])('are exactly %i, and none is the first letter', (edits) => {
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

describe('what stands in the box', () => {
  it('without noise is the beginning of the word, or half a syllable', () => {
    expect(statesOf('none', target('삼성'), randomFrom(1))).toEqual([
      { kind: 'halfTyped', length: 1, text: 'ㅅ' },
      { kind: 'halfTyped', length: 2, text: '사' },
      { kind: 'clean', length: 3, text: '삼' },
      { kind: 'halfTyped', length: 4, text: '삼ㅅ' },
      { kind: 'halfTyped', length: 5, text: '삼서' },
      { kind: 'clean', length: 6, text: '삼성' },
    ])
    expect(texts('none', 'the')).toEqual(['t', 'th', 'the'])
  })

  it('is initials, or the word on the other layout', () => {
    expect(texts('initials', '장바구니')).toEqual(['ㅈ', 'ㅈㅂ', 'ㅈㅂㄱ', 'ㅈㅂㄱㄴ'])
    expect(texts('hangulOnLatin', '삼성')).toEqual(['t', 'tk', 'tka', 'tkat', 'tkatj', 'tkatjd'])
    expect(texts('latinOnHangul', 'hello')).toEqual(['ㅗ', 'ㅗㄷ', 'ㅗ디', 'ㅗ디ㅣ', 'ㅗ디ㅣㅐ'])
  })

  it('is initials among syllables only where an input method does not join them', () => {
    for (let seed = 0; seed < 50; seed++) {
      const states = statesOf('mixed', target('특별시'), randomFrom(seed))
      for (const { text, length } of states) {
        expect(text).toMatch(/[ㄱ-ㅎ]/)
        expect(text).toMatch(/[가-힣]/)
        expect(length).toBeGreaterThanOrEqual(text.length)
        // A consonant behind an open syllable would become its end.
        expect(text).not.toMatch(/시[ㄱ-ㅎ]/)
      }
    }
    expect(statesOf('mixed', target('값'), randomFrom(1))).toEqual([])
  })

  it('is mistyped only from where the mistake is', () => {
    for (const noise of ['oneEdit', 'twoEdits'] as const) {
      for (let seed = 0; seed < 50; seed++) {
        for (const { text } of statesOf(noise, target('necessary'), randomFrom(seed))) {
          expect(prefixDistance(text, 'necessary')).toBe(noise === 'oneEdit' ? 1 : 2)
        }
      }
    }
    expect(texts('oneEdit', 'the')).toEqual([])
    expect(texts('twoEdits', 'hello')).toEqual([])
  })
})

describe('the sample', () => {
  it('is the same for the same seed, and another for another', () => {
    const sample = sampleTypings(TARGETS, 20, 1)
    expect(sampleTypings(TARGETS, 20, 1)).toEqual(sample)
    expect(sampleTypings(TARGETS, 20, 2)).not.toEqual(sample)
  })

  it('has as many words of every noise, more without any, and every kind', () => {
    const sample = sampleTypings(TARGETS, 20, 1)
    for (const noise of NOISES) {
      const wanted = noise === 'none' ? 20 * PLAIN_FACTOR : 20
      expect(sample.filter((typing) => typing.noise === noise)).toHaveLength(wanted)
    }
    const kinds = new Set(sample.flatMap(({ states }) => states.map(({ kind }) => kind)))
    expect([...kinds].sort()).toEqual([...KINDS].sort())
  })

  it('has words as often as they weigh', () => {
    const targets = targetsOf([
      { text: 'oftentimes', weight: 900 },
      { text: 'seldomness', weight: 100 },
      { text: '장바구니특별시', weight: 1 },
    ])
    const sample = sampleTypings(targets, 1000, 1)
    const latin = sample.filter(({ target }) => target.layout === 'latin')
    const often = latin.filter(({ target }) => target.key === 'oftentimes').length / latin.length
    expect(often).toBeCloseTo(0.9, 1)
  })

  it('is mixed to a whole', () => {
    expect(NOISES.reduce((sum, noise) => sum + MIXTURE[noise], 0)).toBeCloseTo(1, 10)
  })

  it('has each word once, with its largest weight, by its normalized text', () => {
    const targets = targetsOf([
      { text: 'The', weight: 1 },
      { text: 'the', weight: 3 },
      { text: 'mp3', weight: 9 },
    ])
    expect(targets).toEqual([{ key: 'the', weight: 3, keys: 'the', layout: 'latin' }])
  })
})
