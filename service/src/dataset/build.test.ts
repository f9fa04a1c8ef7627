import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FORMAT, parseMeta } from '../index/dataset-meta.ts'
import { fromIndexPart } from '../index/index-parts.ts'
import { DEFAULT_MATCH_SETTINGS, type MatchSettings } from '../index/match-settings.ts'
import { decodeIndex } from '../index/stored-index.ts'
import { type Details, entriesOfBlock, TextBlock } from '../index/text-blocks.ts'
import { CURRENT_KEY, indexKey, metaKey, textsKey } from '../redis/dataset-keys.ts'
import { catalogs } from '../testing/catalogs.ts'
import { combinationsOf, referenceDataset } from '../testing/reference-dataset.ts'
import { spelling } from '../text/spelling.ts'
import { fromBinary } from '../text/strings.ts'
import { wordsOf } from '../text/words.ts'
import { type BuildOptions, buildDataset, type Dataset, DatasetBuilder } from './build.ts'
import { DatasetError, type Entry, type Problem, toEntry } from './entries.ts'
import { bundledWords } from './words.ts'

/** An entry as stored in a dataset. */
interface StoredEntry {
  text: string
  score: number
  details?: Details
  /** The contexts as `name:value`, sorted. */
  contexts?: string[]
  /** The folded words of each alias, with spaces between them. */
  aliases?: string[]
}

/** Reads the entries of a dataset, best first, from its keys, as the service does. */
function stored(dataset: Dataset): StoredEntry[] {
  const values = new Map(dataset.keys())
  const version = values.get(CURRENT_KEY) as string
  const { entries, blockEntries, indexParts } = parseMeta(values.get(metaKey(version)) as string)
  const parts = Array.from({ length: indexParts }, (_, part) => values.get(indexKey(version, part)) as Buffer)
  const index = decodeIndex(Buffer.concat(parts.map(fromIndexPart)))
  expect(index.entryCount).toBe(entries)
  const aliases = new Map<number, string[]>()
  for (let name = 0; index.entryOf && name < index.nameCount; name++) {
    const entry = index.entryOf[name] as number
    const units = index.forward.subarray(index.forwardStarts[name], index.forwardStarts[name + 1])
    const words = Array.from(
      units.filter((unit) => (unit & 2) === 0),
      (unit) => index.words[unit >>> 2],
    )
    aliases.set(entry, [...(aliases.get(entry) ?? []), words.join(' ')])
  }
  return Array.from({ length: entries }, (_, entry) => {
    const block = Math.floor(entry / blockEntries)
    const lines = TextBlock.decode(
      block,
      values.get(textsKey(version, block)) as Buffer,
      entriesOfBlock(block, { entries, blockEntries }),
    )
    const { text, details } = (lines as TextBlock).line(entry % blockEntries)
    const set = index.setOf[entry]
    const contexts =
      set === undefined ? [] : Array.from(index.setContexts.subarray(index.setStarts[set], index.setStarts[set + 1]))
    const others = aliases.get(entry)?.slice(1) ?? []
    return {
      text: JSON.parse(`"${fromBinary(text)}"`),
      score: index.scores[entry] as number,
      ...(details !== '' && { details: JSON.parse(fromBinary(details)) }),
      ...(contexts.length > 0 && { contexts: contexts.map((context) => index.contexts[context] as string) }),
      ...(others.length > 0 && { aliases: others }),
    }
  })
}

const storedOf = (entries: readonly Entry[], options?: BuildOptions) => stored(buildDataset(entries, options))
const textsOf = (entries: readonly Entry[], options?: BuildOptions) =>
  storedOf(entries, options).map(({ text }) => text)

