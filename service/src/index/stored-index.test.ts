import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spelling } from '../text/spelling.ts'
import { wordsOf } from '../text/words.ts'
import { buildIndex, type IndexedEntry } from './build-index.ts'
import { SearchIndex, toIndexArrays } from './search-index.ts'
import { DECIMALS, decodeIndex, encodeIndex, JOINED, SPACED, type StoredIndex } from './stored-index.ts'

const words =
  'new york yorker t-shirt Straße crème creme c++ .net iphone15 삼성전자 장바구니 東京タワー 😀 𠮷野家 𠮷野'.split(' ')
const name = fc.oneof(
  fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 4 }).map((chosen) => spelling(chosen.join(' '))),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .map((raw) => spelling(raw).trimEnd())
    .filter((spelled) => wordsOf(spelled).words.length > 0),
)
const scores = fc.oneof(
  fc.array(fc.nat(1000)),
  fc.array(fc.maxSafeNat()),
  fc.array(fc.double({ min: 0, max: 1e100, noNaN: true })),
)

/** Entries, best first. */
const entries: fc.Arbitrary<IndexedEntry[]> = fc
  .tuple(
    fc.array(
      fc.record({
        names: fc.oneof(
          { arbitrary: fc.tuple(name), weight: 3 },
          { arbitrary: fc.array(name, { minLength: 1, maxLength: 4 }), weight: 1 },
        ),
        contexts: fc.oneof(
          fc.constant([]),
          fc.uniqueArray(fc.constantFrom('tenant:a', 'tenant:b', 'category:가', 'locale:de:x'), { maxLength: 3 }),
        ),
      }),
      { minLength: 1, maxLength: 40 },
    ),
    scores,
    fc.nat(3),
  )
  .map(([all, given, pinned]) => {
    const ofEntries = all.map((_, at) => given[at] ?? 0)
    const descending = (a: number, b: number) => b - a
    const sorted = [...ofEntries.slice(0, pinned).sort(descending), ...ofEntries.slice(pinned).sort(descending)]
    return all.map((entry, at) => ({ ...entry, score: sorted[at] as number, isPinned: at < pinned }))
  })

