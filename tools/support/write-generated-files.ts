import { EditedFileError } from '../../generator/src/edited-files.ts'
import { generatedFiles, writeFiles } from '../../generator/src/generate.ts'
import { loadPresets } from '../../generator/src/presets.ts'
import { UserError } from './errors.ts'
import { ROOT } from './paths.ts'

/**
 * Writes the stale files of the generator, except for the chart in the documentation, which takes long to draw.
 * @throws {UserError} if somebody has edited one of them
 */
export async function writeGeneratedFiles(): Promise<void> {
  try {
    await writeFiles(ROOT, await generatedFiles(ROOT, await loadPresets()))
  } catch (error) {
    if (error instanceof EditedFileError) throw new UserError(error.message)
    throw error
  }
}
