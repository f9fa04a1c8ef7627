/** Tests the browser client against the real service, and records its requests. */
import { getEventListeners, once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type AutocompleteClient, AutocompleteError, createAutocompleteClient } from '../../public/client.js'
import { TestRedis } from '../testing/redis.ts'
import { TestService } from '../testing/service.ts'
import { MAX_QUERY_LENGTH } from './query.ts'

const ENTRIES = ['apple', 'apply', 'banana'].map((text, at) => ({ text, weight: 9 - at, payload: { at } }))

let redis: TestRedis
let service: TestService
let asked: string[]
beforeAll(async () => {
  redis = await TestRedis.start(ENTRIES)
  service = await TestService.start({ REDIS_NODES: redis.node })
})
afterAll(async () => {
  await service.stop()
  await redis.close()
})
beforeEach(() => {
  asked = []
})

const url = () => `${service.url}/autocomplete`
const client = (options = {}): AutocompleteClient<{ at: number }> =>
  createAutocompleteClient({
    url: url(),
    debounceMs: 20,
    fetch: (address, init) => {
      asked.push(new URL(String(address)).searchParams.get('q') as string)
      return fetch(address, init)
    },
    ...options,
  })

describe('the client', () => {
  it('resolves with the service’s answer, and sends its parameters', async () => {
    const answer = await client({ limit: 1, parameters: { highlight: '1' } }).suggest('app')
    expect(answer).toMatchObject({
      query: 'app',
      suggestions: [{ text: 'apple', score: 9, payload: { at: 0 }, match: 'prefix', highlight: [[0, 3]] }],
    })
  })

  it('sends only the last of several texts, and resolves the others with undefined', async () => {
    const { suggest } = client()
    const answers = await Promise.all(['a', 'ap', 'app'].map((text) => suggest(text)))
    expect(answers.map((answer) => answer?.query)).toEqual([undefined, undefined, 'app'])
    expect(asked).toEqual(['app'])
  })

  it('tries again after 503, and throws the last error', async () => {
    const rejections: number[] = []
    const rejectFirst =
      (count: number): typeof fetch =>
      (address, init) => {
        if (rejections.push(performance.now()) > count) return fetch(address, init)
        return Promise.resolve(Response.json({ error: { code: 'overloaded', message: 'busy' } }, { status: 503 }))
      }
    const options = { retryMs: 30, debounceMs: 0 }
    expect(await client({ ...options, fetch: rejectFirst(2) }).suggest('app')).toMatchObject({ query: 'app' })
    expect(rejections).toHaveLength(3)
    const [first = 0, second = 0, third = 0] = rejections
    expect([second - first, third - second]).toEqual([
      expect.toSatisfy((ms) => ms >= 29),
      expect.toSatisfy((ms) => ms >= 59),
    ])
    await expect(client({ ...options, fetch: rejectFirst(99) }).suggest('app')).rejects.toMatchObject({ status: 503 })
    expect(rejections).toHaveLength(6)
    await expect(client({ ...options, retries: 0, fetch: rejectFirst(99) }).suggest('app')).rejects.toThrow('busy')
    expect(rejections).toHaveLength(7)
  })

  it.each([
    ['a header, which does not change the URL', undefined, [null, 'u=5']],
    ['a header on pages of the same origin', '/page', [null, 'u=5']],
    [
      'a parameter on other pages, because a header would cost a preflight request',
      'https://shop.example/',
      ['retry', null],
    ],
  ])('marks retries by %s', async (_, page, expected) => {
    const sent: (string | null)[][] = []
    const location = page === undefined ? undefined : new URL(page, url())
    vi.stubGlobal('location', location)
    onTestFinished(() => void vi.unstubAllGlobals())
    const rejectOnce: typeof fetch = (address, init) => {
      const criticality = new URL(String(address)).searchParams.get('criticality')
      sent.push([criticality, new Headers(init?.headers).get('Priority')])
      if (sent.length > 1) return fetch(address, init)
      return Promise.resolve(Response.json({ error: { code: 'overloaded' } }, { status: 503 }))
    }
    const answer = await client({ retryMs: 1, debounceMs: 0, fetch: rejectOnce }).suggest('app')
    expect(answer).toMatchObject({ query: 'app' })
    expect(sent).toEqual([[null, null], expected])
  })

  it('resolves a relative address like the browser when it marks retries', async () => {
    // Simulate a page in a frame without its own address, and a page with a base element.
    vi.stubGlobal('location', { href: 'about:srcdoc', origin: 'https://shop.example' })
    onTestFinished(() => void vi.unstubAllGlobals())
    const marks: unknown[] = []
    const busy = (address: string, init?: RequestInit) => {
      marks.push(init?.headers ?? address)
      return Promise.resolve(Response.json({ error: { code: 'overloaded' } }, { status: 503 }))
    }
    for (const baseURI of ['https://shop.example/page', 'https://cdn.example/']) {
      vi.stubGlobal('document', { baseURI })
      const options = { url: 'suggest', retries: 1, retryMs: 1, debounceMs: 0, fetch: busy as typeof fetch }
      await expect(createAutocompleteClient(options).suggest('app')).rejects.toMatchObject({ code: 'overloaded' })
    }
    const address = 'suggest?q=app&limit=10'
    expect(marks).toEqual([address, { Priority: 'u=5' }, address, `${address}&criticality=retry`])
  })

  it('waits as long as Retry-After says', async () => {
    let count = 0
    const reject: typeof fetch = () => {
      count += 1
      const headers = { 'Retry-After': '10' }
      return Promise.resolve(Response.json({ error: { code: 'overloaded' } }, { status: 503, headers }))
    }
    const { suggest } = client({ retryMs: 1, debounceMs: 0, fetch: reject })
    const first = suggest('ap')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(count).toBe(1)
    // A newer text makes the first call stop waiting.
    await suggest('')
    expect(await first).toBeUndefined()
    expect(count).toBe(1)
  })

  it.each(['11', '86400', '2592000'])('does not try again if Retry-After is %s', async (seconds) => {
    let count = 0
    const reject: typeof fetch = async () => {
      count += 1
      const headers = { 'Retry-After': seconds }
      return Response.json({ error: { code: 'overloaded' } }, { status: 503, headers })
    }
    const { suggest } = client({ retryMs: 1, debounceMs: 0, fetch: reject })
    await expect(suggest('app')).rejects.toMatchObject({ status: 503, retryAfter: Number(seconds) })
    expect(count).toBe(1)
  })

  it('reports Retry-After of a proxy whose answer is not JSON', async () => {
    const reject: typeof fetch = async () =>
      new Response('<h1>503</h1>', { status: 503, headers: { 'Retry-After': '7' } })
    const { suggest } = client({ retries: 0, debounceMs: 0, fetch: reject })
    await expect(suggest('app')).rejects.toMatchObject({ status: 503, code: 'unreachable', retryAfter: 7 })
  })

  it('never tries again with an outdated text', async () => {
    const firstAsked = Promise.withResolvers<void>()
    const reject: typeof fetch = (address) => {
      asked.push(new URL(String(address)).searchParams.get('q') as string)
      firstAsked.resolve()
      return Promise.resolve(Response.json({ error: { code: 'overloaded' } }, { status: 503 }))
    }
    const { suggest } = client({ retryMs: 40, retries: 1, debounceMs: 0, fetch: reject })
    const outdated = suggest('ap')
    await firstAsked.promise
    await expect(suggest('app')).rejects.toMatchObject({ status: 503 })
    expect(await outdated).toBeUndefined()
    expect(asked).toEqual(['ap', 'app', 'app'])
  })

  it('aborts a request in flight when there is a newer text', async () => {
    // Like fetch, but the answer never arrives.
    const unanswered: typeof fetch = (_, init) => {
      asked.push('ap')
      return new Promise((_, reject) =>
        init?.signal?.addEventListener('abort', (event) => reject((event.target as AbortSignal).reason)),
      )
    }
    const { suggest } = client({
      debounceMs: 0,
      fetch: (...request: Parameters<typeof fetch>) => (asked.length === 0 ? unanswered : fetch)(...request),
    })
    const early = suggest('ap')
    while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const late = suggest('ban')
    expect(await early).toBeUndefined()
    expect((await late)?.query).toBe('ban')
  })

  it('discards an answer that arrives together with a newer text', async () => {
    let answerEarly = (_: Response) => {}
    const early = new Promise<Response>((resolve) => {
      answerEarly = resolve
    })
    const answerTo = (query: string) => Response.json({ query, suggestions: [], version: 'any' })
    // The request can no longer be aborted, because its answer has already arrived.
    const received = async (address: string) => (address.includes('q=ap') ? early : answerTo('ban'))
    const { suggest } = client({ debounceMs: 0, fetch: received })
    const asking = suggest('ap')
    await new Promise((resolve) => setTimeout(resolve, 20))
    const late = suggest('ban')
    answerEarly(answerTo('ap'))
    expect(await asking).toBeUndefined()
    expect((await late)?.query).toBe('ban')
  })

  it('caches up to cacheEntries answers, the most recently used ones', async () => {
    const { suggest, clear } = client({ cacheEntries: 2 })
    for (const text of ['a', 'b', 'a', 'c', 'a', 'b']) expect((await suggest(text))?.query).toBe(text)
    expect(asked).toEqual(['a', 'b', 'c', 'b'])
    clear()
    await suggest('b')
    expect(asked).toEqual(['a', 'b', 'c', 'b', 'b'])
  })

  it('repeats a parameter for each of its values', async () => {
    const parameters = { filter: ['category:fruit', 'tenant:b'], limit: '1', explain: '1' }
    let address = ''
    const recorder: typeof fetch = (url, init) => {
      address = String(url)
      return fetch(url, init)
    }
    expect(await client({ parameters, fetch: recorder }).suggest('a')).toMatchObject({ suggestions: [] })
    const { searchParams } = new URL(address)
    expect(searchParams.getAll('filter')).toEqual(parameters.filter)
    expect(searchParams.getAll('limit')).toEqual(['1'])
  })

  it.each([
    ['/a', '/a?q=app&limit=10'],
    ['/a?x=1', '/a?x=1&q=app&limit=10'],
    ['/a?', '/a?q=app&limit=10'],
    ['a?x=1&y=%20#part?z=2', 'a?x=1&y=+&q=app&limit=10'],
    ['#part', '?q=app&limit=10'],
    ['https://search.example?limit=3&q=old', 'https://search.example?limit=3&q=app'],
    [new URL('https://search.example/a?x=1'), 'https://search.example/a?x=1&q=app&limit=10'],
  ])('adds its parameters to those in the URL %s', async (target, expected) => {
    const addresses: string[] = []
    const recorder = async (address: string) => {
      addresses.push(address)
      return Response.json({ query: 'app', suggestions: [], version: 'any' })
    }
    await client({ url: target, fetch: recorder }).suggest('app')
    expect(addresses).toEqual([expected])
    const parameters = { x: '3', limit: '4' }
    await client({ url: target, limit: 2, parameters, fetch: recorder }).suggest('app')
    const { searchParams } = new URL(addresses[1] as string, 'https://base.example')
    expect([searchParams.getAll('x'), searchParams.getAll('limit')]).toEqual([['3'], ['4']])
  })

  it.each(['', ' ', '\u3000\n', '\u200b\ufeff'])('answers an empty text (%j) without a request', async (text) => {
    const { suggest } = client()
    expect(await suggest(text)).toEqual({ query: text, suggestions: [], version: '' })
    const answer = await suggest('app')
    expect(await suggest(text)).toEqual({ query: text, suggestions: [], version: answer?.version })
    expect(asked).toEqual(['app'])
  })

  it('cancels a request when the text becomes empty', async () => {
    const { suggest } = client()
    const early = suggest('app')
    expect((await suggest(''))?.suggestions).toEqual([])
    expect(await early).toBeUndefined()
    expect(asked).toEqual([])
  })

  it('accepts a cleared input and a number', async () => {
    const { suggest } = client()
    for (const cleared of [null, undefined]) {
      expect(await suggest(cleared)).toEqual({ query: '', suggestions: [], version: '' })
    }
    expect((await suggest(15))?.query).toBe('15')
    expect(asked).toEqual(['15'])
  })

  it('answers an empty text with popular entries if popularUrl is set', async () => {
    const popularUrl = `${service.url}/popular`
    const answer = await client({ popularUrl, limit: 2 }).suggest(' ')
    expect(answer?.suggestions.map(({ text }) => text)).toEqual(['apple', 'apply'])
  })

  it('truncates text that is longer than the service accepts', async () => {
    const longest = '𝕏'.repeat(MAX_QUERY_LENGTH)
    for (const text of [longest, `${longest}𝕏`, longest.repeat(100)]) {
      expect((await client().suggest(text))?.query).toBe(longest)
    }
    const mixed = `a${longest}`
    expect((await client().suggest(mixed))?.query).toBe([...mixed].slice(0, MAX_QUERY_LENGTH).join(''))
    expect((await client().suggest(`${' \n'.repeat(40)}app`))?.suggestions).toHaveLength(2)
  })

  it('does not send parameters that are undefined', async () => {
    const sent: string[] = []
    const recorder: typeof fetch = (address, init) => {
      sent.push(new URL(String(address)).search)
      return fetch(address, init)
    }
    const parameters = { filter: undefined, highlight: '1', x: [] }
    await client({ url: `${url()}?filter=a:b&x=1`, parameters, fetch: recorder }).suggest('app')
    expect(sent).toEqual(['?filter=a%3Ab&q=app&limit=10&highlight=1'])
  })

  it('caches an answer for the max-age of the service, and then bypasses the browser’s cache', async () => {
    const modes: (string | undefined)[] = []
    const recorder: typeof fetch = (url, init) => {
      modes.push((init as { cache?: string }).cache)
      return fetch(url, init)
    }
    const short = await TestService.start({ REDIS_NODES: redis.node, CACHE_CONTROL_MAX_AGE_SECONDS: '1' })
    try {
      const { suggest } = client({ url: `${short.url}/autocomplete`, debounceMs: 0, fetch: recorder })
      await suggest('a')
      await suggest('a')
      expect(modes).toEqual([undefined])
      await new Promise((resolve) => setTimeout(resolve, 1100))
      await suggest('a')
      expect(modes).toEqual([undefined, 'no-cache'])
    } finally {
      await short.stop()
    }
  })

  it('caches an answer for maxAgeSeconds at most, minus its age in a proxy', async () => {
    const { suggest } = client({ maxAgeSeconds: 0 })
    await suggest('a')
    await suggest('a')
    expect(asked).toEqual(['a', 'a'])
    const proxy = (age: string) =>
      client({
        fetch: async (address: string) => {
          asked.push('b')
          const { status, headers, body } = await fetch(address)
          return new Response(body, { status, headers: { ...Object.fromEntries(headers), age } })
        },
      })
    for (const age of ['3', '10']) {
      const { suggest } = proxy(age)
      await suggest('b')
      await suggest('b')
    }
    expect(asked).toEqual(['a', 'a', 'b', 'b', 'b'])
  })

  it('does not return to older data because of the browser’s cache', async () => {
    const answerOf = (version: string) => Response.json({ query: '', suggestions: [], version })
    let current = 'old'
    // Simulates a browser with an old cached answer to every request.
    const browser = async (address: string, init: { cache?: string }) => {
      asked.push(`${new URL(address).searchParams.get('q')} ${init.cache ?? 'default'}`)
      return answerOf(init.cache === 'no-cache' ? current : 'old')
    }
    const { suggest } = client({ fetch: browser, maxAgeSeconds: 0.2 })
    await suggest('a')
    current = 'new'
    await new Promise((resolve) => setTimeout(resolve, 250))
    for (const text of ['a', 'b']) expect((await suggest(text))?.version).toBe('new')
    expect(asked).toEqual(['a default', 'a no-cache', 'b default', 'b no-cache'])
  })

  it('removes cached answers when the data is replaced', async () => {
    const own = await TestRedis.start(ENTRIES)
    const other = await TestService.start({ REDIS_NODES: own.node })
    try {
      const { suggest } = client({ url: `${other.url}/autocomplete` })
      await suggest('a')
      await own.kill()
      await own.setData(ENTRIES.slice(1))
      await own.run()
      // The client learns of the new version from an answer that is not cached.
      for (let answer = await suggest('x').catch(() => undefined); answer === undefined; ) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        answer = await suggest('x').catch(() => undefined)
      }
      expect((await suggest('a'))?.suggestions.map(({ text }) => text)).toEqual(['apply'])
    } finally {
      await other.stop()
      await own.close()
    }
  })

  it('reports errors from the service, and that the service is unreachable', async () => {
    await expect(client({ limit: 51 }).suggest('a')).rejects.toMatchObject({
      name: 'AutocompleteError',
      status: 400,
      code: 'bad_limit',
    })
    const unreachable = client({ url: 'http://127.0.0.1:1/autocomplete' })
    const error = await unreachable.suggest('a').catch((reason) => reason)
    expect(error).toBeInstanceOf(AutocompleteError)
    expect(error).toMatchObject({ status: 0, code: 'unreachable' })
    const page = client({ url: `${service.url}/` })
    await expect(page.suggest('a')).rejects.toMatchObject({ status: 200, code: 'unreachable' })
  })

  it.each([
    [502, 'null', 'unknown'],
    [502, '{"error":null}', 'unknown'],
    [502, '"down"', 'unknown'],
    [200, 'null', 'unreachable'],
    [200, '{}', 'unreachable'],
  ])('rejects with an AutocompleteError if another server answers: %i %s', async (status, body, code) => {
    const { suggest } = client({ fetch: async () => new Response(body, { status }) })
    await expect(suggest('a')).rejects.toMatchObject({ name: 'AutocompleteError', status, code })
  })

  it('can be aborted', async () => {
    const { suggest } = client()
    const abort = new AbortController()
    const asking = suggest('a', { signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(asking).rejects.toThrow('enough')
    await expect(suggest('a', { signal: abort.signal })).rejects.toThrow('enough')
    expect(asked).toEqual([])
    expect((await suggest('a'))?.query).toBe('a')
  })

  it.each([
    ['no answer', ''],
    ['only a part of the answer', 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{'],
  ])('gives up if it gets %s within timeoutMs', async (_, part) => {
    const sockets: Socket[] = []
    const silent = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => {}).write(part)
    }).listen(0, '127.0.0.1')
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      silent.close()
    })
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const signals: (AbortSignal | null | undefined)[] = []
    const recording: typeof fetch = (address, init) => {
      signals.push(init?.signal)
      return fetch(address, init)
    }
    const options = { url: `http://127.0.0.1:${port}/autocomplete`, timeoutMs: 100, fetch: recording }
    const error = await client(options)
      .suggest('app')
      .catch((reason) => reason)
    expect(error).toMatchObject({ name: 'AutocompleteError', code: 'unreachable', cause: { name: 'TimeoutError' } })
    // Otherwise, the request would continue to count against the browser's limit of connections.
    expect(signals.map((signal) => signal?.aborted)).toEqual([true])
  })

  it('waits without a limit if timeoutMs is Infinity', async () => {
    expect(await client({ timeoutMs: Number.POSITIVE_INFINITY }).suggest('app')).toMatchObject({ query: 'app' })
  })

  it('leaves no listeners on signals, which would keep them in memory', async () => {
    const signals: AbortSignal[] = []
    const answer: typeof fetch = async (_, init) => {
      signals.push(init?.signal as AbortSignal)
      if (signals.length === 1) return Response.json({ error: { code: 'overloaded' } }, { status: 503 })
      return Response.json({ query: 'a', suggestions: [], version: '1' })
    }
    const { signal } = new AbortController()
    await client({ fetch: answer, debounceMs: 1, retryMs: 1 }).suggest('a', { signal })
    expect(signals).toHaveLength(2)
    expect(signals.flatMap((one) => getEventListeners(one, 'abort'))).toEqual([])
  })
})

it('the service serves the client and its types', async () => {
  const script = await service.get('/client.js')
  expect([script.status, script.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8'])
  expect((await service.get('/client.d.ts')).status).toBe(200)
})
