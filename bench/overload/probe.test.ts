import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { probe, recoverySeconds } from './probe.ts'

it('distinguishes good answers from a rejection, a late answer, and a broken connection', async () => {
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    asked.push(request.url)
    if (request.url === '/rejected') response.writeHead(503).end()
    else if (request.url === '/cut') response.destroy()
    else if (request.url === '/late') setTimeout(() => response.end(), 2100)
    else response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const now = performance.now()
  const probes = await probe(
    {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      paths: ['/good', '/rejected', '/cut', '/late'],
      from: now,
      until: now + 79,
      perSecond: 50,
      budgetMs: 2000,
    },
    new AbortController().signal,
  )
  expect(asked.toSorted()).toEqual(['/cut', '/good', '/late', '/rejected'])
  expect(probes.map(({ isGood }) => isGood)).toEqual([true, false, false, false])
  expect(recoverySeconds(probes, now)).toBeGreaterThan(2.1)
})

it('measures the recovery from the end of the load to the last answer that was not good', () => {
  const probes = [
    { answeredAt: 900, isGood: false },
    { answeredAt: 1500, isGood: false },
    { answeredAt: 1200, isGood: false },
    { answeredAt: 1600, isGood: true },
  ]
  expect(recoverySeconds(probes, 1000)).toBe(0.5)
  expect(recoverySeconds(probes, 1550)).toBe(0)
})
