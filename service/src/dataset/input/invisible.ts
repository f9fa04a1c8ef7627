/** Zero bytes, and characters that users do not see, such as marks for the direction of text. */
const INVISIBLE = /[\0\u200B\u200E\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/
const isBlank = (character = '') => INVISIBLE.test(character) || character.trim() === ''

/**
 * Removes invisible characters, and the white space next to them, at the beginning and the end of a value. Spreadsheets
 * and web pages add such characters to numbers and dates.
 */
export function trimInvisible(value: string): string {
  if (!INVISIBLE.test(value)) return value
  let [start, end] = [0, value.length]
  while (start < end && isBlank(value[start])) start += 1
  while (start < end && isBlank(value[end - 1])) end -= 1
  return value.slice(start, end)
}
