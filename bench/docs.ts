/** The committed figures in `docs/benchmarks/`, and the pages and plots that show them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { renderSvg } from '../generator/src/plot.ts'
import { withTable } from '../generator/src/readme-tables.ts'
import { inRoot, ROOT } from '../tools/support/paths.ts'
import type { Figures, Subject } from './harness.ts'
import { inMarkdown } from './tables.ts'

/** The folder of the committed figures and plots. */
export const FOLDER = inRoot('docs', 'benchmarks')

/** Returns the committed figures of a subject, or undefined if there are none. */
export async function readFigures({ name }: Subject): Promise<Figures | undefined> {
  try {
    return JSON.parse(await readFile(join(FOLDER, `${name}.json`), 'utf8')) as Figures
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Returns the page and the plots that show a subject's figures, by path.
 * @throws {Error} if the page has no markers for one of the tables
 */
export async function docsOf(subject: Subject, figures: Figures): Promise<Map<string, string>> {
  const file = inRoot('docs', subject.page ?? 'benchmarks.md')
  let page = await readFile(file, 'utf8')
  for (const [name, table] of Object.entries(inMarkdown(subject, figures))) {
    page = withTable(page, name, table, `npm run bench -- ${subject.name} --write`, relative(ROOT, file))
  }
  const files = new Map([[file, page]])
  for (const [name, chart] of Object.entries(subject.charts?.(figures) ?? {})) {
    files.set(join(FOLDER, `${name}.svg`), await renderSvg(chart))
  }
  return files
}

/** Writes a subject's figures, tables, and plots. */
export async function writeDocs(subject: Subject, figures: Figures): Promise<void> {
  await mkdir(FOLDER, { recursive: true })
  const files = await docsOf(subject, figures)
  files.set(join(FOLDER, `${subject.name}.json`), toJson(figures))
  for (const [file, text] of files) await writeFile(file, text)
}

/** Returns indented JSON with lists of numbers on one line, as the linter requires. */
export function toJson(value: object): string {
  const oneLine = (list: string) => list.replace(/\s+/g, ' ').replace(/^\[ | \]$/g, (end) => end.trim())
  return `${JSON.stringify(value, undefined, 2).replace(/\[[\d\s,.eE+\-nul]*\]/g, oneLine)}\n`
}
