/** Checks out earlier versions of the service. */
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../tools/support/errors.ts'
import { ROOT } from '../tools/support/paths.ts'
import { capture, runOrThrow } from '../tools/support/process.ts'
import type { Bench } from './harness.ts'

/** Returns the tag of the last release before the checked-out commit. If there is none, returns the previous commit. */
export async function lastRelease(): Promise<string> {
  const { code, stdout } = await git('describe', '--tags', '--abbrev=0', '--match', 'v*', 'HEAD^')
  return code === 0 ? stdout.trim() : 'HEAD^'
}

/**
 * Returns the full hash of a commit.
 * @throws {UserError} if it is not in this repository
 */
export async function resolveCommit(name: string): Promise<string> {
  const { code, stdout } = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`)
  if (code !== 0) throw new UserError(`git cannot find the commit ${name}; a shallow clone lacks earlier commits`)
  return stdout.trim()
}

/**
 * Writes the files of a commit to a new folder, together with its npm packages.
 * @returns the folder
 */
export async function checkOut(
  commit: string,
  folder: string,
  { progress, signal }: Pick<Bench, 'progress' | 'signal'>,
): Promise<string> {
  progress.step(`checking out ${commit.slice(0, 10)}`)
  await mkdir(folder)
  const archive = `${folder}.tar`
  await runOrThrow('git', ['archive', '--format=tar', `--output=${archive}`, commit], { cwd: ROOT, signal })
  await runOrThrow('tar', ['-xf', archive, '-C', folder], { signal })
  const [before, now] = await Promise.all(
    [folder, ROOT].map((root) => readFile(join(root, 'package-lock.json'), 'utf8')),
  )
  if (before === now) {
    for (const packages of ['node_modules', join('service', 'node_modules')]) {
      await symlink(join(ROOT, packages), join(folder, packages))
    }
  } else {
    progress.step(`installing the packages of ${commit.slice(0, 10)}`)
    await runOrThrow('npm', ['ci', '--ignore-scripts'], { cwd: folder, signal })
  }
  return folder
}

const git = (...args: string[]) => capture('git', args, { cwd: ROOT })
