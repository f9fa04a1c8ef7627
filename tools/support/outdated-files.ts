import type { Preset } from '../../generator/src/define-preset.ts'
import {
  allGeneratedFiles,
  type FileState,
  type OutdatedFile,
  outdatedFiles,
  outdatedReleaseFiles,
} from '../../generator/src/generate.ts'
import { loadPresets } from '../../generator/src/presets.ts'
import { UserError } from './errors.ts'
import { ROOT } from './paths.ts'

const REMEDIES: Record<FileState, string> = {
  missing: 'run npm run gen-values',
  stale: 'run npm run gen-values',
  edited: 'undo the change or delete the file, and run npm run gen-values',
  orphaned: 'its preset was removed, so delete the file',
}

/** All generated files of the repository that are not up to date. */
export async function findOutdatedFiles(): Promise<OutdatedFile[]> {
  return outdatedFiles(ROOT, await allGeneratedFiles(ROOT, await loadPresets()))
}

/** The state of a generated file, its path, and what to do. */
export const outdatedLine = ({ path, state }: OutdatedFile): string => `${state}: ${path}; ${REMEDIES[state]}`

/**
 * Tells which files of a preset's release are not up to date. Changes no file: edited values are used as they are.
 * @throws {UserError} if a file is missing
 */
export async function noteOutdatedFiles(preset: Preset, note: (line: string) => void): Promise<void> {
  for (const { path, state } of await outdatedReleaseFiles(ROOT, preset)) {
    if (state === 'missing') throw new UserError(`${path} is missing; run npm run gen-values`)
    note(
      state === 'edited'
        ? `${path} was edited, and is used as it is`
        : `${path} is used as it is, but is not up to date; update it with npm run gen-values`,
    )
  }
}
