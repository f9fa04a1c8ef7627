/**
 * Forms of a text that Korean users type: letter by letter (`장바ㄱ`), by initials (`ㅈㅂㄱㄴ`), and with the keyboard left in the
 * other layout (`tkatjd`). Letters are always Hangul Compatibility Jamo (U+3131 to U+3163), as a keyboard types them.
 */
import { assemble, convertHangulToQwerty, convertQwertyToAlphabet, disassemble } from 'es-hangul'

const HANGUL = /[\u1100-\u1112\u1161-\u1175\u11A8-\u11C2ㄱ-ㅣ가-힣]/
const CONSONANT = /[ㄱ-ㅎ]/
const SYLLABLE = /[가-힣]/
const LATIN = /[a-z]/i
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
 * What would stand there had the keyboard been in the other layout, letter by letter, nothing when it makes no difference:
 * `tkatjd` is `ㅅㅏㅁㅅㅓㅇ`, `ㅗ디ㅣㅐ` is `hello`.
 */
export function inOtherLayout(text: string): string | undefined {
  const isHangul = hasHangul(text)
  // What is of both is what was meant.
  if (isHangul === LATIN.test(text)) return undefined
  return isHangul ? convertHangulToQwerty(withLetters(text)) : convertQwertyToAlphabet(text)
}

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