describe('the order of entries', () => {
  it('is pinned, score, spelling, text', () => {
    const entries: Entry[] = [
      { text: 'b', weight: 5 },
      { text: 'last', weight: 1 },
      { text: 'É', weight: 5 },
      { text: 'e', weight: 5 },
      { text: 'pinned', weight: 0, pinned: true },
      { text: 'A', weight: 5 },
      { text: 'first', weight: 7 },
    ]
    expect(textsOf(entries)).toEqual(['pinned', 'first', 'A', 'b', 'e', 'É', 'last'])
  })

  it('does not depend on the order of the input, to the byte', () => {
    const shuffled = catalogs.chain(({ entries, halfLifeDays, settings }) =>
      fc.record({
        entries: fc.constant(entries),
        others: fc.shuffledSubarray(entries, { minLength: entries.length }),
        options: fc.constant({ match: settings, ...(halfLifeDays !== undefined && { halfLifeDays }) }),
      }),
    )
    fc.assert(
      fc.property(shuffled, ({ entries, others, options }) => {
        const dataset = orEmpty(() => buildDataset(entries, options))
        const other = orEmpty(() => buildDataset(others, options))
        expect(other?.meta).toEqual(dataset?.meta)
        expect([...(other?.keys() ?? [])]).toEqual([...(dataset?.keys() ?? [])])
      }),
      { numRuns: 150 },
    )
  })

  it('does not depend on the order of partly blocked entries and the rows that block them', () => {
    const rows: Entry[] = [
      { text: 'news', weight: 3, contexts: { tenant: ['a', 'b', 'c'], locale: ['de', 'en', 'ko'] } },
      { text: 'news', weight: 0, blocked: true, contexts: { tenant: ['a'], locale: ['de'] } },
      { text: 'News', weight: 0, blocked: true, contexts: { locale: ['en', 'de'], tenant: ['b'] } },
      { text: 'NEWS', weight: 0, blocked: true, contexts: { locale: ['ko'], tenant: ['c', 'b'] } },
    ]
    const { version } = buildDataset(rows).meta
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (others) => {
        expect(buildDataset(others).meta.version).toBe(version)
      }),
    )
  })
})

/** Returns the result, or undefined if the dataset would have no entries. */
function orEmpty<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    expect(error).toBeInstanceOf(DatasetError)
    return undefined
  }
}

it('keeps the same entries, scores, and contexts as a simple implementation of the rules', () => {
  fc.assert(
    fc.property(catalogs, ({ entries, halfLifeDays }) => {
      const options = halfLifeDays === undefined ? {} : { halfLifeDays }
      const dataset = orEmpty(() => buildDataset(entries, options))
      const wanted = referenceDataset(entries, options)
      if (!dataset) {
        expect(wanted.entries).toEqual([])
        return
      }
      expect(dataset.meta.meanScore).toBeCloseTo(wanted.meanScore, 6)
      const keyOf = (text: string, score: number, contexts: string) => JSON.stringify([text, score, contexts])
      const found = stored(dataset).flatMap(({ text, score, contexts = [] }) =>
        combinationsIn(contexts).map((combination) => keyOf(text, score, combination)),
      )
      const all = wanted.entries.flatMap((kept) =>
        combinationsOf(kept.entry).map((combination) => {
          const contexts = Object.entries(combination).map(([name, value]) => `${name}:${value}`)
          return keyOf(kept.entry.text, kept.score, contexts.sort().join('\n'))
        }),
      )
      expect(found.sort()).toEqual(all.sort())
    }),
    { numRuns: 300 },
  )
})

/** Returns all combinations of one value for each context, as sorted lines. */
function combinationsIn(contexts: readonly string[]): string[] {
  const byName = new Map<string, string[]>()
  for (const context of contexts) {
    const [name = ''] = context.split(':')
    byName.set(name, [...(byName.get(name) ?? []), context])
  }
  let all: string[][] = [[]]
  for (const own of byName.values()) all = all.flatMap((lines) => own.map((context) => [...lines, context]))
  return all.map((lines) => lines.sort().join('\n'))
}

