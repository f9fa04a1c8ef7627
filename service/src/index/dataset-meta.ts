import type { MatchSettings } from './match-settings.ts'

/** Changes whenever a reader of the old layout would misread the new one. */
export const FORMAT = 4

/** What a dataset says of itself. */
export interface DatasetMeta {
  format: number
  /** The first 16 hexadecimal digits of the SHA-256 of format, settings, mean score, index, and texts. */
  version: string
  entries: number
  /** Entries of a block of texts, a power of two. */
  blockEntries: number
  /** Parts of the index, and the bytes that they have together, uncompressed. */
  indexParts: number
  indexBytes: number
  /** The mean score of all entries. */
  meanScore: number
  match: MatchSettings
}

const VERSION = /^\w{1,64}$/

/**
 * Reads the meta of a dataset.
 * @throws {Error} when it is of another format or cannot be right
 */
export function parseMeta(json: string): DatasetMeta {
  const meta = JSON.parse(json) as DatasetMeta
  if (meta.format !== FORMAT) {
    throw new Error(
      `the dataset has format ${meta.format}, this service reads ${FORMAT}: build it again with npm run dataset`,
    )
  }
  // It stands in headers and in JSON as it is.
  if (!VERSION.test(meta.version ?? '')) throw new Error('the dataset has no version of 1 to 64 letters and digits')
  const counts = [meta.entries, meta.blockEntries, meta.indexParts, meta.indexBytes]
  if (!counts.every((count) => Number.isSafeInteger(count) && count > 0) || !Number.isFinite(meta.meanScore)) {
    throw new Error('the dataset has a meta that cannot be right')
  }
  return meta
}
