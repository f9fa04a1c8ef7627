import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { findNginx } from '../tools/programs/nginx.ts'
import { findWrk } from '../tools/programs/wrk.ts'
import { inRoot, ROOT } from '../tools/support/paths.ts'
import { processTree, readProc } from '../tools/support/processes.ts'
import { NO_PROGRESS } from '../tools/support/progress.ts'

/** `npm run bench` as a process of its own, with its own folder for temporary files. */
async function bench(...args: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-test-'))
  const child = spawn(process.execPath, [inRoot('tools', 'run.mjs'), 'bench', ...args], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (data) => (output.stdout += data))
  child.stderr.on('data', (data) => (output.stderr += data))
  const closed = once(child, 'close') as Promise<[number | null]>
  onTestFinished(async () => {
    child.kill()
    await closed
    await rm(folder, { recursive: true })
  })
  return {
    pid: child.pid as number,
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    ended: async () => ({ code: (await closed)[0], ...output }),
    // The folder also has the files of tsx.
    leftovers: async () => (await readdir(folder)).filter((name) => name.startsWith('autocomplete-')),
  }
}

it('--help lists the subjects and options', async () => {
  const { code, stdout, stderr } = await (await bench('--help')).ended()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const option of ['costs', 'guard', '--quick', '--write', '--write-costs', '--rounds', '--json'])
    expect(stdout).toContain(`  ${option} `)
})

it.each([
  [['--rounds', '0'], 2, '--rounds must be an integer from 1 to 20, got "0"'],
  [['--rounds', '1.5'], 2, '--rounds must be an integer from 1 to 20, got "1.5"'],
  [
    ['nope'],
    2,
    'SUBJECT must be one of comparison, tail, costs, catalogue, quality, loadgen, overload, guard, got "nope"',
  ],
  [['tail', '--write-costs'], 2, '--write-costs is for the subject costs, got tail'],
  [['--quick', '--write'], 2, '--quick figures cannot be written or compared'],
  [['--nope'], 2, /--nope/],
  [['--json', 'missing/costs.json'], 1, /^bench: cannot write missing\/costs\.json: ENOENT/],
])('%j is code %i and one line', async (args, wanted, message) => {
  const { code, stdout, stderr } = await (await bench(...args)).ended()
  expect({ code, stdout }).toEqual({ code: wanted, stdout: '' })
  expect(stderr).toMatch(message instanceof RegExp ? message : /./)
  if (typeof message === 'string') expect(stderr).toContain(message)
  expect(
    stderr
      .trimEnd()
      .split('\n')
      .filter((line) => line.startsWith('bench:')),
  ).toHaveLength(1)
})

it.skipIf(process.platform !== 'linux').each(['SIGINT', 'SIGTERM'] as const)(
  'stops everything when it gets %s under load',
  async (signal) => {
    await findWrk(NO_PROGRESS)
    await findNginx(NO_PROGRESS)
    const command = await bench('costs', '--rounds', '1')
    const nameOf = (pid: number) => readProc(`${pid}/comm`)?.trim()
    const names = () => processTree(command.pid).map(nameOf)
    while (!names().includes('wrk')) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(names()).toContain('nginx')
    // The compiler of tsx ends a moment after its program.
    const pids = processTree(command.pid).filter((pid) => nameOf(pid) !== 'esbuild')
    expect(await command.leftovers()).not.toEqual([])

    command.signal(signal)
    expect(await command.ended()).toEqual({ code: 130, stdout: '', stderr: '' })
    expect(pids.filter((pid) => readProc(`${pid}/stat`) !== undefined)).toEqual([])
    expect(await command.leftovers()).toEqual([])
  },
)
