import { truncate } from '../text/strings.ts'

/** Maximum length of a value in a message, in UTF-16 code units. */
const MAX_SHOWN = 40

const TOO_DEEP = 'a value nested too deeply'

/** Formats a value for messages, as JSON that is truncated if it is long. */
export function shorten(value: unknown): string {
  const text = value === undefined ? 'nothing' : typeof value === 'number' ? String(value) : (jsonOf(value) ?? TOO_DEEP)
  return truncate(text, MAX_SHOWN)
}

/** Returns the value as JSON, or undefined if it is nested too deeply. JSON.parse can return such values. */
export function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
