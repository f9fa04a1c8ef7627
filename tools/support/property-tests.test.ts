import fc from 'fast-check'
import { expect, it } from 'vitest'

it('property tests generate values as long as maxLength', () => {
  const lengths = fc
    .sample(fc.array(fc.nat(), { maxLength: 400 }), { numRuns: 200, seed: 1 })
    .map(({ length }) => length)
  expect(Math.max(...lengths)).toBeGreaterThan(300)
})