describe('duplicates', () => {
  it('are counted and left out, except the one that ranks highest', () => {
    const entries = [
      { text: 'Apple', weight: 5 },
      { text: 'apple', weight: 9 },
      { text: 'ＡＰＰＬＥ', weight: 1 },
      { text: 'ap\u00adple\u200b', weight: 2 },
      { text: 'apple', weight: 9 },
    ]
    expect(buildDataset(entries).duplicates).toBe(4)
    expect(storedOf(entries)).toEqual([{ text: 'apple', score: 9 }])
  })

  it('with the same score are left out, except the smallest text', () => {
    const texts = ['Apple', 'APPLE', 'aPPle']
    expect(storedOf(texts.map((text) => ({ text, weight: 7 })))).toEqual([{ text: 'APPLE', score: 7 }])
    const weights = [9, 1000, 0.5]
    expect(storedOf(weights.map((weight) => ({ text: 'apple', weight })))).toEqual([{ text: 'apple', score: 1000 }])
  })

  it('are left out in favor of a pinned one', () => {
    const entries: Entry[] = [
      { text: 'News', weight: 100 },
      { text: 'news', weight: 1, pinned: true, payload: 'pinned' },
    ]
    expect(storedOf(entries)).toEqual([{ text: 'news', score: 1, details: { n: 1, p: 'pinned' } }])
  })

  it('are found regardless of the order or repetition of their contexts', () => {
    const entries: Entry[] = [
      { text: 'news', weight: 2, contexts: { locale: ['de', 'en'], tenant: ['a'] } },
      { text: 'news', weight: 1, contexts: { tenant: ['a', 'a'], locale: ['en', 'de'] } },
    ]
    expect(buildDataset(entries).duplicates).toBe(1)
    expect(storedOf(entries)[0]?.contexts).toEqual(['locale:de', 'locale:en', 'tenant:a'])
  })
})

it.each<[string, Entry[]]>([
  ['accents', ['creme', 'crème', 'créme'].map((text) => ({ text, weight: 1 }))],
  ['punctuation', ['t-shirt', 't shirt', 'tshirt', "l'or", 'lor'].map((text) => ({ text, weight: 1 }))],
  ['letters of other scripts', ['臺灣', '台灣', 'Σας', 'الى', 'إلى'].map((text) => ({ text, weight: 1 }))],
  [
    'contexts',
    [undefined, { tenant: ['a'] }, { tenant: ['b'] }, { tenant: ['a', 'b'] }, { locale: ['a'] }].map((contexts) => ({
      text: 'news',
      weight: 1,
      ...(contexts && { contexts: contexts as Record<string, string[]> }),
    })),
  ],
])('keeps entries that differ only in %s', (_, entries) => {
  const dataset = buildDataset(entries)
  expect([dataset.meta.entries, dataset.duplicates]).toEqual([entries.length, 0])
})

describe('blocked rows', () => {
  const block = (text: string, more: Partial<Entry> = {}): Entry => ({ text, weight: 0, blocked: true, ...more })

  it('remove all entries with their spelling, or with the spelling of one of their aliases', () => {
    const entries: Entry[] = [
      { text: 'Apple', weight: 1 },
      { text: 'apple', weight: 2, contexts: { tenant: ['a'] } },
      { text: 'Apfel', weight: 2 },
      { text: 'äpple', weight: 2 },
      { text: 'apricot', weight: 3 },
      block('APPLE', { aliases: ['apfel'] }),
    ]
    expect(textsOf(entries)).toEqual(['apricot', 'äpple'])
    expect(buildDataset(entries).blocked).toBe(3)
  })

  it('remove entries with the Turkish capital of i', () => {
    const entries: Entry[] = ['İstanbul', 'istanbul', 'Iğdır'].map((text, weight) => ({ text, weight }))
    expect(textsOf(entries)).toEqual(['Iğdır', 'istanbul'])
    expect(textsOf([...entries, block('istanbul')])).toEqual(['Iğdır'])
  })

  it('do not bring back a duplicate of an entry that they remove', () => {
    const entries: Entry[] = [
      { text: 'Apple', weight: 1 },
      { text: 'apple', weight: 2 },
      { text: 'fig', weight: 1 },
    ]
    expect(textsOf([...entries, block('apple')])).toEqual(['fig'])
  })

  it('with contexts remove entries only from these contexts', () => {
    const entries: Entry[] = [
      { text: 'wine', weight: 5 },
      { text: 'wine', weight: 4, contexts: { tenant: ['a'] } },
      { text: 'wine', weight: 3, contexts: { tenant: ['a', 'b'] } },
      { text: 'wine', weight: 2, contexts: { tenant: ['b'] } },
      block('wine', { contexts: { tenant: ['a'] } }),
    ]
    expect(storedOf(entries)).toEqual([
      { text: 'wine', score: 5 },
      { text: 'wine', score: 3, contexts: ['tenant:b'] },
      { text: 'wine', score: 2, contexts: ['tenant:b'] },
    ])
    expect(buildDataset(entries).blocked).toBe(1)
  })

  it('with several contexts split entries that remain in other contexts', () => {
    const entries: Entry[] = [
      { text: 'wine', weight: 3, payload: 1, contexts: { tenant: ['a', 'b'], locale: ['de', 'en'] } },
      { text: 'water', weight: 9 },
      block('wine', { contexts: { tenant: ['a'], locale: ['de'] } }),
    ]
    const dataset = buildDataset(entries)
    expect(stored(dataset)).toEqual([
      { text: 'water', score: 9 },
      { text: 'wine', score: 3, details: { p: 1 }, contexts: ['locale:de', 'tenant:b'] },
      { text: 'wine', score: 3, details: { p: 1 }, contexts: ['locale:en', 'tenant:a', 'tenant:b'] },
    ])
    // An entry counts once, no matter how many parts it is split into.
    expect([dataset.meta.entries, dataset.meta.meanScore, dataset.blocked]).toEqual([3, 6, 0])
  })

  it('without contexts remove their spellings from the aliases of other entries', () => {
    const aliases = ['apple', 'Pear', 'fig tree']
    const entry: Entry = { text: 'fruit', weight: 1, aliases }
    expect(storedOf([entry])[0]?.aliases).toEqual(['apple', 'pear', 'fig tree'])
    expect(storedOf([entry, block('pear')])[0]?.aliases).toEqual(['apple', 'fig tree'])
    expect(storedOf([entry, block('x', { aliases: ['Apple', 'pear', 'fig  tree'] })])[0]?.aliases).toBeUndefined()
    expect(storedOf([entry, block('pear', { contexts: { tenant: ['a'] } })])[0]?.aliases).toHaveLength(3)
  })
})

