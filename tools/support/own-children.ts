import type { ChildProcess } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { capture } from './process.ts'
import { parentsFromProc, withDescendants } from './processes.ts'

/** Time for an interrupted child to stop by itself, in ms. Helm uses it to record the interruption in the cluster. */
const STOP_MS = 10_000

/** Records the child processes of this process, including those that helm-ts starts and does not expose. */
export class OwnChildren {
  readonly #running = new Set<ChildProcess>()

  constructor() {
    subscribe('child_process', this.#add)
  }

  readonly #add = (message: unknown) => {
    const { process: child } = message as { process: ChildProcess }
    this.#running.add(child)
    child.once('exit', () => this.#running.delete(child))
  }

  /** Stops recording child processes. */
  forget(): void {
    unsubscribe('child_process', this.#add)
  }

  /** Interrupts the children and their descendants. Kills those that are still running after {@link STOP_MS}. */
  async stop(): Promise<void> {
    const pids = [...this.#running].flatMap(({ pid }) => pid ?? [])
    // Also signal the descendants, because the shell that helm-ts starts does not pass on signals.
    const family = withDescendants(pids, await parentsOfAll())
    const signalAll = (signal: NodeJS.Signals) => {
      for (const pid of family) {
        try {
          process.kill(pid, signal)
        } catch {
          // The process has exited.
        }
      }
    }
    signalAll('SIGINT')
    // This timer does not keep the process alive, but the pipes of a running child do.
    setTimeout(signalAll, STOP_MS, 'SIGKILL').unref()
  }
}

/** Returns the process id and the parent id of every process on this machine. */
async function parentsOfAll(): Promise<Iterable<readonly [pid: number, parent: number]>> {
  // Small containers have no ps.
  if (process.platform === 'linux') return parentsFromProc()
  const { stdout } = await capture('ps', ['-A', '-o', 'pid=,ppid=']).catch(() => ({ stdout: '' }))
  return stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
}
