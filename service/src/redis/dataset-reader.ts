import type { Redis } from 'ioredis'
import { type DatasetMeta, parseMeta } from '../index/dataset-meta.ts'
import { fromIndexPart } from '../index/index-parts.ts'
import { type IndexArrays, toIndexArrays } from '../index/search-index.ts'
import { decodeIndex } from '../index/stored-index.ts'
import { indexKey, metaKey } from './dataset-keys.ts'

/** The index of a dataset version, in shared memory. */
export interface LoadedIndex {
  meta: DatasetMeta
  arrays: IndexArrays
}

/**
 * Reads the index of a dataset version from Redis.
 * @throws {Error} if a part is missing or damaged, or Redis fails
 */
export async function readIndex(redis: Redis, version: string): Promise<LoadedIndex> {
  const json = await redis.get(metaKey(version))
  if (json === null) throw missing(version, 'the metadata')
  const meta = decoded(version, () => parseMeta(json))
  if (meta.version !== version)
    throw new Error(`the metadata of dataset ${version} names another version, ${meta.version}`)
  const parts: Buffer[] = []
  for (let part = 0; part < meta.indexParts; part++) {
    const value = await redis.getBuffer(indexKey(version, part))
    if (value === null) throw missing(version, `part ${part} of the index`)
    parts.push(decoded(version, () => fromIndexPart(value)))
  }
  return decoded(version, () => ({ meta, arrays: arraysOf(meta, Buffer.concat(parts)) }))
}

function arraysOf(meta: DatasetMeta, bytes: Buffer): IndexArrays {
  if (bytes.length !== meta.indexBytes)
    throw new Error(`the index has ${bytes.length} bytes, expected ${meta.indexBytes}`)
  const stored = decodeIndex(bytes)
  if (stored.entryCount !== meta.entries)
    throw new Error(`the index has ${stored.entryCount} entries, expected ${meta.entries}`)
  return toIndexArrays(stored, meta.meanScore)
}

const missing = (version: string, what: string) =>
  new Error(`${what} of dataset ${version} is missing: publish it again`)

function decoded<T>(version: string, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    throw new Error(`dataset ${version} cannot be read: ${(error as Error).message}`)
  }
}
