import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inRoot, ROOT } from './paths.ts'
import { versionOf } from './process.ts'
import { ownTemporaryFolder } from './temporary-folder.ts'

/** Starts a command that runs a program and then prints the exit code. */
function twoSteps(program: string, options = {}) {
  const script = `
    import { passThrough } from ${JSON.stringify(inRoot('tools', 'support', 'process.ts'))}
    console.log('code', await passThrough('sh', ['-c', ${JSON.stringify(program)}], ${JSON.stringify(options)}))`
  const args = ['--import', 'tsx', '--input-type=module', '-e', script]
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const run = { child, stdout: '' }
  child.stdout.on('data', (data) => {
    run.stdout += data
  })
  return run
}

it('returns the exit code of a program', async () => {
  const run = twoSteps('echo hello; exit 3')
  await once(run.child, 'close')
  expect(run.stdout).toBe('hello\ncode 3\n')
})

it.each([
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
] as const)('%s ends the program and then the command, which does not start its next step', async (signal) => {
  const run = twoSteps(`trap 'echo cleaned up; exit 0' INT TERM HUP; echo ready; while :; do sleep 0.05; done`)
  while (!run.stdout.includes('ready')) await once(run.child.stdout, 'data')
  run.child.kill(signal)
  const [code, endedBy] = await once(run.child, 'close')
  expect([code, endedBy, run.stdout]).toEqual([null, signal, 'ready\ncleaned up\n'])
})

// A terminal sends Ctrl-C to all processes of a group, and npm forwards it to its child.
it('relays a signal that arrives several times only once to a program with its own process group', async () => {
  const program = `
    signals=0; trap 'signals=$((signals + 1))' INT; trap 'echo "$signals signals"; exit' TERM
    echo ready; while :; do sleep 0.05; done`
  const run = twoSteps(program, { detached: true })
  while (!run.stdout.includes('ready')) await once(run.child.stdout, 'data')
  for (let i = 0; i < 3; i++) {
    process.kill(-(run.child.pid as number), 'SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  // The shell counts a signal only after its current command.
  await new Promise((resolve) => setTimeout(resolve, 300))
  run.child.kill('SIGTERM')
  const [, endedBy] = await once(run.child, 'close')
  expect([endedBy, run.stdout]).toEqual(['SIGTERM', 'ready\n1 signals\n'])
})

it.runIf(process.platform === 'linux')('suspends and resumes a program with its own process group', async () => {
  const program = `trap 'echo resumed; exit' CONT; echo "ready $$"; while :; do sleep 0.05; done`
  const run = twoSteps(program, { detached: true })
  while (!run.stdout.includes('ready')) await once(run.child.stdout, 'data')
  const stateOf = async (pid: unknown) => (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').charAt(0)
  run.child.kill('SIGTSTP')
  const pids = [run.child.pid, /\d+/.exec(run.stdout)?.[0]]
  await expect.poll(() => Promise.all(pids.map(stateOf)), { timeout: 10_000 }).toEqual(['T', 'T'])
  run.child.kill('SIGCONT')
  await once(run.child, 'close')
  expect(run.stdout).toContain('resumed')
})

it.each([
  ['wrk debian/4.1.0-3+b2 [epoll] Copyright (C) 2012 Will Glozer\nUsage: wrk <options> <url>', 0, '4.1.0'],
  ['wrk 4.2.0 [kqueue] Copyright (C) 2012 Will Glozer', 1, '4.2.0'],
  ['nginx version: nginx/1.24.0 (Ubuntu)', 0, '1.24.0'],
  ['k6 v1.3.0 (go1.26.1, linux/amd64)', 0, '1.3.0'],
  ['usage: wrk', 1, 'unknown'],
])('finds the version in %j', async (text, code, version) => {
  const program = join(await ownTemporaryFolder(), 'program')
  for (const stream of [1, 2]) {
    await writeFile(program, `#!/bin/sh\n[ "$1" = -v ] && echo '${text}' >&${stream}\nexit ${code}\n`, { mode: 0o755 })
    expect(await versionOf(program, '-v')).toBe(version)
  }
})
