/**
 * Handles text as Korean users type it: letter by letter (`장바ㄱ`), or by initials (`ㅈㅂㄱㄴ`). "Letters" are Hangul
 * Compatibility Jamo (U+3131 to U+3163), as typed by a keyboard.
 */
import { assemble, disassemble } from 'es-hangul'

const HANGUL = /[\u1100-\u1112\u1161-\u1175\u11A8-\u11C2ㄱ-ㅣ가-힣]/
const CONSONANT = /[ㄱ-ㅎ]/
const SYLLABLE = /[가-힣]/
const FIRST_SYLLABLE = 0xac00
const SYLLABLES_PER_INITIAL = 588
const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'

const LETTER_OF_JAMO = new Map(
  Array.from({ length: 0x3164 - 0x3131 }, (_, at) => String.fromCharCode(0x3131 + at)).map((letter) => [
    letter.normalize('NFKC'),
    letter,
  ]),
)

/** Whether a string contains Hangul syllables or letters. */
export function hasHangul(text: string): boolean {
  return HANGUL.test(text)
}

/** No Hangul letter has a lower code point. */
export const FIRST_HANGUL = 0x1100

/** The code points of the first and last Hangul Compatibility Jamo. */
const [FIRST_LETTER, LAST_LETTER] = [0x3131, 0x3163]

/** Whether a code point is a Hangul syllable or letter. */
export function isHangul(codePoint: number): boolean {
  if (codePoint < FIRST_HANGUL) return false
  return (codePoint >= FIRST_LETTER && codePoint <= LAST_LETTER) || HANGUL.test(String.fromCodePoint(codePoint))
}

/** Splits Hangul into keystrokes: `장바ㄱ` into `ㅈㅏㅇㅂㅏㄱ`, `과` into `ㄱㅗㅏ`, `값` into `ㄱㅏㅂㅅ`. Other characters stay. */
export function keystrokes(text: string): string {
  return hasHangul(text) ? disassemble(jamoAsLetters(text)) : text
}

const VOWEL = /[ㅏ-ㅣ]/
/** For each vowel, the vowels that an input method joins with it if they come next. */
const JOINED_TO: Readonly<Record<string, string>> = { ㅗ: 'ㅏㅐㅣ', ㅜ: 'ㅓㅔㅣ', ㅡ: 'ㅣ' }
/** A vowel, possibly joined with the next one. */
const JOINED_VOWEL = [...Object.entries(JOINED_TO).map(([vowel, next]) => `${vowel}[${next}]?`), VOWEL.source].join('|')
/** A vowel that remains outside of syllables, or the longest text without such vowels. */
const LONE_VOWEL_OR_REST = new RegExp(`(?:[^ㅏ-ㅣ]|(?<=[ㄱ-ㅎ])(?:${JOINED_VOWEL}))+|${JOINED_VOWEL}`, 'g')

/** The last result of {@link syllables}. A search often joins the letters of a text that is already joined. */
let lastJoined = ''

/** Joins letters into syllables, as an input method does. Reverses {@link keystrokes}. */
export function syllables(letters: string): string {
  if (!hasHangul(letters) || letters === lastJoined) return letters
  // es-hangul rejects letters that follow two joined vowels without an initial, such as `ㅘㄱ`.
  lastJoined = keystrokes(letters).replace(LONE_VOWEL_OR_REST, (part) => assemble([...part]))
  return lastJoined
}

/**
 * Replaces syllables with their initials: `장바구니 2` with `ㅈㅂㄱㄴ 2`. Splits joined consonants: `ㄳ` into `ㄱㅅ`. Other
 * characters stay.
 */
export function initials(text: string): string {
  return withSingleConsonants(text).replace(/[가-힣]/g, initialOf)
}

/** Whether a string contains a consonant outside of syllables, which may be the initial of a syllable. */
export function hasInitials(text: string): boolean {
  return CONSONANT.test(jamoAsLetters(text))
}

