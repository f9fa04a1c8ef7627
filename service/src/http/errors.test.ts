/**
 * No cache may keep an error response, no matter which part of the service sends it: Koa, the query routes, the server
 * for probes, or the HTTP parser.
 */
import { type RequestListener, type Server, STATUS_CODES } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import pino from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { RankingRejectedError } from '../ranking/rejections.ts'
import { readSettings } from '../read-settings.ts'
import { AnswerHeaders } from './answer-headers.ts'
import { createApp } from './app.ts'
import type { Dependencies } from './dependencies.ts'
import { HttpError } from './errors.ts'
import type { Metrics } from './metrics.ts'
import { ANY_REQUEST_ERRORS, OPENAPI } from './openapi.ts'
import { createOperationsServer } from './operations-server.ts'
import { createAnswerQuery, withQueryRoutes } from './query-routes.ts'
import { RejectionLog } from './rejection-log.ts'
import { createHttpServer } from './server.ts'

const SETTINGS = readSettings({})
const SILENT = pino({ level: 'silent' })
const ERRORS = Object.keys(STATUS_CODES)
  .map(Number)
  .filter((status) => status >= 400)

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

/** The error that ranking and checks throw. */
let failure: unknown
const fail = () => Promise.reject(failure)

function listener(): RequestListener {
  const dependencies: Dependencies = {
    rank: fail,
    rankAll: fail,
    check: fail,
    ready: fail,
    isDraining: () => false,
    isCrowded: () => false,
    cache: undefined,
    answerHeaders: new AnswerHeaders(SETTINGS),
    metrics: {
      request() {},
      rejected() {},
      cacheMiss() {},
      query() {},
      contentType: 'text/plain',
      text: fail,
    } as unknown as Metrics,
    servesMetrics: true,
    rejections: new RejectionLog(SILENT),
    logger: SILENT,
  }
  return withQueryRoutes(createAnswerQuery(dependencies), createApp(dependencies).callback())
}

const serviceServer = () => createHttpServer(SETTINGS, listener())
const operationsServer = () =>
  createOperationsServer({ metrics: fail, contentType: 'text/plain', ready: fail, logger: SILENT })

/** Sends bytes to a server on a new connection. Resolves with everything received until the connection is closed. */
async function answerOf(server: Server, bytes: string): Promise<string> {
  if (!server.listening) {
    servers.push(server.listen(0, '127.0.0.1'))
    await new Promise((resolve) => server.once('listening', resolve))
  }
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1')
  let received = ''
  socket.on('data', (data: unknown) => {
    received += data as string
  })
  socket.on('error', () => {})
  socket.write(bytes, 'latin1')
  await new Promise((resolve) => socket.once('close', resolve))
  return received
}

function expectError(received: string, status: number, hasBody = true): void {
  const [head = '', body = ''] = received.split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  expect(head.match(/^cache-control: .*$/gim)?.map((line) => line.toLowerCase())).toEqual(['cache-control: no-store'])
  if (hasBody) expect(JSON.parse(body)).toEqual({ error: { code: expect.any(String), message: expect.any(String) } })
  else expect(body).toBe('')
}

const HOST = 'Host: x\r\nConnection: close\r\n'
const request = (line: string, headers = '', body = '') => `${line} HTTP/1.1\r\n${HOST}${headers}\r\n${body}`
const BODY = '{"queries":[{"q":"a"}]}'
const POST = request('POST /autocomplete', `Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\n`, BODY)

it.each([
  ['a query', request('GET /autocomplete?q=a')],
  ['a request for popular entries', request('GET /popular')],
  ['several queries', POST],
  ['a request for the readiness', request('GET /ready')],
  ['a request for the metrics', request('GET /metrics')],
])('no cache may keep an error that answers %s', async (_, bytes) => {
  const server = serviceServer()
  for (const status of ERRORS) {
    failure = HttpError.ofStatus(status)
    expectError(await answerOf(server, bytes), status)
  }
})

