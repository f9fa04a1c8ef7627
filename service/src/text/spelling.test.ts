import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPlain, MAX_TEXT_LENGTH, toEntry } from '../dataset/entry.ts'
import { spelling } from './spelling.ts'

/** Characters that are most likely to reveal errors in normalization. */
const special = fc.constantFrom(
  ...'ﷺㅘㄳ값각㈝ßΣςİıǅﬀ½™×♯℀\u0301\u0323\u0345\u200c\u200d\u00ad\ufeff\u00a0\u2028\u0000\u0085\ud800\udc00\ud83d\ude00가힣ㅏㅣ aA\t\n’´`',
)
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: special, maxLength: 60 }),
  fc.string({
    unit: fc.oneof(
      special,
      fc.integer({ min: 0x1100, max: 0x11ff }).map((code) => String.fromCharCode(code)),
    ),
  }),
)

describe('spelling', () => {
  it.each([
    ['Apple', 'apple', 'lower case'],
    ['ＡＢＣ', 'abc', 'full width'],
    ['ｶﾞ', 'ガ', 'half width'],
    ['ﬁne', 'fine', 'ligatures'],
    ['  new   york', 'new york', 'white space'],
    ['new\u00a0\u2003york', 'new york', 'other white space'],
    ['new ', 'new ', 'a space at the end, which is part of a query'],
    ['\t\n', '', 'only white space'],
    ['\u1112\u1161\u11ab\u1100\u116e\u11a8', '한국', 'decomposed Hangul'],
    ['장바구니 TV', '장바구니 tv', 'Hangul beside Latin letters'],
    ['가\u11a8', '각', 'a syllable followed by a decomposed final'],
    ['ㅈㅂㄱㄴ', 'ㅈㅂㄱㄴ', 'Hangul letters as a keyboard types them'],
    ['장바\u1100', '장바ㄱ', 'conjoining letters outside of syllables'],
    ['CAFE\u0301', 'café', 'accents, which stay and are composed'],
    ['Straße Łódź', 'straße łódź', 'letters that people often type as others, which stay'],
    ['İSTANBUL', 'istanbul', 'the Turkish capital of i'],
    ['I\u0307\u0307 İ\u0301', 'i í', 'dots above i'],
    ['Ёлка й', 'ёлка й', 'Cyrillic'],
    ['a\u0001b\u0000', 'a b ', 'control characters'],
    ['L’Oréal', "l'oréal", 'typographic apostrophes'],
    ['rock ´n` roll', "rock 'n' roll", 'accents in place of apostrophes'],
    ['ŉ 15″', "'n 15''", 'characters that contain apostrophes'],
    ['rock `n` roll', "rock 'n' roll", 'the ASCII grave accent'],
    ["rock 'n' roll", "rock 'n' roll", 'apostrophes'],
    ['foto\u00adalbum\u200b \ufeff', 'fotoalbum ', 'invisible characters'],
    ['می\u200cخواهم', 'می_خواهم', 'the zero-width non-joiner, which separates words'],
    ['①²', '12', 'numbers in other forms'],
    ['1½ ½ ⅟3', '1 1⁄2 1⁄2 1⁄3', 'fractions, which stay apart from whole numbers'],
    ['10×15', '10x15', 'multiplication signs'],
    ['C♯', 'c#', 'sharps'],
    ['Kindle™ Lego®', 'kindle® lego®', 'trademark signs, which are not letters'],
  ])('turns %j into %j: %s', (raw, expected) => {
    expect(spelling(raw)).toBe(expected)
  })

  it('is idempotent, without control characters and extra spaces', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const once = spelling(raw)
        expect(spelling(once)).toBe(once)
        expect(once).not.toMatch(/\p{Cc}/u)
        expect(once.startsWith(' ')).toBe(false)
        expect(once).not.toMatch(/\s\s/)
        if (raw.isWellFormed()) expect(once.isWellFormed()).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  it('is idempotent for every character', () => {
    for (let code = 0; code <= 0x10ffff; code++) {
      const once = spelling(String.fromCodePoint(code))
      if (spelling(once) !== once) expect.fail(`not idempotent for U+${code.toString(16)}`)
    }
  })

  it('is the same for NFC and NFD', () => {
    fc.assert(
      fc.property(text, (raw) => {
        expect(spelling(raw.normalize('NFD'))).toBe(spelling(raw.normalize('NFC')))
      }),
      { numRuns: 3000 },
    )
  })

  it('of a text up to a space is a prefix of the spelling of the whole text', () => {
    fc.assert(
      fc.property(text, text, (first, second) => {
        const start = spelling(`${first} `)
        expect(spelling(`${first} ${second}`).startsWith(start.trimEnd())).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('of a plain text differs only in backticks, as the builder assumes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme-ascii' }), text), (raw) => {
        fc.pre(isPlain(raw))
        expect(spelling(raw)).toBe(raw.replaceAll('`', "'"))
      }),
      { numRuns: 3000 },
    )
  })
})

/** Texts of maximum length, each of which repeats a character or sequence that is slow to normalize. */
const WORST = [
  'ﷺ',
  '㈝',
  '값',
  'ㄳ',
  'ㅘ',
  '\u0301\u0323',
  '가a',
  'Σ',
  'İ',
  'a ',
  '가 ',
  '\u1100',
  '\u{1d160}',
  '\u200b',
].map((unit) => unit.repeat(MAX_TEXT_LENGTH / [...unit].length))

it('texts of maximum length take little time', () => {
  const started = performance.now()
  for (const raw of WORST) spelling(raw)
  // This takes a few milliseconds on an idle machine.
  expect(performance.now() - started).toBeLessThan(5000)
})

it('a text that is far too long is not normalized, which would take quadratic time', () => {
  const hostile = ['\u0301\u0323', '\u0323\u0301', 'a\u0301', '\u{1d160}'].map((unit) =>
    unit.repeat(60_000 / unit.length),
  )
  const started = performance.now()
  for (const raw of hostile) expect(toEntry(`a${raw}`, 1)).toBe(`the text is longer than ${MAX_TEXT_LENGTH} characters`)
  // Normalizing even one of these texts would take seconds.
  expect(performance.now() - started).toBeLessThan(1000)
})

it('the length of a text is that of its composed form', () => {
  // NFC composes each group of four code points to one.
  const longest = '\u03b1\u0313\u0300\u0345'.repeat(MAX_TEXT_LENGTH)
  expect(toEntry(longest, 1)).toEqual({ text: '\u1f82'.repeat(MAX_TEXT_LENGTH), weight: 1 })
})
