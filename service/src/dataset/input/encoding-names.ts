/** Maps the names that programs use for encodings to the names that Node.js knows. */

/** Encodings of the WHATWG Encoding Standard whose names are often written with other punctuation, or without any. */
const STANDARD = [
  ...['utf-8', 'utf-16le', 'utf-16be', 'shift_jis', 'euc-jp', 'iso-2022-jp', 'euc-kr', 'big5', 'gbk', 'gb18030'],
  ...[1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258, 874].map((page) => `windows-${page}`),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16].map((part) => `iso-8859-${part}`),
  ...['latin1', 'latin2', 'latin3', 'latin4', 'latin5', 'latin6', 'koi8-r', 'koi8-u', 'macintosh'],
]
/** Names that the standard does not contain, without punctuation, each with the encoding that it means. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  cp65001: 'utf-8',
  utf8bom: 'utf-8',
  utf8sig: 'utf-8',
  cp932: 'shift_jis',
  sjiswin: 'shift_jis',
  eucjpms: 'euc-jp',
  cp936: 'gbk',
  ms936: 'gbk',
  cp949: 'euc-kr',
  ms949: 'euc-kr',
  uhc: 'euc-kr',
  cp950: 'big5',
  ms950: 'big5',
  big5hkscs: 'big5',
  cp874: 'windows-874',
  tis620: 'windows-874',
  latin9: 'iso-8859-15',
  latin10: 'iso-8859-16',
  macroman: 'macintosh',
  cp10000: 'macintosh',
}

const withoutPunctuation = (name: string) => name.toLowerCase().replaceAll(/[^a-z\d]/g, '')

const NAMES = new Map([
  ...STANDARD.map((name) => [withoutPunctuation(name), name] as const),
  ...Object.entries(OTHER_NAMES),
])

/**
 * Returns the encoding that a name means, as a label of the WHATWG Encoding Standard that Node.js supports, or
 * undefined if the name is unknown. Also accepts the usual names of Windows code pages, Python, and iconv, such as
 * `cp932`.
 */
export function encodingOf(name: string): string | undefined {
  return labelOf(name) ?? labelOf(NAMES.get(withoutPunctuation(name)) ?? '')
}

function labelOf(name: string): string | undefined {
  try {
    return new TextDecoder(name).encoding
  } catch {
    return undefined
  }
}
