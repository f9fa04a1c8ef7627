import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_TEXT_LENGTH } from '../dataset/entry.ts'
import { fold } from './fold.ts'
import { spelling } from './spelling.ts'
import { wordsOf } from './words.ts'

const foldedWords = (text: string) => wordsOf(spelling(text)).words.map(({ folded }) => folded)
const joinedWords = (text: string) => wordsOf(spelling(text)).joined.map(({ folded }) => folded)

const unit = fc.oneof(
  fc.constantFrom(..."ab1٣é가각ㄱ東京かカー😀กข.+#-'_& ()\u0301\u200c\u0640ßİ"),
  fc.constantFrom(' ', ' '),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
)
const text = fc.string({ unit, maxLength: 40 }).map(spelling)

describe('the words of a text', () => {
  it.each([
    ['new york', ['new', 'york']],
    ['iPhone15 Pro', ['iphone', '15', 'pro']],
    ['15.6"', ['15', '6']],
    ["L'Oréal", ['l', 'oreal']],
    ['T-Shirt', ['t', 'shirt']],
    ['lg전자', ['lg', '전자']],
    ['C++ vs. C#', ['c++', 'vs', 'c#']],
    ['a+b c#d', ['a', 'b', 'c', 'd']],
    ['2+ bedrooms', ['2+', 'bedrooms']],
    ['.가나 다++ .ไทย 東京# a가+', ['.가나', '다++', '.ไทย', '东京#', 'a', '가+']],
    ['.NET core', ['.net', 'core']],
    ['asp.net', ['asp', 'net']],
    ['...net', ['net']],
    ['.5', ['5']],
    ['Lego® City, Kindle™, © 2024', ['lego', 'city', 'kindle', '2024']],
    ['360° Nº5 N°5', ['360', 'no', '5', 'n', '5']],
    ['1½ inch', ['1', '1', '2', 'inch']],
    ['°', ['°']],
    ['i ❤ you 😀😀', ['i', '❤', 'you', '😀', '😀']],
    ['東京タワー', ['东京', 'たわー']],
    ['ドラゴンボールz', ['どらごん', 'ぼーる', 'z']],
    ['佐々木', ['佐佐木']],
    ['自由が丘駅', ['自由', 'け', '丘', '驿']],
    ['君が代', ['君', 'け', '代']],
    ['美女と野獣', ['美女', 'と', '野兽']],
    ['ひばりが丘', ['ひばり', 'が', '丘']],
    ['あざみ野', ['あざみ', '野']],
    ['立ち読み', ['立ち读み']],
    ['1か月', ['1', 'け', '月']],
    ['ノルウェイの森', ['のるうぇい', 'の', '森']],
    ['の森', ['の', '森']],
    ['お茶', ['お', '茶']],
    ['女の子', ['女', 'の', '子']],
    ['この人', ['この', '人']],
    ['食べ物', ['食べ', '物']],
    ['กรุงเทพ', ['กรุงเทพ']],
    ['Love ∞ (≠) 10±2 a→b −', ['love', '10', '2', 'a', 'b']],
    ['∞ →', ['∞', '→']],
    ['???', ['???']],
    ['?!? --', ['?!?', '--']],
    ['?!? a', ['a']],
    ['Straße', ['strasse']],
    ['٣٤', ['34']],
    ['5๕ ๕5 5၅+ ៥5៥ 1,໕5', ['55', '55', '55+', '555', '1', '55']],
    ['می\u200cخواهم', ['مي', 'خواهم']],
    ['가ㄴ다', ['간다']],
    ['', []],
  ])('%j are %j', (raw, words) => expect(foldedWords(raw)).toEqual(words))

  it('know what precedes them: nothing, white space, or at most punctuation', () => {
    const { words } = wordsOf("l'oréal paris, c++11 (new)")
    expect(words.map(({ spelled, gap }) => [gap, spelled])).toEqual([
      ['start', 'l'],
      ['glue', 'oréal'],
      ['space', 'paris'],
      ['space', 'c++'],
      ['glue', '11'],
      ['space', 'new'],
    ])
  })

  it.each([
    ['york', false],
    ['york ', true],
    ['dune (2021', false],
    ['dune (2021)', true],
    ['c+', false],
    ['.net', false],
    ['東京', false],
    ['東京。', true],
    ['?', false],
    ['', false],
  ])('of %j: last word complete: %s', (raw, isComplete) => {
    expect(wordsOf(spelling(raw)).endsComplete).toBe(isComplete)
  })

  it('have the right positions, in order, and exist for any text except white space', () => {
    fc.assert(
      fc.property(text, (spelled) => {
        const { words, endsComplete } = wordsOf(spelled)
        let end = 0
        for (const [at, word] of words.entries()) {
          expect(word.spelled).toBe(spelled.slice(word.start, word.end))
          expect(word.spelled).not.toMatch(/^$| /)
          expect(word.folded).not.toMatch(/^$| /)
          expect(word.start).toBeGreaterThanOrEqual(end)
          const between = spelled.slice(end, word.start)
          expect(word.gap).toBe(at === 0 ? 'start' : between.includes(' ') ? 'space' : 'glue')
          end = word.end
        }
        expect(words.length > 0).toBe(spelled.trim() !== '')
        expect(endsComplete).toBe(words.length > 0 && end < spelled.length)
      }),
      { numRuns: 5000 },
    )
  })

  it('do not depend on other chunks', () => {
    fc.assert(
      fc.property(text, text, (first, second) => {
        const [a, b] = [first.trim(), second.trim()]
        // A chunk without letters, digits, and symbols such as emoji is a word only if the text has no other words.
        fc.pre([a, b].every((part) => /[\p{L}\p{N}]|(?![©®°])\p{So}/u.test(part)))
        const words = wordsOf(`${a} ${b}`)
        const parts = [wordsOf(a), wordsOf(b)]
        expect(words.words.map(({ folded }) => folded)).toEqual(
          parts.flatMap((part) => part.words.map(({ folded }) => folded)),
        )
        expect(words.joined.map(({ folded }) => folded).sort()).toEqual(
          parts.flatMap(({ joined }) => joined.map(({ folded }) => folded)).sort(),
        )
      }),
      { numRuns: 5000 },
    )
  })

  it('do not depend on the fast path for simple texts', () => {
    const simple = fc.stringMatching(/^[a-z0-9]{1,6}( [a-z0-9]{1,6}){0,3} ?$/)
    fc.assert(
      fc.property(simple, (spelled) => {
        // The added word prevents the fast path.
        const { words } = wordsOf(`é ${spelled}`)
        const shifted = words.slice(1).map((word) => ({ ...word, start: word.start - 2, end: word.end - 2 }))
        const [first, ...others] = wordsOf(spelled).words
        expect(shifted).toEqual([{ ...first, gap: 'space' }, ...others])
      }),
    )
  })
})

