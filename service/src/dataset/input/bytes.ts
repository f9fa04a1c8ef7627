/** Opens a file and yields its bytes. Decompresses files that are compressed with gzip. */
import { createReadStream, type Stats } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { DatasetError } from '../dataset-error.ts'

/** Maximum size of a chunk, in bytes. */
export const CHUNK_BYTES = 1 << 18

const SAVE_ROWS = 'save it as CSV or JSON lines'
/** File formats that cannot be read, each with its first bytes as Latin-1 text and the advice for the user. */
const OTHER_FORMATS: readonly (readonly [start: string | RegExp, advice: string])[] = [
  ['PK\x03\x04', 'it is a ZIP archive or an Excel workbook: unpack it, or save it as CSV'],
  ['PK\x05\x06', 'it is an empty ZIP archive'],
  ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'it is an Excel workbook: save it as CSV'],
  ['\x28\xb5\x2f\xfd', 'it is compressed with zstd: unpack it, or use gzip'],
  ['\xfd7zXZ\0', 'it is compressed with xz: unpack it, or use gzip'],
  [/^BZh.1AY&SY/s, 'it is compressed with bzip2: unpack it, or use gzip'],
  ['\x04\x22\x4d\x18', 'it is compressed with lz4: unpack it, or use gzip'],
  ['Rar!\x1a\x07', 'it is a RAR archive: unpack it'],
  ['7z\xbc\xaf\x27\x1c', 'it is a 7z archive: unpack it'],
  [/^.{257}ustar/s, 'it is a tar archive: unpack it'],
  ['PAR1\x15', `it is a Parquet file: ${SAVE_ROWS}`],
  ['Obj\x01', `it is an Avro file: ${SAVE_ROWS}`],
  [/^ORC.*\0/s, `it is an ORC file: ${SAVE_ROWS}`],
  [/^(?:ARROW1|FEA1)\0/, `it is an Arrow file: ${SAVE_ROWS}`],
  ['\xff\xff\xff\xff', `it is an Arrow stream: ${SAVE_ROWS}`],
  ['\x89HDF\r\n', `it is an HDF5 file: ${SAVE_ROWS}`],
  ['\x93NUMPY', `it is a NumPy array: ${SAVE_ROWS}`],
  ...['\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'].map(
    (start) => [start, `it is a Python pickle: ${SAVE_ROWS}`] as const,
  ),
  [/^(?:RDX\d\n)?X\n\0/, `it is an R data file: ${SAVE_ROWS}`],
  [/^.{4}\p{Cc}_id\0/su, 'it is a BSON dump: export the collection with mongoexport'],
  ['PGDMP\x01', 'it is a PostgreSQL archive: export the table as CSV'],
  ['SQLite format 3\0', 'it is an SQLite database: export the table as CSV'],
  [/^REDIS\d{4}/, 'it is a Redis database file: pass the files that it was built from'],
  [/^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html[^>]*>\s*<|table[\s>])/i, 'it is a web page: download the data itself'],
  [
    /^(?:\xef\xbb\xbf)?\s*<(?:\?xml\b|[a-z][\w:.-]*(?:\s[^<>]*)?>\s*<[a-z])/i,
    'it is an XML file: save the data as CSV',
  ],
  [
    // Tables with frames, and the first lines of the vertical formats of MySQL (`\G`), PostgreSQL (`\x`), and
    // ClickHouse.
    /^(?:\xef\xbb\xbf)?\s*(?:\xe2\x94[\x8c\x8f]\xe2\x94|\xe2\x95[\x94\xad]\xe2|\+-{2,}[+-]*\+\r?\n|\*{9,} 1\. row|-\[ RECORD 1 \]|Row 1:\r?\n\xe2)/,
    'it is a table for reading in a terminal: export the table as CSV',
  ],
  [
    /^(?:\/\*[^\n]*\n|--[^\n]*\n|\s)*(?:--\s*(?:MySQL|MariaDB|PostgreSQL|phpMyAdmin)\b|INSERT INTO\s+[^\s,]+\s*(?:\(|VALUES)|CREATE TABLE\s+[^\n,\t]*\(|DROP TABLE IF EXISTS\s[^\n]*;|PRAGMA \w+ ?= ?\w+;|SET \w+ = [^\n]*;)/,
    'it is an SQL dump: export the table as CSV',
  ],
  ['{\\rtf', 'it is an RTF document: save it as plain text'],
  ['%PDF-', 'it is a PDF document: save the data as CSV'],
  ['version https://git-lfs', 'it is a Git LFS pointer: fetch the data with "git lfs pull"'],
  ['\xff\xfe\0\0', 'it is encoded in UTF-32: convert it to UTF-8, for example with iconv'],
  ['\0\0\xfe\xff', 'it is encoded in UTF-32: convert it to UTF-8, for example with iconv'],
]
/** Number of bytes that are needed to recognize every format. The signature of a tar archive is inside its header. */
const LONGEST_START = 262
const GZIP = '\x1f\x8b\x08'

export interface ByteOptions {
  /**
   * Called with the fraction of the file that has been read, from 0 to 1. In a compressed file, this is the fraction of
   * the compressed bytes.
   */
  onProgress?: (part: number) => void
  /** Aborts reading. */
  signal?: AbortSignal
}

/**
 * Reads the bytes of a regular file. Recognizes gzip by its first bytes, not by the file name.
 * @throws {DatasetError} if the file is not a regular file, is in another format, or is damaged
 * @throws {Error} if Node.js cannot read the file
 */
export async function* readBytes(file: string, { onProgress, signal }: ByteOptions): AsyncGenerator<Buffer> {
  const { size } = await requireRegular(file)
  const start = await firstBytes(file)
  const advice = adviceOn(start)
  if (advice !== undefined) throw new DatasetError(advice)
  const isGzipped = start.startsWith(GZIP)
  const raw = createReadStream(file, { highWaterMark: CHUNK_BYTES })
  // The callback can ignore errors, because the iteration throws them, too.
  const source = isGzipped ? pipeline(raw, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}) : raw
  let isFirst = true
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      signal?.throwIfAborted()
      if (isFirst && isGzipped) rejectDoubleGzip(chunk.toString('latin1', 0, LONGEST_START))
      isFirst = false
      onProgress?.(raw.bytesRead / size)
      yield chunk
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (!String(code).startsWith('Z_')) throw error
    throw new DatasetError(`its gzip data is damaged or truncated (${message})`)
  }
}

