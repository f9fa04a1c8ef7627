import { EditedFileError } from '../../generator/src/edited-files.ts'
import { generatedFiles, writeFiles } from '../../generator/src/generate.ts'
import { loadPresets } from '../../generator/src/presets.ts'
import { UserError } from './errors.ts'
import { ROOT } from './paths.ts'

/**
 * Writes all stale generated files, except for the chart in the documentation, because drawing it is slow.
 * @throws {UserError} if a generated file was edited
 */
export async function writeGeneratedFiles(): Promise<void> {
  try {
    await writeFiles(ROOT, await generatedFiles(ROOT, await loadPresets()))
  } catch (error) {
    if (error instanceof EditedFileError) throw new UserError(error.message)
    throw error
  }
}
