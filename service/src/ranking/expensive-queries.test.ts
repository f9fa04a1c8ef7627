import { describe, expect, it } from 'vitest'
import { mayBeExpensive } from './expensive-queries.ts'

/**
 * Kinds of queries, with the median and the 90th percentile of the time of a search in milliseconds. Measured with 40
 * queries of each kind, the fastest of 7 searches for each, on 200,000 product titles with two contexts.
 */
const KINDS: [kind: string, query: string, boosts: number, median: number, p90: number, isExpensive: boolean][] = [
  ['a letter', 'B', 0, 0.08, 0.1, false],
  ['the beginning of a title', 'Ricor Ey', 0, 0.12, 0.22, false],
  ['a title', 'Norcorö Point portable pillow F-680', 0, 0.25, 0.48, false],
  ['a word with a typo', 'Taqen-Vik', 0, 0.09, 0.12, false],
  ['a title with typos', 'Beqzo Inqtance raqncoat whqte', 0, 0.23, 0.39, false],
  ['a title of 7 words', 'Vikö Police wireless café press white U66', 0, 0.2, 0.33, false],
  ['a title of 7 words in another order', 'office Shelly black WR-330 Mota chair non-stick', 0, 0.2, 0.33, false],
  ['a title and an unknown word', 'Mota Shelly stainless office chair white xzqvw', 0, 0.17, 0.3, false],
  ['a title and a word of another', 'Ostra Boss wireless backpack gold R-70 tote', 0, 1.38, 2.06, false],
  ['4 words of different titles', 'Önorber wireless headphones Taö', 0, 0.83, 1.55, false],
  ['6 words of different titles', 'Vikmota Game turntable white Fenoslu Shame', 0, 1.35, 2.08, false],
  ['a number', '7008048216', 0, 0.06, 0.08, false],
  ['a barcode', '8844536387883', 0, 0.11, 0.26, false],
  ['a barcode with hyphens', '789-2-97-436793-2', 0, 1.19, 1.99, false],
  ['4 letters', 'D v x D', 0, 0.35, 0.84, false],
  ['9 letters', 'p g s m m t e n w', 0, 0.8, 2.46, false],
  ['a letter with 8 boosts', 'L', 8, 0.4, 0.58, false],
  ['an empty query with 8 boosts', '', 8, 0.37, 0.44, false],
  ['2 letters with 8 boosts', 'N o', 8, 0.5, 0.69, false],
  ['a title with typos and 8 boosts', 'Osqranor ouqdoor soqndbar blqe', 8, 0.78, 1.21, false],
  ['8 words of different titles with 8 boosts', 'Oshal ultra rosé medium Week bath Mota tote', 8, 3.58, 4.97, true],
  ['12 letters', 'T p w n A r r p N e m b', 0, 1.23, 2.33, true],
  ['12 words of different titles', 'a b Taven red Belpi Dozo Point white pin Mota sea tote', 0, 2.78, 17.96, true],
  ['2 titles', 'Doalqui foldable mat Norcorö Week wireless backpack black U-50', 0, 2.49, 2.97, true],
  ['words separated by signs', 'San-rec-bat-mat-cre-ZH3-Bel-sof-T8', 0, 1.41, 6.54, true],
  ['words separated by &', 'Ven & len & sil & PU1 & Rie & len & pin & T8', 0, 1.73, 18.06, true],
  ['letters and digits', 'a4a4d1m4c4', 0, 1.7, 2.52, true],
]

describe('the estimate of the work for a query', () => {
  it.each(KINDS)('tells whether %s (%s, %i boosts) may be expensive', (_, query, count, _median, _p90, expected) => {
    const boosts = Array.from({ length: count }, (_, at) => ({ name: 'category', value: String(at), factor: 2 }))
    const options = count > 0 ? { options: { highlight: false, explain: false, filters: [], boosts } } : {}
    expect(mayBeExpensive({ query, limit: 10, ...options })).toBe(expected)
  })

  it('tells that a title with numbers and units is not expensive', () => {
    expect(mayBeExpensive({ query: 'iPhone 15 Pro Max 256GB 5G blue', limit: 10 })).toBe(false)
  })

  it('counts words in all scripts', () => {
    expect(mayBeExpensive({ query: '가 나 다 라 마 바 사 아 자 차', limit: 10 })).toBe(true)
    expect(
      mayBeExpensive({ query: 'a\u3000b\u3000c\u3000d\u3000e\u3000f\u3000g\u3000h\u3000i\u3000j', limit: 10 }),
    ).toBe(true)
    expect(mayBeExpensive({ query: '٠ ١ ٢ ٣ ٤ ٥ ٦ ٧ ٨ ٩', limit: 10 })).toBe(true)
    expect(mayBeExpensive({ query: 'हिंदी हिन्दी', limit: 10 })).toBe(false)
  })
})
