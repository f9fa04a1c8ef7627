/**
 * Compares the search with the reference: every answer must be the same as that of a full scan of all entries under the
 * rules in docs/matching.md.
 */
import { expect, it } from 'vitest'
import { DatasetBuilder } from '../dataset/build.ts'
import { fromIndexPart } from '../index/index-parts.ts'
import { DEFAULT_MATCH_SETTINGS } from '../index/match-settings.ts'
import { SearchIndex, toIndexArrays } from '../index/search-index.ts'
import { decodeIndex } from '../index/stored-index.ts'
import { entriesOfBlock, TextBlock } from '../index/text-blocks.ts'
import { type Build, expectReferenceIn, expectReferenceInCatalogs } from '../testing/matching-properties.ts'
import { productTitles } from '../testing/product-titles.ts'
import { Random } from '../testing/random.ts'
import { realLists } from '../testing/real-lists.ts'
import { fromBinary } from '../text/strings.ts'
import { Searcher } from './search.ts'

/** Builds a dataset, loads it as the service does, and searches it. */
const build: Build = (entries, { halfLifeDays, settings }) => {
  const builder = new DatasetBuilder()
  for (const entry of entries) builder.add(entry)
  const match = { ...DEFAULT_MATCH_SETTINGS, ...settings }
  const dataset = builder.build({ match, ...(halfLifeDays !== undefined && { halfLifeDays }) })
  const values = new Map([...dataset.keys()].map(([key, value]) => [key.replace(/^.*?:(?:[\da-f]{16}:)?/, ''), value]))
  const parts = Array.from({ length: dataset.meta.indexParts }, (_, part) => values.get(`index:${part}`) as Buffer)
  const index = new SearchIndex(
    toIndexArrays(decodeIndex(Buffer.concat(parts.map(fromIndexPart))), dataset.meta.meanScore),
  )
  const searcher = new Searcher(index, match, dataset.meta.meanScore)
  const { blockEntries } = dataset.meta
  return (query) =>
    searcher.search(query).map(({ entry, match: found, score }) => {
      const block = Math.floor(entry / blockEntries)
      const lines = TextBlock.decode(block, values.get(`texts:${block}`) as Buffer, entriesOfBlock(block, dataset.meta))
      expect(lines).toBeDefined()
      const line = (lines as TextBlock).line(entry % blockEntries)
      const details = line.details === '' ? {} : (JSON.parse(fromBinary(line.details)) as { p?: unknown })
      return { text: JSON.parse(`"${fromBinary(line.text)}"`) as string, match: found, score, payload: details.p }
    })
}

it('equals a scan of generated catalogs', { timeout: 120_000 }, () => {
  expectReferenceInCatalogs(build, 400)
})

it('equals a scan of real lists in many languages', { timeout: 240_000 }, async () => {
  for (const { entries } of await realLists()) expectReferenceIn(entries, build, 12, new Random(1))
})

it('equals a scan of product titles', { timeout: 120_000 }, () => {
  expectReferenceIn([...productTitles(2000, 3)], build, 60, new Random(2))
})
