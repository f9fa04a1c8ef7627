import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareCodeUnits } from '../text/strings.ts'
import { type Range, StringTable, tableOf } from './string-table.ts'

const text = fc.string({ unit: fc.constantFrom(...'ab가각😀\uffff\u0000'), maxLength: 4 })
const sorted = fc.array(text, { maxLength: 30 }).map((texts) => texts.sort(compareCodeUnits))
const strings = (all: readonly string[], { from, to }: Range) => all.slice(from, to)

describe('a string table', () => {
  it('returns the strings it was built from', () => {
    fc.assert(
      fc.property(sorted, (all) => {
        const table = new StringTable(tableOf(all))
        expect(table.length).toBe(all.length)
        for (const [at, string] of all.entries()) {
          expect(table.get(at)).toBe(string)
          expect(table.lengthOf(at)).toBe(string.length)
        }
      }),
    )
  })

  it('compares as JavaScript does', () => {
    fc.assert(
      fc.property(sorted, text, (all, other) => {
        const table = new StringTable(tableOf(all))
        for (const [at, string] of all.entries()) {
          expect(Math.sign(table.compare(at, other))).toBe(compareCodeUnits(string, other))
        }
      }),
    )
  })

  it('finds strings that equal a given string or begin with it', () => {
    fc.assert(
      // Later searches use the ranges that earlier searches have cached.
      fc.property(sorted, fc.array(text, { minLength: 1, maxLength: 8 }), (all, texts) => {
        const table = new StringTable(tableOf(all))
        for (const wanted of texts) {
          expect(strings(all, table.equalTo(wanted))).toEqual(all.filter((string) => string === wanted))
          expect(strings(all, table.withPrefix(wanted))).toEqual(all.filter((string) => string.startsWith(wanted)))
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('visits the strings with which a text begins', () => {
    const unit = fc.constantFrom(...[...'ab가각\uffff\u0000'].map((letter) => letter.charCodeAt(0)))
    const longer = fc.tuple(text, text).map((parts) => parts.join(''))
    fc.assert(
      fc.property(sorted, fc.array(longer, { minLength: 1, maxLength: 4 }), unit, unit, (all, heads, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        const table = new StringTable(tableOf(all))
        for (const head of heads) {
          for (let from = 0; from <= head.length; from++) {
            const visited: string[] = []
            const begun = table.visitBeginnings(head, low, high, from, (end, range) => {
              expect(new Set(strings(all, range))).toEqual(new Set([head.slice(from, end)]))
              visited.push(...strings(all, range))
            })
            expect(visited).toEqual(all.filter((one) => one !== '' && head.startsWith(one, from)))
            expect(strings(all, begun)).toEqual(strings(all, table.startingWith(head.slice(from), low, high)))
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  it('finds strings that begin with a text followed by a unit in a range', () => {
    const unit = fc.constantFrom(...[...'ab가각\uffff\u0000'].map((letter) => letter.charCodeAt(0)), 0xd83d, 0xde00)
    fc.assert(
      fc.property(sorted, text, unit, unit, (all, head, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        const isIn = (code: number) => code >= low && code <= high
        const found = new StringTable(tableOf(all)).startingWith(head, low, high)
        expect(strings(all, found)).toEqual(
          all.filter((string) => string.startsWith(head) && isIn(string.charCodeAt(head.length))),
        )
      }),
      { numRuns: 1000 },
    )
  })
})
