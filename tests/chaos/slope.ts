import { readdirSync } from 'node:fs'
import { processTree, readProc } from '../../tools/support/processes.ts'

/** What the service has taken at a moment. */
export interface Sample {
  minute: number
  rssMib: number
  /** Open files, connections among them. */
  files: number
}

/** What a process and its descendants take now. */
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
 * As on every machine that Node.js has a build for but those with 64 KiB pages, where all is a sixteenth: a slope of
 * nothing is the same.
 */
const PAGE_BYTES = 4096

function countFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    // It has ended meanwhile.
    return 0
  }
}

/** By how much a value grows a minute: the slope of the line that fits best; 0 for fewer than two samples. */
export function slopeOf(points: readonly (readonly [minute: number, value: number])[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const meanX = mean(points.map(([x]) => x))
  const meanY = mean(points.map(([, y]) => y))
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  if (!(spread > 0)) return 0
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
}
