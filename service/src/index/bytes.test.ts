import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter, bitsFor } from './bytes.ts'

const count = fc.oneof(
  fc.nat(300),
  fc.maxSafeNat(),
  fc.nat(53).map((bits) => Math.min(2 ** bits, 2 ** 53 - 1)),
)

describe('ByteReader', () => {
  it('reads the numbers, bytes, and strings that ByteWriter wrote', () => {
    const text = fc.string({ unit: 'grapheme' }).map((raw) => raw.replaceAll('\n', ''))
    fc.assert(
      fc.property(fc.array(count), fc.uint8Array(), fc.array(text), (counts, bytes, texts) => {
        const out = new ByteWriter()
        for (const value of counts) out.varint(value)
        out.bytes(bytes)
        out.strings(texts)
        out.byte(255)
        expect(out.done()).toHaveLength(out.length)
        const input = new ByteReader(out.done())
        expect(counts.map(() => input.varint())).toEqual(counts)
        expect(input.bytes(bytes.length)).toEqual(bytes)
        expect(input.strings(texts.length)).toEqual(texts)
        expect(input.isAtEnd).toBe(false)
        expect(input.byte()).toBe(255)
        expect(input.isAtEnd).toBe(true)
      }),
    )
  })

  it('reads packed numbers of any width', () => {
    const numbers = fc.integer({ min: 1, max: 32 }).chain((width) =>
      fc.record({
        width: fc.constant(width),
        values: fc.array(fc.oneof(fc.nat(2 ** width - 1), fc.constantFrom(0, 2 ** width - 1)), { maxLength: 100 }),
      }),
    )
    fc.assert(
      fc.property(numbers, ({ width, values }) => {
        const out = new ByteWriter()
        out.packed(Uint32Array.from(values), width)
        out.byte(7)
        expect(out.length).toBe(Math.ceil((values.length * width) / 8) + 1)
        const input = new ByteReader(out.done())
        const into = new Uint32Array(values.length)
        input.packed(into, width)
        expect([...into]).toEqual(values)
        expect(input.byte()).toBe(7)
      }),
      { numRuns: 500 },
    )
  })

  it('reads more than the initial size of the writer', () => {
    const values = Uint32Array.from({ length: 50_000 }, (_, at) => (at * 2_654_435_761) % 2 ** 32)
    const out = new ByteWriter()
    for (const value of values) out.varint(value)
    out.packed(values, 32)
    out.strings(Array.from(values, String))
    const input = new ByteReader(out.done())
    expect(Uint32Array.from(values, () => input.varint())).toEqual(values)
    const into = new Uint32Array(values.length)
    input.packed(into, 32)
    expect(into).toEqual(values)
    expect(input.strings(values.length)).toEqual(Array.from(values, String))
  })

  it('writes a number in as few 7-bit groups as possible', () => {
    fc.assert(
      fc.property(count, (value) => {
        const out = new ByteWriter()
        out.varint(value)
        expect(out.length).toBe(Math.max(1, Math.ceil(value.toString(2).length / 7)))
      }),
    )
  })

  it.each<[string, number[], (input: ByteReader) => unknown]>([
    ['a number', [0x80], (input) => input.varint()],
    ['a byte', [], (input) => input.byte()],
    ['bytes', [1, 2], (input) => input.bytes(3)],
    ['packed numbers', [1, 2], (input) => input.packed(new Uint32Array(3), 8)],
    ['strings', [5, 65], (input) => input.strings(1)],
  ])('rejects bytes that end within %s', (_, bytes, read) => {
    expect(() => read(new ByteReader(Uint8Array.from(bytes)))).toThrow(new RangeError('the index ends early'))
  })

  it('rejects a number that never ends', () => {
    const input = new ByteReader(new Uint8Array(1000).fill(0xff))
    expect(() => input.varint()).toThrow(new RangeError('the index has a number above 2^53 - 1'))
  })

  it.each([
    [0x0f, 2 ** 53 - 1],
    [0x10, undefined],
    [0x7f, undefined],
  ])('accepts numbers up to 2^53 - 1: the last of 8 bytes is %d', (last, expected) => {
    const input = new ByteReader(Uint8Array.from([...new Array(7).fill(0xff), last]))
    if (expected !== undefined) expect(input.varint()).toBe(expected)
    else expect(() => input.varint()).toThrow(new RangeError('the index has a number above 2^53 - 1'))
  })

  it('rejects a wrong number of strings', () => {
    const out = new ByteWriter()
    out.strings(['a', 'b'])
    expect(() => new ByteReader(out.done()).strings(3)).toThrow(RangeError)
  })
})

it('bitsFor returns the width of the largest number below a limit', () => {
  const limits = Array.from({ length: 32 }, (_, bits) => 2 ** bits).flatMap((power) => [power - 1, power, power + 1])
  fc.assert(
    fc.property(fc.oneof(fc.nat(2 ** 31), fc.constantFrom(...limits)), (limit) => {
      expect(bitsFor(limit)).toBe(Math.max(0, limit - 1).toString(2).length)
    }),
  )
})
