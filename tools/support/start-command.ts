import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { inRoot, ROOT } from './paths.ts'

/** The output of `npm start -- --json` when it is ready. */
export interface Ready {
  url: string
  pid: number
  redis: string[]
  version: string
  publisherPasswordFile: string
}

/** Runs the command behind `npm start` directly, without npm, in a separate process. */
export class StartCommand {
  stdout = ''
  stderr = ''
  readonly #process: ChildProcess

  constructor(...args: string[]) {
    this.#process = spawn(process.execPath, [inRoot('tools', 'run.mjs'), 'start', ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process.stdout?.on('data', (data) => {
      this.stdout += data
    })
    this.#process.stderr?.on('data', (data) => {
      this.stderr += data
    })
  }

  /** Starts the service with `--json` on a free port, and waits until it is ready. */
  static async ready(...args: string[]): Promise<{ command: StartCommand; ready: Ready }> {
    const command = new StartCommand('--port', '0', '--json', ...args)
    await command.until(() => command.stdout.includes('\n'))
    return { command, ready: JSON.parse(command.stdout) as Ready }
  }

  /** Closes its output, like a pipe whose reader is gone. */
  closeOutput(): void {
    this.#process.stdout?.destroy()
    this.#process.stderr?.destroy()
  }

  /** Waits until the condition is met. Rejects if the program exits first. */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) {
      const { exitCode, signalCode } = this.#process
      if (exitCode !== null || signalCode) throw new Error(`it ended with ${exitCode ?? signalCode}: ${this.stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  async exited(): Promise<number | null> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit')
    return this.#process.exitCode
  }
}
