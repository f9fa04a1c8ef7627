import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type ListenOptions } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readSettings } from '../read-settings.ts'
import { createHttpServer, listen, MAX_PIPELINED } from './server.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** Calls `listen`, and returns the options that Node.js got. */
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

describe('requests that are sent without waiting for answers', () => {
  /**
   * Sends requests for /0, /1, … in rounds. Each round begins once the previous one is answered. Resolves with the
   * responses.
   */
  async function send(rounds: readonly number[], headers = ''): Promise<{ responses: string[]; handled: string[] }> {
    const handled: string[] = []
    const server = createHttpServer(readSettings({}), (req, res) => {
      handled.push(req.url as string)
      setImmediate(() => res.end(req.url))
    })
    servers.push(server.listen(0, '127.0.0.1'))
    await new Promise((resolve) => server.once('listening', resolve))
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    let received = ''
    let sent = 0
    for (const count of rounds) {
      const addresses = Array.from({ length: count }, (_, at) => `/${sent + at}`)
      sent += count
      const isAnswered = new Promise<void>((resolve) => {
        socket.on('data', (data: unknown) => {
          received += data as string
          if (received.endsWith(`\r\n\r\n${addresses.at(-1)}`)) resolve()
        })
      })
      socket.write(addresses.map((address) => `GET ${address} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`).join(''))
      await Promise.race([isAnswered, closed])
      socket.removeAllListeners('data')
    }
    socket.destroy()
    return { responses: received.split(/(?=HTTP\/1\.1 )/), handled }
  }

  it('are answered in order', async () => {
    const { responses } = await send([MAX_PIPELINED + 1, 1, MAX_PIPELINED, MAX_PIPELINED])
    expect(responses).toHaveLength(3 * MAX_PIPELINED + 2)
    for (const [at, response] of responses.entries()) {
      expect(response).toMatch(/^HTTP\/1\.1 200 /)
      expect(response.endsWith(`\r\n\r\n/${at}`)).toBe(true)
    }
  })

  it('are not handled if too many wait, and their connection is closed', async () => {
    const { responses, handled } = await send([2000])
    expect(handled).toHaveLength(MAX_PIPELINED + 1)
    expect(responses).toHaveLength(MAX_PIPELINED + 2)
    const [head = '', body = ''] = (responses.at(-1) as string).split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 429 /)
    expect(head).toMatch(/^cache-control: no-store$/im)
    expect(head).toMatch(/^connection: close$/im)
    expect(JSON.parse(body)).toEqual({
      error: { code: 'too_many_requests', message: expect.stringContaining(`at most ${MAX_PIPELINED} requests`) },
    })
  })

  it('count even if their expectations are not met', async () => {
    const { responses } = await send([2000], 'Expect: wonders\r\n')
    expect(responses).toHaveLength(MAX_PIPELINED + 2)
    for (const response of responses.slice(0, -1)) expect(response).toMatch(/^HTTP\/1\.1 417 /)
    expect(responses.at(-1)).toMatch(/^HTTP\/1\.1 429 /)
  })
})

describe('a request that is not valid HTTP gets an explanation', () => {
  const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\n'
  const method = 'it must begin with a method such as GET, without TLS and without the PROXY protocol'

  it.each([
    ['a method in lower case', 'get / HTTP/1.1\r\nHost: x\r\n\r\n', 'bad_request', method],
    ['TLS', '\x16\x03\x01\x00\xa5', 'bad_request', method],
    ['the PROXY protocol', 'PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n', 'bad_request', method],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'bad_http_version', 'the HTTP version must be 1.0 or 1.1'],
    [
      'line feeds alone',
      'GET / HTTP/1.1\nHost: x\n\n',
      'bad_request',
      'is not valid HTTP: Expected CRLF after version',
    ],
    ['a length that is not a number', `${HEAD}Content-Length: x\r\n\r\n`, 'bad_request', 'Content-Length'],
    [
      'two framings',
      `${HEAD}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'bad_request',
      'Transfer-Encoding',
    ],
    [
      'an incomplete body',
      `${HEAD}Content-Length: 5\r\n\r\nx`,
      'bad_request',
      'closed before the request was complete',
    ],
  ])('%s', async (_, bytes, code, message) => {
    const server = createHttpServer(readSettings({}), () => {})
    servers.push(server.listen(0, '127.0.0.1'))
    await new Promise((resolve) => server.once('listening', resolve))
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true })
    let received = ''
    socket.setEncoding('latin1').on('data', (data: unknown) => {
      received += data as string
    })
    socket.end(bytes, 'latin1')
    await new Promise((resolve) => socket.once('close', resolve))
    const [head = '', body = ''] = received.split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 400 /)
    expect(JSON.parse(body)).toEqual({ error: { code, message: expect.stringContaining(message) } })
  })
})
