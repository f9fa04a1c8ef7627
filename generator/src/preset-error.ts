/** A preset is invalid or infeasible, or the costs are. The message is one line. */
export class PresetError extends Error {
  override name = 'PresetError'
}
