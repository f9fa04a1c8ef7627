import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UserError } from '../support/errors.ts'
import { capture, findInPath, runOrThrow } from '../support/process.ts'
import type { Progress } from '../support/progress.ts'

/** Whether packages can be installed: this process is root, and apt-get exists. */
export async function canInstallDebianPackages(): Promise<boolean> {
  return process.getuid?.() === 0 && (await findInPath('apt-get')) !== undefined
}

/**
 * Finds a program in PATH by any of its names, or else installs its Debian package. Returns undefined if there is no such
 * program and this process cannot install packages.
 * @throws {UserError} if the installation fails
 */
export async function findOrInstall(
  names: readonly string[],
  debianPackage: string,
  progress: Progress,
): Promise<string | undefined> {
  const found = await findFirstInPath(names)
  if (found || !(await canInstallDebianPackages())) return found
  progress.install(`installing ${debianPackage}`)
  await installDebianPackage(debianPackage)
  return findFirstInPath(names)
}

async function findFirstInPath(names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const path = await findInPath(name)
    if (path) return path
  }
  return undefined
}

/** Returns how a user can install a program. `brew` is the name of its Homebrew package. */
export const howToInstall = (debianPackage: string, brew = debianPackage): string =>
  `install it with your package manager (apt install ${debianPackage}, brew install ${brew}), or run this command as root on Debian or Ubuntu`

/** Installs a Debian package. If this fails, updates the package lists and tries again. */
export async function installDebianPackage(name: string): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = () => capture('apt-get', ['install', '-y', '--no-install-recommends', name], { env })
  if ((await install()).code === 0) return
  await capture('apt-get', ['update'], { env })
  const { code, stderr } = await install()
  if (code !== 0) throw new UserError(`apt-get could not install ${name}: ${stderr.trim().split('\n').at(-1)}`)
}

/**
 * Downloads a Debian package and unpacks its files into a folder, completely or not at all. Unlike an installation,
 * this does not start a system service.
 */
export async function unpackDebianPackage(name: string, folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true })
  const temporary = await mkdtemp(`${folder}-`)
  try {
    const download = () => capture('apt-get', ['download', name], { cwd: temporary })
    if ((await download()).code !== 0) {
      await capture('apt-get', ['update'])
      const { code, stderr } = await download()
      if (code !== 0) throw new UserError(`apt-get could not download ${name}: ${stderr.trim().split('\n').at(-1)}`)
    }
    const [file] = await readdir(temporary)
    const unpacked = join(temporary, 'files')
    await mkdir(unpacked)
    await runOrThrow('dpkg', ['-x', join(temporary, file as string), unpacked])
    await rm(folder, { recursive: true, force: true })
    await rename(unpacked, folder)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}
