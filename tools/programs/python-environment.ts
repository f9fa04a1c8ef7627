import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../support/errors.ts'
import { inRoot } from '../support/paths.ts'
import { findInPath, must } from '../support/process.ts'
import type { Progress } from '../support/progress.ts'

/** A Python with packages of its own. */
export interface PythonEnvironment {
  /** The folder of its programs. */
  bin: string
  /** Its version, such as 3.11.7. */
  version: string
}

/**
 * The virtual environment with the versions that a file of requirements names: made when it is not there, and anew when they or
 * Python change.
 * @param name of its folder
 * @throws {UserError} when Python is missing, or pip cannot install them
 */
export async function pythonEnvironment(
  name: string,
  requirements: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<PythonEnvironment> {
  const python = await findInPath('python3')
  if (!python) throw new UserError('python3 is missing')
  const version = /\d[\w.]*/.exec((await must(python, ['--version'], { signal })).stdout)?.[0] ?? 'unknown'
  const folder = inRoot('.cache', name)
  // Says what is installed; written last, so that without it nothing is.
  const installed = join(folder, 'installed.txt')
  const bin = join(folder, 'bin')
  const wanted = `Python ${version}\n${await readFile(requirements, 'utf8')}`
  if ((await readFile(installed, 'utf8').catch(() => undefined)) === wanted) return { bin, version }
  progress.step(`installing ${name} for Python`)
  // Paths inside it are absolute, so it cannot be made elsewhere and moved.
  await rm(folder, { recursive: true, force: true })
  await must(python, ['-m', 'venv', folder], { signal })
  const options = ['--disable-pip-version-check', '--no-input', '--quiet']
  await must(join(bin, 'python'), ['-m', 'pip', 'install', ...options, '--requirement', requirements], { signal })
  await writeFile(installed, wanted)
  return { bin, version }
}
