import { createServer, type Server } from 'node:http'
import type { ListenOptions } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { listen } from './server.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** Listens, and returns the options that Node.js got. */
async function optionsFor(host: string): Promise<ListenOptions> {
  const server = createServer()
  servers.push(server)
  const spy = vi.spyOn(server, 'listen')
  await listen(server, host, 0)
  return spy.mock.calls[0]?.[0] as unknown as ListenOptions
}

it('leaves :: to Node.js, which uses 0.0.0.0 on machines without IPv6', async () => {
  expect((await optionsFor('::')).host).toBeUndefined()
})

it.each(['127.0.0.1', '0.0.0.0'])('listens only on %s if this is the host', async (host) => {
  expect((await optionsFor(host)).host).toBe(host)
  expect(servers[0]?.address()).toMatchObject({ address: host, family: 'IPv4' })
})
