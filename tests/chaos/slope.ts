import { readdirSync } from 'node:fs'
import { processTree, readProc } from '../../tools/support/processes.ts'

/** The service's memory and open files at one moment. */
export interface Sample {
  minute: number
  rssMib: number
  /** Open files, including connections. */
  files: number
}

/** Returns the current memory and open files of a process and its descendants. */
export function sampleOf(pid: number, minute: number): Sample {
  let pages = 0
  let files = 0
  for (const member of processTree(pid)) {
    pages += Number((readProc(`${member}/statm`) ?? '').split(' ')[1] ?? 0)
    files += countFiles(member)
  }
  return { minute, rssMib: (pages * PAGE_BYTES) / 2 ** 20, files }
}

/**
 * The page size. On machines with 64 KiB pages, memory values are too low by a factor of 16, but a slope of 0 is still
 * correct.
 */
const PAGE_BYTES = 4096

function countFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    // The process has exited.
    return 0
  }
}

/**
 * Returns the growth of a value per minute (the slope of the line of best fit), or 0 if all samples are from one time.
 */
export function slopeOf(points: readonly (readonly [minute: number, value: number])[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const meanX = mean(points.map(([x]) => x))
  const meanY = mean(points.map(([, y]) => y))
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  if (!(spread > 0)) return 0
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
}
