import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { goTool } from '../../tools/programs/go-tools.ts'
import { findWrk } from '../../tools/programs/wrk.ts'
import { NO_PROGRESS } from '../../tools/support/progress.ts'
import { scoped } from '../harness.ts'
import { ANSWER, PATH, startGenerator, startTarget, withoutPauses, withSteadyRate } from './generators.ts'

const locust = inject('locust').current
const python = locust ? { bin: dirname(locust), version: '3' } : undefined
const vegeta = await goTool('vegeta', NO_PROGRESS)
const wrk = await findWrk(NO_PROGRESS).catch(() => undefined)
const programs = { k6: inject('k6'), wrk: wrk ?? '', vegeta, locust: python }

/** Starts a server with a fixed answer that collects the requested paths. */
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

describe.each(['ours', 'k6', 'locust'] as const)('%s', (name) => {
  const load = { ...withoutPauses(2), pause: [0.05, 0.1], isChecked: true } as const
  const run = (url: string) => startGenerator(name, load, 1, url, programs).ended

  it.skipIf(name === 'locust' && !locust)('sends requests and accepts only the right answer', async () => {
    const { url, paths } = await serverOf(ANSWER)
    expect(await run(url)).toContain(' ended (code 0)')
    expect([...paths]).toEqual([PATH])
    const other = await serverOf('{"query":"other","suggestions":[]}')
    expect(await run(other.url)).toMatch(/ ended \(code (1|99)\)/)
  })
})

const missing = { wrk: !wrk, vegeta: false, locustHttp: !locust }
describe.each(['wrk', 'vegeta', 'locustHttp'] as const)('%s', (name) => {
  it.skipIf(missing[name])('sends requests, with or without pauses and a rate', async () => {
    const { url, paths } = await serverOf(ANSWER)
    for (const load of [withoutPauses(2), { ...withoutPauses(2), pause: [0.05, 0.1] as const, arrivalRate: 20 }]) {
      expect(await startGenerator(name, load, 3, url, programs).ended).toContain(' ended (code 0)')
      expect([...paths]).toEqual([PATH])
      paths.clear()
    }
  })
})

it('makes more users at the same rate pause longer, and spreads their start over the mean pause', () => {
  const load = { users: 3000, pause: [0.75, 2.25], spreadSeconds: 1.5 }
  expect(withSteadyRate(3000, 2000)).toMatchObject(load)
})

it('starts a server that counts its answers', async () => {
  const context = { progress: NO_PROGRESS, onLine() {}, signal: new AbortController().signal }
  await scoped(context, async (bench) => {
    const target = await startTarget(bench)
    expect(await target.requests()).toBe(0)
    expect(await (await fetch(target.url + PATH)).text()).toBe(ANSWER)
    expect(await target.requests()).toBe(1)
  })
})
