/** Searches entries in tests, without Redis or threads. */
import { DatasetBuilder } from '../dataset/build.ts'
import { fromIndexPart } from '../index/index-parts.ts'
import { DEFAULT_MATCH_SETTINGS } from '../index/match-settings.ts'
import { SearchIndex, toIndexArrays } from '../index/search-index.ts'
import { decodeIndex } from '../index/stored-index.ts'
import { entriesOfBlock, TextBlock } from '../index/text-blocks.ts'
import { Searcher } from '../search/search.ts'
import { fromBinary } from '../text/strings.ts'
import type { Build } from './matching-properties.ts'

/** Builds a dataset, decodes it as the service does, and searches it. */
export const buildSearch: Build = (entries, { halfLifeDays, settings }) => {
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
      if (!lines) throw new Error(`block ${block} of the texts is invalid`)
      const line = lines.line(entry % blockEntries)
      const details = line.details === '' ? {} : (JSON.parse(fromBinary(line.details)) as { p?: unknown })
      return { text: JSON.parse(`"${fromBinary(line.text)}"`) as string, match: found, score, payload: details.p }
    })
}
