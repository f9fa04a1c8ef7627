/**
 * Compares the search with the reference: every answer must be the same as that of a full scan of all entries under the
 * rules in docs/matching.md.
 */
import { it } from 'vitest'
import { buildSearch } from '../testing/build-search.ts'
import { expectReferenceIn, expectReferenceInCatalogs } from '../testing/matching-properties.ts'
import { productTitles } from '../testing/product-titles.ts'
import { Random } from '../testing/random.ts'
import { realLists } from '../testing/real-lists.ts'

const { FUZZ_SEED = '1', FUZZ_RUNS = '800' } = process.env
it(`the search gives the same answers as a scan of generated catalogs (FUZZ_SEED=${FUZZ_SEED})`, {
  timeout: 600_000,
}, () => {
  expectReferenceInCatalogs(buildSearch, Number(FUZZ_RUNS), Number(FUZZ_SEED))
})

it('the search gives the same answers as a scan of real lists in many languages', { timeout: 240_000 }, async () => {
  for (const { entries } of await realLists()) expectReferenceIn(entries, buildSearch, 12, new Random(1))
})

it('the search gives the same answers as a scan of product titles', { timeout: 120_000 }, () => {
  expectReferenceIn([...productTitles(2000, 3)], buildSearch, 60, new Random(2))
})
