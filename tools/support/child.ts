import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { UserError } from './errors.ts'

const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 15_000

/** A program that runs in the background. */
export class Child {
  /** Resolves with one line that describes how the program exited. */
  readonly ended: Promise<string>
  hasEnded = false
  readonly #name: string
  readonly #process: ChildProcess
  readonly #lines: string[] = []
  readonly #listeners = new Set<(line: string) => void>()

  constructor(
    name: string,
    command: string,
    args: string[],
    { onLine, ...options }: { cwd?: string; env?: NodeJS.ProcessEnv; onLine?: (line: string) => void } = {},
  ) {
    this.#name = name
    // Use a separate process group, so that Ctrl-C reaches only this process, which then stops its children in order.
    this.#process = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    if (onLine) this.#listeners.add(onLine)
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (!stream) continue
      createInterface({ input: stream }).on('line', (line) => {
        this.#lines.push(line)
        if (this.#lines.length > 50) this.#lines.shift()
        for (const listener of this.#listeners) listener(line)
      })
    }
    this.ended = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(`${name} did not start: ${error.message}`))
      this.#process.once('close', (code, signal) =>
        resolve(`${name} ended (${signal ?? `code ${code}`}): ${this.#lines.at(-1) ?? 'no output'}`),
      )
    })
    void this.ended.then(() => {
      this.hasEnded = true
    })
  }

  get pid(): number {
    return this.#process.pid as number
  }

  /** Waits for a line of output that matches, for a minute by default. */
  line(
    pattern: RegExp,
    signal: AbortSignal | undefined,
    timeoutMs: number = START_TIMEOUT_MS,
  ): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const check = (line: string) => {
        const match = pattern.exec(line)
        if (match) finish(() => resolve(match))
      }
      const onAbort = () => finish(() => reject(signal?.reason))
      const timer = setTimeout(
        () => finish(() => reject(new UserError(`${this.#name} did not start within ${timeoutMs / 1000} s`))),
        timeoutMs,
      )
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        this.#listeners.delete(check)
        signal?.removeEventListener('abort', onAbort)
        settle()
      }
      this.#listeners.add(check)
      signal?.addEventListener('abort', onAbort)
      void this.ended.then((how) => finish(() => reject(new UserError(how))))
      for (const line of this.#lines) check(line)
    })
  }

  /** Waits for the program to become ready. If `waiting` fails, stops the program. */
  async ready<T>(waiting: Promise<T>): Promise<T> {
    try {
      return await waiting
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /**
   * Waits until the program exits by itself.
   * @throws {UserError} if it did not exit with code 0
   */
  async succeeded(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => reject(signal.reason)
      signal.addEventListener('abort', onAbort)
      void this.ended.then(() => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      })
    })
    if (this.#process.exitCode !== 0) throw new UserError(await this.ended)
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return
    this.#process.kill('SIGTERM')
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await this.ended
    clearTimeout(timer)
  }
}
