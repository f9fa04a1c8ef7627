import { mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../support/errors.ts'
import { ROOT, TOOLS_BIN } from '../support/paths.ts'
import { capture, findInPath, isExecutable } from '../support/process.ts'
import type { Progress } from '../support/progress.ts'
import { canInstallDebianPackages, howToInstall, installDebianPackage } from './debian.ts'

/**
 * Debian's package redis-tools also contains the server: redis-check-rdb acts as `redis-server` if it is run under that
 * name. Unlike the package redis-server, redis-tools does not start a system service.
 */
const DEBIAN_PACKAGE = 'redis-tools'
const DEBIAN_PROGRAM = '/usr/bin/redis-check-rdb'

/**
 * Finds `redis-server` in PATH. If it is missing and this process is root on Debian or Ubuntu, installs Debian's
 * package. Otherwise, builds Redis from source with the npm package redis-memory-server. The version and the folder of
 * this build are set in package.json.
 * @throws {UserError} with installation instructions
 */
export async function findRedisServer(progress: Progress): Promise<string> {
  const inPath = await findInPath('redis-server')
  if (inPath) return inPath
  const linked = join(TOOLS_BIN, 'redis-server')
  if (await isExecutable(linked)) return linked
  if (await canInstallDebianPackages()) {
    progress.install(`installing ${DEBIAN_PACKAGE}`)
    await installDebianPackage(DEBIAN_PACKAGE)
    if (await isExecutable(DEBIAN_PROGRAM)) {
      await mkdir(TOOLS_BIN, { recursive: true })
      await rm(linked, { force: true })
      await symlink(DEBIAN_PROGRAM, linked)
      return linked
    }
  }
  progress.install('building redis-server from source')
  return buildFromSource()
}

async function buildFromSource(): Promise<string> {
  // Run this in a separate process, because the package prints to standard output.
  const script = "import { RedisBinary } from 'redis-memory-server'; console.log('\\n' + (await RedisBinary.getPath()))"
  const { code, stdout, stderr } = await capture(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT })
  const last = (text: string) => text.trim().split('\n').at(-1) as string
  if (code === 0) return last(stdout)
  const [reason = last(stderr)] = /Error: .*/.exec(stderr) ?? []
  throw new UserError(
    `redis-server is missing; ${howToInstall('redis-server', 'redis')} (building it failed: ${reason})`,
  )
}
