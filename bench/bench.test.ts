import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { findNginx } from '../tools/programs/nginx.ts'
import { findWrk } from '../tools/programs/wrk.ts'
import { UsageError } from '../tools/support/command-line.ts'
import { inRoot, ROOT } from '../tools/support/paths.ts'
import { processTree, readProc } from '../tools/support/processes.ts'
import { NO_PROGRESS } from '../tools/support/progress.ts'
import { main } from './bench.ts'

/** Runs `npm run bench` in its own process, with its own folder for temporary files. */
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
    // Ignore the files of tsx, which are in the same folder.
    leftovers: async () => (await readdir(folder)).filter((name) => name.startsWith('autocomplete-')),
  }
}

it('lists the subjects and options with --help', async () => {
  const { code, stdout, stderr } = await (await bench('--help')).ended()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const option of ['costs', 'guard', '--quick', '--write', '--write-costs', '--base', '--rounds', '--json'])
    expect(stdout).toContain(`  ${option} `)
})

it.each([
  [['--rounds', '0'], '--rounds must be an integer from 1 to 20, got "0"'],
  [['--rounds', '1.5'], '--rounds must be an integer from 1 to 20, got "1.5"'],
  [
    ['nope'],
    'SUBJECT must be one of comparison, tail, costs, catalog, peers, quality, loadgen, overload, posts, guard, got "nope"',
  ],
  [['tail', '--write-costs'], '--write-costs works only with the subject costs, got tail'],
  [['costs', '--write'], 'the figures of costs are written by --write-costs, not --write'],
  [['--quick', '--write'], '--quick cannot be combined with --write or --write-costs'],
  [['guard', '--write'], '--write cannot be combined with guard'],
  [['tail', '--base', 'HEAD'], '--base works only with guard, got tail'],
])('rejects the command line %j', async (args, message) => {
  const error = await main(args).catch((error) => error)
  expect(error).toBeInstanceOf(UsageError)
  expect(error.message).toBe(message)
})

it('reports an unwritable file before it measures anything', async () => {
  await expect(main(['--json', 'missing/costs.json'])).rejects.toThrow(/^cannot write missing\/costs\.json: ENOENT/)
  await expect(main(['--json', tmpdir()])).rejects.toThrow(`cannot write ${tmpdir()}: it is a folder, not a file`)
})

it.skipIf(process.platform !== 'linux').each(['SIGINT', 'SIGTERM'] as const)(
  'stops all programs on %s under load',
  async (signal) => {
    await findWrk(NO_PROGRESS)
    await findNginx(NO_PROGRESS)
    const command = await bench('costs', '--rounds', '1')
    const nameOf = (pid: number) => readProc(`${pid}/comm`)?.trim()
    const names = () => processTree(command.pid).map(nameOf)
    // Wait for nginx, too. Before nginx starts, the command runs wrk only to get the version of wrk.
    while (!['wrk', 'nginx'].every((name) => names().includes(name))) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    // The esbuild process that tsx starts exits shortly after the program that tsx runs.
    const pids = processTree(command.pid).filter((pid) => nameOf(pid) !== 'esbuild')
    expect(await command.leftovers()).not.toEqual([])

    command.signal(signal)
    const { code, stdout, stderr } = await command.ended()
    // On a busy machine, the service may log that it has rejected queries.
    const messages = stderr.split('\n').filter((line) => line !== '' && !line.includes('"msg":"queries rejected'))
    expect({ code, stdout, messages }).toEqual({ code: 130, stdout: '', messages: [] })
    expect(pids.filter((pid) => readProc(`${pid}/stat`) !== undefined)).toEqual([])
    expect(await command.leftovers()).toEqual([])
  },
)
