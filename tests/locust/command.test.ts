/** Tests `k6 x locust`, Locust's command line for k6. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { inRoot } from '../../tools/support/paths.ts'
import { capture } from '../../tools/support/process.ts'
import { CountingServer, csv, example, k6Locust, requestCounts, temporaryFolder } from './testing.ts'

const SHOP = example('shop.ts')
/** With -s, tasks finish before the run ends. Otherwise, the server would also count requests that were interrupted. */
const SHORT = ['-u', '4', '-r', '20', '-t', '2s', '-s', '10s', '--only-summary']

/** Runs the command until it exits. */
async function locust(args: string[], env?: Record<string, string>) {
  const running = k6Locust(args, env)
  const code = await running.exited
  return { code, output: running.output, stdout: running.stdout }
}

/** Writes a script to a temporary folder. Returns its path. */
async function script(text: string): Promise<string> {
  const file = join(await temporaryFolder(), 'script.ts')
  await writeFile(file, text)
  return file
}

describe('k6 x locust', () => {
  it('starts -u users at a rate of -r per second, runs for -t against -H, and counts the same requests as the server', async () => {
    const server = await CountingServer.start()
    const prefix = join(await temporaryFolder(), 'results', 'shop')
    const start = performance.now()
    const { code, output } = await locust([...SHORT, '-H', server.url, '--csv', prefix, SHOP])
    expect(code, output).toBe(0)
    expect(performance.now() - start).toBeGreaterThan(2000)
    // Three of the four users are Shoppers, who log in and out once each. The fourth is the Watcher.
    expect(server.counts).toMatchObject({ 'POST /login': 3, 'POST /logout': 3 })
    expect(await requestCounts(`${prefix}_stats.csv`)).toEqual(server.counts)
  })

  it('reads the same options from LOCUST_* variables', async () => {
    const server = await CountingServer.start()
    const prefix = join(await temporaryFolder(), 'shop')
    const variables = {
      USERS: '3',
      SPAWN_RATE: '20',
      RUN_TIME: '1s',
      HOST: server.url,
      CSV: prefix,
      STOP_TIMEOUT: '10s',
    }
    const env = Object.fromEntries(Object.entries(variables).map(([name, value]) => [`LOCUST_${name}`, value]))
    const { code, output } = await locust([SHOP], env)
    expect(code, output).toBe(0)
    expect(server.counts['POST /login']).toBe(2)
    expect(await requestCounts(`${prefix}_stats.csv`)).toEqual(server.counts)
  })

  it('rejects a script whose scenarios replace that of locust.options, so that no Locust users would run', async () => {
    const file = await script(`
      import locust, { User } from 'k6/x/locust'
      class Idle extends User {
        static override tasks = { rest: 1 }
        async rest() { await this.sleep(1) }
      }
      const scenarios = { own: { executor: 'shared-iterations', exec: 'own' } }
      export const options = { ...locust.options({ userClasses: [Idle], runTime: '1s' }), scenarios }
      export function own() {}
      export default locust.run
    `)
    const { code, output } = await locust([file])
    expect(code, output).toBe(2)
    expect(output).toContain('no scenario has user classes: add export const options = locust.options(')
  })

  it('runs only the named user classes, and runs the entry file of a folder', async () => {
    const server = await CountingServer.start()
    expect((await locust([...SHORT, '-H', server.url, SHOP, 'Watcher'])).code).toBe(0)
    expect(server.counts).toEqual({})
    // The load test requests /ready first. Its later requests fail, because this server does not send suggestions.
    const { output } = await locust([...SHORT, '-H', server.url, inRoot('loadtest')])
    expect(output).toMatch(/FAIL {2}errors/)
    expect(server.counts['GET /ready']).toBe(1)
    expect(server.counts['GET /autocomplete']).toBeGreaterThan(10)
  })

  it('includes or excludes the tasks with a tag', async () => {
    const only = await CountingServer.start()
    expect((await locust([...SHORT, '-H', only.url, '--tags', 'read', SHOP])).code).toBe(0)
    expect(Object.keys(only.counts).sort()).toEqual(['GET /search', 'POST /login', 'POST /logout'])
    const file = await script(`
      import locust, { HttpUser, task } from 'k6/x/locust'
      class Visitor extends HttpUser {
        static tasks = [task('read', { tags: ['read'] }), task('write', { tags: ['write'] })]
        waitTime = locust.constant(0.02)
        async read() { await this.client.get('/read') }
        async write() { await this.client.post('/write') }
      }
      export const options = locust.options({ userClasses: [Visitor] })
      export default locust.run
    `)
    const others = await CountingServer.start()
    expect((await locust([...SHORT, '-H', others.url, '--exclude-tags', 'read', file])).code).toBe(0)
    expect(Object.keys(others.counts)).toEqual(['POST /write'])
  })

  it('lists the user classes, and prints a locustfile with them for a master', async () => {
    expect((await locust(['--list', SHOP])).stdout).toBe('Shopper\nWatcher\n')
    const { code, stdout } = await locust(['--stub', SHOP])
    expect(code).toBe(0)
    expect(stdout).toContain('class Shopper(locust.User):\n    weight = 3\n')
    expect(stdout).toContain('class Watcher(locust.User):\n')
    expect(stdout).toContain('    fixed_count = 1\n')
  })

  it('prints a locustfile that Locust can read', async ({ skip }) => {
    const { current } = inject('locust')
    if (!current) skip('there is no Locust')
    const file = join(await temporaryFolder(), 'locustfile.py')
    await writeFile(file, (await locust(['--stub', SHOP])).stdout)
    const { code, stdout, stderr } = await capture(current, ['-f', file, '--list'])
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/Available Users:\n +Shopper\n +Watcher\n/)
  })
})

