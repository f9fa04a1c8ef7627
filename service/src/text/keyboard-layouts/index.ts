import { keystrokes, syllables } from '../hangul.ts'
import { korean } from './korean.ts'
import type { KeyboardLayout } from './layout.ts'
import { russian } from './russian.ts'

export const KEYBOARD_LAYOUTS: readonly KeyboardLayout[] = [korean, russian]

const LETTER = /\p{L}/u
const LETTERS = /\p{L}/gu
const QWERTY_LETTER = /[a-z]/i

interface Conversion {
  toLayout: ReadonlyMap<string, string>
  toQwerty: ReadonlyMap<string, string>
}

const CONVERSIONS: readonly Conversion[] = KEYBOARD_LAYOUTS.map(({ rows }) => {
  const pairs = rows.flatMap(([qwerty, layout]) =>
    Array.from(qwerty, (key, at) => [key, layout[at] as string] as const),
  )
  // A map keeps the last pair of a letter, and the first one listed is wanted.
  return { toLayout: new Map(pairs), toQwerty: new Map(pairs.map(([key, letter]) => [letter, key] as const).reverse()) }
})

/**
 * What a text reads had the keyboard been in another layout: `ghbdtn` reads привет, `ㅗ디ㅣㅐ` reads hello.
 * @param typed the text as the client sent it, because capitals are other letters in some layouts
 * @returns distinct readings in lower case, Hangul as syllables; none if the letters are of several scripts, or of one that no
 * layout has
 */
export function otherLayouts(typed: string): string[] {
  const text = typed.trim().normalize('NFC')
  const readings = CONVERSIONS.flatMap((conversion) => [...inLayout(conversion, text), ...inQwerty(conversion, text)])
  return [...new Set(readings.map((reading) => reading.toLowerCase()))].filter((reading) => LETTER.test(reading))
}

/** Also in lower case, as caps lock may have been on. */
function inLayout({ toLayout }: Conversion, text: string): string[] {
  if (!hasOnly(text, (letter) => QWERTY_LETTER.test(letter))) return []
  return [text, text.toLowerCase()].map((keys) =>
    syllables(converted(keys, (key) => toLayout.get(key) ?? toLayout.get(key.toLowerCase()))),
  )
}

function inQwerty({ toQwerty }: Conversion, text: string): string[] {
  const keys = keystrokes(text).toLowerCase()
  return hasOnly(keys, (letter) => toQwerty.has(letter)) ? [converted(keys, (letter) => toQwerty.get(letter))] : []
}

/** Whether a text has letters, and all of them are of one kind. */
function hasOnly(text: string, isOfKind: (letter: string) => boolean): boolean {
  return text.match(LETTERS)?.every(isOfKind) ?? false
}

function converted(text: string, convert: (character: string) => string | undefined): string {
  return Array.from(text, (character) => convert(character) ?? character).join('')
}
