/**
 * Tests `k6 x locust --master` with k6 workers, and with Python workers of the current and the oldest supported
 * version of Locust. The expected numbers are the server's counts.
 */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { freePort } from '../../service/src/testing/free-port.ts'
import {
  CountingServer,
  csv,
  example,
  k6Locust,
  type LocustProgram,
  Running,
  requestCounts,
  serve,
  temporaryFolder,
} from './testing.ts'

const SHOP = example('shop.ts')

/** A running master and its files. */
class Master {
  readonly running: Running
  readonly prefix: string
  readonly port: string
  readonly #script: string

  private constructor(folder: string, port: number, args: string[], script: string) {
    this.port = String(port)
    this.#script = script
    this.prefix = join(folder, 'master')
    this.running = k6Locust([
      ...['--master', '--master-bind-host', '127.0.0.1', '--master-bind-port', this.port, '--csv', this.prefix],
      ...['--only-summary', ...args, script],
    ])
  }

  static async start(args: string[], script = SHOP): Promise<Master> {
    return new Master(await temporaryFolder(), await freePort(), args, script)
  }

  worker(...args: string[]): Running {
    return k6Locust(['--worker', '--master-port', this.port, '--only-summary', ...args, this.#script])
  }

  /** Starts a k6 worker in a single process, so that a test can kill it. */
  singleWorker(env: Record<string, string>): Running {
    return new Running(inject('k6'), ['run', '--quiet', '--no-thresholds', this.#script], {
      LOCUST_MODE_WORKER: 'true',
      LOCUST_MASTER_NODE_PORT: this.port,
      ...env,
    })
  }

  pythonWorker(which: LocustProgram, file: string): Running {
    const args = ['-f', file, '--worker', '--master-host', '127.0.0.1', '--master-port', this.port]
    return new Running(inject('locust')[which], args)
  }

  /** The number of requests that each worker reported. */
  get reported(): number[] {
    return [...this.running.output.matchAll(/worker \S+ \(index \d+\) reported (\d+) requests/g)].map(([, count]) =>
      Number(count),
    )
  }

  /** Returns the number of requests so far, by name. */
  async requests(): Promise<Record<string, number>> {
    const path = `${this.prefix}_stats.csv`
    return existsSync(path) ? requestCounts(path) : {}
  }
}

const load = (url: string, workers: number, users: number, time: string) => [
  ...['--expect-workers', String(workers), '-H', url, '-u', String(users), '-r', '20', '-t', time],
  // Users have time to finish their tasks, so that requests are not interrupted.
  ...['--stop-timeout', '10'],
]

/** Writes a script whose users request the path in the variable ROUTE. */
async function routeScript(options: string, classBody = ''): Promise<string> {
  const script = join(await temporaryFolder(), 'script.ts')
  await writeFile(
    script,
    `
    import locust, { HttpUser } from 'k6/x/locust'
    class Walker extends HttpUser {
      override waitTime = locust.constant(0.02)
      static override tasks = { walk: 1 }
      ${classBody}
      async walk() { await this.client.get('/' + (__ENV.ROUTE || 'a')) }
    }
    export const options = { ${options} }
    export default locust.run
  `,
  )
  return script
}

describe.each(['current', 'old'] as const)("with a Python worker of Locust's %s version", (which) => {
  const test = it.skipIf(!inject('locust')[which])

  test('all workers share the users, and the results add up to those of the server', async () => {
    const server = await CountingServer.start({ '/pay': 503 })
    const html = join(await temporaryFolder(), 'report.html')
    const master = await Master.start([...load(server.url, 3, 9, '6s'), '--html', html])
    const python = master.pythonWorker(which, example('shop.py'))
    const workers = [master.worker(), master.worker()]
    expect(await master.running.exited, master.running.output).toBe(1)
    expect(await Promise.all(workers.map(({ exited }) => exited)), workers[0]?.output).toEqual([0, 0])
    await python.exited
    expect(python.output).not.toContain('Traceback')
    expect(await master.requests()).toEqual(server.counts)
    // The Watcher has a fixed count of 1, so 8 of the 9 users are Shoppers.
    expect(server.counts['POST /login']).toBe(8)
    expect(master.running.output).toContain('9 users on 3 workers')
    const failures = await csv(`${master.prefix}_failures.csv`)
    expect(failures.reduce((sum, { Occurrences }) => sum + Number(Occurrences), 0)).toBe(server.counts['POST /pay'])
    expect(master.reported).toHaveLength(3)
    expect(Math.min(...master.reported)).toBeGreaterThan(20)
    const text = await readFile(html, 'utf8')
    expect(text).toContain('/search')
  })
})

it.skipIf(!inject('locust').current)('a run fails if the workers know none of its user classes', async () => {
  const file = join(await temporaryFolder(), 'locustfile.py')
  await writeFile(file, 'from locust import User, task\nclass Other(User):\n    @task\n    def go(self): pass\n')
  const master = await Master.start(load('http://127.0.0.1:1', 1, 1, '3s'))
  const python = master.pythonWorker('current', file)
  expect(await master.running.exited, master.running.output).toBe(107)
  expect(master.running.output).toContain('the run ended before any user started')
  await python.exited
})

it.skipIf(!inject('locust').current)(
  'the other workers take over the users of a killed worker, and the results add up exactly',
  async () => {
    const script = await routeScript('...locust.options({ userClasses: [Walker], requirements: { errorRate: 0 } })')
    const answered: Record<string, number> = {}
    const held: ServerResponse[] = []
    const url = await serve((request, response) => {
      const path = `GET ${request.url}`
      // After 100 answers, the worker gets no more answers. It has therefore reported all answered requests when it is
      // killed.
      if (path === 'GET /killed' && answered[path] === 100) held.push(response)
      else {
        answered[path] = (answered[path] ?? 0) + 1
        response.end('{}')
      }
    })
    const python = join(await temporaryFolder(), 'locustfile.py')
    await writeFile(
      python,
      `
from locust import FastHttpUser, constant, task
class Walker(FastHttpUser):
    wait_time = constant(0.02)
    @task
    def walk(self):
        self.client.get("/python")
`,
    )
    const master = await Master.start(load(url, 3, 6, '10m'), script)
    const killed = master.singleWorker({ ROUTE: 'killed' })
    const others = [master.worker('-e', 'ROUTE=other'), master.pythonWorker('current', python)]
    await master.running.until(async () => (await master.requests())['GET /killed'] === 100)
    expect(held.length).toBe(2)
    killed.signal('SIGKILL')
    await master.running.says(/worker \S+ \(index \d+\) is missing/)
    // A new worker gets its share of the users.
    const joining = master.worker('-e', 'ROUTE=joining')
    await master.running.until(() => (answered['GET /joining'] ?? 0) > 50)
    // The history shows all users again after the worker was replaced.
    await master.running.until(
      async () => (await csv(`${master.prefix}_stats_history.csv`)).at(-1)?.['User Count'] === '6',
    )
    master.running.signal('SIGINT')
    expect(await master.running.exited, master.running.output).toBe(105)
    await Promise.all([...others, joining].map(({ exited }) => exited))
    expect(answered['GET /killed']).toBe(100)
    expect(await master.requests()).toEqual(answered)
    expect(master.reported.reduce((sum, count) => sum + count)).toBe(
      Object.values(answered).reduce((sum, count) => sum + count),
    )
    expect(master.running.output).toMatch(/ok {4}errors {2}0 of [\d,]+ requests failed/)
  },
)

describe('a master', () => {
  it('gives the verdict on all workers, with requirements and thresholds', async () => {
    const script = await routeScript(`
      ...locust.options({ userClasses: [Walker], requirements: { rate: 100000, errorRate: 0.5 } }),
      thresholds: {
        'http_req_duration{name:/a}': ['p(95)<0.001'], 'http_reqs{name:/a}': ['count>100'], http_req_failed: ['rate<0.1'],
      },
    `)
    const server = await CountingServer.start()
    const master = await Master.start(load(server.url, 2, 4, '3s'), script)
    const workers = [master.singleWorker({}), master.singleWorker({})]
    expect(await master.running.exited, master.running.output).toBe(99)
    expect(await Promise.all(workers.map(({ exited }) => exited))).toEqual([0, 0])
    expect(master.running.output).toMatch(/FAIL {2}rate/)
    expect(master.running.output).toMatch(/ok {4}errors/)
    expect(master.running.output).toContain("✗ 'p(95)<0.001'")
    expect(master.running.output).toContain("✓ 'count>100'")
  })

  it('refuses thresholds on values that it does not receive', async () => {
    const script = await routeScript(`
      ...locust.options({ userClasses: [Walker] }), thresholds: { 'http_reqs{status:200}': ['count>1'] },
    `)
    const master = await Master.start(load('http://127.0.0.1:1', 1, 1, '3s'), script)
    expect(await master.running.exited).toBe(104)
    expect(master.running.output).toContain(
      'threshold http_reqs{status:200}: a master does not receive this metric from its workers',
    )
  })

  it('gives up if too few workers join in time', async () => {
    const args = [...load('http://127.0.0.1:1', 2, 1, '3s'), '--expect-workers-max-wait', '10']
    const master = await Master.start(args)
    const worker = master.worker()
    expect(await master.running.exited).toBe(1)
    expect(master.running.output).toContain('not enough workers: 1 of 2 workers joined within 10s')
    expect(await worker.exited, worker.output).toBe(0)
  })

  it('fails if the last worker is lost', async () => {
    const server = await CountingServer.start()
    const master = await Master.start(load(server.url, 1, 2, '10m'))
    const worker = master.singleWorker({})
    await worker.until(() => server.total > 20)
    worker.signal('SIGKILL')
    expect(await master.running.exited).toBe(1)
    expect(master.running.output).toContain('not enough workers: the last worker was lost before the end of the run')
  })

  it('ends the run at Ctrl-C, with the results of all workers', async () => {
    const server = await CountingServer.start()
    const master = await Master.start(load(server.url, 2, 6, '10m'))
    const workers = [master.worker(), master.worker()]
    await master.running.until(() => server.total > 100)
    master.running.signal('SIGINT')
    expect(await master.running.exited, master.running.output).toBe(105)
    expect(await Promise.all(workers.map(({ exited }) => exited))).toEqual([0, 0])
    expect(server.counts['POST /logout']).toBe(server.counts['POST /login'])
    expect(await master.requests()).toEqual(server.counts)
  })

  it('waits for workers until Ctrl-C', async () => {
    const master = await Master.start(load('http://127.0.0.1:1', 1, 1, '3s'))
    await master.running.says('the master waits for 1 worker on port')
    master.running.signal('SIGINT')
    expect(await master.running.exited, master.running.output).toBe(105)
  })

  it('follows a load shape that knows the users of all workers', async () => {
    const server = await CountingServer.start()
    const script = await routeScript('...locust.options({ userClasses: [Walker], shape: Steps })')
    const text = await readFile(script, 'utf8')
    const shape = `
    class Steps extends LoadTestShape {
      tick() {
        const users = this.getCurrentUserCount()
        return users >= 6 ? null : [users >= 3 ? 6 : 3, 10]
      }
    }
    `
    await writeFile(
      script,
      text.replace('{ HttpUser }', '{ HttpUser, LoadTestShape }').replace('class', `${shape} class`),
    )
    const master = await Master.start(['--expect-workers', '2', '-H', server.url, '--stop-timeout', '10'], script)
    const workers = [master.worker(), master.worker()]
    expect(await master.running.exited, master.running.output).toBe(0)
    expect(await Promise.all(workers.map(({ exited }) => exited))).toEqual([0, 0])
    expect(await master.requests()).toEqual(server.counts)
  })

  it('tells its workers how many of them share the data', async () => {
    const server = await CountingServer.start()
    const script = await routeScript(
      '...locust.options({ userClasses: [Walker] })',
      `async onStart() { await this.client.get('/item/' + items.next()) }`,
    )
    const text = await readFile(script, 'utf8')
    await writeFile(script, text.replace('class', 'const items = locust.distribute([0, 1, 2, 3, 4, 5])\nclass'))
    const master = await Master.start(load(server.url, 2, 6, '2s'), script)
    const workers = [master.worker(), master.worker()]
    expect(await master.running.exited, master.running.output).toBe(0)
    expect(await Promise.all(workers.map(({ exited }) => exited)), workers[0]?.output).toEqual([0, 0])
    const items = Object.keys(server.counts).filter((path) => path.startsWith('GET /item/'))
    expect(items.sort()).toEqual([0, 1, 2, 3, 4, 5].map((item) => `GET /item/${item}`))
  })
})
