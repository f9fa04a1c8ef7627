import { readlinkSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

/** Symbolic links that are followed, as Linux does. */
const MAX_LINKS = 40

/** Whether two paths name the same file, also through symbolic or hard links. The files need not exist. */
export function isSameFile(a: string, b: string): boolean {
  const id = idOf(a)
  return (id !== undefined && id === idOf(b)) || realPathOf(a) === realPathOf(b)
}

/** Device and inode of a file; undefined if it does not exist or cannot be looked at. */
function idOf(file: string): string | undefined {
  try {
    const { dev, ino } = statSync(file, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}

/** The path without symbolic links of a file that may not exist. */
function realPathOf(file: string, links = MAX_LINKS): string {
  const target = links > 0 ? targetOf(file) : undefined
  if (target !== undefined) return realPathOf(resolve(dirname(file), target), links - 1)
  try {
    return resolve(realpathSync(dirname(file)), basename(file))
  } catch {
    return resolve(file)
  }
}

/** What a symbolic link points to; undefined if it is none. */
function targetOf(file: string): string | undefined {
  try {
    return readlinkSync(file)
  } catch {
    return undefined
  }
}
