import { describe, expect, it } from 'vitest'
import { decodeLine, encodeLine } from '../dataset/layout.ts'
import { DatasetIndex } from './dataset-index.ts'

const meta = (changes = {}) => JSON.stringify({ format: 1, version: 'v', entries: 3, blocks: 2, ...changes })

describe('DatasetIndex', () => {
  it('names the blocks that can hold a prefix', () => {
    const index = new DatasetIndex(meta(), 'apple\nmango')
    expect(index.locate('b')).toEqual({ keys: ['autocomplete:v:block:0'], isRanked: false })
    expect(index.locate('mango').keys).toEqual(['autocomplete:v:block:1'])
    expect(index.locate('m').keys).toEqual(['autocomplete:v:block:0', 'autocomplete:v:block:1'])
    expect(index.locate('A').keys).toEqual([])
  })

  it('names the ready list of a prefix that spans many blocks', () => {
    const index = new DatasetIndex(meta({ blocks: 4 }), 'a1\na2\na3\na4')
    expect(index.locate('a')).toEqual({ keys: ['autocomplete:v:top:a'], isRanked: true })
    expect(index.locate('a2')).toEqual({ keys: ['autocomplete:v:block:1'], isRanked: false })
  })

  it('samples keys from all over the dataset', () => {
    const index = new DatasetIndex(meta({ blocks: 5 }), 'a\nb\nc\nd\ne')
    expect(index.sampleKeys(3)).toEqual(['a', 'c', 'e'])
    expect(index.sampleKeys(9)).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('refuses data of another format, or that is not whole', () => {
    expect(() => new DatasetIndex(meta({ format: 2 }), 'a\nb')).toThrow(
      'the dataset has format 2, this service reads 1',
    )
    expect(() => new DatasetIndex(meta(), 'a')).toThrow("the dataset's index holds 1 blocks, its meta says 2")
    expect(() => new DatasetIndex('not json', 'a')).toThrow()
  })
})

describe('encodeLine', () => {
  it.each([
    { key: 'apple', text: 'apple', weight: 1 },
    { key: 'apple', text: 'Apple', weight: 1.5 },
    { key: 'new york', text: 'New York', weight: 1e21 },
    { key: '가', text: '가', weight: 0 },
  ])('is undone by decodeLine: $text', (entry) => {
    expect(decodeLine(encodeLine(entry))).toEqual(entry)
  })
})
