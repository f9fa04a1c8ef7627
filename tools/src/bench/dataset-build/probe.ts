/**
 * Code that a measured Node.js program runs besides its own, as `--import`: when it ends it writes {@link Usage} to its file 3.
 * The kernel keeps what another process has used only until that one ends, so it has to say itself.
 */
export const PROBE = `data:text/javascript,${encodeURIComponent(`
import { readFileSync, writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
// Threads run it too, and what the process has used includes theirs.
if (isMainThread) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime } = process.resourceUsage()
    const peakKib = Number(/^VmHWM:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
    writeSync(3, JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakBytes: peakKib * 1024 }))
  })
}
`)}`

/** What a program has used in its whole life. */
export interface Usage {
  /** User and system together, of all its threads. */
  cpuSeconds: number
  /** The most that it has had in memory (resident). */
  peakBytes: number
}
