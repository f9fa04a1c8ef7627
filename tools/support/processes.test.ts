import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  cpuSeconds,
  openFilesLimit,
  parseOpenFiles,
  parseParent,
  parsePss,
  parseSchedstat,
  processTree,
  pssBytes,
  threadCpuSeconds,
} from './processes.ts'

const SMAPS_ROLLUP = `5605a1a5c000-7ffde8b5e000 ---p 00000000 00:00 0                          [rollup]
Rss:                1756 kB
Pss:                 317 kB
Pss_Dirty:           132 kB
Pss_Anon:            132 kB
Pss_File:            185 kB
Pss_Shmem:             0 kB
Shared_Clean:       1624 kB
`
const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            20000                524288               files
Max locked memory         8388608              8388608              bytes
`

/** Uses some CPU time in each of `generations` processes, prints the time and the process id, and then waits. */
const BURNER = `
const burn = (generations) => {
  if (generations > 1) require('child_process').spawn(process.execPath, ['-e', process.env.BURNER], {
    env: { ...process.env, GENERATIONS: generations - 1 }, stdio: ['pipe', 'inherit', 'inherit']
  })
  const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6 }
  while (used() < 0.5);
  console.log(JSON.stringify({ pid: process.pid, seconds: used() }))
  // Exit when the parent exits.
  process.stdin.on('end', () => process.exit()).resume()
}
burn(Number(process.env.GENERATIONS))`

async function burners(generations: number): Promise<{ pid: number; seconds: number }[]> {
  const child = spawn(process.execPath, ['-e', BURNER], {
    env: { ...process.env, BURNER, GENERATIONS: String(generations) },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    child.stdin.end()
    await once(child, 'close')
  })
  const reports: { pid: number; seconds: number }[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    reports.push(JSON.parse(line))
    if (reports.length === generations) break
  }
  return reports.sort((a, b) => (a.pid === child.pid ? -1 : b.pid === child.pid ? 1 : 0))
}

function expectAbout(actual: number, expected: number): void {
  expect(actual).toBeGreaterThan(expected * 0.85)
  expect(actual).toBeLessThan(expected * 1.15)
}

describe('the files of /proc', () => {
  it.each([
    ['583302 7150 11\n', 0.000583302],
    ['582299788 949699 17\n', 0.582299788],
  ])('schedstat %j is %d s', (text, seconds) => {
    expect(parseSchedstat(text)).toBe(seconds)
  })

  it.each([
    ['6658 (node) S 6601 6658 6658 0 -1 4194304 21230 0 0 0 56 2 0 0 20 0 11 0 1379120 0\n', 6601],
    ['71 (a (strange) name) R 12 71 71 0 -1 4194304 94 0 0 0 0 0 0 0 20 0 1 0 1379120 0\n', 12],
    ['72 (x) 1 2 3) S 71 71 71 0 -1 4194304 94 0 0 0 0 0 0 0 20 0 1 0 1379120 0\n', 71],
  ])('the parent in stat %j is %d', (text, parent) => {
    expect(parseParent(text)).toBe(parent)
  })
})

describe.skipIf(process.platform !== 'linux')('CPU time', () => {
  it('matches the CPU time that the process itself reports', async () => {
    const [{ pid, seconds }] = (await burners(1)) as [{ pid: number; seconds: number }]
    expectAbout(cpuSeconds(pid), seconds)
    const mainThread = threadCpuSeconds(pid)
    expect(mainThread).toBeGreaterThan(seconds / 2)
    expect(mainThread).toBeLessThan(cpuSeconds(pid))
  })

  it('includes all descendants', async () => {
    const reports = await burners(3)
    const [first, ...others] = reports.map(({ pid }) => pid)
    expect(processTree(first as number)[0]).toBe(first)
    expect(processTree(first as number).sort()).toEqual([first, ...others].sort())
    expectAbout(
      cpuSeconds(first as number),
      reports.reduce((sum, { seconds }) => sum + seconds, 0),
    )
  })

  it('of a missing process or thread is an error with one line', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'close')
    expect(() => cpuSeconds(child.pid as number)).toThrow(`process ${child.pid} has ended`)
    expect(() => threadCpuSeconds(child.pid as number)).toThrow(`process ${child.pid} has no thread ${child.pid}`)
  })
})

describe('memory and files in /proc', () => {
  it('contain the total PSS', () => {
    expect(parsePss(SMAPS_ROLLUP)).toBe(317 * 1024)
    expect(parsePss('')).toBe(0)
  })

  it('contain the soft limit of open files', () => {
    expect(parseOpenFiles(LIMITS)).toBe(20_000)
    expect(parseOpenFiles(LIMITS.replace('20000    ', 'unlimited'))).toBe(Number.POSITIVE_INFINITY)
  })
})

describe.skipIf(process.platform !== 'linux')('this process', () => {
  it('uses more memory after an allocation', () => {
    const before = pssBytes(process.pid)
    const held = Buffer.alloc(64 * 2 ** 20, 1)
    expect(pssBytes(process.pid) - before).toBeGreaterThan(held.length * 0.9)
  })

  it('has a limit of open files', () => {
    expect(openFilesLimit()).toBeGreaterThan(100)
  })
})
