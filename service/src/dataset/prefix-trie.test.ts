import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeTrie, PrefixTrie, prefixEdits } from './prefix-trie.ts'

const bytesOf = (keys: readonly string[], maxNodes?: number) => {
  const lines = [...keys].sort().map((key, at) => `${key}\t${at}`)
  return encodeTrie(lines, (line) => Number(line.split('\t')[1]), maxNodes)
}
const triOf = (keys: readonly string[], maxNodes?: number) => new PrefixTrie(bytesOf(keys, maxNodes))
const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), minLength: 1, maxLength: 9 })
const words = fc.uniqueArray(word, { minLength: 1, maxLength: 60 })

/** Edits between two texts of which neighbours may be transposed, by the definition. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  const at = (i: number, j: number) => rows[i]?.[j] as number
  for (let i = 0; i <= a.length; i++) {
    for (let j = 0; j <= b.length; j++) {
      const options = [i + j === 0 ? 0 : Number.POSITIVE_INFINITY]
      if (i > 0) options.push(at(i - 1, j) + 1)
      if (j > 0) options.push(at(i, j - 1) + 1)
      if (i > 0 && j > 0) options.push(at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) options.push(at(i - 2, j - 2) + 1)
      ;(rows[i] as number[])[j] = Math.min(...options)
    }
  }
  return at(a.length, b.length)
}

/** The fewest edits of what was typed to a beginning of the key, the first letter staying. */
const closest = (key: string, typed: string) =>
  key[0] === typed[0]
    ? Math.min(...Array.from({ length: key.length }, (_, at) => distance(key.slice(1, at + 1), typed.slice(1))))
    : Number.POSITIVE_INFINITY

describe('the trie', () => {
  it('knows every beginning of a key, and no other', () => {
    fc.assert(
      fc.property(words, word, (keys, other) => {
        const trie = triOf(keys)
        for (const key of keys) {
          for (let end = 0; end <= key.length; end++) expect(trie.has(key.slice(0, end))).toBe('yes')
        }
        expect(trie.has(other)).toBe(keys.some((key) => key.startsWith(other)) ? 'yes' : 'no')
      }),
    )
  })

  it('corrects to every beginning that is near enough, with as many edits as it takes', () => {
    fc.assert(
      fc.property(words, word, fc.constantFrom(1, 2), (keys, typed, maxEdits) => {
        const found = triOf(keys).corrections('', typed, maxEdits, 1000)
        for (const { prefix, edits, isPart } of found) {
          expect(isPart).toBe(false)
          expect(keys.some((key) => key.startsWith(prefix))).toBe(true)
          expect(distance(prefix.slice(1), typed.slice(1))).toBe(edits)
        }
        for (const key of keys) {
          const edits = closest(key, typed)
          const covering = found.filter(({ prefix }) => key.startsWith(prefix))
          if (edits > maxEdits) expect(covering).toEqual([])
          else expect(covering.map((correction) => correction.edits)).toContain(edits)
        }
      }),
    )
  })

  it('with too little room still says nothing that is wrong, and what it cannot know', () => {
    fc.assert(
      fc.property(words, fc.nat(60), word, fc.integer({ min: 1, max: 90 }), (all, inContext, typed, room) => {
        const keys = all.map((key, at) => (at < inContext ? `\u0004n:${key[0]}\u0004${key}` : key))
        expect(bytesOf(keys, room).readUInt32LE(8)).toBeLessThanOrEqual(room)
        const trie = triOf(keys, room)
        for (const key of keys) expect(trie.has(key)).not.toBe('no')
        for (const prefix of [typed, '\u0004', `\u0004n:a\u0004${typed}`]) {
          const isThere = keys.some((key) => key.startsWith(prefix))
          expect(trie.has(prefix)).not.toBe(isThere ? 'no' : 'yes')
        }
        for (const { prefix } of trie.corrections('', typed, 1, 1000)) {
          expect(keys.some((key) => key.startsWith(prefix))).toBe(true)
        }
      }),
    )
  })

  it('gives keys in contexts the room that the others leave, and a quarter where there is none for all others', () => {
    const plain = ['banana', 'bandana', 'cherry']
    const inContexts = plain.flatMap((key) => ['\u0004color:red\u0004', '\u0004size:1\u0004'].map((of) => of + key))
    const all = [...plain, ...inContexts]
    const knows = (keys: readonly string[], trie: PrefixTrie) =>
      keys.filter((key) => trie.has(key) === 'yes' && trie.has(`${key}s`) === 'no')
    // Behind the root banana, dana and cherry; the mark, and for each context what is left of it and the same again.
    const nodes = 6 + 4 + 6
    const inAll = 1 + nodes + 1 + 10 + nodes + 7 + nodes
    expect(knows(all, triOf(all, inAll))).toEqual(all)
    expect(knows(all, triOf(all, inAll - 1))).toEqual(plain)
    expect(knows(all, triOf(all, 1 + nodes))).toEqual(plain)
    const few = triOf(all, nodes)
    expect(knows(all, few)).toEqual([])
    expect(['ban', '\u0004', 'x'].map((prefix) => few.has(prefix))).toEqual(['yes', 'yes', 'maybe'])
    expect([few.knowsAll(''), few.knowsAll('\u0004')]).toEqual([false, false])
  })

  it('prefers fewer edits, and then what weighs more', () => {
    const trie = triOf(['house', 'horse', 'hose', 'houses'])
    // The weights rise with the order of the keys.
    expect(trie.corrections('', 'hoose', 1, 2).map(({ prefix }) => prefix)).toEqual(['house', 'hose'])
    expect(trie.corrections('', 'hoose', 1, 9).map(({ prefix }) => prefix)).toEqual(['house', 'hose', 'horse'])
  })

  it('refuses bytes that are not whole', () => {
    const whole = encodeTrie(['a\t1'], () => 1)
    expect(() => new PrefixTrie(whole.subarray(1))).toThrow("the dataset's trie is not whole")
    expect(() => new PrefixTrie(Buffer.alloc(0))).toThrow("the dataset's trie is not whole")
  })
})

it('the edits to a beginning of one key are the same as by definition, where there may be so many', () => {
  fc.assert(
    fc.property(word, word, fc.integer({ min: 0, max: 3 }), (key, typed, maxEdits) => {
      const most = prefixEdits(key, typed, Number.POSITIVE_INFINITY)
      expect(most?.edits ?? Number.POSITIVE_INFINITY).toBe(closest(key, typed))
      expect(prefixEdits(key, typed, maxEdits)).toEqual(most && most.edits <= maxEdits ? most : undefined)
    }),
  )
})

it.each([
  ['kitchen', 'kitchne', 7],
  ['york', 'yokr', 4],
  ['apple pie', 'appple pei', 9],
  ['banana', 'bana', 4],
])('of the beginnings of %s that are as near to %s it takes the one of the nearest length', (key, typed, length) => {
  expect(prefixEdits(key, typed, 2)?.length).toBe(length)
})
