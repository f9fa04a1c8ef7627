import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Costs } from '../../../generator/src/capacity/costs.ts'
import { inRoot, ROOT } from '../../support/paths.ts'
import { NO_PROGRESS } from '../../support/progress.ts'
import { toTable } from './costs/costs.ts'
import { processTree, readProc } from './cpu-time.ts'
import { findNginx } from './nginx.ts'
import { findWrk } from './wrk.ts'

/** `npm run bench` as a program of its own, without npm around it, with a folder of its own for temporary files. */
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

describe('npm run bench', () => {
  it('tells its options', async () => {
    const { code, stdout, stderr } = await (await bench('--help')).ended()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const option of ['costs', '--write', '--write-costs', '--rounds', '--json', '--help'])
      expect(stdout).toContain(`  ${option} `)
  })

  it.each([
    [['--rounds', '0'], 'bench: --rounds takes a whole number from 1 to 20, got 0\n'],
    [['--rounds', '21'], 'bench: --rounds takes a whole number from 1 to 20, got 21\n'],
    [['--rounds', '1.5'], 'bench: --rounds takes a whole number from 1 to 20, got 1.5\n'],
    [['--rounds='], 'bench: --rounds takes a whole number from 1 to 20, got \n'],
    [['--nope'], /^bench: Unknown option '--nope'.*\n$/],
    [['--json', 'missing/costs.json'], /^bench: cannot write missing\/costs\.json: ENOENT.*\n$/],
  ])('%j is one line and code 1', async (args, message) => {
    const { code, stdout, stderr } = await (await bench(...args)).ended()
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    if (typeof message === 'string') expect(stderr).toBe(message)
    else expect(stderr).toMatch(message)
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it.skipIf(process.platform !== 'linux')(`stops everything when it gets ${signal} under load`, async ({ skip }) => {
      if (!(await findWrk(NO_PROGRESS).catch(() => undefined))) return skip('wrk cannot be had here')
      if (!(await findNginx(NO_PROGRESS).catch(() => undefined))) return skip('nginx cannot be had here')
      const command = await bench('costs', '--rounds', '1')
      const nameOf = (pid: number) => readProc(`${pid}/comm`)?.trim()
      const names = () => processTree(command.pid).map(nameOf)
      while (!names().includes('wrk')) await new Promise((resolve) => setTimeout(resolve, 50))
      expect(names()).toContain('nginx')
      // tsx's compiler ends a moment after the program that it compiles for.
      const pids = processTree(command.pid).filter((pid) => nameOf(pid) !== 'esbuild')
      expect(await command.leftovers()).not.toEqual([])

      command.signal(signal)
      expect(await command.ended()).toEqual({ code: 130, stdout: '', stderr: '' })
      expect(pids.filter((pid) => readProc(`${pid}/stat`) !== undefined)).toEqual([])
      expect(await command.leftovers()).toEqual([])
    })
  }
})

it('the table is for people', () => {
  const row = { mainThreadMicros: 61.2, redisMicros: 7, ingressMicros: 46.2, p50Ms: 1.3, p99Ms: 10.87 }
  const costs: Costs = {
    measured: {
      date: '2026-11-23',
      machine: 'AMD EPYC, 2 CPUs',
      os: 'Linux 6.1',
      node: '20.20.2',
      redis: '7.0.15',
      nginx: '1.22.1',
      client: 'wrk 4.1.0',
      rounds: 3,
      entries: 99_646,
    },
    load: [
      { requestsPerSecond: 99, appMicros: 845.7, ...row },
      { requestsPerSecond: 7759, appMicros: 104.6, ...row },
    ],
    memory: {
      httpProcessBytes: 93_302_784,
      rankingThreadBytes: 40_952_832,
      httpConnectionBytes: 5215,
      appEntryBytes: 61.5,
      appLoadingBytes: 40.25,
      redisBaseBytes: 9_566_503,
      redisEntryBytes: 26.98,
      redisClientBytes: 38_115,
    },
  }
  expect(toTable(costs)).toBe(`AMD EPYC, 2 CPUs, Linux 6.1, Node.js 20.20.2, Redis 7.0.15, nginx 1.22.1, wrk 4.1.0
CPU time of a request in microseconds; the app is one HTTP process with one ranking thread:

requests/s  app µs  main thread µs  Redis µs  nginx µs  p50 ms  p99 ms
----------  ------  --------------  --------  --------  ------  ------
        99   845.7            61.2       7.0      46.2    1.30   10.87
     7,759   104.6            61.2       7.0      46.2    1.30   10.87

memory                                         bytes
----------------------------------------  ----------
HTTP process, without ranking threads     93,302,784
ranking thread                            40,952,832
open HTTP connection                           5,215
dataset entry, in the index of a process        61.5
  while it is loaded, besides                  40.25
Redis without data                         9,566,503
dataset entry, in Redis                        26.98
client of Redis                               38,115
`)
})
