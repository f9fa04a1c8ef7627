import { describe, expect, it } from 'vitest'
import { bestLines, firstLines } from '../ranking/best-lines.ts'
import { DatasetIndex } from '../ranking/dataset-index.ts'
import { compareCodeUnits, normalize } from '../text/strings.ts'
import { buildDataset, DatasetBuilder } from './build.ts'
import type { Entry, Problem } from './entries.ts'
import {
  CURRENT_KEY,
  decodeLine,
  decodeLines,
  indexKey,
  MAX_BLOCKS_PER_QUERY,
  MAX_PREFIX_LENGTH,
  metaKey,
  TOP_ENTRIES,
  topKey,
  trieKey,
} from './layout.ts'
import { bundledWords, englishWords } from './words.ts'

/** The lines of a block or list, as text. */
const linesIn = (value: string | Buffer) => decodeLines(Buffer.from(value), 'utf8') as string

/** Answers a prefix as the service does, from the keys that the builder made. */
function reader(entries: readonly Entry[]) {
  const stored = new Map(buildDataset(entries).keys())
  const version = stored.get(CURRENT_KEY) as string
  const index = new DatasetIndex(
    stored.get(metaKey(version)) as string,
    Buffer.from(stored.get(indexKey(version)) as string),
    stored.get(trieKey(version)) as Buffer,
  )
  return (prefix: string, limit: number) => {
    const { keys, isRanked } = index.locate(prefix)
    expect(keys.length).toBeLessThanOrEqual(MAX_BLOCKS_PER_QUERY)
    const values = keys.map((key) => linesIn(stored.get(key) as string))
    const lines = isRanked ? firstLines(values[0] as string, limit) : bestLines(values, prefix, limit)
    return lines.map((line) => {
      const { text, rank } = decodeLine(line)
      return { text, weight: rank }
    })
  }
}

/** Answers a prefix by sorting all entries that have it: heavier first, of equals the one with the smaller key. */
function plainSort(entries: readonly Entry[], prefix: string, limit: number) {
  return entries
    .filter(({ text }) => normalize(text).startsWith(prefix))
    .sort((a, b) => b.weight - a.weight || compareCodeUnits(normalize(a.text), normalize(b.text)))
    .slice(0, limit)
}

