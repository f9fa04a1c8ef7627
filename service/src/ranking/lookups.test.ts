import { describe, expect, it } from 'vitest'
import { contextPrefix } from '../dataset/alternate-keys.ts'
import { encodeLines, FORMAT } from '../dataset/layout.ts'
import { encodeTrie } from '../dataset/prefix-trie.ts'
import { DatasetIndex } from './dataset-index.ts'
import { type Found, otherLookups } from './lookups.ts'

const CONTEXT = { name: 'tenant', value: 'small' }
const IN_CONTEXT = contextPrefix(CONTEXT)

/** What was meant by what was typed, in the context, where the trie has room for so many nodes. */
function typosOf(
  typed: string,
  keys: readonly string[],
  maxNodes: number,
  found: Found = 'nothing',
  context = CONTEXT,
): string[] {
  const lines = keys.map((key) => `${key}\t1`).sort()
  const meta = { format: FORMAT, version: 'v', entries: 1, blocks: 1, hasAliases: false, meanWeight: 1 }
  const index = new DatasetIndex(
    JSON.stringify(meta),
    Buffer.from(encodeLines(['a'])),
    encodeTrie(lines, () => 1, maxNodes),
  )
  const options = { filters: [context], boosts: [], highlight: false, explain: false }
  const lookups = otherLookups(index, { query: typed, prefix: typed, limit: 10, options }, found)
  return lookups.filter(({ match }) => match === 'typo').map(({ prefix }) => prefix)
}

describe('what was mistyped is corrected in a context', () => {
  const words = ['baker', 'bakes', 'brown']
  const keys = [...words, ...words.map((word) => IN_CONTEXT + word)]
  /** The root, and baker, s and rown. */
  const own = 1 + 5 + 1 + 4
  const all = own + IN_CONTEXT.length + 5 + 1 + 4

  it('that the trie holds', () => {
    expect(typosOf('brwn', keys, all)).toEqual([`${IN_CONTEXT}brown`])
  })

  it('that the trie holds in part, or not at all', () => {
    for (const room of [all - 1, own]) expect(typosOf('brwn', keys, room)).toEqual([`${IN_CONTEXT}brown`])
    expect(typosOf('brwn', keys, all - 1, 'rare')).toEqual([])
  })

  it('whose name and value are longer than what the trie holds of a key', () => {
    const long = { name: 'tenant', value: 'x'.repeat(64) }
    const there = [...words, ...words.map((word) => contextPrefix(long) + word)]
    expect(typosOf('brwn', there, 1000, 'nothing', long)).toEqual([`${contextPrefix(long)}brown`])
  })
})
