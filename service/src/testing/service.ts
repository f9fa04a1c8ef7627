import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/**
 * Defaults for tests. Without caches and a warm-up, every query is ranked, and every text is read from Redis. Even on a
 * busy machine, there is no load shedding, and there are no timeouts.
 */
const TEST_SETTINGS = {
  CACHE_MAX_MIB: '0',
  RANKING_TEXT_CACHE_MAX_MIB: '0',
  WARM_UP_REQUESTS: '0',
  OVERLOAD_MAX_DELAY_MS: '60000',
  REDIS_COMMAND_TIMEOUT_MS: '30000',
  RANKING_TIMEOUT_MS: '60000',
}
/** Enables the caches with their default sizes. */
export const WITH_CACHE = { CACHE_MAX_MIB: '', RANKING_TEXT_CACHE_MAX_MIB: '' }

/** The compiled service in a separate process. */
export class TestService {
  readonly url: string
  readonly log: string[]
  /** Everything written to stderr. This does not include the log. */
  stderr = ''
  readonly #process: ChildProcess

  private constructor(process: ChildProcess, port: string, log: string[]) {
    this.#process = process
    this.url = `http://127.0.0.1:${port}`
    this.log = log
    process.stderr?.on('data', (data) => (this.stderr += data))
  }

  /** Starts the service on a free port with extra environment variables. Resolves when it is listening or ready. */
  static async start(env: Record<string, string>, until: 'listening' | 'ready' = 'ready'): Promise<TestService> {
    const child = spawnService({ HOST: '127.0.0.1', PORT: '0', ...TEST_SETTINGS, ...env })
    const log: string[] = []
    const port = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        log.push(line)
        const match = /"port":(\d+),?.*"listening"/.exec(line)
        if (match) resolve(match[1] as string)
      })
      child.once('exit', (code) => reject(new Error(`the service ended with ${code}: ${log.join('\n')}`)))
    })
    const service = new TestService(child, port, log)
    while (until === 'ready' && (await fetch(`${service.url}/ready`)).status !== 200) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return service
  }

  get(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.url}${path}`, init)
  }

  /** Sends a signal to the service, or to its primary process if it has several. */
  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** Resolves with the exit code once the service has exited. */
  async exited(): Promise<number | null> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit')
    return this.#process.exitCode
  }

  /** Stops the service. Resolves with its exit code. */
  stop(): Promise<number | null> {
    this.signal('SIGTERM')
    return this.exited()
  }
}

/**
 * Runs the service until it exits, at most until the test ends. Resolves with its exit code and output, once all of its
 * processes have exited.
 * @param onOutput called with the whole output so far: first with an empty string, and then after each new output
 */
export async function runService(
  env: Record<string, string>,
  onOutput: (output: string, service: ChildProcess) => void = () => {},
): Promise<{ code: number | null; output: string }> {
  const child = spawnService(env)
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  onOutput(output, child)
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      output += data
      onOutput(output, child)
    })
  }
  // The streams are closed when no process has them open.
  await once(child, 'close')
  return { code: child.exitCode, output }
}

/** @param stdout the file descriptor to which the service writes its log */
export function spawnService(env: Record<string, string>, stdout: number | 'pipe' = 'pipe'): ChildProcess {
  return spawn(process.execPath, [MAIN], { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', stdout, 'pipe'] })
}
