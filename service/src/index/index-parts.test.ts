import { randomBytes } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromIndexPart, toIndexParts } from './index-parts.ts'

const ERROR = new Error('a part of the index is damaged: it does not match its checksum')

describe('index parts', () => {
  it('return the original bytes for any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000 }), (bytes) => {
        expect(Buffer.concat(toIndexParts(bytes).map(fromIndexPart))).toEqual(Buffer.from(bytes))
      }),
    )
    for (const length of [2 ** 21 - 1, 2 ** 21, 2 ** 21 + 1, 5 * 2 ** 20]) {
      const bytes = randomBytes(length)
      const parts = toIndexParts(bytes)
      expect(parts).toHaveLength(Math.ceil(length / 2 ** 21))
      expect(Buffer.concat(parts.map(fromIndexPart)).equals(bytes)).toBe(true)
    }
  })

  it('are rejected if a bit is flipped or bytes are missing', () => {
    const text = fc.string({ minLength: 1, maxLength: 500 })
    fc.assert(
      fc.property(text, fc.nat(), fc.nat(7), fc.nat(), (raw, at, bit, length) => {
        const [part] = toIndexParts(Buffer.from(raw.repeat(3))) as [Buffer]
        const flipped = Buffer.from(part)
        const place = at % part.length
        flipped[place] = (flipped[place] as number) ^ (1 << bit)
        const cut = part.subarray(0, length % part.length)
        for (const other of [flipped, cut]) {
          let bytes: Buffer | undefined
          try {
            bytes = fromIndexPart(other)
          } catch (error) {
            expect(error).toEqual(ERROR)
          }
          // The last bits of a compressed part can be padding.
          if (bytes) expect(bytes).toEqual(fromIndexPart(part))
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('are rejected if they are too large, too short, or random', () => {
    const bomb = Buffer.concat([Buffer.alloc(4), deflateRawSync(Buffer.alloc(2 ** 21 + 1))])
    for (const part of [bomb, Buffer.alloc(0), Buffer.from('abc'), Buffer.alloc(4), randomBytes(100)]) {
      expect(() => fromIndexPart(part)).toThrow(ERROR)
    }
  })
})
