import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'

/**
 * The number of uncompressed bytes per part. Replies with parts of this size stay far below the output buffer limit in
 * redis.conf.
 */
const PART_BYTES = 2 ** 21
const CHECKSUM_BYTES = 4

/** Splits an index into parts for Redis. Each part is a checksum followed by compressed bytes. */
export function toIndexParts(bytes: Uint8Array): Buffer[] {
  const parts: Buffer[] = []
  for (let from = 0; from < bytes.length; from += PART_BYTES) {
    const part = bytes.subarray(from, from + PART_BYTES)
    const checksum = Buffer.alloc(CHECKSUM_BYTES)
    checksum.writeUInt32LE(crc32(part))
    parts.push(Buffer.concat([checksum, deflateRawSync(part)]))
  }
  return parts
}

/**
 * Decompresses a part and verifies its checksum.
 * @throws {Error} if the part is damaged
 */
export function fromIndexPart(part: Buffer): Buffer {
  const bytes = inflated(part.subarray(CHECKSUM_BYTES))
  if (!bytes || crc32(bytes) !== part.readUInt32LE())
    throw new Error('a part of the index is damaged: it does not match its checksum')
  return bytes
}

function inflated(bytes: Buffer): Buffer | undefined {
  try {
    return inflateRawSync(bytes, { maxOutputLength: PART_BYTES })
  } catch {
    return undefined
  }
}
