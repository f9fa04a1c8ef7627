import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'

/** Bytes of a part before it is compressed: one is read while others are waited for. */
const PART_BYTES = 2 ** 21
const CHECKSUM_BYTES = 4

/** Cuts an index into parts for Redis, each a checksum and compressed bytes. */
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
 * The bytes of a part.
 * @throws {Error} when it is not what {@link toIndexParts} wrote
 */
export function fromIndexPart(part: Buffer): Buffer {
  const bytes = inflated(part.subarray(CHECKSUM_BYTES))
  if (!bytes || crc32(bytes) !== part.readUInt32LE()) throw new Error('a part of the index is not what was written')
  return bytes
}

function inflated(bytes: Buffer): Buffer | undefined {
  try {
    return inflateRawSync(bytes, { maxOutputLength: PART_BYTES })
  } catch {
    return undefined
  }
}