/**
 * Returns advice on a file in a known format that cannot be read, or undefined if the format is unknown.
 * @throws {DatasetError} if the file is not a regular file
 * @throws {Error} if Node.js cannot read the file
 */
export async function otherFormatOf(file: string): Promise<string | undefined> {
  await requireRegular(file)
  return adviceOn(await firstBytes(file))
}

async function requireRegular(file: string): Promise<Stats> {
  const stats = await stat(file)
  // A pipe or a device may never end.
  if (!stats.isFile()) throw new DatasetError('it is not a regular file')
  return stats
}

/** @param start the first bytes, as Latin-1 text */
function adviceOn(start: string): string | undefined {
  const matches = (format: string | RegExp) =>
    typeof format === 'string' ? start.startsWith(format) : format.test(start)
  return OTHER_FORMATS.find(([format]) => matches(format))?.[1]
}

/** @param start the first decompressed bytes, as Latin-1 text */
function rejectDoubleGzip(start: string): void {
  const advice = start.startsWith(GZIP) ? 'it is compressed with gzip twice: decompress it once' : adviceOn(start)
  if (advice !== undefined) throw new DatasetError(advice)
}

async function firstBytes(file: string): Promise<string> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LONGEST_START), 0, LONGEST_START, 0)
    return buffer.toString('latin1', 0, bytesRead)
  } finally {
    await handle.close()
  }
}
