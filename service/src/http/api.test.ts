/** Tests caching headers, CORS, and batches of queries with the whole service and a real Redis. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestRedis } from '../testing/redis.ts'
import { runService, TestService, WITH_CACHE } from '../testing/service.ts'
import { MAX_BODY_BYTES } from './body.ts'
import { MAX_BATCH_QUERIES } from './query.ts'

const ENTRIES = ['apple', 'apply', 'banana'].map((text, at) => ({ text, weight: 9 - at }))
const SHOP = 'https://shop.example'
const QUERY = '/autocomplete?q=ap'

let redis: TestRedis
let version: string
const services: TestService[] = []

beforeAll(async () => {
  redis = await TestRedis.start()
  version = await redis.setData(ENTRIES)
  await redis.kill()
  await redis.run()
})
afterAll(async () => {
  for (const service of services) await service.stop()
  await redis.close()
})

async function start(env: Record<string, string> = {}): Promise<TestService> {
  const service = await TestService.start({ REDIS_NODES: redis.node, ...env })
  services.push(service)
  return service
}

describe.each([
  ['without the cache', {}],
  ['from the cache', WITH_CACHE],
])('an answer %s', (_, env) => {
  let service: TestService
  let tag: string
  beforeAll(async () => {
    service = await start(env)
    tag = (await service.get(QUERY)).headers.get('etag') as string
  })

  it('has an ETag, and says how long it may be reused', async () => {
    const { headers } = await service.get(QUERY)
    expect(headers.get('etag')).toMatch(new RegExp(`^W/"${version}-[0-9a-f]{8}"$`))
    expect(headers.get('cache-control')).toBe('public, max-age=10, stale-while-revalidate=20')
    expect(headers.get('access-control-allow-origin')).toBeNull()
    expect(headers.get('vary')).toBeNull()
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect((await service.get('/autocomplete')).headers.get('x-content-type-options')).toBe('nosniff')
  })

  it.each([
    ['the tag', () => tag, 304],
    ['the tag without W/', () => tag.slice(2), 304],
    ['one of several tags', () => `"a,b" , ${tag}`, 304],
    ['any', () => '*', 304],
    ['the tag of another dataset version', () => tag.replace(version, '0000000000000000'), 200],
    ['the tag of another release, which may rank differently', () => `W/"${version}-00000000"`, 200],
    ['the tag of the dataset version alone', () => `W/"${version}"`, 200],
    ['no tag', () => version, 200],
  ])('is sent again only to a client that does not have it: %s', async (_, known, status) => {
    for (const method of ['GET', 'HEAD']) {
      const response = await service.get(QUERY, { method, headers: { 'If-None-Match': known() } })
      expect(response.status).toBe(status)
      expect(response.headers.get('etag')).toBe(tag)
      expect((await response.text()) === '').toBe(status === 304 || method === 'HEAD')
    }
  })
})

it('an answer is sent again after the dataset has changed', async () => {
  const own = await TestRedis.start(ENTRIES)
  const service = await TestService.start({ REDIS_NODES: own.node, ...WITH_CACHE })
  try {
    const tag = (await service.get(QUERY)).headers.get('etag') as string
    const ask = () => service.get(QUERY, { headers: { 'If-None-Match': tag } })
    expect((await ask()).status).toBe(304)
    await own.kill()
    const newer = await own.setData(ENTRIES.slice(1))
    await own.run()
    let response = await ask()
    while (response.status === 304 || response.status === 503) {
      await new Promise((resolve) => setTimeout(resolve, 25))
      response = await ask()
    }
    expect(await response.json()).toMatchObject({ version: newer, suggestions: [{ text: 'apply' }] })
    expect(response.headers.get('etag')).toBe(tag.replace(version, newer))
  } finally {
    await service.stop()
    await own.close()
  }
})

it('errors must not be cached', async () => {
  const service = await start()
  for (const path of ['/autocomplete', '/nothing']) {
    const { headers } = await service.get(path)
    expect([headers.get('cache-control'), headers.get('etag')]).toEqual(['no-store', null])
  }
})

it.each([
  ['60', '0', 'public, max-age=60'],
  ['0', '5', 'public, max-age=0, stale-while-revalidate=5'],
  ['0', '0', 'public, max-age=0, must-revalidate'],
])('Cache-Control follows the settings: %s and %s', async (maxAge, stale, expected) => {
  const service = await start({
    CACHE_CONTROL_MAX_AGE_SECONDS: maxAge,
    CACHE_CONTROL_STALE_WHILE_REVALIDATE_SECONDS: stale,
  })
  expect((await service.get(QUERY)).headers.get('cache-control')).toBe(expected)
})

it('a URL that is not percent-encoded is rejected with an explanation', async () => {
  const service = await start()
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1')
  socket.write('GET /autocomplete?q=사 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const [head, body] = (await text(socket)).split('\r\n\r\n')
  expect(head).toMatch(/^HTTP\/1\.1 400 /)
  expect(JSON.parse(body as string)).toEqual({
    error: {
      code: 'bad_address',
      message:
        'the URL is not valid: it must begin with / and contain no spaces; non-ASCII characters must be percent-encoded UTF-8, such as %EC%82%AC',
    },
  })
})

describe('another origin', () => {
  const preflight = {
    method: 'OPTIONS',
    headers: {
      Origin: SHOP,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type',
    },
  }
  const allowed = (response: Response) => response.headers.get('access-control-allow-origin')

  it('can read answers and errors if it is in CORS_ORIGINS', async () => {
    const service = await start({ CORS_ORIGINS: `http://localhost:3000, ${SHOP}`, ...WITH_CACHE })
    for (const path of [QUERY, QUERY, '/autocomplete', '/nothing']) {
      const response = await service.get(path, { headers: { Origin: SHOP } })
      expect([allowed(response), response.headers.get('vary')]).toEqual([SHOP, 'Origin'])
      expect(response.headers.get('access-control-expose-headers')).toMatch(/Retry-After, X-Autocomplete-Stale/)
      for (const headers of [{ Origin: 'https://evil.example' }, {}] as Record<string, string>[]) {
        const other = await service.get(path, { headers })
        expect([allowed(other), other.headers.get('vary')]).toEqual([null, 'Origin'])
      }
    }
    const response = await service.get('/autocomplete', preflight)
    expect([response.status, allowed(response)]).toEqual([204, SHOP])
    expect(response.headers.get('access-control-allow-methods')).toContain('POST')
    expect(response.headers.get('access-control-allow-headers')).toBe('Content-Type, If-None-Match, Priority')
  })

  it('can read answers if CORS_ORIGINS is *, whichever origin it is', async () => {
    const service = await start({ CORS_ORIGINS: '*', ...WITH_CACHE })
    for (const path of [QUERY, QUERY, '/nothing']) {
      const response = await service.get(path, { headers: { Origin: SHOP } })
      expect([allowed(response), response.headers.get('vary')]).toEqual(['*', null])
    }
    expect(allowed(await service.get('/autocomplete', preflight))).toBe('*')
  })

  it('cannot read answers otherwise', async () => {
    const service = await start()
    expect(allowed(await service.get(QUERY, { headers: { Origin: SHOP } }))).toBeNull()
    expect(allowed(await service.get('/autocomplete', preflight))).toBeNull()
  })

  it.each([
    'shop.example',
    'https://shop.example/',
    'null',
    'https://a.example,,',
  ])('must be a valid origin: %s', async (raw) => {
    const { code, output } = await runService({ CORS_ORIGINS: raw })
    expect(code).toBe(1)
    expect(output).toContain('environment variable CORS_ORIGINS must be origins ')
    expect(output.trim().split('\n')).toHaveLength(1)
  })
})

describe('a batch', () => {
  let service: TestService
  beforeAll(async () => {
    service = await start()
  })
  const post = (
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = { 'Content-Type': 'application/json' },
  ) => service.get('/autocomplete', { method: 'POST', body, headers })

  it('has the same answer for each query as a request for only this query', async () => {
    const response = await post(
      JSON.stringify({
        queries: [{ q: 'ap', limit: 1 }, { q: 'ban', highlight: true }, { q: 'é€😀' }],
      }),
    )
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const alone = ['q=ap&limit=1', 'q=ban&highlight=1', `q=${encodeURIComponent('é€😀')}`]
    const answers = await Promise.all(alone.map(async (query) => (await service.get(`/autocomplete?${query}`)).json()))
    expect(await response.json()).toEqual({ answers })
  })

  it.each([
    ['{', 400, 'bad_json', 'the body is not valid JSON'],
    ['[]', 400, 'bad_batch', 'the body must be {"queries":[…]}'],
    ['{"queries":[]}', 400, 'bad_batch', 'with 1 to 50 queries'],
    ['{"queries":[{"q":"a"}],"more":1}', 400, 'bad_batch', 'the body must be'],
    ['{"queries":[{"q":"a"},"b"]}', 400, 'bad_batch', 'queries[1]: a query must be an object'],
    ['{"queries":[{}]}', 400, 'missing_query', 'queries[0]: the parameter q is missing'],
    ['{"queries":[{"q":1}]}', 400, 'bad_encoding', 'queries[0]: the parameter q must be a string'],
    ['{"queries":[{"q":"\\ud800"}]}', 400, 'bad_encoding', 'the parameter q contains a lone surrogate'],
    [
      '{"queries":[{"q":"a","filter":["a:\\ud800"]}]}',
      400,
      'bad_filter',
      'the parameter filter contains a lone surrogate',
    ],
    ['{"queries":[{"q":"a","limit":1.5}]}', 400, 'bad_limit', 'queries[0]: the parameter limit must be an integer'],
    ['{"queries":[{"q":"a","limit":"5"}]}', 400, 'bad_limit', 'the parameter limit must be an integer'],
    ['{"queries":[{"q":"a","highlight":1}]}', 400, 'bad_highlight', 'the parameter highlight must be true or false'],
    ['{"queries":[{"q":"a","filter":"category:x"}]}', 400, 'bad_filter', 'the parameter filter must be an array'],
    ['{"queries":[{"q":"a","__proto__":1}]}', 400, 'unknown_parameter', 'unknown parameter "__proto__"'],
    [`{"queries":[{"q":"a","${'k'.repeat(60_000)}":1}]}`, 400, 'unknown_parameter', `"${'k'.repeat(32)}…"`],
    [JSON.stringify({ queries: Array(MAX_BATCH_QUERIES + 1).fill({ q: 'a' }) }), 400, 'bad_batch', 'the body must be'],
    [
      `{"queries":[{"q":"${'a'.repeat(MAX_BODY_BYTES)}"}]}`,
      413,
      'payload_too_large',
      'the body must be at most 65536 bytes',
    ],
  ])('that is malformed is rejected: %.40s', async (body, status, code, message) => {
    const response = await post(body)
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({ error: { code, message: expect.stringContaining(message) } })
  })

  it('must be uncompressed JSON in UTF-8', async () => {
    const body = '{"queries":[{"q":"a"}]}'
    expect((await post(body, { 'Content-Type': 'text/plain' })).status).toBe(415)
    expect((await post(body, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' })).status).toBe(415)
    for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/json\t;\tcharset=UTF-8'])
      expect((await post(body, { 'Content-Type': type })).status).toBe(200)
    const identity = { 'Content-Type': 'application/json', 'Content-Encoding': 'Identity' }
    expect((await post(body, identity)).status).toBe(200)
    expect((await post(Buffer.from([0x22, 0xff, 0x22]))).status).toBe(400)
  })

  it('whose client disconnects is not an error of the service', async () => {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1')
    const head =
      'POST /autocomplete HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{'
    await new Promise<void>((resolve) => socket.write(head, () => resolve()))
    await new Promise((resolve) => setTimeout(resolve, 100))
    socket.resetAndDestroy()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect((await service.get(QUERY)).status).toBe(200)
    expect(service.log.filter((line) => line.includes('"level":50'))).toEqual([])
  })

  it('is rejected at its timeout, even between two of its queries', async () => {
    const withShortTimeout = await start({ RANKING_TIMEOUT_MS: '5' })
    const queries = Array.from({ length: MAX_BATCH_QUERIES }, (_, at) => ({ q: `apple ${at}` }))
    const init = { method: 'POST', body: JSON.stringify({ queries }), headers: { 'Content-Type': 'application/json' } }
    for (let time = 0; time < 20; time++) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => withShortTimeout.get('/autocomplete', init)))
      for (const { status } of answers) expect([200, 503]).toContain(status)
    }
    // Node.js would print a warning about a timer with a negative delay.
    expect(withShortTimeout.stderr).toBe('')
  })

  it('of unknown length is aborted if it is too long', async () => {
    const chunk = new Uint8Array(MAX_BODY_BYTES).fill(0x20)
    let sent = 0
    const body = new ReadableStream({
      pull(controller) {
        sent += 1
        if (sent > 100) controller.close()
        else controller.enqueue(chunk)
      },
    })
    const init = { method: 'POST', body, duplex: 'half', headers: { 'Content-Type': 'application/json' } }
    const status = await service.get('/autocomplete', init as RequestInit).then(
      (response) => response.status,
      () => 'cut off',
    )
    expect([413, 'cut off']).toContain(status)
    expect((await service.get(QUERY)).status).toBe(200)
  })
})

describe('the criticality of a query', () => {
  const VARIANTS: [string, Record<string, string>, string][] = [
    ['', {}, 'typed'],
    ['&criticality=typed', {}, 'typed'],
    ['&criticality=retry', {}, 'retry'],
    ['&criticality=prefetch', {}, 'prefetch'],
    ['&criticality=background', {}, 'background'],
    ['', { Priority: 'u=1, i' }, 'typed'],
    ['', { Priority: 'u=5' }, 'retry'],
    ['', { Priority: 'u=7, i' }, 'background'],
    ['', { Priority: 'not a dictionary' }, 'typed'],
    ['', { 'Sec-Purpose': 'prefetch;prerender' }, 'prefetch'],
    ['&criticality=typed', { 'Sec-Purpose': 'prefetch' }, 'prefetch'],
  ]
  let service: TestService
  beforeAll(async () => {
    service = await start(WITH_CACHE)
  })
  const metrics = async () => {
    const lines = (await (await service.get('/metrics')).text()).split('\n')
    return (name: string) => Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1))
  }
  const queries = (criticality: string) => `autocomplete_queries_total{criticality="${criticality}"}`

  it.each(VARIANTS)('with parameter %j and headers %j is counted as %s', async (parameter, headers, criticality) => {
    const before = (await metrics())(queries(criticality))
    expect((await service.get(`${QUERY}${parameter}`, { headers })).status).toBe(200)
    expect((await metrics())(queries(criticality))).toBe(before + 1)
  })

  it('changes neither the answer nor its headers, and all share one cached answer', async () => {
    const entries = (await metrics())('autocomplete_cache_entries')
    const answers: object[] = []
    for (const [parameter, headers] of VARIANTS) {
      const answer = await service.get(`${QUERY}p${parameter}`, { headers })
      const { date: _, ...rest } = Object.fromEntries(answer.headers)
      answers.push({ status: answer.status, headers: rest, body: await answer.text() })
    }
    expect(answers).toEqual(answers.map(() => answers[0]))
    expect((await metrics())('autocomplete_cache_entries')).toBe(entries + 1)
  })

  it('of a batch is background, unless the parameter raises it', async () => {
    const body = '{"queries":[{"q":"a"},{"q":"b"}]}'
    const post = (path: string) =>
      service.get(path, { method: 'POST', headers: { 'Content-Type': 'application/json', Priority: 'u=1' }, body })
    const before = await metrics()
    expect((await post('/autocomplete')).status).toBe(200)
    expect((await post('/autocomplete?criticality=typed')).status).toBe(200)
    const after = await metrics()
    for (const one of ['background', 'typed']) expect(after(queries(one))).toBe(before(queries(one)) + 1)
    expect((await post('/autocomplete?criticality=x')).status).toBe(400)
  })

  it.each(['/autocomplete?q=a&criticality=urgent', '/popular?criticality='])('is validated in %s', async (path) => {
    const answer = await service.get(path)
    expect(answer.status).toBe(400)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toEqual({
      error: {
        code: 'bad_criticality',
        message: 'the parameter criticality must be one of typed, retry, prefetch, background',
      },
    })
  })

  it('decides which connections are closed first when most are taken', async () => {
    const crowded = await start({ HTTP_MAX_CONNECTIONS: '20' })
    // `fetch` may have open connections, too.
    const sockets = Array.from({ length: 17 }, () => connect(Number(new URL(crowded.url).port), '127.0.0.1'))
    try {
      for (const socket of sockets) await once(socket, 'connect')
      const connectionOf = async (criticality: string) =>
        (await crowded.get(`/autocomplete?q=a&criticality=${criticality}`)).headers.get('connection')
      expect(await connectionOf('background')).toBe('close')
      expect(await connectionOf('typed')).toBe('keep-alive')
    } finally {
      for (const socket of sockets) socket.destroy()
    }
  })
})
