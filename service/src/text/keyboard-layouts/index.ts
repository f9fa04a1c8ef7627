import { keystrokes, syllables } from '../hangul.ts'
import { arabic } from './arabic.ts'
import { greek } from './greek.ts'
import { hebrew } from './hebrew.ts'
import { korean } from './korean.ts'
import type { KeyboardLayout } from './layout.ts'
import { russian } from './russian.ts'
import { thai } from './thai.ts'
import { ukrainian } from './ukrainian.ts'

export const KEYBOARD_LAYOUTS: readonly KeyboardLayout[] = [korean, russian, ukrainian, hebrew, greek, arabic, thai]

const ASCII = /^\p{ASCII}*$/u
const LETTER = /\p{L}/u
const LATIN_LETTER = /[a-zA-Z]/
const OTHER_LETTER = /(?![a-zA-Z])\p{L}/u

interface Conversion {
  toLayout: ReadonlyMap<string, string>
  toQwerty: ReadonlyMap<string, string>
  /** The keys that type several characters, by these characters. */
  sequences: ReadonlyMap<string, string>
}

/**
 * Maximum number of sequences that are read in all ways: as typed by one key or by several keys. If a text has more
 * sequences, all of them are read in the same way.
 */
const MAX_SEQUENCES = 3

const CONVERSIONS = new Map(KEYBOARD_LAYOUTS.map((layout) => [layout, conversionOf(layout)]))

function conversionOf({ rows, sequences = {} }: KeyboardLayout): Conversion {
  const pairs = rows.flatMap(([qwerty, layout]) =>
    Array.from(qwerty, (key, at) => [key, layout[at] as string] as const),
  )
  const typed = [...pairs, ...Object.entries(sequences)]
  const capitals = typed.map(([key, letters]) => [key.toUpperCase(), letters] as const)
  // A map keeps the last pair for each letter, so reversing the pairs keeps the first one.
  const toQwerty = new Map(pairs.map(([key, letter]) => [letter, key] as const).reverse())
  const ofSequences = new Map(Object.entries(sequences).map(([key, letters]) => [letters, key]))
  return { toLayout: new Map([...capitals, ...typed]), toQwerty, sequences: ofSequences }
}

/**
 * Returns how a string would read if it had been typed in another keyboard layout: `ghbdtn` as привет, and `ㅗ디ㅣㅐ` as
 * hello.
 * @param typed the string as sent by the client, with its capitals, because these are different letters in some
 *   layouts
 * @param mayOccur whether a reading may be useful; if not, the reading is left out. Gets the reading in lower case,
 *   before its Hangul letters are joined into syllables
 * @param layouts the layouts in which Latin letters are read
 * @returns distinct readings in lower case, with Hangul as syllables. The list is empty if the letters belong to
 * several scripts, or to a script without a layout.
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

/**
 * Returns how Latin letters read in other layouts, in lower case. Converts both the original text and its lower case,
 * because caps lock may have been on. Each reading of `abcd` begins with a reading of `abc`.
 */
export function inLayouts(text: string, layouts: readonly KeyboardLayout[]): Iterable<string> {
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
  for (const { toQwerty, sequences } of CONVERSIONS.values()) {
    const hasOther = [...keys].some((letter) => !toQwerty.has(letter) && LETTER.test(letter))
    if (hasOther) continue
    for (const way of waysToType(keys, sequences)) readings.add(converted(way, toQwerty).toLowerCase())
  }
  return readings
}

/**
 * Returns the variants of a text in which each sequence of letters that one key types is kept or replaced by the key.
 */
function waysToType(letters: string, sequences: ReadonlyMap<string, string>): string[] {
  if (sequences.size === 0) return [letters]
  const parts = letters.split(new RegExp(`(${[...sequences.keys()].join('|')})`))
  const keyOf = (part: string) => sequences.get(part) ?? part
  if (parts.length > 2 * MAX_SEQUENCES + 1) return [letters, parts.map(keyOf).join('')]
  let ways = ['']
  for (const part of parts) ways = ways.flatMap((way) => [...new Set([way + part, way + keyOf(part)])])
  return ways
}

function converted(text: string, conversion: ReadonlyMap<string, string>): string {
  let result = ''
  for (const character of text) result += conversion.get(character) ?? character
  return result
}
