import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_MATCH_SETTINGS } from '../index/match-settings.ts'
import { catalogues } from '../testing/catalogues.ts'
import { referenceDataset, referenceSearch } from '../testing/reference-search.ts'
import { correctedOf, highlightOf } from './highlight.ts'
import type { Match } from './query.ts'

/** The text with brackets around what is highlighted. */
function marked(text: string, query: string, match: Match): string {
  let shown = ''
  let at = 0
  for (const [start, end] of highlightOf(text, query, match, DEFAULT_MATCH_SETTINGS)) {
    shown += `${text.slice(at, start)}[${text.slice(start, end)}]`
    at = end
  }
  return shown + text.slice(at)
}

describe('highlightOf', () => {
  it.each<[match: Match, query: string, expected: string]>([
    ['prefix', 'app', '[app]le'],
    ['prefix', 'strass', '[Straß]e 1'],
    ['prefix', 'creme b', '[Crème B]rûlée'],
    ['prefix', 'iphone15', '[iPhone 15] Pro'],
    ['word', 'city new', '[New] York [City]'],
    ['word', 'oreal', "L'[Oréal] Paris"],
    ['word', 'tshirt', '[T-Shirt] blau'],
    ['word', 'ok', '👍🏽 [ok]'],
    ['hangul', '장바ㄱ', '[장바구]니'],
    ['initials', 'ㅈㅂㄱ', '[장바구]니'],
    ['initials', 'ㅂㄷㅇㅁ', '[배달의 민]족'],
    ['word', 'ㄱㄴㄱ', '서울특별시 [강남구]'],
    ['layout', 'tkatjd', '[삼성]전자'],
    ['layout', 'ㅗ디ㅣㅐ', '[hello]'],
    ['layout', 'vjcrdf', '[москва]'],
    ['typo', 'bnaana', '[banana]'],
    ['typo', 'soup chiken', '[Chicken] [soup]'],
    ['typo', 'citty', 'New York [City]'],
    ['infix', 'trikot', 'Fußball[trikot]'],
    ['firstLetter', 'hpone', '[phone]'],
    ['partial', 'best bluetooth speaker', '[bluetooth] [speaker]'],
  ])('marks what stands for the query: %s %s', (match, query, expected) => {
    expect(marked(expected.replace(/[[\]]/g, ''), query, match)).toBe(expected)
  })

  it('marks nothing of a text that was found by an alias', () => {
    expect(highlightOf('New York City', 'nyc', 'alias', DEFAULT_MATCH_SETTINGS)).toEqual([])
  })

  it('gives ranges in order, inside the text, of whole characters, for whatever is found', () => {
    fc.assert(
      fc.property(catalogues, ({ entries, queries, ...options }) => {
        const dataset = referenceDataset(entries, options)
        for (const query of queries.slice(0, 4)) {
          for (const { text, match, entry } of referenceSearch(dataset, query)) {
            const ranges = highlightOf(text, query.query, match, dataset.settings)
            let before = -1
            for (const [start, end] of ranges) {
              expect(start).toBeGreaterThan(before)
              expect(end).toBeGreaterThan(start)
              expect(text.slice(start, end).isWellFormed()).toBe(true)
              before = end
            }
            expect(before).toBeLessThanOrEqual(text.length)
            // An empty query stands for nothing, and what an alias has is not in the text.
            if (query.query !== '' && !entry.aliases?.length)
              expect(ranges, `${match} ${query.query} ${text}`).not.toEqual([])
          }
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('correctedOf', () => {
  it.each<[match: Match, query: string, text: string, expected: string]>([
    ['typo', 'bnaana', 'Banana', 'banana'],
    ['typo', 'soup chiken', 'Chicken soup', 'soup chicken'],
    ['typo', 'citty', 'New York City', 'city'],
    ['typo', 'cabel usb-c', 'USB-C cable', 'cable usb-c'],
    ['typo', 'dnue (2021', 'Dune (2021)', 'dune 2021'],
    ['typo', 'berries', 'berry', 'berry'],
    ['layout', 'tkatjd', '삼성전자', '삼성전자'],
    ['layout', 'ㅗ디ㅣㅐ', 'hello', 'hello'],
    ['firstLetter', 'hpone', 'phone', 'phone'],
  ])('says what was meant, in whole words: %s %s for %s', (match, query, text, expected) => {
    expect(correctedOf(text, query, match, DEFAULT_MATCH_SETTINGS)).toBe(expected)
  })

  it('says nothing of a text that was found by an alias', () => {
    expect(correctedOf('Big Apple', 'newyrok', 'typo', DEFAULT_MATCH_SETTINGS)).toBeUndefined()
  })
})
