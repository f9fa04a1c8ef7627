import { closeSync, openSync, readSync, type Stats, statSync } from 'node:fs'

/** The first bytes of an RDB file and of a report. */
const RDB_START = 'REDIS'
const REPORT_START = '{"file":'

/**
 * Returns the reason why the dataset must not be written to `file`, or undefined. Only an RDB file or an empty file is
 * replaced: a mistyped command line could name an input, and renaming a file over a device removes the device.
 */
export function outProblem(file: string): string | undefined {
  const stats = statsOf(file)
  if (stats === undefined) return undefined
  const kind = specialKindOf(stats)
  if (kind !== undefined) return `it is ${kind}, not a file`
  if (startsWith(file, stats, RDB_START)) return undefined
  return 'it exists and is not an RDB file; remove it, or choose another name'
}

/** Returns the reason why the report must not be written to `file`, or undefined. */
export const reportProblem = (file: string) => overwriteProblem(file, REPORT_START, 'a report')

/**
 * Returns the reason why text must not be written to `file`, or undefined. A pipe or a device is written to, not
 * replaced. An existing file must be empty or begin with `start`, so that a mistyped name cannot overwrite a file
 * of a different kind.
 * @param start ASCII characters
 * @param what the kind of file that begins with `start`, for the reason
 */
export function overwriteProblem(file: string, start: string, what: string): string | undefined {
  const stats = statsOf(file)
  if (stats === undefined) return undefined
  if (stats.isDirectory()) return 'it is a folder, not a file'
  if (!stats.isFile() || startsWith(file, stats, start)) return undefined
  return `it exists and is not ${what}; remove it, or choose another name`
}

/** @returns undefined if the file does not exist, or is a symbolic link to a missing file */
const statsOf = (file: string) => statSync(file, { throwIfNoEntry: false })

function specialKindOf(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a pipe'
  return stats.isSocket() ? 'a socket' : 'a device'
}

/** Whether a file is empty or begins with these ASCII characters. */
function startsWith(file: string, { size }: Stats, start: string): boolean {
  if (size === 0) return true
  const fd = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(start.length)
    return bytes.toString('latin1', 0, readSync(fd, bytes)) === start
  } finally {
    closeSync(fd)
  }
}
