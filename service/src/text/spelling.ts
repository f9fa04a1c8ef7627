import { jamoAsLetters } from './hangul.ts'

/**
 * Text that equals its spelling: Hangul syllables and ASCII, without capitals and grave accents, with single spaces,
 * and without a space at the beginning.
 */
const PLAIN = /^[!-@[-_a-~가-힣]+(?: [!-@[-_a-~가-힣]+)* ?$/
/**
 * Invisible characters. The zero-width non-joiner, which separates words in Persian, is replaced before invisible
 * characters are removed.
 */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}|\p{Cf}/gu
const NON_JOINER = /\u200C/g
const APOSTROPHES = /[\u2018\u2019\u201B\u02BC\u02BB\u2032\uFF07`\u00B4]/g
const SPACES = /[\s\p{Cc}]+/gu
/** NFKC would convert these to letters: `Kindle™` to `kindletm`. */
const TRADEMARK_SIGNS = /[\u2122\u2120]/g
/** NFKC would join these with the digits before them: `1½` to `11⁄2`. */
const FRACTIONS = /[\u00BC-\u00BE\u2150-\u215F\u2189]/g
const MULTIPLICATION_SIGN = /\u00D7/g
const SHARP = /\u266F/g
/** The lower case of İ, which looks like an i. */
const DOTTED_I = /i\u0307+/g

/**
 * Returns the spelling of a text. Entries with the same spelling and contexts are duplicates. The spelling differs from
 * the text in these ways:
 *
 * - it is in NFKC and lower case
 * - invisible format characters are removed
 * - apostrophes are ASCII
 * - fractions such as ½ begin with a space
 * - `×` is `x`, `♯` is `#`, `™` is `®`, and the lower case of `İ` is `i`
 * - each run of white space and control characters is one space
 * - white space at the beginning is removed
 *
 * A space at the end stays, because `new ` must match New York, but not Newton.
 *
 * Use this function for both entries and queries.
 */
export function spelling(text: string): string {
  if (PLAIN.test(text)) return text
  const plain = text
    // Apostrophes are replaced first, because NFKC converts an acute accent to a space and a combining accent.
    .replace(APOSTROPHES, "'")
    .replace(FRACTIONS, ' $&')
    .replace(TRADEMARK_SIGNS, '®')
    .replace(MULTIPLICATION_SIGN, 'x')
    .replace(SHARP, '#')
    .normalize('NFKC')
    .replace(NON_JOINER, '_')
    .replace(INVISIBLE, '')
  // An i without its dot may be composed with another mark: the lower case of İ́ is í.
  const lower = lowerCase(plain).normalize('NFKC')
  // NFKC converts some other characters, such as ŉ and ″, to apostrophes.
  return jamoAsLetters(lower).replace(APOSTROPHES, "'").replace(SPACES, ' ').trimStart()
}

/** Converts a text to lower case. The lower case of `İ` is `i`, without a combining dot. */
export function lowerCase(text: string): string {
  return text.toLowerCase().replace(DOTTED_I, 'i')
}
