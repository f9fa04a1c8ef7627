import { describe, expect, it } from 'vitest'
import { bestLines, firstLines } from './best-lines.ts'

describe('the best lines of blocks', () => {
  const block = ['app\t1', 'apple\t9\tApple', 'apply\t9', 'banana\t5'].join('\n')

  it('are the heaviest first, and of equals the one with the smaller key', () => {
    expect(bestLines([block], 'app', 10)).toEqual(['apple\t9\tApple', 'apply\t9', 'app\t1'])
    expect(bestLines([block], 'app', 2)).toEqual(['apple\t9\tApple', 'apply\t9'])
    expect(bestLines([block], 'app', 1)).toEqual(['apple\t9\tApple'])
  })

  it('are of different entries, where one has several', () => {
    const named = ['al1\t9\tAl', 'al2\t9\tAl', 'al3\t9\tAlan', 'al4\t5\tAlba'].join('\n')
    expect(bestLines([named], 'al', 3, false)).toEqual(['al1\t9\tAl', 'al3\t9\tAlan', 'al4\t5\tAlba'])
    expect(bestLines([named, named], 'al', 2, false)).toEqual(['al1\t9\tAl', 'al3\t9\tAlan'])
  })

  it('come from all blocks', () => {
    expect(bestLines([block, 'bandana\t7\nbar\t1'], 'ba', 2)).toEqual(['bandana\t7', 'banana\t5'])
  })

  it('have the prefix at the beginning, not inside', () => {
    expect(bestLines(['apple\t9\tpie'], 'pie', 10)).toEqual([])
    expect(bestLines(['snap\t1\nzap\t2'], 'ap', 10)).toEqual([])
  })

  it('are told apart by weights of every size', () => {
    const weights = [
      0, 0.5, 1e21, 29449180, 1.5e-7, 9007199254740991, 999999999999999, 72057594037927940, 72057594037927950,
    ]
    const lines = weights.map((weight, at) => `a${at}\t${weight}${at % 2 ? `\tA${at}` : ''}`)
    const byWeight = lines.toSorted((a, b) => Number(b.split('\t')[1]) - Number(a.split('\t')[1]))
    expect(bestLines([lines.join('\n')], 'a', 9)).toEqual(byWeight)
  })
})

it('of a ready list the first lines are the best', () => {
  expect(firstLines('b\t9\na\t8\nc\t7', 2)).toEqual(['b\t9', 'a\t8'])
  expect(firstLines('b\t9\na\t8', 5)).toEqual(['b\t9', 'a\t8'])
})
