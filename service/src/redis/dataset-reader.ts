import type { Redis } from 'ioredis'
import { type DatasetMeta, parseMeta } from '../index/dataset-meta.ts'
import { fromIndexPart } from '../index/index-parts.ts'
import { type IndexArrays, toIndexArrays } from '../index/search-index.ts'
import { decodeIndex } from '../index/stored-index.ts'
import { indexKey, metaKey } from './dataset-keys.ts'

/** The index of a dataset version, in memory that threads can share. */
export interface LoadedIndex {
  meta: DatasetMeta
  arrays: IndexArrays
}

/**
 * Reads the index of a dataset version.
 * @throws {Error} when it is not all there, or is not what the builder wrote
 */
export async function readIndex(redis: Redis, version: string): Promise<LoadedIndex> {
  const json = await redis.get(metaKey(version))
  if (json === null) throw new Error(`its dataset ${version} is not whole`)
  const meta = parseMeta(json)
  if (meta.version !== version) throw new Error(`its dataset ${version} says that it is ${meta.version}`)
  const parts: Buffer[] = []
  for (let part = 0; part < meta.indexParts; part++) {
    const value = await redis.getBuffer(indexKey(version, part))
    if (value === null) throw new Error(`its dataset ${version} is not whole`)
    parts.push(fromIndexPart(value))
  }
  const bytes = Buffer.concat(parts)
  if (bytes.length !== meta.indexBytes) throw new Error("the dataset's index has another length than its meta says")
  const stored = decodeIndex(bytes)
  if (stored.entryCount !== meta.entries) throw new Error("the dataset's index has other entries than its meta says")
  return { meta, arrays: toIndexArrays(stored) }
}
