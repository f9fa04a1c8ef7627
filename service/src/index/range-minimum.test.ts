import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AscendingValues, fillMinima, minimaLength } from './range-minimum.ts'

it('returns the distinct values of any range in ascending order', () => {
  const values = fc.array(fc.nat(500), { maxLength: 400 })
  fc.assert(
    fc.property(values, fc.nat(400), fc.nat(400), (list, a, b) => {
      const array = Uint32Array.from(list)
      const minima = new Uint32Array(minimaLength(array.length))
      fillMinima(array, minima)
      const [from, to] = [Math.min(a, b, list.length), Math.min(Math.max(a, b), list.length)]
      const ascending = new AscendingValues(array, minima, from, to)
      const given: number[] = []
      for (let value = ascending.next(); value >= 0; value = ascending.next()) given.push(value)
      expect(given).toEqual([...new Set(list.slice(from, to))].sort((x, y) => x - y))
    }),
    { numRuns: 500 },
  )
})
