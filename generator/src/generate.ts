import { mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Preset } from './define-preset.ts'
import { requireUnedited, seal } from './edited-files.ts'
import { readmeTables, withTable } from './readme-tables.ts'
import {
  generatedFrom,
  renderChartValues,
  renderIngressNginx,
  renderLoadTestPresets,
  renderPreset,
  renderSchema,
} from './render.ts'
import { renderTestRun } from './test-run.ts'
import { writeWhole } from './write-whole.ts'

/** Folders in which all YAML files are generated from presets. */
const PRESET_FOLDERS = ['values', 'loadtest/testruns']

/** All generated files of the repository at `root`: path relative to `root` -> content. */
export async function allGeneratedFiles(root: string, presets: readonly Preset[]): Promise<Map<string, string>> {
  // Imported only here, because the chart library loads slowly.
  const { renderCapacityChart } = await import('./capacity-chart.ts')
  const plot = `<!-- ${generatedFrom('generator/src/capacity-chart.ts')} -->\n${await renderCapacityChart(presets)}`
  return (await generatedFiles(root, presets)).set('docs/capacity.svg', seal(plot))
}

/** All generated files except the chart. Markdown files are read, and only their tables are replaced. */
export async function generatedFiles(root: string, presets: readonly Preset[]): Promise<Map<string, string>> {
  const whole: (readonly [path: string, content: string])[] = [
    ['chart/values.yaml', renderChartValues()],
    ['chart/values.schema.json', renderSchema()],
    ...presets.map((preset) => [`values/${preset.name}.yaml`, renderPreset(preset)] as const),
    ...presets
      .filter(({ values: { ingress } }) => ingress.enabled && ingress.controller === 'ingress-nginx')
      .map((preset) => [`values/controllers/ingress-nginx-${preset.name}.yaml`, renderIngressNginx(preset)] as const),
    ['loadtest/presets.gen.ts', renderLoadTestPresets(presets)],
    ...presets.map((preset) => [`loadtest/testruns/${preset.name}.yaml`, renderTestRun(preset)] as const),
  ]
  const files = new Map(whole.map(([path, content]) => [path, seal(content)]))
  for (const [path, tables] of Object.entries(readmeTables(presets))) {
    const text = await readFile(join(root, path), 'utf8')
    files.set(
      path,
      Object.entries(tables).reduce((whole, [name, table]) => withTable(whole, name, table), text),
    )
  }
  return files
}

/** Generated files that are missing or out of date, or belong to a removed preset. */
export async function staleFiles(root: string, files: ReadonlyMap<string, string>): Promise<string[]> {
  const stale: string[] = []
  for (const [path, content] of files) {
    const current = await readFile(join(root, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (current !== content) stale.push(path)
  }
  for (const folder of PRESET_FOLDERS) {
    const presetFiles = await readdir(join(root, folder), { recursive: true }).catch(() => [])
    for (const file of presetFiles.sort()) {
      if (file.endsWith('.yaml') && !files.has(`${folder}/${file}`)) stale.push(`${folder}/${file}`)
    }
  }
  return stale
}

/**
 * Writes the stale files, each completely or not at all.
 * @returns their paths
 * @throws {EditedFileError} if a file was edited; in this case, no file is written
 */
export async function writeFiles(root: string, files: ReadonlyMap<string, string>): Promise<string[]> {
  const stale = (await staleFiles(root, files)).filter((path) => files.has(path))
  for (const path of stale) await requireUnedited(join(root, path), files.get(path) as string, path)
  for (const path of stale) {
    const target = join(root, path)
    await mkdir(dirname(target), { recursive: true })
    await writeWhole(target, files.get(path) as string)
  }
  return stale
}
