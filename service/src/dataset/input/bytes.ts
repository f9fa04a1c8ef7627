/** Opens a file and yields its bytes. Unpacks files that are compressed by gzip. */
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { DatasetError } from '../dataset-error.ts'

/** Maximum size of a chunk, in bytes. */
export const CHUNK_BYTES = 1 << 18

const GZIP = '1f8b08'
/** File formats that cannot be read, each with its first bytes in hexadecimal and the advice for the user. */
const OTHER_FORMATS: readonly (readonly [start: RegExp, advice: string])[] = [
  [/^504b0304/, 'it is a ZIP archive or an Excel workbook: unpack it, or save it as CSV'],
  [/^d0cf11e0a1b11ae1/, 'it is an Excel workbook: save it as CSV'],
  [/^28b52ffd/, 'it is compressed with zstd: unpack it, or use gzip'],
  [/^fd377a585a00/, 'it is compressed with xz: unpack it, or use gzip'],
  [/^425a683.314159265359/, 'it is compressed with bzip2: unpack it, or use gzip'],
  [/^5041523115/, 'it is a Parquet file: save it as CSV or JSON lines'],
  [/^(?:fffe0000|0000feff)/, 'it is encoded in UTF-32: convert it to UTF-8, for example with iconv'],
]
const LONGEST_START = 16

/** Options for reading bytes. */
export interface ByteOptions {
  /** Called with the fraction of the file's bytes (compressed, if the file is) that has been read, from 0 to 1. */
  onProgress?: (part: number) => void
  /** Stops reading. */
  signal?: AbortSignal
}

/**
 * Reads the bytes of a regular file. Recognizes gzip by its first bytes, not by the file name.
 * @throws {DatasetError} if the file is not a regular file, is in another format, or is damaged
 * @throws {Error} if Node.js cannot read the file
 */
export async function* readBytes(file: string, { onProgress, signal }: ByteOptions): AsyncGenerator<Buffer> {
  const stats = await stat(file)
  // A pipe or a device may never end.
  if (!stats.isFile()) throw new DatasetError('it is not a regular file')
  const start = await firstBytes(file)
  rejectOtherFormats(start)
  const isPacked = start.startsWith(GZIP)
  const raw = createReadStream(file, { highWaterMark: CHUNK_BYTES })
  // The callback can ignore errors, because the iteration throws them, too.
  const source = isPacked ? pipeline(raw, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}) : raw
  let isFirst = true
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      signal?.throwIfAborted()
      if (isFirst && isPacked) rejectPackedTwice(chunk.toString('hex', 0, LONGEST_START))
      isFirst = false
      onProgress?.(raw.bytesRead / stats.size)
      yield chunk
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (!String(code).startsWith('Z_')) throw error
    throw new DatasetError(`its gzip data is damaged or truncated (${message})`)
  }
}

function rejectOtherFormats(start: string): void {
  const advice = OTHER_FORMATS.find(([pattern]) => pattern.test(start))?.[1]
  if (advice !== undefined) throw new DatasetError(advice)
}

/** @param start the first decompressed bytes, in hexadecimal */
function rejectPackedTwice(start: string): void {
  if (start.startsWith(GZIP)) throw new DatasetError('it is compressed with gzip twice: decompress it once')
  rejectOtherFormats(start)
}

async function firstBytes(file: string): Promise<string> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LONGEST_START), 0, LONGEST_START, 0)
    return buffer.toString('hex', 0, bytesRead)
  } finally {
    await handle.close()
  }
}
