import { describe, expect, it } from 'vitest'
import { decodeLine, encodeLine } from '../dataset/layout.ts'
import { DatasetIndex, rank } from './dataset-index.ts'

const meta = (changes = {}) => JSON.stringify({ format: 1, version: 'v', entries: 3, blocks: 2, ...changes })

describe('DatasetIndex', () => {
  it('names the blocks that can hold a prefix', () => {
    const index = new DatasetIndex(meta(), 'apple\nmango')
    expect(index.keysFor('b')).toEqual(['autocomplete:v:block:0'])
    expect(index.keysFor('mango')).toEqual(['autocomplete:v:block:1'])
    expect(index.keysFor('m')).toEqual(['autocomplete:v:block:0', 'autocomplete:v:block:1'])
    expect(index.keysFor('A')).toEqual([])
  })

  it('names the ready list of a prefix that spans many blocks', () => {
    const index = new DatasetIndex(meta({ blocks: 4 }), 'a1\na2\na3\na4')
    expect(index.keysFor('a')).toEqual(['autocomplete:v:top:a'])
    expect(index.keysFor('a2')).toEqual(['autocomplete:v:block:1'])
  })

  it('refuses data of another format, or that is not whole', () => {
    expect(() => new DatasetIndex(meta({ format: 2 }), 'a\nb')).toThrow(
      'the dataset has format 2, this service reads 1',
    )
    expect(() => new DatasetIndex(meta(), 'a')).toThrow("the dataset's index holds 1 blocks, its meta says 2")
    expect(() => new DatasetIndex('not json', 'a')).toThrow()
  })
})

describe('rank', () => {
  const block = ['app\t1', 'apple\t9\tApple', 'apply\t9', 'banana\t5'].join('\n')

  it('puts the heaviest first, and of equals the smaller key', () => {
    expect(rank([block], 'app', 10).map(({ text }) => text)).toEqual(['Apple', 'apply', 'app'])
    expect(rank([block], 'app', 1).map(({ text }) => text)).toEqual(['Apple'])
  })

  it('joins blocks', () => {
    expect(rank([block, 'bandana\t7\nbar\t1'], 'ba', 2).map(({ text }) => text)).toEqual(['bandana', 'banana'])
  })

  it('does not take a prefix inside a line for its beginning', () => {
    expect(rank(['apple\t9\tpie'], 'pie', 10)).toEqual([])
    expect(rank(['snap\t1\nzap\t2'], 'ap', 10)).toEqual([])
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
