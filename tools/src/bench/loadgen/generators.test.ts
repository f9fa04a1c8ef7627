import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { median } from '../statistics.ts'
import { hurried, startGenerator, steady } from './generators.ts'
import type { GeneratorName } from './result.ts'
import { ANSWER, PATH, startTarget } from './target.ts'

const locust = inject('locust').current
const programs = {
  k6: inject('k6'),
  wrk: 'wrk',
  locust: locust ? { bin: dirname(locust), version: '3' } : undefined,
}

/** A server with one answer, which gathers the paths that it is asked. */
async function serverOf(answer: string) {
  const paths = new Set<string | undefined>()
  const server = createServer((request, response) => {
    paths.add(request.url)
    response.setHeader('Content-Type', 'application/json').end(answer)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths }
}

describe.each(['ours', 'k6', 'locust'] as const)('%s', (name: GeneratorName) => {
  const run = (url: string) =>
    startGenerator(name, { ...hurried(2), pause: [0.05, 0.1], isChecked: true }, 1, url, programs).ended

  it.skipIf(name === 'locust' && !locust)('asks, and is content with the answer', async () => {
    const { url, paths } = await serverOf(ANSWER)
    expect(await run(url)).toContain(' ended (code 0)')
    expect([...paths]).toEqual([PATH])
  })

  it.skipIf(name === 'locust' && !locust)('fails when an answer names another query', async () => {
    const { url } = await serverOf('{"query":"other","suggestions":[]}')
    expect(await run(url)).toMatch(/ ended \(code (1|99)\)/)
  })
})

it('users who make a rate together pause the longer the more they are, and begin spread over that time', () => {
  expect(steady(3000, 2000, 500)).toMatchObject({
    users: 3000,
    spawnRate: 500,
    pause: [0.75, 2.25],
    spreadSeconds: 1.5,
  })
})

describe('the server', () => {
  const start = async (...args: Parameters<typeof startTarget> extends [unknown, ...infer Rest] ? Rest : never) => {
    const target = await startTarget(new AbortController().signal, ...args)
    onTestFinished(() => target.stop())
    return target
  }

  it('counts what it answers', async () => {
    const target = await start()
    expect(await target.requests()).toBe(0)
    for (let at = 0; at < 3; at++) expect(await (await fetch(target.url + PATH)).text()).toBe(ANSWER)
    expect(await target.requests()).toBe(3)
  })

  it('stalls once', async () => {
    const { url, requests } = await start({ afterSeconds: 0.1, stallSeconds: 0.5 })
    const seconds: number[] = []
    const end = performance.now() + 1500
    while (performance.now() < end) {
      const started = performance.now()
      await (await fetch(url + PATH)).text()
      seconds.push((performance.now() - started) / 1000)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(Math.max(...seconds)).toBeGreaterThan(0.4)
    expect(median(seconds)).toBeLessThan(0.4)
    expect(await requests()).toBe(seconds.length)
  })
})
