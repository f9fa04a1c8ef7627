import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readingOf, readingsOf } from './reading.ts'

describe('readingsOf', () => {
  it('reads a single word in the same way as any other text', () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz']
    const syllable = fc.integer({ min: 0xac00, max: 0xd7a3 }).map((code) => String.fromCharCode(code))
    const word = fc.oneof(
      fc.string({ unit: fc.constantFrom(...letters), minLength: 1 }),
      fc.string({ unit: syllable, minLength: 1 }),
    )
    fc.assert(
      fc.property(word, (text) => {
        expect(readingsOf(text)).toEqual([readingOf(text)])
      }),
    )
  })
})
