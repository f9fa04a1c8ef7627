import { expect, it } from 'vitest'
import { type Build, expectReferenceIn, expectReferenceInCatalogs } from './matching-properties.ts'
import { productTitles } from './product-titles.ts'
import { Random } from './random.ts'
import { referenceDataset } from './reference-dataset.ts'
import { referenceSearch } from './reference-search.ts'

const reference: Build = (entries, options) => {
  const dataset = referenceDataset(entries, options)
  return (query) => referenceSearch(dataset, query).map(({ entry, ...rest }) => ({ ...rest, payload: entry.payload }))
}

/** A search that ignores part of the query. */
const faulty =
  (change: { boosts?: []; filters?: [] }): Build =>
  (entries, options) => {
    const search = reference(entries, options)
    return (query) => search({ ...query, ...change })
  }

it('accepts a search that equals the reference', () => {
  expectReferenceInCatalogs(reference, 10, 1)
  expectReferenceIn([...productTitles(100, 1)], reference, 20, new Random(1))
})

it('rejects a search that ignores filters or boosts', () => {
  expect(() => expectReferenceInCatalogs(faulty({ filters: [] }), 300, 1)).toThrow()
  expect(() => expectReferenceInCatalogs(faulty({ boosts: [] }), 300, 1)).toThrow()
  expect(() => expectReferenceIn([...productTitles(100, 1)], faulty({ filters: [] }), 100, new Random(1))).toThrow()
})
