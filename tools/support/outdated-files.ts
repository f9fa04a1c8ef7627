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

/** Returns all generated files in the repository that are not up to date. */
export async function findOutdatedFiles(): Promise<OutdatedFile[]> {
  return outdatedFiles(ROOT, await allGeneratedFiles(ROOT, await loadPresets()))
}

/**
 * Returns a line for each file, with its state, its path, and what to do. If there are orphaned files, the last line is
 * the command that deletes them.
 */
export function outdatedLines(files: readonly OutdatedFile[]): string[] {
  const orphaned = files.filter(({ state }) => state === 'orphaned').map(({ path }) => path)
  return [
    ...files.map(outdatedLine),
    ...(orphaned.length > 0 ? [`to delete the orphaned files: rm ${orphaned.join(' ')}`] : []),
  ]
}

function outdatedLine({ path, state, edited }: OutdatedFile): string {
  const tables = edited.flatMap((part) => /^the (table .*) in /.exec(part)?.[1] ?? [])
  const remedy =
    tables.length > 0 ? REMEDIES[state].replace('the file', `the lines of the ${tables.join(', ')}`) : REMEDIES[state]
  return `${state}: ${path}; ${remedy}`
}

/**
 * Reports the files of a preset's release that are not up to date. Changes no file: edited values are used as they are.
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
