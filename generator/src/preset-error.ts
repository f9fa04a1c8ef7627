/** A preset is invalid or infeasible, or the costs are invalid. The message is one line. */
export class PresetError extends Error {
  override name = 'PresetError'
}
