/** Accents of Latin, Greek and Cyrillic letters; the marks of other scripts tell words apart. */
const ACCENTS = /[\u0300-\u036F]/g
/** Letters that are typed as others, but that Unicode does not take apart. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ς: 'σ',
}
const SPECIAL_LETTERS = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g')
/** ASCII and Hangul syllables, of which only the case can be wrong: the most of what is typed. */
const PLAIN = /^[!-~가-힣]+(?: [!-~가-힣]+)* ?$/

/**
 * The form in which a text is compared: NFKC, lower case, no accents, every run of white space and control characters one space,
 * none in front.
 *
 * The lower case of Σ is another at the end of a word, where a word that is still being typed always ends; both are σ here.
 * A trailing space stays, because "new " asks for "new york" and not for "newton". The dataset builder applies this
 * to entries (and trims the end), the service to queries; both must use this one function.
 */
export function normalize(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase()
  return text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .replace(SPECIAL_LETTERS, (letter) => LETTERS[letter] as string)
    .normalize('NFKC')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trimStart()
}

/** Orders strings by UTF-16 code units, the order of `<`, in which all keys with one prefix stand together. */
export function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Whether `text` has more than `max` Unicode code points. */
export function exceedsCodePoints(text: string, max: number): boolean {
  if (text.length <= max) return false
  let count = 0
  for (const _ of text) {
    count += 1
    if (count > max) return true
  }
  return false
}

const NOT_ASCII = /\P{ASCII}/u

/** The UTF-8 bytes of a text as a binary string, one in each character: text that is all ASCII stays as it is. */
export function toBinary(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text).toString('latin1') : text
}
