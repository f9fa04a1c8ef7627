import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { inRoot, ROOT } from './paths.ts'

/** Starts a command that runs a program and then prints the exit code. */
function twoSteps(program: string) {
  const script = `
    import { passThrough } from ${JSON.stringify(inRoot('tools', 'support', 'process.ts'))}
    console.log('code', await passThrough('sh', ['-c', ${JSON.stringify(program)}]))`
  const args = ['--import', 'tsx', '--input-type=module', '-e', script]
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
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
] as const)('%s ends the program, and then the command without its next step', async (signal) => {
  const run = twoSteps(`trap 'echo cleaned up; exit 0' INT TERM; echo ready; while :; do sleep 0.05; done`)
  while (!run.stdout.includes('ready')) await once(run.child.stdout, 'data')
  run.child.kill(signal)
  const [code, endedBy] = await once(run.child, 'close')
  expect([code, endedBy, run.stdout]).toEqual([null, signal, 'ready\ncleaned up\n'])
})
