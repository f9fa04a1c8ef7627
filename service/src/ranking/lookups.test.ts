import { expect, it } from 'vitest'
import { contextPrefix } from '../dataset/alternate-keys.ts'
import { FORMAT } from '../dataset/layout.ts'
import { encodeTrie } from '../dataset/prefix-trie.ts'
import { DatasetIndex } from './dataset-index.ts'
import { otherLookups } from './lookups.ts'

it('what was mistyped is corrected in a context too that the trie has no room for', () => {
  const context = { name: 'tenant', value: 'small' }
  const lines = ['banana\t1', `${contextPrefix(context)}banana\t1`].sort()
  const meta = { format: FORMAT, version: 'v', entries: 1, blocks: 1, hasAliases: false, meanWeight: 1 }
  const typosWith = (maxNodes: number) => {
    const trie = encodeTrie(lines, () => 1, maxNodes)
    const index = new DatasetIndex(JSON.stringify(meta), lines[0] as string, trie)
    const options = { filters: [context], boosts: [], highlight: false, explain: false }
    const query = { query: 'bnaana', prefix: 'bnaana', limit: 10, options }
    const typos = otherLookups(index, query, 'nothing').filter(({ match }) => match === 'typo')
    return typos.map(({ prefix, edits }) => [prefix, edits])
  }
  const corrected = [[`${contextPrefix(context)}banana`, 1]]
  expect(typosWith(1000)).toEqual(corrected)
  expect(typosWith('banana'.length + 2)).toEqual(corrected)
})