it('keeps each alias once, and no alias that equals the text', () => {
  const aliases = ['NYC', 'nyc', 'New York', 'NEW  YORK', 'big apple']
  expect(storedOf([{ text: 'New York', weight: 1, aliases }])[0]?.aliases).toEqual(['nyc', 'big apple'])
})

describe('dates', () => {
  const DAY_MS = 86_400_000
  const today = Date.UTC(2026, 10, 23)
  const old = today - 60 * DAY_MS

  it('halve scores once per half-life, counted from the newest', () => {
    const entries: Entry[] = [
      { text: 'old', weight: 100, updated: old },
      { text: 'new', weight: 90, updated: today },
      { text: 'undated', weight: 80 },
    ]
    expect(storedOf(entries, { halfLifeDays: 30 })).toEqual([
      { text: 'new', score: 90 },
      { text: 'undated', score: 80 },
      { text: 'old', score: 25, details: { w: 100, r: 0.25 } },
    ])
    expect(buildDataset(entries, { halfLifeDays: 30 }).meta.meanScore).toBe(65)
    expect(textsOf(entries)).toEqual(['old', 'new', 'undated'])
  })

  it('decide which duplicate is kept', () => {
    const entries: Entry[] = [
      { text: 'news', weight: 100, updated: old, payload: 'old' },
      { text: 'News', weight: 90, updated: today, payload: 'new' },
    ]
    for (const given of [entries, entries.toReversed()]) {
      expect(storedOf(given, { halfLifeDays: 30 })).toEqual([{ text: 'News', score: 90, details: { p: 'new' } }])
      expect(storedOf(given)).toEqual([{ text: 'news', score: 100, details: { p: 'old' } }])
    }
  })

  it('of blocked rows do not count', () => {
    const entries: Entry[] = [
      { text: 'a', weight: 1, updated: old },
      { text: 'b', weight: 1, updated: today, blocked: true },
    ]
    expect(storedOf(entries, { halfLifeDays: 1 })).toEqual([{ text: 'a', score: 1 }])
  })

  it('that are as far apart as possible give valid scores', () => {
    const entries: Entry[] = [
      { text: 'a', weight: 1e100, updated: 0 },
      { text: 'b', weight: 3, updated: today },
      { text: 'c', weight: 0, updated: 0 },
      { text: 'd', weight: 5e-324, updated: old },
    ]
    for (const halfLifeDays of [1e-9, 0.1, 1e9]) {
      for (const { score, details } of storedOf(entries, { halfLifeDays })) {
        expect(Number.isFinite(score) && score >= 0).toBe(true)
        expect(details?.r ?? 1).not.toBeNull()
      }
    }
  })
})

