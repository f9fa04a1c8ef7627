/**
 * Presets for your own repository: declare a typed preset, plan and check it, and write its values file.
 *
 * @example
 * import { definePreset, writeValuesFile } from '@autocomplete/generator'
 * await writeValuesFile(definePreset({ name: 'shop', ... }), 'shop.yaml')
 */
import { type Preset, type PresetDefinition, resolvePreset } from './define-preset.ts'
import { requireUnedited, seal } from './edited-files.ts'
import { loadDefinitions } from './presets.ts'
import { generatedFrom, renderPreset } from './render.ts'
import { writeAtomically } from './write-atomically.ts'

export type { Cluster } from './capacity/budget.ts'
export type { Costs } from './capacity/costs.ts'
export type { LoadTest, Target } from './capacity/load-profile.ts'
export type { Derivation } from './capacity/plan.ts'
export { definePreset, type Preset, type PresetDefinition, resolvePreset } from './define-preset.ts'
export { EditedFileError } from './edited-files.ts'
export { describePreset } from './explain.ts'
export { PresetError } from './preset-error.ts'
export type { DeepPartial, Values } from './values.ts'

/**
 * Plans and checks a preset, and writes its values file, completely or not at all. The preset may extend any preset of
 * the project.
 * @param file the path to write, relative to the working folder
 * @returns the preset with its computed values
 * @throws {PresetError} if the preset is invalid or infeasible; in this case, no file is written
 * @throws {EditedFileError} if the file was edited, or is not a generated file
 */
export async function writeValuesFile(definition: PresetDefinition, file: string): Promise<Preset> {
  const preset = resolvePreset(definition, await loadDefinitions())
  const content = seal(renderPreset(preset, generatedFrom(`the preset ${preset.name}`, 'writeValuesFile()')))
  await requireUnedited(file, content)
  await writeAtomically(file, content)
  return preset
}
