import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { inRoot, ROOT } from './paths.ts'

/** Runs statements that use a `progress` with standard error in a pipe. */
function inPipe(statements: string) {
  const script = `
    import { createProgress } from ${JSON.stringify(inRoot('tools', 'support', 'progress.ts'))}
    const progress = createProgress()
    ${statements}`
  const args = ['--import', 'tsx', '--input-type=module', '-e', script]
  return spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] })
}

it('in a pipe, prints one line for each installation and nothing else', async () => {
  const child = inPipe(`
    progress.step('building the dataset')
    progress.install('building k6')
    progress.detail('half')
    progress.install('installing wrk')
    progress.end()`)
  let stderr = ''
  child.stderr.on('data', (data) => {
    stderr += data
  })
  await once(child, 'close')
  expect(stderr).toBe('building k6 …\ninstalling wrk …\n')
})

it('ends normally if the reader of the pipe is gone', async () => {
  const child = inPipe(`progress.install('building k6')`)
  child.stderr.destroy()
  expect(await once(child, 'close')).toEqual([0, null])
})
