import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareCodeUnits } from '../text/strings.ts'
import { GramTable, gramTableOf, isLongEnoughInside } from './gram-table.ts'
import { StringTable, tableOf } from './string-table.ts'

const unit = fc.constantFrom(...'abc1가나東かข😀𠮷')
const word = fc.string({ unit, minLength: 1, maxLength: 10 })
const sorted = fc.array(word, { maxLength: 60 }).map((words) => words.sort(compareCodeUnits))

function gramsOf(words: readonly string[], order = Uint32Array.from(words.keys())): GramTable {
  const table = new StringTable(tableOf(words))
  return new GramTable(gramTableOf(table, order), table)
}

const positions = (words: readonly string[], part: string) =>
  [...words.keys()].filter((at) => words[at]?.includes(part))

describe('a table of grams', () => {
  it('finds the words that contain a part', () => {
    const part = fc.oneof(
      fc.string({ unit, maxLength: 5 }),
      fc.tuple(sorted, fc.nat()).map(([all]) => all[0] ?? 'abc'),
    )
    fc.assert(
      fc.property(sorted, part, (words, wanted) => {
        const found = gramsOf(words).wordsWith(wanted)
        if (isLongEnoughInside(wanted)) expect(found).toEqual(positions(words, wanted))
        // A part that is too short may find nothing, but never a wrong word.
        else expect(found.every((at) => words[at]?.includes(wanted))).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('finds every part of its own words', () => {
    fc.assert(
      fc.property(sorted, fc.nat(), fc.nat(9), fc.integer({ min: 1, max: 10 }), (words, at, from, length) => {
        fc.pre(words.length > 0)
        const part = [...(words[at % words.length] as string)].slice(from, from + length).join('')
        fc.pre(isLongEnoughInside(part))
        expect(gramsOf(words).wordsWith(part)).toEqual(positions(words, part))
      }),
      { numRuns: 2000 },
    )
  })

  it('visits words in the order of the table, and stops when isDone returns true', () => {
    fc.assert(
      fc.property(sorted, fc.infiniteStream(fc.nat()), fc.nat(), (words, random, end) => {
        fc.pre(words.length > 0)
        const keys = Array.from(words, () => random.next().value as number)
        const order = Uint32Array.from(words.keys()).sort((a, b) => (keys[a] as number) - (keys[b] as number))
        const part = words[end % words.length] as string
        fc.pre(isLongEnoughInside(part))
        const last = order[end % order.length] as number
        const before = [...order.subarray(0, order.indexOf(last))]
        const visited: number[] = []
        gramsOf(words, order).visitWordsWith(
          part,
          (word) => !before.includes(word),
          (word) => visited.push(word),
        )
        expect(visited).toEqual(before.filter((word) => words[word]?.includes(part)))
      }),
      { numRuns: 1000 },
    )
  })

  it('finds nothing for a part that is too short', () => {
    const grams = gramsOf(['ab', 'abc', '가'])
    for (const part of ['', 'a', 'ab', '가']) expect(grams.wordsWith(part)).toEqual([])
  })

  it('finds nothing if there are no words', () => {
    expect(gramsOf([]).wordsWith('abc')).toEqual([])
  })
})

it.each([
  ['ab', false],
  ['abc', true],
  ['가', false],
  ['가나', true],
  ['東京', true],
  ['𠮷野', true],
  ['カー', true],
  ['가a', false],
  ['ขก', false],
  ['😀😀', false],
  ['12', false],
  ['', false],
])('isLongEnoughInside(%j) is %s', (part, isLong) => {
  expect(isLongEnoughInside(part)).toBe(isLong)
})
