import { availableParallelism, cpus, release, type } from 'node:os'

/** The date and the machine of a measurement. */
export interface Machine {
  /** The date of the measurement, in the form YYYY-MM-DD. */
  date: string
  /** CPU model, and the number of CPUs that this process may use. */
  machine: string
  os: string
  /** The version of Node.js, without `v`. */
  node: string
}

/** Describes this machine, with the current date. */
export function thisMachine(): Machine {
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} CPUs`,
    os: `${type()} ${release().split('.').slice(0, 2).join('.')}`,
    node: process.versions.node,
  }
}
