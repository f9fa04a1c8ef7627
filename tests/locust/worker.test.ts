/**
 * Tests k6 as a worker of a real Locust master, with the current and the oldest supported version of Locust. The
 * expected numbers are the server's counts.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { freePort } from '../../service/src/testing/free-port.ts'
import { capture } from '../../tools/support/process.ts'
import { CountingServer, csv, example, k6Locust, Running, requestCounts, temporaryFolder } from './testing.ts'

const SHOP = example('shop.ts')
/** Users have 10 s to finish their tasks, so that requests are not interrupted. */
const GRACE = ['--stop-timeout', '10']

/** A running master and its files. */
class Master {
  readonly running: Running
  readonly prefix: string
  readonly port: number
  readonly #script: string

  private constructor(program: string, folder: string, port: number, args: string[], script: string) {
    this.port = port
    this.#script = script
    this.prefix = join(folder, 'master')
    this.running = new Running(program, [
      ...['-f', join(folder, 'locustfile.py'), '--master', '--master-bind-host', '127.0.0.1'],
      ...['--master-bind-port', String(port), '--csv', this.prefix, '--only-summary', ...GRACE, ...args],
    ])
  }

  /** Starts a master with the user classes of a script. */
  static async start(program: string, args: string[], port?: number, script = SHOP): Promise<Master> {
    const folder = await temporaryFolder()
    const { stdout } = await capture(inject('k6'), ['x', 'locust', '--stub', script])
    await writeFile(join(folder, 'locustfile.py'), stdout)
    return new Master(program, folder, port ?? (await freePort()), args, script)
  }

