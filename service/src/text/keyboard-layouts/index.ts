import { keystrokes, syllables } from '../hangul.ts'
import { greek } from './greek.ts'
import { hebrew } from './hebrew.ts'
import { korean } from './korean.ts'
import type { KeyboardLayout } from './layout.ts'
import { russian } from './russian.ts'
import { ukrainian } from './ukrainian.ts'

export const KEYBOARD_LAYOUTS: readonly KeyboardLayout[] = [korean, russian, ukrainian, hebrew, greek]

const ASCII = /^\p{ASCII}*$/u
const LETTER = /\p{L}/u
const LATIN_LETTER = /[a-zA-Z]/
const OTHER_LETTER = /(?![a-zA-Z])\p{L}/u

interface Conversion {
  toLayout: ReadonlyMap<string, string>
  toQwerty: ReadonlyMap<string, string>
}

const CONVERSIONS = new Map(KEYBOARD_LAYOUTS.map((layout) => [layout, conversionOf(layout)]))

function conversionOf({ rows }: KeyboardLayout): Conversion {
  const pairs = rows.flatMap(([qwerty, layout]) =>
    Array.from(qwerty, (key, at) => [key, layout[at] as string] as const),
  )
  const capitals = pairs.map(([key, letter]) => [key.toUpperCase(), letter] as const)
  // A map keeps the last pair for each letter, so reversing the pairs keeps the first one.
  const toQwerty = new Map(pairs.map(([key, letter]) => [letter, key] as const).reverse())
  return { toLayout: new Map([...capitals, ...pairs]), toQwerty }
}

/**
 * Returns how a string would read if it had been typed in another keyboard layout: `ghbdtn` as привет, and `ㅗ디ㅣㅐ` as
 * hello.
 * @param typed the string as sent by the client, with its capitals, because these are different letters in some
 *   layouts
 * @param mayOccur returns false to skip a reading, given its lower-case letters before Hangul is joined into syllables
 * @param layouts the layouts in which Latin letters are read
 * @returns distinct readings in lower case, with Hangul as syllables. There are none if the letters belong to several
 * scripts, or to a script without a layout.
 */
export function otherLayouts(
  typed: string,
  mayOccur: (letters: string) => boolean = () => true,
  layouts: readonly KeyboardLayout[] = KEYBOARD_LAYOUTS,
): string[] {
  const text = ASCII.test(typed) ? typed.trim() : typed.trim().normalize('NFC')
  const converted = LATIN_LETTER.test(text) ? inLayouts(text, layouts) : inQwerty(text)
  const readings = new Set<string>()
  for (const letters of converted) if (LETTER.test(letters) && mayOccur(letters)) readings.add(syllables(letters))
  return [...readings]
}

/** Converts both the original text and its lower case, because caps lock may have been on. */
function inLayouts(text: string, layouts: readonly KeyboardLayout[]): Iterable<string> {
  if (OTHER_LETTER.test(text)) return []
  const lower = text.toLowerCase()
  const readings = new Set<string>()
  for (const layout of layouts) {
    const { toLayout } = CONVERSIONS.get(layout) as Conversion
    if (lower !== text) readings.add(converted(text, toLayout).toLowerCase())
    // The letters of the layouts are lower case.
    readings.add(converted(lower, toLayout))
  }
  return readings
}

function inQwerty(text: string): Iterable<string> {
  if (!LETTER.test(text)) return []
  const keys = keystrokes(text).toLowerCase()
  const readings = new Set<string>()
  for (const { toQwerty } of CONVERSIONS.values()) {
    const hasOther = [...keys].some((letter) => !toQwerty.has(letter) && LETTER.test(letter))
    if (!hasOther) readings.add(converted(keys, toQwerty).toLowerCase())
  }
  return readings
}

function converted(text: string, conversion: ReadonlyMap<string, string>): string {
  let result = ''
  for (const character of text) result += conversion.get(character) ?? character
  return result
}
