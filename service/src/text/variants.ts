/**
 * Equivalent spellings that folding cannot unify, because they depend on a letter that may not have been typed yet, or
 * on several words.
 */
import { LONG_NUMBER_DIGITS } from './scripts.ts'

/** Offsets in the blocks of Indic scripts. All of these blocks have the same order of letters. */
const [CANDRABINDU, ANUSVARA, VIRAMA] = [0x01, 0x02, 0x4d]
/** For each nasal, the range of consonants before which it may be written as an anusvara: the first and the last. */
const NASALS = [
  { nasal: 0x19, first: 0x15, last: 0x18 },
  { nasal: 0x1e, first: 0x1a, last: 0x1d },
  { nasal: 0x23, first: 0x1f, last: 0x22 },
  { nasal: 0x28, first: 0x24, last: 0x27 },
  { nasal: 0x2e, first: 0x2a, last: 0x2d },
]
/** Devanagari, Bengali, Gujarati, Odia, Telugu, and Kannada. */
const BLOCKS = [0x0900, 0x0980, 0x0a80, 0x0b00, 0x0c00, 0x0c80]

const REPLACEMENTS = BLOCKS.flatMap((block) => {
  const letter = (offset: number) => String.fromCharCode(block + offset)
  return NASALS.map(({ nasal, first, last }) => {
    const next = `(?=[${letter(first)}-${letter(last)}])`
    return {
      anusvara: letter(ANUSVARA),
      nasal: letter(nasal) + letter(VIRAMA),
      anusvaras: new RegExp(`[${letter(CANDRABINDU)}${letter(ANUSVARA)}]${next}`, 'g'),
      nasals: new RegExp(letter(nasal) + letter(VIRAMA) + next, 'g'),
    }
  })
})
const INDIC = /[\u0900-\u0CFF]/

const ENDS_WITH_VU = /[ヴゔ]$/
/** People type ヴァ by adding the vowel to ヴ. */
const SMALL_VOWELS = ['ァ', 'ィ', 'ェ', 'ォ']
/** Before a Han character, which may not have been typed yet, か and が are also written ヶ. */
const ENDS_WITH_KA = /(?<=[\p{sc=Han}\p{Nd}])[かがカガゕヵ]$/u

/** Several chunks of digits and punctuation. A number may begin with a plus sign. */
const NUMBERS = /(?<=^| )\+?\p{P}*\p{Nd}[\p{Nd}\p{P}]*(?: \p{P}*\p{Nd}[\p{Nd}\p{P}]*)+(?= |$)/gu
const HAS_DIGIT = /\p{Nd}/u
const DIGITS = /\p{Nd}/gu
/** The letters that mean "times" between digits: Latin and Cyrillic. */
const TIMES = ['x', '\u0445']
const SIGN = /(?<=\p{Nd} ?)[x*\u0445](?= ?\p{Nd})/gu

const joinedIfLong = (numbers: string): string =>
  (numbers.match(DIGITS) ?? []).length >= LONG_NUMBER_DIGITS ? numbers.replaceAll(' ', '-') : numbers

/**
 * Returns other spellings of a query that may mean the same:
 *
 * - with each anusvara before a consonant replaced by the nasal letter that corresponds to that consonant, and vice
 *   versa: हिंदी, हिन्दी
 * - with each small vowel added after a final ヴ
 * - with ヶ in place of a final か or が after a Han character or digit
 * - with hyphens between the parts of a long number: 0170-1234567 for 0170 1234567
 * - with another sign for "times" between digits: 90x200 for 90*200
 *
 * @param spelled a spelling, as returned by `spelling`
 */
export function variantsOf(spelled: string): string[] {
  const all = [...kanaVariantsOf(spelled), ...numberVariantsOf(spelled), ...indicVariantsOf(spelled)]
  return all.filter((text) => text !== spelled)
}

function kanaVariantsOf(spelled: string): string[] {
  if (ENDS_WITH_VU.test(spelled)) return SMALL_VOWELS.map((vowel) => spelled + vowel)
  return ENDS_WITH_KA.test(spelled) ? [`${spelled.slice(0, -1)}ヶ`] : []
}

function numberVariantsOf(spelled: string): string[] {
  if (!HAS_DIGIT.test(spelled)) return []
  return [spelled.replaceAll(NUMBERS, joinedIfLong), ...TIMES.map((sign) => spelled.replaceAll(SIGN, sign))]
}

function indicVariantsOf(spelled: string): string[] {
  if (!INDIC.test(spelled)) return []
  let [withNasals, withAnusvaras] = [spelled, spelled]
  for (const { anusvara, nasal, anusvaras, nasals } of REPLACEMENTS) {
    withNasals = withNasals.replace(anusvaras, nasal)
    withAnusvaras = withAnusvaras.replace(nasals, anusvara)
  }
  return [withNasals, withAnusvaras]
}
