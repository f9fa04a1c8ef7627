import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  composedBeginnings,
  firstInitials,
  fitsInitials,
  hasInitials,
  initials,
  jamoAsLetters,
  joinedSyllables,
  keystrokes,
  mayFitInitials,
  syllables,
} from './hangul.ts'
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

  it('of a word begin with the keystrokes of each of its prefixes', () => {
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
  it('reverse keystrokes', () => {
    fc.assert(
      fc.property(koreanWord, (word) => {
        expect(syllables(keystrokes(word))).toBe(word)
      }),
    )
    expect(syllables('tv ㅅㅏㅁㅅ')).toBe('tv 삼ㅅ')
  })

  it('preserve keystrokes, even if they are not part of any word', () => {
    const letter = fc.constantFrom(...'ㄱㄲㄴㄹㅅㅇㅏㅐㅗㅜㅡㅣ 1a')
    fc.assert(
      fc.property(fc.string({ unit: letter }), (letters) => {
        expect(keystrokes(syllables(letters))).toBe(letters)
      }),
    )
  })
})

describe('initials', () => {
  it('of the text that letters form begin with the first initials of the letters', () => {
    const consonants = fc.string({ unit: fc.constantFrom(...'ㄱㄴㄸㅅㅎ'), minLength: 1, maxLength: 3 })
    const part = fc
      .tuple(consonants, fc.constantFrom('', 'ㅏ', 'ㅗㅏ', 'ㅗㅣ', ' ', 'x', '1'))
      .map((pair) => pair.join(''))
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const letters = parts.join('')
        const first = firstInitials(letters)
        expect(first).not.toBe('')
        expect(initials(syllables(letters)).startsWith(first), `${letters}: ${first}`).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['ㄴㅅㄱㅏㅇ', 'ㄴㅅㄱ'],
    ['ㄱㅏㄴㅏㄷㅏ', 'ㄱㄴㄷ'],
    ['ㄱㅏㄴㄷㅏ', 'ㄱㄷ'],
    ['ㄱㅏㄴㅅㄷㅏ', 'ㄱㅅㄷ'],
    ['ㄱㅏㄱㅅㄷㅏ', 'ㄱㄷ'],
    ['ㄱㅏㄸㄷㅏ', 'ㄱㄸㄷ'],
    ['ㄱㅅ ㄴ', 'ㄱㅅ'],
  ])('that the letters %s begin with are %s', (letters, first) => expect(firstInitials(letters)).toBe(first))

  it('are rejected by the fast check only if they do not fit', () => {
    const unit = fc.constantFrom(...'가각박바사산까ㄱㄲㄳㅄㅏㅘᄀ가ab1')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 6 }), fc.string({ unit, minLength: 1, maxLength: 5 }), (text, typed) => {
        const units = Uint16Array.from(text.slice(0, typed.length), (letter) => letter.charCodeAt(0))
        for (const isComposing of [false, true]) {
          if (fitsInitials(text, typed, isComposing)) expect(mayFitInitials(units, units.length, typed)).toBe(true)
        }
      }),
      { numRuns: 3000 },
    )
    const units = Uint16Array.from('육사', (letter) => letter.charCodeAt(0))
    expect(mayFitInitials(units, 2, '육ㅇ')).toBe(false)
    expect(mayFitInitials(units, 2, '유ㅅ')).toBe(false)
  })

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
  ])('of %s fit %s during composition: %s', (text, typed, fits) => {
    expect(fitsInitials(text, typed, true)).toBe(fits)
  })
})

/** Text as composed by an input method: syllables, and letters that cannot be joined. */
const composed = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(...'ㄱㄲㄳㄴㄹㅂㅄㅅㅇㅎㅏㅗㅘㅡㅢㅣ가각갂갃고과괴굽긍값갑가까사a1'),
      fc.integer({ min: 0xac00, max: 0xd7a3 }).map((code) => String.fromCharCode(code)),
    ),
    minLength: 1,
    maxLength: 4,
  })
  .map(joinedSyllables)
  // Two vowels without an initial are not joined if letters follow. No word contains such vowels.
  .filter((text) => !/[ㅗㅜㅡ][ㅏㅐㅓㅔㅣ]/.test(text))

