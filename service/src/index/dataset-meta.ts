import { isMatchSettings, type MatchSettings } from './match-settings.ts'

/** The version of the data layout in Redis. Increase it when older readers would misread the data. */
export const FORMAT = 10

/** The description that is stored with a dataset. */
export interface DatasetMeta {
  format: number
  /** The first 16 hexadecimal digits of a SHA-256 hash of the format, settings, mean score, index, and texts. */
  version: string
  entries: number
  /** The number of entries per block of texts. */
  blockEntries: number
  /** The number of index parts, and their total size before compression, in bytes. */
  indexParts: number
  indexBytes: number
  /** The mean score of all entries. */
  meanScore: number
  match: MatchSettings
}

const VERSION = /^\w{1,64}$/
const INVALID = 'the metadata of the dataset is invalid: build the dataset again with npm run dataset'

/**
 * Parses and checks the metadata of a dataset.
 * @throws {Error} if the format is not {@link FORMAT}, or a value is missing or invalid
 */
export function parseMeta(json: string): DatasetMeta {
  const meta = parseObject(json) as Partial<DatasetMeta>
  if (meta.format !== FORMAT) {
    const format = Number.isFinite(meta.format) ? `format ${meta.format}` : 'no format'
    throw new Error(`the dataset has ${format}, expected format ${FORMAT}: build it again with npm run dataset`)
  }
  // The version is written to headers and JSON unescaped.
  if (typeof meta.version !== 'string' || !VERSION.test(meta.version)) {
    throw new Error('the version of the dataset must be 1 to 64 letters, digits, or underscores')
  }
  const counts = [meta.entries, meta.blockEntries, meta.indexParts, meta.indexBytes]
  const isValid = counts.every(isCount) && Number.isFinite(meta.meanScore) && isMatchSettings(meta.match)
  if (!isValid) throw new Error(INVALID)
  return meta as DatasetMeta
}

function parseObject(json: string): object {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new Error(INVALID)
  }
  if (typeof value === 'object' && value !== null) return value
  throw new Error(INVALID)
}

const isCount = (count: number | undefined) => Number.isSafeInteger(count) && (count as number) > 0
