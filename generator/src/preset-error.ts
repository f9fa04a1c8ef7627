/** A preset is invalid or infeasible, or the costs are invalid. The message is one line. */
export class PresetError extends Error {
  override name = 'PresetError'
}

/** There is no preset with the given name. */
export class UnknownPresetError extends PresetError {
  override name = 'UnknownPresetError'
}
