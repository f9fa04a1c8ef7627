import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alignmentOf } from './alignment.ts'
import { spelling } from './spelling.ts'

/** Returns the part of a text that corresponds to a part of its spelling. */
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
    ['ﾡￂﾣ 다', '다', '다'],
    ['한글'.normalize('NFD'), '글', '글'.normalize('NFD')],
    ['Cafe\u0301 X', 'é', 'e\u0301'],
    ['हिन्दी', 'न', 'न्'],
    ['e\u200b\u0301 ne\u00adws', 'news', 'ne\u00adws'],
    ['¨ ´ x', 'x', 'x'],
    ['𠮷野家', '野', '野'],
  ])('maps, in the text %j, the spelling %j to %j', (text, part, expected) => {
    expect(partOf(text, part)).toBe(expected)
  })

  it('maps to parts of the text whose spellings contain the part of the spelling', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(99), fc.nat(99), (text, a, b) => {
        const spelled = spelling(text)
        fc.pre(spelled.length > 0)
        const start = a % spelled.length
        const end = start + 1 + (b % (spelled.length - start))
        const [from, to] = alignmentOf(text, spelled)(start, end)
        // A spelling cannot begin with a space, and the form of a sigma depends on the letters around it.
        const own = spelling(`0${text.slice(from, to)}`).replaceAll('ς', 'σ')
        expect(own).toContain(spelled.slice(start, end).replaceAll('ς', 'σ'))
      }),
      { numRuns: 2000 },
    )
  })
})
