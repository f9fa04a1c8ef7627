/** Binds processes to CPUs, so that a client does not take CPU time from the server that is measured. */
import { UserError } from '../tools/support/errors.ts'
import { findInPath, runOrThrow } from '../tools/support/process.ts'
import { readProc } from '../tools/support/processes.ts'

/** The CPUs for the measured server and for everything else, in the format of `taskset -c`. */
export interface Cpus {
  server: string
  others: string
}

/**
 * Assigns the first CPU that this process may use to the measured server, and all other CPUs to everything else.
 * @throws {UserError} if there is only one CPU, or no `taskset`
 */
export async function shareCpus(): Promise<Cpus> {
  if (!(await findInPath('taskset'))) {
    throw new UserError(
      'the program taskset, which binds the service to one CPU, is missing: install util-linux (Linux only)',
    )
  }
  const [, list = ''] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readProc('self/status') ?? '') ?? []
  const [server, ...others] = parseCpuList(list)
  if (server === undefined || others.length === 0)
    throw new UserError(
      `at least two CPUs are needed, one of them only for the service; this process may use ${list ? `CPU ${list}` : 'none'}`,
    )
  return { server: String(server), others: others.join(',') }
}

/** Returns the numbers in a list such as `0-2,5`. */
export function parseCpuList(list: string): number[] {
  return Array.from(list.matchAll(/(\d+)(?:-(\d+))?/g)).flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => Number(first) + at),
  )
}

/** Binds all threads of a process to CPUs, including threads that are started later. */
export async function bindTo(cpus: string, pid: number): Promise<void> {
  await runOrThrow('taskset', ['--all-tasks', '--cpu-list', '--pid', cpus, String(pid)])
}

/**
 * While `use` runs, binds this process and the processes that it starts to the CPUs that are not reserved for the
 * server.
 */
export async function onOtherCpus<T>({ server, others }: Cpus, use: () => Promise<T>): Promise<T> {
  await bindTo(others, process.pid)
  try {
    return await use()
  } finally {
    await bindTo(`${server},${others}`, process.pid)
  }
}
