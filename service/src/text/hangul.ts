/**
 * Forms of a text that Korean users type: letter by letter (`장바ㄱ`), and by initials (`ㅈㅂㄱㄴ`). Letters are always Hangul
 * Compatibility Jamo (U+3131 to U+3163), as a keyboard types them.
 */
import { assemble, disassemble } from 'es-hangul'

const HANGUL = /[\u1100-\u1112\u1161-\u1175\u11A8-\u11C2ㄱ-ㅣ가-힣]/
const CONSONANT = /[ㄱ-ㅎ]/
const SYLLABLE = /[가-힣]/
const FIRST_SYLLABLE = 0xac00
const SYLLABLES_PER_INITIAL = 588
const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'

/** Conjoining jamo, which NFKC makes of the others, with the letter that a keyboard types. */
const LETTER_OF_JAMO = new Map(
  Array.from({ length: 0x3164 - 0x3131 }, (_, at) => String.fromCharCode(0x3131 + at)).map((letter) => [
    letter.normalize('NFKC'),
    letter,
  ]),
)

/** Whether a text holds any Hangul, whole syllables or single letters. */
export function hasHangul(text: string): boolean {
  return HANGUL.test(text)
}

/** Every key pressed for a text: `장바ㄱ` is `ㅈㅏㅇㅂㅏㄱ`, `과` is `ㄱㅗㅏ`, `값` is `ㄱㅏㅂㅅ`. What is no Hangul stays. */
export function keystrokes(text: string): string {
  return hasHangul(text) ? disassemble(withLetters(text)) : text
}

/** Letters joined to syllables as an input method does: what {@link keystrokes} takes apart. */
export function syllables(letters: string): string {
  if (!hasHangul(letters)) return letters
  try {
    return assemble([...letters])
  } catch {
    // It cannot go on behind two vowels without an initial, such as `ㅘㄱ`, which no word has.
    return letters
  }
}

/** Syllables as their initials, all else as it is: `장바구니 2` is `ㅈㅂㄱㄴ 2`, and `ㄳ`, as a keyboard joins two, is `ㄱㅅ`. */
export function initials(text: string): string {
  return withSingleConsonants(text).replace(/[가-힣]/g, initialOf)
}

/** Whether a text holds a consonant that stands alone, which may be the initial of a syllable. */
export function hasInitials(text: string): boolean {
  return CONSONANT.test(withLetters(text))
}

/** Whether a text ends with a syllable, which may go on while it is typed. */
export function endsWithSyllable(text: string): boolean {
  return SYLLABLE.test(text.slice(-1))
}

/**
 * Whether each character of `typed` is that of `text` in its place, or the initial of it: `장ㅂㄱ` fits `장바구니`.
 * @param isComposing whether a syllable at the end may be half typed, or hold what will be the initial of the next: `장ㅂ구`, `ㅈ박`
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
 * Whether text that begins with some UTF-16 units may fit the initials; a quick check before {@link fitsInitials}. Only `false` is sure.
 * @param units what the text begins with: all of it, or as many units as `typed` has
 */
export function mayFitInitials(units: Uint16Array, count: number, typed: string): boolean {
  const last = typed.length - 1
  for (let at = 0; at <= last; at++) {
    const wanted = typed.charCodeAt(at)
    if (isLetterOfSyllables(wanted) && !INITIALS.includes(typed.charAt(at))) return true
    if (at === count) return at === last && isSyllable(wanted)
    const own = units[at] as number
    // Letters may be two consonants in one.
    if (isLetterOfSyllables(own)) return true
    if (isLetterOfSyllables(wanted)) {
      if (
        !isSyllable(own) ||
        INITIALS.charCodeAt(Math.floor((own - FIRST_SYLLABLE) / SYLLABLES_PER_INITIAL)) !== wanted
      )
        return false
    } else if (own !== wanted && !(at === last && isSyllable(wanted))) return false
  }
  return true
}

const isSyllable = (unit: number) =>
  unit >= FIRST_SYLLABLE && unit < FIRST_SYLLABLE + INITIALS.length * SYLLABLES_PER_INITIAL

/** Whether a UTF-16 unit is a Hangul letter that is no syllable. */
const isLetterOfSyllables = (unit: number) => (unit >= 0x3130 && unit <= 0x318f) || (unit >= 0x1100 && unit <= 0x11ff)

