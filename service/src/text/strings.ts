/** Compares strings by UTF-16 code units, like `<`. In this order, all strings with the same prefix are adjacent. */
export function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * Returns the numbers of the texts, sorted by UTF-16 code units. Equal texts keep their order. This takes half the time
 * of a sort with a comparison function.
 * @param texts at most 2³² texts without U+0000
 */
export function sortedOrder(texts: readonly string[]): Uint32Array {
  // Each text is followed by its number in two code units, so that both are sorted together.
  const keys = texts.map((text, number) => text + String.fromCharCode(0, number >>> 16, number & 0xffff)).sort()
  return Uint32Array.from(keys, (key) => key.charCodeAt(key.length - 2) * 0x10000 + key.charCodeAt(key.length - 1))
}

/** Whether a UTF-16 code unit is an ASCII digit. */
export const isDigit = (unit: number) => unit >= 0x30 && unit <= 0x39

export const TWO_DIGITS = /[0-9]{2}/

/** Returns whether a position of a text is between two ASCII digits. */
export const isBetweenDigits = (text: string, position: number) =>
  isDigit(text.charCodeAt(position - 1)) && isDigit(text.charCodeAt(position))

/** Whether a UTF-16 code unit is the first of the two units of a code point outside the basic plane. */
export const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00

/** Whether a UTF-16 code unit is the second of the two units of a code point outside the basic plane. */
export const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit < 0xe000

/** Truncates a text to `max` UTF-16 code units and an ellipsis, without splitting a code point. */
export function truncate(text: string, max: number): string {
  if (text.length <= max) return text
  return `${text.slice(0, isHighSurrogate(text.charCodeAt(max - 1)) ? max - 1 : max)}…`
}

/** Returns the code point of two surrogates. */
export const codePointOf = (high: number, low: number) => 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)

export function countCodePoints(text: string): number {
  let count = text.length
  for (let at = 1; at < text.length; at++) {
    if (isLowSurrogate(text.charCodeAt(at)) && isHighSurrogate(text.charCodeAt(at - 1))) count -= 1
  }
  return count
}

/**
 * Whether `text` has more than `max` code points. Does not read a text that has more than `2 * max` UTF-16 code units.
 */
export function exceedsCodePoints(text: string, max: number): boolean {
  return text.length > max && (text.length > 2 * max || countCodePoints(text) > max)
}

/**
 * A string with one character per UTF-8 byte. Node.js can write such a string together with the headers. Created by
 * {@link toBinary}.
 */
export type BinaryText = string & { readonly [isBinary]: true }
declare const isBinary: unique symbol

const NOT_ASCII = /\P{ASCII}/u

/** Converts a text to a string with one character per UTF-8 byte. ASCII text stays unchanged. */
export function toBinary(text: string): BinaryText {
  return (NOT_ASCII.test(text) ? Buffer.from(text).toString('latin1') : text) as BinaryText
}

/** Converts a binary text back to the original text. */
export function fromBinary(binary: BinaryText): string {
  return Buffer.from(binary, 'latin1').toString()
}

/** NFC combines at most this many code points into one. */
export const MAX_NFC_SHRINK = 4

/**
 * Normalizes a text to NFC if the result can have at most `maxLength` code points. Returns longer texts unchanged,
 * because normalizing takes quadratic time.
 */
export function shortInNfc(text: string, maxLength: number): string {
  return exceedsCodePoints(text, MAX_NFC_SHRINK * maxLength) ? text : text.normalize('NFC')
}
