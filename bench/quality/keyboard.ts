/** Two keyboards: QWERTY, and the two-set Hangul layout on the same keys. */
import { combineCharacter, combineVowels, convertHangulToQwerty, convertQwertyToAlphabet } from 'es-hangul'

/** The layout that is active while a user types. */
export type Layout = 'latin' | 'hangul'

/** Each row, and how far it is shifted to the right, in widths of a key. */
const ROWS: readonly [keys: string, shift: number][] = [
  ['qwertyuiop', 0],
  ['asdfghjkl', 0.25],
  ['zxcvbnm', 0.75],
]
/** Keys are neighbors if their centers are nearer than this: those beside, and those that touch above and below. */
const REACH = 1.3
/** The keys that give another Hangul letter with Shift. */
const SHIFTED = 'QWERTOP'

const PLACES = new Map(
  ROWS.flatMap(([keys, shift], row) => [...keys].map((key, column) => [key, { x: column + shift, y: row }] as const)),
)

/**
 * The keys pressed for a text on its own layout, a capital for Shift; undefined unless all of it is lower-case Latin or
 * Hangul.
 */
export function keysOf(text: string): { keys: string; layout: Layout } | undefined {
  if (/^[a-z]+$/.test(text)) return { keys: text, layout: 'latin' }
  if (/^[가-힣]+$/.test(text)) return { keys: convertHangulToQwerty(text), layout: 'hangul' }
  return undefined
}

/**
 * The text in the search box after these keys. On the Hangul layout, letters are joined to syllables as an input method
 * does.
 */
export function shown(keys: string, layout: Layout): string {
  return layout === 'latin' ? keys : joined(convertQwertyToAlphabet(keys))
}

const VOWEL = 'ㅗ[ㅏㅐㅣ]|ㅜ[ㅓㅔㅣ]|ㅡㅣ|[ㅏ-ㅣ]'
const FINAL = 'ㄱㅅ|ㄴ[ㅈㅎ]|ㄹ[ㄱㅁㅂㅅㅌㅍㅎ]|ㅂㅅ|[ㄱㄲㄴㄷㄹㅁㅂㅅㅆㅇㅈㅊㅋㅌㅍㅎ]'
/** A syllable whose final consonant is not the initial of the next one, or two vowels that are one. */
const JOINED = new RegExp(`([ㄱ-ㅎ])(${VOWEL})(?:(${FINAL})(?![ㅏ-ㅣ]))?|ㅗ[ㅏㅐㅣ]|ㅜ[ㅓㅔㅣ]|ㅡㅣ`, 'g')

/** Joins letters also where no word has them, for which `assemble` of es-hangul throws an error. */
function joined(letters: string): string {
  return letters.replace(JOINED, (match, initial?: string, vowel?: string, final = '') =>
    initial && vowel ? combineCharacter(initial, vowel, final) : combineVowels(match[0] as string, match[1] as string),
  )
}

/** The keys that a finger may hit instead of one. Shift stays held where it makes a letter. */
export function neighbors(key: string): string[] {
  const at = PLACES.get(key.toLowerCase())
  if (!at) return []
  const isShifted = key !== key.toLowerCase()
  return [...PLACES]
    .filter(([other, { x, y }]) => other !== key.toLowerCase() && Math.hypot(x - at.x, y - at.y) < REACH)
    .map(([other]) => (isShifted && SHIFTED.includes(other.toUpperCase()) ? other.toUpperCase() : other))
}