describe('the callbacks', () => {
  it('report duplicates and blocked entries, each with the row that caused it', () => {
    const builder = new DatasetBuilder()
    const at = (line: number) => ({ file: 'a.csv', line })
    builder.add({ text: 'apple', weight: 3 }, at(1))
    builder.add({ text: 'Apple', weight: 5, payload: 1 }, at(2))
    builder.add({ text: 'pear', weight: 1 }, at(3))
    builder.add({ text: 'APPLE', weight: 1 }, { file: 'b.csv', line: 1 })
    builder.add({ text: 'Pear', weight: 0, blocked: true, contexts: { tenant: ['a'] } }, at(4))
    builder.add({ text: 'Pear', weight: 0, blocked: true }, { file: 'b.csv', line: 2 })
    for (const line of [9, 10, 11]) builder.add({ text: 'fig', weight: 7 }, at(line))
    const reported: Problem[] = []
    const dataset = builder.build({ onLeftOut: (problem) => reported.push(problem) })
    expect([dataset.duplicates, dataset.blocked, dataset.meta.entries]).toEqual([4, 1, 2])
    expect(reported).toHaveLength(5)
    expect(reported).toEqual(
      expect.arrayContaining([
        { ...at(1), reason: 'a duplicate of "Apple", a.csv:2' },
        { file: 'b.csv', line: 1, reason: 'a duplicate of "Apple", a.csv:2' },
        { ...at(10), reason: 'a duplicate of "fig", a.csv:9' },
        { ...at(11), reason: 'a duplicate of "fig", a.csv:9' },
        { ...at(3), reason: 'blocked by b.csv:2' },
      ]),
    )
  })

  it('do not change the dataset', () => {
    const entries: Entry[] = [
      { text: 'apple', weight: 3, payload: 1 },
      { text: 'Apple', weight: 2 },
      { text: 'New York', weight: 3, aliases: ['NYC'] },
    ]
    const builder = new DatasetBuilder()
    for (const [line, entry] of entries.entries()) builder.add(entry, { file: 'a.csv', line })
    expect([...builder.build({ onLeftOut: () => {} }).keys()]).toEqual([...buildDataset(entries).keys()])
  })

  it('report the steps', () => {
    const steps: string[] = []
    buildDataset([{ text: 'a', weight: 1 }], { onStep: (step) => steps.push(step) })
    expect(steps).toEqual(['sorting', 'indexing', 'compressing'])
  })
})

describe('the meta', () => {
  const entries = ['a', 'b', 'c', 'd'].map((text, weight) => ({ text, weight }))

  it('describes the dataset', () => {
    const dataset = buildDataset(entries)
    const { indexBytes, version, ...others } = dataset.meta
    expect(version).toMatch(/^[0-9a-f]{16}$/)
    expect(indexBytes).toBeGreaterThan(0)
    expect(others).toEqual({
      format: FORMAT,
      entries: 4,
      blockEntries: 64,
      indexParts: 1,
      meanScore: 1.5,
      match: DEFAULT_MATCH_SETTINGS,
    })
    const values = new Map(dataset.keys())
    expect(values.get(CURRENT_KEY)).toBe(version)
    expect(parseMeta(values.get(metaKey(version)) as string)).toEqual(dataset.meta)
  })

  it('has another version after every change that could affect answers', () => {
    const others: [Entry[], BuildOptions?][] = [
      [entries.slice(1)],
      [entries.map((entry) => ({ ...entry, weight: entry.weight + 1 }))],
      [entries.with(0, { text: 'A', weight: 0 })],
      [entries.with(0, { text: 'a', weight: 0, payload: 1 } as Entry)],
      [entries.with(0, { text: 'a', weight: 0, aliases: ['x'] } as Entry)],
      [entries.with(0, { text: 'a', weight: 0, pinned: true } as Entry)],
      [entries.with(0, { text: 'a', weight: 0, contexts: { tenant: ['a'] } } as Entry)],
      ...[{ infix: false }, { correct: 'off' }, { correct: 'digits' }, { exact: 'score' }].map(
        (setting): [Entry[], BuildOptions] => [
          entries,
          { match: { ...DEFAULT_MATCH_SETTINGS, ...(setting as Partial<MatchSettings>) } },
        ],
      ),
    ]
    const versions = others.map(([of, options]) => buildDataset(of, options).meta.version)
    expect(new Set([...versions, buildDataset(entries).meta.version]).size).toBe(others.length + 1)
  })

  it('has another version if only the mean score differs', () => {
    const contexts = { tenant: ['a', 'b'], locale: ['de', 'en'] }
    const split: Entry[] = [
      { text: 'wine', weight: 3, contexts },
      { text: 'wine', weight: 0, blocked: true, contexts: { tenant: ['a'], locale: ['de'] } },
      { text: 'beer', weight: 1 },
    ]
    const apart: Entry[] = [
      { text: 'wine', weight: 3, contexts: { tenant: ['b'], locale: ['de'] } },
      { text: 'wine', weight: 3, contexts: { tenant: ['a', 'b'], locale: ['en'] } },
      { text: 'beer', weight: 1 },
    ]
    expect(storedOf(apart)).toEqual(storedOf(split))
    expect(buildDataset(apart).meta.version).not.toBe(buildDataset(split).meta.version)
  })
})