describe('buildDataset', () => {
  it('answers every prefix of 1 to 4 letters of the English words as a plain sort by weight does', async () => {
    const entries = await englishWords()
    const byPrefix = new Map<string, Entry[]>()
    for (const entry of entries) {
      const key = normalize(entry.text)
      for (let length = 1; length <= Math.min(4, key.length); length++) {
        const prefix = key.slice(0, length)
        const withPrefix = byPrefix.get(prefix)
        if (withPrefix) withPrefix.push(entry)
        else byPrefix.set(prefix, [entry])
      }
    }
    expect(byPrefix.size).toBeGreaterThan(15_000)
    const answer = reader(entries)
    const wrong = [...byPrefix].filter(
      ([prefix, withPrefix]) =>
        JSON.stringify(answer(prefix, 10)) !== JSON.stringify(plainSort(withPrefix, prefix, 10)),
    )
    expect(wrong.map(([prefix]) => prefix)).toEqual([])
  })

  it('answers every keystroke of Korean words as a plain sort does, up to the largest limit', async () => {
    const entries = await bundledWords()
    const answer = reader(entries)
    const korean = entries.filter(({ text }) => /^[가-힣]+$/u.test(text))
    for (let at = 0; at < korean.length; at += 500) {
      const { text } = korean[at] as Entry
      for (let length = 1; length <= text.length; length++) {
        const prefix = text.slice(0, length)
        expect(answer(prefix, TOP_ENTRIES)).toEqual(plainSort(entries, prefix, TOP_ENTRIES))
      }
    }
  })

  it('answers prefixes at the borders of blocks', () => {
    const entries = Array.from({ length: 1000 }, (_, i) => ({
      text: `w${String(i).padStart(3, '0')}`,
      weight: (i * 7919) % 997,
    }))
    const answer = reader(entries)
    const prefixes = new Set(entries.flatMap(({ text }) => [1, 2, 3, 4].map((length) => text.slice(0, length))))
    for (const prefix of [...prefixes, 'a', 'v', 'x', 'w000x', 'w9999']) {
      expect(answer(prefix, 10)).toEqual(plainSort(entries, prefix, 10))
    }
  })

  it('answers every prefix of names that begin with each other, which many lists share', () => {
    const entries = Array.from({ length: 3000 }, (_, i) => ({
      text: `${'ab'.repeat(i % 40)}${String(i).padStart(4, '0')}`,
      weight: (i * 7919) % 101,
    }))
    const answer = reader(entries)
    for (let length = 1; length <= MAX_PREFIX_LENGTH; length++) {
      const prefix = 'ab'.repeat(40).slice(0, length)
      expect(answer(prefix, TOP_ENTRIES)).toEqual(plainSort(entries, prefix, TOP_ENTRIES))
    }
  })

  it.each([
    'x',
    '😀',
  ])('makes no list for a prefix that is too long to be asked for, in code points: %s', (character) => {
    const long = character.repeat(MAX_PREFIX_LENGTH)
    const entries = Array.from({ length: 300 }, (_, i) => ({ text: long + character.repeat(50) + i, weight: i }))
    const dataset = buildDataset(entries)
    const lists = new Set([...dataset.keys()].map(([key]) => key).filter((key) => key.includes(':top:')))
    // One more has the best of all.
    expect(lists.size).toBe(MAX_PREFIX_LENGTH + 1)
    expect(lists).toContain(topKey(dataset.meta.version, long))
    expect(reader(entries)(long, 10)).toEqual(plainSort(entries, long, 10))
  })

  it('answers what is not Latin: surrogate pairs, spaces, a trailing space', () => {
    const texts = ['😀', '😀😀', '😁', 'new york', 'new jersey', 'newton', 'New', '가나', '가', 'ﬀ']
    const entries = texts.map((text, weight) => ({ text, weight }))
    const answer = reader(entries)
    for (const prefix of ['😀', '😁', 'n', 'new', 'new ', 'new y', '가', 'f', 'zz']) {
      expect(answer(prefix, 10)).toEqual(plainSort(entries, prefix, 10))
    }
  })

  it('keeps the heaviest of entries with one key, and counts the others', () => {
    const entries = [
      { text: 'Apple', weight: 5 },
      { text: 'apple', weight: 9 },
      { text: 'ＡＰＰＬＥ', weight: 1 },
    ]
    expect(buildDataset(entries).duplicates).toBe(2)
    expect(reader(entries)('app', 10)).toEqual([{ text: 'apple', weight: 9 }])
  })

  it('keeps the smallest text of entries with one key and weight, of whatever length their weights are', () => {
    const texts = ['Apple', 'APPLE', 'aPPle']
    expect(reader(texts.map((text) => ({ text, weight: 7 })))('app', 10)).toEqual([{ text: 'APPLE', weight: 7 }])
    const weights = [9, 1000, 0.5]
    expect(reader(weights.map((weight) => ({ text: 'apple', weight })))('app', 10)).toEqual([
      { text: 'apple', weight: 1000 },
    ])
  })

  describe('of entries with one key and an age', () => {
    const [old, today] = [Date.UTC(2020, 0, 1), Date.UTC(2026, 10, 23)]
    const texts = (entries: readonly Entry[], halfLifeDays?: number) =>
      [...buildDataset(entries, halfLifeDays === undefined ? {} : { halfLifeDays }).keys()]
        .filter(([key]) => key.includes(':block:'))
        .flatMap(([, value]) => linesIn(value).split('\n'))
        .map((line) => {
          const { text, rank, details } = decodeLine(line)
          return [text, rank, details?.p]
        })

    it.each([
      ['another text', 'News'],
      ['the same text', 'news'],
    ])('keeps the one that ranks higher once their ages count: %s', (_, text) => {
      const entries = [
        { text: 'news', weight: 100, updated: old, payload: 'old' },
        { text, weight: 90, updated: today, payload: 'new' },
      ]
      for (const given of [entries, entries.toReversed()]) {
        expect(texts(given, 30)).toEqual([[text, 90, 'new']])
        expect(texts(given)).toEqual([['news', 100, 'old']])
      }
    })

    it('keeps of one text and weight the newest, and before it the one without an age', () => {
      const entries: Entry[] = [
        { text: 'news', weight: 90, updated: old, payload: 'old' },
        { text: 'news', weight: 90, updated: today, payload: 'new' },
      ]
      for (const given of [entries, entries.toReversed()]) expect(texts(given, 30)).toEqual([['news', 90, 'new']])
      const others: Entry[] = [...entries.slice(0, 1), { text: 'news', weight: 90 }]
      const newest: Entry = { text: 'zebra', weight: 1, updated: today }
      for (const given of [others, others.toReversed()]) {
        expect(texts([newest, ...given], 30)[0]).toEqual(['news', 90, undefined])
      }
    })

    it('keeps the one that is pinned', () => {
      const [line] = texts([
        { text: 'News', weight: 100 },
        { text: 'news', weight: 1, pinned: true, payload: 'pinned' },
      ])
      expect(line).toEqual(['news', expect.any(Number), 'pinned'])
    })
  })

  it('tells what it left out, and in favour of what', () => {
    const builder = new DatasetBuilder()
    const at = (line: number) => ({ file: 'a.csv', line })
    builder.add({ text: 'apple', weight: 3 }, at(1))
    builder.add({ text: 'Apple', weight: 5, payload: 1 }, at(2))
    builder.add({ text: 'pear', weight: 1 }, at(3))
    builder.add({ text: 'APPLE', weight: 1 }, { file: 'b.csv', line: 1 })
    builder.add({ text: 'Pear', weight: 0, blocked: true }, { file: 'b.csv', line: 2 })
    for (const line of [9, 10, 11]) builder.add({ text: 'fig', weight: 7 }, at(line))
    const told: Problem[] = []
    const dataset = builder.build({ onLeftOut: (problem) => told.push(problem) })
    expect([dataset.duplicates, dataset.blocked, dataset.meta.entries]).toEqual([4, 1, 2])
    expect(told).toEqual(
      expect.arrayContaining([
        { ...at(1), reason: 'a duplicate of "Apple", a.csv:2' },
        { file: 'b.csv', line: 1, reason: 'a duplicate of "Apple", a.csv:2' },
        { ...at(10), reason: 'a duplicate of "fig", a.csv:9' },
        { ...at(11), reason: 'a duplicate of "fig", a.csv:9' },
        { ...at(3), reason: 'blocked by b.csv:2' },
      ]),
    )
    expect(told).toHaveLength(5)
  })

  it('where an entry was read changes nothing', () => {
    const entries: Entry[] = [
      { text: 'apple', weight: 3, payload: 1 },
      { text: 'Apple', weight: 2 },
      { text: 'New York', weight: 3, aliases: ['NYC'] },
    ]
    const builder = new DatasetBuilder()
    for (const [line, entry] of entries.entries()) builder.add(entry, { file: 'a.csv', line })
    expect([...builder.build().keys()]).toEqual([...buildDataset(entries).keys()])
  })

  it('blocks the aliases of what is blocked too', () => {
    const answer = reader([
      { text: 'apple', weight: 1 },
      { text: 'Apfel', weight: 2 },
      { text: 'apple', weight: 0, blocked: true, aliases: ['apfel'] },
      { text: 'apricot', weight: 3 },
    ])
    expect(answer('ap', 10)).toEqual([{ text: 'apricot', weight: 3 }])
  })

  it('gives one version to the same entries in any order, and another to other entries', () => {
    const entries = ['a', 'b', 'c', 'd'].map((text, weight) => ({ text, weight }))
    const { meta } = buildDataset(entries)
    expect(meta.version).toMatch(/^[0-9a-f]{16}$/)
    const reversed = buildDataset(entries.toReversed())
    expect([...reversed.keys()]).toEqual([...buildDataset(entries).keys()])
    expect(buildDataset(entries.slice(1)).meta.version).not.toBe(meta.version)
    expect(buildDataset([{ text: 'a', weight: 9 }]).meta.version).not.toBe(
      buildDataset([{ text: 'a', weight: 8 }]).meta.version,
    )
  })

  it('yields as many keys as it says', async () => {
    const dataset = buildDataset(await bundledWords())
    expect([...dataset.keys()]).toHaveLength(dataset.keyCount)
  })

  it('refuses a dataset without entries', () => {
    expect(() => buildDataset([])).toThrow('the dataset holds no valid entry')
  })
})
