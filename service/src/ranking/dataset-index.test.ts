import { describe, expect, it } from 'vitest'
import { buildDataset } from '../dataset/build.ts'
import {
  CURRENT_KEY,
  decodeLine,
  decodeLines,
  encodeLine,
  encodeLines,
  FORMAT,
  indexKey,
  metaKey,
  trieKey,
} from '../dataset/layout.ts'
import { encodeTrie } from '../dataset/prefix-trie.ts'
import { DatasetIndex } from './dataset-index.ts'

const TRIE = encodeTrie([], () => 0)
const meta = (changes = {}) =>
  JSON.stringify({ format: FORMAT, version: 'v', entries: 3, blocks: 2, hasAliases: false, meanWeight: 5, ...changes })

const made = (firstKeys: readonly string[], changes = {}) =>
  new DatasetIndex(meta({ blocks: firstKeys.length, ...changes }), Buffer.from(encodeLines(firstKeys)), TRIE)

/** The lines of a block or list. */
const linesOf = (value: string | Buffer = '') => (decodeLines(Buffer.from(value)) as string).split('\n')

describe('DatasetIndex', () => {
  it('names the blocks that can hold a prefix', () => {
    const index = made(['apple', 'mango'])
    expect(index.locate('b')).toEqual({ keys: ['autocomplete:v:block:0'], starts: ['apple'], isRanked: false })
    expect(index.locate('mango').keys).toEqual(['autocomplete:v:block:0', 'autocomplete:v:block:1'])
    expect(index.locate('mangos').keys).toEqual(['autocomplete:v:block:1'])
    expect(index.locate('m').keys).toEqual(['autocomplete:v:block:0', 'autocomplete:v:block:1'])
    expect(index.locate('A').keys).toEqual([])
  })

  it('names the ready list of a prefix that spans many blocks', () => {
    const index = made(['a1', 'a2', 'a3', 'a4'])
    expect(index.locate('a')).toEqual({ keys: ['autocomplete:v:top:a'], starts: ['a'], isRanked: true })
    expect(index.locate('a2x')).toEqual({ keys: ['autocomplete:v:block:1'], starts: ['a2'], isRanked: false })
    expect(index.locate('a', { toSortOut: true })).toMatchObject({ isRanked: false })
  })

  it('names the lists of longer prefixes where one spans too many blocks to sort all out', () => {
    const keys = (index: DatasetIndex, prefix: string, maxBlocks?: number) =>
      index.locate(prefix, { toSortOut: true, maxBlocks }).keys.map((key) => key.replace('autocomplete:v:', ''))
    const numbers = Array.from({ length: 200 }, (_, at) => `a${String(at).padStart(3, '0')}`)
    expect(keys(made(numbers), 'a')).toEqual(['top:a'])
    // Where lists meet, a block holds the end of one and perhaps what has none.
    expect(keys(made(numbers), 'a', 4)).toEqual(['top:a0', 'block:99', 'top:a1', 'block:199'])
    expect(keys(made(numbers), 'a', 300)).toEqual(numbers.map((_, block) => `block:${block}`))
    // Too many of them.
    expect(keys(made(numbers), 'a', 2)).toEqual(['block:0', 'block:100'])
    // Nothing longer than may be typed has a list.
    const long = numbers.map((key) => 'a'.repeat(65) + key)
    expect(keys(made(long), 'a'.repeat(65))).toHaveLength(64)
  })

  it('names only what is there, and leaves out none of the best of a prefix', () => {
    const entries = Array.from({ length: 3000 }, (_, at) => ({
      text: `${'xyz'.charAt(at % 3).repeat(1 + (at % 5))}${(at * 7919) % 3000}`,
      weight: (at * 104729) % 2999,
    }))
    const stored = new Map(buildDataset(entries).keys())
    const version = stored.get(CURRENT_KEY) as string
    const index = new DatasetIndex(
      stored.get(metaKey(version)) as string,
      Buffer.from(stored.get(indexKey(version)) as string),
      stored.get(trieKey(version)) as Buffer,
    )
    let withLists = 0
    for (const prefix of ['x', 'xx', 'y', 'yyyyy', 'z', 'zzz1']) {
      const [list] = index.locate(prefix).keys as [string]
      const best = index.locate(prefix).isRanked ? linesOf(stored.get(list)) : []
      for (const maxBlocks of [1, 5, 9, 20, 64]) {
        const { keys } = index.locate(prefix, { toSortOut: true, maxBlocks })
        expect(keys.length).toBeLessThanOrEqual(maxBlocks)
        expect(keys.filter((key) => !stored.has(key))).toEqual([])
        const lines = new Set(keys.flatMap((key) => linesOf(stored.get(key))))
        const lists = keys.filter((key) => key.includes(':top:')).length
        withLists += Math.min(1, lists)
        if (lists > 0 || index.blockCount(prefix) <= maxBlocks) {
          expect(best.filter((line) => !lines.has(line))).toEqual([])
        }
      }
    }
    expect(withLists).toBeGreaterThan(2)
  })

  it('names the blocks that can hold a whole key', () => {
    const index = made(['a', 'ab', 'ab', 'abc'])
    const blocks = (key: string) =>
      index.locate(key, { isWhole: true, toSortOut: true }).keys.map((name) => name.split(':').at(-1))
    expect(blocks('ab')).toEqual(['0', '1', '2'])
    expect(blocks('abb')).toEqual(['2'])
    expect(blocks('a')).toEqual(['0'])
  })

  it('samples keys from all over the dataset', () => {
    const index = made(['a', 'b', 'c', 'd', 'e'])
    expect(index.sampleKeys(3)).toEqual(['a', 'c', 'e'])
    expect(index.sampleKeys(9)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('calls rare what weighs less than a tenth of the mean', () => {
    const index = made(['a', 'b'])
    expect([0.4, 0.5, 6].map((rank) => index.isRare(rank))).toEqual([true, false, false])
  })

  it('refuses data of another format, or that is not whole', () => {
    expect(() => made(['a', 'b'], { format: 1 })).toThrow(`the dataset has format 1, this service reads ${FORMAT}`)
    expect(() => made(['a'], { blocks: 2 })).toThrow("the dataset's index holds 1 blocks, its meta says 2")
    const cut = Buffer.from('apple\nbana')
    expect(() => new DatasetIndex(meta(), cut, TRIE)).toThrow("the dataset's index is cut off")
    expect(() => new DatasetIndex('not json', Buffer.from(encodeLines(['a'])), TRIE)).toThrow()
  })
})

describe('encodeLine', () => {
  it.each([
    { key: 'apple', text: 'apple', rank: 1 },
    { key: 'apple', text: 'Apple', rank: 1.5 },
    { key: 'new york', text: 'New York', rank: 1e21 },
    { key: '가', text: '가', rank: 0 },
    { key: 'a', text: 'a', rank: 1e200, details: { w: 1, n: 1 as const, p: { sku: '1\t\n' } } },
    { key: 'a', text: 'Á', rank: 2, details: { c: { category: ['x'] } } },
  ])('is undone by decodeLine: $text', (entry) => {
    expect(decodeLine(encodeLine(entry))).toEqual(entry)
  })
})
