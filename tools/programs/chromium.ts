import { findInPath } from '../support/process.ts'
import type { Progress } from '../support/progress.ts'
import { canInstallDebianPackages, installDebianPackage } from './debian.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/**
 * Finds Chromium or Chrome in PATH, or else installs Debian's package if this process is root on Debian. Undefined if
 * both fail.
 */
export async function findChromium(progress: Progress): Promise<string | undefined> {
  const found = await inPath()
  if (found || !(await canInstallDebianPackages())) return found
  progress.install('installing chromium')
  await installDebianPackage('chromium')
  return inPath()
}

async function inPath(): Promise<string | undefined> {
  for (const name of NAMES) {
    const path = await findInPath(name)
    if (path) return path
  }
  return undefined
}
