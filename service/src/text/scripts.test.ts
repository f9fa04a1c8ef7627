import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasFreelySpaced, isFreelySpaced, isFreelySpacedUnit, isRunWord, isSyllabic } from './scripts.ts'

describe('scripts', () => {
  it.each([
    ['장바구니', true, true, true],
    ['ㅈㅂ', true, true, true],
    ['東京', true, true, true],
    ['とうきょう', true, true, true],
    ['コーヒー', true, true, true],
    ['กรุงเทพ', true, true, false],
    ['ភ្នំពេញ', true, true, false],
    ['ရန်ကုန်', true, true, false],
    ['ວຽງຈັນ', true, true, false],
    ['𠮷野家', true, true, true],
    ['lg전자', false, true, false],
    ['東京 駅', false, true, false],
    ['あ\u3099い', true, true, false],
    ['\u0301가', true, true, false],
    ['москва', false, false, false],
    ['दिल्ली', false, false, false],
    ['abc', false, false, false],
    ['', false, false, false],
  ])('of %j: freely spaced %s, partly freely spaced %s, syllabic %s', (text, isAll, isSome, isSyllables) => {
    expect([isFreelySpaced(text), hasFreelySpaced(text), isSyllabic(text)]).toEqual([isAll, isSome, isSyllables])
  })

  it.each([
    [['กรุงเทพ', 'ภาษา', 'ວຽງຈັນ', 'ភ្នំពេញ', 'ရန်ကုန်', 'とうきょう', 'コーヒー'], true],
    [['東京', 'お金', '食べる', '삼성', 'abc', 'กa', '1', ''], false],
  ])('of %j: parts of runs %s', (words, are) => {
    for (const word of words) expect(isRunWord(word), word).toBe(are)
  })

  it('of a unit equal those of the same text, and surrogates of rare Han count as freely spaced', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xd7ff }), (unit) => {
        expect(isFreelySpacedUnit(unit)).toBe(hasFreelySpaced(String.fromCharCode(unit)))
      }),
      { numRuns: 5000 },
    )
    for (const unit of ['𠮷'.charCodeAt(0), '𠮷'.charCodeAt(1)]) expect(isFreelySpacedUnit(unit)).toBe(true)
    expect(isFreelySpacedUnit('😀'.charCodeAt(0))).toBe(false)
  })

  it('agree with each other', () => {
    const text = fc.string({ unit: fc.constantFrom(...'가ㄱ東かカーกខ a1-é\u0301'), minLength: 1 })
    fc.assert(
      fc.property(text, (raw) => {
        if (isSyllabic(raw)) expect(isFreelySpaced(raw)).toBe(true)
        // Text with only marks belongs to no script.
        if (isFreelySpaced(raw) && /\p{L}/u.test(raw)) expect(hasFreelySpaced(raw)).toBe(true)
      }),
    )
  })
})