function initialOf(syllable: string): string {
  const code = syllable.charCodeAt(0) - FIRST_SYLLABLE
  return code >= 0 && code < INITIALS.length * SYLLABLES_PER_INITIAL
    ? (INITIALS[Math.floor(code / SYLLABLES_PER_INITIAL)] as string)
    : syllable
}

function withLetters(text: string): string {
  return text.replace(/[\u1100-\u1112\u1161-\u1175\u11A8-\u11C2]/g, (jamo) => LETTER_OF_JAMO.get(jamo) ?? jamo)
}

function withSingleConsonants(text: string): string {
  return withLetters(text).replace(/[ㄳㄵㄶㄺ-ㅀㅄ]/g, (joined) => disassemble(joined))
}

/** A text with Hangul letters that stand alone as a keyboard types them (U+3131 to U+3163); NFKC makes conjoining jamo of them. */
export function jamoAsLetters(text: string): string {
  return withLetters(text)
}

/** What a text begins with: `head`, and behind it a UTF-16 unit from `low` to `high`. */
export interface Beginning {
  head: string
  low: number
  high: number
}

const VOWELS = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ'
const FINALS = ['', ...'ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ']
/** Vowels that go on to others, with the last of those, which stand behind them in order. */
const LAST_VOWEL: Readonly<Record<string, string>> = { ㅗ: 'ㅚ', ㅜ: 'ㅟ', ㅡ: 'ㅢ' }
/** Finals that go on to others, with the first and last of those. */
const LONGER_FINALS: Readonly<Record<string, readonly [string, string]>> = {
  ㄱ: ['ㄳ', 'ㄳ'],
  ㄴ: ['ㄵ', 'ㄶ'],
  ㄹ: ['ㄺ', 'ㅀ'],
  ㅂ: ['ㅄ', 'ㅄ'],
}
const SYLLABLES_PER_VOWEL = 28

/**
 * The beginnings that a text whose last syllable may be half typed stands for, besides itself: `각` also begins `갃` and `가가`, `고`
 * also begins `곰` and `과`, `ㄱ` begins `가`. None unless the text ends with Hangul.
 */
export function composedBeginnings(text: string): Beginning[] {
  const last = text.slice(-1)
  const head = text.slice(0, -1)
  if (INITIALS.includes(last) && last !== '') return [{ head, ...syllablesOf(last) }]
  if (VOWELS.includes(last) && last !== '') {
    const high = LAST_VOWEL[last]
    return high ? [{ head, low: last.charCodeAt(0), high: high.charCodeAt(0) }] : []
  }
  const code = last.charCodeAt(0) - FIRST_SYLLABLE
  if (!(code >= 0 && code < INITIALS.length * SYLLABLES_PER_INITIAL)) return []
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
  const next = { head: head + String.fromCharCode(unit(open + rest)), ...syllablesOf(second ?? first) }
  const longer = LONGER_FINALS[final]
  if (!longer) return [next]
  const [low, high] = longer.map((longest) => unit(open + FINALS.indexOf(longest))) as [number, number]
  return [{ head, low, high }, next]
}

/** The syllables with an initial, from the first to the last. */
function syllablesOf(initial: string): { low: number; high: number } {
  const low = FIRST_SYLLABLE + INITIALS.indexOf(initial) * SYLLABLES_PER_INITIAL
  return { low, high: low + SYLLABLES_PER_INITIAL - 1 }
}

const [FIRST_VOWEL, LAST_VOWEL_LETTER] = [0x314f, 0x3163]

/** Whether a UTF-16 unit is a vowel that is not part of a syllable. */
export const isVowel = (unit: number) => unit >= FIRST_VOWEL && unit <= LAST_VOWEL_LETTER

/** The vowels that a keyboard joins to one, after the first of them. */
const JOINED_TO: Readonly<Record<string, string>> = { ㅗ: 'ㅏㅐㅣ', ㅜ: 'ㅓㅔㅣ', ㅡ: 'ㅣ' }

/**
 * Whether a vowel remains alone when the letters of a text are joined to syllables, even if everything that is not a
 * Hangul letter is removed. A quick check that does not join them.
 */
export function hasLoneVowel(letters: string): boolean {
  /** The letters that a vowel can follow now. Empty means none. */
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

const LONE_LETTER = /[ㄱ-ㅣ]/

/** Hangul as an input method joins it: letters that stand alone become part of the syllable before them, as in `가ㄴ`, where they can. */
export function joinedSyllables(text: string): string {
  return LONE_LETTER.test(text) ? syllables(disassemble(text)) : text
}
