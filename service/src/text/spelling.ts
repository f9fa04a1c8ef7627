import { jamoAsLetters } from './hangul.ts'

/** ASCII without upper-case letters and the grave accent, and Hangul syllables, with single spaces: its own spelling. */
const PLAIN = /^[!-@[-_a-~가-힣]+(?: [!-@[-_a-~가-힣]+)* ?$/
/** Characters that are not seen, but for the zero-width non-joiner, which separates words in Persian. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}|\p{Cf}/gu
const NON_JOINER = /\u200C/g
const APOSTROPHES = /[\u2018\u2019\u201B\u02BC\u02BB\u2032\uFF07`\u00B4]/g
const SPACES = /[\s\p{Cc}]+/gu

/**
 * The spelling of a text: what tells entries apart. NFKC and lower case, without invisible format characters, with plain
 * apostrophes, every run of white space and control characters as one space, and no space in front. Space at the end stays as
 * one space, because `new ` asks for New York and not for Newton.
 *
 * Entries and queries must both go through this function.
 */
export function spelling(text: string): string {
  if (PLAIN.test(text)) return text
  const plain = text
    // Before NFKC, which makes a space and an accent of the acute accent.
    .replace(APOSTROPHES, "'")
    .normalize('NFKC')
    .replace(NON_JOINER, '_')
    .replace(INVISIBLE, '')
    .toLowerCase()
    // Lower case of some capitals, such as İ, is not composed.
    .normalize('NFKC')
  // NFKC makes apostrophes of other characters, such as ŉ and ″.
  return jamoAsLetters(plain).replace(APOSTROPHES, "'").replace(SPACES, ' ').trimStart()
}
