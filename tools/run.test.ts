/** Tests the start of a command in a small project with a slow npm. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { inRoot } from './support/paths.ts'

/** A fake npm that slowly installs the files that run.mjs loads. Like npm, it writes its record last. */
const SLOW_NPM = `#!/bin/sh
echo "start $*" >> npm-calls
rm -rf node_modules
mkdir -p node_modules/tsx
while [ ! -e go-on ]; do sleep 0.05; done
echo '{"name":"tsx","exports":{"./esm/api":"./api.mjs"}}' > node_modules/tsx/package.json
echo 'export const register = () => {}' > node_modules/tsx/api.mjs
touch node_modules/.package-lock.json
echo end >> npm-calls
`

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(await realpath(tmpdir()), 'run-test-'))
  for (const folder of ['tools', 'bin']) await mkdir(join(root, folder))
  await mkdir(join(root, 'service', 'src', 'dataset'), { recursive: true })
  for (const file of ['tools/run.mjs', 'service/src/dataset/output-errors.ts']) {
    await copyFile(inRoot(file), join(root, file))
  }
  await writeFile(
    join(root, 'tools', 'run-command.ts'),
    "export const runCommand = async (name) => console.log('ran', name, 'in', process.cwd())",
  )
  await writeFile(join(root, 'package-lock.json'), '{}')
  await writeFile(join(root, 'bin', 'npm'), SLOW_NPM, { mode: 0o755 })
})
afterEach(() => rm(root, { recursive: true }))

const calls = () => readFile(join(root, 'npm-calls'), 'utf8').catch(() => '')
const letNpmFinish = () => writeFile(join(root, 'go-on'), '')

