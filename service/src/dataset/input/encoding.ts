/**
 * Decodes the bytes of a file as UTF-8, as UTF-16 if a byte order mark or zero bytes indicate it, or in a given
 * encoding.
 */
import { isAscii, isUtf8 } from 'node:buffer'
import { StringDecoder } from 'node:string_decoder'
import { DatasetError } from '../dataset-error.ts'
import { encodingOf } from './encoding-names.ts'

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
const WESTERN = 'windows-1252'
/**
 * Encodings to try for text that is not UTF-8, each with frequent non-ASCII letters of a language. If several fit
 * equally well, the first one is chosen.
 */
const LATIN: readonly (readonly [encoding: string, letters: string])[] = [
  [WESTERN, 'éèêëàâçîïôùûœ'], // French
  [WESTERN, 'äöüß'], // German
  [WESTERN, 'áéíóúñü¿¡ºª'], // Spanish
  [WESTERN, 'áàâãçéêíóôõúü'], // Portuguese
  [WESTERN, 'àèéìòù'], // Italian
  [WESTERN, 'éèêëïöüó'], // Dutch
  [WESTERN, 'åäöæøé'], // Nordic languages
  ['windows-1254', 'çğıİöşüâî'], // Turkish, before Icelandic, which shares most bytes but has more letters
  [WESTERN, 'áðéíóúýþæö'], // Icelandic
  ['windows-1250', 'áčďéěíňóřšťúůýž'], // Czech
  ['windows-1250', 'áäčďéíĺľňóôŕšťúýž'], // Slovak
  ['windows-1250', 'ąćęłńóśźż'], // Polish
  ['windows-1250', 'áéíóöőúüű'], // Hungarian
  ['windows-1250', 'ăâîşţ'], // Romanian
  ['windows-1250', 'čćđšž'], // Croatian, Slovenian
  ['windows-1257', 'ąčęėįšųūž'], // Lithuanian
  ['windows-1257', 'āčēģīķļņšūž'], // Latvian
  ['windows-1257', 'äõöüšž'], // Estonian
  ['iso-8859-2', 'áčďéěíňóřšťúůýž'],
  ['iso-8859-2', 'ąćęłńóśźż'],
]
/** Stands for the DOS encodings, such as CP437 and CP850. They share most letters. Node.js cannot decode them. */
const DOS = 'cp850'
/** The characters of the bytes from 0x80 on in CP850. */
const CP850 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00AD±‗¾¶§÷¸°¨·¹³²■\u00A0'
const VIETNAMESE = 'windows-1258'
/** Letters that no other language in these lists has, such as those with two marks. French text has none of them. */
const VIETNAMESE_TONE = /[Ạ-ỹ]/
/** Rarer encodings. Their bytes for letters often mean letters of another language in the encodings above. */
const RARE: typeof LATIN = [
  [VIETNAMESE, 'àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ'], // Vietnamese
  ...['macintosh', DOS].flatMap((encoding) =>
    LATIN.filter(([of]) => of === WESTERN).map(([, letters]) => [encoding, letters] as const),
  ),
]
/**
 * If a common encoding also fits, a rare one can be chosen only if the text has at least this many different non-ASCII
 * characters.
 */
const MIN_LETTERS_OF_RARE_ENCODING = 2
/** If a smaller fraction of the characters are letters of the language, the encoding is considered unknown. */
const MIN_FIT = 0.5
const HAN = '一-鿿'
const COMMON_HAN =
  '的一是不中大小人上下天地水山海日月年子心文生手家東东西南北京學学國国電电機机車车書书市公司新高美金花茶食'
/** Encodings of other scripts. Letters that are `possible`, but less frequent, count less. */
const OTHERS: readonly (readonly [encoding: string, letters: string, possible?: string])[] = [
  ['euc-kr', '가-힣'],
  ['windows-1251', 'оеаинтсрвлкмдпуыяі'],
  ['koi8-r', 'оеаинтсрвлкмдпуыя'],
  ['iso-8859-5', 'оеаинтсрвлкмдпуыя'],
  ['ibm866', 'оеаинтсрвлкмдпуыя'],
  ['windows-1253', 'αοιετσνηυρπκλμςάέίόήύώ'],
  ['windows-1255', 'יוהלאמתברשנםן'],
  ['windows-1256', 'ايلمنوربتةعدهسفحقكج'],
  ['windows-874', 'านรกอเงมยลวดทสตบปคะแไใ่้ัีิุ'],
  ['shift_jis', 'ぁ-ヺー', HAN],
  ['gb18030', COMMON_HAN, HAN],
  ['big5', COMMON_HAN, HAN],
  ['euc-jp', 'ぁ-ヺー', HAN],
]
/** How much a possible letter counts, compared with a frequent one. */
const POSSIBLE = 0.8
/** How much a frequent symbol counts. These symbols have the same bytes in several encodings. */
const SYMBOL = 0.9
const SYMBOLS = /[‘’“”„–—…•€«»°®™©·½]/g
/** Encodings with the letters of several languages, for text that mixes these languages. */
const MIXED: typeof LATIN = [
  [WESTERN, 'à-öø-ÿœ¿¡ºª'],
  ['windows-1250', 'áăâäąčćďđéęěëíîľĺłńňóôőöŕřšśşťţúůüűýžźż'],
]
/** The weight of a letter in {@link MIXED}. Such letters are less reliable evidence. */
const MIXED_WEIGHT = 0.9
/**
 * Non-ASCII letters that are unlikely in Latin text: three or more in a row, capital letters after small ones, and most
 * single letters that are not part of a word.
 */
