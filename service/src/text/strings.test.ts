import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareCodeUnits, exceedsCodePoints, fromBinary, toBinary } from './strings.ts'

const text = fc.string({ unit: 'binary', maxLength: 60 })

describe('exceedsCodePoints', () => {
  it('counts code points and not UTF-16 units', () => {
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
