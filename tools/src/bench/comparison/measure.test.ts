import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { NO_PROGRESS } from '../../../support/progress.ts'
import { ownTemporaryFolder } from '../../../support/temporary-folder.ts'
import { processTree } from '../cpu-time.ts'
import { findNginx } from '../nginx.ts'
import { findWrk } from '../wrk.ts'
import { comparison } from './comparison.ts'
import { type ComparisonEffort, measureComparison } from './measure.ts'
import { installReportStack } from './report-stack/report-stack.ts'
import { titleOf } from './result.ts'

const TINY: ComparisonEffort = {
  rounds: 1,
  visits: 1,
  warmUpSeconds: 0,
  settleSeconds: 0,
  seconds: 0.5,
  paths: 2000,
  connections: 8,
}
const orNot = <T>(finding: Promise<T>) => finding.catch(() => undefined)
const linux = process.platform === 'linux'
const wrk = linux ? await orNot(findWrk(NO_PROGRESS)) : undefined
const nginx = linux ? await orNot(findNginx(NO_PROGRESS)) : undefined
const python = wrk && (await orNot(installReportStack(NO_PROGRESS, new AbortController().signal)))

/** Measures with a folder of its own for temporary files. */
async function measure() {
  const folder = await ownTemporaryFolder()
  const before = processTree(process.pid)
  const lines: string[] = []
  const result = await measureComparison(TINY, {
    progress: NO_PROGRESS,
    onLine: (line) => lines.push(line),
    signal: new AbortController().signal,
  })
  expect(await readdir(folder)).toEqual([])
  expect(processTree(process.pid).filter((pid) => !before.includes(pid))).toEqual([])
  return { result, lines }
}

it.skipIf(!wrk || !nginx || !python)(
  'every row is measured, with real programs, and nothing is left behind',
  async () => {
    const { result, lines } = await measure()
    expect(lines).toEqual([])
    expect(result.measured).toMatchObject({ entries: 99_646, queries: 2000, rounds: 1, connections: 8 })
    for (const program of ['redis', 'nginx', 'python'] as const) expect(result.measured[program]).toMatch(/^\d+\.\d+/)
    expect(result.measured.answerBytes).toBeGreaterThan(100)
    expect(result.rows.map(titleOf)).toEqual([
      'bare node:http',
      'Koa and its router',
      'service, cache off',
      'service, cache on',
      "report's stack",
      'service, cache off, behind nginx',
      'service, cache on, behind nginx',
      "report's stack, behind nginx",
      'bare node:http, uniform',
      'service, cache off, uniform',
      'service, cache on, uniform',
      "report's stack, uniform",
    ])
    for (const row of result.rows) {
      for (const value of [row.micros.app, row.requestsPerSecond, row.p50Ms, row.memoryBytes, row.projectedQps])
        expect(value.median, titleOf(row)).toBeGreaterThan(0)
      expect(row.micros.redis !== null, titleOf(row)).toBe(row.server !== 'bare' && row.server !== 'koa')
      expect(row.micros.nginx !== null, titleOf(row)).toBe(row.nginx)
    }
    expect(result.goals.filter(({ ratio }) => ratio === null)).toEqual([])
    expect(comparison.text(result)).toContain("report's stack, behind nginx")
  },
  120_000,
)

it.skipIf(!wrk)(
  'without Python its rows are left out, and it is said',
  async () => {
    const bin = await mkdtemp(join(tmpdir(), 'comparison-test-bin-'))
    onTestFinished(() => rm(bin, { recursive: true }))
    await mkdir(bin, { recursive: true })
    await symlink(wrk as string, join(bin, 'wrk'))
    vi.stubEnv('PATH', bin)
    const { result, lines } = await measure()
    expect(lines.filter((line) => !line.startsWith('nginx'))).toEqual([
      "the report's stack is left out: python3 is missing",
    ])
    expect(result.measured.python).toBeNull()
    expect(result.rows.filter(({ server }) => server === 'report')).toEqual([])
    expect(result.goals.map(({ reached }) => reached === null)).toEqual([false, false, true, true, true, true])
    expect(comparison.text(result)).toContain('not measured')
  },
  120_000,
)
