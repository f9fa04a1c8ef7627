import { mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { canInstallDebianPackages, installDebianPackage } from './debian.ts'
import { UserError } from './errors.ts'
import { TOOLS_BIN } from './paths.ts'
import { findInPath, isExecutable } from './process.ts'
import type { Progress } from './progress.ts'

const HOW_TO_GET =
  'install it with your package manager (apt install redis-server, brew install redis), or run this command as root on Debian or Ubuntu'

/**
 * Debian's redis-tools holds the server's program too: it acts as `redis-server` when it is called by that name. Unlike the
 * package redis-server it brings no system service, which would start a Redis of its own.
 */
const DEBIAN_PACKAGE = 'redis-tools'
const DEBIAN_PROGRAM = '/usr/bin/redis-check-rdb'

/**
 * The path of a real `redis-server`: the one in PATH, else Debian's when this is root on Debian or Ubuntu, else one that the npm
 * package redis-memory-server builds from source (its version and folder stand in package.json).
 * @throws {UserError} saying how to get it
 */
export async function findRedisServer(progress: Progress): Promise<string> {
  const inPath = await findInPath('redis-server')
  if (inPath) return inPath
  const linked = join(TOOLS_BIN, 'redis-server')
  if (await isExecutable(linked)) return linked
  if (await canInstallDebianPackages()) {
    progress.step(`installing ${DEBIAN_PACKAGE}`)
    await installDebianPackage(DEBIAN_PACKAGE)
    if (await isExecutable(DEBIAN_PROGRAM)) {
      await mkdir(TOOLS_BIN, { recursive: true })
      await rm(linked, { force: true })
      await symlink(DEBIAN_PROGRAM, linked)
      return linked
    }
  }
  progress.step('building redis-server from source')
  return buildFromSource()
}

async function buildFromSource(): Promise<string> {
  try {
    const { RedisBinary } = await import('redis-memory-server')
    return await RedisBinary.getPath()
  } catch (error) {
    throw new UserError(`redis-server is missing; ${HOW_TO_GET} (building it failed: ${(error as Error).message})`)
  }
}
