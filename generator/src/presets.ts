import { readdir } from 'node:fs/promises'
import { type Preset, type PresetDefinition, PresetError, resolvePresets } from './define-preset.ts'

const FOLDER = new URL('./presets/', import.meta.url)

/**
 * All presets: every file of `presets/`, whose name is the preset's.
 * @throws {PresetError} when one is wrong
 */
export async function loadPresets(): Promise<Preset[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.ts')).sort()
  const definitions = await Promise.all(
    files.map(async (file) => {
      const { default: definition } = (await import(new URL(file, FOLDER).href)) as { default: PresetDefinition }
      if (file !== `${definition.name}.ts`) {
        throw new PresetError(
          `preset ${definition.name} stands in ${file}; the file must be named ${definition.name}.ts`,
        )
      }
      return definition
    }),
  )
  return resolvePresets(definitions)
}

/**
 * The preset of a name.
 * @throws {PresetError} listing the known ones when there is none
 */
export async function loadPreset(name: string): Promise<Preset> {
  const presets = await loadPresets()
  const preset = presets.find((candidate) => candidate.name === name)
  if (!preset) throw new PresetError(`unknown preset ${name}; known: ${presets.map((known) => known.name).join(', ')}`)
  return preset
}
