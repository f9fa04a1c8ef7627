import { readFileSync } from 'node:fs'
import type { Settings } from './settings.ts'

/** Shares of the memory limit for the heaps of all HTTP processes, and for the heaps of all ranking threads. */
const PROCESS_HEAPS_SHARE = 0.5
const THREAD_HEAPS_SHARE = 0.25
export const MEBIBYTE = 2 ** 20

/**
 * The limits of V8's semi-space, which holds new objects: relative to the old generation, and in MiB, as in the
 * Dockerfile. If the semi-space is larger than the free part of the old generation, V8 constantly runs full garbage
 * collections.
 */
const NEW_SPACE_SHARE = 1 / 8
const MAX_NEW_SPACE_MIB = 16

/** Number of processes, and the memory that each may use. A heap is undefined if the memory limit is unknown. */
export interface ProcessLimits {
  processes: number
  /** Maximum old generation of an HTTP process, in MiB. */
  processHeapMb: number | undefined
  /** Maximum old generation of a ranking thread, in MiB. */
  threadHeapMb: number | undefined
}

type LimitSettings = Pick<
  Settings,
  'WEB_CONCURRENCY' | 'RANKING_THREADS' | 'CPU_LIMIT_MILLICORES' | 'MEMORY_LIMIT_BYTES'
>

/**
 * Divides the container's limits among processes and threads. By default, Node.js chooses the heap size of each process
 * from the memory of the whole container, so several processes together could exceed that memory and be killed.
 */
export function processLimits(settings: LimitSettings): ProcessLimits {
  const { WEB_CONCURRENCY, RANKING_THREADS, CPU_LIMIT_MILLICORES, MEMORY_LIMIT_BYTES } = settings
  const processes = WEB_CONCURRENCY || Math.max(1, Math.floor(CPU_LIMIT_MILLICORES / 1000))
  const heap = (share: number, count: number) =>
    MEMORY_LIMIT_BYTES === 0 ? undefined : Math.max(16, Math.floor((MEMORY_LIMIT_BYTES * share) / count / MEBIBYTE))
  return {
    processes,
    processHeapMb: heap(PROCESS_HEAPS_SHARE, processes),
    threadHeapMb: heap(THREAD_HEAPS_SHARE, processes * RANKING_THREADS),
  }
}

/** Returns the Node.js options for an HTTP process whose old generation has this maximum size, in MiB. */
export function heapOptions(heapMb: number): string[] {
  const newSpaceMb = Math.min(MAX_NEW_SPACE_MIB, Math.floor(heapMb * NEW_SPACE_SHARE))
  return [`--max-old-space-size=${heapMb}`, `--max-semi-space-size=${newSpaceMb}`]
}

/** Upper bound on the files that a process opens for Redis, threads, and probes, besides connections from clients. */
const OTHER_FILES = 200

/** Returns the limits of this process in the format of Linux, or an empty text on other systems. */
export function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return ''
  }
}

/**
 * Returns a warning if the limit of open files is too low for HTTP_MAX_CONNECTIONS. With such a limit, the operating
 * system would close connections before the service reaches its own limit.
 * @param limits the content of `/proc/self/limits`
 */
export function openFilesWarning(
  limits: string,
  { HTTP_MAX_CONNECTIONS }: Pick<Settings, 'HTTP_MAX_CONNECTIONS'>,
): string | undefined {
  const [, files] = /^Max open files +(\d+)/m.exec(limits) ?? []
  const needed = HTTP_MAX_CONNECTIONS + OTHER_FILES
  if (files === undefined || Number(files) >= needed) return undefined
  return `HTTP_MAX_CONNECTIONS ${HTTP_MAX_CONNECTIONS} needs a limit of at least ${needed} open files (ulimit -n), but the limit is ${files}`
}
