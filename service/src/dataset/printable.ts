/** Control characters, line separators, and characters that change the direction of text. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

/**
 * Escapes characters that would control a terminal. A message that quotes a value or a file name therefore remains one
 * line, and shows all characters of the quoted text. `JSON.stringify` leaves some of these characters unchanged.
 */
export function printable(line: string): string {
  return line.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