describe('the reports', () => {
  it('include the CSV files of Locust', async () => {
    const server = await CountingServer.start({ '/search': 503 })
    const folder = await temporaryFolder()
    const { code } = await locust([...SHORT, '-H', server.url, '--csv', join(folder, 'x'), '--csv-full-history', SHOP])
    expect(code).toBe(1)
    expect((await readdir(folder)).sort()).toEqual([
      'x_exceptions.csv',
      'x_failures.csv',
      'x_stats.csv',
      'x_stats_history.csv',
    ])
    const head = async (name: string) => (await readFile(join(folder, `x_${name}.csv`), 'utf8')).split('\r\n')[0]
    const percentiles = '50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%'
    expect(await head('exceptions')).toBe('Count,Message,Traceback,Nodes')
    expect(await head('failures')).toBe('Method,Name,Error,Occurrences,First Seen,Last Seen')
    expect(await head('stats')).toBe(
      'Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,' +
        `Average Content Size,Requests/s,Failures/s,${percentiles}`,
    )
    expect(await head('stats_history')).toBe(
      `Timestamp,User Count,Type,Name,Requests/s,Failures/s,${percentiles},Total Request Count,Total Failure Count,` +
        'Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,Total Average Content Size',
    )
    const stats = await csv(join(folder, 'x_stats.csv'))
    expect(stats.at(-1)).toMatchObject({ Type: '', Name: 'Aggregated' })
    const names = stats.slice(0, -1).map(({ Name, Type }) => `${Name} ${Type}`)
    expect(names).toEqual(names.toSorted())
    const search = stats.find(({ Name }) => Name === '/search')
    expect(search?.['Failure Count']).toBe(search?.['Request Count'])
    const [failure] = await csv(join(folder, 'x_failures.csv'))
    expect(failure).toMatchObject({ Method: 'GET', Name: '/search', Occurrences: search?.['Request Count'] })
    expect(failure?.['First Seen']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const history = await csv(join(folder, 'x_stats_history.csv'))
    expect(history.at(-1)).toMatchObject({ Name: 'Aggregated', 'User Count': '0' })
    expect(history.some(({ Name }) => Name === '/search')).toBe(true)
    // The total number of requests never decreases.
    const totals = history.filter(({ Name }) => Name === 'Aggregated').map((row) => Number(row['Total Request Count']))
    expect(totals).toEqual(totals.toSorted((a, b) => a - b))
    expect(totals.at(-1)).toBe(Number(stats.at(-1)?.['Request Count']))
  })

  it('include a self-contained HTML page and JSON', async () => {
    const server = await CountingServer.start()
    const folder = await temporaryFolder()
    const args = [
      ...SHORT,
      '-H',
      server.url,
      '--html',
      join(folder, 'page.html'),
      '--json',
      '--json-file',
      join(folder, 'stats'),
    ]
    const { code, stdout } = await locust([...args, SHOP])
    expect(code).toBe(0)
    expect((await readdir(folder)).sort()).toEqual(['page.html', 'stats.json', 'stats_verdict.json'])
    const page = await readFile(join(folder, 'page.html'), 'utf8')
    expect(page).not.toMatch(/<(?:script|link|img|iframe)[^>]+(?:src|href)=["']?(?!data:|#)/i)
    expect(page).toContain('/search')
    const stats: { name: string; method: string; num_requests: number }[] = JSON.parse(
      await readFile(join(folder, 'stats.json'), 'utf8'),
    )
    const http = stats.filter(({ method }) => method !== 'CACHE')
    expect(
      Object.fromEntries(http.map(({ name, method, num_requests }) => [`${method} ${name}`, num_requests])),
    ).toEqual(server.counts)
    // Standard output contains only the JSON, so that it can be piped.
    expect(JSON.parse(stdout)).toEqual(stats)
  })

  it('include the table only once, at the end, with --only-summary', async () => {
    const server = await CountingServer.start()
    const tables = (text: string) => text.match(/^ +Aggregated .*\|/gm)?.length
    const args = ['-u', '2', '-r', '20', '-t', '5s', '-H', server.url]
    const [all, summary] = await Promise.all([locust([...args, SHOP]), locust([...args, '--only-summary', SHOP])])
    expect(tables(all.stdout)).toBeGreaterThan(2)
    expect(tables(summary.stdout)).toBe(1)
    expect(summary.stdout).toContain('Response time percentiles (approximated)')
  })
})

describe('the exit code', () => {
  it('is 1 if a request failed, unless --exit-code-on-error is set', async () => {
    const server = await CountingServer.start({ '/search': 500 })
    expect((await locust([...SHORT, '-H', server.url, SHOP])).code).toBe(1)
    expect((await locust([...SHORT, '-H', server.url, '--exit-code-on-error', '5', SHOP])).code).toBe(5)
    expect((await locust([...SHORT, '-H', server.url, '--exit-code-on-error', '0', SHOP])).code).toBe(0)
  })

  it('is 1 if a task threw an exception, which is in the report', async () => {
    const file = await script(`
      import locust, { User } from 'k6/x/locust'
      class Clumsy extends User {
        static tasks = { fall: 1 }
        waitTime = locust.constant(0.1)
        fall() { throw new TypeError('over the carpet') }
      }
      export const options = locust.options({ userClasses: [Clumsy] })
      export default locust.run
    `)
    const prefix = join(await temporaryFolder(), 'x')
    expect((await locust(['-t', '1s', '--csv', prefix, file])).code).toBe(1)
    // The traceback contains line breaks, which the helper csv does not support.
    expect(await readFile(`${prefix}_exceptions.csv`, 'utf8')).toMatch(/\r\n\d+,"?TypeError: over the carpet.*fall/s)
  })

  it('is 99, as in k6, if a threshold failed, and the output names the number of users to add', async () => {
    const { url } = await CountingServer.start()
    const file = await script(`
      import locust, { HttpUser } from 'k6/x/locust'
      class Visitor extends HttpUser {
        static tasks = { visit: 1 }
        waitTime = locust.constant(0.1)
        async visit() { await this.client.get('/') }
      }
      export const options = {
        ...locust.options({ userClasses: [Visitor], users: 5, spawnRate: 50, runTime: '2s', requirements: { of: 'the shop', errorRate: 0, rate: 1000 } }),
        thresholds: { requirements: ['rate>=1'] },
      }
      export default locust.run
    `)
    const { code, stdout } = await locust(['-H', url, file])
    expect(code).toBe(99)
    // The last line belongs to the verdict.
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^ {2}FAIL {2}rate/)
    expect(stdout).toMatch(/^the shop\n {2}ok {4}errors {2}0 of \d+ requests failed \(0(\.00)?%; limit: 0(\.00)?%\)$/m)
    expect(stdout).toMatch(
      /^ {2}FAIL {2}rate {4}[\d.]+ requests\/s \(required: 1,000\): too few users: 5 users cannot send more than [\d.]+ requests\/s; at a mean response time of [\d.]+ ms, add [\d,]+ users$/m,
    )
  })

  it.each([
    ['of a script that throws', ['-t', '1s', 'throws.ts'], 107, /Error: no luck/],
    ['of a wrong number', ['-u', 'many', SHOP], 2, /--users must be an integer of at least 0, got .*many/],
    [
      'of a wrong run time',
      ['-t', '1 day', SHOP],
      2,
      /--run-time must be a time such as 300s, 20m, 3h, or 1h30m, got /,
    ],
    ['of unsupported syntax', ['decorated.ts'], 107, /decorated\.ts: k6 does not support this syntax, .*: @task\(3\)/],
    [
      'of two scripts',
      ['-f', 'a.ts,b.ts'],
      2,
      /a test is a single script: import the user classes of the other scripts into it, got a\.ts,b\.ts/,
    ],
    ['of no script', [], 2, /PATH is missing; it must be a script or a directory with a script: k6 x locust PATH/],
    ['of a missing script', ['nothing.ts'], 2, /nothing\.ts: no such file or directory/],
    ['of an empty folder', ['empty'], 2, /empty: the directory has no main\.ts, main\.js, index\.ts, or index\.js/],
    ['of a master that is a worker', ['--master', '--worker', SHOP], 2, /a run is either the master or a worker/],
    ['of an unknown flag', ['--web-port', '1', SHOP], 2, /unknown flag: --web-port/],
  ])('%s is not 0, and one line says why', async (_, args, code, message) => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'throws.ts'), "throw new Error('no luck')")
    await writeFile(join(folder, 'decorated.ts'), 'class A {\n  @task(3)\n  go() {}\n}')
    await mkdir(join(folder, 'empty'))
    const result = await capture(inject('k6'), ['x', 'locust', ...args], { cwd: folder })
    expect(result.code).toBe(code)
    expect(result.stderr.trim()).toMatch(message)
    expect(result.stderr.trim().split('\n')).toHaveLength(1)
  })

  it.each([
    ['an unknown user class', [SHOP, 'Nobody'], 'unknown user class: Nobody; known: Shopper, Watcher'],
    ['an unknown user class in a list', ['--list', SHOP, 'Nobody'], 'unknown user class: Nobody'],
    ['tags without tasks', ['-T', 'wrong', SHOP], 'the tags exclude all tasks for users of Shopper, Watcher'],
    ['a host without HTTP', ['-H', 'tcp://127.0.0.1:1', SHOP], 'host must be a URL such as http://127.0.0.1:8000'],
    ['a master of an open loop', ['--master', 'open.ts'], 'a master cannot distribute an open loop'],
    ["k6's VUs", [SHOP, '--', '--vus', '5'], '--vus has no effect on Locust users'],
  ])('of %s is 2, although only the script shows the mistake', async (_, args, message) => {
    const folder = await temporaryFolder()
    await writeFile(
      join(folder, 'open.ts'),
      `import locust, { User } from 'k6/x/locust'
      class Visitor extends User { static tasks = [() => {}] }
      export const options = locust.options({ userClasses: [Visitor], arrivalRate: 1, maxInFlight: 1 })
      export default locust.run`,
    )
    const { code, stdout, stderr } = await capture(inject('k6'), ['x', 'locust', ...args], { cwd: folder })
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(stdout).toBe('')
  })
})

