import { UserError } from '../../../support/errors.ts'
import { findInPath, must } from '../../../support/process.ts'
import { readProc } from '../cpu-time.ts'

/** CPUs for the service, and for all else, as `taskset -c` takes them. */
export interface Cpus {
  service: string
  others: string
}

/**
 * The first CPU that this process may use for the service, and the others for the rest.
 * @throws {UserError} when there is only one, or nothing that binds processes to them
 */
export async function shareCpus(): Promise<Cpus> {
  if (!(await findInPath('taskset'))) {
    throw new UserError(
      'taskset is missing, which binds the service to one CPU: it is of util-linux, which only Linux has',
    )
  }
  const [, list = ''] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readProc('self/status') ?? '') ?? []
  const [service, ...others] = parseCpuList(list)
  if (service === undefined || others.length === 0) {
    throw new UserError(
      `the service gets a CPU of its own, so two are needed, and this process may use ${list || 'none'}`,
    )
  }
  return { service: String(service), others: others.join(',') }
}

/** The numbers in a list such as `0-2,5`. */
export function parseCpuList(list: string): number[] {
  return Array.from(list.matchAll(/(\d+)(?:-(\d+))?/g)).flatMap(([, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => Number(first) + at),
  )
}

/** Binds all threads of a process, and those that they start, to CPUs. */
export async function bindTo(cpus: string, pid: number): Promise<void> {
  await must('taskset', ['--all-tasks', '--cpu-list', '--pid', cpus, String(pid)])
}