describe('the keys', () => {
  it('match keyCount and the version', async () => {
    const dataset = buildDataset(await bundledWords())
    const keys = [...dataset.keys()].map(([key]) => key)
    expect(keys).toHaveLength(dataset.keyCount)
    expect(new Set(keys).size).toBe(keys.length)
    const { version, indexParts, entries, blockEntries } = dataset.meta
    const texts = Math.ceil(entries / blockEntries)
    expect(keys).toEqual([
      CURRENT_KEY,
      metaKey(version),
      ...Array.from({ length: indexParts }, (_, part) => indexKey(version, part)),
      ...Array.from({ length: texts }, (_, block) => textsKey(version, block)),
    ])
    // The method can be called repeatedly.
    expect([...dataset.keys()].map(([key]) => key)).toEqual(keys)
  })

  it('store every text and payload unchanged', () => {
    const texts = ['say "hi"', 'back\\slash', 'тест', '東京 😀', 'a/b', '</script>', 'x\u2028y', 'é']
    const payloads = ['tab\there', { 'ключ\n': ['😀', '\u0000', null, 1.5] }, [], false, 0, '']
    const entries = texts.flatMap((text, at) =>
      payloads.map((payload, of) => ({ text: `${text} ${of}`, weight: at * 10 + of, payload })),
    )
    const found = new Map(storedOf(entries).map(({ text, details }) => [text, details?.p]))
    expect(found).toEqual(new Map(entries.map(({ text, payload }) => [text, payload])))
  })

  it('store fewer entries per key if the entries are longer', () => {
    const payload = 'x'.repeat(600)
    const entries = Array.from({ length: 40 }, (_, at) => ({ text: `entry ${at}`, weight: at, payload }))
    expect(buildDataset(entries).meta.blockEntries).toBe(2)
    expect(storedOf(entries)).toHaveLength(40)
  })
})

describe('a dataset without entries', () => {
  it.each<[string, Entry[]]>([
    ['none', []],
    ['only blocked rows', [{ text: 'a', weight: 0, blocked: true }]],
    [
      'all blocked',
      [
        { text: 'a', weight: 1 },
        { text: 'A', weight: 0, blocked: true },
      ],
    ],
  ])('is rejected: %s', (_, entries) => {
    expect(() => buildDataset(entries)).toThrow(new DatasetError('the dataset contains no valid entries'))
  })
})

it('every valid text has a word, so that it can be found', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.integer({ min: 0x21, max: 0x2ffff }).map((code) => String.fromCodePoint(code)),
  )
  fc.assert(
    fc.property(text, (raw) => {
      const entry = toEntry(raw, 1)
      if (typeof entry === 'string') return
      expect(wordsOf(spelling(entry.text).trimEnd()).words.length).toBeGreaterThan(0)
    }),
    { numRuns: 20_000 },
  )
})
