import { mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Preset } from './define-preset.ts'
import { EditedFileError, editedParts, isGenerated, readIfExists, seal } from './edited-files.ts'
import { renderLoadTestJobs } from './load-test-jobs.ts'
import { PresetError } from './preset-error.ts'
import { readmeTables, withSealedTable } from './readme-tables.ts'
import {
  generatedFrom,
  renderChartValues,
  renderIngressNginx,
  renderLoadTestPresets,
  renderPreset,
  renderSchema,
} from './render.ts'
import { renderTestRun } from './test-run.ts'
import { writeAtomically } from './write-atomically.ts'

/** Folders with YAML files that are generated from presets. */
const PRESET_FOLDERS = ['values', 'loadtest/testruns', 'loadtest/jobs']

/** Returns the contents of all files that gen-values generates in the repository at `root`, by relative path. */
export async function allGeneratedFiles(root: string, presets: readonly Preset[]): Promise<Map<string, string>> {
  // Imported only here, because the chart library loads slowly.
  const { renderCapacityChart } = await import('./capacity-chart.ts')
  const plot = `<!-- ${generatedFrom('generator/src/capacity-chart.ts')} -->\n${await renderCapacityChart(presets)}`
  return (await generatedFiles(root, presets)).set('docs/capacity.svg', seal(plot))
}

/**
 * Returns all generated files except `docs/capacity.svg`. In Markdown files, only the tables are replaced.
 * @throws {PresetError} if a Markdown file or the comments around a table are missing
 */
export async function generatedFiles(root: string, presets: readonly Preset[]): Promise<Map<string, string>> {
  const whole: (readonly [path: string, content: string])[] = [
    ...releaseFiles(presets),
    ...presets
      .filter(({ values: { ingress } }) => ingress.enabled && ingress.controller === 'ingress-nginx')
      .map((preset) => [`values/controllers/ingress-nginx-${preset.name}.yaml`, renderIngressNginx(preset)] as const),
    ['loadtest/presets.gen.ts', renderLoadTestPresets(presets)],
    ...presets.map((preset) => [`loadtest/testruns/${preset.name}.yaml`, renderTestRun(preset)] as const),
    ...presets.map((preset) => [`loadtest/jobs/${preset.name}.yaml`, renderLoadTestJobs(preset)] as const),
  ]
  const files = new Map(whole.map(([path, content]) => [path, seal(content)]))
  for (const [path, tables] of Object.entries(readmeTables(presets))) {
    const text = await readIfExists(join(root, path))
    if (text === undefined) throw new PresetError(`${path} is missing; restore it`)
    files.set(
      path,
      Object.entries(tables).reduce((whole, [name, table]) => withSealedTable(whole, name, table, path), text),
    )
  }
  return files
}

/** Returns the contents of the generated files from which Helm installs presets, by path, without checksums. */
function releaseFiles(presets: readonly Preset[]): (readonly [path: string, content: string])[] {
  return [
    ['chart/values.yaml', renderChartValues()],
    ['chart/values.schema.json', renderSchema()],
    ...presets.map((preset) => [`values/${preset.name}.yaml`, renderPreset(preset)] as const),
  ]
}

/**
 * The state of a generated file that is not up to date. A file is `orphaned` if its preset was removed, and `edited`
 * if a person changed it after it was generated.
 */
export type FileState = 'missing' | 'stale' | 'edited' | 'orphaned'

/** A generated file that is not up to date. */
export interface OutdatedFile {
  path: string
  state: FileState
  /** The edited parts: the path itself, or tables in a Markdown file. */
  edited: string[]
}

/** Returns the files of a preset's release that are not up to date. Reads no other generated files. */
export function outdatedReleaseFiles(root: string, preset: Preset): Promise<OutdatedFile[]> {
  return outdatedAmong(root, new Map(releaseFiles([preset]).map(([path, content]) => [path, seal(content)])))
}

async function outdatedAmong(root: string, files: ReadonlyMap<string, string>): Promise<OutdatedFile[]> {
  const outdated: OutdatedFile[] = []
  for (const [path, content] of files) {
    const current = await readIfExists(join(root, path))
    if (current === content) continue
    const edited = current === undefined ? [] : editedParts(current, content, path)
    outdated.push({ path, state: current === undefined ? 'missing' : edited.length > 0 ? 'edited' : 'stale', edited })
  }
  return outdated
}

/** Returns all generated files that are not up to date. */
export async function outdatedFiles(root: string, files: ReadonlyMap<string, string>): Promise<OutdatedFile[]> {
  return [...(await outdatedAmong(root, files)), ...(await orphanedFiles(root, files))]
}

/** Returns the generated files whose presets were removed. */
export async function orphanedFiles(root: string, files: ReadonlyMap<string, string>): Promise<OutdatedFile[]> {
  const orphaned: OutdatedFile[] = []
  for (const folder of PRESET_FOLDERS) {
    const names = await readdir(join(root, folder), { recursive: true }).catch(() => [])
    for (const path of names.map((name) => `${folder}/${name}`).sort()) {
      if (!path.endsWith('.yaml') || files.has(path)) continue
      // Users may keep their own values files in the same folder.
      if (isGenerated(await readFile(join(root, path), 'utf8'))) orphaned.push({ path, state: 'orphaned', edited: [] })
    }
  }
  return orphaned
}

/**
 * Writes the files that are not up to date. Each file is written completely or not at all.
 * @param dryRun if true, no file is written
 * @returns the paths of these files
 * @throws {EditedFileError} if files were edited; in this case, no file is written
 */
export async function writeFiles(
  root: string,
  files: ReadonlyMap<string, string>,
  { dryRun = false } = {},
): Promise<string[]> {
  const outdated = await outdatedAmong(root, files)
  const edited = outdated.flatMap((file) => file.edited)
  if (edited.length > 0) throw new EditedFileError(edited)
  const paths = outdated.map(({ path }) => path)
  if (dryRun) return paths
  for (const path of paths) {
    const target = join(root, path)
    await mkdir(dirname(target), { recursive: true })
    await writeAtomically(target, files.get(path) as string)
  }
  return paths
}
