/** Binds processes to CPUs, so that a client does not take CPU time from the server that is measured. */
import { UserError } from '../tools/support/errors.ts'
import { findInPath, runOrThrow } from '../tools/support/process.ts'
import { readProc } from '../tools/support/processes.ts'
import type { Bench } from './harness.ts'

/**
 * Reserves a CPU for the measured servers: the first one that this process may use. This process, and the programs that
 * it starts from now on, use the other CPUs.
 * @returns a function that binds all threads of a server to the reserved CPU, including threads that start later
 * @throws {UserError} if there is only one CPU, or no `taskset`
 */
export async function reserveCpu({ keep }: Pick<Bench, 'keep'>): Promise<(server: { pid: number }) => Promise<void>> {
  if (!(await findInPath('taskset'))) {
    throw new UserError(
      'the program taskset, which binds the service to one CPU, is missing: install util-linux (Linux only)',
    )
  }
  const [, list = ''] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readProc('self/status') ?? '') ?? []
  const [reserved, ...others] = parseCpuList(list)
  if (reserved === undefined || others.length === 0)
    throw new UserError(
      `at least two CPUs are needed, one of them only for the service; this process may use ${list ? `CPU ${list}` : 'none'}`,
    )
  await bindTo(others.join(), process.pid)
  keep({ stop: () => bindTo(list, process.pid) })
  return ({ pid }) => bindTo(String(reserved), pid)
}

/** Returns the numbers in a list such as `0-2,5`. */
export function parseCpuList(list: string): number[] {
  return Array.from(list.matchAll(/(\d+)(?:-(\d+))?/g)).flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => Number(first) + at),
  )
}

async function bindTo(cpus: string, pid: number): Promise<void> {
  await runOrThrow('taskset', ['--all-tasks', '--cpu-list', '--pid', cpus, String(pid)])
}