const UNLIKELY_LATIN = /[^\0-\x7F]{3,}|(?<=[a-z])(?!\p{ASCII})\p{Lu}|(?<!\p{L})(?![\0-\x7Fàáâéèêíóôªº])\p{L}(?!\p{L})/gu
/** Letters of other scripts next to Latin letters. */
const MIXED_SCRIPTS = /(?<=[a-z])[^\0-\x7F]|[^\0-\x7F](?=[a-z])/gi

/** Information about bytes that could not be decoded or were decoded incorrectly. Updated while a file is decoded. */
export interface DecodingFaults {
  /** The encoding in which the file is read. */
  encoding: string
  /** Whether there are bytes that are invalid in this encoding. */
  found: boolean
  /** The first invalid byte, if the encoding is UTF-8. */
  byte?: number
  /** The encoding that the file probably has, if it is not UTF-8. Undefined if it is unclear. */
  guess?: string
  /** Number of replacement characters in the decoded text. */
  replaced: number
  /** Number of bytes minus number of UTF-16 code units. Each valid non-ASCII UTF-8 character adds at least 1. */
  surplus: number
  /** Whether the file is read in another encoding, although it is valid UTF-8 and not only ASCII. Set at the end. */
  isUtf8: boolean
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
  const named = encodingOf(encoding ?? 'utf-8')
  if (named === undefined) {
    throw new DatasetError(
      `the encoding ${JSON.stringify(encoding)} is unknown: use a name such as utf-8, utf-16le, windows-1252, or euc-kr`,
    )
  }
  let decoder: ChunkDecoder | undefined
  for await (const chunk of withHead(chunks)) {
    decoder ??= startDecoder(chunk, named, faults)
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

function startDecoder(head: Buffer, named: string, faults: DecodingFaults): ChunkDecoder {
  const marked = BYTE_ORDER_MARKS.find(([start]) => start.every((byte, at) => head[at] === byte))?.[1]
  faults.encoding = marked ?? (named === 'utf-8' ? (utf16Of(head) ?? named) : named)
  if (faults.encoding === 'utf-8') return new Utf8Decoder(faults)
  const decoder = new TextDecoder(faults.encoding)
  const note = (text: string) => {
    faults.found ||= text.includes('\uFFFD')
    return text
  }
  const check = new Utf8Check()
  return {
    decode: (chunk) => {
      check.push(chunk)
      // Without `stream`, Node.js 20 decodes the bytes 0x80 to 0x9F of windows-1252 as control characters.
      return note(decoder.decode(chunk, { stream: true }))
    },
    end: () => {
      faults.isUtf8 = check.end()
      return note(decoder.decode())
    },
  }
}

/** Checks whether bytes are valid UTF-8 and not only ASCII. */
class Utf8Check {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true })
  private isValid = true
  private hasOthers = false

  push(chunk: Buffer): void {
    if (!this.isValid) return
    this.hasOthers ||= !isAscii(chunk)
    this.decode(() => this.decoder.decode(chunk, { stream: true }))
  }

  end(): boolean {
    if (this.isValid) this.decode(() => this.decoder.decode())
    return this.isValid && this.hasOthers
  }

  private decode(decode: () => string): void {
    try {
      decode()
    } catch {
      this.isValid = false
    }
  }
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

/** The number of bytes before a chunk that may belong to its first character. */
const MAX_BYTES_BEFORE = 3

class Utf8Decoder implements ChunkDecoder {
  private readonly decoder = new StringDecoder('utf8')
  private readonly faults: DecodingFaults
  private before: Buffer = Buffer.alloc(0)
  private last: Buffer = Buffer.alloc(0)

  constructor(faults: DecodingFaults) {
    this.faults = faults
  }

  decode(chunk: Buffer): string {
    const isFirst = this.last.length === 0
    this.before = this.last
    this.last = chunk
    const text = this.decoder.write(chunk)
    this.faults.surplus += chunk.length - text.length
    this.note(text)
    return isFirst ? text.replace(/^\uFEFF/, '') : text
  }

