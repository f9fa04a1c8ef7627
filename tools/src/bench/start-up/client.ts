/**
 * A program of its own, so that the measured service and what measures it do not wait for one another: waits until a service is
 * ready, and then lets users type at once. Its argument is {@link ClientOptions} as JSON; it prints `started`, and at the end
 * {@link ClientResult} as JSON.
 */
import { readFile } from 'node:fs/promises'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { randomFrom } from '../load.ts'
import { type OpenLoopResult, runOpenLoop } from './load.ts'

/** What the client is told. */
export interface ClientOptions {
  /** Of the service, which need not run yet. */
  url: string
  /** A file of paths, one a line. */
  paths: string
  requestsPerSecond: number
  seconds: number
  /** Of its random numbers. */
  seed: number
}

/** What the client prints. */
export interface ClientResult extends OpenLoopResult {
  /** When the service was ready, in milliseconds since 1970. */
  readyAt: number
}

const POLL_MS = 5
/** How long the client practises. */
const PRACTICE_SECONDS = 1

/** Lets the client's own code be compiled before it counts, on a server that does nothing. */
async function practise(load: Omit<Parameters<typeof runOpenLoop>[0], 'url'>): Promise<void> {
  const server = createServer((_, response) => response.end('{}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await runOpenLoop({ ...load, url: `http://127.0.0.1:${port}`, seconds: PRACTICE_SECONDS })
  server.closeAllConnections()
  server.close()
}

function isReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(`${url}/ready`, { agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode === 200))
    }).once('error', () => resolve(false))
  })
}

async function main(): Promise<void> {
  const { url, paths: file, requestsPerSecond, seconds, seed } = JSON.parse(process.argv[2] as string) as ClientOptions
  const paths = (await readFile(file, 'utf8')).split('\n')
  const load = { paths, requestsPerSecond, seconds, random: randomFrom(seed) }
  await practise(load)
  console.log('started')
  while (!(await isReady(url))) await sleep(POLL_MS)
  const readyAt = performance.timeOrigin + performance.now()
  const result = await runOpenLoop({ ...load, url })
  console.log(JSON.stringify({ readyAt, ...result } satisfies ClientResult))
}

await main()