  worker(...args: string[]): Running {
    const port = String(this.port)
    const flags = ['--worker', '--master-host', '127.0.0.1', '--master-port', port, '--only-summary']
    return k6Locust([...flags, ...args, this.#script])
  }

  pythonWorker(program: string, file: string): Running {
    const port = String(this.port)
    return new Running(program, ['-f', file, '--worker', '--master-host', '127.0.0.1', '--master-port', port])
  }
}

const headless = (url: string, workers: number, time: string) => [
  ...['--headless', '--expect-workers', String(workers), '--host', url],
  ...['-u', '8', '-r', '20', '-t', time],
]

/** Returns the number of requests in the tables that k6 workers print. */
const printed = (...workers: Running[]) =>
  workers.reduce((sum, { stdout }) => sum + Number(/^ +Aggregated +(\d+) /m.exec(stdout)?.[1]), 0)

describe.each(['current', 'old'] as const)("a worker of Locust's %s master", (which) => {
  const program = inject('locust')[which]
  const test = it.skipIf(!program)

  test('follows the master, and the totals match those of the server', async () => {
    const server = await CountingServer.start({ '/search': 404 })
    const master = await Master.start(program, headless(server.url, 2, '5s'))
    const workers = [master.worker(), master.worker('--csv', join(await temporaryFolder(), 'own'))]
    // Locust exits with 1 because requests failed. Only the master reports this, so the workers exit with 0.
    expect(await master.running.exited, master.running.output).toBe(1)
    expect(await Promise.all(workers.map(({ exited }) => exited)), workers[0]?.output).toEqual([0, 0])
    expect(master.running.output).toContain('All users spawned: {"Shopper": 7, "Watcher": 1} (8 total users)')
    expect(server.counts['POST /login']).toBe(7)
    expect(await requestCounts(`${master.prefix}_stats.csv`)).toEqual(server.counts)
    const stats = await csv(`${master.prefix}_stats.csv`)
    const events = stats.find(({ Type }) => Type === 'CACHE')
    expect(printed(...workers)).toBe(server.total + Number(events?.['Request Count']))
    const failures = await csv(`${master.prefix}_failures.csv`)
    expect(failures).toHaveLength(1)
    expect(failures[0]).toMatchObject({ Name: '/search', Occurrences: String(server.counts['GET /search']) })
  })

  test('follows the web interface: more users, fewer users, a stop, and a second run', async () => {
    const server = await CountingServer.start()
    const webPort = await freePort()
    const master = await Master.start(program, ['--web-host', '127.0.0.1', '--web-port', String(webPort)])
    const worker = master.worker()
    const web = (path: string, form?: Record<string, string>) =>
      fetch(`http://127.0.0.1:${webPort}${path}`, form && { method: 'POST', body: new URLSearchParams(form) })
    const stats = async () => {
      const answer = await web('/stats/requests').catch(() => undefined)
      return (await answer?.json()) as undefined | { user_count: number; state: string; workers: { state: string }[] }
    }
    await worker.until(async () => (await stats())?.workers.length === 1)
    for (const users of [4, 8, 3]) {
      const form = { user_count: String(users), spawn_rate: '20', host: server.url }
      expect(await (await web('/swarm', form)).json()).toMatchObject({ success: true })
      await worker.until(async () => (await stats())?.user_count === users)
    }
    // Try both methods: current versions of Locust expect POST, and old versions expect GET.
    if (!(await web('/stop', {})).ok) await web('/stop')
    await worker.until(async () => {
      const now = await stats()
      return now?.state === 'stopped' && now.workers[0]?.state === 'ready'
    })
    // Every user who logged in has logged out.
    expect(server.counts['POST /logout']).toBe(server.counts['POST /login'])
    const before = server.total
    await web('/swarm', { user_count: '4', spawn_rate: '20', host: server.url })
    await worker.until(() => server.total > before + 20)
    master.running.signal('SIGTERM')
    await master.running.exited
    expect(await worker.exited, worker.output).toBe(0)
  })

  test('waits for a master, and reconnects after the master is restarted', async () => {
    const [before, server] = [await CountingServer.start(), await CountingServer.start()]
    const port = await freePort()
    const first = await Master.start(program, headless(before.url, 1, '10m'), port)
    const worker = first.worker()
    await worker.until(() => before.total > 50)
    first.running.signal('SIGKILL')
    await first.running.exited
    const second = await Master.start(program, headless(server.url, 1, '4s'), port)
    expect(await second.running.exited, second.running.output).toBe(0)
    expect(await worker.exited, worker.output).toBe(0)
    expect(await requestCounts(`${second.prefix}_stats.csv`)).toEqual(server.counts)
    expect(before.counts['POST /logout']).toBe(before.counts['POST /login'])
  })

  test('stops at Ctrl-C, and the master has all of its results', async () => {
    const server = await CountingServer.start()
    const master = await Master.start(program, headless(server.url, 1, '10m'))
    const worker = master.worker('--stop-timeout', '10s')
    await worker.until(() => server.total > 50)
    worker.signal('SIGINT')
    expect(await worker.exited, worker.output).toBe(105)
    // The master exits because its last worker has quit.
    await master.running.exited
    expect(server.counts['POST /logout']).toBe(server.counts['POST /login'])
    expect(await requestCounts(`${master.prefix}_stats.csv`)).toEqual(server.counts)
  })
})

it.skipIf(!inject('locust').current)('the results of two workers in k6 and one in Python add up', async () => {
  const program = inject('locust').current
  const server = await CountingServer.start({ '/pay': 503 })
  const master = await Master.start(program, headless(server.url, 3, '6s'))
  const python = master.pythonWorker(program, example('shop.py'))
  const workers = [master.worker(), master.worker()]
  expect(await master.running.exited, master.running.output).toBe(1)
  expect(await Promise.all(workers.map(({ exited }) => exited))).toEqual([0, 0])
  await python.exited
  expect(python.output).not.toContain('Traceback')
  expect(await requestCounts(`${master.prefix}_stats.csv`)).toEqual(server.counts)
  // Each worker must have made requests.
  const own = workers.map((worker) => printed(worker))
  expect(Math.min(...own)).toBeGreaterThan(20)
  expect((own[0] as number) + (own[1] as number)).toBeLessThan(server.total)
  const failures = await csv(`${master.prefix}_failures.csv`)
  expect(failures.reduce((sum, { Occurrences }) => sum + Number(Occurrences), 0)).toBe(server.counts['POST /pay'])
})

describe.skipIf(!inject('locust').current)('workers', () => {
  const program = inject('locust').current

  it('give each user a number and an item that no other user gets', async () => {
    const server = await CountingServer.start()
    const script = join(await temporaryFolder(), 'script.ts')
    await writeFile(
      script,
      `
      import locust, { HttpUser } from 'k6/x/locust'
      const items = locust.distribute(Array.from({ length: 8 }, (_, i) => i))
      class Taker extends HttpUser {
        static tasks = { rest: 1 }
        async onStart() {
          await this.client.get(\`/item/\${items.next()}\`)
          await this.client.get(\`/number/\${this.userNumber}\`)
        }
        async rest() { await this.sleep(1) }
      }
      export const options = locust.options({ userClasses: [Taker] })
      export default locust.run
    `,
    )
    const master = await Master.start(program, headless(server.url, 2, '3s'), undefined, script)
    const workers = [1, 2].map(() => master.worker('--expect-workers', '2'))
    expect(await master.running.exited, master.running.output).toBe(0)
    expect(await Promise.all(workers.map(({ exited }) => exited)), workers[0]?.output).toEqual([0, 0])
    const paths = Object.entries(server.counts).filter(([, count]) => count === 1)
    const of = (prefix: string) => paths.map(([path]) => path).filter((path) => path.startsWith(`GET ${prefix}`))
    expect(of('/item/').sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((item) => `GET /item/${item}`))
    expect(of('/number/').sort()).toEqual(
      [0, 1].flatMap((worker) => [0, 1, 2, 3].map((own) => `GET /number/${worker * 1_000_000 + own}`)).sort(),
    )
  })

  it('exit with an error if their script lacks the classes of the master', async () => {
    const server = await CountingServer.start()
    const master = await Master.start(program, headless(server.url, 1, '10m'), undefined, example('report.ts'))
    const worker = k6Locust(['--worker', '--master-host', '127.0.0.1', '--master-port', String(master.port), SHOP])
    expect(await worker.exited, worker.output).toBe(107)
    expect(worker.output).toContain('the master has other user classes')
    expect(worker.output).toContain('unknown user class: Typist; known: Shopper, Watcher')
    master.running.signal('SIGTERM')
    await master.running.exited
  })
})

describe('a worker', () => {
  it('reports that it found no master, and stops at Ctrl-C', async () => {
    const worker = k6Locust(['--worker', '--master-host', '127.0.0.1', '--master-port', String(await freePort()), SHOP])
    await worker.says(/connection refused/)
    worker.signal('SIGINT')
    expect(await worker.exited, worker.output).toBe(105)
  })
})
