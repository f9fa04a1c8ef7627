/** Scripts that need special treatment in matching. */
import { isDigit } from './strings.ts'

/** Kana, and letters of other scripts without spaces. All of these letters stand for sounds. */
const SOUNDS = '\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}\\u30FC'
/** Letters of scripts that are written without spaces. `Intl.Segmenter` finds their words. */
export const UNSPACED = `\\p{sc=Han}${SOUNDS}`
/** Hangul syllables and letters. */
export const HANGUL = '\\p{sc=Hangul}'

const ONLY_SOUNDS = new RegExp(`^[${SOUNDS}\\p{M}]+$`, 'u')
/** Half of a letter outside the basic plane. */
const SURROGATE = /[\uD800-\uDFFF]/
const ONLY_FREELY_SPACED = new RegExp(`^[${UNSPACED}${HANGUL}\\p{M}]+$`, 'u')
/** The first mark. All letters of freely spaced scripts have higher codes. */
const FIRST_MARK = 0x300
const FREELY_SPACED = new RegExp(`[${UNSPACED}${HANGUL}]`, 'u')

/** Whether a string that begins with this UTF-16 code unit may be freely spaced. This check is cheap. */
export const mayBeFreelySpaced = (first: number): boolean => first >= FIRST_MARK

/**
 * Whether a string has only letters, with their marks, of scripts with optional or no spaces: Hangul, Han, kana, Thai,
 * Lao, Khmer, and Myanmar.
 */
export function isFreelySpaced(text: string): boolean {
  return mayBeFreelySpaced(text.charCodeAt(0)) && ONLY_FREELY_SPACED.test(text)
}

/**
 * Whether a word can be part of a run: it has only kana, or Thai, Lao, Khmer, or Myanmar letters, all in the basic
 * plane, so that each letter is one UTF-16 code unit. See `typo` in docs/matching.md.
 */
export function isRunWord(text: string): boolean {
  return text.charCodeAt(0) > 0x0e00 && ONLY_SOUNDS.test(text) && !SURROGATE.test(text)
}

/** Whether a string has a letter of a script with optional or no spaces. */
export function hasFreelySpaced(text: string): boolean {
  return FREELY_SPACED.test(text)
}

/**
 * Whether a UTF-16 code unit is a letter of a script with optional or no spaces. Low surrogates, and the high
 * surrogates of rare Han characters, count as letters.
 */
export function isFreelySpacedUnit(unit: number): boolean {
  if (unit < 0x0e00) return false
  if (unit >= 0xac00 && unit <= 0xd7a3) return true
  if ((unit >= 0xd840 && unit <= 0xd8ff) || (unit >= 0xdc00 && unit <= 0xdfff)) return true
  return FREELY_SPACED.test(String.fromCharCode(unit))
}

const SINGLE_LETTER = /^\p{L}$/u

/** Whether a code point of a folded text is a letter of a script that is not freely spaced. Surrogates do not count. */
export function isSpacedLetter(codePoint: number): boolean {
  if (codePoint < 0x80) return codePoint >= 0x61 && codePoint <= 0x7a
  return isSingleLetter(String.fromCodePoint(codePoint))
}

/** Whether a text is a single letter of a script that is not freely spaced. */
export const isSingleLetter = (text: string): boolean => SINGLE_LETTER.test(text) && !isFreelySpaced(text)

const NUMBER = /^\p{N}$/u

/** Whether a code point is a digit or number of any script. */
export const isNumber = (codePoint: number): boolean =>
  codePoint < 0x80 ? isDigit(codePoint) : NUMBER.test(String.fromCodePoint(codePoint))

/** Minimum number of digits of a number that people write with or without separators. */
export const LONG_NUMBER_DIGITS = 6
const LONG_NUMBER = new RegExp(`^[0-9]{${LONG_NUMBER_DIGITS},}$`)
const STARTS_WITH_DIGIT = /^[0-9]/

/**
 * Whether a string is a number of at least {@link LONG_NUMBER_DIGITS} ASCII digits, such as a phone number. People
 * often omit the separators of such numbers.
 */
export const isLongNumber = (text: string): boolean => LONG_NUMBER.test(text)

const SHORT_NUMBER = new RegExp(`^[0-9]{1,${LONG_NUMBER_DIGITS - 1}}(?![0-9])`)

/** Whether a word begins with fewer than {@link LONG_NUMBER_DIGITS} digits. */
export const isShortNumber = (word: string): boolean => SHORT_NUMBER.test(word)

/** Whether a text may be written with or without spaces: text in freely spaced scripts, and long numbers. */
export const hasFreeSpaces = (text: string): boolean => isFreelySpaced(text) || isLongNumber(text)

/** Whether a word of a name can be part of a string for which {@link hasFreeSpaces} is true. */
export const continuesFreely = (text: string, word: string): boolean =>
  isLongNumber(text) ? STARTS_WITH_DIGIT.test(word) : isFreelySpaced(word)

const SYLLABIC = /^[\p{sc=Hangul}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\u30FC]+$/u

/**
 * Whether a string has only Hangul, Han, and kana. Each of these characters carries as much information as several
 * letters of an alphabet.
 */
export function isSyllabic(text: string): boolean {
  return text.charCodeAt(0) > 0x0e00 && SYLLABIC.test(text)
}
