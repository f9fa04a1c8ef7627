import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { randomFrom } from '../load.ts'
import { runOpenLoop } from './load.ts'

/** A server that answers each path with that status, after so many milliseconds. */
async function serve(status: (path: string) => number, delayMs = 0): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(request.url as string)
    setTimeout(() => response.writeHead(status(request.url as string)).end('{}'), delayMs)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const load = { paths: ['/a', '/b', '/c'], requestsPerSecond: 200, seconds: 0.5 }

it('sends requests in turn without waiting for answers', async () => {
  const { url, seen } = await serve(() => 200, 300)
  const { requests, errors } = await runOpenLoop({ ...load, url, random: randomFrom(1) })
  expect(errors).toBe(0)
  // About 100 are due, and no more than a few could be if each waited for the one before.
  expect(requests.length).toBeGreaterThan(50)
  expect(requests.length).toBeLessThan(200)
  expect(seen.filter((path) => path === '/a').length).toBe(Math.ceil(seen.length / 3))
  for (const [sentMs, latencyMs] of requests) {
    expect(sentMs).toBeGreaterThan(0)
    expect(latencyMs).toBeGreaterThan(290)
  }
})

it('counts what is not answered with 200', async () => {
  const { url } = await serve((path) => (path === '/b' ? 503 : 200))
  const { requests, errors } = await runOpenLoop({ ...load, url, random: randomFrom(1) })
  expect(errors).toBeGreaterThan(20)
  expect(requests.length).toBeGreaterThan(errors)

  const nobody = await runOpenLoop({ ...load, seconds: 0.1, url: 'http://127.0.0.1:9', random: randomFrom(1) })
  expect(nobody.requests).toEqual([])
  expect(nobody.errors).toBeGreaterThan(5)
})