/** Requests that the service and the server for probes reject before their listeners are called. */
const INVALID: [what: string, bytes: string, status: number][] = [
  ['input that is not HTTP', 'hello\r\n\r\n', 400],
  ['a version that does not exist', request('GET /health').replace('HTTP/1.1', 'HTTP/9.9'), 400],
  ['two lengths', request('GET /health', 'Content-Length: 1\r\nContent-Length: 2\r\n'), 400],
  ['a length and chunks', request('GET /health', 'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'), 400],
  ['a control character', request('GET /health', 'X-A: \0\r\n'), 400],
  ['a URL with a space', request('GET /a b'), 400],
  ['a URL in UTF-8', request('GET /\u00c3\u00a9'), 400],
  ['headers of 17 kB', request('GET /health', `X-A: ${'a'.repeat(17_000)}\r\n`), 431],
  ['a URL of 17 kB', request(`GET /${'a'.repeat(17_000)}`), 431],
  ['an expectation', request('GET /health', 'Expect: wonders\r\n'), 417],
  ['CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n', 405],
]
it('the description of each operation contains the errors that any request can get', async () => {
  const server = serviceServer()
  const tooLong = 'a'.repeat(9000)
  const statuses = Object.keys(ANY_REQUEST_ERRORS)
  for (const [path, operations] of Object.entries(OPENAPI.paths)) {
    for (const [method, { responses }] of Object.entries(operations)) {
      for (const [target, headers, status] of [
        [path, 'Host: y\r\n', '400'],
        [`${path}?q=${tooLong}`, '', '414'],
        [path, 'Expect: wonders\r\n', '417'],
        [path, `X-A: ${tooLong}${tooLong}\r\n`, '431'],
      ] as const) {
        const received = await answerOf(server, request(`${method.toUpperCase()} ${target}`, headers))
        expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
        expect(statuses).toContain(status)
      }
      expect(Object.keys(responses), `${method} ${path}`).toEqual(expect.arrayContaining(statuses))
    }
  }
})

it.each([
  ['a query', request('GET /autocomplete?q=a')],
  ['several queries', POST],
  ['a request for the readiness', request('GET /ready')],
])('the errors that any request can get include that for an unexpected failure of %s', async (_, bytes) => {
  failure = new Error('unexpected')
  const [, status] = (await answerOf(serviceServer(), bytes)).split(' ')
  expect(status).toBe('500')
  expect(Object.keys(ANY_REQUEST_ERRORS)).toContain(status)
})

