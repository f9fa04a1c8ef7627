/** Reads the CPU time and memory of processes from `/proc`. */
import { readdirSync, readFileSync } from 'node:fs'
import { UserError } from './errors.ts'

/**
 * Returns the CPU seconds (user and system) that a process and its live descendants have used so far, from the kernel's
 * count in nanoseconds. Exited threads and children are not included.
 * @throws {UserError} on systems other than Linux, or if there is no such process
 */
export function cpuSeconds(pid: number): number {
  requireCpuTime()
  return processTree(pid).reduce((sum, member) => sum + secondsOfThreads(member), 0)
}

/**
 * Returns the CPU seconds of one thread. The default is the main thread, whose id is the process id.
 * @throws {UserError} as {@link cpuSeconds} does
 */
export function threadCpuSeconds(pid: number, tid = pid): number {
  requireCpuTime()
  const seconds = secondsOfThread(pid, tid)
  if (seconds === undefined) throw new UserError(`process ${pid} has no thread ${tid}`)
  return seconds
}

/** @throws {UserError} on systems other than Linux, where the CPU time of threads cannot be read */
export function requireCpuTime(): void {
  if (readProc('self/schedstat') === undefined) {
    throw new UserError('CPU time is read from /proc/PID/task/TID/schedstat, which only Linux has')
  }
}

/**
 * Returns a process and all its live descendants, the process first.
 * @throws {UserError} if it has exited
 */
export function processTree(pid: number): number[] {
  const parents = parentsFromProc()
  if (readProc(`${pid}/stat`) === undefined) throw new UserError(`process ${pid} has ended`)
  return withDescendants([pid], parents)
}

/**
 * Returns processes and all their descendants, the processes first.
 * @param parents the process id and the parent id of every process on this machine
 */
export function withDescendants(
  pids: readonly number[],
  parents: Iterable<readonly [pid: number, parent: number]>,
): number[] {
  const children = new Map<number, number[]>()
  for (const [child, parent] of parents) children.set(parent, [...(children.get(parent) ?? []), child])
  const family = new Set(pids)
  // The loop adds to the set over which it iterates.
  for (const member of family) for (const child of children.get(member) ?? []) family.add(child)
  return [...family]
}

/** Returns the parent id of every process on this machine by process id. */
export function parentsFromProc(): Map<number, number> {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readProc(`${name}/stat`) : undefined
    if (stat !== undefined) parents.set(Number(name), parseParent(stat))
  }
  return parents
}

/**
 * Returns the memory of a process and its live descendants, in bytes: the sum of their proportional set sizes (PSS),
 * which divide each shared page equally among the processes that share it. Kernel memory, such as socket buffers, is
 * not included.
 * @throws {UserError} if the kernel does not report it, or the process has exited
 */
export function pssBytes(pid: number): number {
  return processTree(pid).reduce((sum, member) => {
    const rollup = readProc(`${member}/smaps_rollup`)
    if (rollup === undefined && member === pid) {
      throw new UserError(`cannot read the memory of process ${pid} from /proc/${pid}/smaps_rollup`)
    }
    return sum + parsePss(rollup ?? '')
  }, 0)
}

/** Returns the maximum number of open files, including sockets, of this process. */
export function openFilesLimit(): number {
  return parseOpenFiles(readProc('self/limits') ?? '')
}

/** Reads the CPU time in seconds from a `/proc/PID/task/TID/schedstat` file. Its first number is in nanoseconds. */
export function parseSchedstat(text: string): number {
  return Number(text.split(' ')[0]) / 1e9
}

/**
 * Reads the parent's id from a `/proc/PID/stat`, whose second field is a name in parentheses that may contain any
 * characters.
 */
export function parseParent(text: string): number {
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
}

/** Reads the bytes of `Pss:` from a `/proc/PID/smaps_rollup`. */
export function parsePss(text: string): number {
  return Number(/^Pss: +(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024
}

/** Reads the soft limit on open files from a `/proc/PID/limits`. */
export function parseOpenFiles(text: string): number {
  const [, limit] = /^Max open files +(\d+|unlimited) /m.exec(text) ?? []
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit ?? 0)
}

/** Returns the content of a file below /proc, or undefined if it cannot be read, such as after the exit of its process. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return undefined
  }
}

function secondsOfThreads(pid: number): number {
  let threads: string[]
  try {
    threads = readdirSync(`/proc/${pid}/task`)
  } catch {
    return 0
  }
  return threads.reduce((sum, tid) => sum + (secondsOfThread(pid, Number(tid)) ?? 0), 0)
}

function secondsOfThread(pid: number, tid: number): number | undefined {
  const text = readProc(`${pid}/task/${tid}/schedstat`)
  return text === undefined ? undefined : parseSchedstat(text)
}
