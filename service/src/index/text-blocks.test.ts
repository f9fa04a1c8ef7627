import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBinary } from '../text/strings.ts'
import { blockEntriesFor, type Details, encodeBlock, TextBlock, textLine } from './text-blocks.ts'

const MISSING = new Error('missing entry in a block of texts')

const score = fc.oneof(
  fc.constantFrom(0, 1, 0.3, 1e21, 1e100, 1.5e-7, 5e-324, 123_456_789),
  fc.double({ min: 0, max: 1e100, noNaN: true, noDefaultInfinity: true }).map((value) => Math.abs(value)),
)
const details = fc.option(
  fc.record(
    {
      w: score,
      r: fc.constantFrom(0.5, 1e-6),
      n: fc.constant(1 as const),
      p: fc.jsonValue({ stringUnit: 'binary' }),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
)
const text = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }).map((raw) => raw.toWellFormed()),
  fc.string({ unit: fc.constantFrom(...'"\\\t\n\u0000\u2028é가😀a '), minLength: 1 }),
)
const entry = fc.record({ text, details })
type Line = { text: string; details: Details | undefined }

const linesOf = (entries: readonly Line[]) => entries.map((one) => textLine(one.text, one.details))

describe('a block of texts', () => {
  it('returns every entry, and none after the last', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 20 }), fc.nat(1_000_000), (entries, number) => {
        const block = TextBlock.decode(
          number,
          encodeBlock(number, linesOf(entries as Line[])),
          entries.length,
        ) as TextBlock
        for (const [at, wanted] of entries.entries()) {
          const line = block.line(at)
          expect(JSON.parse(`"${fromBinary(line.text)}"`)).toBe(wanted.text)
          const found = line.details === '' ? undefined : JSON.parse(fromBinary(line.details))
          expect(found).toEqual(wanted.details && JSON.parse(JSON.stringify(wanted.details)))
          for (let time = 0; time < 2; time++) {
            const suggestion = block.suggestion(at, at + 0.5)
            expect(suggestion && JSON.parse(fromBinary(suggestion))).toEqual(
              wanted.details ? null : { text: wanted.text, score: at + 0.5 },
            )
          }
        }
        expect(() => block.line(entries.length)).toThrow(MISSING)
        expect(() => block.suggestion(entries.length, 1)).toThrow(MISSING)
        expect(() => block.line(entries.length + 63)).toThrow(MISSING)
      }),
      { numRuns: 500 },
    )
  })

  it('is rejected if it is cut off or has another number', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 5 }), fc.nat(200), fc.nat(), (entries, number, cut) => {
        const value = encodeBlock(number, linesOf(entries as Line[]))
        expect(TextBlock.decode(number, value.subarray(0, cut % value.length), entries.length)).toBeUndefined()
        for (const other of [number + 1, number * 10 + 1, Math.floor(number / 10) || 300]) {
          if (other !== number) expect(TextBlock.decode(other, value, entries.length)).toBeUndefined()
        }
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    '',
    '0',
    '0\n',
    'OK',
    '\u0000',
    '0\u0000',
    '1\na\u0000',
    ' 0\na\u0000',
    '0\na',
  ])('is rejected if it is %j', (value) => {
    expect(TextBlock.decode(0, Buffer.from(value), 1)).toBeUndefined()
  })

  it.each([
    '\t',
    '\t{}',
    'a"b',
    'a"b\t{}',
    'a\\',
    'a\\x',
    'a\u0001b',
    'a\rb',
    '',
  ])('is rejected if it has line %j, which would be copied to an answer unescaped', (line) => {
    expect(TextBlock.decode(0, encodeBlock(0, ['apple', line, 'pear']), 3)).toBeUndefined()
  })

  it('is rejected if it has another number of entries', () => {
    const value = encodeBlock(0, ['apple', 'pear'])
    expect([1, 2, 3].map((entries) => TextBlock.decode(0, value, entries) !== undefined)).toEqual([false, true, false])
  })

  it('returns only lines that are valid in an answer, whatever its bytes are', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((raw) => Buffer.from(raw)),
      fc.string({ unit: fc.constantFrom(...'a"\\\t\n\u00001.e-+'), maxLength: 30 }).map((raw) => Buffer.from(raw)),
    )
    fc.assert(
      fc.property(bytes, (raw) => {
        const entries = raw.toString('latin1').split('\n').length
        const block = TextBlock.decode(0, Buffer.concat([Buffer.from('0\n'), raw, Buffer.alloc(1)]), entries)
        for (let at = 0; block && at < entries; at++) JSON.parse(`{"text":"${block.line(at).text}"}`)
      }),
      { numRuns: 5000 },
    )
  })
})

it('blockEntriesFor aims at blocks of 1,024 bytes, with at most 64 entries', () => {
  expect([0, 1, 15, 30, 100, 1000, 1e6].map(blockEntriesFor)).toEqual([64, 64, 64, 34, 10, 1, 1])
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (bytes) => {
      const entries = blockEntriesFor(bytes)
      expect(Number.isInteger(entries) && entries >= 1 && entries <= 64).toBe(true)
    }),
  )
})
