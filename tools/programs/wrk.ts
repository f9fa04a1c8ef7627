import { UserError } from '../support/errors.ts'
import { findInPath } from '../support/process.ts'
import type { Progress } from '../support/progress.ts'
import { canInstallDebianPackages, installDebianPackage } from './debian.ts'

const HOW_TO_GET =
  'install it with your package manager (apt install wrk, brew install wrk), or run this command as root on Debian or Ubuntu'

/**
 * Finds wrk in PATH, or else installs Debian's package if this process is root on Debian or Ubuntu.
 * @throws {UserError} with installation instructions
 */
export async function findWrk(progress: Progress): Promise<string> {
  const inPath = await findInPath('wrk')
  if (inPath) return inPath
  if (await canInstallDebianPackages()) {
    progress.install('installing wrk')
    await installDebianPackage('wrk')
    const installed = await findInPath('wrk')
    if (installed) return installed
  }
  throw new UserError(`wrk is missing; ${HOW_TO_GET}`)
}
