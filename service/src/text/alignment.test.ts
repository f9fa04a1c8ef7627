import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alignmentOf } from './alignment.ts'
import { spelling } from './spelling.ts'

/** The part of a text that a part of its spelling stands for. */
function partOf(text: string, part: string): string {
  const spelled = spelling(text)
  const start = spelled.indexOf(part)
  const [from, to] = alignmentOf(text, spelled)(start, start + part.length)
  return text.slice(from, to)
}

describe('alignmentOf', () => {
  it.each([
    ['York', 'york', 'York'],
    ['İstanbul Hotel', 'hotel', 'Hotel'],
    ['Oﬃce', 'f', 'ﬃ'],
    ['A  \t B', 'b', 'B'],
    ['ΟΔΟΣ İ', 'δο', 'ΔΟ'],
    ['ｶﾞﾑ', 'ガ', 'ｶﾞ'],
    ['ㅂㅏㄴ다', '다', '다'],
    ['한글'.normalize('NFD'), '글', '글'.normalize('NFD')],
    ['Cafe\u0301 X', 'é', 'e\u0301'],
    ['हिन्दी', 'न', 'न्'],
    ['e\u200b\u0301 ne\u00adws', 'news', 'ne\u00adws'],
    ['¨ ´ x', 'x', 'x'],
    ['𠮷野家', '野', '野'],
  ])('finds in %j for %j the part %j', (text, part, expected) => {
    expect(partOf(text, part)).toBe(expected)
  })

  it('finds parts that have at least the spelling', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(99), fc.nat(99), (text, a, b) => {
        const spelled = spelling(text)
        fc.pre(spelled.length > 0)
        const start = a % spelled.length
        const end = start + 1 + (b % (spelled.length - start))
        const [from, to] = alignmentOf(text, spelled)(start, end)
        // A space in front is no part of a spelling, and sigmas depend on the letters around them.
        const own = spelling(`0${text.slice(from, to)}`).replaceAll('ς', 'σ')
        expect(own).toContain(spelled.slice(start, end).replaceAll('ς', 'σ'))
      }),
      { numRuns: 2000 },
    )
  })
})
