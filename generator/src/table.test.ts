import { describe, expect, it } from 'vitest'
import { textTable } from './table.ts'

const HEAD = ['value', 'is', 'how']
const ROWS = [
  ['replicas', 3, 'enough for the target while one is unavailable'],
  ['workers', 12, 'one'],
]

describe('a table', () => {
  it('is as wide as its cells', () => {
    expect(textTable(HEAD, ROWS).split('\n')).toEqual([
      'value     is  how',
      '--------  --  ----------------------------------------------',
      'replicas   3  enough for the target while one is unavailable',
      'workers   12  one',
    ])
  })

  it('wraps its last column if it is too wide', () => {
    expect(textTable(HEAD, ROWS, 44).split('\n')).toEqual([
      'value     is  how',
      '--------  --  ------------------------------',
      'replicas   3  enough for the target while',
      '              one is unavailable',
      'workers   12  one',
    ])
  })

  it('shows its last column below the others if there is no space beside them', () => {
    expect(textTable(HEAD, ROWS, 32).split('\n')).toEqual([
      'value     is',
      '    how',
      '--------  --',
      'replicas   3',
      '    enough for the target while',
      '    one is unavailable',
      'workers   12',
      '    one',
    ])
  })
})
