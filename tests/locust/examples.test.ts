/** Checks that the Python examples in Locust and the TypeScript examples in k6 behave the same way. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { inRoot } from '../../tools/support/paths.ts'
import { convert } from './recording.ts'
import { CountingServer, csv, example, k6Locust, Running, serve, temporaryFolder } from './testing.ts'

const SHORT = ['-u', '4', '-r', '20', '-t', '3s', '--stop-timeout', '10', '--only-summary']

/** Runs an example with k6 or Locust. Tests are skipped if the program is missing. */
type Run = (name: string, args: string[]) => Running
const RUNS: [string, Run | undefined][] = [
  ['k6', (name, args) => k6Locust([...args, example(`${name}.ts`)])],
  [
    'Locust',
    inject('locust').current === ''
      ? undefined
      : (name, args) => new Running(inject('locust').current, ['--headless', '-f', example(`${name}.py`), ...args]),
  ],
]

/** Runs the example `stream`, and checks that it reads answers while they arrive. */
async function checkListener(run: (args: string[]) => Running): Promise<void> {
  const HELD_MS = 300
  const counts = { '/events': 0, '/file': 0, full: 0, cut: 0 }
  const url = await serve((request, response) => {
    const path = request.url as '/events' | '/file'
    const isSpecial = ++counts[path] % 3 === 1
    const later = (end: () => void) => setTimeout(end, HELD_MS)
    if (path === '/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 0\n\n')
      // The listener stops reading a stream that does not end.
      later(() => (isSpecial ? response.write('data: full\n\n') : response.end('data: 1\n\n')))
      if (isSpecial) counts.full++
    } else {
      response.writeHead(200, { 'Content-Length': '20000' }).write('x'.repeat(10_000))
      later(() => (isSpecial ? response.destroy() : response.end('x'.repeat(10_000))))
      if (isSpecial) counts.cut++
    }
  })
  const prefix = join(await temporaryFolder(), 'x')
  const running = run([...SHORT, '-H', url, '--json-file', prefix])
  expect(await running.exited, running.output).toBe(1)
  const stats: {
    name: string
    num_requests: number
    num_failures: number
    total_content_length: number
    min_response_time: number
  }[] = JSON.parse(await readFile(`${prefix}.json`, 'utf8'))
  const [events, file] = ['/events', '/file'].map((path) => stats.find(({ name }) => name === path))
  expect(counts.full).toBeGreaterThan(0)
  expect(counts.cut).toBeGreaterThan(0)
  expect(events, running.output).toMatchObject({ num_requests: counts['/events'], num_failures: counts.full })
  // A streamed request is counted when the response headers arrive. A connection that breaks later therefore fails the
  // task, not the request.
  expect(file).toMatchObject({
    num_requests: counts['/file'],
    num_failures: 0,
    total_content_length: 20_000 * counts['/file'],
  })
  for (const entry of [events, file]) expect(entry?.min_response_time).toBeLessThan(HELD_MS)
  const errors = running.output.match(/^.*(?:download|IncompleteRead|closed before the end).*$/gm) ?? []
  expect(errors.length, running.output).toBeGreaterThan(0)
}

