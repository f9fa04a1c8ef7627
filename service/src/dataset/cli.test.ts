import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const CLI = fileURLToPath(new URL('../../dist/dataset/cli.js', import.meta.url))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dataset-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function dataset(...args: string[]) {
  return ended(spawn(process.execPath, [CLI, ...args], { cwd: folder }))
}

async function ended(child: ChildProcessWithoutNullStreams) {
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => (stdout += data))
  child.stderr.on('data', (data) => (stderr += data))
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr }
}

describe('the dataset builder', () => {
  it('builds from several files and reports what it left out', async () => {
    await writeFile(join(folder, 'a.tsv'), 'apple\t3\noops\n')
    await writeFile(join(folder, 'b.jsonl'), '{"text":"Apple","weight":1}\n{"text":"pear","weight":2}\n')
    const { code, stdout, stderr } = await dataset('--out', 'dump.rdb', '--json', 'a.tsv', 'b.jsonl')
    expect(stderr).toBe('a.tsv:2: left out: it needs two columns, text<TAB>weight\n')
    expect(JSON.parse(stdout)).toMatchObject({ file: 'dump.rdb', entries: 2, duplicates: 1, skipped: 1 })
    expect(code).toBe(0)
  })

  it('takes the words that come with the project when no file is given', async () => {
    const { code, stdout } = await dataset('--out', 'dump.rdb')
    expect(stdout).toMatch(/^dump\.rdb: 99646 entries, version [0-9a-f]{16}, \d+ bytes/)
    expect(code).toBe(0)
  })

  it('fails in one line, and writes nothing, without a valid entry', async () => {
    await writeFile(join(folder, 'bad.tsv'), 'oops\n')
    const { code, stderr } = await dataset('--out', 'dump.rdb', 'bad.tsv')
    expect(stderr.split('\n')).toEqual([
      'bad.tsv:1: left out: it needs two columns, text<TAB>weight',
      'dataset: the dataset holds no valid entry',
      '',
    ])
    expect(code).toBe(1)
    expect(await readdir(folder)).toEqual(['bad.tsv'])
  })

  it.each([
    [['--out', 'dump.rdb', 'missing.tsv'], 1, 'dataset: cannot read dataset missing.tsv: there is no such file\n'],
    [['words.tsv'], 2, 'dataset: either --out FILE.rdb or --publish redis://HOST:PORT is needed; see --help\n'],
    [
      ['--out', 'a.rdb', '--half-life=0'],
      2,
      'dataset: --half-life takes a number of days above 0, got "0"; see --help',
    ],
    [['--publish', 'localhost:1'], 2, 'dataset: --publish takes redis://HOST:PORT or rediss://HOST:PORT; see --help'],
    [
      ['--publish', 'redis://127.0.0.1:1'],
      1,
      'dataset: cannot publish to 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
    ],
    [['--out', 'no/dump.rdb'], 1, /^dataset: ENOENT/],
    [['--nope'], 2, /^dataset: Unknown option '--nope'/],
  ])('%j ends with code %i and one line', async (args, code, message) => {
    const result = await dataset(...args)
    expect(result.stderr).toMatch(message)
    expect(result.stderr.trim().split('\n')).toHaveLength(1)
    expect(result.code).toBe(code)
  })

  it('tells everything that it left out, in a file of its own', async () => {
    const lines = Array.from({ length: 100 }, (_, i) => `word${i}\t-1`)
    await writeFile(join(folder, 'bad.tsv'), `text\tweight\talias\nfine\t1\t\n${lines.join('\n')}\n`)
    const { code, stderr, stdout } = await dataset(
      '--out',
      'dump.rdb',
      '--report',
      'left-out.jsonl',
      '--json',
      'bad.tsv',
    )
    expect(code).toBe(0)
    expect(stderr).toContain('bad.tsv: the column "alias" is not known\n')
    expect(JSON.parse(stdout)).toMatchObject({ entries: 1, skipped: 100, unknownColumns: ['alias'] })
    const told = (await readFile(join(folder, 'left-out.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(told).toHaveLength(100)
    expect(told[99]).toEqual({
      file: 'bad.tsv',
      line: 102,
      reason: 'the weight must be a number of 0 or more, got "-1"',
    })
  })

  it('writes nothing when a line is bad that may not be left out', async () => {
    await writeFile(join(folder, 'bad.tsv'), 'apple\t1\noops\n')
    const { code, stderr } = await dataset('--out', 'dump.rdb', '--fail-on-skipped', 'bad.tsv')
    expect(stderr).toContain('dataset: 1 lines are bad, and none may be left out\n')
    expect(code).toBe(1)
    expect(await readdir(folder)).toEqual(['bad.tsv'])
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind when it gets %s while it writes', async (signal) => {
    await writeFile(join(folder, 'words.tsv'), Array.from({ length: 400_000 }, (_, i) => `word ${i}\t${i}\n`).join(''))
    const child = spawn(process.execPath, [CLI, '--out', 'dump.rdb', 'words.tsv'], { cwd: folder })
    const result = ended(child)
    while (!(await readdir(folder)).some((name) => name.endsWith('.partial'))) {
      if (child.exitCode !== null) throw new Error('it ended before it was interrupted')
    }
    child.kill(signal)
    expect(await result).toEqual({ code: 130, stdout: '', stderr: '' })
    expect(await readdir(folder)).toEqual(['words.tsv'])
  })

  it('shows on a terminal how far it is', async ({ skip }) => {
    // Util-linux has it.
    if (!existsSync('/usr/bin/script')) return skip('there is no program script, which gives a program a terminal')
    await writeFile(join(folder, 'words.tsv'), 'apple\t1\n')
    const command = `'${process.execPath}' '${CLI}' --out dump.rdb words.tsv`
    const { stdout } = await ended(spawn('/usr/bin/script', ['-qec', command, '/dev/null'], { cwd: folder }))
    for (const step of ['reading words.tsv [##', 'sorting', 'writing [##']) expect(stdout).toContain(step)
    expect(stdout).toContain(' 100 %')
  })
})
