import { beforeAll, describe, expect, it } from 'vitest'
import { demoEntries } from './demo.ts'
import { type Entry, MAX_TEXT_LENGTH, MAX_WEIGHT } from './entries.ts'
import { englishWords } from './words.ts'

describe('the demo dataset', () => {
  let entries: Entry[]
  beforeAll(async () => {
    entries = await demoEntries()
  })

  const best = (prefix: string, count: number) =>
    entries
      .filter(({ text }) => text.toLowerCase().startsWith(prefix))
      .sort((a, b) => b.weight - a.weight)
      .slice(0, count)
      .map(({ text }) => text)
  const ofKind = (kind: string) => entries.filter(({ contexts }) => contexts?.kind?.includes(kind))

  it('contains places with their country and position', () => {
    const places = ofKind('place')
    expect(places.length).toBeGreaterThan(20_000)
    expect(places.find(({ text }) => text === 'Berlin')).toEqual({
      text: 'Berlin',
      weight: 3_426_354,
      contexts: { category: ['Germany'], kind: ['place'] },
      payload: { country: 'DE', lat: 52.52, lon: 13.41 },
    })
  })

  it('contains places of the same name once for each country', () => {
    const countries = ofKind('place')
      .filter(({ text }) => text === 'London')
      .map(({ contexts }) => contexts?.category)
    expect(countries.sort()).toEqual([['Canada'], ['United Kingdom']])
    const keys = ofKind('place').map(({ text, contexts }) => `${contexts?.category} ${text}`)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('contains words of both languages, and no fragments', () => {
    const categories = new Set(ofKind('word').map(({ contexts }) => contexts?.category?.[0]))
    expect([...categories]).toEqual(['English word', 'Korean word'])
    const texts = new Set(entries.map(({ text }) => text))
    for (const text of ['tomorrow', '안녕', '장바구니']) expect(texts).toContain(text)
    for (const text of ['don', 'didn', 'd', 's', 'll', 'fuck', '습니다']) expect(texts).not.toContain(text)
  })

  it('suggests places and words for the first letters', () => {
    expect(best('d', 4)).toEqual(['Delhi', 'Dhaka', 'Dongguan', 'do'])
    for (const letter of 'abcdefghilmnoprstuwy') {
      const first = new Set(best(letter, 10))
      const kinds = new Set(entries.filter(({ text }) => first.has(text)).map(({ contexts }) => contexts?.kind?.[0]))
      expect([letter, ...[...kinds].sort()]).toEqual([letter, 'place', 'word'])
    }
  })

  it('contains only valid entries', () => {
    const isValid = ({ text, weight }: Entry) =>
      text === text.normalize('NFC') && text.length <= MAX_TEXT_LENGTH && weight > 0 && weight <= MAX_WEIGHT
    expect(entries.filter((entry) => !isValid(entry))).toEqual([])
  })

  it('does not change the word lists that benchmarks use', async () => {
    expect(await englishWords()).toHaveLength(74_286)
  })
})