describe.each(RUNS)('by %s', (_, runOrNone) => {
  const run = runOrNone as Run

  it.skipIf(!runOrNone)('the load test of the report types words letter by letter', async () => {
    const words = new Set(
      (await readFile(inRoot('loadtest', 'words.gen.txt'), 'utf8')).split('\n').filter((line) => !/^#|^$/.test(line)),
    )
    const queries: string[] = []
    const headers = new Set<string>()
    const url = await serve((request, response) => {
      const query = new URL(request.url ?? '', 'http://localhost').searchParams.get('q') ?? ''
      queries.push(query)
      headers.add(`${request.headers.accept}; ${request.headers.connection}; ${request.headers['keep-alive']}`)
      response.end(JSON.stringify({ query, suggestions: [], version: '1' }))
    })
    // Run only one user, so that the letters arrive in order.
    const running = run('report', ['-u', '1', '-t', '6s', '-H', url, '--only-summary'])
    expect(await running.exited, running.output).toBe(0)
    // The pauses are 0.125 s on average.
    expect(queries.length).toBeGreaterThan(20)
    expect(queries.length).toBeLessThan(100)
    for (const [i, query] of queries.entries()) {
      const last = queries[i - 1] ?? ''
      const letters = [...query]
      if (letters.length > 1) expect(letters.slice(0, -1).join(''), `${query} after ${last}`).toBe(last)
      else if (i > 0) expect(words, 'the previous word is complete').toContain(last)
    }
    const prefixes = new Set([...words].flatMap((word) => [...word].map((_, i, all) => all.slice(0, i + 1).join(''))))
    expect(queries.filter((query) => !prefixes.has(query))).toEqual([])
    expect([...headers]).toEqual(['application/json; keep-alive; timeout=120'])
  })

  it.skipIf(!runOrNone)('the load test of the report distinguishes failures by cause', async () => {
    const url = await serve((request, response) => {
      // The answer depends only on the query, so a client that retries gets the same answer.
      const query = new URL(request.url ?? '', 'http://localhost').searchParams.get('q') ?? ''
      const kind = [...query].reduce((sum, letter) => sum + (letter.codePointAt(0) as number), 0) % 4
      if (kind === 0) response.writeHead(503).end('{}')
      else if (kind === 1) response.end('<html>')
      else if (kind === 2) request.socket.end('no HTTP at all\r\n\r\n')
      else response.end('{"query": "?"}')
    })
    const prefix = join(await temporaryFolder(), 'x')
    const running = run('report', [...SHORT, '-H', url, '--csv', prefix])
    expect(await running.exited, running.output).toBe(1)
    const failures = await csv(`${prefix}_failures.csv`)
    expect(
      failures.map(({ Error: error }) => error?.replace(/^["]?CatchResponseError\('|'\)["]?$/g, '')).sort(),
    ).toEqual(['no answer', 'status 503', 'the answer is for another query', 'the body is not JSON'])
    const failed = failures.reduce((sum, { Occurrences }) => sum + Number(Occurrences), 0)
    expect(failed).toBeGreaterThanOrEqual(4)
  })

  it.skipIf(!runOrNone)('the shop runs its users and tasks', async () => {
    const server = await CountingServer.start()
    const prefix = join(await temporaryFolder(), 'x')
    const running = run('shop', [...SHORT, '-H', server.url, '--json-file', prefix])
    expect(await running.exited, running.output).toBe(0)
    const { counts } = server
    // The CSV files could lack the last requests, because Locust writes them once per second.
    const stats: { name: string; method: string; num_requests: number; total_response_time: number }[] = JSON.parse(
      await readFile(`${prefix}.json`, 'utf8'),
    )
    const http = stats.filter(({ method }) => method !== 'CACHE')
    expect(Object.fromEntries(http.map((entry) => [`${entry.method} ${entry.name}`, entry.num_requests]))).toEqual(
      counts,
    )
    expect(counts).toMatchObject({ 'POST /login': 3, 'POST /logout': 3 })
    expect(Object.keys(counts).sort()).toEqual([
      'GET /basket',
      'GET /search',
      'POST /basket',
      'POST /login',
      'POST /logout',
      'POST /pay',
      'PUT /address',
    ])
    // The tasks run in sequence: one payment follows each address.
    expect(Math.abs((counts['PUT /address'] as number) - (counts['POST /pay'] as number))).toBeLessThanOrEqual(3)
    // The Watcher acts every 0.1 s, or less often on a busy machine.
    const look = stats.find(({ method }) => method === 'CACHE')
    expect(look?.num_requests).toBeGreaterThan(5)
    expect(look?.num_requests).toBeLessThanOrEqual(31)
    expect(look?.total_response_time).toBe(2.5 * (look?.num_requests ?? 0))
  })

  it.skipIf(!runOrNone)('the chain follows its transitions, and a listener sets the exit code', async () => {
    const paths: string[] = []
    const url = await serve((request, response) => {
      paths.push(request.url as string)
      request.resume().on('end', () => response.writeHead(request.url === '/' ? 500 : 200).end())
    })
    // Run only one user, so that the requests arrive in order.
    const running = run('browse', ['-u', '1', '-t', '4s', '-H', url, '--only-summary'])
    expect(await running.exited, running.output).toBe(3)
    expect(running.output).toMatch(/\/ failed after [\d.]+ ms/)
    expect(paths.length).toBeGreaterThan(3)
    expect(paths[0]).toBe('/')
    const allowed: Record<string, string[]> = { '/': ['/search'], '/search': ['/', '/buy'], '/buy': ['/', '/search'] }
    for (const [i, path] of paths.slice(1).entries()) expect(allowed[paths[i] as string]).toContain(path)
  })

  it.skipIf(!runOrNone)('the listener reads answers while they arrive', () =>
    checkListener((args) => run('stream', args)),
  )

  it.skipIf(!runOrNone)('the load shape follows its steps and ends the run', async () => {
    const server = await CountingServer.start()
    const prefix = join(await temporaryFolder(), 'x')
    const running = run('steps', ['-H', server.url, '--csv', prefix, '--only-summary'])
    expect(await running.exited, running.output).toBe(0)
    const history = await csv(`${prefix}_stats_history.csv`)
    const users = history.map((row) => Number(row['User Count']))
    expect(Math.max(...users)).toBe(4)
    expect(users).toContain(2)
    // Each user sends 10 requests per second: 2 users for 2 s, then 4 users.
    expect(server.total).toBeGreaterThan(80)
    expect(server.total).toBeLessThanOrEqual(130)
  })
})

it.skipIf(inject('locust').current === '')('a converted listener does the same', async () => {
  const script = await convert(example('stream.py'), join(await temporaryFolder(), 'stream.ts'))
  await checkListener((args) => k6Locust([...args, script]))
})

it('the first example in the README runs as it is', async () => {
  const server = await CountingServer.start()
  // With so many users, both tasks run.
  const running = k6Locust(['-u', '40', '-r', '40', ...SHORT.slice(4), '-H', server.url, example('first.ts')])
  expect(await running.exited, running.output).toBe(0)
  expect(Object.keys(server.counts).sort()).toEqual(['GET /', 'GET /autocomplete'])
  expect(running.output).toContain('/autocomplete')
})
