import { generatedFiles, writeFiles } from '../../generator/src/generate.ts'
import { loadPresets } from '../../generator/src/presets.ts'
import { ROOT } from './paths.ts'

/** Writes the generator's files anew where they are stale, but for the chart of the docs. */
export async function writeGeneratedFiles(): Promise<void> {
  await writeFiles(ROOT, await generatedFiles(ROOT, await loadPresets()))
}
