import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitsInitials, hasInitials, initials, inOtherLayout, keystrokes, syllables } from './hangul.ts'
import { spelling } from './spelling.ts'

const koreanWord = fc.string({
  unit: fc.integer({ min: 0xac00, max: 0xd7a3 }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 8,
})

describe('keystrokes', () => {
  it.each([
    ['장바구니', 'ㅈㅏㅇㅂㅏㄱㅜㄴㅣ'],
    ['장바ㄱ', 'ㅈㅏㅇㅂㅏㄱ'],
    ['과', 'ㄱㅗㅏ'],
    ['ㅘ', 'ㅗㅏ'],
    ['값', 'ㄱㅏㅂㅅ'],
    ['ㄳ', 'ㄱㅅ'],
    ['까치', 'ㄲㅏㅊㅣ'],
    ['코로나 19!', 'ㅋㅗㄹㅗㄴㅏ 19!'],
    ['hello', 'hello'],
  ])('of %s are %s', (text, wanted) => {
    expect(keystrokes(text)).toBe(wanted)
    expect(keystrokes(spelling(text))).toBe(wanted)
  })

  it('of a word begin with those of every beginning of it', () => {
    fc.assert(
      fc.property(koreanWord, (word) => {
        for (let end = 1; end <= word.length; end++) {
          expect(keystrokes(word).startsWith(keystrokes(word.slice(0, end)))).toBe(true)
        }
      }),
    )
  })
})

describe('syllables', () => {
  it('are what keystrokes were made of', () => {
    fc.assert(
      fc.property(koreanWord, (word) => {
        expect(syllables(keystrokes(word))).toBe(word)
      }),
    )
    expect(syllables('tv ㅅㅏㅁㅅ')).toBe('tv 삼ㅅ')
  })

  it('keep the keystrokes, also where no word has them so', () => {
    const letter = fc.constantFrom(...'ㄱㄲㄴㄹㅅㅇㅏㅐㅗㅜㅡㅣ 1a')
    fc.assert(
      fc.property(fc.string({ unit: letter }), (letters) => {
        expect(keystrokes(syllables(letters))).toBe(letters)
      }),
    )
  })
})

describe('initials', () => {
  it.each([
    ['장바구니', 'ㅈㅂㄱㄴ'],
    ['쌀 20kg', 'ㅆ 20kg'],
    ['카페 Latte', 'ㅋㅍ Latte'],
  ])('of %s are %s', (text, wanted) => expect(initials(text)).toBe(wanted))

  it.each([
    ['장바구니', 'ㅈㅂㄱㄴ', true],
    ['장바구니', '장ㅂㄱ', true],
    ['장바구니', 'ㅈ바ㄱ', true],
    ['장바구니', '정ㅂㄱ', false],
    ['장바구니', 'ㅈ비ㄱ', false],
    ['장바', 'ㅈㅂㄱ', false],
    ['장바구니', 'ㅈ박', false],
    ['장바군대', '장ㅂ구', false],
  ])('of %s fit %s: %s', (text, typed, fits) => {
    expect(fitsInitials(text, typed)).toBe(fits)
    expect(fitsInitials(spelling(text), spelling(typed))).toBe(fits)
    expect(hasInitials(spelling(typed))).toBe(true)
  })

  it.each([
    ['장바구니', 'ㅈ박', true],
    ['장바구니', '장ㅂ군', true],
    ['장바군대', '장ㅂ구', true],
    ['장바구니', '장ㅂㄱ', true],
    ['장바구니', 'ㅈ반', false],
    ['장바구니', 'ㅈ박구', false],
    ['장바', '장ㅂ구', false],
  ])('of %s fit %s while it is composed: %s', (text, typed, fits) => {
    expect(fitsInitials(text, typed, true)).toBe(fits)
  })
})

describe('the other layout', () => {
  it.each([
    ['tkatjd', 'ㅅㅏㅁㅅㅓㅇ'],
    ['Rkcl', 'ㄲㅏㅊㅣ'],
    ['ㅗ디ㅣㅐ', 'hello'],
    ['ㅗ디ㅣㅐ 1!', 'hello 1!'],
    ['123', undefined],
    ['삼성 tv', undefined],
  ])('of %s is %s', (text, wanted) => expect(inOtherLayout(text)).toBe(wanted))

  it('of a Korean word typed in Latin letters are its keystrokes', () => {
    fc.assert(
      fc.property(koreanWord, (word) => {
        const typed = inOtherLayout(word) as string
        expect(inOtherLayout(typed)).toBe(keystrokes(word))
      }),
    )
  })
})
