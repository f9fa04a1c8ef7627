/**
 * Decodes the bytes of a file as UTF-8, as UTF-16 if a byte order mark or zero bytes indicate it, or in a given
 * encoding.
 */
import { isUtf8 } from 'node:buffer'
import { StringDecoder } from 'node:string_decoder'
import { DatasetError } from '../dataset-error.ts'

/** Number of bytes used to detect the encoding if there is no byte order mark. */
const HEAD_BYTES = 4096
/** Number of bytes used to guess the encoding of a file that is not UTF-8. */
const SAMPLE_BYTES = 65_536
const REPLACEMENT = /\uFFFD/g
const BYTE_ORDER_MARKS: readonly (readonly [start: readonly number[], encoding: string])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
]
/**
 * Encodings to try for text that is not UTF-8. `part` is the minimum fraction of the non-ASCII characters that must be
 * `letters`.
 */
const GUESSES: readonly (readonly [encoding: string, letters: RegExp, part: number])[] = [
  ['euc-kr', /[가-힣]/g, 0.9],
  ['windows-1251', /[а-яё]/gi, 0.9],
  ['shift_jis', /[ぁ-ヺ]/g, 0.25],
  ['euc-jp', /[ぁ-ヺ]/g, 0.25],
  ['gb18030', /[一-鿿]/g, 0.8],
]
const WESTERN = 'windows-1252'

/**
 * Whether files can be read in this encoding. Accepts the labels of the WHATWG Encoding Standard that Node.js supports.
 */
export function isEncoding(encoding: string): boolean {
  try {
    return new TextDecoder(encoding) !== undefined
  } catch {
    return false
  }
}

/** Information about bytes that could not be decoded. Updated while a file is decoded. */
export interface DecodingFaults {
  /** The encoding in which the file is read. */
  encoding: string
  /** Whether there are bytes that are invalid in this encoding. */
  found: boolean
  /** The first invalid byte, if the encoding is UTF-8. */
  byte?: number
  /** The encoding that the file probably has, if it is not UTF-8. */
  guess?: string
  /** Number of replacement characters in the decoded text. */
  replaced: number
  /** Number of bytes minus UTF-16 units. Each valid non-ASCII UTF-8 character adds at least 1. */
  surplus: number
}

/**
 * Decodes the bytes of a file. Invalid bytes become U+FFFD.
 * @param encoding encoding of files without a byte order mark (default UTF-8, or UTF-16 if detected by zero bytes)
 * @param faults updated with information about bytes that could not be decoded
 * @throws {DatasetError} if the encoding is unknown
 */
export async function* decode(
  chunks: AsyncIterable<Buffer>,
  encoding: string | undefined,
  faults: DecodingFaults,
): AsyncGenerator<string> {
  if (encoding !== undefined && !isEncoding(encoding)) {
    throw new DatasetError(
      `the encoding ${JSON.stringify(encoding)} is unknown: use a name such as utf-8, utf-16le, windows-1252, or euc-kr`,
    )
  }
  let decoder: ChunkDecoder | undefined
  for await (const chunk of withHead(chunks)) {
    decoder ??= startDecoder(chunk, encoding, faults)
    yield decoder.decode(chunk)
  }
  if (decoder) yield decoder.end()
}

/** Joins chunks so that the first one is long enough to detect the encoding. */
async function* withHead(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of chunks) {
    if (head === undefined) yield chunk
    else {
      head = Buffer.concat([head, chunk])
      if (head.length < HEAD_BYTES) continue
      yield head
      head = undefined
    }
  }
  if (head && head.length > 0) yield head
}

interface ChunkDecoder {
  decode(chunk: Buffer): string
  end(): string
}

