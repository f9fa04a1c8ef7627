/**
 * Thrown if a preset is invalid or infeasible, if the costs are invalid, or if a page lacks a table to generate. The
 * message is one line.
 */
export class PresetError extends Error {
  override name = 'PresetError'
}

/** Thrown if there is no preset with the given name. */
export class UnknownPresetError extends PresetError {
  override name = 'UnknownPresetError'
}

/** Maximum length of a value in an error. */
const MAX_SHOWN = 80

/** Returns a value as JSON for an error message, truncated if it is long. */
export function shownInError(value: unknown): string {
  const text = String(JSON.stringify(value))
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}