class Run {
  output = ''
  stderr = ''
  readonly child: ChildProcess
  /** @param folders the folder of the process, and npm's variable for the folder where the user ran npm */
  constructor(folders: { cwd?: string; INIT_CWD?: string } = {}) {
    const path = [join(root, 'bin'), dirname(process.execPath), process.env.PATH].join(delimiter)
    this.child = spawn(process.execPath, [join(root, 'tools', 'run.mjs'), 'start'], {
      cwd: folders.cwd,
      env: { ...process.env, INIT_CWD: folders.INIT_CWD, PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Use a separate process group, so that the test can interrupt it as a terminal would.
      detached: true,
    })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (data) => {
        this.output += data
      })
    }
    this.child.stderr?.on('data', (data) => {
      this.stderr += data
    })
  }

  /** Simulates Ctrl-C: the terminal sends the signal to the whole process group. */
  interrupt(): void {
    process.kill(-(this.child.pid as number), 'SIGINT')
  }

  get #hasExited(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) {
      if (this.#hasExited)
        throw new Error(`it ended with ${this.child.exitCode ?? this.child.signalCode}: ${this.output}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async end(): Promise<number | null> {
    if (!this.#hasExited) await once(this.child, 'close')
    return this.child.exitCode
  }
}

describe('the folder of a command', () => {
  beforeEach(letNpmFinish)

  it('is the one where the user ran npm, although npm runs scripts in the root', async () => {
    const run = new Run({ cwd: root, INIT_CWD: join(root, 'bin') })
    expect(await run.end(), run.output).toBe(0)
    expect(run.output).toContain(`ran start in ${await realpath(join(root, 'bin'))}\n`)
  })

  it('stays the same without npm', async () => {
    for (const folders of [{ cwd: root }, { cwd: join(root, 'tools'), INIT_CWD: join(root, 'bin') }]) {
      const run = new Run(folders)
      expect(await run.end(), run.output).toBe(0)
      expect(run.output).toContain(`ran start in ${await realpath(folders.cwd)}\n`)
    }
  })
})

async function installing(): Promise<Run> {
  const run = new Run()
  await run.until(async () => (await calls()).includes('start'))
  return run
}

describe('npm ci at the start of a command', () => {
  it('runs once, before the first command', async () => {
    await letNpmFinish()
    for (let time = 1; time <= 2; time++) {
      const run = new Run()
      expect(await run.end(), run.output).toBe(0)
      expect(run.output).toMatch(/^ran start/m)
    }
    expect(await calls()).toBe('start ci --no-audit --no-fund --loglevel=error\nend\n')
  })

  it('is announced in a pipe', async () => {
    const run = await installing()
    expect(run.stderr).toBe('installing the npm packages …\n')
    await letNpmFinish()
    expect(await run.end()).toBe(0)
    expect(run.stderr).toBe('installing the npm packages …\n')
    const next = new Run()
    expect(await next.end()).toBe(0)
    expect(next.stderr).toBe('')
  })

  it('runs again if the lockfile is newer', async () => {
    await letNpmFinish()
    await new Run().end()
    const future = Date.now() / 1000 + 60
    await utimes(join(root, 'package-lock.json'), future, future)
    await new Run().end()
    expect((await calls()).match(/end/g)).toHaveLength(2)
  })

  it('finishes after an interrupt, and the next start does not run it again', async () => {
    const run = await installing()
    run.interrupt()
    await run.until(() => run.output.includes('waiting for npm ci to finish'))
    expect(await calls()).not.toContain('end')
    await letNpmFinish()
    expect(await run.end()).toBe(130)
    expect(await calls()).toMatch(/end\n$/)
    expect(run.output).not.toContain('ran start')

    const next = new Run()
    expect(await next.end(), next.output).toBe(0)
    expect(next.output).toContain('ran start')
    expect((await calls()).match(/start/g)).toHaveLength(1)
  })

  it('finishes after an interrupt that comes as soon as it starts', async () => {
    await writeFile(join(root, 'bin', 'npm'), SLOW_NPM.replace('\n', '\nkill -INT "$PPID"\n'), { mode: 0o755 })
    await letNpmFinish()
    const run = new Run()
    expect(await run.end(), run.output).toBe(130)
    expect(await calls()).toMatch(/end\n$/)
  })

  it('stops at the second interrupt, and the next start runs it again', async () => {
    // npm itself ignores the first SIGTERM, too.
    await writeFile(join(root, 'bin', 'npm'), SLOW_NPM.replace('\n', "\ntrap '' TERM\n"), { mode: 0o755 })
    const run = await installing()
    run.interrupt()
    await run.until(() => run.output.includes('interrupt again'))
    run.interrupt()
    expect(await run.end()).toBe(130)
    expect(await calls()).not.toContain('end')

    await letNpmFinish()
    const next = new Run()
    expect(await next.end(), next.output).toBe(0)
    expect(next.output).toContain('ran start')
    expect((await calls()).match(/start/g)).toHaveLength(2)
  })

  it('runs once for commands that start at the same time', async () => {
    const first = await installing()
    const second = new Run()
    await second.until(() => second.stderr.includes('\n'))
    expect(second.stderr).toBe('waiting for another command, which is installing the npm packages …\n')
    await letNpmFinish()
    for (const run of [first, second]) {
      expect(await run.end(), run.output).toBe(0)
      expect(run.output).toContain('ran start')
    }
    expect((await calls()).match(/start/g)).toHaveLength(1)
  })

  it('runs in a waiting command if it failed in the first one', async () => {
    const first = await installing()
    const second = new Run()
    await second.until(() => second.stderr.includes('waiting'))
    first.interrupt()
    await first.until(() => first.output.includes('interrupt again'))
    first.interrupt()
    expect(await first.end()).toBe(130)
    await letNpmFinish()
    expect(await second.end(), second.output).toBe(0)
    expect((await calls()).match(/start/g)).toHaveLength(2)
  })

  it('runs again after a command was killed while it installed the packages', async () => {
    const run = await installing()
    run.child.kill('SIGKILL')
    await letNpmFinish()
    await vi.waitFor(async () => expect(await calls()).toContain('end'), 10_000)
    await rm(join(root, 'node_modules', '.package-lock.json'))
    const lock = join(root, '.tools', 'npm-ci.lock')
    const past = Date.now() / 1000 - 11
    await utimes(lock, past, past)
    const next = new Run()
    expect(await next.end(), next.output).toBe(0)
    expect((await calls()).match(/end/g)).toHaveLength(2)
    await expect(stat(lock)).rejects.toThrow('ENOENT')
  })

  it('is reported in one line with exit code 1 if it fails', async () => {
    await writeFile(join(root, 'bin', 'npm'), '#!/bin/sh\nexit 7\n', { mode: 0o755 })
    const run = new Run()
    expect(await run.end()).toBe(1)
    expect(run.output).toBe(
      'installing the npm packages …\nnpm ci failed: it ended with 7; nothing runs without the npm packages\n',
    )
    expect(await readdir(join(root, '.tools'))).toEqual([])
  })
})
