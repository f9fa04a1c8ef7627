import { describe, expect, it } from 'vitest'
import { compareCodeUnits, exceedsCodePoints, normalize, toBinary } from './text.ts'

describe('normalize', () => {
  it.each([
    ['Apple', 'apple', 'lower case'],
    ['ＡＢＣ', 'abc', 'full width'],
    ['ﬁne', 'fine', 'ligatures'],
    ['  new   york', 'new york', 'white space'],
    ['new ', 'new ', 'a trailing space, which is part of the prefix'],
    ['\t\n', '', 'nothing but white space'],
    ['한국', '한국', 'decomposed Hangul'],
    ['장바구니 TV', '장바구니 tv', 'Hangul beside Latin letters'],
    ['가\u11a8', '각', 'a syllable that goes on decomposed'],
    ['CAFÉ', 'cafe', 'decomposed accents'],
    ['Crème Brûlée', 'creme brulee', 'accents'],
    ['Ångström', 'angstrom', 'rings and dots'],
    ['Straße Łódź', 'strasse lodz', 'letters that are typed as others'],
    ['Ёлка й', 'елка и', 'Cyrillic'],
    ['हिन्दी が', 'हिन्दी が', 'marks of other scripts, which stay'],
    ['a\u0001b\u0000', 'a b ', 'control characters'],
    ['ΚΟΣ', 'κοσ', 'a sigma that ends what is typed so far'],
  ])('turns %j into %j: %s', (text, expected) => {
    expect(normalize(text)).toBe(expected)
  })

  it('leaves what it made as it is', () => {
    for (const text of ['İstanbul', 'ẞtraße', 'ǖ', 'ǿ', 'ǽ', 'Ǆ', 'ﷺ', 'ΑΣ', '①②', 'ｶﾞ']) {
      expect(normalize(normalize(text))).toBe(normalize(text))
    }
  })
})

describe('exceedsCodePoints', () => {
  it('counts code points and not UTF-16 units', () => {
    expect(exceedsCodePoints('😀'.repeat(64), 64)).toBe(false)
    expect(exceedsCodePoints('😀'.repeat(65), 64)).toBe(true)
    expect(exceedsCodePoints('a'.repeat(65), 64)).toBe(true)
  })
})

describe('compareCodeUnits', () => {
  it('keeps keys with one prefix together, also around surrogates', () => {
    const keys = ['😀b', 'ﬀ', '😀', 'z', '😀a', '가'].sort(compareCodeUnits)
    expect(keys).toEqual(['z', '가', '😀', '😀a', '😀b', 'ﬀ'])
  })
})

it.each(['apple', '', 'é', '사과', '😀b'])('the binary string of %j has its UTF-8 bytes', (text) => {
  expect(Buffer.from(toBinary(text), 'latin1')).toEqual(Buffer.from(text))
})
