/** Tests HTTP answers, with the whole service and real Redis servers. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestRedis } from './testing/redis.ts'
import {
  COLORS,
  FRUIT,
  metric,
  openSockets,
  REQUESTS,
  ranked,
  raw,
  replaceData,
  startRedis,
  startService,
  texts,
  until,
} from './testing/running-service.ts'
import { TestService, WITH_CACHE } from './testing/service.ts'

describe('HTTP', () => {
  let redis: TestRedis
  let service: TestService
  let version: string
  beforeAll(async () => {
    redis = await TestRedis.start(FRUIT)
    version = await redis.setData(FRUIT)
    service = await TestService.start({ REDIS_NODES: redis.node })
  })
  afterAll(async () => {
    await service.stop()
    await redis.close()
  })

  it('returns suggestions with the original query and the dataset version', async () => {
    const response = await service.get('/autocomplete?q=AP&limit=5')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.json()).toEqual({
      query: 'AP',
      suggestions: [
        { text: 'Apple', score: 9 },
        { text: 'apply', score: 5 },
      ],
      version,
    })
    expect(await texts(await service.get('/autocomplete?q=%EC%82%AC'))).toEqual(['사과'])
    expect(await texts(await service.get('/autocomplete?q=zebra'))).toEqual([])
    expect(await texts(await service.get('/autocomplete?q=a&limit=1'))).toEqual(['Apple'])
  })

  it('answers each of many concurrent queries correctly', async () => {
    const queries = Array.from({ length: 500 }, (_, i) => (i % 2 ? `ap${'p'.repeat(i % 3)}` : `q${i}`))
    const answers = await Promise.all(
      queries.map((query) => service.get(`/autocomplete?q=${query}`).then((r) => r.json())),
    )
    expect(answers.map((answer) => (answer as { query: string }).query)).toEqual(queries)
  })

  it.each([
    ['GET', '/autocomplete', 400, 'missing_query'],
    ['GET', '/autocomplete?q=%ff', 400, 'bad_encoding'],
    ['GET', '/autocomplete?q=a&limit=99', 400, 'bad_limit'],
    ['GET', '/nothing', 404, 'not_found'],
    ['GET', '/%ff', 404, 'not_found'],
    ['POST', '/autocomplete?q=a', 415, 'unsupported_media_type'],
    ['PUT', '/autocomplete?q=a', 405, 'method_not_allowed'],
    ['DELETE', '/', 405, 'method_not_allowed'],
    ['BREW', '/autocomplete', 400, 'bad_request'],
    ['OPTIONS', '/nothing', 404, 'not_found'],
    ['PROPFIND', '/autocomplete', 405, 'method_not_allowed'],
    ['GET', '/AUTOCOMPLETE?q=a', 404, 'not_found'],
    ['GET', '/autocomplete/?q=a', 404, 'not_found'],
    ['GET', '/Health', 404, 'not_found'],
    ['GET', '/autocomplete?q=a#b', 400, 'bad_address'],
    ['GET', '/#', 400, 'bad_address'],
    ['GET', '*', 400, 'bad_address'],
    ['GET', 'autocomplete?q=a', 400, 'bad_address'],
    ['GET', 'http://[bad/autocomplete?q=a', 400, 'bad_address'],
    ['GET', 'http://user@x/autocomplete?q=a', 400, 'bad_address'],
    ['GET', `/autocomplete?q=${'a'.repeat(8192)}`, 414, 'uri_too_long'],
    ['GET', `/autocomplete?q=${'a'.repeat(20_000)}`, 431, 'request_header_fields_too_large'],
  ])('answers %s %.40s with %i and a JSON error', async (method, path, status, code) => {
    const { head, body } = await raw(service, `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(head).toMatch(/content-type: application\/json/i)
    expect(head).toMatch(/cache-control: no-store/i)
    expect(JSON.parse(body)).toEqual({ error: { code, message: expect.any(String) } })
  })

  it.each([
    ['no Host', 'GET /autocomplete?q=a HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    [
      'an expectation',
      'GET /autocomplete?q=a HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n',
      417,
    ],
    ['CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n', 405],
    ['two hosts', 'GET /autocomplete?q=a HTTP/1.1\r\nHost: x\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
    ['an empty host and another', 'GET /health HTTP/1.1\r\nHost:\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
    ['a path as host', 'GET /health HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n', 400],
    ['a user in the host', 'GET /autocomplete?q=a HTTP/1.0\r\nHost: a@b\r\n\r\n', 400],
    [
      'chunks in HTTP/1.0',
      'POST /autocomplete HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['no target', 'GET  HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ])('answers a request with %s with a JSON error', async (_, request, status) => {
    const { head, body } = await raw(service, request)
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(head).toMatch(/cache-control: no-store/i)
    expect(JSON.parse(body)).toEqual({ error: { code: expect.any(String), message: expect.any(String) } })
  })

  it.each([
    'http://x/autocomplete?q=a',
    'HTTPS://x:1/autocomplete?q=a',
    'http://[::1]:80/autocomplete?q=a',
  ])('answers the absolute URL %s', async (address) => {
    const { body } = await raw(service, `GET ${address} HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n`)
    expect(JSON.parse(body)).toMatchObject({ query: 'a', version })
  })

  it('answers OPTIONS for the whole server', async () => {
    const { head } = await raw(service, 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 204 /)
    expect(head).toMatch(/^allow: GET, HEAD, POST, OPTIONS$/im)
  })

  it.each(['/autocomplete?q=a', '/health'])('closes the connection if %s offers an upgrade', async (path) => {
    const { head } = await raw(service, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n`)
    expect(head).toMatch(/^HTTP\/1\.1 200 /)
    expect(head).toMatch(/^connection: close$/im)
  })

  it('answers input that is not HTTP with a JSON error', async () => {
    const { head, body } = await raw(service, 'hello\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 400 /)
    expect(JSON.parse(body).error.code).toBe('bad_request')
  })

  it('answers earlier requests before it rejects invalid input', async () => {
    const get = (query: string) => `GET /autocomplete?q=${query} HTTP/1.1\r\nHost: x\r\n\r\n`
    const badBody = 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nhello\r\n'
    for (const nonsense of [
      'hello\r\n\r\n',
      'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n',
      `POST /autocomplete HTTP/1.1\r\nHost: x\r\n${badBody}`,
    ]) {
      const { answer } = await raw(service, `${get('ap')}${get('no')}${get('ba')}${nonsense}`)
      const answers = answer.split(/(?=HTTP\/1\.1 )/).map((one) => `${one.slice(9, 12)} ${/"query":"\w+"/.exec(one)}`)
      expect(answers.slice(0, 3)).toEqual(['200 "query":"ap"', '200 "query":"no"', '200 "query":"ba"'])
      expect(answers.slice(3)).toEqual([expect.stringMatching(/^40[05] null$/)])
    }
  })

  it.each([
    ['nonsense', 'hello\r\n\r\n'],
    ['CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n'],
  ])('closes the connection of a client that does not read answers and then sends %s', async (_, nonsense) => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, RANKING_TIMEOUT_MS: '500' })
    const [socket] = openSockets(service, 1) as [Socket]
    const closed = once(socket, 'close')
    await once(socket, 'connect')
    // The answers do not fit into the socket buffers of the service and the client.
    socket.pause().write('GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1400) + nonsense)
    await until(async () => (await metric(service, 'autocomplete_http_connections')) <= 1)
    socket.resume()
    await closed
    expect(await service.stop()).toBe(0)
  })

  it('answers HEAD without a body', async () => {
    const response = await service.get('/autocomplete?q=a', { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  it('serves health, readiness, metrics, and the page', async () => {
    expect(await (await service.get('/health')).json()).toEqual({ status: 'ok' })
    expect(await (await service.get('/ready')).json()).toEqual({ status: 'ready', version })
    const page = await service.get('/')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    await service.get('/autocomplete?q=a')
    await service.get('/some/unknown/path')
    const metrics = await service.get('/metrics')
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain/)
    const text = await metrics.text()
    expect(text).toMatch(/autocomplete_http_requests_total\{route="\/autocomplete",status="200"\} [1-9]/)
    expect(text).toMatch(/autocomplete_http_requests_total\{route="none",status="404"\} [1-9]/)
    expect(text).toMatch(/autocomplete_ranking_batch_queries_count [1-9]/)
    expect(text).not.toContain('unknown/path')
  })

  it('does not log queries at level info', async () => {
    await service.get('/autocomplete?q=secretquery')
    await service.get('/autocomplete?q=secretquery&limit=0')
    expect(service.log.join('\n')).not.toContain('secretquery')
  })
})

describe('the cache', () => {
  it('answers a repeated query with the same bytes, without ranking', async () => {
    const redis = await startRedis([...FRUIT, { text: '애플 "주스" \\', weight: 1 }])
    const service = await startService({ REDIS_NODES: redis.node, ...WITH_CACHE })
    for (const query of ['a', '%EC%95%A0', 'a&limit=1']) {
      const before = await ranked(service)
      const answers: string[] = []
      for (let i = 0; i < 4; i++) answers.push(await (await service.get(`/autocomplete?q=${query}`)).text())
      expect(new Set(answers).size).toBe(1)
      expect(await ranked(service)).toBe(before + 1)
    }
    expect(await metric(service, REQUESTS)).toBe(12)
    expect(await metric(service, 'autocomplete_http_request_duration_seconds_count{route="/autocomplete"}')).toBe(12)
    expect(
      await metric(service, 'autocomplete_http_request_duration_seconds_bucket{le="+Inf",route="/autocomplete"}'),
    ).toBe(12)
  })

  it('answers other URLs of a query without ranking it again', async () => {
    const redis = await startRedis([{ text: 'apple', weight: 1, contexts: { a: ['1'], b: ['2'] } }])
    const service = await startService({ REDIS_NODES: redis.node, ...WITH_CACHE })
    const addresses = [
      ['q=a', 'q=%61', 'q=a&limit=10', 'limit=10&q=a', '_=123&q=a', 'q=a&q=b', 'q=a&filters=a:1', 'q=a&highlight=0'],
      ['q=a&filter=a:1&filter=b:2', 'q=a&filter=b%3A2&filter=a:1', 'filter=b:2&q=a&x=y&filter=a:1'],
    ]
    for (const same of addresses) {
      const before = await ranked(service)
      const answers = new Set<string>()
      for (const address of same) answers.add(await (await service.get(`/autocomplete?${address}`)).text())
      expect(answers.size).toBe(1)
      expect(await ranked(service)).toBe(before + 1)
    }
  })

  it('contains nothing if CACHE_MAX_MIB is 0', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, CACHE_MAX_MIB: '0' })
    for (let i = 0; i < 3; i++) expect(await texts(await service.get('/autocomplete?q=b'))).toEqual(['banana'])
    expect(await ranked(service)).toBe(3)
  })

  it('removes old answers when the data is replaced, even if there are no other queries', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, ...WITH_CACHE })
    expect(await texts(await service.get('/autocomplete?q=a'))).toEqual(['Apple', 'apply'])
    const response = await replaceData(redis, COLORS, service, '/autocomplete?q=a')
    expect(await texts(response)).toEqual(['azure'])
  })

  it('does not contain errors, and does not answer invalid requests', async () => {
    const redis = await startRedis(FRUIT)
    const service = await startService({ REDIS_NODES: redis.node, ...WITH_CACHE })
    expect((await service.get('/autocomplete?q=a&limit=0')).status).toBe(400)
    expect((await service.get('/autocomplete?q=a&limit=0')).status).toBe(400)
    await service.get('/autocomplete?q=a')
    expect((await service.get('/autocomplete?q=a', { method: 'POST' })).status).toBe(415)
    const head = await service.get('/autocomplete?q=a', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const { head: withoutHost } = await raw(service, 'GET /autocomplete?q=a HTTP/1.1\r\nConnection: close\r\n\r\n')
    expect(withoutHost).toMatch(/^HTTP\/1\.1 400 /)
  })
})
