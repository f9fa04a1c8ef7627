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
 * @throws {Error} when it is not all there, is not what the builder wrote, or Redis fails
 */
export async function readIndex(redis: Redis, version: string): Promise<LoadedIndex> {
  const json = await redis.get(metaKey(version))
  if (json === null) throw notWhole(version, 'its meta')
  const meta = decoded(version, () => parseMeta(json))
  if (meta.version !== version) throw new Error(`its dataset ${version} says that it is ${meta.version}`)
  const parts: Buffer[] = []
  for (let part = 0; part < meta.indexParts; part++) {
    const value = await redis.getBuffer(indexKey(version, part))
    if (value === null) throw notWhole(version, `part ${part} of its index`)
    parts.push(decoded(version, () => fromIndexPart(value)))
  }
  return decoded(version, () => ({ meta, arrays: arraysOf(meta, Buffer.concat(parts)) }))
}

function arraysOf(meta: DatasetMeta, bytes: Buffer): IndexArrays {
  if (bytes.length !== meta.indexBytes) throw new Error('the index has another length than the meta says')
  const stored = decodeIndex(bytes)
  if (stored.entryCount !== meta.entries) throw new Error('the index has another number of entries than the meta says')
  return toIndexArrays(stored)
}

const notWhole = (version: string, what: string) => new Error(`its dataset ${version} lacks ${what}; publish it again`)

function decoded<T>(version: string, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    throw new Error(`its dataset ${version} cannot be read: ${(error as Error).message}`)
  }
}