describe('the joined words of a text', () => {
  it.each([
    ['t-shirt', ['tshirt']],
    ["L'Oréal", ['loreal']],
    ['rock-n-roll', ['rocknroll']],
    ['a-b-c-d', ['abcd']],
    ['a-b-c-d-e', []],
    ['wi-fi 6-pack', ['wifi']],
    ['iphone15', []],
    ['lg전자', ['lg전자']],
    ['東京-大阪', []],
    ['c++', []],
    ['.NET', ['net', 'dotnet']],
    [`${'a'.repeat(16)}-${'b'.repeat(16)}`, ['a'.repeat(16) + 'b'.repeat(16)]],
    [`${'a'.repeat(16)}-${'b'.repeat(17)}`, []],
    [`${'𐐨'.repeat(16)}-${'𐐩'.repeat(16)}`, ['𐐨'.repeat(16) + '𐐩'.repeat(16)]],
    ['.가나', ['가나', 'dot가나']],
    ['one two', []],
    ['Love ∞ (≠) 10±2 a→b ∞', ['ab', '∞', '≠', '±', '→']],
    ['√2 360° LEGO® 5€ £5', ['√', '°', '®', '€', '£']],
    ['∞∞ love', ['∞∞']],
    ['∞ →', []],
    ['a + b = c < d', []],
  ])('%j are %j', (raw, words) => expect(joinedWords(raw)).toEqual(words))

  it('consist of adjacent words, except for symbols', () => {
    fc.assert(
      fc.property(text, (spelled) => {
        const { words, joined } = wordsOf(spelled)
        for (const { folded, first, last, symbols } of joined) {
          if (symbols) continue
          const parts = words.slice(first, last + 1)
          expect(folded.length).toBeGreaterThan(0)
          if (first === last) {
            const [{ folded: word = '' } = {}] = parts
            expect([`.${folded}`, `.${folded.slice('dot'.length)}`]).toContain(word)
            continue
          }
          expect(parts.length).toBeLessThanOrEqual(4)
          expect(folded).toBe(parts.map((word) => word.folded).join(''))
          expect([...folded].length).toBeLessThanOrEqual(32)
          for (const word of parts.slice(1)) expect(word.gap).toBe('glue')
        }
      }),
      { numRuns: 5000 },
    )
  })
})

it.each([
  ['Paint 2,5 l', ['5']],
  ['1.25mg and 0,75', ['25', '75']],
  ['v2.1', ['1']],
  ['٢,٥ لتر', ['5']],
  ['50,000 mAh', []],
  ['13.07.2020', []],
  ['07.2020', []],
  ['192.168.0.1', []],
  ['1,2,3', []],
  ['36, 38', []],
  ['36-38', []],
  ['a.5', []],
  ['1.5+', []],
])('the decimals of %j are %j', (spelled, decimals) => {
  const { words } = wordsOf(spelling(spelled))
  expect(words.filter(({ isDecimals }) => isDecimals).map(({ folded }) => folded)).toEqual(decimals)
})

it('a spelling and its folded form have the same folded words', () => {
  const latin = fc.string({ unit: fc.constantFrom(...'abéßøłñ -1'), maxLength: 20 }).map(spelling)
  fc.assert(
    fc.property(latin, (spelled) => {
      expect(wordsOf(fold(spelled)).words.map(({ folded }) => folded)).toEqual(foldedWords(spelled))
    }),
  )
})

it('texts of maximum length take linear time', () => {
  const units = [
    'a-',
    'a1',
    '1,',
    '1,1 ',
    '.a',
    '+',
    '#',
    'a+',
    '가a',
    '東カ',
    'ข',
    '\u0301',
    'a\u0301',
    '😀',
    '(',
    '٣',
    '\ud842\udfb7',
    'ー',
    'é',
  ]
  const started = performance.now()
  for (const part of units) {
    const spelled = spelling(part.repeat(MAX_TEXT_LENGTH))
    for (let again = 0; again < 10; again++) wordsOf(spelled)
  }
  // This takes a few milliseconds on an idle machine.
  expect(performance.now() - started).toBeLessThan(5000)
})
