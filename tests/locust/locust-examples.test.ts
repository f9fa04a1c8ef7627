/**
 * Converts the examples in Locust's repository, and checks that the scripts make the same requests in k6 as the examples
 * make in Locust. Set LOCUST_EXAMPLES to the folder `examples` of that repository. docs/locust-examples.md lists them.
 */
import { cp, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { inRoot } from '../../tools/support/paths.ts'
import { capture } from '../../tools/support/process.ts'
import { k6Locust, Running, serve, temporaryFolder } from './testing.ts'

const { LOCUST_EXAMPLES = '' } = process.env
const LOCUST = inject('locust').current

/** Number of requests that are compared per example. */
const REQUESTS = 400

/** Headers that depend on the client, not on the locustfile. */
const OF_CLIENT = ['accept-encoding', 'connection', 'content-length', 'host', 'user-agent']

/** The answer to all requests. It has what the examples read. */
const ANSWER = {
  token: 't1',
  data: 'd',
  args: { foo: 1 },
  message: 'Welcome foo!',
  orderId: 42,
}
const PAGE = `<!DOCTYPE html><html><head><meta charset="utf-8"><title>Page</title></head><body>
  <p>Contents <br> of the page</p>
  <div class="toctree-wrapper compound"><ul><li><a class="reference internal" href="/a.html">A</a><li>
  <a class="reference internal" href="/b.html#c">B &amp; C</a></ul></div>
  <a class="internal" href="/d.html?e=1&amp;f=2">D</a> <a class="external" href="/g.html">G</a></body></html>`

/** Serves on a free port, and records the requests. `full` resolves when the given number of requests have arrived. */
async function record(isPage: boolean): Promise<{ url: string; requests: string[]; full: Promise<void> }> {
  const requests: string[] = []
  let fill = () => {}
  const full = new Promise<void>((resolve) => {
    fill = resolve
  })
  const url = await serve((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      const type = request.headers['content-type'] ?? ''
      const text = type.includes('json') && body !== '' ? JSON.stringify(JSON.parse(body)) : body
      const headers = Object.entries(request.headers)
        .filter(([name, value]) => !OF_CLIENT.includes(name) && !(name === 'accept' && value === '*/*'))
        .map(([name, value]) => `${name}: ${value}`.replace('; charset=utf-8', ''))
        .sort()
      // Some examples send the time.
      requests.push([`${request.method} ${request.url}`, ...headers, text].join('\n').replace(/\d\d:\d\d\.\d/g, 'TIME'))
      if (requests.length === REQUESTS) fill()
      response.setHeader('Content-Type', isPage ? 'text/html' : 'application/json')
      response.setHeader('Set-Cookie', 'csrftoken=c1; Path=/')
      response.end(isPage ? PAGE : JSON.stringify(ANSWER))
    })
  })
  return { url, requests, full }
}

/** Copies an example for one server: all its hosts are the server, and its users pause for 10 milliseconds. */
async function adapt(file: string, url: string): Promise<string> {
  const folder = await temporaryFolder()
  await cp(dirname(file), folder, { recursive: true })
  const copy = join(folder, basename(file))
  const text = await readFile(file, 'utf8')
  await writeFile(
    copy,
    text
      .replace(/https?:\/\/[\w.:-]+/g, url)
      .replace(/^( +wait_time = ).*/gm, '$1lambda self: 0.01')
      .replace(/constant\(180\)/g, 'constant(0.01)'),
  )
  return copy
}

/** Returns the share of each request. */
function shares(requests: string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const request of requests) counts.set(request, (counts.get(request) ?? 0) + 1 / requests.length)
  return counts
}

/** The converted locustfiles that make HTTP requests, from the generated table. */
const table = await readFile(inRoot('docs', 'locust-examples.md'), 'utf8')
const files = [...table.matchAll(/^\| `(.*)` \| yes \| converted \|$/gm)].map(([, name]) => name as string)

it('the table contains converted locustfiles', () => expect(files.length).toBeGreaterThan(20))

describe.skipIf(LOCUST === '' || LOCUST_EXAMPLES === '')('a converted example makes the same requests as Locust', () => {
  it.each(files)('%s', async (name) => {
    const source = join(LOCUST_EXAMPLES, name)
    const isPage = (await readFile(source, 'utf8')).includes('PyQuery')
    const [expected, actual] = [await record(isPage), await record(isPage)]
    const file = await adapt(source, expected.url)
    const copy = await adapt(source, actual.url)
    const script = copy.replace(/py$/, 'ts')
    const { code, stderr } = await capture(inject('k6'), ['x', 'locust', 'convert', copy, '-o', script])
    expect(code, stderr).toBe(0)
    const args = ['-u', '1', '--only-summary']
    const runs = [
      new Running(LOCUST, ['--headless', '-f', file, '-H', expected.url, ...args], { API_HOST: expected.url }),
      k6Locust([...args, '-H', actual.url, script], { API_HOST: actual.url }),
    ]
    const ended = runs.map(async (run) => {
      await run.exited
      throw new Error(run.output)
    })
    await Promise.race([Promise.all([expected.full, actual.full]), ...ended])
    await Promise.all(
      runs.map(async (run) => {
        run.signal('SIGINT')
        await run.exited
      }),
    )
    const lists = [expected, actual].map(({ requests }) => requests.slice(0, REQUESTS)) as [string[], string[]]
    if (lists[0].join() === lists[1].join()) return
    // The tasks are chosen at random.
    const [one, two] = lists.map(shares) as [Map<string, number>, Map<string, number>]
    expect([...two.keys()].sort()).toEqual([...one.keys()].sort())
    for (const [request, share] of one) {
      const other = two.get(request) as number
      const mean = (share + other) / 2
      // Five standard deviations.
      expect(Math.abs(share - other), request).toBeLessThan(5 * Math.sqrt((mean * (1 - mean) * 2) / REQUESTS))
    }
  })
})