/** Whether a string ends with a syllable, which may still be incomplete. */
function endsWithSyllable(text: string): boolean {
  return SYLLABLE.test(text.slice(-1))
}

/**
 * Whether each character of `typed` equals the character of `text` at the same position, or the initial of that
 * character: `장ㅂㄱ` fits `장바구니`.
 * @param isComposing whether a syllable at the end may be incomplete (`장ㅂ구`), or end with the initial of the next
 * syllable (`ㅈ박`)
 */
export function fitsInitials(text: string, typed: string, isComposing = false): boolean {
  const [whole, wanted] = [withSingleConsonants(text), withSingleConsonants(typed)]
  const end = isComposing && endsWithSyllable(wanted) ? wanted.length - 1 : wanted.length
  for (let at = 0; at < end; at++) {
    const [letter, own] = [wanted[at] as string, whole[at]]
    if (own === undefined || (own !== letter && (CONSONANT.test(letter) ? initialOf(own) !== letter : true)))
      return false
  }
  return end === wanted.length || keystrokes(whole.slice(end)).startsWith(keystrokes(wanted.slice(end)))
}

/**
 * Whether a text may fit the initials. This is a fast check before {@link fitsInitials}: false means that the text does
 * not fit, and true means that only {@link fitsInitials} can tell.
 * @param units the UTF-16 code units of the text, which may be truncated to the length of `typed`
 * @param count number of code units
 */
export function mayFitInitials(units: Uint16Array, count: number, typed: string): boolean {
  const last = typed.length - 1
  for (let at = 0; at <= last; at++) {
    const wanted = typed.charCodeAt(at)
    if (isLetterOfSyllables(wanted) && !INITIALS.includes(typed.charAt(at))) return true
    if (at === count) return at === last && isSyllable(wanted)
    const own = units[at] as number
    // A letter of the text, such as ㄳ, may be split into two consonants. That shifts all later positions.
    if (isLetterOfSyllables(own)) return true
    if (isLetterOfSyllables(wanted)) {
      if (!isSyllable(own) || initialOfSyllable(own) !== wanted) return false
    } else if (own !== wanted && !(at === last && isSyllable(wanted))) return false
  }
  return true
}

/** Whether a UTF-16 code unit is a Hangul syllable. */
export const isSyllable = (unit: number): boolean =>
  unit >= FIRST_SYLLABLE && unit < FIRST_SYLLABLE + INITIALS.length * SYLLABLES_PER_INITIAL

/** Whether a UTF-16 code unit is a Hangul letter, and not a syllable. */
const isLetterOfSyllables = (unit: number) => (unit >= 0x3130 && unit <= 0x318f) || (unit >= 0x1100 && unit <= 0x11ff)

/**
 * Returns the initial consonant if a UTF-16 code unit is a syllable, and the unit itself otherwise. Returns undefined
 * for a letter that may consist of several consonants.
 */
export function initialUnit(unit: number): number | undefined {
  if (isSyllable(unit)) return initialOfSyllable(unit)
  return isLetterOfSyllables(unit) && !INITIALS.includes(String.fromCharCode(unit)) && !isVowel(unit) ? undefined : unit
}

function initialOf(letter: string): string {
  const unit = letter.charCodeAt(0)
  return isSyllable(unit) ? String.fromCharCode(initialOfSyllable(unit)) : letter
}

const initialOfSyllable = (syllable: number) =>
  INITIALS.charCodeAt(Math.floor((syllable - FIRST_SYLLABLE) / SYLLABLES_PER_INITIAL))

/** Converts conjoining jamo outside of syllables back to letters. NFKC converts letters to these jamo. */
export function jamoAsLetters(text: string): string {
  return text.replace(/[\u1100-\u1112\u1161-\u1175\u11A8-\u11C2]/g, (jamo) => LETTER_OF_JAMO.get(jamo) ?? jamo)
}

