import { readdir } from 'node:fs/promises'
import { type Preset, type PresetDefinition, PresetError, resolvePreset, resolvePresets } from './define-preset.ts'

const FOLDER = new URL('./presets/', import.meta.url)

/**
 * The definitions from all files in `presets/`.
 * @throws {PresetError} if a file name differs from the name of its preset
 */
export async function loadDefinitions(): Promise<PresetDefinition[]> {
  const files = (await readdir(FOLDER)).filter((file) => /\.[jt]s$/.test(file) && !file.endsWith('.d.ts')).sort()
  return Promise.all(
    files.map(async (file) => {
      const { default: definition } = (await import(new URL(file, FOLDER).href)) as { default: PresetDefinition }
      if (file.replace(/\.[jt]s$/, '') !== definition.name) {
        throw new PresetError(`preset ${definition.name} is in ${file}; the file must be named ${definition.name}.ts`)
      }
      return definition
    }),
  )
}

/**
 * All presets.
 * @throws {PresetError} if a preset is invalid or infeasible
 */
export async function loadPresets(): Promise<Preset[]> {
  return resolvePresets(await loadDefinitions())
}

/**
 * The preset with this name.
 * @throws {PresetError} if there is no such preset; the message lists the known names
 */
export async function loadPreset(name: string): Promise<Preset> {
  const definitions = await loadDefinitions()
  const definition = definitions.find((candidate) => candidate.name === name)
  if (!definition)
    throw new PresetError(`unknown preset ${name}; known: ${definitions.map((known) => known.name).join(', ')}`)
  return resolvePreset(definition, definitions)
}
