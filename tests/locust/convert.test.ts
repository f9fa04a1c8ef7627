/** Checks that converted scripts make the same requests as their locustfiles in Locust, and contain no type errors. */
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { inRoot } from '../../tools/support/paths.ts'
import { capture } from '../../tools/support/process.ts'
import { convert, describeRequests, runBoth } from './recording.ts'
import { k6Locust, Running, serve, temporaryFolder } from './testing.ts'

const FIXTURES = inRoot('tests', 'locust', 'convert')
const FILES = [
  join(FIXTURES, 'assets.py'),
  join(FIXTURES, 'shapes.py'),
  join(FIXTURES, 'sets.py'),
  inRoot('loadtest', 'examples', 'shop.py'),
  inRoot('loadtest', 'examples', 'steps.py'),
  inRoot('loadtest', 'examples', 'stream.py'),
]
/** Locustfiles with which a single user always makes its requests in the same order. */
const ORDERED = [
  join(FIXTURES, 'answers.py'),
  join(FIXTURES, 'bodies.py'),
  join(FIXTURES, 'chain.py'),
  join(FIXTURES, 'classes.py'),
  join(FIXTURES, 'closures.py'),
  join(FIXTURES, 'data.py'),
  join(FIXTURES, 'decorated.py'),
  join(FIXTURES, 'deques.py'),
  join(FIXTURES, 'dispatch.py'),
  join(FIXTURES, 'encoding.py'),
  join(FIXTURES, 'everyday.py'),
  join(FIXTURES, 'exceptions.py'),
  join(FIXTURES, 'failures.py'),
  join(FIXTURES, 'fast.py'),
  join(FIXTURES, 'fast_failures.py'),
  join(FIXTURES, 'features.py'),
  join(FIXTURES, 'formats.py'),
  join(FIXTURES, 'functions.py'),
  join(FIXTURES, 'helpers.py'),
  join(FIXTURES, 'idioms.py'),
  join(FIXTURES, 'interrupts.py'),
  join(FIXTURES, 'keywords.py'),
  join(FIXTURES, 'lifecycle.py'),
  join(FIXTURES, 'lines.py'),
  join(FIXTURES, 'listeners.py'),
  join(FIXTURES, 'loops.py'),
  join(FIXTURES, 'managers.py'),
  join(FIXTURES, 'maps.py'),
  join(FIXTURES, 'meaning.py'),
  join(FIXTURES, 'once.py'),
  join(FIXTURES, 'outside.py'),
  join(FIXTURES, 'pages.py'),
  join(FIXTURES, 'paths.py'),
  join(FIXTURES, 'patterns.py'),
  join(FIXTURES, 'project.py'),
  join(FIXTURES, 'regexes.py'),
  join(FIXTURES, 'retrying.py'),
  join(FIXTURES, 'signing.py'),
  join(FIXTURES, 'texts.py'),
]
/** A page with optional end tags, comments, and tags in texts. */
const PAGE = `<!DOCTYPE html><html><head><meta charset="utf-8"><title>A <b> page</title><script>"<a class='link'>"</script></head>
  <body><!-- <a class="link" href="/no"> --><p>Text <br> and an <img src="/x.png" alt="a > b"><p>more
  <nav id="menu" class="top menu"><ul><li><a class="ext link" href="/one?a=1&amp;b=2">One</a><li><a class=link href='/two'>2</a></ul></nav>
  <table><tr><td><a class="link" href="/three" title="T">3</a></table><a href="/four">4</a></body></html>`
/** Lines with every kind of line break and with non-ASCII characters. The last line has no line break. */
const LINES = 'one\n\u00e9\u{1f600}\r\n\r\na\rb'
const WATCHING = join(FIXTURES, 'watching.py')
const LOCUST = inject('locust').current

/** Headers that locustfiles set. Only these are compared, because the clients set all others themselves. */
const COMPARED_HEADERS = ['authorization', 'content-type', 'x-number', 'x-extra', 'x-token', 'cookie']

const JSON_ANSWER = { body: '{"token": "t1", "hits": 3}', headers: { 'Content-Type': 'application/json' } }

/** Serves on a free port, and records all different requests. */
async function record(): Promise<{ url: string; requests: Set<string> }> {
  const requests = new Set<string>()
  const isCompared = (name: string, value: string) => COMPARED_HEADERS.includes(name) && value !== ''
  const url = await describeRequests(JSON_ANSWER, isCompared, (request) => requests.add(request))
  return { url, requests }
}

const convertInto = (folder: string, file: string) => convert(file, join(folder, basename(file).replace(/py$/, 'ts')))

describe.skipIf(LOCUST === '')('a converted locustfile makes the same requests as Locust', () => {
  const args = ['-u', '8', '-r', '20', '-t', '6s', '--stop-timeout', '10', '--only-summary']

  it.each(FILES)('%s', async (file) => {
    const script = await convertInto(await temporaryFolder(), file)
    const [expected, actual] = [await record(), await record()]
    const runs = [
      new Running(LOCUST, ['--headless', '-f', file, '-H', expected.url, ...args]),
      k6Locust([...args, '-H', actual.url, script]),
    ]
    await Promise.all(runs.map(({ exited }) => exited))
    expect([...actual.requests].sort(), runs[1]?.output).toEqual([...expected.requests].sort())
    expect(actual.requests.size).toBeGreaterThan(0)
  })
})

