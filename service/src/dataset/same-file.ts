import { readlinkSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

/** Maximum number of symbolic links to follow, as in Linux. */
const MAX_LINKS = 40

/** Whether two paths refer to the same file, even through symbolic or hard links. The files need not exist. */
export function isSameFile(a: string, b: string): boolean {
  const id = idOf(a)
  return (id !== undefined && id === idOf(b)) || realPathOf(a) === realPathOf(b)
}

/** Returns the device and inode of a file, or undefined if it does not exist or cannot be accessed. */
function idOf(file: string): string | undefined {
  try {
    const { dev, ino } = statSync(file, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}

/** Resolves all symbolic links in the path of a file. The file need not exist. */
function realPathOf(file: string, links = MAX_LINKS): string {
  const target = links > 0 ? targetOf(file) : undefined
  if (target !== undefined) return realPathOf(resolve(dirname(file), target), links - 1)
  try {
    return resolve(realpathSync(dirname(file)), basename(file))
  } catch {
    return resolve(file)
  }
}

/** Returns the target of a symbolic link, or undefined if the file is not a symbolic link. */
function targetOf(file: string): string | undefined {
  try {
    return readlinkSync(file)
  } catch {
    return undefined
  }
}