/** Splits joined consonants outside of syllables: `ㄳ` into `ㄱㅅ`. */
export function withSingleConsonants(text: string): string {
  return jamoAsLetters(text).replace(/[ㄳㄵㄶㄺ-ㅀㅄ]/g, (joined) => disassemble(joined))
}

/** The beginning of a string: `head` followed by a UTF-16 code unit from `low` to `high`. */
export interface Beginning {
  head: string
  low: number
  high: number
}

const VOWELS = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ'
const FINALS = ['', ...'ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ']
/**
 * Vowels that can become joined vowels, each with the last joined vowel that it can become. In {@link VOWELS}, the
 * joined vowels directly follow the vowel.
 */
const LAST_VOWEL: Readonly<Record<string, string>> = { ㅗ: 'ㅚ', ㅜ: 'ㅟ', ㅡ: 'ㅢ' }
/** Finals that can become joined finals, each with the first and the last joined final that it can become. */
const LONGER_FINALS: Readonly<Record<string, readonly [string, string]>> = {
  ㄱ: ['ㄳ', 'ㄳ'],
  ㄴ: ['ㄵ', 'ㄶ'],
  ㄹ: ['ㄺ', 'ㅀ'],
  ㅂ: ['ㅄ', 'ㅄ'],
}
const SYLLABLES_PER_VOWEL = 28

/**
 * The result of the last call to {@link composedBeginnings}. A search needs the beginnings of the same text several
 * times.
 */
let lastComposed: { text: string; beginnings: readonly Beginning[] } = { text: '', beginnings: [] }

/**
 * Returns the beginnings of words that a string may become while its last syllable is typed: `각` may become `갃` or
 * `가가`, `고` may become `곰` or `과`, and `ㄱ` may become `가`. Words that begin with the string itself are not necessarily
 * covered. Returns an empty array unless the string ends with Hangul.
 */
export function composedBeginnings(text: string): readonly Beginning[] {
  if (text === '' || text.charCodeAt(text.length - 1) < FIRST_HANGUL) return []
  if (text !== lastComposed.text) lastComposed = { text, beginnings: compose(text) }
  return lastComposed.beginnings
}

function compose(text: string): Beginning[] {
  const last = text.slice(-1)
  const head = text.slice(0, -1)
  if (INITIALS.includes(last) && last !== '') return [{ head, ...syllablesOf(last) }, ...longerLetters(head, last)]
  if (VOWELS.includes(last) && last !== '') {
    const high = LAST_VOWEL[last]
    return high ? [{ head, low: last.charCodeAt(0), high: high.charCodeAt(0) }] : []
  }
  if (!isSyllable(last.charCodeAt(0))) return []
  const code = last.charCodeAt(0) - FIRST_SYLLABLE
  const final = FINALS[code % SYLLABLES_PER_VOWEL] as string
  const open = code - (code % SYLLABLES_PER_VOWEL)
  const unit = (offset: number) => FIRST_SYLLABLE + offset
  if (final === '') {
    const vowel = VOWELS[Math.floor(open / SYLLABLES_PER_VOWEL) % VOWELS.length] as string
    const more = VOWELS.indexOf(LAST_VOWEL[vowel] ?? vowel) - VOWELS.indexOf(vowel)
    return [{ head, low: unit(open), high: unit(open + more * SYLLABLES_PER_VOWEL + SYLLABLES_PER_VOWEL - 1) }]
  }
  const [first, second] = [...disassemble(final)] as [string, string | undefined]
  const rest = second ? FINALS.indexOf(first) : 0
  const before = head + String.fromCharCode(unit(open + rest))
  const initial = second ?? first
  const next = [
    { head: before, ...syllablesOf(initial) },
    { head: before, low: initial.charCodeAt(0), high: initial.charCodeAt(0) },
    ...longerLetters(before, initial),
  ]
  const longer = LONGER_FINALS[final]
  if (!longer) return next
  const [low, high] = longer.map((longest) => unit(open + FINALS.indexOf(longest))) as [number, number]
  return [{ head, low, high }, ...next]
}

