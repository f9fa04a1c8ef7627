import { type SpawnOptions, spawn } from 'node:child_process'
import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { UserError } from './errors.ts'

/** The exit code and output of a program. */
export interface Result {
  code: number
  stdout: string
  stderr: string
}

/** Runs a program without a shell and collects its output. If a signal terminated the program, the code is 1. */
export function capture(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    // If options.signal stopped the program, reject with that signal's reason.
    child.once('error', (error) => reject(error.name === 'AbortError' ? (options.signal?.reason ?? error) : error))
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }))
  })
}

/**
 * Like {@link capture}, for a program that must succeed.
 * @throws {UserError} with the last line that the program printed
 */
export async function runOrThrow(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Result> {
  const result = await capture(command, args, options)
  if (result.code === 0) return result
  const last = (result.stderr.trim() || result.stdout.trim()).split('\n').at(-1)
  throw new UserError(`${command} ${args.slice(0, 2).join(' ')} failed with code ${result.code}: ${last}`)
}

/** A signal that follows the same signal within this time is a repetition: npm forwards Ctrl-C, and timeout(1) signals twice. */
const REPETITION_MS = 500

/**
 * Runs a program on this terminal. Passes SIGINT, SIGTERM, and SIGHUP on to the program, but not repetitions within
 * {@link REPETITION_MS}. After such a signal, this process exits as soon as the program has exited. With the option
 * `detached`, the program receives signals only from this process, including SIGQUIT, SIGTSTP, and SIGCONT.
 * @returns the exit code of the program
 */
export function passThrough(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    // A terminal sends Ctrl-C to both processes, but `kill` signals only this one.
    let received: NodeJS.Signals | undefined
    let receivedAt = 0
    const relay = (signal: NodeJS.Signals) => {
      if (signal !== received || performance.now() - receivedAt > REPETITION_MS) child.kill(signal)
      received = signal
      receivedAt = performance.now()
    }
    const suspend = () => {
      child.kill('SIGSTOP')
      process.kill(process.pid, 'SIGSTOP')
    }
    const resume = () => child.kill('SIGCONT')
    const ends: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', ...(options.detached ? ['SIGQUIT' as const] : [])]
    // Add the listeners before the program starts. Otherwise, an early signal would terminate only this process.
    for (const signal of ends) process.on(signal, relay)
    if (options.detached) process.on('SIGTSTP', suspend).on('SIGCONT', resume)
    const child = spawn(command, args, { stdio: 'inherit', ...options })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      for (const signal of ends) process.off(signal, relay)
      process.off('SIGTSTP', suspend).off('SIGCONT', resume)
      if (received) process.kill(process.pid, received)
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1))
    })
  })
}

/** Returns the full path of a program in PATH, or undefined if it is not there. */
export async function findInPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name)
    if (await isExecutable(file)) return file
  }
  return undefined
}

/** Whether a file exists and is executable. */
export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}

/** Returns the version that a program prints (such as 4.1.0), or `unknown`. Ignores the exit code. */
export async function versionOf(program: string, option: string): Promise<string> {
  const { stdout, stderr } = await capture(program, [option])
  return /\d+(\.\d+)+/.exec(stdout + stderr)?.[0] ?? 'unknown'
}
