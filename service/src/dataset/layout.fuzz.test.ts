/** Lines come back as they were written, and what is no line is read without an error but that of its details. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bestLines, firstLines, sortedLines } from '../ranking/best-lines.ts'
import { toBinary } from '../text.ts'
import {
  blocksOfKey,
  blocksOfPrefix,
  decodeLine,
  decodeLines,
  encodeLine,
  encodeLines,
  isAskable,
  type Line,
  partsOf,
  rankIn,
} from './layout.ts'

/** What no text and no key holds are control characters. */
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).filter((raw) => !/\p{Cc}/u.test(raw))
const json = fc.jsonValue({ stringUnit: 'binary' }).map((value) => JSON.parse(JSON.stringify(value)) as unknown)
const rank = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e300, noNaN: true }), fc.constantFrom(0, 1e21, 5e-324, 1e200))
const contexts = fc.dictionary(fc.constantFrom('category', 'constructor', 'tostring'), fc.array(text))
const line: fc.Arbitrary<Line> = fc.record(
  { key: text, text, rank, details: fc.record({ p: json, c: contexts }, { noNullPrototype: true }) },
  { requiredKeys: ['key', 'text', 'rank'], noNullPrototype: true },
)
/** With the tabs and line ends that give it parts. */
const garbage = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\t', '\n', '0', '9', 'e', '-', '{', 'a'),
    fc.string({ unit: 'binary', maxLength: 1 }),
  ),
})

it('a line is read as it was written', () => {
  fc.assert(
    fc.property(line, (written) => {
      const raw = encodeLine(written)
      expect(raw).not.toContain('\n')
      expect(JSON.stringify(decodeLine(raw))).toBe(
        JSON.stringify({
          key: written.key,
          text: written.text,
          rank: written.rank,
          ...(written.details && { details: written.details }),
        }),
      )
      expect(rankIn(`${raw}\nb\t7`, 0)).toBe(written.rank)
      expect(rankIn(`b\t7\n${raw}`, 4)).toBe(written.rank)
    }),
    { numRuns: 2000 },
  )
})

it('any text is taken apart', () => {
  fc.assert(
    fc.property(garbage, (raw) => {
      for (const part of Object.values(partsOf(raw))) expect(typeof part).toBe('string')
      expect(typeof rankIn(raw, 0)).toBe('number')
    }),
    { numRuns: 2000 },
  )
})

it('of any values there are as many lines as are wanted', () => {
  fc.assert(
    fc.property(
      fc.array(garbage, { maxLength: 4 }),
      garbage,
      fc.integer({ min: 1, max: 50 }),
      fc.boolean(),
      (blocks, raw, limit, isUnique) => {
        // A line end is in no prefix.
        const prefix = raw.replaceAll('\n', '')
        expect(bestLines(blocks, prefix, limit, isUnique).length).toBeLessThanOrEqual(limit)
        for (const block of blocks) expect(firstLines(block, limit).length).toBeLessThanOrEqual(limit)
        for (const found of sortedLines(blocks, prefix)) expect(found.startsWith(prefix)).toBe(true)
      },
    ),
    { numRuns: 2000 },
  )
})

it('blocks are found within an index that is in no order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\u0004') })),
      fc.string({ unit: 'binary' }),
      (firstKeys, prefix) => {
        for (const { first, end } of [blocksOfPrefix(firstKeys, prefix), blocksOfKey(firstKeys, prefix)]) {
          expect(first >= 0 && end <= firstKeys.length).toBe(true)
        }
        expect(typeof isAskable(prefix)).toBe('boolean')
      },
    ),
  )
})

it('lines are read as they were written, and not at all when they are cut off', () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (written) => {
      const lines = written.map(encodeLine)
      const value = Buffer.from(encodeLines(lines))
      expect(decodeLines(value)).toBe(toBinary(lines.join('\n')))
      for (let end = 0; end < value.length; end++) expect(decodeLines(value.subarray(0, end))).toBeUndefined()
    }),
  )
})
