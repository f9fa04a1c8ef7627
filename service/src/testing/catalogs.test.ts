import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toEntry } from '../dataset/entries.ts'
import { catalogs } from './catalogs.ts'
import { productTitles } from './product-titles.ts'
import { realLists } from './real-lists.ts'
import { referenceDataset } from './reference-dataset.ts'
import { referenceSearch } from './reference-search.ts'

describe('generated catalogs', () => {
  it('contain only valid entries, and queries for every kind of match', () => {
    const counts: Record<string, number> = {}
    for (const { entries, queries, ...options } of fc.sample(catalogs, { numRuns: 400, seed: 1 })) {
      for (const { text, weight, aliases = [] } of entries) {
        for (const name of [text, ...aliases]) {
          expect(toEntry(name, weight)).toEqual({ text: name.replaceAll(/ {2,}/g, ' '), weight })
        }
      }
      const dataset = referenceDataset(entries, options)
      for (const query of queries) {
        const answer = referenceSearch(dataset, query)
        expect(answer.length).toBeLessThanOrEqual(query.limit)
        counts[answer[0]?.match ?? 'nothing'] = (counts[answer[0]?.match ?? 'nothing'] ?? 0) + 1
      }
    }
    const matches = 'exact prefix alias hangul initials word layout typo infix firstLetter partial nothing'.split(' ')
    for (const match of matches) expect([match, counts[match] ?? 0]).toEqual([match, expect.toSatisfy((n) => n >= 5)])
  })
})

describe('product titles', () => {
  const titles = [...productTitles(20_000, 7)]

  it('are the same for the same seed', () => {
    expect([...productTitles(100, 7)]).toEqual(titles.slice(0, 100))
    expect([...productTitles(100, 8)]).not.toEqual(titles.slice(0, 100))
  })

  it('have about five words and two contexts', () => {
    const words = titles.map(({ text }) => text.split(/[ -]/).length)
    const mean = words.reduce((sum, count) => sum + count, 0) / words.length
    expect(mean).toBeGreaterThan(4.5)
    expect(mean).toBeLessThan(6)
    const valuesOf = (name: string) => new Set(titles.flatMap(({ contexts }) => contexts?.[name]))
    expect(valuesOf('category').size).toBe(40)
    expect(valuesOf('tenant').size).toBeGreaterThan(450)
    expect(new Set(titles.flatMap(({ text }) => text.split(' '))).size).toBeGreaterThan(5000)
    expect(new Set(titles.map(({ text }) => text)).size).toBeGreaterThan(19_900)
    for (const { text, weight } of titles) expect(toEntry(text, weight)).toEqual({ text, weight })
  })
})

describe('real lists', () => {
  it('have several hundred entries in many languages', async () => {
    const lists = await realLists()
    expect(new Set(lists.map(({ locale }) => locale)).size).toBeGreaterThan(25)
    for (const { locale, entries } of lists) {
      expect([locale, entries.length]).toEqual([locale, expect.toSatisfy((count) => count > 250)])
    }
    const hangul = lists.filter(({ locale }) => locale === 'ko').flatMap(({ entries }) => entries)
    expect(hangul.map(({ text }) => text)).toContain('대한민국')
  })
})