describe('an index', () => {
  it('survives encoding and decoding', () => {
    fc.assert(
      fc.property(entries, (of) => {
        const index = buildIndex(of)
        expect(decodeIndex(encodeIndex(index))).toEqual(index)
      }),
      { numRuns: 500 },
    )
  })

  it('survives encoding and decoding if it is large', () => {
    const many = Array.from({ length: 30_000 }, (_, at) => ({
      names: [`word ${at.toString(36)} ${(at * 7919) % 97}`, ...(at % 50 === 0 ? [`alias ${at}`] : [])],
      score: 1e9 - at,
      isPinned: false,
      contexts: [`tenant:${at % 300}`],
    }))
    const index = buildIndex(many)
    expect(decodeIndex(encodeIndex(index))).toEqual(index)
  })

  it('lists the words of each name in order, with joined words and spaces', () => {
    fc.assert(
      fc.property(entries, (of) => {
        const index = buildIndex(of)
        const names = of.flatMap((entry, at) => entry.names.map((own) => ({ name: own, entry: at })))
        expect(index.nameCount).toBe(names.length)
        expect(index.words).toEqual(index.words.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)))
        for (const [at, { name: own, entry }] of names.entries()) {
          expect(index.entryOf ? index.entryOf[at] : at).toBe(entry)
          const { words: ofName, joined } = wordsOf(own)
          const units = [...index.forward.subarray(index.forwardStarts[at], index.forwardStarts[at + 1])]
          expect(units.map((unit) => [spelledOf(index, unit >>> 2), unit & 3])).toEqual([
            ...ofName.map(({ spelled, gap, isDecimals }) => [
              spelled,
              isDecimals ? DECIMALS : gap === 'space' ? SPACED : 0,
            ]),
            ...joined.map(({ folded }) => [folded, JOINED]),
          ])
        }
      }),
      { numRuns: 200 },
    )
  })

  it('sorts all names by their concatenated words', () => {
    fc.assert(
      fc.property(entries, (of) => {
        const index = buildIndex(of)
        const names = of.flatMap((entry) => entry.names)
        const concatenations = names.map((own) =>
          wordsOf(own)
            .words.map(({ folded }) => folded)
            .join(''),
        )
        const wanted = [...names.keys()].sort((a, b) => {
          const [first, second] = [concatenations[a] as string, concatenations[b] as string]
          return first < second ? -1 : first > second ? 1 : a - b
        })
        expect([...index.lexicographic]).toEqual(wanted)
      }),
      { numRuns: 200 },
    )
  })

  it('knows the first entry with the same spelling', () => {
    fc.assert(
      fc.property(entries, (of) => {
        const { sameSpelling, firstSpelled } = buildIndex(of)
        const firsts = of.map((entry) => of.findIndex((other) => other.names[0] === entry.names[0]))
        const others = [...of.keys()].filter((at) => firsts[at] !== at)
        expect([...sameSpelling]).toEqual(others)
        expect([...firstSpelled]).toEqual(others.map((at) => firsts[at]))
      }),
      { numRuns: 200 },
    )
  })

  it('knows the contexts of each entry', () => {
    fc.assert(
      fc.property(entries, (of) => {
        const { setOf, setStarts, setContexts, contexts } = buildIndex(of)
        const found = of.map((_, at) => {
          const set = setOf[at]
          if (set === undefined) return []
          return Array.from(setContexts.subarray(setStarts[set], setStarts[set + 1]), (number) => contexts[number])
        })
        expect(found).toEqual(of.map((entry) => entry.contexts.toSorted()))
      }),
      { numRuns: 200 },
    )
  })
})

function spelledOf(index: StoredIndex, word: number): string | undefined {
  const at = index.spelledIds.indexOf(word)
  return at < 0 ? index.words[word] : index.spelledTexts[at]
}

describe('invalid bytes', () => {
  /** Decodes bytes: the result must be a small index or a one-line error. */
  function expectIndexOrError(bytes: Uint8Array): void {
    try {
      const index = decodeIndex(bytes)
      expect(index.forward.length).toBeLessThanOrEqual(bytes.length)
      expect(index.scores.length).toBeLessThanOrEqual(bytes.length)
      // The derived data may be meaningless, but it must not be large.
      expect(new SearchIndex(toIndexArrays(index)).bytes).toBeLessThan(10_000_000)
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError)
      expect((error as Error).message).toMatch(/^the index /)
      expect((error as Error).message).not.toMatch(/[\r\n]/)
    }
  }

  it('are rejected if an index is truncated at any position', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (of, cut) => {
        const bytes = encodeIndex(buildIndex(of))
        expect(() => decodeIndex(bytes.subarray(0, cut % bytes.length))).toThrow(RangeError)
        expect(() => decodeIndex(Uint8Array.from([...bytes, 0]))).toThrow(RangeError)
      }),
      { numRuns: 500 },
    )
  })

  it('are decoded or rejected if some bytes are changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xff))), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(entries, changes, (of, others) => {
        const bytes = Uint8Array.from(encodeIndex(buildIndex(of)))
        for (const [at, value] of others) bytes[at % bytes.length] = value
        expectIndexOrError(bytes)
      }),
      { numRuns: 3000 },
    )
  })

  it('are decoded or rejected if they are random or contain large numbers', () => {
    const large = fc.constantFrom(
      [0xff, 0xff, 0xff, 0xff, 0x0f],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
      [1],
      [0],
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.array(large).map((all) => Uint8Array.from(all.flat())),
        ),
        (bytes) => expectIndexOrError(bytes),
      ),
      { numRuns: 5000 },
    )
    expect(() => decodeIndex(new Uint8Array(1e6).fill(0xff))).toThrow(RangeError)
  })
})
