import { readdir } from 'node:fs/promises'
import { type Preset, type PresetDefinition, resolvePreset, resolvePresets } from './define-preset.ts'
import { merge } from './merge.ts'
import { PresetError, UnknownPresetError } from './preset-error.ts'
import type { DeepPartial, Values } from './values.ts'

const FOLDER = new URL('./presets/', import.meta.url)

/** The tag of the images that users build from this repository. */
const LOCAL_TAG = 'latest'
const LOCAL_TAG_NOTE =
  'The image that you build from the repository. The published chart has image digests, which take precedence, so it ignores this tag.'

/** Adds the tags of locally built images to a preset, unless the preset sets or inherits tags. */
export function withLocalImages(definition: PresetDefinition): PresetDefinition {
  if (definition.extends !== undefined) return definition
  const untagged = (['app', 'redis'] as const).filter(
    (component) => definition.values?.[component]?.image?.tag === undefined,
  )
  const values = Object.fromEntries(untagged.map((component) => [component, { image: { tag: LOCAL_TAG } }]))
  const notes = Object.fromEntries(untagged.map((component) => [`${component}.image.tag`, LOCAL_TAG_NOTE]))
  return {
    ...definition,
    values: merge<DeepPartial<Values>>(values, definition.values),
    notes: { ...notes, ...definition.notes },
  }
}

/**
 * Returns the definitions from all files in `presets/`.
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
      return withLocalImages(definition)
    }),
  )
}

/**
 * Returns all presets.
 * @throws {PresetError} if a preset is invalid or infeasible
 */
export async function loadPresets(): Promise<Preset[]> {
  return resolvePresets(await loadDefinitions())
}

/**
 * Returns the preset with this name.
 * @throws {UnknownPresetError} if there is no such preset; the message lists the known names
 */
export async function loadPreset(name: string): Promise<Preset> {
  const definitions = await loadDefinitions()
  const definition = definitions.find((candidate) => candidate.name === name)
  if (!definition)
    throw new UnknownPresetError(`unknown preset ${name}; known: ${definitions.map((known) => known.name).join(', ')}`)
  return resolvePreset(definition, definitions)
}
