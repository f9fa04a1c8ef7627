/** Tests several scenarios in one test: the report of each, and the report of all of them. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { CountingServer, csv, k6Locust, Running, requestCounts, temporaryFolder } from './testing.ts'

const HEADER = `
  import http from 'k6/http'
  import exec from 'k6/execution'
  import locust, { HttpUser, task } from 'k6/x/locust'
  export default locust.run
  export function plain() {
    http.get(__ENV.TARGET + '/plain', { tags: { name: '/plain' } })
    http.get(__ENV.TARGET + '/both', { tags: { name: '/both' } })
  }
  class Browser extends HttpUser {
    static tasks = { look: 1 }
    waitTime = locust.constant(0.01)
    async look() { await this.client.get('/both') }
  }
  class Buyer extends HttpUser {
    static tasks = { buy: 1 }
    waitTime = locust.constant(0.01)
    async buy() {
      await this.client.get('/both')
      await this.client.post('/buy')
    }
  }
  const browse = { userClasses: [Browser], users: 3, spawnRate: 100, iterations: 40, stopTimeout: '30s', processes: 1 }
  const checkout = { userClasses: [Buyer], users: 2, spawnRate: 100, iterations: 20, stopTimeout: '30s', processes: 1 }
  const shared = { executor: 'shared-iterations', vus: 3, iterations: 25, exec: 'plain' }
`

/** Writes a script with these scenarios to a temporary folder. Returns its path. */
async function script(scenarios: string, rest = ''): Promise<string> {
  const file = join(await temporaryFolder(), 'script.ts')
  await writeFile(file, `${HEADER}\nexport const options = { scenarios: { ${scenarios} } ${rest} }`)
  return file
}

/** Runs `k6 run`, and waits until it exits. */
async function k6(server: CountingServer, file: string, args: string[] = []) {
  const variables = ['-e', `TARGET=${server.url}`, '-e', `LOCUST_HOST=${server.url}`]
  const running = new Running(inject('k6'), ['run', '--quiet', ...variables, ...args, file])
  const code = await running.exited
  return { code, output: running.output }
}

/** Runs `k6 x locust`, and waits until it exits. */
async function locust(server: CountingServer, file: string, args: string[] = [], k6Args: string[] = []) {
  const running = k6Locust([
    '-e',
    `TARGET=${server.url}`,
    '-H',
    server.url,
    '--only-summary',
    ...args,
    file,
    '--',
    ...k6Args,
  ])
  const code = await running.exited
  return { code, output: running.output, stdout: running.stdout }
}

const verdictOf = async (file: string) => JSON.parse(await readFile(file, 'utf8'))

const BROWSE = 'browse: locust.scenario(browse)'
const CHECKOUT = 'checkout: locust.scenario(checkout)'
const PLAIN = 'plain: shared'

