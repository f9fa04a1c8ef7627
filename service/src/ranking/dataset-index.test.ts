import { describe, expect, it } from 'vitest'
import { decodeLine, encodeLine } from '../dataset/layout.ts'
import { encodeTrie } from '../dataset/prefix-trie.ts'
import { DatasetIndex } from './dataset-index.ts'

const TRIE = encodeTrie([], () => 0)
const meta = (changes = {}) =>
  JSON.stringify({ format: 2, version: 'v', entries: 3, blocks: 2, hasAliases: false, meanWeight: 5, ...changes })

describe('DatasetIndex', () => {
  it('names the blocks that can hold a prefix', () => {
    const index = new DatasetIndex(meta(), 'apple\nmango', TRIE)
    expect(index.locate('b')).toEqual({ keys: ['autocomplete:v:block:0'], isRanked: false })
    expect(index.locate('mango').keys).toEqual(['autocomplete:v:block:0', 'autocomplete:v:block:1'])
    expect(index.locate('mangos').keys).toEqual(['autocomplete:v:block:1'])
    expect(index.locate('m').keys).toEqual(['autocomplete:v:block:0', 'autocomplete:v:block:1'])
    expect(index.locate('A').keys).toEqual([])
  })

  it('names the ready list of a prefix that spans many blocks', () => {
    const index = new DatasetIndex(meta({ blocks: 4 }), 'a1\na2\na3\na4', TRIE)
    expect(index.locate('a')).toEqual({ keys: ['autocomplete:v:top:a'], isRanked: true })
    expect(index.locate('a2x')).toEqual({ keys: ['autocomplete:v:block:1'], isRanked: false })
    expect(index.locate('a', true)).toMatchObject({ isRanked: false })
  })

  it('samples keys from all over the dataset', () => {
    const index = new DatasetIndex(meta({ blocks: 5 }), 'a\nb\nc\nd\ne', TRIE)
    expect(index.sampleKeys(3)).toEqual(['a', 'c', 'e'])
    expect(index.sampleKeys(9)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('calls rare what weighs less than a tenth of the mean', () => {
    const index = new DatasetIndex(meta(), 'a\nb', TRIE)
    expect([0.4, 0.5, 6].map((rank) => index.isRare(rank))).toEqual([true, false, false])
  })

  it('refuses data of another format, or that is not whole', () => {
    expect(() => new DatasetIndex(meta({ format: 1 }), 'a\nb', TRIE)).toThrow(
      'the dataset has format 1, this service reads 2',
    )
    expect(() => new DatasetIndex(meta(), 'a', TRIE)).toThrow("the dataset's index holds 1 blocks, its meta says 2")
    expect(() => new DatasetIndex('not json', 'a', TRIE)).toThrow()
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
