import { UserError } from '../support/errors.ts'
import type { Progress } from '../support/progress.ts'
import { findOrInstall, howToInstall } from './debian.ts'

/**
 * Finds wrk in PATH, or else installs Debian's package if this process is root on Debian or Ubuntu.
 * @throws {UserError} with installation instructions
 */
export async function findWrk(progress: Progress): Promise<string> {
  const found = await findOrInstall(['wrk'], 'wrk', progress)
  if (!found) throw new UserError(`wrk is missing; ${howToInstall('wrk')}`)
  return found
}
