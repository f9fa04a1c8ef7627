/** Two keyboard layouts on the same keys: QWERTY and two-set Hangul. */
import { convertHangulToQwerty, convertQwertyToAlphabet } from 'es-hangul'
import { syllables } from '../../service/src/text/hangul.ts'

/** The layout that is active while a user types. */
export type Layout = 'latin' | 'hangul'

/** Each row of keys, and its shift to the right in key widths. */
const ROWS: readonly [keys: string, shift: number][] = [
  ['qwertyuiop', 0],
  ['asdfghjkl', 0.25],
  ['zxcvbnm', 0.75],
]
/**
 * Maximum distance between the centers of neighboring keys, in key widths. Neighbors are in the same or an adjacent
 * row.
 */
const REACH = 1.3
/** The keys that type a different Hangul letter with Shift. */
const SHIFTED = 'QWERTOP'

const PLACES = new Map(
  ROWS.flatMap(([keys, shift], row) => [...keys].map((key, column) => [key, { x: column + shift, y: row }] as const)),
)

/**
 * Returns the keys for a string on its own layout. A capital letter means Shift. Returns undefined unless the whole
 * string is lowercase Latin or Hangul.
 */
export function keysOf(text: string): { keys: string; layout: Layout } | undefined {
  if (/^[a-z]+$/.test(text)) return { keys: text, layout: 'latin' }
  if (/^[가-힣]+$/.test(text)) return { keys: convertHangulToQwerty(text), layout: 'hangul' }
  return undefined
}

/**
 * Returns the text in the search box after these keys. On the Hangul layout, letters are combined into syllables, as by
 * an input method.
 */
export function shown(keys: string, layout: Layout): string {
  return layout === 'latin' ? keys : syllables(convertQwertyToAlphabet(keys))
}

/**
 * Returns the neighboring keys that a finger may hit instead of a key. If the key is typed with Shift, so are the
 * neighbors that type a different letter with Shift.
 */
export function neighbors(key: string): string[] {
  const at = PLACES.get(key.toLowerCase())
  if (!at) return []
  const isShifted = key !== key.toLowerCase()
  return [...PLACES]
    .filter(([other, { x, y }]) => other !== key.toLowerCase() && Math.hypot(x - at.x, y - at.y) < REACH)
    .map(([other]) => (isShifted && SHIFTED.includes(other.toUpperCase()) ? other.toUpperCase() : other))
}
