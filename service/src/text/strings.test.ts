import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compareCodeUnits,
  exceedsCodePoints,
  fromBinary,
  shortInNfc,
  sortedOrder,
  toBinary,
  truncate,
} from './strings.ts'

const text = fc.string({ unit: 'binary', maxLength: 60 })

describe('sortedOrder', () => {
  it('sorts by code units and keeps the order of equal texts', () => {
    const few = fc.constantFrom('', 'a', 'ab', 'a b', 'a\u0001', 'é', '가', '\u{1F600}', '\uFFFD')
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            few,
            text.map((raw) => raw.replaceAll('\0', '')),
          ),
        ),
        (texts) => {
          const byComparison = [...texts.keys()].sort((a, b) => compareCodeUnits(texts[a] ?? '', texts[b] ?? ''))
          expect([...sortedOrder(texts)]).toEqual(byComparison)
        },
      ),
    )
  })

  it('numbers more texts than one code unit can', () => {
    const texts = Array.from({ length: 70_000 }, (_, i) => (i % 2 === 0 ? 'b' : 'a'))
    const odd = texts.flatMap((_, i) => (i % 2 === 1 ? [i] : []))
    expect([...sortedOrder(texts).subarray(0, odd.length)]).toEqual(odd)
  })
})

describe('truncate', () => {
  it.each([
    ['', 3, ''],
    ['abc', 3, 'abc'],
    ['abcd', 3, 'abc…'],
    ['ab😀', 3, 'ab…'],
    ['a😀b', 3, 'a😀…'],
    ['a😀', 3, 'a😀'],
  ])('of %j to %i code units is %j', (text, max, expected) => {
    expect(truncate(text, max)).toBe(expected)
  })
})

describe('exceedsCodePoints', () => {
  it('counts code points and not UTF-16 code units', () => {
    expect(exceedsCodePoints('😀'.repeat(64), 64)).toBe(false)
    expect(exceedsCodePoints('😀'.repeat(65), 64)).toBe(true)
    expect(exceedsCodePoints('a'.repeat(65), 64)).toBe(true)
  })

  it('agrees with its definition', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 80 }), (raw, max) => {
        expect(exceedsCodePoints(raw, max)).toBe([...raw].length > max)
      }),
    )
  })
})

it('compareCodeUnits sorts strings with the same prefix next to each other, even around surrogates', () => {
  const keys = ['😀b', 'ﬀ', '😀', 'z', '😀a', '가'].sort(compareCodeUnits)
  expect(keys).toEqual(['z', '가', '😀', '😀a', '😀b', 'ﬀ'])
})

it('a binary text contains the UTF-8 bytes of a text, and can be converted back', () => {
  fc.assert(
    fc.property(text, (raw) => {
      const binary = toBinary(raw)
      expect(Buffer.from(binary, 'latin1')).toEqual(Buffer.from(raw))
      expect(fromBinary(binary)).toBe(raw.toWellFormed())
    }),
  )
})

it('shortInNfc normalizes only texts whose normal form can be short enough', () => {
  const decomposed = '한'.normalize('NFD')
  expect(shortInNfc(decomposed.repeat(5), 5)).toBe('한한한한한')
  const long = 'e\u0301'.repeat(11)
  expect(shortInNfc(long, 5)).toBe(long)
})