function startDecoder(head: Buffer, given: string | undefined, faults: DecodingFaults): ChunkDecoder {
  const marked = BYTE_ORDER_MARKS.find(([start]) => start.every((byte, at) => head[at] === byte))?.[1]
  const named = new TextDecoder(given).encoding
  faults.encoding = marked ?? (named === 'utf-8' ? (utf16Of(head) ?? named) : named)
  if (faults.encoding === 'utf-8') return new Utf8Decoder(faults)
  const decoder = new TextDecoder(faults.encoding)
  const note = (text: string) => {
    faults.found ||= text.includes('\uFFFD')
    return text
  }
  // Without `stream`, Node.js 20 decodes the bytes 0x80 to 0x9F of windows-1252 as control characters.
  return { decode: (chunk) => note(decoder.decode(chunk, { stream: true })), end: () => note(decoder.decode()) }
}

/** Detects UTF-16 without a byte order mark: in each ASCII character, one of the two bytes is zero. */
function utf16Of(bytes: Buffer): string | undefined {
  const zeros = [0, 0] as [even: number, odd: number]
  const end = Math.min(bytes.length, HEAD_BYTES)
  for (let at = 0; at < end; at += 1) if (bytes[at] === 0) zeros[(at % 2) as 0 | 1] += 1
  const few = Math.max(2, end / 40)
  const [even, odd] = zeros
  if (odd >= few && even * 4 < odd) return 'utf-16le'
  return even >= few && odd * 4 < even ? 'utf-16be' : undefined
}

class Utf8Decoder implements ChunkDecoder {
  private readonly decoder = new StringDecoder('utf8')
  private readonly faults: DecodingFaults
  private isFirst = true
  private last: Buffer = Buffer.alloc(0)

  constructor(faults: DecodingFaults) {
    this.faults = faults
  }

  decode(chunk: Buffer): string {
    const text = this.decoder.write(chunk)
    this.faults.surplus += chunk.length - text.length
    this.note(text, chunk)
    this.last = chunk
    if (!this.isFirst) return text
    this.isFirst = false
    return text.replace(/^\uFEFF/, '')
  }

  end(): string {
    const text = this.decoder.end()
    this.note(text, this.last, true)
    return text
  }

  private note(text: string, chunk: Buffer, isLast = false): void {
    if (!text.includes('\uFFFD')) return
    this.faults.replaced += text.match(REPLACEMENT)?.length ?? 0
    if (this.faults.byte !== undefined) return
    const at = firstInvalid(chunk, this.isFirst, isLast)
    if (at === undefined) return
    this.faults.found = true
    this.faults.byte = chunk[at] as number
    this.faults.guess = guessEncoding(chunk.subarray(at, at + SAMPLE_BYTES))
  }
}

/**
 * Returns the position of the first invalid UTF-8 byte. Chunks may begin and end inside a character, except at the
 * beginning and the end of the file.
 */
function firstInvalid(bytes: Buffer, isFirst: boolean, isLast: boolean): number | undefined {
  let at = 0
  if (!isFirst) while (at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1
  while (at < bytes.length) {
    const byte = bytes[at] as number
    const length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
    if (at + length > bytes.length && !isLast) return undefined
    if (length > 1 && !isUtf8(bytes.subarray(at, at + length))) return at
    at += length
  }
  return undefined
}

/** Guesses the encoding of bytes that are not UTF-8. */
export function guessEncoding(bytes: Buffer): string {
  let high = 0
  let pairs = 0
  for (let at = 0; at < bytes.length; at += 1) {
    if ((bytes[at] as number) < 0x80) continue
    high += 1
    if ((bytes[at + 1] ?? 0) >= 0x80 || (bytes[at - 1] ?? 0) >= 0x80) pairs += 1
  }
  // In Western languages, most accented letters are next to ASCII letters.
  if (pairs * 2 < high) return WESTERN
  const fits = GUESSES.find(([encoding, letters, part]) => {
    const text = new TextDecoder(encoding).decode(bytes, { stream: true }).replaceAll(/[\0-\x7F]/g, '')
    const invalid = text.match(REPLACEMENT)?.length ?? 0
    return invalid * 20 <= text.length && (text.match(letters)?.length ?? 0) >= part * text.length
  })
  return fits?.[0] ?? WESTERN
}