/** Further requests that the service rejects. The server for probes treats some of them differently. */
const REJECTED: [what: string, bytes: string, status: number][] = [
  ['no host', 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  ['two hosts', request('GET /autocomplete?q=a', 'Host: y\r\n'), 400],
  ['a path as host', request('GET /health').replace('Host: x', 'Host: x/y'), 400],
  ['no query', request('GET /autocomplete'), 400],
  ['a fragment', request('GET /autocomplete?q=a#b'), 400],
  ['HTTP/0.9', 'GET /autocomplete?q=a\r\n\r\n', 400],
  ['HTTP/2.0', request('GET /autocomplete?q=a').replace('HTTP/1.1', 'HTTP/2.0'), 400],
  ['HTTP/2.0 without a host', 'GET /health HTTP/2.0\r\n\r\n', 400],
  [
    'a compressed transfer',
    POST.replace(`Content-Length: ${BODY.length}`, 'Transfer-Encoding: gzip, chunked').replace(
      BODY,
      `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`,
    ),
    400,
  ],
  ['chunks in HTTP/1.0', 'POST /autocomplete HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ['an unknown path', request('GET /nothing'), 404],
  ['another method', request('DELETE /autocomplete'), 405],
  ['an unusual method', request('PROPFIND /health'), 405],
  ['a body that is too long', POST.replace(`Length: ${BODY.length}`, 'Length: 99999'), 413],
  [
    'an extension of a chunk of 17 kB',
    POST.replace(`Content-Length: ${BODY.length}`, 'Transfer-Encoding: chunked').replace(
      '{',
      `1;${'a'.repeat(17_000)}`,
    ),
    413,
  ],
  ['a URL of 9 kB', request(`GET /${'a'.repeat(9000)}`), 414],
  ['an unknown type', POST.replace('application/json', 'text/plain'), 415],
]

describe('the service', () => {
  it.each([...INVALID, ...REJECTED])('forbids caches to keep the answer to %s', async (_, bytes, status) => {
    const answer = await answerOf(serviceServer(), bytes)
    expectError(answer, status)
    expect(/^allow: .*\bGET\b/im.test(answer)).toBe(status === 405)
  })

  it.each([
    '/autocomplete',
    '/popular',
    '/health',
    '/ready',
    '/metrics',
    '/openapi.json',
    '/client.js',
  ])('does so for every other spelling of %s', async (path) => {
    const letter = `%${path.charCodeAt(1).toString(16)}`
    const others = [
      path.toUpperCase(),
      `/${path.charAt(1).toUpperCase()}${path.slice(2)}`,
      `${path}/`,
      `/${path}`,
      `/.${path}`,
      `/x/..${path}`,
      `/${letter}${path.slice(2)}`,
      `${path};a=b`,
      `${path}%20`,
      `${path}%3Fq=a`,
    ]
    for (const other of others) expectError(await answerOf(serviceServer(), request(`GET ${other}?q=a`)), 404)
  })

  it.each(['overloaded', 'unavailable', 'timeout', 'stopping'] as const)('does so if it is %s', async (rejection) => {
    failure = Object.assign(new RankingRejectedError('stopping', 'x'), { rejection })
    for (const bytes of [request('GET /autocomplete?q=a'), POST, request('GET /ready')])
      expectError(await answerOf(serviceServer(), bytes), 503)
    expectError(await answerOf(serviceServer(), request('HEAD /autocomplete?q=a')), 503, false)
  })

  it('does so after an unexpected failure', async () => {
    failure = new Error('unexpected')
    for (const bytes of [request('GET /autocomplete?q=a'), POST, request('GET /ready'), request('GET /metrics')])
      expectError(await answerOf(serviceServer(), bytes), 500)
  })

  it('does so if a client sends its headers or body too slowly', async () => {
    const slow = ['GET /health HTTP/1.1\r\n', POST.slice(0, -4)].map(async (bytes) => {
      const server = serviceServer()
      Object.assign(server, { headersTimeout: 1, requestTimeout: 1 })
      expectError(await answerOf(server, bytes), 408)
    })
    await Promise.all(slow)
  })
})

describe('the server for probes', () => {
  it.each(INVALID)('forbids caches to keep the answer to %s', async (_, bytes, status) => {
    const answer = await answerOf(operationsServer(), bytes)
    expectError(answer, status)
    expect(/^allow: GET, HEAD\r$/im.test(answer)).toBe(status === 405)
  })

  it.each([
    [404, '/nothing', 'GET'],
    [405, '/health', 'PUT'],
    [500, '/metrics', 'GET'],
    [500, '/ready', 'GET'],
  ])('does so with the error %i', async (status, path, method) => {
    failure = new Error('unexpected')
    expectError(await answerOf(operationsServer(), request(`${method} ${path}`)), status)
  })

  it('does so while the service is not ready', async () => {
    failure = new RankingRejectedError('unavailable', 'no replica')
    expectError(await answerOf(operationsServer(), request('GET /ready')), 503)
  })
})

it.each([serviceServer, operationsServer])('caches may not keep the answer to /health', async (server) => {
  expect(await answerOf(server(), request('GET /health'))).toMatch(/^cache-control: no-store\r$/im)
})
