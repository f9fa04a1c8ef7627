const MAX_SHOWN = 40

const TOO_DEEP = 'a value nested too deeply'

/** A value as messages show it: as JSON, and only the beginning of a long one. */
export function shorten(value: unknown): string {
  const text = value === undefined ? 'nothing' : typeof value === 'number' ? String(value) : (jsonOf(value) ?? TOO_DEEP)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

/** The value as JSON; nothing if it is nested too deeply, which JSON that can be parsed may be. */
export function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
