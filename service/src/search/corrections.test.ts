import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StringTable, tableOf } from '../index/string-table.ts'
import { withinEdits } from './corrections.ts'

/**
 * Computes the edit distance between two texts, given as their letters, with the textbook algorithm. An edit inserts,
 * deletes, or replaces a letter, or swaps two adjacent letters.
 */
function distance(a: readonly string[], b: readonly string[]): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...new Array<number>(b.length).fill(0)])
  for (let j = 0; j <= b.length; j++) (rows[0] as number[])[j] = j
  const at = (i: number, j: number) => rows[i]?.[j] as number
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const ways = [at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)]
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) ways.push(at(i - 2, j - 2) + 1)
      ;(rows[i] as number[])[j] = Math.min(...ways)
    }
  }
  return at(a.length, b.length)
}

const hasBeginning = (text: readonly string[], typed: readonly string[], edits: number) =>
  Array.from({ length: text.length + 1 }, (_, length) => text.slice(0, length)).some(
    (beginning) => distance(beginning, typed) <= edits,
  )

describe('withinEdits', () => {
  const word = fc.string({ unit: fc.constantFrom(...'abé𐐨𐐩𐔨'), minLength: 1, maxLength: 9 })

  it('finds the same strings as a scan with the textbook distance', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { maxLength: 60 }),
        word,
        fc.constantFrom(1, 2),
        fc.boolean(),
        (list, typed, edits, keepsFirst) => {
          const strings = list.sort()
          const found = withinEdits(new StringTable(tableOf(strings)), typed, edits, { keepsFirst, editsDigits: false })
          const texts = found.flatMap(({ from, to }) => strings.slice(from, to))
          const expected = strings.filter(
            (text) => hasBeginning([...text], [...typed], edits) && (!keepsFirst || [...text][0] === [...typed][0]),
          )
          expect(texts).toEqual(expected)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
