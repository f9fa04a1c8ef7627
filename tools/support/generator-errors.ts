import { EditedFileError } from '../../generator/src/edited-files.ts'
import { PresetError, UnknownPresetError } from '../../generator/src/preset-error.ts'
import { UsageError } from './command-line.ts'
import { UserError } from './errors.ts'

/** Converts an error of the generator to the error that a command throws. Returns other errors unchanged. */
export function toUserError(error: unknown): unknown {
  if (error instanceof UnknownPresetError) return new UsageError(error.message)
  if (error instanceof PresetError || error instanceof EditedFileError) return new UserError(error.message)
  return error
}
