/** `docs/benchmarks.md`, and the other files that show committed results, with tables and plots of each. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderSvg } from '../../../generator/src/plot.ts'
import { withTable } from '../../../generator/src/readme-tables.ts'
import { inRoot } from '../../support/paths.ts'
import type { Subject } from './subject.ts'

const PAGE = 'benchmarks.md'
const FOLDER = inRoot('docs', 'benchmarks')

/** The committed result of a subject; undefined when there is none. */
export async function readResult<T>({ name }: Subject<T>): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(join(FOLDER, `${name}.json`), 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * The files that show a result, as they should be: path -> contents.
 * @throws {Error} when the file in `docs/` has no place for one of its tables
 */
export async function docsOf<T>(subject: Subject<T>, result: T): Promise<Map<string, string>> {
  const file = inRoot('docs', subject.page ?? PAGE)
  let page = await readFile(file, 'utf8')
  for (const [name, table] of Object.entries(subject.tables(result))) {
    page = withTable(page, name, table, `npm run bench -- ${subject.name} --write`)
  }
  const files = new Map([[file, page]])
  for (const [name, chart] of Object.entries(subject.charts(result))) {
    files.set(join(FOLDER, `${name}.svg`), await renderSvg(chart))
  }
  return files
}

/** Writes a result as JSON, its tables and its plots. */
export async function writeDocs<T>(subject: Subject<T>, result: T): Promise<void> {
  await mkdir(FOLDER, { recursive: true })
  const files = await docsOf(subject, result)
  files.set(join(FOLDER, `${subject.name}.json`), `${JSON.stringify(result, undefined, 2)}\n`)
  for (const [file, text] of files) await writeFile(file, text)
}