  end(): string {
    const text = this.decoder.end()
    this.note(text, true)
    return text
  }

  private note(text: string, isLast = false): void {
    if (!text.includes('\uFFFD')) return
    this.faults.replaced += text.match(REPLACEMENT)?.length ?? 0
    if (this.faults.byte !== undefined) return
    const bytes = Buffer.concat([this.before.subarray(-MAX_BYTES_BEFORE), this.last])
    const at = firstInvalid(bytes, this.before.length === 0, isLast)
    if (at === undefined) return
    this.faults.found = true
    this.faults.byte = bytes[at] as number
    const guess = guessEncoding(bytes.subarray(Math.max(0, at - 1), at + SAMPLE_BYTES))
    if (guess !== undefined) this.faults.guess = guess
  }
}

/**
 * Returns the position of the first invalid UTF-8 byte. The bytes may begin and end inside a character, except at the
 * beginning and the end of the file.
 */
function firstInvalid(bytes: Buffer, isFirst: boolean, isLast: boolean): number | undefined {
  let at = 0
  if (!isFirst) while (at < MAX_BYTES_BEFORE && continuesCharacter(bytes[at] ?? 0)) at += 1
  while (at < bytes.length) {
    const byte = bytes[at] as number
    if (continuesCharacter(byte)) return at
    const end = at + (byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4)
    if (end > bytes.length && !isLast && bytes.subarray(at + 1).every(continuesCharacter)) return undefined
    if (byte >= 0x80 && !isUtf8(bytes.subarray(at, end))) return at
    at = end
  }
  return undefined
}

/** Whether a byte is a UTF-8 continuation byte. */
const continuesCharacter = (byte: number) => (byte & 0xc0) === 0x80

/** Guesses the encoding of bytes that are not UTF-8. Returns undefined if it is unclear or not supported by Node.js. */
export function guessEncoding(bytes: Buffer): string | undefined {
  let best = { encoding: WESTERN, fit: 0 }
  let rare = best
  const consider = (encoding: string, fit: number) => {
    if (fit > best.fit) best = { encoding, fit }
  }
  // Decode the text only once for all languages that share an encoding.
  const decoded = new Map<string, string>()
  const lettersIn = (encoding: string) => {
    const known = decoded.get(encoding) ?? nonAscii(bytes, encoding, UNLIKELY_LATIN)
    decoded.set(encoding, known)
    return known
  }
  for (const [encoding, letters] of LATIN) consider(encoding, fitOf(lettersIn(encoding), letters))
  for (const [encoding, letters] of MIXED) consider(encoding, MIXED_WEIGHT * fitOf(lettersIn(encoding), letters))
  for (const [encoding, letters, possible] of OTHERS) {
    consider(encoding, fitOf(nonAscii(bytes, encoding, MIXED_SCRIPTS), letters, possible))
  }
  for (const [encoding, letters] of RARE) {
    if (encoding === VIETNAMESE && !VIETNAMESE_TONE.test(lettersIn(encoding))) continue
    const fit = fitOf(lettersIn(encoding), letters)
    if (fit > rare.fit) rare = { encoding, fit }
  }
  const isClear = new Set(lettersIn(rare.encoding)).size >= MIN_LETTERS_OF_RARE_ENCODING || best.fit < MIN_FIT
  const isOther = isClear && lettersIn(rare.encoding) !== lettersIn(best.encoding)
  if (isOther && rare.fit === best.fit && best.fit > 0) return undefined
  if (isOther && rare.fit > best.fit) best = rare
  if (best.encoding === DOS) return undefined
  return best.fit < MIN_FIT && lettersIn(best.encoding) !== '' ? undefined : best.encoding
}

/**
 * Returns the non-ASCII characters of bytes in an encoding.
 * @param unlikely pattern of unlikely characters, which are replaced by U+FFFD
 */
function nonAscii(bytes: Buffer, encoding: string, unlikely: RegExp): string {
  const text =
    encoding === DOS
      ? bytes.toString('latin1').replaceAll(/[\x80-\xFF]/g, (byte) => CP850.charAt(byte.charCodeAt(0) - 0x80))
      : new TextDecoder(encoding).decode(bytes, { stream: true })
  return text
    .normalize('NFC')
    .replaceAll(unlikely, (run) => '\uFFFD'.repeat(run.length))
    .replaceAll(/[\0-\x7F]/g, '')
}

/** Returns how well characters fit a language: the fraction of them that are its letters. */
function fitOf(text: string, letters: string, possible = ''): number {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0
  const frequent = count(new RegExp(`[${letters}]`, 'gi'))
  const others = possible === '' ? 0 : count(new RegExp(`(?![${letters}])[${possible}]`, 'g'))
  return (frequent + POSSIBLE * others + SYMBOL * count(SYMBOLS)) / text.length
}
