import { type ChildProcess, spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, inject, onTestFinished } from 'vitest'
import { inRoot } from '../../tools/support/paths.ts'

/** A version of Locust that tests use: the current one, or the oldest supported one. */
export type LocustProgram = 'current' | 'old'

/** Returns the path of a file in loadtest/examples. */
export const example = (name: string): string => inRoot('loadtest', 'examples', name)

/** Starts a server on a free port, and closes it after the test. Returns the base URL. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server that answers and counts the requests of the examples. Tests compare statistics with its counts. */
export class CountingServer {
  url = ''
  /** Number of requests by method and path, without the query string. */
  readonly counts: Record<string, number> = {}

  /** @param statuses the status per path, if it is not 200 */
  static async start(statuses: Record<string, number> = {}): Promise<CountingServer> {
    const counting = new CountingServer()
    counting.url = await serve((request, response) => {
      const path = pathOf(request)
      counting.counts[path] = (counting.counts[path] ?? 0) + 1
      request.resume().on('end', () => {
        response.writeHead(statuses[path.split(' ')[1] as string] ?? 200, { 'Content-Type': 'application/json' })
        response.end('{"token":"t","hits":3}')
      })
    })
    return counting
  }

  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0)
  }
}

const pathOf = ({ method, url }: IncomingMessage) => `${method} ${url?.split('?')[0]}`

/** Creates a temporary folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'locust-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** Creates the image's /loadtest folder by following the COPY lines in its Dockerfile. */
export async function imageFolder(): Promise<string> {
  const folder = await temporaryFolder()
  const text = await readFile(inRoot('loadtest', 'Dockerfile'), 'utf8')
  for (const [, sources = ''] of text.matchAll(/^COPY (.*) \/loadtest\/$/gm)) {
    for (const file of sources.split(' ')) await cp(inRoot(file), join(folder, basename(file)))
  }
  return folder
}

/** A program that runs in the background of a test. */
export class Running {
  output = ''
  stdout = ''
  readonly exited: Promise<number | null>
  readonly #name: string
  readonly #process: ChildProcess
  #hasExited = false

  constructor(command: string, args: string[], env: Record<string, string> = {}) {
    this.#name = `${command} ${args.join(' ')}`
    this.#process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    this.#process.stdout?.on('data', (data) => {
      this.output += data
      this.stdout += data
    })
    this.#process.stderr?.on('data', (data) => {
      this.output += data
    })
    this.exited = new Promise((resolve) =>
      this.#process.once('close', (code) => {
        this.#hasExited = true
        resolve(code)
      }),
    )
    onTestFinished(async () => {
      if (this.#hasExited) return
      // SIGKILL would not stop the k6 process that k6 x locust has started.
      this.#process.kill('SIGTERM')
      await this.exited
    })
  }

  /** Waits until the output contains or matches the text. Rejects if the program exits first. */
  async says(text: string | RegExp): Promise<void> {
    await this.until(() => (typeof text === 'string' ? this.output.includes(text) : text.test(this.output)))
  }

  /** Waits until the condition is met. Rejects if the program exits first. */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) {
      if (this.#hasExited) throw new Error(`${this.#name} has ended:\n${this.output}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }
}

/** Starts `k6 x locust` without k6's summary, in the background of a test. */
export const k6Locust = (args: string[], env: Record<string, string> = {}): Running =>
  new Running(inject('k6'), ['x', 'locust', ...args], { K6_NO_SUMMARY: 'true', ...env })

/** Returns the rows of a CSV file as objects with the columns as keys. Cells must not contain line breaks. */
export async function csv(path: string): Promise<Record<string, string>[]> {
  const text = await readFile(path, 'utf8')
  // Lines end with \r\n, as Python's csv module writes them.
  expect(text.replaceAll('\r\n', '')).not.toContain('\n')
  const [header = [], ...rows] = text.trimEnd().split('\r\n').map(cells)
  return rows.map((row) => Object.fromEntries(header.map((column, i) => [column, row[i] ?? ''])))
}

const cells = (line: string) =>
  [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  )

/**
 * Returns the number of requests in a `_stats.csv` file by method and name. Excludes the total, and the requests of
 * type CACHE, which scripts report through events.
 */
export async function requestCounts(path: string): Promise<Record<string, number>> {
  const rows = await csv(path)
  return Object.fromEntries(
    rows
      .filter(({ Type }) => Type !== '' && Type !== 'CACHE')
      .map(({ Type, Name, 'Request Count': count }) => [`${Type} ${Name}`, Number(count)]),
  )
}
