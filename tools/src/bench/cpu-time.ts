import { readdirSync, readFileSync } from 'node:fs'
import { UserError } from '../../support/errors.ts'

/**
 * CPU seconds, user and system together, that a process and its live descendants have used so far: the sum over their live
 * threads, from the kernel's count in nanoseconds. What a thread or child that has ended used is not in it.
 * @throws {UserError} where there is no such count, which is everywhere but on Linux, or no such process
 */
export function cpuSeconds(pid: number): number {
  requireCpuTime()
  return processTree(pid).reduce((sum, member) => sum + secondsOfThreads(member), 0)
}

/**
 * CPU seconds of one thread; without `tid` of the main thread, which has the number of its process.
 * @throws {UserError} as {@link cpuSeconds} does
 */
export function threadCpuSeconds(pid: number, tid = pid): number {
  requireCpuTime()
  const seconds = secondsOfThread(pid, tid)
  if (seconds === undefined) throw new UserError(`process ${pid} has no thread ${tid}`)
  return seconds
}

/** @throws {UserError} where the CPU time of threads cannot be read, which is everywhere but on Linux */
export function requireCpuTime(): void {
  if (readProc('self/schedstat') === undefined) {
    throw new UserError('CPU time is read from /proc/PID/task/TID/schedstat, which only Linux has')
  }
}

/**
 * A process and all its live descendants, the process first.
 * @throws {UserError} when it is not there
 */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readProc(`${name}/stat`) : undefined
    if (stat === undefined) continue
    const parent = parseParent(stat)
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  if (readProc(`${pid}/stat`) === undefined) throw new UserError(`process ${pid} has ended`)
  const tree = [pid]
  // The list grows while it is walked.
  for (const member of tree) tree.push(...(children.get(member) ?? []))
  return tree
}

/** The seconds on a CPU in a `/proc/PID/task/TID/schedstat`, whose first number is nanoseconds. */
export function parseSchedstat(text: string): number {
  return Number(text.split(' ')[0]) / 1e9
}

/** The parent's id in a `/proc/PID/stat`, whose second field is a name in brackets that may hold anything. */
export function parseParent(text: string): number {
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
}

/** A file below /proc; undefined once its process has ended. */
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