describe.skipIf(LOCUST === '')('a converted locustfile makes the same requests in the same order', () => {
  const bodies: Record<string, string> = { 'pages.py': PAGE, 'lines.py': LINES }
  const answerOf = (file: string) => ({
    body: bodies[basename(file)] ?? JSON_ANSWER.body,
    headers: {
      'Content-Type': file.endsWith('pages.py') ? 'text/html' : 'application/json',
      'Set-Cookie': 'session=s1; Path=/',
    },
  })
  // Copy all fixtures, because locustfiles open data files next to them.
  const prepare = async (file: string) => {
    const folder = await temporaryFolder()
    await cp(FIXTURES, folder, { recursive: true })
    return join(folder, basename(file))
  }

  it.each(ORDERED)('%s', async (file) => {
    const [locust, k6] = await runBoth(() => prepare(file), answerOf(file), 60)
    expect(k6).toEqual(locust)
  })
})

it.skipIf(LOCUST === '')(
  'a converted function that watches the statistics ends the run, and a listener sets the exit code',
  async () => {
    const url = await serve((request, response) => {
      response.statusCode = request.url === '/good' ? 200 : 500
      response.end()
    })
    const script = await convertInto(await temporaryFolder(), WATCHING)
    const args = ['-u', '1', '-H', url, '--only-summary']
    const runs = [new Running(LOCUST, ['--headless', '-f', WATCHING, ...args]), k6Locust([...args, script])]
    for (const run of runs) {
      expect(await run.exited, run.output).toBe(7)
      expect(run.output).toContain('too many failures: 0.5')
    }
  },
)

it.skipIf(LOCUST === '')(
  'a listener of the end sets the exit code based on what a listener of requests has counted',
  async () => {
    const file = join(FIXTURES, 'listeners.py')
    const script = await convertInto(await temporaryFolder(), file)
    const { url } = await record()
    const args = ['-u', '1', '-t', '3s', '-H', url, '--only-summary']
    const runs = [new Running(LOCUST, ['--headless', '-f', file, ...args]), k6Locust([...args, script])]
    for (const run of runs) expect(await run.exited, run.output).toBe(9)
  },
)

it('requests of a client that the converter does not recognize fail, instead of being left out', async () => {
  const folder = await temporaryFolder()
  const file = join(folder, 'shared.py')
  await writeFile(
    file,
    `from locust import HttpUser, task
clients = []

class Sharing(HttpUser):
    def on_start(self):
        clients.append(self.client)

    @task
    def share(self):
        clients[0].get("/shared")
`,
  )
  const { url } = await record()
  const running = k6Locust(['-u', '1', '-i', '1', '-H', url, '--only-summary', await convertInto(folder, file)])
  expect(await running.exited, running.output).toBe(1)
  expect(running.output).toMatch(/AttributeError: .* is not a dict/)
})

it('the types of all converted files are right', async () => {
  const folder = await temporaryFolder()
  for (const file of [...FILES, ...ORDERED, WATCHING]) await convertInto(folder, file)
  const recording = join(folder, 'recording.ts')
  const har = join(FIXTURES, 'recording.har')
  const { code, stderr } = await capture(inject('k6'), ['x', 'locust', 'convert', har, '-o', recording])
  expect(code, stderr).toBe(0)
  const compilerOptions = {
    strict: true,
    noEmit: true,
    noImplicitOverride: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    module: 'esnext',
    moduleResolution: 'bundler',
    skipLibCheck: true,
    lib: ['es2023'],
    types: ['k6'],
    typeRoots: [inRoot('node_modules', '@types')],
    paths: { 'k6/*': [inRoot('node_modules', '@types', 'k6', '*')] },
  }
  const include = ['*.ts', inRoot('loadtest', 'xk6-locust', 'index.d.ts')]
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }))
  const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc')
  const checked = await capture(process.execPath, [tsc, '-p', folder])
  expect(checked.stdout).toBe('')
  expect(checked.code).toBe(0)
  expect((await readdir(folder)).filter((name) => name.endsWith('.ts'))).toHaveLength(FILES.length + ORDERED.length + 2)
})

it('a converted recording makes the recorded requests in order, with secrets from the environment', async () => {
  const folder = await temporaryFolder()
  const paths: string[] = []
  const url = await serve((request, response) => {
    paths.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`)
    response.end('{}')
  })
  const har = join(folder, 'recording.har')
  const text = await readFile(join(FIXTURES, 'recording.har'), 'utf8')
  await writeFile(har, text.replaceAll('http://shop.example', url))
  const script = join(folder, 'recording.ts')
  const { code, stderr } = await capture(inject('k6'), ['x', 'locust', 'convert', har, '-o', script])
  expect(code, stderr).toBe(0)
  expect(await readFile(script, 'utf8')).not.toMatch(/hunter2|abc123/)
  const env = { AUTHORIZATION: 'Bearer x', COOKIE: 'sid=1', PASSWORD: 'p' }
  const running = k6Locust(['-u', '1', '-i', '1', '--only-summary', script], env)
  expect(await running.exited, running.output).toBe(0)
  expect(paths).toEqual(['GET /items/17?page=2 Bearer x', 'POST /login ', 'POST /cart '])
})