/** Returns the joined consonants outside of syllables that a consonant may become: `ㄱ` may become `ㄳ`. */
function longerLetters(head: string, consonant: string): Beginning[] {
  const longer = LONGER_FINALS[consonant]
  return longer ? [{ head, low: longer[0].charCodeAt(0), high: longer[1].charCodeAt(0) }] : []
}

/** Returns the range of syllables with a given initial. */
function syllablesOf(initial: string): { low: number; high: number } {
  const low = FIRST_SYLLABLE + INITIALS.indexOf(initial) * SYLLABLES_PER_INITIAL
  return { low, high: low + SYLLABLES_PER_INITIAL - 1 }
}

const [FIRST_VOWEL, LAST_VOWEL_LETTER] = [0x314f, 0x3163]

/** Whether a UTF-16 code unit is a vowel that is not part of a syllable. */
const isVowel = (unit: number) => unit >= FIRST_VOWEL && unit <= LAST_VOWEL_LETTER

const [FIRST_CONSONANT, LAST_CONSONANT] = [0x3131, 0x314e]

/** Whether a UTF-16 code unit is a consonant that is not part of a syllable. */
const isConsonant = (unit: number) => unit >= FIRST_CONSONANT && unit <= LAST_CONSONANT

/** Whether a string contains a vowel that is not part of a syllable. */
export const hasVowelLetter = (text: string) => VOWEL.test(text)

/**
 * Whether a vowel would remain outside of syllables if the letters of a string were joined into syllables. Ignores all
 * characters that are not Hangul letters. This check is fast, because it does not actually join letters.
 */
export function hasLoneVowel(letters: string): boolean {
  /** The vowels that can be joined with the previous letter. */
  let before = ''
  let isAfterConsonant = false
  for (let at = 0; at < letters.length; at++) {
    const unit = letters.charCodeAt(at)
    if (!isLetterOfSyllables(unit)) continue
    const letter = letters.charAt(at)
    if (!isVowel(unit)) {
      isAfterConsonant = true
      before = ''
    } else if (isAfterConsonant) {
      isAfterConsonant = false
      before = JOINED_TO[letter] ?? ''
    } else if (before.includes(letter)) before = ''
    else return true
  }
  return false
}

/** The consonants that can be the final of a syllable, without joined consonants. */
export const SINGLE_FINALS = 'ㄱㄲㄴㄷㄹㅁㅂㅅㅆㅇㅈㅊㅋㅌㅍㅎ'
const JOINED_FINALS = new Set('ㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ'.split('').map((joined) => disassemble(joined)))

/**
 * Returns the initial consonants of the syllables that letters form when they are joined, up to the first character
 * that is not a Hangul letter. A consonant that stays alone counts as an initial.
 * @param letters keystrokes; must not begin with a vowel
 */
export function firstInitials(letters: string): string {
  let found = ''
  let at = 0
  while (isConsonant(letters.charCodeAt(at))) {
    found += letters.charAt(at++)
    if (!isVowel(letters.charCodeAt(at))) continue
    while (isVowel(letters.charCodeAt(at))) at += 1
    // Skip the final, if any. A consonant before a vowel is an initial.
    const length = JOINED_FINALS.has(letters.slice(at, at + 2)) ? 2 : SINGLE_FINALS.includes(letters.charAt(at)) ? 1 : 0
    at += isVowel(letters.charCodeAt(at + length)) ? length - 1 : length
  }
  return found
}

const LONE_LETTER = /[ㄱ-ㅣ]/

/** Joins letters with the syllable before them if possible, as an input method does: `가ㄴ` becomes `간`. */
export function joinedSyllables(text: string): string {
  return LONE_LETTER.test(text) ? syllables(text) : text
}
