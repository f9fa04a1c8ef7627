/**
 * Converts the examples in Locust's repository, and checks that the scripts make the same requests in k6 as the
 * examples make in Locust. Set LOCUST_EXAMPLES to the folder `examples` of that repository. docs/locust-examples.md
 * lists them.
 */
import { cp, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { freePort } from '../../service/src/testing/free-port.ts'
import { inRoot } from '../../tools/support/paths.ts'
import { runBoth } from './recording.ts'
import { temporaryFolder } from './testing.ts'

const { LOCUST_EXAMPLES = '' } = process.env
const LOCUST = inject('locust').current

/** Number of requests that are compared per example. */
const REQUESTS = 200

/** The answer to all requests, except in examples that use PyQuery. It contains all fields that the examples read. */
const ANSWER = {
  token: 't1',
  data: 'd',
  args: { foo: 1 },
  message: 'Welcome foo!',
  orderId: 42,
}
/** The answer to all requests in examples that use PyQuery. */
const PAGE = `<!DOCTYPE html><html><head><meta charset="utf-8"><title>Page</title></head><body>
  <p>Contents <br> of the page</p>
  <div class="toctree-wrapper compound"><ul><li><a class="reference internal" href="/a.html">A</a><li>
  <a class="reference internal" href="/b.html#c">B &amp; C</a></ul></div>
  <a class="internal" href="/d.html?e=1&amp;f=2">D</a> <a class="external" href="/g.html">G</a></body></html>`

/**
 * Copies an example and adapts it to one server: the server replaces all hosts, and users pause for 10 milliseconds.
 */
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
      .replace(/constant\(180\)/g, 'constant(0.01)')
      .replace(/\bsleep\(\d+\)/g, 'sleep(0.01)'),
  )
  return copy
}

/** Returns the share of each request. */
function shares(requests: string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const request of requests) counts.set(request, (counts.get(request) ?? 0) + 1 / requests.length)
  return counts
}

const table = await readFile(inRoot('docs', 'locust-examples.md'), 'utf8')
/** The converted locustfiles that make HTTP requests, from the generated table. */
const files = [...table.matchAll(/^\| `(.*)` \| yes \| converted \|$/gm)].map(([, name]) => name as string)

it('the table contains converted locustfiles', () => expect(files.length).toBeGreaterThan(20))

describe.skipIf(LOCUST === '' || LOCUST_EXAMPLES === '')(
  'a converted example makes the same requests as Locust',
  () => {
    it.each(files)('%s', async (name) => {
      const source = join(LOCUST_EXAMPLES, name)
      const text = await readFile(source, 'utf8')
      const isPage = text.includes('PyQuery')
      // If all answers set a cookie, only the first request of a user would have no cookie. Which request is the first
      // can be random.
      const cookie = text.includes('cookies') ? { 'Set-Cookie': 'csrftoken=c1; Path=/' } : {}
      const stopsUsers = text.includes('raise StopUser()')
      const needsWebUI = text.includes('assert environment.web_ui')
      const answer = {
        body: isPage ? PAGE : JSON.stringify(ANSWER),
        headers: { 'Content-Type': isPage ? 'text/html' : 'application/json', ...cookie },
      }
      const options = {
        // In x-forwarded-for.py, one of the two users belongs to a class without tasks.
        users: stopsUsers || name === 'x-forwarded-for.py' ? 2 : 1,
        start: needsWebUI ? ['--autostart', '--web-port', `${await freePort()}`] : ['--headless'],
      }
      const both = await runBoth((url) => adapt(source, url), answer, stopsUsers ? 2 : REQUESTS, options)
      // Replace what differs between runs: some examples send the time, or a random address.
      const lists = both.map((list) =>
        list.map((request) => request.replace(/\d\d:\d\d\.\d/g, 'TIME').replace(/10\.10\.\d+\.\d+/g, 'ADDRESS')),
      )
      if (lists[0]?.join() === lists[1]?.join()) return
      // Tasks are chosen at random, so compare only how often each request occurs.
      const [one, two] = lists.map(shares) as [Map<string, number>, Map<string, number>]
      expect([...two.keys()].sort()).toEqual([...one.keys()].sort())
      for (const [request, share] of one) {
        const other = two.get(request) as number
        const mean = (share + other) / 2
        // Random shares differ by more than five standard deviations in fewer than one in a million cases.
        expect(Math.abs(share - other), request).toBeLessThan(5 * Math.sqrt((mean * (1 - mean) * 2) / REQUESTS))
      }
    })
  },
)
