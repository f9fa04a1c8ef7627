import { isMatchSettings, type MatchSettings } from './match-settings.ts'

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
const CANNOT_BE_RIGHT = 'the dataset has a meta that cannot be right'

/**
 * Reads the meta of a dataset.
 * @throws {Error} when it is of another format or cannot be right
 */
export function parseMeta(json: string): DatasetMeta {
  const meta = parseObject(json) as Partial<DatasetMeta>
  if (meta.format !== FORMAT) {
    const format = Number.isFinite(meta.format) ? `format ${meta.format}` : 'no format'
    throw new Error(`the dataset has ${format}, this service reads ${FORMAT}: build it again with npm run dataset`)
  }
  // It stands in headers and in JSON as it is.
  if (typeof meta.version !== 'string' || !VERSION.test(meta.version)) {
    throw new Error('the dataset has no version of 1 to 64 letters and digits')
  }
  const counts = [meta.entries, meta.blockEntries, meta.indexParts, meta.indexBytes]
  const isRight = counts.every(isCount) && Number.isFinite(meta.meanScore) && isMatchSettings(meta.match)
  if (!isRight) throw new Error(CANNOT_BE_RIGHT)
  return meta as DatasetMeta
}

function parseObject(json: string): object {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new Error(CANNOT_BE_RIGHT)
  }
  if (typeof value === 'object' && value !== null) return value
  throw new Error(CANNOT_BE_RIGHT)
}

const isCount = (count: number | undefined) => Number.isSafeInteger(count) && (count as number) > 0
