import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ROOT } from '../support/paths.ts'
import { redisInfo } from '../support/redis-command.ts'
import { type Ready, StartCommand } from '../support/start-command.ts'
import { ownTemporaryFolder } from '../support/temporary-folder.ts'

const portOf = (url: string) => Number(new URL(url).port)

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Returns the process id of the Redis that listens on the port. */
async function pidOf(port: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid,args'])
  const line = stdout.split('\n').find((process) => process.includes('redis-server') && process.includes(`:${port}`))
  return Number(line?.trim().split(' ')[0])
}

async function temporaryFile(name: string, content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'start-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, name)
  await writeFile(file, content)
  return file
}

/** Returns the names of the temporary folders that running stacks have in a folder. */
const stackFolders = async (folder: string) =>
  (await readdir(folder)).filter((name) => name.startsWith('autocomplete-'))

/** Writes the source of a dataset that is built faster than the demo dataset. */
const smallDataset = () => temporaryFile('words.tsv', 'apple\t3\navocado\t5\n')

/**
 * Returns what a command wrote to stderr, without the warnings about rejected queries. On a slow machine, the service
 * rejects some queries.
 */
const problemsOf = ({ stderr }: StartCommand) => stderr.replace(/^\{.*"msg":"queries rejected: .*\}\n/gm, '')

async function started(...args: string[]) {
  const result = await StartCommand.ready(...args)
  onTestFinished(async () => {
    result.command.signal('SIGTERM')
    await result.command.exited()
  })
  return result
}

describe('npm start', () => {
  it('starts Redis with the demo dataset and the service, prints one line of JSON, and stops everything on Ctrl-C', async () => {
    const { command, ready } = await started()
    expect(command.stdout.trim().split('\n')).toHaveLength(1)
    expect(ready).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      pid: expect.any(Number),
      redis: [expect.stringMatching(/^redis:\/\/127\.0\.0\.1:\d+$/)],
      version: expect.stringMatching(/^[0-9a-f]{16}$/),
      publisherPasswordFile: expect.stringMatching(/^\/.*\/publisher-password$/),
    })
    const answer = await (await fetch(`${ready.url}/autocomplete?q=berlin&limit=1`)).json()
    const suggestions = [{ text: 'Berlin', payload: { country: 'DE' } }]
    expect(answer).toMatchObject({ suggestions, version: ready.version })
    expect(problemsOf(command)).toBe('')

    command.signal('SIGINT')
    expect(await command.exited()).toBe(0)
    for (const url of [ready.url, ...ready.redis]) expect(await listens(portOf(url)), url).toBe(false)
  })

  it('starts every Redis replica of the preset with the limits of the preset', async () => {
    const { ready } = await started('--preset', '8cpu-24k', '--data', await smallDataset())
    expect(ready.redis).toHaveLength(3)
    expect(await redisInfo(ready.redis[2] as string, 'maxmemory')).toBe(String(768 * 2 ** 20))
  })

  it('accepts another dataset, and lists its invalid lines', async () => {
    const file = await temporaryFile('fruit.tsv', 'apple\t3\nbad line\navocado\t5\n')
    const { command, ready } = await started('--data', file)
    expect(problemsOf(command)).toBe(`${file}:2: left out: it needs two columns, text<TAB>weight\n`)
    const { suggestions } = (await (await fetch(`${ready.url}/autocomplete?q=a`)).json()) as { suggestions: object[] }
    expect(suggestions).toEqual([
      { text: 'avocado', score: 5 },
      { text: 'apple', score: 3 },
    ])
  })

  it('combines several files, with weights that decrease with age', async () => {
    const old = await temporaryFile('old.csv', 'text,weight,updated\navocado,10,2026-01-01\n')
    const young = await temporaryFile('young.csv', 'text,weight,updated\napple,8,2026-01-02\n')
    const { ready } = await started('--data', old, '--data', young, '--half-life', '1')
    const { suggestions } = (await (await fetch(`${ready.url}/autocomplete?q=a`)).json()) as { suggestions: object[] }
    expect(suggestions).toEqual([
      { text: 'apple', score: 8 },
      { text: 'avocado', score: 5 },
    ])
  })

  it('passes options on to the dataset builder', async () => {
    const file = await temporaryFile('latin.csv', '')
    await writeFile(file, Buffer.from('Am\u00e9lie,3\nAmelie Blue,9\nAmelie Blue,1\n', 'latin1'))
    const report = await temporaryFile('left-out.jsonl', '')
    const { command, ready } = await started(
      ...['--data', file, '--encoding', 'windows-1252', '--exact', 'score', '--match-infix', 'off', '--correct', 'off'],
      ...['--report', report, '--fail-on-skipped'],
    )
    expect(problemsOf(command)).toBe('')
    expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({ file, line: 3 })
    const search = async (q: string) => {
      const { suggestions } = (await (await fetch(`${ready.url}/autocomplete?q=${q}`)).json()) as {
        suggestions: { text: string }[]
      }
      return suggestions.map(({ text }) => text)
    }
    expect(await search('amelie')).toEqual(['Amelie Blue', 'Am\u00e9lie'])
    expect(await search('melie')).toEqual([])
    expect(await search('amelei')).toEqual([])
  })

  it('prints the content of the dataset, the URL, and a curl command', async () => {
    const file = await temporaryFile('fruits.tsv', 'apple\t3\npear\t2\nApple\t1\noops\n')
    const command = new StartCommand('--port', '0', '--data', file)
    await command.until(() => command.stdout.includes('Ctrl-C'))
    const [, curl] = /query: {3}(curl .*)/.exec(command.stdout) ?? []
    const { stdout } = await promisify(execFile)('sh', ['-c', (curl as string).replace('TEXT', 'a&p')])
    expect(JSON.parse(stdout)).toMatchObject({ query: 'a&p' })
    expect(command.stdout).toMatch(
      /data: {4}2 entries \(1 duplicate, 0 blocked, 1 bad line left out\), version [0-9a-f]{16}\n/,
    )
    expect(command.stdout).toMatch(/page: {4}http:\/\/127\.0\.0\.1:\d+\//)
    command.signal('SIGTERM')
    expect(await command.exited()).toBe(0)
  })

  it('prints commands that publish another dataset to every Redis, so that the running service uses it', async () => {
    const file = await temporaryFile('berries.tsv', 'acai\t7\n')
    const command = new StartCommand('--port', '0', '--preset', '8cpu-24k', '--data', await smallDataset())
    onTestFinished(async () => {
      command.signal('SIGTERM')
      await command.exited()
    })
    await command.until(() => command.stdout.includes('Ctrl-C'))
    const commands = [...command.stdout.matchAll(/^ +(?:publish: )?(REDIS_PASSWORD=.*) FILE$/gm)].map(
      ([, text]) => text,
    )
    expect(commands, command.stdout).toHaveLength(3)
    const [, url] = /page: {2,}(.*)\/$/m.exec(command.stdout) ?? []
    const answer = async () => (await fetch(`${url}/autocomplete?q=a`)).json()
    expect(await answer()).toMatchObject({ suggestions: [{ text: 'avocado' }, { text: 'apple' }] })
    for (const publish of commands) {
      await promisify(execFile)('sh', ['-c', `${publish} --keep-old 0 "$0"`, file], { cwd: ROOT })
    }
    await vi.waitFor(
      async () => expect(await answer()).toMatchObject({ suggestions: [{ text: 'acai', score: 7 }] }),
      60_000,
    )
    expect(problemsOf(command)).toBe('')
  })

  it('stores the password of the publisher in a file that only the user can access, and removes the file', async () => {
    const { command, ready } = await started('--data', await smallDataset())
    const { publisherPasswordFile: file } = ready
    const { mode } = await stat(file)
    expect((mode & 0o777).toString(8)).toBe('600')
    const password = await readFile(file, 'utf8')
    expect(password).toMatch(/^[\w-]{32,}$/)
    expect(command.stdout + command.stderr).not.toContain(password)
    command.signal('SIGTERM')
    await command.exited()
    await expect(stat(file)).rejects.toThrow('ENOENT')
  })

  it('stops everything if it is interrupted during the start', async () => {
    const folder = await ownTemporaryFolder()
    const command = new StartCommand('--port', '0')
    await command.until(async () => (await stackFolders(folder)).length > 0)
    command.signal('SIGINT')
    expect(await command.exited()).toBe(130)
    expect(await stackFolders(folder)).toEqual([])
  })

  it('stops everything when the reader of its output is gone', async () => {
    const { command, ready } = await started('--data', await smallDataset())
    command.closeOutput()
    // The command notices the closed output only when it writes. Suspend Redis, so that the service logs a warning.
    const redis = await pidOf(portOf(ready.redis[0] as string))
    process.kill(redis, 'SIGSTOP')
    await fetch(`${ready.url}/autocomplete?q=a`)
    await command.exited()
    for (const url of [ready.url, ...ready.redis]) {
      while (await listens(portOf(url))) await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })

  it('stops if it is interrupted while it builds the dataset', async () => {
    const file = await temporaryFile(
      'large.tsv',
      Array.from({ length: 1_500_000 }, (_, i) => `word${i}\t${i}\n`).join(''),
    )
    const folder = await ownTemporaryFolder()
    const command = new StartCommand('--port', '0', '--data', file)
    await command.until(async () => (await stackFolders(folder)).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    command.signal('SIGTERM')
    expect(await command.exited()).toBe(130)
    expect(await stackFolders(folder)).toEqual([])
  })

  it('ends with one line and exit code 1 when a Redis ends', async () => {
    const { command, ready } = await started('--data', await smallDataset())
    process.kill(await pidOf(portOf(ready.redis[0] as string)), 'SIGKILL')
    expect(await command.exited()).toBe(1)
    expect(command.stderr).toMatch(/start: redis-server ended \(SIGKILL\)/)
    expect(await listens(portOf(ready.url))).toBe(false)
  })

  it('reports a port in use in one line, with exit code 1', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const command = new StartCommand('--port', String(port))
    expect(await command.exited()).toBe(1)
    expect(command.stderr).toBe(`start: port ${port} is in use; choose another with --port\n`)
  })

  it.each([
    [['--preset', 'huge'], 2, /^start: unknown preset huge; known: .*8cpu-24k.*, dev.*; see --help\n$/],
    [['--port', 'http'], 2, /^start: --port must be an integer from 0 to 65535, got "http"; see --help\n$/],
    [['--data', 'missing.tsv', '--port', '0'], 1, /^start: cannot read dataset missing\.tsv: there is no such file\n$/],
    [['--data=--help', '--port', '0'], 1, /^start: cannot read dataset --help: there is no such file\n$/],
    [['--data', '', '--port', '0'], 2, /^start: --data needs a value, got ""; see --help\n$/],
    [['--nope'], 2, /^start: Unknown option '--nope'; see --help\n$/],
    [
      ['--half-life', 'x', '--port', '0'],
      2,
      /^start: --half-life must be a number of days above 0, got "x"; see --help\n$/,
    ],
    [['--correct', 'x', '--port', '0'], 2, /^start: --correct must be letters, digits or off, got "x"; see --help\n$/],
  ])('reports the arguments %j in one line, with exit code %i', async (args, code, message) => {
    const command = new StartCommand(...args)
    expect(await command.exited()).toBe(code)
    expect(command.stderr).toMatch(message)
  })

  it('does not start with --fail-on-skipped if a line is bad', async () => {
    const file = await temporaryFile('bad.tsv', 'apple\t1\noops\n')
    const command = new StartCommand('--port', '0', '--data', file, '--fail-on-skipped')
    expect(await command.exited()).toBe(1)
    expect(command.stderr).toContain('start: 1 line is bad, and --fail-on-skipped is set\n')
  })

  it('rejects a dataset without a valid entry', async () => {
    const file = await temporaryFile('bad.tsv', 'nothing\n')
    const command = new StartCommand('--port', '0', '--data', file)
    expect(await command.exited()).toBe(1)
    expect(command.stderr).toContain('start: the dataset contains no valid entries\n')
  })
})

describe('npm start through npm', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('stops everything when npm gets %s', async (signal) => {
    const npm = spawn('npm', ['start', '--silent', '--', '--port', '0', '--json', '--data', await smallDataset()], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(npm.stdout, 'data')) as [Buffer]
    const { url, redis } = JSON.parse(line.toString()) as Ready
    npm.kill(signal)
    await once(npm, 'exit')
    // npm may exit before the programs that it started.
    for (const address of [url, ...redis])
      while (await listens(portOf(address))) await new Promise((r) => setTimeout(r, 50))
  })
})