describe('composedBeginnings', () => {
  it.each([
    ['ㄱ', '가', true],
    ['고', '곰', true],
    ['고', '과', true],
    ['과', '고', false],
    ['각', '갃', true],
    ['각', '가가', true],
    ['각', '각', false],
    ['값', '갑사', true],
    ['장박', '장바구니', true],
    ['사', '삼성', true],
    ['사', '서울', false],
    ['ㅗ', 'ㅘ', true],
    ['ㅏ', '아', false],
    ['a', '가', false],
    ['', '가', false],
  ])('of %j include one of %j: %s', (typed, word, isIncluded) => {
    expect(begins(word, typed)).toBe(isIncluded)
  })

  it('and the text itself are all beginnings of words that start with its keystrokes', () => {
    // Random pairs rarely match, so half of the pairs are derived from one word.
    const pair = fc.oneof(
      fc.tuple(composed, composed),
      fc
        .tuple(composed, fc.nat(12))
        .map(([word, keys]): [string, string] => [joinedSyllables(keystrokes(word).slice(0, keys + 1)), word]),
    )
    fc.assert(
      fc.property(pair, ([typed, word]) => {
        const isBegun = keystrokes(word).startsWith(keystrokes(typed))
        expect(word.startsWith(typed) || begins(word, typed)).toBe(isBegun)
      }),
      { numRuns: 5000 },
    )
  })

  function begins(word: string, typed: string): boolean {
    return composedBeginnings(typed).some(({ head, low, high }) => {
      const unit = word.charCodeAt(head.length)
      return word.startsWith(head) && unit >= low && unit <= high
    })
  }
})

describe('joinedSyllables', () => {
  it.each([
    ['가ㄴ', '간'],
    ['ㅅㅏㅁㅅㅓㅇ', '삼성'],
    ['장바ㄱ', '장박'],
    ['ㅈㅂㄱㄴ', 'ㅈㅂㄱㄴ'],
    ['삼성', '삼성'],
    ['abc', 'abc'],
  ])('of %s are %s', (text, wanted) => expect(joinedSyllables(text)).toBe(wanted))

  it('preserve keystrokes, and do not change if they are joined again', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ㄱㄲㄳㄴㅅㅏㅐㅗㅘㅡㅣ가각갃고a 1') }), (text) => {
        const joined = joinedSyllables(text)
        expect(joinedSyllables(joined)).toBe(joined)
        expect(keystrokes(joined)).toBe(keystrokes(text))
      }),
      { numRuns: 3000 },
    )
  })
})

describe('conversions of any text', () => {
  const unit = fc.oneof(
    fc.constantFrom(...'ﷺㅘㄳ값각㈝ßİﬀ\u0301\u200d\ufeff\ud800\udc00가힣ㅏㅣ aA'),
    fc.integer({ min: 0x1100, max: 0x11ff }).map((code) => String.fromCharCode(code)),
  )
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ unit, maxLength: 60 }))

  it('are idempotent, and throw no errors', () => {
    fc.assert(
      fc.property(text, text, fc.boolean(), (raw, typed, isComposing) => {
        for (const one of [raw, spelling(raw)]) {
          expect(keystrokes(keystrokes(one))).toBe(keystrokes(one))
          expect(initials(initials(one))).toBe(initials(one))
          expect(jamoAsLetters(jamoAsLetters(one))).toBe(jamoAsLetters(one))
          expect(typeof syllables(keystrokes(one))).toBe('string')
          expect(typeof hasInitials(one)).toBe('boolean')
          expect(fitsInitials(one, one, isComposing)).toBe(true)
          expect(typeof fitsInitials(one, typed, isComposing)).toBe('boolean')
          for (const { head, low, high } of composedBeginnings(one)) {
            expect(head.length).toBeLessThanOrEqual(one.length)
            expect(low).toBeLessThanOrEqual(high)
          }
        }
      }),
      { numRuns: 3000 },
    )
  })
})
