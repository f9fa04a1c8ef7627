import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../support/errors.ts'
import { inRoot } from '../support/paths.ts'
import { findInPath, runOrThrow } from '../support/process.ts'
import type { Progress } from '../support/progress.ts'

export interface PythonEnvironment {
  /** The folder that contains its programs. */
  bin: string
  /** The version of Python, such as 3.11.7. */
  version: string
}

/**
 * Creates a virtual environment with the packages in a requirements file, unless it exists. Creates it again if the
 * file or the version of Python has changed.
 * @param name the name of the folder below `.cache`
 * @throws {UserError} if Python is missing or pip fails
 */
export async function pythonEnvironment(
  name: string,
  requirements: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<PythonEnvironment> {
  const python = await findInPath('python3')
  if (!python) throw new UserError('python3 is missing')
  const version = /\d[\w.]*/.exec((await runOrThrow(python, ['--version'], { signal })).stdout)?.[0] ?? 'unknown'
  const folder = inRoot('.cache', name)
  // This file lists the installed packages. It is written last, so an environment without it is incomplete.
  const installed = join(folder, 'installed.txt')
  const bin = join(folder, 'bin')
  const wanted = `Python ${version}\n${await readFile(requirements, 'utf8')}`
  if ((await readFile(installed, 'utf8').catch(() => undefined)) === wanted) return { bin, version }
  progress.install(`installing ${name} for Python`)
  // A virtual environment contains absolute paths, so it cannot be created elsewhere and moved.
  await rm(folder, { recursive: true, force: true })
  await runOrThrow(python, ['-m', 'venv', folder], { signal })
  const options = ['--disable-pip-version-check', '--no-input', '--quiet']
  await runOrThrow(join(bin, 'python'), ['-m', 'pip', 'install', ...options, '--requirement', requirements], { signal })
  await writeFile(installed, wanted)
  return { bin, version }
}