describe('k6 run', () => {
  const VISITOR = `
    import locust, { HttpUser } from 'k6/x/locust'
    export class Visitor extends HttpUser {
      static tasks = { visit: 1 }
      waitTime = locust.constant(0.1)
      async visit() { await this.client.get('/') }
    }
    export default locust.run
  `

  /** Runs a k6 command. */
  const k6 = (args: string[], env: Record<string, string> = {}) =>
    capture(inject('k6'), args, { env: { ...process.env, K6_NO_USAGE_REPORT: 'true', ...env } })

  it.each([
    ['--vus', ['--vus', '5', '--duration', '2s'], {}, /--vus has no effect on Locust users: use -e LOCUST_USERS=/],
    ['-i', ['-i', '5'], {}, /--iterations has no effect on Locust users: use -e LOCUST_ITERATIONS=/],
    ['K6_VUS', [], { K6_VUS: '5' }, /K6_VUS has no effect on Locust users/],
  ])('refuses %s with one line', async (_, args, env, message) => {
    const server = await CountingServer.start()
    const { code, stderr } = await k6(['run', '-e', `LOCUST_HOST=${server.url}`, ...args, SHOP], env)
    expect(code).toBe(107)
    expect(stderr).toMatch(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(server.total).toBe(0)
  })

  it('does not succeed if the script replaces the scenario, and says so once', async () => {
    const file = await script(`${VISITOR}
      export const options = { ...locust.options({ userClasses: [Visitor] }), vus: 5 }`)
    const { code, stderr } = await k6(['run', '--quiet', file])
    expect(code).toBe(108)
    expect(stderr.match(/locust\.run needs a scenario with the executor/g)).toHaveLength(1)
  })

  it('warns of requests that the statistics do not contain', async () => {
    const { url } = await CountingServer.start()
    const file = await script(`
      import http from 'k6/http'
      import locust, { HttpUser } from 'k6/x/locust'
      class Visitor extends HttpUser {
        static tasks = { visit: 1 }
        visit() { http.get('${url}/') }
      }
      export const options = locust.options({ userClasses: [Visitor], runTime: '1s' })
      export default locust.run
    `)
    const { code, output } = await locust(['-i', '2', file])
    expect(code, output).toBe(0)
    expect(output).toContain('no request was counted: only requests of this.client')
  })

  it('does not succeed without a host, with a failed requirement, or with errors in tasks', async () => {
    const { url } = await CountingServer.start()
    const run = async (options: string, ...args: string[]) => {
      const file = await script(`${VISITOR}
        class Clumsy extends Visitor { visit() { throw new Error('over the carpet') } waitTime = () => 0 }
        export const options = ${options}`)
      return k6(['run', '--quiet', '-e', 'LOCUST_RUN_TIME=1s', ...args, file])
    }
    const host = ['-e', `LOCUST_HOST=${url}`]
    const hostless = await run('locust.options({ userClasses: [Visitor], users: 50, spawnRate: 50 })')
    expect(hostless.code).toBe(107)
    expect(hostless.stderr).toContain('GET /: a path needs a host')
    expect(hostless.stderr.split('\n').length).toBeLessThan(10)
    const missed = await run(
      '{ ...locust.options({ userClasses: [Visitor], requirements: { rate: 1000 } }), thresholds: { http_reqs: ["count>0"] } }',
      ...host,
    )
    expect(missed.code).toBe(99)
    expect(missed.stderr).toContain('requirements were not met: rate')
    const clumsy = await run('locust.options({ userClasses: [Clumsy] })', ...host)
    expect(clumsy.code).toBe(107)
    expect(clumsy.stderr).toMatch(/the script failed: its tasks threw [\d,]+ errors/)
    expect(clumsy.stderr.split('\n').length).toBeLessThan(50)
  })

  it('applies variables and flags to an archive', async () => {
    const archive = join(await temporaryFolder(), 'shop.tar')
    expect((await k6(['archive', SHOP, '-O', archive])).code).toBe(0)
    const server = await CountingServer.start()
    const prefix = join(await temporaryFolder(), 'shop')
    const { code, output } = await locust([...SHORT, '-H', server.url, '--csv', prefix, archive])
    expect(code, output).toBe(0)
    expect(server.counts).toMatchObject({ 'POST /login': 3, 'POST /logout': 3 })
    expect(await requestCounts(`${prefix}_stats.csv`)).toEqual(server.counts)
    // Both users start at the same time. A user that starts at the end of the run might not log in.
    const variables = [`LOCUST_HOST=${server.url}`, 'LOCUST_USERS=2', 'LOCUST_SPAWN_RATE=2', 'LOCUST_RUN_TIME=2s']
    const run = await k6(['run', '--quiet', ...variables.flatMap((variable) => ['-e', variable]), archive])
    expect(run.code, run.stderr).toBe(0)
    expect(server.counts['POST /login']).toBe(4)
  })

  it('runs onStop of all users after exec.test.abort()', async () => {
    const server = await CountingServer.start()
    const file = await script(`
      import exec from 'k6/execution'
      import locust, { HttpUser } from 'k6/x/locust'
      class Visitor extends HttpUser {
        static tasks = { visit: 1 }
        async visit() {
          await this.sleep(0.5)
          exec.test.abort('enough')
        }
        async onStop() { await this.client.post('/logout') }
      }
      export const options = locust.options({ userClasses: [Visitor], users: 6, spawnRate: 6, processes: 2 })
      export default locust.run
    `)
    const { code, stderr } = await k6(['run', '--quiet', '-e', `LOCUST_HOST=${server.url}`, file])
    expect(code).toBe(108)
    expect(stderr).toContain('test aborted: enough')
    expect(server.counts).toEqual({ 'POST /logout': 6 })
  })
})

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('stops the run gracefully: %s', async (signal) => {
    const server = await CountingServer.start()
    const prefix = join(await temporaryFolder(), 'x')
    const args = [
      '-u',
      '4',
      '-r',
      '20',
      '-t',
      '10m',
      '-H',
      server.url,
      '--csv',
      prefix,
      '--html',
      `${prefix}.html`,
      SHOP,
    ]
    const running = k6Locust(args)
    await running.until(() => server.total > 50)
    running.signal(signal)
    // 105 is k6's exit code for an interrupted run.
    expect(await running.exited, running.output).toBe(105)
    expect(server.counts).toMatchObject({ 'POST /login': 3, 'POST /logout': 3 })
    expect(running.stdout).toContain('Response time percentiles (approximated)')
    expect(await readFile(`${prefix}.html`, 'utf8')).toContain('/logout')
    const counted = await requestCounts(`${prefix}_stats.csv`)
    expect(counted['POST /logout']).toBe(3)
    // The server also counted requests that were interrupted at the end, at most one per user.
    const lost = server.total - Object.values(counted).reduce((sum, count) => sum + count, 0)
    expect(lost).toBeGreaterThanOrEqual(0)
    expect(lost).toBeLessThanOrEqual(3)
  })
})

describe('index.d.ts', () => {
  it('declares what the extension exports', async () => {
    const declared = await readFile(inRoot('loadtest', 'xk6-locust', 'index.d.ts'), 'utf8')
    const names = (kinds: string) =>
      [...declared.matchAll(new RegExp(`^ {2}export (?:${kinds}) (\\w+)`, 'gm'))].map(([, name]) => name as string)
    const file = await script(`
      import locust, * as named from 'k6/x/locust'
      throw new Error('exported: ' + Object.keys(locust) + '; named: ' + Object.keys(locust).filter((name) => name in named) + '.')
    `)
    const { stderr } = await capture(inject('k6'), ['inspect', file])
    const [, exported = '', named] = /exported: (.*); named: (.*?)\./.exec(stderr) ?? []
    expect(named).toBe(exported)
    expect(exported.split(',')).toEqual(expect.arrayContaining(names('class|function|const')))
    expect(names('class|function|const|interface')).toEqual(expect.arrayContaining(exported.split(',')))
  })
})
