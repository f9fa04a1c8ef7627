import { existsSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from './run-command.ts'
import { type CommandCall, runInOneProcess } from './support/command-batch.ts'
import { inRoot, ROOT } from './support/paths.ts'
import { capture, type Result } from './support/process.ts'

/** Runs a script from package.json without npm. */
const run = (script: string, ...args: string[]) =>
  capture(process.execPath, [inRoot('tools', 'run.mjs'), script, ...args], { cwd: ROOT })

interface Case {
  script: string
  options: string[]
  /** Arguments, the last of which is one too many; undefined for a script that accepts any number. */
  surplus?: string[]
}

const CASES: Case[] = [
  {
    script: 'start',
    options: [
      '--preset',
      '--port',
      '--data',
      '--half-life',
      '--encoding',
      '--match-infix',
      '--correct',
      '--exact',
      '--json',
    ],
    surplus: ['x'],
  },
  { script: 'test', options: ['--test-name', '--update'] },
  { script: 'test:all', options: ['--rest'], surplus: ['x'] },
  { script: 'test:cluster', options: [] },
  { script: 'test:chaos', options: ['--minutes', '--only', '--json', '--write'], surplus: ['x'] },
  { script: 'lint', options: [], surplus: ['x'] },
  { script: 'format', options: [], surplus: ['x'] },
  { script: 'dataset', options: ['--out', '--publish', '--json'] },
  { script: 'gen-values', options: ['--cpus', '--explain', '--check', '--validate'], surplus: ['x'] },
  { script: 'gen-words', options: [], surplus: ['x'] },
  { script: 'build:k6', options: [], surplus: ['x'] },
  { script: 'loadtest', options: ['--env'], surplus: ['x'] },
  {
    script: 'deploy',
    options: ['--preset', '--namespace', '--set', '--timeout', '--dry-run', '--json'],
    surplus: ['a', 'b'],
  },
  { script: 'bench', options: ['--rounds', '--json', '--write', '--write-costs'], surplus: ['costs', 'x'] },
  { script: 'sbom', options: ['--out', '--k6', '--json'], surplus: ['x'] },
]

it('knows every command in package.json, and these tests cover all commands', async () => {
  const { scripts } = JSON.parse(await readFile(inRoot('package.json'), 'utf8')) as { scripts: Record<string, string> }
  const run = Object.entries(scripts).map(([script, line]) => {
    const [, command, argument] = /^(?:exec )?node tools\/run\.mjs (\S+)(?: (\S+))?$/.exec(line) ?? []
    // A script with an argument is a shortcut for another script, such as `bench:quality`.
    expect(argument === undefined ? command : `${command}:${argument}`).toBe(script)
    return command
  })
  const known = Object.keys(COMMANDS).sort()
  expect([...new Set(run)].sort()).toEqual(known)
  expect(CASES.map(({ script }) => script).sort()).toEqual(known)
})

describe.each(CASES)('$script', ({ script, options, surplus }) => {
  const results = new Map<string, Result>()
  beforeAll(async () => {
    const calls: CommandCall[] = [
      [script, '--help'],
      [script, '--nope'],
      ...(surplus ? [[script, ...surplus] as const] : []),
    ]
    for (const [at, result] of (await runInOneProcess(ROOT, calls)).entries()) {
      results.set(['help', 'unknown option', 'surplus argument'][at] as string, result)
    }
  })

  it('prints its usage and names its options with --help', () => {
    const { code, stdout, stderr } = results.get('help') as Result
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^usage: npm (run )?${script}( |\\n)`))
    for (const option of [...options, '--help']) expect(stdout).toMatch(new RegExp(`^ +(-\\w, )?${option}\\b`, 'm'))
    // The dataset builder is a program of the service and prints its own help.
    if (script === 'dataset') return
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120)
  })

  it('rejects an unknown option in one line, with exit code 2', () => {
    const { code, stdout, stderr } = results.get('unknown option') as Result
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^${script}: Unknown option '--nope'.*; see --help\\n$`))
  })

  it.skipIf(!surplus)('rejects a surplus argument in one line, with exit code 2', () => {
    const { code, stdout, stderr } = results.get('surplus argument') as Result
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(new RegExp(`^${script}: unexpected argument "?${surplus?.at(-1)}"?; see --help\\n$`))
  })
})

it('runs a command with its arguments, and exits with the same code', async () => {
  const [help, unknown] = await Promise.all([run('lint', '--help'), run('lint', '--nope')])
  expect([help.code, help.stderr, unknown.code, unknown.stdout]).toEqual([0, '', 2, ''])
  expect(help.stdout).toMatch(/^usage: npm run lint /)
  expect(unknown.stderr).toMatch(/^lint: Unknown option '--nope'.*; see --help\n$/)
})

it('rejects an unknown command in one line, with exit code 2', async () => {
  const { code, stdout, stderr } = await run('nope')
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^unknown command "nope"; known: start, .*\n$/)
})

describe.skipIf(!existsSync('/dev/full'))('a command whose standard output is a full disk', () => {
  it.each([
    ['gen-values', '--explain', 'dev', '--json'],
    ['gen-values', '--dry-run', '--json'],
    ['gen-words', '--help'],
  ])('fails with one line: %s %s', async (script, ...args) => {
    const full = await open('/dev/full', 'w')
    try {
      const { code, stderr } = await capture(process.execPath, [inRoot('tools', 'run.mjs'), script, ...args], {
        cwd: ROOT,
        stdio: ['ignore', full.fd, 'pipe'],
      })
      expect(stderr).toBe(`${script}: cannot write to standard output: ENOSPC: no space left on device\n`)
      expect(code).toBe(1)
    } finally {
      await full.close()
    }
  })
})

it.skipIf(process.platform === 'win32')('a command prints no error when the reader of its output is gone', async () => {
  const command = `'${process.execPath}' tools/run.mjs gen-values --help | true`
  expect(await capture('/bin/sh', ['-c', command], { cwd: ROOT })).toEqual({ code: 0, stdout: '', stderr: '' })
})

it.each([
  ['without colors into a pipe', {}, false],
  ['with colors if FORCE_COLOR is set', { FORCE_COLOR: '1' }, true],
])('npm test prints %s', async (_, colors, hasColors) => {
  const { CI, FORCE_COLOR, NO_COLOR, ...env } = process.env
  const args = [inRoot('tools', 'run.mjs'), 'test', 'no-such-test']
  const { stdout, stderr } = await capture(process.execPath, args, { cwd: ROOT, env: { ...env, ...colors } })
  expect(stdout + stderr).toContain('No test files found')
  expect((stdout + stderr).includes('\x1b[')).toBe(hasColors)
})
