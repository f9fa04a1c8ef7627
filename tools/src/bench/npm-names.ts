import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { toEntry } from '../../../service/src/dataset/entries.ts'
import { spelling } from '../../../service/src/text/spelling.ts'
import { UserError } from '../../support/errors.ts'
import { inRoot } from '../../support/paths.ts'
import { capture, must } from '../../support/process.ts'
import type { Progress } from '../../support/progress.ts'

/** An npm package whose `counts.json` holds `{"name": downloads}`. */
export interface CountsPackage {
  /** As `npm pack` takes it. */
  spec: string
  /** The hash of its archive, as a lockfile has it. */
  integrity: string
  /** Where its names are kept. */
  file: string
}

/** All packages of npm with their downloads of a month: 3.8 million, MIT. */
export const NPM_NAMES: CountsPackage = {
  spec: 'download-counts@2.20260301.0',
  integrity: 'sha512-WqcD98+fytHCwR+qP+dpEAg8zO34YTQC7B81oR4DIRQxN4TuiWu9r3zT052mm6tAi5MIGEb1q6CbXdBz2BuUhw==',
  file: inRoot('.cache', 'npm-names-2.20260301.0.tsv'),
}

/**
 * The file of the names, by falling downloads, a line each: `name<TAB>downloads`. Fetched when it is not there; then it is there as
 * a whole or not at all. Names that the dataset builder would leave out are not in it, so that the first N lines are N entries.
 * @throws {UserError} when it cannot be had
 */
export async function npmNames(progress: Progress, signal: AbortSignal, wanted = NPM_NAMES): Promise<string> {
  const { spec, integrity, file } = wanted
  const isThere = await access(file).then(
    () => true,
    () => false,
  )
  if (isThere) return file
  await mkdir(dirname(file), { recursive: true })
  // Beside the file, because a file can only be renamed within its file system.
  const folder = await mkdtemp(`${file}-`)
  try {
    progress.step(`downloading ${spec}`)
    const archive = await download(spec, folder, signal)
    const found = `sha512-${createHash('sha512')
      .update(await readFile(archive))
      .digest('base64')}`
    if (found !== integrity) throw new UserError(`its hash is ${found}, and should be ${integrity}`)
    progress.step('sorting the npm names')
    await must('tar', ['-xzf', archive, '-C', folder, 'package/counts.json'], { signal })
    const counts = JSON.parse(await readFile(join(folder, 'package', 'counts.json'), 'utf8')) as Record<string, number>
    const sorted = join(folder, 'sorted.tsv')
    await writeFile(sorted, toTsv(counts))
    signal.throwIfAborted()
    await rename(sorted, file)
    return file
  } catch (error) {
    signal.throwIfAborted()
    throw new UserError(`${spec}, whose names are the data, cannot be had: ${(error as Error).message}`)
  } finally {
    progress.end()
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * The lines of the names with the most downloads.
 * @param file of {@link npmNames}
 * @throws {UserError} when it has fewer
 */
export async function heaviestNames(file: string, count: number): Promise<string> {
  const lines = await readFile(file)
  let end = 0
  for (let line = 0; line < count; line++) {
    end = lines.indexOf('\n', end) + 1
    if (end === 0) throw new UserError(`${file} has ${line} names, ${count} are needed`)
  }
  return lines.toString('utf8', 0, end)
}

async function download(spec: string, folder: string, signal: AbortSignal): Promise<string> {
  const args = ['pack', spec, '--pack-destination', folder, '--ignore-scripts', '--json', '--loglevel=silent']
  // In a folder of its own, because in one of the project npm looks at its workspaces.
  const { code, stdout } = await capture('npm', args, { cwd: folder, signal })
  if (code !== 0) throw new UserError(npmProblem(stdout))
  const [archive] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  return join(folder, archive as string)
}

/** The one line of what npm prints about an error. */
function npmProblem(stdout: string): string {
  try {
    return (JSON.parse(stdout) as { error: { summary: string } }).error.summary.split('\n')[0] as string
  } catch {
    return 'npm pack failed'
  }
}

function toTsv(counts: Record<string, number>): string {
  const seen = new Set<string>()
  let text = ''
  for (const [name, downloads] of Object.entries(counts).sort(([, a], [, b]) => b - a)) {
    if (typeof toEntry(name, downloads) === 'string') continue
    const key = spelling(name)
    // Old names differ only in case.
    if (seen.has(key)) continue
    seen.add(key)
    text += `${name}\t${downloads}\n`
  }
  return text
}