describe('several scenarios', () => {
  it('have one report each, and a report of all requests, with those of k6 scenarios', async () => {
    const server = await CountingServer.start()
    const folder = await temporaryFolder()
    const file = await script(`${BROWSE}, ${CHECKOUT}, ${PLAIN}`)
    const reports = ['--csv', join(folder, 'x'), '--html', join(folder, 'page.html'), '--json-file', join(folder, 'j')]
    const summary = join(folder, 'summary.json')
    const { code, output } = await locust(server, file, reports, ['--summary-export', summary])
    expect(code, output).toBe(0)
    expect(server.counts).toEqual({ 'GET /both': 85, 'POST /buy': 20, 'GET /plain': 25 })
    const counts = (name: string) => requestCounts(join(folder, `x${name}_stats.csv`))
    expect(await counts('_browse')).toEqual({ 'GET /both': 40 })
    expect(await counts('_checkout')).toEqual({ 'GET /both': 20, 'POST /buy': 20 })
    expect(await counts('_plain')).toEqual({ 'GET /both': 25, 'GET /plain': 25 })
    expect(await counts('')).toEqual(server.counts)
    const total = (await csv(join(folder, 'x_stats.csv'))).at(-1)
    expect(total).toMatchObject({ Name: 'Aggregated', 'Request Count': '130', 'Failure Count': '0' })
    expect((await csv(join(folder, 'x_stats_history.csv'))).at(-1)).toMatchObject({ 'Total Request Count': '130' })
    // k6's own metric counts the same requests.
    expect(JSON.parse(await readFile(summary, 'utf8')).metrics.http_reqs.count).toBe(130)
    const sets = ['', '_browse', '_checkout', '_plain'].flatMap((name) => [
      ...['exceptions', 'failures', 'stats', 'stats_history'].map((table) => `x${name}_${table}.csv`),
      `j${name}.json`,
      `j${name}_verdict.json`,
      `page${name}.html`,
    ])
    expect((await readdir(folder)).sort()).toEqual([...sets, 'summary.json'].sort())
    for (const [name, requests] of Object.entries({ browse: 40, checkout: 40, plain: 50 })) {
      expect(await readFile(join(folder, 'page.html'), 'utf8')).toContain(
        `<a href="page_${name}.html">${name}</a></th><td>${requests}</td>`,
      )
      expect(await readFile(join(folder, `page_${name}.html`), 'utf8')).toMatch(`, scenario ${name}</h1>`)
      expect(output).toMatch(
        new RegExp(`^Scenario ${name}\nType [^|]*Name(?:.*\n){3,5} +Aggregated +${requests} `, 'm'),
      )
    }
    expect(output).toMatch(/^All scenarios\nType [^|]*Name(?:.*\n){6} +Aggregated +130 /m)
  })

  it('keep their own requirements, and continue if those of another scenario are not met', async () => {
    const server = await CountingServer.start({ '/buy': 503 })
    const folder = await temporaryFolder()
    const file = await script(`
      browse: locust.scenario({ ...browse, iterations: 150, requirements: { of: 'the shop', errorRate: 0 } }),
      checkout: locust.scenario({ ...checkout, iterations: 1, users: 1, requirements: { errorRate: 0.1 } }), ${PLAIN}`)
    const args = ['-e', `LOCUST_JSON_FILE=${join(folder, 'j')}`]
    const { code, output } = await k6(server, file, args)
    expect(code, output).toBe(99)
    expect(server.counts).toEqual({ 'GET /both': 176, 'POST /buy': 1, 'GET /plain': 25 })
    expect(output).toContain(
      'scenario browse, the shop\n  ok    errors  0 of 150 requests failed (0%; limit: 0%)\n' +
        'scenario checkout\n  FAIL  errors  1 of 2 requests failed (50%; limit: 10%)\n',
    )
    expect(output).toContain('scenario checkout: requirements were not met: errors')
    const verdict = await verdictOf(join(folder, 'j_verdict.json'))
    expect(verdict).toMatchObject({
      verdict: 'failed',
      requirements: [
        { scenario: 'browse', name: 'errors', result: 'ok' },
        { scenario: 'checkout', name: 'errors', result: 'failed' },
      ],
    })
    expect(await verdictOf(join(folder, 'j_browse_verdict.json'))).toMatchObject({ verdict: 'ok' })
    expect(await verdictOf(join(folder, 'j_checkout_verdict.json'))).toMatchObject({ verdict: 'failed' })
    expect(await verdictOf(join(folder, 'j_plain_verdict.json'))).toMatchObject({ verdict: 'none' })
    // Run the same test with Locust's command line, which prints the verdict last.
    const again = await locust(server, file, ['--json'])
    expect(again.code).toBe(99)
    const rows: { name: string; num_requests: number }[] = JSON.parse(again.stdout)
    const requests = Object.fromEntries(rows.map((row) => [row.name, row.num_requests]))
    expect(requests).toEqual({ '/both': 176, '/buy': 1, '/plain': 25 })
    expect(again.output).toContain('\nscenario checkout\n  FAIL  errors  1 of 2 requests failed')
  })

  it('can each have k6 thresholds', async () => {
    const server = await CountingServer.start({ '/buy': 503 })
    const limited = (name: string) =>
      script(
        `${BROWSE}, ${CHECKOUT}, ${PLAIN}`,
        `, thresholds: { 'http_req_failed{scenario:${name}}': ['rate<=0'], 'http_reqs{scenario:${name}}': ['count>0'] }`,
      )
    expect((await k6(server, await limited('checkout'))).code).toBe(99)
    expect((await k6(server, await limited('browse'))).code).toBe(0)
    expect((await k6(server, await limited('plain'))).code).toBe(0)
  })

  it('make k6 x locust exit with 1 if a request of any scenario failed', async () => {
    const server = await CountingServer.start({ '/plain': 503 })
    const file = await script(`${BROWSE}, ${PLAIN}`)
    const folder = await temporaryFolder()
    expect((await locust(server, file, ['--csv', join(folder, 'x')])).code).toBe(1)
    const [failure] = await csv(join(folder, 'x_failures.csv'))
    expect(failure).toMatchObject({ Method: 'GET', Name: '/plain', Error: 'status 503', Occurrences: '25' })
    expect((await csv(join(folder, 'x_browse_failures.csv'))).length).toBe(0)
    expect((await locust(server, await script(`${BROWSE}, ${CHECKOUT}`))).code).toBe(0)
  })

  it('may follow each other in the same runtime, with their own tags, shapes, and classes of the same name', async () => {
    const server = await CountingServer.start()
    const folder = await temporaryFolder()
    const file = join(folder, 'script.ts')
    const visitor = (tag: string) => `class Visitor extends HttpUser {
      static tasks = [task('visit', { tags: ['${tag}'] }), task('never', { tags: ['never'] })]
      async visit() { await this.client.get('/' + exec.scenario.name + '/' + this.userNumber + '/' + items.next()); done++; await this.sleep(60) }
      async never() { await this.client.get('/never') }
    }`
    await writeFile(
      file,
      `${HEADER}
      let done = 0 // counts the requests of both scenarios, which share a runtime
      const items = locust.distribute(['a', 'b', 'c', 'd', 'e'])
      const first = (() => { ${visitor('one')}; return Visitor })()
      const second = (() => { ${visitor('two')}; return Visitor })()
      class Shape extends locust.LoadTestShape { tick() { return done === 5 ? null : [3, 100] } }
      export const options = { scenarios: {
        first: { ...locust.scenario({ userClasses: [first], users: 2, spawnRate: 100, runTime: '2s', tags: ['one'], processes: 1 }), gracefulStop: '0s' },
        second: { ...locust.scenario({ userClasses: [second], shape: Shape, excludeTags: ['never'], processes: 1 }), startTime: '2500ms' },
      } }`,
    )
    const { code, output } = await k6(server, file, ['-e', `LOCUST_CSV=${join(folder, 'x')}`])
    expect(code, output).toBe(0)
    expect(output).not.toContain('level=error')
    const paths = Object.keys(server.counts).sort()
    expect(paths.filter((path) => path.startsWith('GET /first/')).map((path) => path.slice(-3, -1))).toEqual([
      '0/',
      '1/',
    ])
    expect(paths.filter((path) => path.startsWith('GET /second/')).map((path) => path.slice(-3, -1))).toEqual([
      '2/',
      '3/',
      '4/',
    ])
    // No two users got the same item.
    expect(paths.map((path) => path.at(-1)).sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await requestCounts(join(folder, 'x_stats.csv'))).toEqual(server.counts)
  })

  it('may come from locust.options, and from an archive', async () => {
    const server = await CountingServer.start()
    const folder = await temporaryFolder()
    const made = ['browse', 'checkout'].map((name) => `${name}: locust.options(${name}).scenarios.locust`)
    const archive = join(folder, 'test.tar')
    const variables = ['-e', `TARGET=${server.url}`, '-e', `LOCUST_HOST=${server.url}`]
    const archived = new Running(inject('k6'), ['archive', ...variables, '-O', archive, await script(made.join(', '))])
    expect(await archived.exited, archived.output).toBe(0)
    const { code, output } = await k6(server, archive, ['-e', `LOCUST_CSV=${join(folder, 'x')}`])
    expect(code, output).toBe(0)
    expect(server.counts).toEqual({ 'GET /both': 60, 'POST /buy': 20 })
    expect(await requestCounts(join(folder, 'x_browse_stats.csv'))).toEqual({ 'GET /both': 40 })
    expect(await requestCounts(join(folder, 'x_stats.csv'))).toEqual(server.counts)
  })

  it('make k6 warn if the script defines one that does not run, as in { ...locust.options(a), ...locust.options(b) }', async () => {
    const server = await CountingServer.start()
    const warning =
      'the script calls locust.options or locust.scenario 2 times, but the test contains only 1 of the results. ' +
      'To run several scenarios, write each under its own name'
    const runs = async (options: string) => {
      const file = join(await temporaryFolder(), 'script.ts')
      const results = 'const a = locust.options(browse), b = locust.options(checkout)'
      await writeFile(file, `${HEADER}\n${results}\nexport const options = ${options}`)
      const { code, output } = await k6(server, file)
      expect(code, output).toBe(0)
      return output.split('\n').filter((line) => line.includes(warning)).length
    }
    expect(await runs('{ ...a, ...b }')).toBe(1)
    expect(server.counts).toEqual({ 'GET /both': 20, 'POST /buy': 20 })
    expect(await runs('{ scenarios: { a: a.scenarios.locust, b: b.scenarios.locust } }')).toBe(0)
    expect(await runs('{ scenarios: { x: b.scenarios.locust, y: b.scenarios.locust } }')).toBe(1)
    expect(await runs("__ENV.LARGE === 'yes' ? b : a")).toBe(0)
  })

  it('make k6 warn if none of those that the script defines runs', async () => {
    const server = await CountingServer.start()
    const plain = `{ plain: { executor: 'per-vu-iterations', vus: 3, exec: 'plain' } }`
    const file = join(await temporaryFolder(), 'script.ts')
    const results = 'const a = locust.options(browse), b = locust.options(checkout)'
    await writeFile(file, `${HEADER}\n${results}\nexport const options = { ...a, scenarios: ${plain} }`)
    const { code, output } = await k6(server, file)
    expect(code, output).toBe(0)
    const warning =
      'the script calls locust.options or locust.scenario, but the test contains none of the results, so no Locust users run. ' +
      'To add users to scenarios, write locust.scenario({ … }) under a name: scenarios: { browse: locust.scenario({ … }) }'
    expect(output.split('\n').filter((line) => line.includes(warning))).toHaveLength(1)
    expect(server.counts).toEqual({ 'GET /both': 3, 'GET /plain': 3 })
  })

  it('are rejected by a master and by a worker', async () => {
    const server = await CountingServer.start()
    const own = (name: string) => `${name}: locust.scenario({ userClasses: [Browser], users: 1 })`
    const file = await script(`${own('a')}, ${own('b')}`)
    for (const mode of ['--master', '--worker']) {
      const { code, output } = await locust(server, file, [mode])
      expect(code).toBe(104)
      expect(output.trim().split('\n')).toHaveLength(1)
      expect(output).toContain(
        'a master or worker must have a single scenario, got a, b: remove the others, or run without --master and --worker',
      )
    }
    const { output } = await locust(server, await script(`${own('a')}, ${PLAIN}`), ['--master'])
    expect(output).toContain('got a, plain')
    expect(server.counts).toEqual({})
  })

  it('end with one error if a report cannot be written', async () => {
    const server = await CountingServer.start()
    const blocker = join(await temporaryFolder(), 'file')
    await writeFile(blocker, '')
    const { code, output } = await locust(server, await script(`${BROWSE}, ${PLAIN}`), ['--csv', join(blocker, 'x')])
    expect(code).toBe(107)
    expect(output.match(/level=error.*/g), output).toHaveLength(1)
    expect(output).toContain('cannot create the directory of the CSV files')
  })

  it('write all reports after Ctrl-C', async () => {
    const server = await CountingServer.start()
    const folder = await temporaryFolder()
    const file = await script(`
      browse: locust.scenario({ ...browse, iterations: undefined }),
      checkout: locust.scenario({ ...checkout, iterations: undefined }),
      plain: { executor: 'constant-vus', vus: 2, duration: '1h', gracefulStop: '30s', exec: 'plain' }`)
    const running = k6Locust(['-e', `TARGET=${server.url}`, '-H', server.url, '--csv', join(folder, 'x'), file])
    await running.until(() => ['GET /both', 'POST /buy', 'GET /plain'].every((path) => (server.counts[path] ?? 0) > 20))
    running.signal('SIGINT')
    expect(await running.exited, running.output).toBe(105)
    const parts = await Promise.all(
      ['browse', 'checkout', 'plain'].map((name) => csv(join(folder, `x_${name}_stats.csv`))),
    )
    const requests = (rows: Record<string, string>[]) => Number(rows.at(-1)?.['Request Count'])
    const sum = parts.map(requests).reduce((a, b) => a + b)
    expect(requests(await csv(join(folder, 'x_stats.csv')))).toBe(sum)
    expect(sum).toBeGreaterThan(60)
    expect(running.output).toMatch(/^All scenarios\n/m)
  })
})
