import { keystrokes, syllables } from '../hangul.ts'
import { korean } from './korean.ts'
import type { KeyboardLayout } from './layout.ts'
import { russian } from './russian.ts'

export const KEYBOARD_LAYOUTS: readonly KeyboardLayout[] = [korean, russian]

const LETTER = /\p{L}/u
const QWERTY_LETTER = /[a-z]/i

interface Conversion {
  toLayout: ReadonlyMap<string, string>
  toQwerty: ReadonlyMap<string, string>
}

const CONVERSIONS: readonly Conversion[] = KEYBOARD_LAYOUTS.map(({ rows }) => {
  const pairs = rows.flatMap(([qwerty, layout]) =>
    Array.from(qwerty, (key, at) => [key, layout[at] as string] as const),
  )
  // A map keeps the last pair for each letter, so reversing the pairs keeps the first one.
  return { toLayout: new Map(pairs), toQwerty: new Map(pairs.map(([key, letter]) => [letter, key] as const).reverse()) }
})

/**
 * Returns how a text would read if it had been typed in another keyboard layout: `ghbdtn` as привет, and `ㅗ디ㅣㅐ` as
 * hello.
 * @param typed the text as sent by the client, because capitals are other letters in some layouts
 * @param mayOccur returns false to skip a reading, given its lower-case letters before Hangul is joined into syllables
 * @returns distinct readings in lower case, with Hangul as syllables. There are none if the letters belong to several
 * scripts, or to a script without a layout.
 */
export function otherLayouts(typed: string, mayOccur: (letters: string) => boolean = () => true): string[] {
  const text = typed.trim().normalize('NFC')
  const lettersOf = (conversion: Conversion) => [...inLayout(conversion, text), ...inQwerty(conversion, text)]
  const readings = new Set(CONVERSIONS.flatMap(lettersOf).map((letters) => letters.toLowerCase()))
  const wanted = [...readings].filter((letters) => LETTER.test(letters) && mayOccur(letters))
  return [...new Set(wanted.map(syllables))]
}

/** Converts both the original text and its lower case, because caps lock may have been on. */
function inLayout({ toLayout }: Conversion, text: string): string[] {
  if (!hasOnly(text, (letter) => QWERTY_LETTER.test(letter))) return []
  return [...new Set([text, text.toLowerCase()])].map((keys) =>
    converted(keys, (key) => toLayout.get(key) ?? toLayout.get(key.toLowerCase())),
  )
}

function inQwerty({ toQwerty }: Conversion, text: string): string[] {
  const keys = keystrokes(text).toLowerCase()
  return hasOnly(keys, (letter) => toQwerty.has(letter)) ? [converted(keys, (letter) => toQwerty.get(letter))] : []
}

/** Whether a text has letters, and all of them are of one kind. */
function hasOnly(text: string, isOfKind: (letter: string) => boolean): boolean {
  let has = false
  for (const character of text) {
    if (isOfKind(character)) has ||= LETTER.test(character)
    else if (LETTER.test(character)) return false
  }
  return has
}

function converted(text: string, convert: (character: string) => string | undefined): string {
  let result = ''
  for (const character of text) result += convert(character) ?? character
  return result
}
