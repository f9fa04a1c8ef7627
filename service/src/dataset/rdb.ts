import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'

/**
 * Writes strings as a Redis database file (RDB), which Redis 5 or newer loads at startup.
 *
 * Building needs no Redis, and the same data always results in the same bytes. The format is defined by the constants
 * in `rdb.h` and the checksum in `crc64.c` of the Redis source (CRC-64/REDIS, polynomial 0xad93d23594c935a9,
 * reflected). The tests read the file with the real `redis-check-rdb` and `redis-server`.
 */

const RDB_VERSION = '0009'
const OPCODE_RESIZEDB = 0xfb
const OPCODE_SELECTDB = 0xfe
const OPCODE_EOF = 0xff
const TYPE_STRING = 0
/** Size of a write to the file, in bytes. */
const CHUNK_BYTES = 1 << 20

/** Called with the number of keys written so far, and the number of all keys. */
export type Progress = (written: number, total: number) => void

/**
 * Writes all pairs to `file`, which appears under its name only after it has been written completely.
 * @param count number of pairs
 * @param signal cancels writing and removes the incomplete file
 * @returns the size of the file in bytes
 */
export async function writeRdb(
  file: string,
  pairs: Iterable<[key: string, value: string | Buffer]>,
  count: number,
  progress: Progress = () => {},
  signal?: AbortSignal,
): Promise<number> {
  const partial = `${file}.${process.pid}.partial`
  const stream = createWriteStream(partial)
  // Opening and writing may fail during any `await` below, so this promise is raced against each awaited promise.
  const failed = once(stream, 'error').then(([error]) => Promise.reject(error))
  failed.catch(() => {})
  const checksum = new Crc64()
  let bytes = 0
  const write = async (chunk: Buffer) => {
    signal?.throwIfAborted()
    checksum.update(chunk)
    bytes += chunk.length
    if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), failed])
  }
  try {
    let gathered: Buffer[] = [
      Buffer.from(`REDIS${RDB_VERSION}`),
      Buffer.from([OPCODE_SELECTDB, 0, OPCODE_RESIZEDB]),
      encodeLength(count),
      encodeLength(0),
    ]
    let size = 0
    let written = 0
    for (const [key, value] of pairs) {
      const pair = [Buffer.from([TYPE_STRING]), ...encodeString(key), ...encodeString(value)]
      gathered.push(...pair)
      for (const part of pair) size += part.length
      written += 1
      if (size < CHUNK_BYTES) continue
      await write(Buffer.concat(gathered))
      progress(written, count)
      gathered = []
      size = 0
    }
    gathered.push(Buffer.from([OPCODE_EOF]))
    await write(Buffer.concat(gathered))
    const trailer = checksum.digest()
    bytes += trailer.length
    stream.end(trailer)
    await Promise.race([once(stream, 'close'), failed])
    await rename(partial, file)
    progress(written, count)
    return bytes
  } catch (error) {
    stream.destroy()
    await rm(partial, { force: true })
    throw error
  }
}

function encodeString(value: string | Buffer): [Buffer, Buffer] {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  return [encodeLength(bytes.length), bytes]
}

/** Encodes a length in 1, 2, or 5 bytes. The two most significant bits indicate the number of bytes. */
export function encodeLength(length: number): Buffer {
  if (length < 1 << 6) return Buffer.from([length])
  if (length < 1 << 14) return Buffer.from([0x40 | (length >> 8), length & 0xff])
  const bytes = Buffer.alloc(5)
  bytes[0] = 0x80
  bytes.writeUInt32BE(length, 1)
  return bytes
}

const CRC64_POLYNOMIAL_REFLECTED = 0x95ac9329ac4bc9b5n

/** CRC-64/REDIS, computed in two 32-bit halves, because BigInt would be about 50 times slower. */
export class Crc64 {
  static readonly #table = Crc64.#makeTable()
  #high = 0
  #low = 0

  static #makeTable(): { high: Uint32Array; low: Uint32Array } {
    const high = new Uint32Array(256)
    const low = new Uint32Array(256)
    for (let byte = 0; byte < 256; byte++) {
      let value = BigInt(byte)
      for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ CRC64_POLYNOMIAL_REFLECTED : value >> 1n
      high[byte] = Number(value >> 32n)
      low[byte] = Number(value & 0xffffffffn)
    }
    return { high, low }
  }

  update(bytes: Uint8Array): void {
    const table = Crc64.#table
    let high = this.#high
    let low = this.#low
    for (let at = 0; at < bytes.length; at++) {
      const index = (low ^ (bytes[at] as number)) & 0xff
      low = ((low >>> 8) | (high << 24)) ^ (table.low[index] as number)
      high = (high >>> 8) ^ (table.high[index] as number)
    }
    this.#high = high
    this.#low = low
  }

  /** Returns the checksum as RDB stores it: 8 bytes, least significant first. */
  digest(): Buffer {
    const bytes = Buffer.alloc(8)
    bytes.writeUInt32LE(this.#low >>> 0, 0)
    bytes.writeUInt32LE(this.#high >>> 0, 4)
    return bytes
  }
}
