/** Whatever stands in Redis in place of a trie is refused, or asked without an end that never comes. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeTrie, PrefixTrie, prefixEdits } from './prefix-trie.ts'

const HEADER_BYTES = 12
const NODE_BYTES = 7

const key = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '가', '\u0001', '\u0004'), minLength: 1, maxLength: 12 })
const whole = fc.uniqueArray(key, { minLength: 1, maxLength: 40 }).map((keys) =>
  encodeTrie(
    [...keys].sort().map((one) => `${one}\t1`),
    () => 1,
  ),
)

/** Makes a trie of the bytes, and asks it everything; nothing may come of them but its own errors. */
function ask(bytes: Buffer, typed: string): PrefixTrie | undefined {
  let trie: PrefixTrie
  try {
    trie = new PrefixTrie(bytes)
  } catch (error) {
    expect((error as Error).message).toMatch(/^the dataset's trie is not (whole|one)$/)
    return undefined
  }
  for (const prefix of ['', typed, 'abc', '\u0001a', 'a'.repeat(64)]) {
    expect(['yes', 'no', 'maybe']).toContain(trie.has(prefix))
    for (const form of ['', '\u0001']) {
      for (const edits of [1, 2]) {
        const found = trie.corrections(form, prefix || 'a', edits, 6)
        expect(found.length).toBeLessThanOrEqual(6)
        for (const { prefix: meant } of found) expect(meant.isWellFormed()).toBe(true)
      }
    }
  }
  return trie
}

describe('a trie', () => {
  it('of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), key, (bytes, typed) => void ask(Buffer.from(bytes), typed)),
    )
  })

  it('whose size is right, and whose nodes are not', () => {
    const nodes = fc.integer({ min: 0, max: 40 }).chain((length) =>
      fc.tuple(
        fc.constant(length),
        fc.array(fc.oneof(fc.integer({ min: 0, max: length + 1 }), fc.constant(0xffffffff)), {
          minLength: length,
          maxLength: length,
        }),
        fc.uint8Array({ minLength: 3 * length, maxLength: 3 * length }),
      ),
    )
    fc.assert(
      fc.property(nodes, key, ([length, ends, rest], typed) => {
        const bytes = Buffer.alloc(HEADER_BYTES + NODE_BYTES * length)
        bytes.writeUInt32LE(1, 0)
        bytes.writeUInt32LE(length, 8)
        for (const [node, end] of ends.entries()) bytes.writeUInt32LE(end, HEADER_BYTES + 4 * node)
        bytes.set(rest, HEADER_BYTES + 4 * length)
        ask(bytes, typed)
      }),
      { numRuns: 3000 },
    )
  })

  it('of which bytes have changed, or are missing, or are too many', () => {
    const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) })
    fc.assert(
      fc.property(
        whole,
        fc.array(change, { maxLength: 4 }),
        fc.integer({ min: -9, max: 9 }),
        key,
        (right, changes, more, typed) => {
          expect(ask(right, typed)).toBeDefined()
          const wrong = Buffer.alloc(Math.max(0, right.length + more))
          right.copy(wrong)
          for (const { at, to } of changes) if (wrong.length > 0) wrong[at % wrong.length] = to
          const trie = ask(wrong, typed)
          if (more !== 0) expect(trie).toBeUndefined()
        },
      ),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['ends where it begins', [2, 1]],
    ['ends before it begins', [3, 3, 0]],
    ['ends behind its parent', [4, 3, 4, 4]],
    ['stands beside the root', [1, 2]],
    ['ends behind the last', [2, 3]],
  ])('of which a node %s is refused', (_, ends) => {
    const bytes = Buffer.alloc(HEADER_BYTES + NODE_BYTES * ends.length)
    bytes.writeUInt32LE(1, 0)
    bytes.writeUInt32LE(ends.length, 8)
    for (const [node, end] of ends.entries()) bytes.writeUInt32LE(end, HEADER_BYTES + 4 * node)
    expect(() => new PrefixTrie(bytes)).toThrow("the dataset's trie is not one")
  })

  it('without a root is refused', () => {
    expect(() => new PrefixTrie(Buffer.alloc(HEADER_BYTES))).toThrow("the dataset's trie is not whole")
  })
})

it('the edits between any two texts are told', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 })
  fc.assert(
    fc.property(text, text, (name, typed) => {
      const found = prefixEdits(name, typed, Number.POSITIVE_INFINITY)
      if (found) expect(found.length >= 1 && found.length <= Math.max(1, name.length)).toBe(true)
      else expect(name.charAt(0)).not.toBe(typed.charAt(0))
    }),
  )
})
