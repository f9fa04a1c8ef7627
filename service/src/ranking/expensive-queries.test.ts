import { describe, expect, it } from 'vitest'
import { mayBeExpensive } from './expensive-queries.ts'

/**
 * Kinds of queries, with the median and the maximum CPU time of a search in milliseconds. Measured with 40 queries per
 * kind on 200,000 product titles with two contexts.
 */
const KINDS: [kind: string, query: string, boosts: number, median: number, maximum: number, isExpensive: boolean][] = [
  ['a letter', 'B', 0, 0.01, 0.4, false],
  ['the beginning of a title', 'Lual Pol', 0, 0.03, 0.4, false],
  ['a title', 'Elqui-Fen Married mixer white', 0, 0.21, 0.52, false],
  ['a word with a typo', 'Taqen-Vik', 0, 0.04, 0.23, false],
  ['a title with typos', 'Beqzo Inqtance raqncoat whqte', 0, 0.24, 0.92, false],
  ['words of a title in another order', 'lipstick non-stick Norcorö', 0, 0.17, 0.42, false],
  ['4 words of different titles', 'Önorber wireless headphones Taö', 0, 0.23, 1.94, false],
  ['4 letters', 'D v x D', 0, 0.47, 1.37, false],
  ['5 letters', 'T c d g L', 0, 1.43, 3.09, false],
  ['a letter with 8 boosts', 'L', 8, 1.13, 1.98, false],
  ['an empty query with 8 boosts', '', 8, 0.37, 0.61, false],
  ['6 letters', 'B C e m P É', 0, 1.6, 3.34, true],
  ['12 letters', 'T p w n A r r p N e m b', 0, 4.13, 9.47, true],
  ['6 words of different titles', 'Vikmota Game turntable white Fenoslu Shame', 0, 1.87, 3.54, true],
  ['2 titles', 'Doalqui foldable spade white Norcorö Week wireless backpack blac', 0, 2.97, 5.41, true],
  ['words separated by signs', 'San-rec-bat-mat-cre-ZH3-Bel-sof', 0, 1.3, 2.86, true],
  ['words separated by &', 'Ven & len & sil & PU1 & Rie & len & pin & T8', 0, 3.3, 9.64, true],
  ['a number', '7008048216', 0, 3.31, 6.42, true],
  ['letters and digits', 'a4a4d1m4c4', 0, 2.07, 8.03, true],
  ['2 letters with 8 boosts', 'N o', 8, 1.84, 8.73, true],
  ['a title with typos and 8 boosts', 'Osqranor ouqdoor soqndbar blqe', 8, 1.34, 4.27, true],
]

describe('the estimate of the work for a query', () => {
  it.each(
    KINDS,
  )('tells whether %s (%s, %i boosts) may be expensive', (_, query, count, _median, _maximum, expected) => {
    const boosts = Array.from({ length: count }, (_, at) => ({ name: 'category', value: String(at), factor: 2 }))
    const options = count > 0 ? { options: { highlight: false, explain: false, filters: [], boosts } } : {}
    expect(mayBeExpensive({ query, limit: 10, ...options })).toBe(expected)
  })

  it('counts words in all scripts', () => {
    expect(mayBeExpensive({ query: '가 나 다 라 마 바', limit: 10 })).toBe(true)
    expect(mayBeExpensive({ query: 'a\u3000b\u3000c\u3000d\u3000e\u3000f', limit: 10 })).toBe(true)
    expect(mayBeExpensive({ query: '٠١٢٣٤٥٦٧٨٩', limit: 10 })).toBe(true)
    expect(mayBeExpensive({ query: 'हिंदी हिन्दी', limit: 10 })).toBe(false)
  })
})
